"""Recomputing committed cells elsewhere and comparing them with what is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from carestance.errors import OptionError
from carestance.experiments.cells import Cell, CellSkippedError, Project, cells, read_record, save_cell
from carestance.experiments.runner import committed_table, compute, main_score, score

Verdict = Literal["same", "differs", "skipped"]
#: Columns that name a row, and columns that hold labels, by the data of a study.
_ROW = {"articles": ("article", "unit"), "behaviour": ("case",)}
_LABELS = {"articles": "_label", "behaviour": "labels"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A recomputed cell beside the committed one.

    Attributes
    ----------
    cell, verdict
        The cell, and whether it came out again within the study's tolerance.
    message
        The figures, or why it was not compared.
    """

    cell: Cell
    verdict: Verdict
    message: str


def reproduce(project: Project, scratch: Path, names: Sequence[str] = (), *, quick: bool = False) -> Iterator[Comparison]:
    """Recompute cells into a scratch folder and compare them with the committed ones.

    Parameters
    ----------
    project
        Where everything is.
    scratch
        Folder for the recomputed results.
    names
        Studies; all where none is named.
    quick
        Only the slice that each study states.

    Raises
    ------
    OptionError
        If a study's slice names a cell it does not have.
    """
    chosen = list(cells(project, names))
    if quick:
        known = {cell.title for cell in chosen}
        for name in names or project.studies:
            unknown = [c for c in project.studies[name].quick.cells if f"{name}/{c}" not in known]
            if unknown:
                raise OptionError(f"{name}: quick.cells names {', '.join(unknown)}, which the study does not have")
        chosen = [cell for cell in chosen if cell.name in cell.study.quick.cells]
    for cell in chosen:
        yield _compare_one(cell, project, scratch, cell.study.quick.articles if quick else 0)


def _compare_one(cell: Cell, project: Project, scratch: Path, limit: int) -> Comparison:
    committed = committed_table(cell, project)
    if committed is None:
        can_lack = cell.model.kind in ("encoder", "pair_encoder")
        return Comparison(cell, "skipped" if can_lack else "differs", "nothing is committed for this cell")
    record = read_record(cell.files(project.results)[1])
    if record is None or record.get("key") != cell.key(project):
        return Comparison(cell, "differs", "committed for other labels, options, model or code; run 'carestance experiments run'")
    try:
        table = compute(cell, project, limit)
    except CellSkippedError as error:
        return Comparison(cell, "skipped", str(error))
    if not limit:
        save_cell(cell, project, scratch, table, score(cell, table))
    return compare(cell, table, committed)


def compare(cell: Cell, table: Any, committed: Any) -> Comparison:
    """Compare recomputed predictions with the committed predictions of the same rows."""
    keys = _column_pairs(table, _ROW.get(cell.study.data, ("row",)))
    places = {key: i for i, key in enumerate(_column_pairs(committed, _ROW.get(cell.study.data, ("row",))))}
    if any(key not in places for key in keys):
        return Comparison(cell, "differs", "the committed predictions lack some of the rows")
    same_rows = committed.take([places[key] for key in keys])
    ending = _LABELS.get(cell.study.data, "label")
    pairs = [
        np.array(a.to_pylist()) != np.array(b.to_pylist())
        for a, b, name in zip(table.columns, same_rows.columns, table.column_names, strict=True)
        if name.endswith(ending)
    ]
    changed = float(np.mean(pairs))
    now, then = main_score(cell, table), main_score(cell, same_rows)
    limits = cell.study.tolerance
    good = abs(now - then) <= limits.score + 1e-9 and changed <= limits.labels + 1e-9
    message = (
        f"{len(keys)} rows: {now:.4f}, committed {then:.4f} (±{limits.score:g}); {changed:.2%} of labels differ (≤{limits.labels:.1%})"
    )
    return Comparison(cell, "same" if good else "differs", message)


def _column_pairs(table: Any, names: Sequence[str]) -> list[tuple[Any, ...]]:
    return list(zip(*(table.column(name).to_pylist() for name in names), strict=True))
