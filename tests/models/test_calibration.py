"""Calibration and abstention."""

from __future__ import annotations

import numpy as np
import pytest

from carestance.models.calibration import Decision, fit_decision, fit_scaling, lowest_threshold
from carestance.models.protocol import softmax


def overconfident(n: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores three times too large for labels drawn from their softmax."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(n, 4)) * 2
    labels = np.array([rng.choice(4, p=p) for p in softmax(scores)])
    return scores * 3, labels


def test_temperature_is_recovered() -> None:
    temperature, bias = fit_scaling(*overconfident(), bias=False)
    assert temperature == pytest.approx(3.0, rel=0.1)
    assert bias == (0.0, 0.0, 0.0, 0.0)


def test_bias_is_recovered() -> None:
    scores, labels = overconfident()
    shifted = scores.copy()
    shifted[:, 0] -= 3.0
    _, bias = fit_scaling(shifted, labels)
    assert bias[0] == pytest.approx(1.0, abs=0.25)


def test_threshold_reaches_the_precision_asked_for() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(size=5000)
    right = rng.uniform(size=5000) < confidence
    threshold = lowest_threshold(confidence, right, 0.8)
    assert 0.5 < threshold < 0.7
    assert right[confidence >= threshold].mean() >= 0.8


def test_all_may_be_decided_where_all_are_right() -> None:
    assert lowest_threshold(np.array([0.4, 0.9]), np.array([True, True]), 0.8) == 0.0


def test_decisions_abstain_below_the_threshold() -> None:
    decision = Decision(temperature={}, bias={}, thresholds={"trusts": {"favour": 0.6}})
    probs = np.array([[[0.55, 0.2, 0.2, 0.05], [0.4, 0.3, 0.2, 0.1]], [[0.65, 0.2, 0.1, 0.05], [0.1, 0.3, 0.2, 0.4]]])
    best, decided = decision.decide(probs, ("trusts", "localism"))
    assert best.tolist() == [[0, 0], [0, 3]]
    assert decided.tolist() == [[False, True], [True, True]]


def test_fitted_sides_are_right_as_often_as_promised() -> None:
    scores, labels = overconfident(8000)
    decision = fit_decision(scores[:, None], labels[:, None], ["trusts"])
    best, decided = decision.decide(decision.calibrate(scores[:, None], ["trusts"]), ["trusts"])
    side = decided[:, 0] & (best[:, 0] < 2)
    assert (labels[side] == best[side, 0]).mean() >= 0.8
    assert 0 < side.sum() < len(labels)
