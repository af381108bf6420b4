"""Calibrated probabilities and the rule of abstention.

Vector scaling (Guo et al., 2017): a temperature a target and a bias a label, fitted on articles the model was not
trained on. A decision is the most probable label, or ``abstain`` where its probability lies below a threshold:
for the sides the lowest threshold at which decided sides are right as often as asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from carestance.models.protocol import FloatArray, softmax
from carestance.schema import LABELS, SIDES

#: Share of decided sides that has to be right on the development split.
SIDE_PRECISION = 0.80
#: Share of decided ``neutral`` and ``unrelated`` labels that has to be right.
OTHER_PRECISION = 0.60
_MIN_DECIDED = 20


class Decision(BaseModel):
    """Calibration and thresholds of a model, one entry a target.

    Attributes
    ----------
    temperature
        Divides the scores, by target.
    bias
        Added to the scaled scores, by target, in the order of the labels.
    thresholds
        Least probability of a decided label, by target and label.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: dict[str, float]
    bias: dict[str, tuple[float, float, float, float]]
    thresholds: dict[str, dict[str, float]]

    def calibrate(self, scores: FloatArray, targets: Sequence[str]) -> FloatArray:
        """Turn scores of shape (units, targets, 4) into calibrated probabilities."""
        scale = np.array([self.temperature.get(t, 1.0) for t in targets])
        bias = np.array([self.bias.get(t, (0.0, 0.0, 0.0, 0.0)) for t in targets])
        return softmax(scores / scale[None, :, None] + bias[None])

    def threshold(self, target: str, label: str) -> float:
        """Least probability at which ``label`` is decided for ``target``."""
        return self.thresholds.get(target, {}).get(label, 0.0)

    def decide(self, probs: FloatArray, targets: Sequence[str]) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.bool_]]:
        """Most probable labels, and whether they are decided, both of shape (units, targets)."""
        best = probs.argmax(-1)
        floors = np.array([[self.threshold(t, label) for label in LABELS] for t in targets])
        columns = np.arange(len(targets))
        return best, np.take_along_axis(probs, best[..., None], -1)[..., 0] >= floors[columns, best]


def fit_scaling(scores: FloatArray, labels: npt.NDArray[np.int_], *, bias: bool = True) -> tuple[float, tuple[float, float, float, float]]:
    """Fit temperature and biases for one target by maximum likelihood.

    Parameters
    ----------
    scores
        Shape (units, 4).
    labels
        Shape (units,), indices into the labels.
    bias
        Whether to fit a bias a label; without, only the temperature.
    """
    from scipy.optimize import minimize

    rows = np.arange(len(labels))

    def loss(parameters: npt.NDArray[np.float64]) -> float:
        scaled = scores / np.exp(parameters[0])
        if bias:
            scaled = scaled + np.append(parameters[1:], 0.0)
        # A weak prior keeps the biases finite where a label is rare.
        return float(-np.log(softmax(scaled)[rows, labels] + 1e-12).mean() + 1e-3 * (parameters**2).sum())

    fitted = minimize(loss, np.zeros(4 if bias else 1), method="L-BFGS-B").x
    offsets = [*map(float, fitted[1:]), 0.0] if bias else [0.0] * 4
    return float(np.exp(fitted[0])), (offsets[0], offsets[1], offsets[2], offsets[3])


def lowest_threshold(confidence: FloatArray, right: npt.NDArray[np.bool_], precision: float) -> float:
    """Lowest confidence from which predictions are right often enough.

    Parameters
    ----------
    confidence, right
        Shape (predictions,): probability given to the predicted label, and whether it is the gold one.
    precision
        Share that has to be right among the predictions at or above the threshold.

    Returns
    -------
    float
        ``0.0`` where all may be decided; the highest confidence seen where no cut reaches the share.
    """
    if len(confidence) == 0:
        return 0.0
    order = np.argsort(-confidence, kind="stable")
    hits = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(hits >= precision)
    good = good[good >= min(_MIN_DECIDED, len(order)) - 1]
    if len(good) == 0:
        return float(confidence[order[0]])
    return 0.0 if good[-1] == len(order) - 1 else float(confidence[order[good[-1]]])


def fit_decision(scores: FloatArray, labels: npt.NDArray[np.int_], targets: Sequence[str], *, bias: bool = False) -> Decision:
    """Fit calibration and thresholds on held-out articles.

    Parameters
    ----------
    scores
        Shape (units, targets, 4): log-probabilities or logits.
    labels
        Shape (units, targets).
    targets
        Names along the target axis.
    bias
        Fit label biases beside the temperature.
    """
    temperatures: dict[str, float] = {}
    biases: dict[str, tuple[float, float, float, float]] = {}
    thresholds: dict[str, dict[str, float]] = {}
    for t, target in enumerate(targets):
        temperatures[target], biases[target] = fit_scaling(scores[:, t], labels[:, t], bias=bias)
        probs = softmax(scores[:, t] / temperatures[target] + np.array(biases[target]))
        thresholds[target] = _thresholds(probs, labels[:, t])
    return Decision(temperature=temperatures, bias=biases, thresholds=thresholds)


def _thresholds(probs: FloatArray, labels: npt.NDArray[np.int_]) -> dict[str, float]:
    predicted, confidence = probs.argmax(-1), probs.max(-1)
    right = predicted == labels
    side = np.isin(predicted, [LABELS.index(label) for label in SIDES])
    found: Mapping[str, float] = {
        label: lowest_threshold(
            confidence[side if label in SIDES else predicted == i],
            right[side if label in SIDES else predicted == i],
            SIDE_PRECISION if label in SIDES else OTHER_PRECISION,
        )
        for i, label in enumerate(LABELS)
    }
    return dict(found)
