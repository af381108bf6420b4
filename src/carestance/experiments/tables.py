"""Tables of the documentation, remade from committed predictions between markers in Markdown files.

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``. Names: every study, ``studies`` (what there is), and ``scores``
(the headline table).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from carestance.errors import OptionError
from carestance.experiments.behaviour import pass_rates
from carestance.experiments.cells import Cell, Project, cells, read_record
from carestance.experiments.metrics import calibration_error
from carestance.experiments.predictions import Predictions, from_table
from carestance.experiments.runner import committed_table
from carestance.experiments.scoring import against_baseline, curves, intervals
from carestance.experiments.statistics import Interval
from carestance.models.shipped import find_model
from carestance.models.store import read_manifest
from carestance.schema import TARGETS

_BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z0-9_]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TESTS = {"seeds": "five real articles", "development": "invented, unseen writers"}
#: The study of the headline table.
_HEADLINE = "transfer"
Rows = list[list[str]]


def write_tables(project: Project, files: Sequence[Path]) -> list[tuple[Path, list[str]]]:
    """Remake every marked table of Markdown files; returns the tables of each file.

    Raises
    ------
    OptionError
        If a marker names a table there is none of.
    """
    written = []
    made: dict[str, str] = {}
    for path in files:
        names: list[str] = []

        def remake(match: re.Match[str], names: list[str] = names) -> str:
            name = match["name"]
            names.append(name)
            if name not in made:
                made[name] = make_table(project, name)
            return f"{match[1]}{made[name]}{match[3]}"

        text = path.read_text(encoding="utf-8")
        path.write_text(_BLOCK.sub(remake, text), encoding="utf-8")
        written.append((path, names))
    return written


def make_table(project: Project, name: str) -> str:
    """Make one table as Markdown.

    Raises
    ------
    OptionError
        If there is no such table.
    """
    special: dict[str, Callable[[Project], str]] = {"studies": _studies, "scores": _scores}
    if name in special:
        return special[name](project)
    if name not in project.studies:
        raise OptionError(f"no table {name!r}: there are {', '.join([*special, *project.studies])}")
    by_data = {"articles": _articles, "behaviour": _behaviour}
    return by_data.get(project.studies[name].data, _benchmark)(project, name)


def markdown(columns: Sequence[str], rows: Rows) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def committed(project: Project, name: str) -> list[tuple[Cell, Any]]:
    """Cells of a study that have committed predictions, with them."""
    found = [(cell, committed_table(cell, project)) for cell in cells(project, [name])]
    return [(cell, table) for cell, table in found if table is not None]


def _notes(project: Project, name: str) -> str:
    """What a reader of the table has to know of cells that are not there, or not of today."""
    found = [(cell, cell.files(project.results)) for cell in cells(project, [name])]
    lacking = [cell.name for cell, (table, _) in found if not table.is_file()]
    keys = [(cell, (read_record(record) or {}).get("key")) for cell, (table, record) in found if table.is_file()]
    stale = [cell.name for cell, key in keys if key != cell.key(project)]
    notes = [f"Declared but not run: {', '.join(lacking)}."] if lacking else []
    notes += [f"Of other labels, options, model or code than today's: {', '.join(stale)}."] if stale else []
    return "".join(f"\n{note}\n" for note in notes)


def _figure(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"


def _p_value(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _with_interval(interval: Interval) -> str:
    return "–" if np.isnan(interval.value) else f"{interval.value:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def _articles(project: Project, name: str) -> str:
    study = project.studies[name]
    loaded = [(cell, from_table(table)) for cell, table in committed(project, name)]
    baselines = {cell.split: p for cell, p in loaded if cell.model.name == study.baseline}
    rows = [_article_row(cell, p, baselines.get(cell.split), cell.model.name == study.baseline) for cell, p in loaded]
    columns = [
        "model",
        "split",
        "F-avg",
        "localism",
        "trusts",
        "regional",
        "macro-F1",
        "topic F1",
        "sides right",
        "holder",
        "articles agree",
    ]
    return markdown([*columns, "ECE", "AURC", "decided sides: right", "kept", "p"], rows) + _notes(project, name)


def _article_row(cell: Cell, predictions: Predictions, baseline: Predictions | None, is_baseline: bool) -> list[str]:
    found = intervals(predictions)
    body = predictions.body
    plain = [*(f"f_avg_{t}" for t in TARGETS), "macro_f1", "topic_f1", "polarity", "holder_accuracy", "article_agreement"]
    tested = baseline is not None and not is_baseline
    return [
        cell.model.name + (f", seed {cell.seed}" if cell.name.endswith(f"seed{cell.seed}") else ""),
        cell.split.name if cell.split else "",
        _with_interval(found["f_avg"]),
        *(_figure(found[key].value) for key in plain),
        _figure(calibration_error(body.probs, body.gold)),
        _figure(float(curves(predictions)["risk_coverage"]["area"])),
        _figure(found["side_precision"].value),
        _figure(found["side_coverage"].value),
        _p_value(against_baseline(predictions, baseline)) if tested and baseline is not None else "",
    ]


def _scores(project: Project) -> str:
    rows = []
    for cell, table in committed(project, _HEADLINE):
        found = intervals(from_table(table))
        shown = [found[key] for key in ("f_avg", *(f"f_avg_{t}" for t in TARGETS), "topic_f1")]
        rows.append([_described(cell), _TESTS[cell.split.test] if cell.split else "", *map(_with_interval, shown)])
    return markdown(["model", "tested on", "F-avg", "localism", "trusts", "regional", "topic F1"], rows)


def _described(cell: Cell) -> str:
    """Name of a model as a reader knows it, with its size where it ships."""
    if cell.model.kind == "majority":
        return "majority class"
    name = cell.model.name
    folder = find_model(name)
    size = sum((folder / f).stat().st_size for f in read_manifest(folder).files) / 1e6
    default = find_model("default") == folder
    return f"**{name}** (default, {size:.0f} MB)" if default else f"{name} ({size:.0f} MB)"


def _benchmark(project: Project, name: str) -> str:
    from carestance.experiments.benchmarks import BENCHMARKS, score_benchmark

    study = project.studies[name]
    official = BENCHMARKS[study.data].score_name
    values: dict[str, list[list[float]]] = {}
    for cell, table in committed(project, name):
        values.setdefault(cell.model.name, []).append(score_benchmark(study.data, table)[official])
    rows: list[tuple[float, list[str]]] = []
    for model, found in values.items():
        mean = float(np.mean([v[0] for v in found]))
        spread = f"{found[0][1]:.3f} to {found[0][2]:.3f}"
        if len(found) > 1:
            spread = f"{len(found)} seeds: {min(v[0] for v in found):.3f} to {max(v[0] for v in found):.3f}"
        rows.append((mean, [f"**{model}** (here)", f"{mean:.3f}", spread]))
    rows += [(score, [label, f"{score:.3f}", ""]) for label, score in study.published.items()]
    ordered = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
    heading = {"f_avg": "F-avg", "macro_f1": "macro-F1"}[official]
    return markdown(["system", heading, "95% interval over rows, or range over seeds"], ordered) + _notes(project, name)


def _behaviour(project: Project, name: str) -> str:
    found = {cell.model.name: pass_rates(table) for cell, table in committed(project, name)}
    kinds = list(dict.fromkeys(kind for rates in found.values() for kind in rates))
    rows = [[*kind, *(f"{rates[kind][0]} of {rates[kind][1]}" for rates in found.values())] for kind in kinds]
    totals = [f"**{sum(p for p, _ in rates.values()) / max(1, sum(n for _, n in rates.values())):.0%}**" for rates in found.values()]
    return markdown(["capability", "test", *found], [*rows, ["**all**", "", *totals]]) + _notes(project, name)


def _studies(project: Project) -> str:
    rows = []
    for name, study in project.studies.items():
        all_cells = list(cells(project, [name]))
        done = sum(cell.files(project.results)[0].is_file() for cell in all_cells)
        limits = f"±{study.tolerance.score:g}, {study.tolerance.labels:.0%} of labels"
        quick = (
            f"{len(study.quick.cells)} cells" + (f", first {study.quick.articles}" if study.quick.articles else "")
            if study.quick.cells
            else "–"
        )
        rows.append([f"`{name}`", study.question, f"{done} of {len(all_cells)}", limits, quick])
    return markdown(["study", "question", "cells run", "tolerance", "quick slice"], rows)
