"""How sure a score is: intervals by bootstrap over articles, and paired permutation tests.

Both work on counts an article: articles are drawn or swapped whole, because sentences of one article are no independent
observations, and a resample costs one weighted sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carestance.experiments.metrics import CountScore, FloatArray, IntArray

#: Up to so many articles every way of swapping them is tried.
EXACT_ARTICLES = 12
RESAMPLES = 1000
PERMUTATIONS = 9999


@dataclass(frozen=True, slots=True)
class Interval:
    """A score with its 95% bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(score: CountScore, counts: IntArray, *, n: int = RESAMPLES, seed: int = 0) -> Interval:
    """Score pooled over articles, with an interval from resampling articles.

    Parameters
    ----------
    score
        Takes counts of shape (..., *any*) and gives scores of shape (...).
    counts
        Shape (articles, *any*).
    n
        Resamples.
    seed
        Of the resampling.
    """
    rng = np.random.default_rng(seed)
    size = len(counts)
    drawn = np.stack([np.bincount(rng.integers(0, size, size), minlength=size) for _ in range(n)])
    values = score(np.tensordot(drawn, counts, 1))
    value = float(score(counts.sum(0)))
    if np.isnan(values).all():
        return Interval(value, float("nan"), float("nan"))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def permutation_test(score: CountScore, first: IntArray, second: IntArray, *, n: int = PERMUTATIONS, seed: int = 0) -> float:
    """Two-sided p-value of the difference of two models' scores on the same articles.

    Under the null hypothesis the two models' predictions of an article could be swapped. Up to :data:`EXACT_ARTICLES`
    articles all swaps are tried, beyond that ``n`` random ones (Ernst, 2004).

    Parameters
    ----------
    score
        As for :func:`bootstrap`.
    first, second
        Counts of the two models, shape (articles, *any*), articles in the same order.
    n
        Random swaps.
    seed
        Of the random swaps.
    """
    size = len(first)
    if size <= EXACT_ARTICLES:
        swaps = (np.arange(2**size)[:, None] >> np.arange(size)) & 1
    else:
        swaps = np.vstack([np.zeros((1, size), dtype=int), np.random.default_rng(seed).integers(0, 2, (n, size))])
    shift = np.tensordot(swaps, second - first, 1)
    differences: FloatArray = score(first.sum(0) + shift) - score(second.sum(0) - shift)
    observed = abs(differences[0])
    return float(np.mean(np.abs(differences) >= observed - 1e-12))
