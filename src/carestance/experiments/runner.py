"""Running cells: what is finished is skipped, each cell is saved by itself, so a stopped run goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from carestance.errors import OptionError
from carestance.experiments import behaviour
from carestance.experiments.cells import BEHAVIOUR, Cell, CellSkippedError, Project, is_finished, save_cell
from carestance.experiments.metrics import f_avg_of
from carestance.experiments.predictions import from_table, read_table, to_table
from carestance.experiments.scoring import score_cell

Status = Literal["computed", "finished before", "skipped"]


@dataclass(frozen=True, slots=True)
class CellReport:
    """What happened to a cell.

    Attributes
    ----------
    cell, status
        The cell, and what was done.
    score
        Its main score; nan where it was skipped.
    reason
        Why it was skipped.
    """

    cell: Cell
    status: Status
    score: float
    reason: str = ""


def compute(cell: Cell, project: Project, limit: int = 0) -> Any:
    """Predictions of a cell as an Arrow table.

    Parameters
    ----------
    cell
        The cell.
    project
        Where everything is.
    limit
        Only so many test articles, rows or cases, the first ones; ``0`` for all.

    Raises
    ------
    CellSkippedError
        If something it needs is not here.
    """
    if cell.study.data == "articles":
        from carestance.experiments.fits import predict_articles

        return to_table(predict_articles(cell, project, limit))
    if cell.study.data == "behaviour":
        from carestance.models.shipped import find_model
        from carestance.models.store import load_model

        cases = behaviour.read_cases(project.experiments / BEHAVIOUR)
        model, _ = load_model(find_model(cell.model.name), threads=1)
        return behaviour.to_table(behaviour.run_cases(model, cases[:limit] if limit else cases))
    from carestance.experiments.benchmarks import predict_benchmark

    return predict_benchmark(cell, project, limit)


def score(cell: Cell, table: Any) -> dict[str, Any]:
    """Every score of a cell's predictions, ready for JSON."""
    if cell.study.data == "articles":
        return score_cell(from_table(table))
    if cell.study.data == "behaviour":
        return behaviour.score_table(table)
    from carestance.experiments.benchmarks import score_benchmark

    return score_benchmark(cell.study.data, table)


def main_score(cell: Cell, table: Any) -> float:
    """The study's main score: F-avg, the benchmark's official score, or the pass rate."""
    if cell.study.data == "articles":
        return float(f_avg_of(from_table(table).body.confusions().sum((0, 1))))
    if cell.study.data == "behaviour":
        return float(np.mean(table.column("passed").to_pylist()))
    from carestance.experiments.benchmarks import BENCHMARKS, score_benchmark

    return float(score_benchmark(cell.study.data, table)[BENCHMARKS[cell.study.data].score_name][0])


def run(project: Project, chosen: Iterable[Cell], on_report: Callable[[CellReport], None]) -> list[CellReport]:
    """Compute cells that are not finished.

    Parameters
    ----------
    project
        Where everything is.
    chosen
        The cells.
    on_report
        Called after each cell.
    """
    reports = []
    for cell in chosen:
        report = _run_one(cell, project)
        on_report(report)
        reports.append(report)
    return reports


def _run_one(cell: Cell, project: Project) -> CellReport:
    if is_finished(cell, project, project.results):
        return CellReport(cell, "finished before", main_score(cell, read_table(cell.files(project.results)[0])))
    try:
        table = compute(cell, project)
    except CellSkippedError as error:
        return CellReport(cell, "skipped", float("nan"), str(error))
    save_cell(cell, project, project.results, table, score(cell, table))
    return CellReport(cell, "computed", main_score(cell, table))


def remove_undeclared(project: Project, declared: Sequence[Cell]) -> list[Path]:
    """Remove result files of cells that no study declares any more; returns what was removed."""
    wanted = {path for cell in declared for path in cell.files(project.results)}
    found = [path for pattern in ("*/*.parquet", "*/*.json", "*/*.part") for path in project.results.glob(pattern) if path not in wanted]
    for path in found:
        path.unlink()
    return found


def committed_table(cell: Cell, project: Project) -> Any | None:
    """Committed predictions of a cell; ``None`` where there are none.

    Raises
    ------
    OptionError
        If the file cannot be read.
    """
    path = cell.files(project.results)[0]
    if not path.is_file():
        return None
    try:
        return read_table(path)
    except (OSError, ValueError) as error:
        raise OptionError(f"{path}: cannot be read ({error}); run the study again") from error
