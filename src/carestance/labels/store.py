"""The layout of the ``labels`` folder, read and written as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from carestance.errors import LabelsError
from carestance.labels.schema import AdjudicationRow, AuthoredGoldRow, GoldRow, LabelRow, TextRow, UnitRow

RowT = TypeVar("RowT", bound=BaseModel)
#: The sets of labels a folder can hold.
SETS = ("seeds", "authored")


def read_rows(path: Path, row: type[RowT]) -> list[RowT]:
    """Read and validate a JSON-lines file.

    Raises
    ------
    LabelsError
        If the file is missing or a line is not a valid row; the message names file, line and field.
    """
    try:
        # Not splitlines(): a sentence may hold one of the other characters that end a line for it.
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise LabelsError(f"{path}: cannot be read ({error.strerror})") from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append(row.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "row"
            raise LabelsError(f"{path}, line {number}, {field}: {first['msg']}") from error
    return rows


def write_rows(path: Path, rows: Iterable[BaseModel]) -> None:
    """Write rows as JSON lines, keys in the order of the schema."""
    text = "".join(json.dumps(row.model_dump(), ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class LabelSet:
    """One set of labelled articles: the seeds, or the authored corpus.

    Parameters
    ----------
    folder
        ``labels/seeds`` or ``labels/authored``.
    """

    folder: Path

    @property
    def name(self) -> str:
        """Name of the set."""
        return self.folder.name

    @cached_property
    def units(self) -> list[UnitRow]:
        """Units in reading order."""
        return read_rows(self.folder / "units.jsonl", UnitRow)

    @cached_property
    def annotators(self) -> dict[str, list[LabelRow]]:
        """Each annotator's labels by name."""
        paths = sorted([*self.folder.glob("annotator_*.jsonl"), *self.folder.glob("writer.jsonl")])
        return {path.stem.removeprefix("annotator_"): read_rows(path, LabelRow) for path in paths}

    @cached_property
    def adjudication(self) -> list[AdjudicationRow]:
        """Settled labels of the units on which annotators differed."""
        return read_rows(self.folder / "adjudication.jsonl", AdjudicationRow)

    @cached_property
    def gold(self) -> list[GoldRow]:
        """Settled labels of every unit."""
        path = self.folder / "gold.jsonl"
        if self.name == "authored":
            return list(read_rows(path, AuthoredGoldRow))
        return read_rows(path, GoldRow)

    @cached_property
    def texts(self) -> dict[str, str]:
        """Text of each article by id."""
        if self.name == "authored":
            return {row.id: row.text for row in read_rows(self.folder / "texts.jsonl", TextRow)}
        return {path.stem: path.read_text(encoding="utf-8") for path in sorted((self.folder / "articles").glob("*.txt"))}


def open_sets(labels: Path) -> list[LabelSet]:
    """Sets that a labels folder holds.

    Raises
    ------
    LabelsError
        If it holds none.
    """
    found = [LabelSet(labels / name) for name in SETS if (labels / name / "units.jsonl").is_file()]
    if not found:
        raise LabelsError(f"{labels}: no label set here; expected {labels / 'seeds' / 'units.jsonl'}. Name the folder with --labels")
    return found
