"""The baseline: hashed TF-IDF n-grams and a linear support vector machine a target.

Word and character n-grams of the sentence alone; probabilities calibrated on folds of held-out articles (Platt, 1999).
Each label weighs by the inverse square root of its frequency in fit and calibration: sides are rare, and with full
frequencies "unrelated" would swallow them wherever the wording is new. Hashing instead of a vocabulary keeps the saved
model small and quick to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

from carestance.models.calibration import Decision
from carestance.models.protocol import Document, FloatArray, Prediction
from carestance.models.windows import plain
from carestance.schema import HOLDERS, LABELS


def make_features(word_bits: int = 15, char_bits: int = 16) -> Pipeline:
    """TF-IDF features: word 1-2-grams and character 3-4-grams, hashed."""
    hashing: dict[str, Any] = {"alternate_sign": False, "norm": None, "dtype": np.float32}
    return make_pipeline(
        make_union(
            HashingVectorizer(ngram_range=(1, 2), n_features=2**word_bits, token_pattern=r"(?u)\b\w+\b", **hashing),
            HashingVectorizer(analyzer="char_wb", ngram_range=(3, 4), n_features=2**char_bits, **hashing),
        ),
        TfidfTransformer(sublinear_tf=True),
    )


class TfidfClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Scikit-learn classifier of sentences for one target.

    Parameters
    ----------
    C
        Inverse strength of the regularisation.
    folds
        Folds of articles for the calibration; ``0`` leaves the probabilities uncalibrated.
    """

    def __init__(self, C: float = 0.1, folds: int = 5) -> None:
        self.C = C
        self.folds = folds

    def fit(self, X: Any, y: npt.ArrayLike, groups: npt.ArrayLike | None = None) -> Self:
        """Fit on features ``X`` and labels ``y``; ``groups`` names each sentence's article."""
        labels = np.asarray(y)
        self.classes_ = np.unique(labels)
        if len(self.classes_) == 1:
            self.model_ = None
            return self
        folds = self._usable_folds(labels, groups)
        weights = _label_weights(labels)
        if folds < 2:
            # Too few articles to calibrate on: a model that gives probabilities by itself.
            self.model_ = LogisticRegression(C=self.C, max_iter=500).fit(X, labels, sample_weight=weights)
            return self
        splits = list(GroupKFold(folds).split(X, labels, groups)) if groups is not None else folds
        calibrated = CalibratedClassifierCV(LinearSVC(C=self.C), method="sigmoid", cv=splits, ensemble=False)
        self.model_ = calibrated.fit(X, labels, sample_weight=weights)
        return self

    def _usable_folds(self, labels: npt.NDArray[Any], groups: npt.ArrayLike | None) -> int:
        """Every label has to be in every training part; few articles or labels leave no calibration."""
        if groups is None:
            return min(self.folds, int(np.unique(labels, return_counts=True)[1].min()))
        names = np.asarray(groups)
        least = min(len(np.unique(names[labels == c])) for c in self.classes_)
        return min(self.folds, len(np.unique(names))) if least > 2 else 0

    def predict_proba(self, X: Any) -> FloatArray:
        """Probabilities in the order of ``classes_``."""
        if self.model_ is None:
            return np.ones((X.shape[0], 1))
        result: FloatArray = self.model_.predict_proba(X)
        return result

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Most probable class."""
        found: npt.NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return found


def _label_weights(labels: npt.NDArray[Any]) -> FloatArray:
    """Inverse square root of each label's frequency, mean 1."""
    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights: FloatArray = (1 / np.sqrt(counts))[index]
    scaled: FloatArray = weights / weights.mean()
    return scaled


class TfidfModel:
    """TF-IDF features with a classifier a target and one for the holder.

    Parameters
    ----------
    features
        Fitted features.
    classifiers
        Fitted classifiers by target.
    holder
        Fitted classifier of the holder.
    decision
        Calibration and thresholds.
    """

    def __init__(self, features: Pipeline, classifiers: dict[str, TfidfClassifier], holder: TfidfClassifier, decision: Decision) -> None:
        self.features = features
        self.classifiers = classifiers
        self.holder = holder
        self.decision = decision

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets."""
        return tuple(self.classifiers)

    def scores(self, sentences: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """Log-probabilities of shape (sentences, targets, 4) and P(other), shape (sentences,)."""
        if not sentences:
            return np.zeros((0, len(self.classifiers), len(LABELS))), np.zeros(0)
        x = self.features.transform([plain(s) for s in sentences])
        probs = np.full((len(sentences), len(self.classifiers), len(LABELS)), 1e-6)
        for t, classifier in enumerate(self.classifiers.values()):
            probs[:, t, classifier.classes_.astype(int)] = classifier.predict_proba(x)
        other = np.zeros(len(sentences))
        columns = np.flatnonzero(self.holder.classes_ == HOLDERS.index("other"))
        if len(columns):
            other = self.holder.predict_proba(x)[:, columns[0]]
        return np.log(np.clip(probs, 1e-6, 1.0)), other

    def predict(self, documents: Sequence[Document]) -> list[Prediction]:
        """Label each document's units."""
        scores, other = self.scores([s for d in documents for s in d.sentences])
        probs = self.decision.calibrate(scores, self.targets)
        cuts = np.cumsum([len(d.sentences) for d in documents])[:-1]
        return [Prediction(p, o) for p, o in zip(np.split(probs, cuts), np.split(other, cuts), strict=True)]


def train_tfidf(
    sentences: Sequence[str],
    labels: npt.NDArray[np.int_],
    holders: npt.NDArray[np.int_],
    articles: Sequence[str],
    targets: Sequence[str],
    C: float = 0.1,
) -> TfidfModel:
    """Train the baseline.

    Parameters
    ----------
    sentences
        Unit texts.
    labels
        Shape (units, targets): indices into the labels.
    holders
        Shape (units,): index into the holders, ``-1`` where no side is taken.
    articles
        Article of each unit; calibration folds do not cut through articles.
    targets
        Names along the target axis.
    C
        Inverse strength of the regularisation.
    """
    features = make_features()
    x = features.fit_transform([plain(s) for s in sentences])
    groups = np.asarray(articles)
    classifiers = {t: TfidfClassifier(C).fit(x, labels[:, i], groups) for i, t in enumerate(targets)}
    known = holders >= 0
    holder = TfidfClassifier(C).fit(x[known], holders[known], groups[known])
    return TfidfModel(features, classifiers, holder, Decision(temperature={}, bias={}, thresholds={}))
