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
from carestance.articles.files import SUFFIXES, find_files, read_article, read_bytes, require_file
from carestance.articles.limits import limits
from carestance.articles.names import storable
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

    def __post_init__(self) -> None:
        # File names may hold bytes that no output file can.
        object.__setattr__(self, "doc", storable(self.doc))
        object.__setattr__(self, "message", storable(self.message))

    @classmethod
    def of(cls, doc: str, error: Exception) -> Failure:
        """Describe an exception."""
        doc = storable(doc)
        message = str(error).strip() or type(error).__name__
        if isinstance(error, OSError):
            return cls(doc, ArticleError.__name__, f"{doc}: cannot be read ({error.strerror or error})")
        return cls(doc, type(error).__name__, message if doc in message else f"{doc}: {message}")


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
            yield _attempt("stdin", lambda: article_from_text(decode(_read_stdin(stdin), "stdin"), "stdin"))
            continue
        for path in _expand(name):
            if isinstance(path, Failure):
                yield path
            elif path.suffix.lower() in TABLE_SUFFIXES:
                yield from _read_table(path, columns)
            else:
                yield _attempt(str(path), lambda path=path: read_article(path))


def _read_stdin(stdin: IO[bytes]) -> bytes:
    most = limits().max_bytes
    data = stdin.read(most + 1)
    if len(data) > most:
        raise ArticleError(f"stdin: has more than the {most:,} bytes an article may have; split it")
    return data


def _attempt(name: str, read: Any) -> Article | Failure:
    try:
        article: Article = read()
        return article
    except (CarestanceError, OSError) as error:
        return Failure.of(name, error)


def _expand(name: str) -> Iterator[Path | Failure]:
    path = Path(name)
    try:
        is_folder, exists = path.is_dir(), path.exists()
        found = list(find_files(path)) if is_folder else []
    except OSError as error:
        yield Failure.of(name, error)
        return
    if is_folder:
        if not found:
            yield Failure(name, "ArticleError", f"{name}: no article files here ({', '.join(SUFFIXES)})")
        yield from found
    elif exists or not glob.has_magic(name):
        yield path
    else:
        matches = sorted(glob.glob(name, recursive=True))
        if not matches:
            yield Failure(name, "ArticleError", f"{name}: no file fits this pattern")
        for match in matches:
            yield from _expand(match)


def _read_table(path: Path, columns: Columns) -> Iterator[Article | Failure]:
    number = 0
    try:
        require_file(path)
        for number, row in enumerate(_TABLES[path.suffix.lower()](path), 1):
            yield row if isinstance(row, Failure) else _article_of_row(path, number, row, columns)
        if not number:
            raise ArticleError(f"{path}: holds no article; it needs one a row")
    except csv.Error as error:
        advice = "the rows from here on are not read; mend its quotes or save it as UTF-8 CSV from a spreadsheet"
        yield Failure(str(path), "ArticleError", f"{path}: is broken after row {number} ({error}); {advice}")
    except (ArticleError, OSError) as error:
        yield Failure.of(str(path), error)


def _article_of_row(path: Path, number: int, row: Mapping[str, Any], columns: Columns) -> Article | Failure:
    id_column = columns.id or next((c for c in _ID_COLUMNS if row.get(c)), None)
    name = f"{path}#{row[id_column]}" if id_column and row.get(id_column) else f"{path}#{number}"
    text = row.get(columns.text)
    if not isinstance(text, str):
        return Failure(name, "ArticleError", f"{name}: has no text in column {columns.text!r}; name it with --text-column")
    title = next((str(row[c]) for c in _TITLE_COLUMNS if row.get(c)), "")
    used = {columns.text, id_column, *_TITLE_COLUMNS}
    try:
        metadata = {str(k): str(v) for k, v in row.items() if k not in used and v is not None and k is not None}
    except RecursionError:
        return Failure(name, "ArticleError", f"{name}: holds columns nested too deeply; drop them")
    return _attempt(name, lambda: article_from_text(text, name, title=title, metadata=metadata))


def _rows_jsonl(path: Path) -> Iterator[Mapping[str, Any] | Failure]:
    with path.open("rb") as stream:
        most = limits().max_bytes
        for number, line in enumerate(iter(lambda: stream.readline(most + 1), b""), 1):
            if len(line) > most:
                raise ArticleError(f"{path}, line {number}: has more than the {most:,} bytes an article may have; nothing after it is read")
            if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise ArticleError(f"{path}: is UTF-16; save it as UTF-8")
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
    text = decode(read_bytes(path), str(path))
    # Without strict reading, a quotation mark that is never closed would swallow all later rows without a word.
    yield from csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)


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
