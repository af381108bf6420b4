"""Scores of stance predictions, all computed from counts of gold against predicted labels.

F-avg is the metric of SemEval-2016 Task 6 (Mohammad et al., 2016): the mean of the F1 of *favour* and *against*; neutral
and unrelated units are not averaged but count as errors. Calibration error after Naeini et al. (2015).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from carestance.schema import LABELS

IntArray = npt.NDArray[np.int_]
FloatArray = npt.NDArray[np.float64]
FAVOUR, AGAINST, NEUTRAL, UNRELATED = range(4)
#: Maps counts of shape (..., gold, predicted) to scores of shape (...).
CountScore = Callable[[npt.NDArray[np.int_]], FloatArray]


def confusion(gold: IntArray, predicted: IntArray, n: int = len(LABELS)) -> IntArray:
    """Counts of gold (rows) against predicted labels (columns), shape (n, n); arrays of any shape are pooled."""
    return np.bincount((gold * n + predicted).ravel(), minlength=n * n).reshape(n, n)


def _ratio(part: npt.NDArray[np.int_], whole: npt.NDArray[np.int_], empty: float) -> FloatArray:
    result: FloatArray = np.where(whole > 0, part / np.maximum(whole, 1), empty)
    return result


def _label_f1(counts: IntArray, label: int) -> FloatArray:
    """F1 of one label; 0 where there is nothing to find and nothing found."""
    total = counts[..., label, :].sum(-1) + counts[..., :, label].sum(-1)
    return _ratio(2 * counts[..., label, label], total, 0.0)


def f_avg_of(counts: IntArray) -> FloatArray:
    """Mean F1 of favour and against."""
    return (_label_f1(counts, FAVOUR) + _label_f1(counts, AGAINST)) / 2


def macro_f1_of(counts: IntArray) -> FloatArray:
    """Mean F1 of all labels."""
    result: FloatArray = np.mean([_label_f1(counts, k) for k in range(counts.shape[-1])], axis=0)
    return result


def topic_f1_of(counts: IntArray) -> FloatArray:
    """F1 of being about the target at all."""
    about = counts[..., :UNRELATED, :UNRELATED].sum((-2, -1))
    total = counts[..., :UNRELATED, :].sum((-2, -1)) + counts[..., :, :UNRELATED].sum((-2, -1))
    return _ratio(2 * about, total, 0.0)


def polarity_of(counts: IntArray) -> FloatArray:
    """Share of right directions among units that are sides in gold and prediction; nan where there are none."""
    right = counts[..., FAVOUR, FAVOUR] + counts[..., AGAINST, AGAINST]
    return _ratio(right, counts[..., :NEUTRAL, :NEUTRAL].sum((-2, -1)), np.nan)


def share_of(counts: IntArray) -> FloatArray:
    """Share of hits in counts of shape (..., 2): hits and tries; nan where there were none."""
    return _ratio(counts[..., 0], counts[..., 1], np.nan)


#: Headline scores by name.
SCORES: Mapping[str, CountScore] = {"f_avg": f_avg_of, "macro_f1": macro_f1_of, "topic_f1": topic_f1_of, "polarity": polarity_of}


def f_avg(gold: IntArray, predicted: IntArray) -> float:
    """Mean F1 of favour and against; arrays of any shape are pooled."""
    return float(f_avg_of(confusion(gold, predicted)))


def calibration_bins(probs: FloatArray, gold: IntArray, bins: int = 15) -> list[tuple[float, float, int]]:
    """Mean confidence, share right and size of each equal-width bin of the top label's probability that is not empty.

    Parameters
    ----------
    probs
        Shape (..., 4).
    gold
        Shape (...).
    bins
        Number of bins.
    """
    confidence = probs.max(-1).ravel()
    right = (probs.argmax(-1) == gold).ravel()
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    inside = [which == b for b in range(bins)]
    return [(float(confidence[i].mean()), float(right[i].mean()), int(i.sum())) for i in inside if i.any()]


def calibration_error(probs: FloatArray, gold: IntArray, bins: int = 15) -> float:
    """Expected calibration error of the top label; parameters as for :func:`calibration_bins`."""
    found = calibration_bins(probs, gold, bins)
    total = sum(size for _, _, size in found)
    return sum(size * abs(right - confidence) for confidence, right, size in found) / total if total else float("nan")


def risk_coverage(confidence: FloatArray, right: npt.NDArray[np.bool_], points: int = 20) -> dict[str, float | list[float]]:
    """Share of errors among the surest predictions (El-Yaniv & Wiener, 2010).

    Parameters
    ----------
    confidence, right
        Shape (predictions,): probability given to the predicted label, and whether it is the gold one.
    points
        Evenly spaced coverages to report.

    Returns
    -------
    dict
        ``area`` under the curve (0 is best), and ``coverage`` and ``risk`` at the points.
    """
    if len(confidence) == 0:
        return {"area": float("nan"), "coverage": [], "risk": []}
    order = np.argsort(-confidence, kind="stable")
    risk = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    kept = np.unique(-(-np.arange(1, points + 1) * len(order) // points))
    return {"area": float(risk.mean()), "coverage": (kept / len(order)).tolist(), "risk": risk[kept - 1].tolist()}


def score_all(gold: IntArray, probs: FloatArray, targets: Sequence[str]) -> dict[str, float]:
    """Headline scores of label probabilities.

    Parameters
    ----------
    gold
        Shape (units, targets).
    probs
        Shape (units, targets, 4).
    targets
        Names along the target axis.
    """
    predicted = probs.argmax(-1)
    counts = confusion(gold, predicted)
    scores = {name: float(score(counts)) for name, score in SCORES.items()} | {"ece": calibration_error(probs, gold)}
    return scores | {f"f_avg_{t}": f_avg(gold[:, i], predicted[:, i]) for i, t in enumerate(targets)}
