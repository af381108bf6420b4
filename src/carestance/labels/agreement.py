"""How far independent annotators agree.

Krippendorff's alpha (Krippendorff, 2004; nominal) with a bootstrap interval over articles, and Cohen's kappa a pair.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import krippendorff
import numpy as np
import numpy.typing as npt
from sklearn.metrics import cohen_kappa_score

from carestance.errors import LabelsError
from carestance.labels.store import LabelSet
from carestance.schema import LABELS, TARGETS

_HOLDER_VALUES = ("", "author", "other")


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on one target, or on the holder.

    Attributes
    ----------
    name
        Target, or ``"holder"``.
    alpha
        Krippendorff's alpha, nominal.
    interval
        95% bootstrap interval of alpha over articles.
    kappas
        Cohen's kappa by pair of annotators.
    confusions
        How often two annotators gave which two different labels, most frequent first.
    n_units
        Units compared.
    """

    name: str
    alpha: float
    interval: tuple[float, float]
    kappas: dict[tuple[str, str], float]
    confusions: list[tuple[str, str, int]]
    n_units: int


def _alpha(codes: npt.NDArray[np.float64]) -> float:
    if len(np.unique(codes[~np.isnan(codes)])) < 2:
        return 1.0
    return float(krippendorff.alpha(reliability_data=codes, level_of_measurement="nominal"))


def _bootstrap(codes: npt.NDArray[np.float64], articles: npt.NDArray[np.str_], n: int, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    names = np.unique(articles)
    columns = {name: np.flatnonzero(articles == name) for name in names}
    values = [_alpha(codes[:, np.concatenate([columns[k] for k in rng.choice(names, len(names))])]) for _ in range(n)]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def agreement(label_set: LabelSet, *, n_bootstrap: int = 500, seed: int = 0) -> list[Agreement]:
    """Agreement of a set's annotators on each target and on the holder.

    Parameters
    ----------
    label_set
        The set; its annotator files are compared as they are.
    n_bootstrap
        Resamples of the articles.
    seed
        Of the resampling.

    Returns
    -------
    list of Agreement
        One a target, then the holder (over units where at least two annotators see a side).

    Raises
    ------
    LabelsError
        If there are fewer than two annotators.
    """
    if len(label_set.annotators) < 2:
        raise LabelsError(f"{label_set.folder}: agreement needs two annotators, and {len(label_set.annotators)} are there")
    ids = [unit.id for unit in label_set.units]
    articles = np.array([unit.article for unit in label_set.units])
    votes = {name: {row.id: row for row in rows} for name, rows in label_set.annotators.items()}
    results = []
    for name in (*TARGETS, "holder"):
        values = _HOLDER_VALUES if name == "holder" else LABELS
        codes = np.array(
            [[values.index(getattr(rows[i], name)) if i in rows else np.nan for i in ids] for rows in votes.values()], dtype=np.float64
        )
        kept = np.ones(len(ids), dtype=bool)
        if name == "holder":
            kept = (codes > 0).sum(axis=0) >= 2
            codes = np.where(codes == 0, np.nan, codes)
        results.append(_of(name, values, codes[:, kept], articles[kept], list(votes), n_bootstrap, seed))
    return results


def _of(
    name: str,
    values: tuple[str, ...],
    codes: npt.NDArray[np.float64],
    articles: npt.NDArray[np.str_],
    annotators: list[str],
    n_bootstrap: int,
    seed: int,
) -> Agreement:
    kappas: dict[tuple[str, str], float] = {}
    confusions: Counter[tuple[str, str]] = Counter()
    for a, b in combinations(range(len(annotators)), 2):
        both = ~np.isnan(codes[a]) & ~np.isnan(codes[b])
        x, y = codes[a][both].astype(int), codes[b][both].astype(int)
        kappas[annotators[a], annotators[b]] = float(cohen_kappa_score(x, y)) if len(np.unique([x, y])) > 1 else 1.0
        for i, j in zip(x[x != y], y[x != y], strict=True):
            confusions[values[min(i, j)], values[max(i, j)]] += 1
    ordered = [(a, b, n) for (a, b), n in confusions.most_common()]
    return Agreement(name, _alpha(codes), _bootstrap(codes, articles, n_bootstrap, seed), kappas, ordered, codes.shape[1])
