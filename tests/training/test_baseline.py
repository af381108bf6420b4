"""Experiments of the baseline: scores are of articles the model did not see."""

from __future__ import annotations

import numpy as np
import pytest

from carestance.experiments.baseline import fit_majority, leave_one_out, score
from carestance.experiments.metrics import bootstrap, calibration_error, f_avg, macro_f1, polarity, topic_f1
from carestance.labels.store import LabelSet
from carestance.training.data import read_articles


def test_f_avg_is_the_semeval_metric() -> None:
    gold = np.array([0, 0, 1, 1, 2, 3])
    predicted = np.array([0, 1, 1, 1, 0, 3])
    # favour: 1 hit, 2 predicted, 2 gold -> .5; against: 2 hits, 3 predicted, 2 gold -> .8
    assert f_avg(gold, predicted) == pytest.approx(0.65)
    assert topic_f1(gold, predicted) == 1.0
    assert polarity(gold, predicted) == pytest.approx(0.75)
    assert macro_f1(gold, gold) == 1.0


def test_calibration_error_of_a_sure_but_wrong_model() -> None:
    probs = np.tile([1.0, 0.0, 0.0, 0.0], (10, 1))
    assert calibration_error(probs, np.array([0] * 5 + [1] * 5)) == pytest.approx(0.5)
    assert calibration_error(probs, np.zeros(10, dtype=int)) == 0.0


def test_interval_holds_the_value() -> None:
    rng = np.random.default_rng(0)
    gold = [rng.integers(0, 4, 30) for _ in range(8)]
    predicted = [np.where(rng.random(30) < 0.6, g, 3) for g in gold]
    interval = bootstrap(f_avg, gold, predicted, n=200)
    assert interval.low < interval.value < interval.high


def test_left_out_articles_are_not_trained_on(seeds: LabelSet) -> None:
    articles = read_articles(seeds)
    seen: list[set[str]] = []

    def fit(training):
        seen.append({a.id for a in training})
        return fit_majority(training)

    predicted = leave_one_out(articles, fit)
    assert [len(p) for p in predicted] == [int(a.body.sum()) for a in articles]
    assert all(a.id not in ids and len(ids) == 4 for a, ids in zip(articles, seen, strict=True))
    assert score("majority", "four", "fifth", articles, predicted, n=20).scores["f_avg"].value == 0.0


def test_soft_labels_lean_to_the_settled_one(seeds: LabelSet) -> None:
    for article in read_articles(seeds):
        np.testing.assert_allclose(article.soft.sum(-1), 1.0)
        assert (article.soft.argmax(-1) == article.labels).all()
