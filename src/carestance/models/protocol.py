"""What every stance model takes and gives, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from carestance.articles.article import Article

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Document:
    """An article as a model sees it: its title and its units' texts in order."""

    title: str
    sentences: tuple[str, ...]

    @classmethod
    def from_article(cls, article: Article) -> Document:
        """Strip an article down to what a model reads."""
        return cls(article.display_title, tuple(unit.text for unit in article.units))


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's answer for one document.

    Attributes
    ----------
    probs
        Calibrated label probabilities, shape (units, targets, 4); rows sum to 1.
    other
        Probability that a side, if the unit takes one, is held by somebody other than the author, shape (units,).
    """

    probs: FloatArray
    other: FloatArray


class StanceModel(Protocol):
    """A model that labels documents."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets, in the order of the target axis."""

    def predict(self, documents: Sequence[Document]) -> list[Prediction]:
        """Label each document's units; the answer does not depend on the other documents."""


def softmax(logits: FloatArray) -> FloatArray:
    """Softmax over the last axis, stable for large scores."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: FloatArray = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def stack(predictions: Iterable[Prediction]) -> tuple[FloatArray, FloatArray]:
    """Concatenate predictions over documents: probabilities and holder probabilities."""
    listed = list(predictions)
    return np.concatenate([p.probs for p in listed]), np.concatenate([p.other for p in listed])
