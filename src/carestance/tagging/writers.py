"""Rows to files and streams: JSON lines, CSV and Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, Protocol

from carestance.cells import safe_cell
from carestance.errors import OptionError
from carestance.tagging.rows import LONG_COLUMNS, Row, long_rows

Format = Literal["jsonl", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("jsonl", "csv", "parquet")
_PARQUET_ROWS = 5_000


class RowWriter(Protocol):
    """Writes rows in one format."""

    def write(self, row: Row) -> None:
        """Write one row."""

    def close(self) -> None:
        """Write what is still held back."""


class _JsonLines:
    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, row: Row) -> None:
        self._stream.write(json.dumps(row, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._stream.flush()


class _Csv:
    def __init__(self, stream: IO[str]) -> None:
        self._writer = csv.DictWriter(stream, list(LONG_COLUMNS), restval="", lineterminator="\r\n")
        self._stream = stream
        self._writer.writeheader()

    def write(self, row: Row) -> None:
        for long in long_rows(row):
            self._writer.writerow({k: safe_cell(v) for k, v in long.items()})

    def close(self) -> None:
        self._stream.flush()


class _Parquet:
    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._arrow = pa
        self._schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in LONG_COLUMNS.items()])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._held: list[Row] = []

    def write(self, row: Row) -> None:
        self._held.extend(long_rows(row))
        if len(self._held) >= _PARQUET_ROWS:
            self._flush()

    def _flush(self) -> None:
        columns = {name: [r.get(name) for r in self._held] for name in LONG_COLUMNS}
        self._writer.write_table(self._arrow.table(columns, schema=self._schema))
        self._held = []

    def close(self) -> None:
        if self._held:
            self._flush()
        self._writer.close()


def guess_format(output: Path | None, format: str | None) -> Format:
    """Format asked for, else the one the output's ending names, else JSON lines.

    Raises
    ------
    OptionError
        If the format is unknown, or Parquet is to go to standard output.
    """
    ending = output.suffix.lower().lstrip(".") if output else ""
    chosen = format or (ending if ending in FORMATS else "jsonl")
    if chosen not in FORMATS:
        raise OptionError(f"--format {chosen} is unknown; use one of {', '.join(FORMATS)}")
    if chosen == "parquet" and output is None:
        raise OptionError("Parquet needs a file: add --output tags.parquet")
    return chosen


def stream_writer(stream: IO[str], format: Format) -> RowWriter:
    """Open a writer on a text stream; not for Parquet."""
    return _Csv(stream) if format == "csv" else _JsonLines(stream)


@contextmanager
def file_writer(path: Path, format: Format) -> Iterator[RowWriter]:
    """Open a writer on a file."""
    if format == "parquet":
        writer: RowWriter = _Parquet(path)
        try:
            yield writer
        finally:
            writer.close()
        return
    # The byte-order mark tells spreadsheets that the file is UTF-8.
    with path.open("w", encoding="utf-8-sig" if format == "csv" else "utf-8", newline="") as stream:
        writer = stream_writer(stream, format)
        yield writer
        writer.close()


def write_file(rows: Iterable[Row], path: Path, format: Format) -> None:
    """Write rows to a file that is there in whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with file_writer(temporary, format) as writer:
            for row in rows:
                writer.write(row)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
