"""Scores of stance predictions.

F-avg is the metric of SemEval-2016 Task 6 (Mohammad et al., 2016): the mean of the F1 of *favour* and *against*; neutral
and unrelated units are not averaged but count as errors. Calibration error after Naeini et al. (2015).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carestance.schema import LABELS

IntArray = npt.NDArray[np.int_]
FloatArray = npt.NDArray[np.float64]
FAVOUR, AGAINST, NEUTRAL, UNRELATED = range(4)


def f1(gold: npt.NDArray[np.bool_], predicted: npt.NDArray[np.bool_]) -> float:
    """F1 of a binary decision; 0 where there is nothing to find and nothing found."""
    total = int(gold.sum() + predicted.sum())
    return 2 * int((gold & predicted).sum()) / total if total else 0.0


def f_avg(gold: IntArray, predicted: IntArray) -> float:
    """Mean F1 of favour and against; arrays of any shape are pooled."""
    return (f1(gold == FAVOUR, predicted == FAVOUR) + f1(gold == AGAINST, predicted == AGAINST)) / 2


def macro_f1(gold: IntArray, predicted: IntArray) -> float:
    """Mean F1 of the four labels."""
    return float(np.mean([f1(gold == k, predicted == k) for k in range(len(LABELS))]))


def topic_f1(gold: IntArray, predicted: IntArray) -> float:
    """F1 of being about the target at all."""
    return f1(gold != UNRELATED, predicted != UNRELATED)


def polarity(gold: IntArray, predicted: IntArray) -> float:
    """Share of right directions among units that are sides in gold and prediction."""
    both = (gold < NEUTRAL) & (predicted < NEUTRAL)
    return float((gold == predicted)[both].mean()) if both.any() else float("nan")


def calibration_error(probs: FloatArray, gold: IntArray, bins: int = 15) -> float:
    """Expected calibration error of the top label, equal-width bins.

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
    error = 0.0
    for b in range(bins):
        inside = which == b
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return float(error)


@dataclass(frozen=True, slots=True)
class Interval:
    """A score with its 95% bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(
    score: Callable[[IntArray, IntArray], float],
    gold: Sequence[IntArray],
    predicted: Sequence[IntArray],
    *,
    n: int = 1000,
    seed: int = 0,
) -> Interval:
    """Score pooled over articles, with an interval from resampling articles.

    Parameters
    ----------
    score
        Takes gold and predicted labels.
    gold, predicted
        One array an article.
    n
        Resamples.
    seed
        Of the resampling.
    """
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(n):
        drawn = rng.integers(0, len(gold), len(gold))
        values.append(score(np.concatenate([gold[i] for i in drawn]), np.concatenate([predicted[i] for i in drawn])))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Interval(score(np.concatenate(list(gold)), np.concatenate(list(predicted))), float(low), float(high))


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
    scores = {
        "f_avg": f_avg(gold, predicted),
        "macro_f1": macro_f1(gold, predicted),
        "topic_f1": topic_f1(gold, predicted),
        "polarity": polarity(gold, predicted),
        "ece": calibration_error(probs, gold),
    }
    scores |= {f"f_avg_{t}": f_avg(gold[:, i], predicted[:, i]) for i, t in enumerate(targets)}
    return scores
