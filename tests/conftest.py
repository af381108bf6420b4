"""Shared fixtures: the project's own labels and models, and a small model trained on the spot."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from carestance.labels.store import LabelSet

# Machines differ: no test asserts a time.
settings.register_profile("carestance", deadline=None)
settings.load_profile("carestance")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def seeds() -> LabelSet:
    return LabelSet(ROOT / "labels" / "seeds")


@pytest.fixture(scope="session")
def seed_files() -> list[Path]:
    return sorted((ROOT / "labels" / "seeds" / "articles").glob("*.txt"))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TF-IDF model of the seeds, trained here, in a folder of its own."""
    from carestance.training.train import train_from_config

    folder = tmp_path_factory.mktemp("model")
    config = folder / "tiny.toml"
    config.write_text('kind = "tfidf"\ntrain_on = ["seeds"]\n')
    train_from_config(config, folder / "tiny", ROOT / "labels")
    return folder / "tiny"
