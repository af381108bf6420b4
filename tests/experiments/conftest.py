"""A small experiments folder with studies that take a second, on the project's own seeds."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from carestance.experiments.cells import Project, cells
from carestance.experiments.runner import run

STUDY = """
title = "Seeds alone"
question = "How far?"
baseline = "majority"

[[splits]]
name = "seeds"
train = ["other_seeds"]
test = "seeds"

[[models]]
kind = "majority"

[[models]]
kind = "tfidf"
ngrams = "word"
folds = 0
C = 10.0

[[models]]
kind = "encoder"
name = "absent"
config = "absent.toml"

[tolerance]
score = 0.001
labels = 0.0

[quick]
cells = ["majority--seeds", "tfidf--seeds"]
articles = 2
"""
CONFIG = 'kind = "encoder"\n[encoder]\nencoder = "none"\nsha256 = "00"\n'


def make_project(folder: Path, root: Path) -> Project:
    (folder / "experiments" / "studies").mkdir(parents=True)
    (folder / "experiments" / "studies" / "small.toml").write_text(STUDY)
    (folder / "absent.toml").write_text(CONFIG)
    return Project(folder / "experiments", root / "labels")


@pytest.fixture
def empty_project(tmp_path: Path, root: Path) -> Project:
    """Nothing run yet."""
    return make_project(tmp_path, root)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A folder in which everything was run that can be."""
    folder = tmp_path_factory.mktemp("finished")
    project = make_project(folder, root)
    run(project, cells(project), lambda report: None)
    return folder


@pytest.fixture
def project(finished: Path, tmp_path: Path, root: Path) -> Project:
    """A copy of it."""
    copytree(finished, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path / "experiments", root / "labels")
