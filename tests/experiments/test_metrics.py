"""Scores, intervals and tests of differences, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carestance.experiments.metrics import (
    SCORES,
    calibration_error,
    confusion,
    f_avg,
    f_avg_of,
    macro_f1_of,
    polarity_of,
    risk_coverage,
    share_of,
    topic_f1_of,
)
from carestance.experiments.statistics import bootstrap, permutation_test

LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


def test_f_avg_is_the_semeval_metric() -> None:
    gold = np.array([0, 0, 1, 1, 2, 3])
    predicted = np.array([0, 1, 1, 1, 0, 3])
    counts = confusion(gold, predicted)
    # favour: 1 hit, 2 predicted, 2 gold -> .5; against: 2 hits, 3 predicted, 2 gold -> .8
    assert f_avg(gold, predicted) == pytest.approx(0.65)
    assert topic_f1_of(counts) == 1.0
    assert polarity_of(counts) == pytest.approx(0.75)
    assert macro_f1_of(confusion(gold, gold)) == 1.0


@given(LABELS)
def test_scores_agree_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    from sklearn.metrics import f1_score

    gold, predicted = np.array(pairs).T
    counts = confusion(gold, predicted)
    each = f1_score(gold, predicted, labels=[0, 1, 2, 3], average=None, zero_division=0)
    assert f_avg_of(counts) == pytest.approx(each[:2].mean())
    assert macro_f1_of(counts) == pytest.approx(each.mean())
    assert topic_f1_of(counts) == pytest.approx(f1_score(gold != 3, predicted != 3, zero_division=0))


def test_calibration_error_of_a_sure_but_wrong_model() -> None:
    probs = np.tile([1.0, 0.0, 0.0, 0.0], (10, 1))
    assert calibration_error(probs, np.array([0] * 5 + [1] * 5)) == pytest.approx(0.5)
    assert calibration_error(probs, np.zeros(10, dtype=int)) == 0.0


def test_risk_falls_where_confidence_tells_right_from_wrong() -> None:
    right = np.array([True] * 8 + [False] * 2)
    knowing = risk_coverage(np.linspace(1, 0.1, 10), right, points=10)
    assert knowing["risk"] == pytest.approx([0] * 8 + [1 / 9, 0.2])
    assert knowing["coverage"] == pytest.approx(np.linspace(0.1, 1, 10))
    assert knowing["area"] < risk_coverage(np.linspace(0.1, 1, 10), right)["area"]
    assert np.isnan(risk_coverage(np.zeros(0), np.zeros(0, dtype=bool))["area"])


def article_counts(accuracy: float, seed: int, n: int = 8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    gold = [np.random.default_rng(i).integers(0, 4, 30) for i in range(n)]
    return np.array([confusion(g, np.where(rng.random(30) < accuracy, g, 3)) for g in gold])


def test_interval_holds_the_value_and_draws_articles_whole() -> None:
    counts = article_counts(0.6, 0)
    interval = bootstrap(f_avg_of, counts, n=200)
    assert interval.low < interval.value < interval.high
    assert interval.value == pytest.approx(float(f_avg_of(counts.sum(0))))
    same = bootstrap(f_avg_of, np.stack([counts[0]] * 5), n=50)
    assert same.low == pytest.approx(same.value) == pytest.approx(same.high)


def test_undefined_scores_have_undefined_intervals() -> None:
    interval = bootstrap(share_of, np.zeros((3, 2), dtype=int), n=20)
    assert np.isnan([interval.value, interval.low, interval.high]).all()


def test_exact_permutations_of_five_articles_reach_one_in_sixteen() -> None:
    good, bad = article_counts(0.9, 1, 5), article_counts(0.1, 2, 5)
    assert permutation_test(f_avg_of, good, bad) == pytest.approx(2 / 32)
    assert permutation_test(f_avg_of, good, good) == 1.0


def test_many_articles_are_swapped_at_random() -> None:
    good, bad = article_counts(0.9, 1, 20), article_counts(0.3, 2, 20)
    p = permutation_test(f_avg_of, good, bad, n=499)
    assert p == permutation_test(f_avg_of, bad, good, n=499)
    assert p < 0.01
    assert permutation_test(f_avg_of, article_counts(0.5, 3, 20), article_counts(0.5, 4, 20), n=499) > 0.05


@pytest.mark.parametrize("name", SCORES)
def test_scores_take_counts_of_any_leading_shape(name: str) -> None:
    counts = article_counts(0.5, 0)
    np.testing.assert_allclose(SCORES[name](counts), [float(SCORES[name](c)) for c in counts])
