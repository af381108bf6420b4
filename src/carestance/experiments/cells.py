"""Cells: one model on one split with one seed, each with a key that says when it has to be computed again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from carestance.errors import CarestanceError
from carestance.experiments.predictions import write_table
from carestance.experiments.spec import Encoder, ModelSpec, Shipped, Split, Study, read_studies
from carestance.labels.store import LabelSet
from carestance.models.shipped import find_model
from carestance.models.store import read_manifest, sha256_of
from carestance.training.data import gold_hash

#: Raised by one whenever a change of the code changes predictions or scores: every cell is then computed again.
CODE_VERSION = 1
BEHAVIOUR = "behaviour.jsonl"
_KEY_LENGTH = 16
#: Models whose training depends on a seed.
_CHANCE = ("encoder", "pair_encoder")


class CellSkippedError(CarestanceError):
    """A cell cannot be computed here; the message says what is missing."""


@dataclass(frozen=True)
class Project:
    """Where things are.

    Attributes
    ----------
    experiments
        Folder with ``studies/``, ``results/`` and ``behaviour.jsonl``.
    labels
        Folder of the labels.
    outside
        Folder of the outside benchmarks, where the user has it.
    encoders
        Folders of encoders; a cell takes the one whose weights have its hash.
    """

    experiments: Path = Path("experiments")
    labels: Path = Path("labels")
    outside: Path | None = None
    encoders: tuple[Path, ...] = ()

    @property
    def results(self) -> Path:
        """Folder of the results."""
        return self.experiments / "results"

    @cached_property
    def studies(self) -> dict[str, Study]:
        """Studies by name."""
        return read_studies(self.experiments / "studies")

    @cached_property
    def label_sets(self) -> dict[str, LabelSet]:
        """Seeds and authored corpus."""
        return {name: LabelSet(self.labels / name) for name in ("seeds", "authored")}

    @cached_property
    def label_hashes(self) -> dict[str, str]:
        """Hash of each set's gold."""
        return {name: gold_hash([label_set]) for name, label_set in self.label_sets.items()}

    @cached_property
    def fitted(self) -> dict[str, Any]:
        """Trained models by what they were trained on: cells that differ only in their test articles share one."""
        return {}

    def find_encoder(self, sha256: str) -> Path:
        """Folder of the encoder with these weights.

        Raises
        ------
        CellSkippedError
            If none of the folders has them.
        """
        for folder in self.encoders:
            weights = folder / "model.safetensors"
            if weights.is_file() and sha256_of(weights) == sha256:
                return folder
        raise CellSkippedError(f"no --encoder folder holds the weights {sha256[:12]}...")


@dataclass(frozen=True)
class Cell:
    """One model on one split with one seed.

    Attributes
    ----------
    study_name, study
        The study it belongs to.
    model, split, seed
        What is computed; ``split`` is ``None`` where the data have one of their own.
    """

    study_name: str
    study: Study
    model: ModelSpec
    split: Split | None
    seed: int

    @property
    def name(self) -> str:
        """Name of the cell in its study, which is the name of its files."""
        parts = [self.model.name]
        if self.split:
            parts.append(self.split.name)
        if self.model.kind in _CHANCE and len(self.study.seeds) > 1:
            parts.append(f"seed{self.seed}")
        return "--".join(parts)

    @property
    def title(self) -> str:
        """Name with the study's."""
        return f"{self.study_name}/{self.name}"

    def signature(self, project: Project) -> dict[str, Any]:
        """What the predictions depend on."""
        found: dict[str, Any] = {
            "code_version": CODE_VERSION,
            "data": self._data(project),
            "model": self.model.model_dump(mode="json"),
            "split": self.split.model_dump(mode="json") if self.split else None,
            "seed": self.seed,
        }
        if isinstance(self.model, Shipped):
            found["manifest"] = read_manifest(find_model(self.model.name)).id
        if isinstance(self.model, Encoder):
            found["config"] = encoder_config_path(project, self.model).read_text(encoding="utf-8")
        return found

    def _data(self, project: Project) -> dict[str, str]:
        if self.study.data == "articles":
            return {name: project.label_hashes[name] for name in self._label_sets()}
        if self.study.data == "behaviour":
            return {BEHAVIOUR: sha256_of(project.experiments / BEHAVIOUR)}
        return dict(self.study.files)

    def _label_sets(self) -> list[str]:
        split = self.split
        if split is None:
            return []
        train = () if isinstance(self.model, Shipped) else split.train
        used = {"seeds": split.test == "seeds" or "other_seeds" in train, "authored": split.test == "development" or "authored" in train}
        return [name for name, needed in used.items() if needed]

    def key(self, project: Project) -> str:
        """Hash over the signature: the same key means the same predictions."""
        return hashlib.sha256(json.dumps(self.signature(project), sort_keys=True).encode()).hexdigest()[:_KEY_LENGTH]

    def files(self, results: Path) -> tuple[Path, Path]:
        """Its Parquet and JSON files."""
        return results / self.study_name / f"{self.name}.parquet", results / self.study_name / f"{self.name}.json"


def encoder_config_path(project: Project, model: Encoder) -> Path:
    """Training file of an encoder cell, named from the folder above the experiments."""
    return project.experiments.resolve().parent / model.config


def cells(project: Project, names: Sequence[str] = ()) -> Iterator[Cell]:
    """Cells of the named studies, of all where none is named."""
    for name in names or project.studies:
        study = project.studies[name]
        for split in study.splits or (None,):
            for model in study.models:
                # A model without training or chance needs no further seeds.
                for seed in study.seeds if model.kind in _CHANCE else study.seeds[:1]:
                    yield Cell(name, study, model, split, seed)


def read_record(path: Path) -> dict[str, Any] | None:
    """Read a cell's JSON file; ``None`` where there is none or it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def is_finished(cell: Cell, project: Project, results: Path) -> bool:
    """Whether the cell's files are there and were computed from what is there now."""
    table, record = cell.files(results)
    found = read_record(record)
    return found is not None and found.get("key") == cell.key(project) and table.is_file() and sha256_of(table) == found.get("predictions")


def save_cell(cell: Cell, project: Project, results: Path, table: Any, metrics: dict[str, Any]) -> None:
    """Write a cell's files, each wholly or not at all; the JSON file comes last and names the hash of the other."""
    table_path, record_path = cell.files(results)
    table_path.parent.mkdir(parents=True, exist_ok=True)
    partial = table_path.with_name(table_path.name + ".part")
    write_table(table, partial)
    partial.replace(table_path)
    record = {
        "key": cell.key(project),
        "predictions": sha256_of(table_path),
        "signature": {**cell.signature(project), "versions": _versions()},
        "metrics": metrics,
    }
    partial = record_path.with_name(record_path.name + ".part")
    partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    partial.replace(record_path)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("carestance", "numpy", "scikit-learn", "onnxruntime", "tokenizers", "torch", "transformers"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
