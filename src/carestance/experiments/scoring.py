"""All scores of one cell of articles, from its predictions alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from carestance.experiments.metrics import (
    AGAINST,
    FAVOUR,
    NEUTRAL,
    SCORES,
    FloatArray,
    IntArray,
    calibration_error,
    f_avg_of,
    risk_coverage,
    share_of,
    topic_f1_of,
)
from carestance.experiments.predictions import BoolArray, Predictions
from carestance.experiments.statistics import RESAMPLES, Interval, bootstrap, permutation_test
from carestance.schema import HOLDERS, TARGETS

_AUTHOR = HOLDERS.index("author")


def intervals(predictions: Predictions, n: int = RESAMPLES) -> dict[str, Interval]:
    """Scores of the body sentences, each with its interval over articles.

    Parameters
    ----------
    predictions
        Of all units.
    n
        Resamples.

    Returns
    -------
    dict
        ``f_avg``, ``macro_f1``, ``topic_f1``, ``polarity`` (pooled over targets), ``f_avg_TARGET``, ``holder_accuracy`` (on units
        that take a side in gold), ``article_agreement`` (does the sign of the author's mean stance match), ``side_precision`` (share of
        right ones among decided sides) and ``side_coverage`` (share of predicted sides that are decided).
    """
    body = predictions.body
    counts = body.confusions()
    found = {name: bootstrap(score, counts.sum(1), n=n) for name, score in SCORES.items()}
    found |= {f"f_avg_{t}": bootstrap(f_avg_of, counts[:, i], n=n) for i, t in enumerate(TARGETS)}
    held = body.holder_gold >= 0
    sides = body.label < NEUTRAL
    decided = sides & body.decided
    shares = {
        "holder_accuracy": _hits(body, (body.holder == body.holder_gold) & held, held),
        "article_agreement": _agreement(body),
        "side_precision": _hits(body, decided & (body.label == body.gold), decided),
        "side_coverage": _hits(body, decided, sides),
    }
    return found | {name: bootstrap(share_of, pairs, n=n) for name, pairs in shares.items()}


def _hits(body: Predictions, hit: BoolArray, tried: BoolArray) -> IntArray:
    """Hits and tries by article, shape (articles, 2)."""
    inside = [body.article == name for name in body.articles]
    return np.array([[int(hit[i].sum()), int(tried[i].sum())] for i in inside])


def _mean_sign(labels: IntArray, author: BoolArray) -> FloatArray:
    """Sign of the author's mean stance by target, nan where the author takes no side."""
    side = np.where(labels == FAVOUR, 1, 0) - np.where(labels == AGAINST, 1, 0)
    total = (side * author[:, None]).sum(0)
    taken = ((labels < NEUTRAL) & author[:, None]).any(0)
    result: FloatArray = np.where(taken, np.sign(total), np.nan)
    return result


def _agreement(body: Predictions) -> IntArray:
    """By article: targets on which the author's mean stance has the right sign, and targets on which gold gives the author one."""
    pairs = []
    for name in body.articles:
        inside = body.article == name
        gold = _mean_sign(body.gold[inside], body.holder_gold[inside] == _AUTHOR)
        predicted = _mean_sign(body.label[inside], body.holder[inside] == _AUTHOR)
        pairs.append([int((gold == predicted).sum()), int((~np.isnan(gold)).sum())])
    return np.array(pairs)


def curves(predictions: Predictions) -> dict[str, Any]:
    """Risk against coverage: of all labels, and of the predicted sides alone."""
    body = predictions.body
    confidence, right = body.probs.max(-1), body.label == body.gold
    sides = body.label < NEUTRAL
    return {
        "risk_coverage": risk_coverage(confidence.ravel(), right.ravel()),
        "risk_coverage_sides": risk_coverage(confidence[sides], right[sides]),
    }


def score_cell(predictions: Predictions) -> dict[str, Any]:
    """Every score of a cell, ready for JSON; scores with an interval are ``[value, low, high]``, undefined ones ``null``."""
    body = predictions.body
    found: dict[str, Any] = {name: [i.value, i.low, i.high] for name, i in intervals(predictions).items()}
    found["ece"] = calibration_error(body.probs, body.gold)
    found |= {f"ece_{t}": calibration_error(body.probs[:, i], body.gold[:, i]) for i, t in enumerate(TARGETS)}
    found |= curves(predictions)
    counts = body.confusions()
    found["articles"] = {
        name: {"sentences": int((body.article == name).sum()), "f_avg": float(f_avg_of(c.sum(0))), "topic_f1": float(topic_f1_of(c.sum(0)))}
        for name, c in zip(body.articles, counts, strict=True)
    }
    tidy: dict[str, Any] = rounded(found)
    return tidy


def rounded(value: Any) -> Any:
    """Figures to four digits, undefined ones ``None``, in nested lists and dictionaries."""
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 4)
    return value


def against_baseline(predictions: Predictions, baseline: Predictions) -> float:
    """P-value of the difference in F-avg to a baseline on the same articles."""
    return permutation_test(f_avg_of, predictions.body.confusions().sum(1), baseline.body.confusions().sum(1))
