"""Rules that the label files keep, checked from the files alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from carestance.errors import LabelsError
from carestance.labels.schema import AuthoredGoldRow, UnitRow
from carestance.labels.similarity import THRESHOLD, near_copies
from carestance.labels.store import LabelSet, open_sets
from carestance.schema import TARGETS

#: Texts that have to be in the development split, as a share of all authored texts.
DEV_SHARE = (0.10, 0.20)


def check_labels(labels: Path) -> list[str]:
    """Check every set of a labels folder.

    Parameters
    ----------
    labels
        The folder.

    Returns
    -------
    list of str
        One line a broken rule, naming set and unit; empty where all is well.
    """
    problems: list[str] = []
    sets = open_sets(labels)
    for label_set in sets:
        try:
            problems += [f"{label_set.name}: {problem}" for problem in _set_problems(label_set)]
        except LabelsError as error:
            problems.append(str(error))
    if not problems:
        problems += _copy_problems(sets)
    return problems


def _set_problems(label_set: LabelSet) -> Iterator[str]:
    ids = [unit.id for unit in label_set.units]
    yield from _repeated(ids, "unit")
    yield from _offset_problems(label_set)
    for name, rows in label_set.annotators.items():
        yield from _coverage(ids, [row.id for row in rows], f"annotator {name}")
    yield from _coverage(ids, [row.id for row in label_set.gold], "gold")
    yield from _gold_problems(label_set)
    yield from _split_problems(label_set)


def _repeated(ids: Iterable[str], what: str) -> Iterator[str]:
    yield from (f"{what} {key} occurs {n} times" for key, n in Counter(ids).items() if n > 1)


def _coverage(expected: list[str], found: list[str], who: str) -> Iterator[str]:
    yield from _repeated(found, f"{who}: unit")
    known, labelled = set(expected), set(found)
    yield from (f"{who}: unit {key} has no label" for key in expected if key not in labelled)
    yield from (f"{who}: {key} is no unit" for key in found if key not in known)


def _offset_problems(label_set: LabelSet) -> Iterator[str]:
    last: dict[str, UnitRow] = {}
    for unit in label_set.units:
        text = label_set.texts.get(unit.article)
        if text is None:
            yield f"unit {unit.id}: article {unit.article} is missing"
            continue
        if text[unit.start : unit.end] != unit.text:
            yield f"unit {unit.id}: its text is not at {unit.start}-{unit.end} of {unit.article}"
        before = last.get(unit.article)
        if before is not None and unit.start < before.end:
            yield f"unit {unit.id}: overlaps {before.id}"
        last[unit.article] = unit


def _gold_problems(label_set: LabelSet) -> Iterator[str]:
    """Gold is what annotators agree on, and what was settled where they differ."""
    settled = {row.id: row for row in label_set.adjudication}
    votes = {name: {row.id: row for row in rows} for name, rows in label_set.annotators.items()}
    units = {unit.id: unit for unit in label_set.units}
    for row in label_set.gold:
        unit = units.get(row.id)
        if unit is not None and (unit.text, unit.start, unit.end) != (row.text, row.start, row.end):
            yield f"gold {row.id}: text or offsets differ from the unit's"
        given = {(*(rows[row.id].label(t) for t in TARGETS), rows[row.id].holder) for rows in votes.values() if row.id in rows}
        labels = (*(row.label(t) for t in TARGETS), row.holder)
        if row.id in settled:
            final = settled[row.id]
            if labels != (*(final.label(t) for t in TARGETS), final.holder):
                yield f"gold {row.id}: differs from its adjudication"
        elif given and given != {labels}:
            yield f"gold {row.id}: annotators differ and no adjudication says why"


def _split_problems(label_set: LabelSet) -> Iterator[str]:
    rows = [row for row in label_set.gold if isinstance(row, AuthoredGoldRow)]
    if not rows:
        return
    for key in ("writer", "article"):
        splits: dict[str, set[str]] = {}
        for row in rows:
            splits.setdefault(getattr(row, key), set()).add(row.split)
        yield from (f"{key} {name} is in two splits" for name, found in splits.items() if len(found) > 1)
    dev = len({row.article for row in rows if row.split == "dev"}) / len({row.article for row in rows})
    if not DEV_SHARE[0] <= dev <= DEV_SHARE[1]:
        yield f"the development split has {dev:.0%} of the texts, not {DEV_SHARE[0]:.0%} to {DEV_SHARE[1]:.0%}"


def _copy_problems(sets: list[LabelSet]) -> Iterator[str]:
    units = [unit for label_set in sets for unit in label_set.units]
    authored = {unit.id for label_set in sets if label_set.name == "authored" for unit in label_set.units}
    for first, second, similarity in near_copies([unit.text for unit in units]):
        if units[first].id in authored or units[second].id in authored:
            yield f"{units[second].id} is a near copy of {units[first].id} ({similarity:.2f}, threshold {THRESHOLD})"
