"""Checks of a model folder beyond its hashes: whatever its files say is taken for a stranger's word."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carestance.errors import ModelError
from carestance.models.calibration import Decision
from carestance.schema import LABELS

if TYPE_CHECKING:
    from carestance.models.store import Manifest

#: What helps where a folder is damaged.
RESTORE = "restore the folder from its source"
#: Longest window an encoder may be given, in tokens.
MAX_WINDOW = 8192
_MIN_WINDOW = 16
_LIBRARIES = {"onnx": "onnxruntime", "tfidf": "scikit-learn"}


class VersionSkewWarning(UserWarning):
    """A model was written by other versions of carestance or of its runtime than these."""


def runtime_versions(kind: str) -> dict[str, str]:
    """Version of the library that runs models of a kind, for their manifests."""
    library = _LIBRARIES[kind]
    return {library: version(library)}


def version_skew(manifest: Manifest) -> str:
    """What differs between the versions that wrote a model and those at hand.

    Returns
    -------
    str
        One message, ``""`` where nothing differs that could matter: another minor version of carestance, or another major one of the
        library that runs the model.
    """
    from carestance import __version__

    found = []
    if manifest.version.split(".")[:2] != __version__.split(".")[:2]:
        found.append(f"carestance {manifest.version} (this is {__version__})")
    for library, written in sorted(manifest.runtime.items()):
        try:
            here = version(library)
        except PackageNotFoundError:
            here = "missing"
        if here.split(".")[0] != written.split(".")[0]:
            found.append(f"{library} {written} (here: {here})")
    if not found:
        return ""
    return f"model {manifest.id} was made with {' and '.join(found)}; its answers may differ: 'carestance models verify' compares them"


def check_decision(decision: Decision, targets: Sequence[str], folder: Path) -> None:
    """Refuse a decision without a threshold for every target and label, or with numbers that mean nothing.

    Raises
    ------
    ModelError
        That names the target.
    """
    for target in targets:
        thresholds = decision.thresholds.get(target, {})
        missing = [label for label in LABELS if label not in thresholds]
        if missing or target not in decision.temperature:
            what = f"thresholds for {', '.join(missing)}" if missing else "temperature"
            raise ModelError(f"{folder}: decision.json has no {what} of {target}, so nothing could abstain; {RESTORE}")
        numbers = [decision.temperature[target], *decision.bias.get(target, ()), *thresholds.values()]
        if not all(map(isfinite, numbers)) or decision.temperature[target] <= 0:
            raise ModelError(f"{folder}: decision.json holds numbers for {target} that cannot be used; {RESTORE}")


def check_window(options: dict[str, Any], folder: Path) -> None:
    """Refuse an encoder's window that could not hold a sentence.

    Raises
    ------
    ModelError
        That names the option.
    """
    window = options.get("window")
    if not isinstance(window, dict):
        raise ModelError(f"{folder}: the manifest does not say how articles are cut into windows; {RESTORE}")
    limits = {"max_tokens": (_MIN_WINDOW, MAX_WINDOW), "context_sentences": (0, MAX_WINDOW)}
    for name, value in window.items():
        low, high = limits.get(name, (0, 1))
        if not isinstance(value, int) or not low <= value <= high:
            raise ModelError(f"{folder}: the manifest's window has {name} = {value!r}, which is not from {low} to {high}; {RESTORE}")


def check_graph(path: Path, listed: dict[str, str]) -> None:
    """Refuse an ONNX graph with operators of its own, or with weights in files that the manifest does not list.

    Raises
    ------
    ModelError
        That names the operator or file.
    """
    from carestance.models.graph import graph_needs

    try:
        needs = graph_needs(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: is no ONNX graph ({error}); {RESTORE}") from error
    if needs.operators:
        names = ", ".join(sorted(needs.operators)[:5])
        raise ModelError(f"{path}: needs operators outside the ONNX standard ({names}), which could run code; export it with standard ones")
    foreign = sorted(needs.files - set(listed))
    if foreign:
        raise ModelError(f"{path}: keeps weights in {foreign[0]!r}, which the manifest does not list; {RESTORE}")
