"""Export for annotation tools, and import into label files of the project's own form."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carestance.errors import LabelsError
from carestance.labels.interchange import TOOL_FORMATS, Answer, SourceText, article_name, folder_texts, settle, source_texts
from carestance.labels.interchange_csv import read_csv, write_csv
from carestance.labels.interchange_doccano import read_doccano, write_doccano
from carestance.labels.interchange_label_studio import read_label_studio, write_label_studio
from carestance.labels.schema import LabelRow, UnitRow
from carestance.labels.store import read_rows, write_rows

#: Name of the annotator where neither the file nor the user gives one.
ANNOTATOR = "imported"
#: Problems told in one message.
_SHOWN = 20
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")
_WRITERS: dict[str, Callable[[Iterable[SourceText], Path], int]] = {
    "label-studio": write_label_studio,
    "doccano": write_doccano,
    "csv": write_csv,
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought.

    Attributes
    ----------
    articles, units
        How many are in the folder now.
    labelled
        Units labelled, by annotator.
    """

    articles: int
    units: int
    labelled: dict[str, int]


def export_labels(rows: Iterable[Mapping[str, Any]], text_dir: Path, path: Path, format: str) -> int:
    """Write tagged sentences as pre-annotations for a tool.

    Parameters
    ----------
    rows
        One a unit, as ``carestance.tagging.rows.read_rows`` gives them.
    text_dir
        Folder with the extracted texts.
    path
        File to write; it is there in whole or not at all.
    format
        One of :data:`TOOL_FORMATS`.

    Returns
    -------
    int
        Sentences and headings written.

    Raises
    ------
    LabelsError
        If the format is unknown, or a text is missing or does not fit its rows.
    """
    write = _WRITERS[_known(format)]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        count = write(source_texts(rows, folder_texts(text_dir)), temporary)
        temporary.replace(path)
        if temporary.with_suffix(".xml").exists():
            temporary.with_suffix(".xml").replace(path.with_suffix(".xml"))
    finally:
        temporary.unlink(missing_ok=True)
    return count


def import_labels(path: Path, format: str, output: Path, *, annotator: str | None = None, text_dir: Path | None = None) -> Imported:
    """Turn a tool's file into a folder of label files: ``articles/``, ``units.jsonl`` and ``annotator_NAME.jsonl``.

    A second annotator's file may be imported into the same folder if it labels the same units.

    Parameters
    ----------
    path
        What the tool exported.
    format
        One of :data:`TOOL_FORMATS`.
    output
        The folder.
    annotator
        Whose labels they are; by default the names in a Label Studio export, else :data:`ANNOTATOR`.
    text_dir
        Folder with the extracted texts; Label Studio's file brings its own.

    Raises
    ------
    LabelsError
        If anything in the file is not as it has to be (unknown labels and holders are named with file and line), or the folder
        holds other units or the same annotator already. Nothing is written then.
    """
    if annotator is not None and not _PLAIN_NAME.fullmatch(annotator):
        raise LabelsError(f"annotator {annotator!r}: use letters, digits, - and _ only")
    if _known(format) == "label-studio":
        answers = read_label_studio(path, annotator)
    elif text_dir is None:
        raise LabelsError(f"{format} files hold sentences, not articles: name the folder of the extracted texts with --text-dir")
    else:
        answers = {"csv": read_csv, "doccano": read_doccano}[format](path, annotator or ANNOTATOR)
    texts = _Texts(text_dir)
    units, labels = _settled(answers, texts)
    if not labels:
        raise LabelsError(f"{path}: nothing in it is labelled")
    order = {article_name(sha256): number for number, sha256 in enumerate(texts.found)}
    ordered = sorted(units.values(), key=lambda unit: (order[unit.article], unit.start))
    _check_folder(output, ordered, labels)
    _write(output, ordered, labels, texts.found)
    return Imported(len(texts.found), len(ordered), {name: len(rows) for name, rows in labels.items()})


def _known(format: str) -> str:
    if format not in TOOL_FORMATS:
        raise LabelsError(f"format {format!r} is unknown; use one of {', '.join(TOOL_FORMATS)}")
    return format


class _Texts:
    """Texts of the articles that answers come from, in the order in which they are first asked for."""

    def __init__(self, text_dir: Path | None) -> None:
        self.found: dict[str, str] = {}
        self._read = folder_texts(text_dir) if text_dir else None

    def of(self, answer: Answer) -> str:
        """Text of an answer's article, which has to be the one that was exported."""
        sha256 = answer.sha256
        if sha256 not in self.found:
            if answer.text is None:
                assert self._read is not None
                self.found[sha256] = self._read(sha256)
            elif hashlib.sha256(answer.text.encode("utf-8", "surrogatepass")).hexdigest() != sha256:
                raise LabelsError("the article's text was changed: its SHA-256 is not doc_sha256")
            else:
                self.found[sha256] = answer.text
        return self.found[sha256]


def _settled(answers: Iterator[Answer], texts: _Texts) -> tuple[dict[str, UnitRow], dict[str, dict[str, LabelRow]]]:
    units: dict[str, UnitRow] = {}
    labels: dict[str, dict[str, LabelRow]] = {}
    problems: list[str] = []
    for answer in answers:
        try:
            unit, label = settle(answer, texts.of(answer))
        except LabelsError as error:
            message = str(error)
            problems.append(message if message.startswith(answer.place) else f"{answer.place}: {message}")
            continue
        mine = labels.setdefault(answer.annotator, {})
        if unit.id in mine:
            problems.append(f"{answer.place}: unit {unit.id} is labelled twice by {answer.annotator}")
        elif units.setdefault(unit.id, unit) != unit:
            problems.append(f"{answer.place}: unit {unit.id} stands elsewhere on an earlier line")
        else:
            mine[unit.id] = label
    problems += _overlaps(units)
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise LabelsError("\n".join([*problems[:_SHOWN], *more]))
    return units, labels


def _overlaps(units: Mapping[str, UnitRow]) -> Iterator[str]:
    ordered = sorted(units.values(), key=lambda unit: (unit.article, unit.start))
    for before, unit in zip(ordered, ordered[1:], strict=False):
        if before.article == unit.article and unit.start < before.end:
            yield f"unit {unit.id}: overlaps {before.id}"


def _check_folder(output: Path, units: list[UnitRow], labels: Mapping[str, Any]) -> None:
    path = output / "units.jsonl"
    if path.exists() and {unit.id: unit for unit in read_rows(path, UnitRow)} != {unit.id: unit for unit in units}:
        raise LabelsError(f"{path}: holds other units than are imported; choose another --output")
    for name in labels:
        theirs = output / f"annotator_{name}.jsonl"
        if theirs.exists():
            raise LabelsError(f"{theirs}: is there already; choose another --annotator or --output")


def _write(output: Path, units: list[UnitRow], labels: Mapping[str, Mapping[str, LabelRow]], texts: Mapping[str, str]) -> None:
    (output / "articles").mkdir(parents=True, exist_ok=True)
    for sha256, text in texts.items():
        (output / "articles" / f"{article_name(sha256)}.txt").write_text(text, encoding="utf-8", newline="\n")
    write_rows(output / "units.jsonl", units)
    for name, rows in labels.items():
        write_rows(output / f"annotator_{name}.jsonl", (rows[unit.id] for unit in units if unit.id in rows))
