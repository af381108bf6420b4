"""Golden predictions: a model that answers otherwise than when it was made is found out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import skops.io

from carestance.errors import ModelError
from carestance.models.golden import SENTENCES, check_golden, make_golden
from carestance.models.shipped import find_model, shipped_names
from carestance.models.store import MANIFEST, read_manifest, read_skops, sha256_of
from tests.reliability.conftest import Run


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    made = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    make_golden(made)
    return made


def restamp(folder: Path, **fields: object) -> None:
    path = folder / MANIFEST
    raw = json.loads(path.read_text())
    raw["files"] = {name: sha256_of(folder / name) for name in raw["files"]}
    path.write_text(json.dumps(raw | fields))


def change_golden(folder: Path, **fields: object) -> None:
    path = folder / "golden.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_model_answers_as_when_it_was_made(folder: Path) -> None:
    found = check_golden(folder)
    assert found is not None
    assert found.sentences == len(SENTENCES) == 10
    assert found.difference <= found.tolerance
    assert not list(folder.glob(".golden*"))


def test_folder_without_them_is_no_error(tiny_model: Path) -> None:
    assert check_golden(tiny_model) is None


def test_they_are_no_part_of_the_id(folder: Path, tiny_model: Path) -> None:
    assert read_manifest(folder).id == read_manifest(tiny_model).id


def test_swapped_heads_are_found(folder: Path) -> None:
    parts = read_skops(folder / "tfidf.skops")
    parts["classifiers"].reverse()
    skops.io.dump(parts, folder / "tfidf.skops")
    restamp(folder)
    change_golden(folder, model=read_manifest(folder).id)
    with pytest.raises(ModelError, match="answers differ from the golden predictions.*restore the folder"):
        check_golden(folder)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": "tiny@00000000"}, "made for tiny@00000000.*models golden"),
        ({"protocol": 99}, "by protocol 99"),
        ({"probs": [[[1.0]]]}, "another shape"),
        ({"probs": [[[1.0, 0.5], [0.5]]]}, "another shape"),
        ({"other": []}, "another shape"),
        ({"sentences": []}, "not valid"),
        ({"tolerance": 2}, "not valid"),
        ({"surprise": 1}, "not valid"),
    ],
)
def test_damaged_ones_are_named(folder: Path, fields: dict[str, object], message: str) -> None:
    change_golden(folder, **fields)
    with pytest.raises(ModelError, match=message):
        check_golden(folder)


def test_command_makes_and_checks_them(tiny_model: Path, tmp_path: Path, run: Run) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    assert "no golden predictions" in run("models", "verify", folder).out
    refused = run("models", "verify", folder, "--strict")
    assert refused.code == 1 and "models golden" in refused.err
    assert run("models", "golden", folder, "--tolerance", 7).code == 2
    assert run("models", "golden", folder).out.strip() == str(folder / "golden.json")
    done = run("models", "verify", folder, "--strict")
    assert done.code == 0 and "10 golden predictions within 0.0000" in done.out
    restamp(folder, version="9.8.7")
    lenient, strict = run("models", "verify", folder), run("models", "verify", folder, "--strict")
    assert lenient.code == 0 and lenient.err.count("carestance 9.8.7") == 1
    assert strict.code == 1 and "--strict refuses" in strict.err


def test_shipped_models_answer_as_when_they_were_made() -> None:
    for name in shipped_names():
        found = check_golden(find_model(name))
        assert found is None or found.difference <= found.tolerance
