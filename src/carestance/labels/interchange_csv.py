"""Passages as a CSV file for a spreadsheet: one row a sentence, labels to be changed in their columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from carestance.cells import plain_cell, safe_cell
from carestance.errors import LabelsError
from carestance.labels.interchange import QUESTIONS, Answer, Quote, SourceText
from carestance.schema import TARGETS

_PLACE = ("id", "doc_sha256", "kind", "start", "end", "prefix", "exact", "suffix")
COLUMNS: tuple[str, ...] = ("doc", "title", *_PLACE, *QUESTIONS, *(f"p_{target}" for target in TARGETS), "unsure")


def write_csv(articles: Iterable[SourceText], path: Path) -> int:
    """Write one row a passage; the number of passages is returned."""
    count = 0
    # The byte-order mark tells spreadsheets that the file is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\r\n")
        writer.writeheader()
        for article in articles:
            for passage in article.passages:
                quote = passage.quote
                row = {
                    "doc": article.doc,
                    "title": article.title,
                    "id": passage.id,
                    "doc_sha256": article.sha256,
                    "kind": passage.kind,
                    "start": quote.start,
                    "end": quote.end,
                    "prefix": quote.prefix,
                    "exact": quote.exact,
                    "suffix": quote.suffix,
                    **passage.labels,
                    **{f"p_{target}": p for target, p in passage.probabilities.items()},
                    "unsure": " ".join(passage.unsure),
                }
                writer.writerow({name: safe_cell(value) for name, value in row.items()})
                count += 1
    return count


def read_csv(path: Path, annotator: str) -> Iterator[Answer]:
    """Read answers; rows whose label cells are all empty are not labelled and left out.

    Raises
    ------
    LabelsError
        If the file is no such table; the message names file and line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelsError(f"{path}: is not UTF-8; save it as 'CSV UTF-8' ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise LabelsError(f"{path}: cannot be read ({error.strerror})") from error
    for place, row in _rows(path, io.StringIO(text, newline="")):
        given = {question: [row[question].strip().lower()] for question in QUESTIONS}
        if not any(values[0] for values in given.values()):
            continue
        try:
            quote = Quote(int(row["start"]), int(row["end"]), row["exact"], row["prefix"], row["suffix"])
        except ValueError as error:
            raise LabelsError(f"{place}: start and end have to be whole numbers") from error
        yield Answer(place, annotator, row["doc_sha256"], row["id"], row["kind"], quote, given)


def _rows(path: Path, stream: IO[str]) -> Iterator[tuple[str, dict[str, str]]]:
    csv.field_size_limit(50_000_000)
    head = stream.readline()
    stream.seek(0)
    # Spreadsheets of some countries write semicolons.
    reader = csv.DictReader(stream, delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        missing = [name for name in (*_PLACE, *QUESTIONS) if name not in (reader.fieldnames or ())]
        if missing:
            raise LabelsError(f"{path}, line 1: column {', '.join(missing)} is missing")
        line = reader.line_num + 1
        for number, row in enumerate(reader, 2):
            # A row may run over several lines of the file: editors show the first of them, spreadsheets the row.
            place, line = f"{path}, line {line} (row {number})", reader.line_num + 1
            if None in row or None in row.values():
                raise LabelsError(f"{place}: has not as many cells as the first line")
            yield place, {name: plain_cell(cell) for name, cell in row.items()}
    except csv.Error as error:
        raise LabelsError(f"{path}, line {reader.line_num}: {error}") from error
