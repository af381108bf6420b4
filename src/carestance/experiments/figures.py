"""Figures of the documentation, drawn from committed predictions, as SVG and PNG.

Colours are Okabe and Ito's, which colour-blind readers can tell apart; models also differ by marker. Files carry no dates and fixed
ids, so the same predictions give the same files.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from carestance.errors import MissingExtraError
from carestance.experiments.cells import Cell, Project
from carestance.experiments.metrics import calibration_bins
from carestance.experiments.predictions import Predictions, from_table
from carestance.experiments.scoring import curves, intervals
from carestance.experiments.tables import committed
from carestance.schema import LABELS, TARGETS

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_TITLES = {"localism": "localism", "trusts": "trusts", "regional_commissioning": "regional commissioning"}
_TESTS = {"seeds": "five real articles", "development": "invented, unseen writers"}
#: What ``carestance bench --save`` wrote, where it is committed.
SPEED = "speed.json"
_STYLE = {
    "svg.hashsalt": "carestance",
    "svg.fonttype": "path",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "figure.facecolor": "white",
    "legend.frameon": False,
}
_WIDTH = 8.6
_DPI = 160
Loaded = list[tuple[Cell, Predictions]]


def draw_all(project: Project, folder: Path) -> list[Path]:
    """Draw every figure there are predictions for.

    Parameters
    ----------
    project
        Where the results are.
    folder
        Where the pictures go.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise MissingExtraError("figures", "drawing figures")
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with plt.rc_context(_STYLE):
        for name, draw in _FIGURES.items():
            figure = draw(project)
            if figure is None:
                continue
            for ending, metadata in (("svg", {"Date": None, "Creator": None}), ("png", {"Software": None})):
                path = folder / f"{name}.{ending}"
                figure.savefig(path, metadata=metadata, dpi=_DPI)
                written.append(path)
            plt.close(figure)
    return written


def _load(project: Project, study: str) -> Loaded:
    found = committed(project, study) if study in project.studies else []
    return [(cell, from_table(table)) for cell, table in found]


def _transfer(project: Project, test: str, *, majority: bool = False) -> Loaded:
    return [(c, p) for c, p in _load(project, "transfer") if c.split and c.split.test == test and (majority or c.model.kind != "majority")]


def _panels(rows: int, columns: int, height: float, **options: Any) -> tuple[Any, Any]:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(rows, columns, figsize=(_WIDTH, height), layout="constrained", squeeze=False, **options)
    return figure, axes


def _style(place: int) -> dict[str, Any]:
    return {"color": _COLOURS[place % len(_COLOURS)], "marker": _MARKERS[place % len(_MARKERS)]}


def learning_curve(project: Project) -> Any | None:
    """F-avg by the share of authored texts."""
    loaded = _load(project, "curve")
    if not loaded:
        return None
    figure, axes = _panels(1, 2, 3.2, sharey=True)
    models = list(dict.fromkeys(cell.model.name for cell, _ in loaded))
    for axis, test in zip(axes[0], _TESTS, strict=True):
        for place, model in enumerate(models):
            points = [
                (c.split.share, intervals(p)["f_avg"]) for c, p in loaded if c.model.name == model and c.split and c.split.test == test
            ]
            points.sort(key=lambda pair: pair[0])
            shares = [100 * share for share, _ in points]
            style = _style(place)
            axis.plot(shares, [i.value for _, i in points], label=model, **style)
            axis.fill_between(
                shares, [i.low for _, i in points], [i.high for _, i in points], color=style["color"], alpha=0.15, linewidth=0
            )
        axis.set(title=_TESTS[test], xlabel="% of the authored training texts")
    axes[0, 0].set(ylabel="F-avg, 95% interval", ylim=(0, None))
    axes[0, 0].legend(loc="upper left")
    return figure


def reliability(project: Project) -> Any | None:
    """Share right by confidence, a panel a target."""
    loaded = _transfer(project, "development")
    if not loaded:
        return None
    figure, axes = _panels(1, len(TARGETS), 3.2, sharey=True)
    for t, target in enumerate(TARGETS):
        axis = axes[0, t]
        axis.plot([0.25, 1], [0.25, 1], color="#888888", linestyle="--", linewidth=1)
        for place, (cell, predictions) in enumerate(loaded):
            body = predictions.body
            bins = [b for b in calibration_bins(body.probs[:, t], body.gold[:, t], 10) if b[2] >= 10]
            axis.plot([b[0] for b in bins], [b[1] for b in bins], label=cell.model.name, markersize=5, **_style(place))
        axis.set(title=_TITLES[target], xlabel="probability of the label", xlim=(0.25, 1), ylim=(0, 1))
    axes[0, 0].set_ylabel("share right")
    axes[0, 0].legend(loc="upper left")
    return figure


