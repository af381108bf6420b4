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
import tempfile
import warnings
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from carestance.errors import ModelError
from carestance.models.calibration import Decision
from carestance.models.checks import (
    RESTORE,
    VersionSkewWarning,
    check_decision,
    check_graph,
    check_window,
    runtime_versions,
    version_skew,
)
from carestance.models.protocol import StanceModel
from carestance.models.shipped import shipped_folder
from carestance.models.skops_file import TFIDF, load_tfidf
from carestance.models.skops_file import read_skops as read_skops
from carestance.models.skops_file import save_tfidf as save_tfidf
from carestance.schema import LABELS

PROTOCOL = 1
MANIFEST = "manifest.json"
DECISION = "decision.json"
CARD = "README.md"
GOLDEN = "golden.json"
GRAPH = "model.onnx"
#: Files of a folder that its manifest does not list: they are about the model, not of it.
_UNLISTED = frozenset({MANIFEST, CARD, GOLDEN})
_MAX_TEXT = 1_000_000
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


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
    runtime
        Version of the library that runs it, when it was written.
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
    runtime: dict[str, str] = {}

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
        raw = json.loads(read_text(path))
        protocol = raw.get("protocol")
        if protocol != PROTOCOL:
            newer = "update carestance" if isinstance(protocol, int) and protocol > PROTOCOL else "train it anew with 'carestance train'"
            raise ModelError(f"{folder}: made for protocol {protocol}, this version reads {PROTOCOL}; {newer}")
        manifest = Manifest.model_validate(raw)
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path}: not a valid manifest ({str(error).splitlines()[0]}); {RESTORE}") from error
    if manifest.labels != LABELS:
        ordered, expected = ", ".join(manifest.labels), ", ".join(LABELS)
        raise ModelError(f"{folder}: labels are ordered {ordered}, expected {expected}; train it anew with 'carestance train'")
    if not manifest.targets or len(set(manifest.targets)) != len(manifest.targets):
        raise ModelError(f"{folder}: the manifest names no targets, or one twice; {RESTORE}")
    return manifest


def read_text(path: Path) -> str:
    """Read a small text file of a model folder.

    Raises
    ------
    ValueError
        If it is too large for what it should hold, or no UTF-8.
    OSError
        If it cannot be read.
    """
    with path.open(encoding="utf-8") as stream:
        text = stream.read(_MAX_TEXT + 1)
    if len(text) > _MAX_TEXT:
        raise ValueError(f"it has more than {_MAX_TEXT:,} characters")
    return text


def verify(folder: Path) -> Manifest:
    """Check that every file of a folder is the one its manifest names, and that there are no others.

    Raises
    ------
    ModelError
        If a file is missing, damaged, foreign, outside the folder or a symbolic link out of it.
    """
    manifest = read_manifest(folder)
    if DECISION not in manifest.files:
        raise ModelError(f"{folder}: {DECISION} with the thresholds is not in the manifest; {RESTORE}")
    for name, expected in manifest.files.items():
        _check_file(folder, name, expected)
    foreign = sorted(p.name for p in folder.iterdir() if p.name not in _UNLISTED and p.name not in manifest.files and p.name[0] != ".")
    if foreign:
        raise ModelError(f"{folder}: holds {foreign[0]!r}, which the manifest does not list; move it out of the model's folder")
    return manifest


def _check_file(folder: Path, name: str, expected: str) -> None:
    if not _FILE_NAME.fullmatch(name):
        raise ModelError(f"{folder}: the manifest names {name!r}, which is no plain file name; {RESTORE}")
    path = folder / name
    if not path.is_file():
        raise ModelError(f"{path}: missing; {RESTORE}")
    if path.resolve().parent != folder.resolve():
        raise ModelError(f"{path}: leads out of the model folder; copy the file itself there")
    try:
        found = sha256_of(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); {RESTORE}") from error
    if found != expected:
        raise ModelError(f"{path}: damaged or changed (its sha256 is not the manifest's); {RESTORE}")


def read_decision(folder: Path) -> Decision:
    """Read a model's calibration and thresholds."""
    try:
        return Decision.model_validate_json(read_text(folder / DECISION))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / DECISION}: not valid ({str(error).splitlines()[0]}); {RESTORE}") from error


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

    Warns
    -----
    VersionSkewWarning
        If other versions wrote it; the shipped models are tried with every release.
    """
    manifest = verify(folder)
    decision = read_decision(folder)
    check_decision(decision, manifest.targets, folder)
    skew = "" if folder.parent == shipped_folder() else version_skew(manifest)
    if skew:
        warnings.warn(skew, VersionSkewWarning, stacklevel=2)
    part = TFIDF if manifest.kind == "tfidf" else GRAPH
    if part not in manifest.files:
        raise ModelError(f"{folder}: {part} is not in the manifest; {RESTORE}")
    if manifest.kind == "tfidf":
        return load_tfidf(folder, manifest.targets, decision), manifest
    check_window(manifest.options, folder)
    check_graph(folder / GRAPH, manifest.files)
    from carestance.models.onnx import OnnxModel

    return OnnxModel.load(folder, manifest, decision, threads), manifest


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
        """Write thresholds and manifest, then put the folder into place.

        A model that was not calibrated gets temperatures of 1 and thresholds of 0: a folder without them is damaged.
        """
        from carestance import __version__

        decision = Decision(
            temperature={t: decision.temperature.get(t, 1.0) for t in targets},
            bias={t: decision.bias.get(t, (0.0, 0.0, 0.0, 0.0)) for t in targets},
            thresholds={t: {label: decision.threshold(t, label) for label in LABELS} for t in targets},
        )
        (self.staging / DECISION).write_text(decision.model_dump_json(indent=1) + "\n", encoding="utf-8")
        files = {p.name: sha256_of(p) for p in sorted(self.staging.iterdir()) if p.name not in _UNLISTED}
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
            runtime=runtime_versions(kind),
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
