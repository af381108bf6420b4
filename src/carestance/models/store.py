"""Model folders: what is in them, how they are written, and how they are loaded safely.

A folder holds data only - no code runs on loading. ``manifest.json`` names every file with its sha256;
scikit-learn parts are skops files loaded by an exact list of types, encoders are ONNX graphs.

Protocol numbers
----------------
``PROTOCOL`` is raised by one whenever a folder written before could be read wrongly by new code, or the other way
round: a change of file layout, of the order of labels, of how text is folded before it is encoded. A new
optional field does not raise it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from carestance.errors import ModelError
from carestance.models.calibration import Decision
from carestance.models.protocol import StanceModel
from carestance.schema import LABELS

PROTOCOL = 1
MANIFEST = "manifest.json"
DECISION = "decision.json"
CARD = "README.md"
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
#: The only types outside scikit-learn's plain ones that a TF-IDF model may hold.
TRUSTED_TYPES = (
    "carestance.models.tfidf.TfidfClassifier",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
)


class Manifest(BaseModel):
    """What a model folder says of itself.

    Attributes
    ----------
    protocol
        Layout version of the folder.
    kind
        ``"tfidf"`` or ``"onnx"``.
    name
        Short name.
    version
        Version of carestance that wrote it.
    labels, targets
        Order of the probability axes.
    data_sha256
        Hash over the gold files it was trained on.
    files
        sha256 of each file by name.
    options
        What the kind needs to know (window length, statements, ...).
    scores
        Headline scores, for listings.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    protocol: int
    kind: Literal["tfidf", "onnx"]
    name: str
    version: str
    labels: tuple[str, ...]
    targets: tuple[str, ...]
    data_sha256: str
    files: dict[str, str]
    options: dict[str, Any] = {}
    scores: dict[str, float] = {}

    @property
    def id(self) -> str:
        """Name and a short hash over all files: the same id means the same weights and thresholds."""
        joined = json.dumps([self.protocol, sorted(self.files.items()), sorted(self.options.items())], sort_keys=True)
        return f"{self.name}@{hashlib.sha256(joined.encode()).hexdigest()[:8]}"


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read and check a folder's manifest.

    Raises
    ------
    ModelError
        If the folder is no model, or one of another protocol or label order.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelError(f"{folder}: no model here ({MANIFEST} is missing); 'carestance models list' shows the shipped ones")
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        protocol = raw.get("protocol")
        if protocol != PROTOCOL:
            newer = "update carestance" if isinstance(protocol, int) and protocol > PROTOCOL else "train it anew with 'carestance train'"
            raise ModelError(f"{folder}: made for protocol {protocol}, this version reads {PROTOCOL}; {newer}")
        manifest = Manifest.model_validate(raw)
    except (OSError, ValueError, AttributeError, ValidationError) as error:
        raise ModelError(f"{path}: not a valid manifest ({str(error).splitlines()[0]}); restore the folder from its source") from error
    if manifest.labels != LABELS:
        raise ModelError(f"{folder}: labels are ordered {', '.join(manifest.labels)}, expected {', '.join(LABELS)}")
    return manifest


def verify(folder: Path) -> Manifest:
    """Check that every file of a folder is the one its manifest names.

    Raises
    ------
    ModelError
        If a file is missing, damaged, outside the folder or a symbolic link out of it.
    """
    manifest = read_manifest(folder)
    if DECISION not in manifest.files:
        raise ModelError(f"{folder}: {DECISION} with the thresholds is not in the manifest; restore the folder from its source")
    root = folder.resolve()
    for name, expected in manifest.files.items():
        if not _FILE_NAME.fullmatch(name):
            raise ModelError(f"{folder}: the manifest names {name!r}, which is no plain file name")
        path = folder / name
        if not path.is_file():
            raise ModelError(f"{path}: missing; restore the folder from its source")
        if path.resolve().parent != root:
            raise ModelError(f"{path}: leads out of the model folder; copy the file itself there")
        if sha256_of(path) != expected:
            raise ModelError(f"{path}: damaged or changed (its sha256 is not the manifest's); restore the folder from its source")
    return manifest


def read_decision(folder: Path) -> Decision:
    """Read a model's calibration and thresholds."""
    try:
        return Decision.model_validate_json((folder / DECISION).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise ModelError(f"{folder / DECISION}: not valid ({str(error).splitlines()[0]})") from error


def load_model(folder: Path, *, threads: int | None = None) -> tuple[StanceModel, Manifest]:
    """Verify and load a model folder.

    Parameters
    ----------
    folder
        The model's folder.
    threads
        Threads of the encoder's runtime; ``None`` for one a core.

    Raises
    ------
    ModelError
        If the folder cannot be trusted or read.
    """
    manifest = verify(folder)
    decision = read_decision(folder)
    if manifest.kind == "tfidf":
        return _load_tfidf(folder, manifest, decision), manifest
    from carestance.models.onnx import OnnxModel

    return OnnxModel.load(folder, manifest, decision, threads), manifest


def _load_tfidf(folder: Path, manifest: Manifest, decision: Decision) -> StanceModel:
    from carestance.models.tfidf import TfidfModel

    parts = read_skops(folder / "tfidf.skops")
    try:
        classifiers = dict(zip(manifest.targets, parts["classifiers"], strict=True))
        return TfidfModel(parts["features"], classifiers, parts["holder"], decision)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder}: tfidf.skops does not hold the parts of a TF-IDF model for {', '.join(manifest.targets)}") from error


def read_skops(path: Path) -> Any:
    """Load a skops file, refusing every type that is not on the exact list."""
    skops_io = _import_skops()
    try:
        unknown = set(skops_io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES)
        if unknown:
            raise ModelError(f"{path}: holds types that are not allowed: {', '.join(sorted(unknown))}")
        return skops_io.load(path, trusted=list(TRUSTED_TYPES))
    except ModelError:
        raise
    except Exception as error:  # skops raises whatever its parts raise on damaged input
        raise ModelError(f"{path}: cannot be read ({type(error).__name__}: {error})") from error


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


class FolderWriter:
    """Writes a model folder wholly or not at all.

    Use as a context manager: files are put into :attr:`staging`; :meth:`finish` writes the manifest and swaps the folder
    into place.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))

    def __enter__(self) -> FolderWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        shutil.rmtree(self.staging, ignore_errors=True)

    def finish(
        self,
        *,
        kind: Literal["tfidf", "onnx"],
        decision: Decision,
        targets: tuple[str, ...],
        data_sha256: str,
        options: dict[str, Any] | None = None,
        scores: dict[str, float] | None = None,
    ) -> Manifest:
        """Write thresholds and manifest, then put the folder into place."""
        from carestance import __version__

        (self.staging / DECISION).write_text(decision.model_dump_json(indent=1) + "\n", encoding="utf-8")
        files = {p.name: sha256_of(p) for p in sorted(self.staging.iterdir()) if p.name != CARD}
        manifest = Manifest(
            protocol=PROTOCOL,
            kind=kind,
            name=self._folder.name,
            version=__version__,
            labels=LABELS,
            targets=targets,
            data_sha256=data_sha256,
            files=files,
            options=options or {},
            scores=scores or {},
        )
        (self.staging / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
        old = self._folder.with_name(f".{self._folder.name}-old")
        shutil.rmtree(old, ignore_errors=True)
        if self._folder.exists():
            self._folder.replace(old)
        self.staging.chmod(0o755)
        self.staging.replace(self._folder)
        shutil.rmtree(old, ignore_errors=True)
        return manifest
