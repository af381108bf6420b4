"""Rows to files: JSON lines, CSV and Parquet, written as they come."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, Protocol

from carestance.errors import OptionError
from carestance.schema import LABELS

Format = Literal["jsonl", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("jsonl", "csv", "parquet")
Row = dict[str, Any]
_TEXT, _INT, _FLOAT = "string", "int32", "float64"
#: Columns of the long form (CSV, Parquet) and their Arrow types: one row a unit and target.
LONG_COLUMNS: dict[str, str] = {
    "doc": _TEXT,
    "doc_sha256": _TEXT,
    "title": _TEXT,
    "unit": _INT,
    "kind": _TEXT,
    "start": _INT,
    "end": _INT,
    "text": _TEXT,
    "target": _TEXT,
    "label": _TEXT,
    "decision": _TEXT,
    **{f"p_{label}": _FLOAT for label in LABELS},
    "holder": _TEXT,
    "speaker": _TEXT,
    "metadata": _TEXT,
    "error_type": _TEXT,
    "error_message": _TEXT,
    "model": _TEXT,
    "version": _TEXT,
}
#: A spreadsheet would run a cell that starts with one of these as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_PARQUET_ROWS = 5_000


def long_rows(row: Row) -> Iterator[Row]:
    """Turn one unit's row (or an error row) into one row a target."""
    if "error" in row:
        error = row["error"]
        yield {"doc": row["doc"], "error_type": error["type"], "error_message": error["message"], "version": row["version"]}
        return
    shared = {k: v for k, v in row.items() if k not in ("stance", "metadata")}
    if "metadata" in row:
        shared["metadata"] = json.dumps(row["metadata"], ensure_ascii=False)
    for target, stance in row["stance"].items():
        probs = {f"p_{label}": stance["probs"][label] for label in LABELS}
        yield {**shared, "target": target, "label": stance["label"], "decision": stance["decision"], **probs}


def safe_cell(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


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


@contextmanager
def open_writer(output: Path | None, format: Format) -> Iterator[RowWriter]:
    """Open a writer on a file, or on standard output.

    A file is written under a temporary name next to it and renamed when all rows are in.
    """
    if output is None:
        writer: RowWriter = _Csv(sys.stdout) if format == "csv" else _JsonLines(sys.stdout)
        yield writer
        writer.close()
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(output.name + ".part")
    try:
        if format == "parquet":
            writer = _Parquet(partial)
            yield writer
            writer.close()
        else:
            # The byte-order mark tells spreadsheets that the file is UTF-8.
            with partial.open("w", encoding="utf-8-sig" if format == "csv" else "utf-8", newline="") as stream:
                writer = _Csv(stream) if format == "csv" else _JsonLines(stream)
                yield writer
                writer.close()
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
