"""What a user names on the command line, turned into articles one by one.

An article that cannot be read becomes a :class:`Failure` in its place, so that one bad file never costs the others.
"""

from __future__ import annotations

import csv
import glob
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from carestance.articles.article import Article
from carestance.articles.files import SUFFIXES, find_files, read_article, read_bytes
from carestance.articles.readers import article_from_text, decode
from carestance.errors import ArticleError, CarestanceError, OptionError

#: Files that hold one article a row.
TABLE_SUFFIXES = (".jsonl", ".ndjson", ".csv", ".parquet")
_TITLE_COLUMNS = ("title", "headline")
_ID_COLUMNS = ("id", "doc", "url")


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that could not be read.

    Attributes
    ----------
    doc
        Its name.
    type, message
        What went wrong.
    """

    doc: str
    type: str
    message: str

    @classmethod
    def of(cls, doc: str, error: Exception) -> Failure:
        """Describe an exception."""
        return cls(doc, type(error).__name__, str(error))


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of an article table hold text and id; ``id`` may be left to be found."""

    text: str = "text"
    id: str | None = None


def open_sources(inputs: Iterable[str], columns: Columns, stdin: IO[bytes]) -> Iterator[Article | Failure]:
    """Read every input in the order given.

    Parameters
    ----------
    inputs
        Files, folders, glob patterns, or ``-`` for standard input.
    columns
        For files with one article a row.
    stdin
        Where ``-`` is read from.
    """
    for name in inputs:
        if name == "-":
            yield _attempt("stdin", lambda: article_from_text(decode(stdin.read(), "stdin"), "stdin"))
            continue
        for path in _expand(name):
            if isinstance(path, Failure):
                yield path
            elif path.suffix.lower() in TABLE_SUFFIXES:
                yield from _read_table(path, columns)
            else:
                yield _attempt(str(path), lambda path=path: read_article(path))


def _attempt(name: str, read: Any) -> Article | Failure:
    try:
        article: Article = read()
        return article
    except (CarestanceError, OSError) as error:
        return Failure.of(name, error)


def _expand(name: str) -> Iterator[Path | Failure]:
    path = Path(name)
    if path.is_dir():
        try:
            found = list(find_files(path))
        except OSError as error:
            yield Failure(name, "ArticleError", f"{name}: folder cannot be read ({error.strerror})")
            return
        if not found:
            yield Failure(name, "ArticleError", f"{name}: no article files here ({', '.join(SUFFIXES)})")
        yield from found
    elif path.exists() or not glob.has_magic(name):
        yield path
    else:
        matches = sorted(glob.glob(name, recursive=True))
        if not matches:
            yield Failure(name, "ArticleError", f"{name}: no file fits this pattern")
        for match in matches:
            yield from _expand(match)


def _read_table(path: Path, columns: Columns) -> Iterator[Article | Failure]:
    try:
        rows = _TABLES[path.suffix.lower()](path)
        for number, row in enumerate(rows, 1):
            yield row if isinstance(row, Failure) else _article_of_row(path, number, row, columns)
    except (ArticleError, OSError, csv.Error) as error:
        yield Failure.of(str(path), error)


def _article_of_row(path: Path, number: int, row: Mapping[str, Any], columns: Columns) -> Article | Failure:
    id_column = columns.id or next((c for c in _ID_COLUMNS if row.get(c)), None)
    name = f"{path}#{row[id_column]}" if id_column and row.get(id_column) else f"{path}#{number}"
    text = row.get(columns.text)
    if not isinstance(text, str):
        return Failure(name, "ArticleError", f"{name}: has no text in column {columns.text!r}; name it with --text-column")
    title = next((str(row[c]) for c in _TITLE_COLUMNS if row.get(c)), "")
    used = {columns.text, id_column, *_TITLE_COLUMNS}
    metadata = {str(k): str(v) for k, v in row.items() if k not in used and v is not None and k is not None}
    return _attempt(name, lambda: article_from_text(text, name, title=title, metadata=metadata))


def _rows_jsonl(path: Path) -> Iterator[Mapping[str, Any] | Failure]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("not an object")
                yield row
            except (ValueError, RecursionError) as error:
                yield Failure(f"{path}#{number}", "ArticleError", f"{path}, line {number}: no valid JSON object ({error})")


def _rows_csv(path: Path) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(50_000_000)
    yield from csv.DictReader(io.StringIO(decode(read_bytes(path), str(path)).removeprefix("\ufeff"), newline=""))


def _rows_parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=256):
                yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise ArticleError(f"{path}: cannot be read as Parquet ({error})") from error


_TABLES = {".jsonl": _rows_jsonl, ".ndjson": _rows_jsonl, ".csv": _rows_csv, ".parquet": _rows_parquet}


def require_inputs(inputs: list[str]) -> None:
    """Refuse an empty list, or standard input named twice.

    Raises
    ------
    OptionError
        With what to do.
    """
    if not inputs:
        raise OptionError("name at least one file, folder or pattern, or - for standard input")
    if inputs.count("-") > 1:
        raise OptionError("standard input (-) can be read only once")