def confusions(project: Project) -> Any | None:
    """Confusion matrices of the best shipped model, counts on shares of the gold label."""
    rows = [(test, found[0]) for test in _TESTS if (found := _transfer(project, test))]
    if not rows:
        return None
    figure, axes = _panels(len(rows), len(TARGETS), 2.9 * len(rows))
    for r, (test, (cell, predictions)) in enumerate(rows):
        counts = predictions.body.confusions().sum(0)
        for t, target in enumerate(TARGETS):
            axis = axes[r, t]
            shares = counts[t] / np.maximum(counts[t].sum(-1, keepdims=True), 1)
            axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
            axis.grid(visible=False)
            for i in range(len(LABELS)):
                for j in range(len(LABELS)):
                    axis.text(j, i, counts[t, i, j], ha="center", va="center", color="white" if shares[i, j] > 0.55 else "black")
            axis.set_xticks(range(len(LABELS)), LABELS, rotation=30, ha="right")
            axis.set_yticks(range(len(LABELS)), LABELS if t == 0 else [""] * len(LABELS))
            axis.set_title(_TITLES[target] if r == 0 else "")
        axes[r, 0].set_ylabel(f"{cell.model.name}: {_TESTS[test]}\ngold")
    for axis in axes[-1]:
        axis.set_xlabel("predicted")
    return figure


def risk_coverage(project: Project) -> Any | None:
    """Share of errors against the share of labels kept, all labels and predicted sides."""
    loaded = _transfer(project, "development")
    if not loaded:
        return None
    figure, axes = _panels(1, 2, 3.2)
    panels = (("risk_coverage", "all labels", "upper left"), ("risk_coverage_sides", "predicted sides", "lower right"))
    for axis, (key, title, corner) in zip(axes[0], panels, strict=True):
        for place, (cell, predictions) in enumerate(loaded):
            found = curves(predictions)[key]
            label = f"{cell.model.name}, area {found['area']:.3f}"
            axis.plot(found["coverage"], found["risk"], label=label, markersize=4, **_style(place))
        axis.set(title=title, xlabel="share kept, surest first", xlim=(0, 1), ylim=(0, None))
        axis.legend(loc=corner)
    axes[0, 0].set_ylabel("share wrong")
    return figure


def f_avg_by_target(project: Project) -> Any | None:
    """F-avg of each target with intervals."""
    tests = [(test, found) for test in _TESTS if (found := _transfer(project, test))]
    if not tests:
        return None
    figure, axes = _panels(1, len(tests), 3.2, sharey=True)
    keys = {"f_avg": "all", **{f"f_avg_{t}": _TITLES[t].split()[0] for t in TARGETS}}
    for axis, (test, loaded) in zip(axes[0], tests, strict=True):
        for place, (cell, predictions) in enumerate(loaded):
            scores = [intervals(predictions)[key] for key in keys]
            x = np.arange(len(keys)) + 0.22 * (place - (len(loaded) - 1) / 2)
            low, high = (
                [abs(i.value - end) for i, end in zip(scores, ends, strict=True)]
                for ends in ([i.low for i in scores], [i.high for i in scores])
            )
            axis.errorbar(
                x, [i.value for i in scores], yerr=[low, high], linestyle="none", capsize=3, label=cell.model.name, **_style(place)
            )
        axis.set_xticks(range(len(keys)), keys.values())
        axis.set(title=_TESTS[test], ylim=(-0.01, 0.85))
    axes[0, 0].set_ylabel("F-avg, 95% interval")
    axes[0, -1].legend(loc="upper right", ncols=3)
    return figure


def speed_against_accuracy(project: Project) -> Any | None:
    """Sentences a second against F-avg, from the committed benchmark of speed."""
    path = project.results / SPEED
    if not path.is_file():
        return None
    timings = {t["name"]: t["sentences_per_second"] for t in json.loads(path.read_text(encoding="utf-8"))["timings"]}
    points = [
        (place, cell.model.name, timings[name], intervals(predictions)["f_avg"])
        for place, (cell, predictions) in enumerate(_transfer(project, "development"))
        if (name := f"carestance, {cell.model.name}") in timings
    ]
    if not points:
        return None
    figure, axes = _panels(1, 1, 3.2)
    axis = axes[0, 0]
    for place, name, speed, found in points:
        axis.errorbar([speed], [found.value], yerr=[[found.value - found.low], [found.high - found.value]], capsize=3, **_style(place))
        axis.annotate(name, (speed, found.value), xytext=(8, 4), textcoords="offset points")
    axis.set(xscale="log", xlabel="sentences a second (log scale)", ylabel="F-avg, invented texts", ylim=(0, None))
    return figure


_FIGURES: dict[str, Callable[[Project], Any | None]] = {
    "learning_curve": learning_curve,
    "reliability": reliability,
    "confusions": confusions,
    "risk_coverage": risk_coverage,
    "f_avg_by_target": f_avg_by_target,
    "speed_against_accuracy": speed_against_accuracy,
}
