"""The file of a TF-IDF model: scikit-learn parts as skops, which runs no code and is read by an exact list of types."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from carestance.errors import ModelError
from carestance.models.calibration import Decision
from carestance.models.checks import RESTORE
from carestance.models.protocol import StanceModel
from carestance.schema import HOLDERS, LABELS

TFIDF = "tfidf.skops"
#: The only types outside scikit-learn's plain ones that a TF-IDF model may hold.
TRUSTED_TYPES = (
    "carestance.models.tfidf.TfidfClassifier",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
)


def load_tfidf(folder: Path, targets: Sequence[str], decision: Decision) -> StanceModel:
    """Load the TF-IDF model of a verified folder.

    Raises
    ------
    ModelError
        If the file holds anything but the parts of such a model.
    """
    from sklearn.pipeline import Pipeline

    from carestance.models.tfidf import TfidfClassifier, TfidfModel

    parts = read_skops(folder / TFIDF)
    try:
        classifiers = dict(zip(targets, parts["classifiers"], strict=True))
        kinds = [(parts["features"], Pipeline, 0), (parts["holder"], TfidfClassifier, len(HOLDERS))]
        kinds += [(classifier, TfidfClassifier, len(LABELS)) for classifier in classifiers.values()]
        for part, kind, classes in kinds:
            if not isinstance(part, kind) or (classes and not set(part.classes_.tolist()) <= set(range(classes))):
                raise TypeError(f"{type(part).__name__} is no fitting part")
        return TfidfModel(parts["features"], classifiers, parts["holder"], decision)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        names = ", ".join(targets)
        raise ModelError(f"{folder}: {TFIDF} does not hold the parts of a TF-IDF model for {names}; {RESTORE}") from error


def read_skops(path: Path) -> Any:
    """Load a skops file, refusing every type that is not on the exact list."""
    from sklearn.exceptions import InconsistentVersionWarning

    skops_io = _import_skops()
    try:
        unknown = set(skops_io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES)
        if unknown:
            names = ", ".join(sorted(unknown)[:5])
            raise ModelError(f"{path}: holds types that are not allowed: {names}; only models of 'carestance train' are read")
        with warnings.catch_warnings():
            # Said once, for the whole folder, where it is loaded.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            return skops_io.load(path, trusted=list(TRUSTED_TYPES))
    except ModelError:
        raise
    except Exception as error:  # skops raises whatever its parts raise on damaged input
        raise ModelError(f"{path}: cannot be read ({type(error).__name__}: {str(error)[:200]}); {RESTORE}") from error


def _import_skops() -> Any:
    """Import skops without torch: its import walks all of scikit-learn, which would load torch where it is installed."""
    hidden = "torch" not in sys.modules
    if hidden:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import skops.io
    finally:
        if hidden:
            del sys.modules["torch"]
    return skops.io


def save_tfidf(model: Any, path: Path) -> None:
    """Write a :class:`~carestance.models.tfidf.TfidfModel`'s parts as one skops file."""
    skops_io = _import_skops()
    for classifier in (*model.classifiers.values(), model.holder):
        _shrink(classifier)
    skops_io.dump({"features": model.features, "classifiers": list(model.classifiers.values()), "holder": model.holder}, path)


def _shrink(classifier: Any) -> None:
    """Half the size of the linear weights, whose last digits say nothing."""
    inner = getattr(classifier.model_, "calibrated_classifiers_", None)
    for linear in [c.estimator for c in inner] if inner else [classifier.model_]:
        if linear is not None:
            linear.coef_ = linear.coef_.astype(np.float32)
