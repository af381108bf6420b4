"""Model folders: saved and loaded the same, and refused when anything is wrong with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import skops.io

from carestance.errors import ModelError
from carestance.models.protocol import Document
from carestance.models.shipped import find_model, shipped_names
from carestance.models.store import MANIFEST, load_model, read_skops, sha256_of, verify

DOCUMENT = Document("Trusts", ("Ministers want trusts to take over.", "Councils should keep control.", "It rained."))


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def rewrite(folder: Path, **fields: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_prediction_has_a_row_a_sentence(tiny_model: Path) -> None:
    model, manifest = load_model(tiny_model)
    (prediction,) = model.predict([DOCUMENT])
    assert prediction.probs.shape == (3, 3, 4)
    np.testing.assert_allclose(prediction.probs.sum(-1), 1.0)
    assert ((prediction.other >= 0) & (prediction.other <= 1)).all()
    assert manifest.id.startswith("tiny@")


def test_answer_does_not_depend_on_the_other_documents(tiny_model: Path) -> None:
    model, _ = load_model(tiny_model)
    alone = model.predict([DOCUMENT])[0].probs
    together = model.predict([Document("", ()), Document("x", ("Another text.",)), DOCUMENT])[2].probs
    np.testing.assert_allclose(alone, together, atol=1e-9)


def test_damage_is_found(folder: Path) -> None:
    with (folder / "tfidf.skops").open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"XXXX")
    with pytest.raises(ModelError, match=r"tfidf\.skops: damaged or changed"):
        verify(folder)


def test_truncated_file_with_a_fitting_hash_is_refused(folder: Path) -> None:
    path = folder / "tfidf.skops"
    path.write_bytes(path.read_bytes()[:5000])
    files = json.loads((folder / MANIFEST).read_text())["files"]
    rewrite(folder, files={**files, path.name: sha256_of(path)})
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(folder)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"protocol": 99}, "update carestance"),
        ({"protocol": 0}, "train it anew"),
        ({"labels": ["against", "favour", "neutral", "unrelated"]}, "labels are ordered"),
        ({"files": {"../outside": "0" * 64, "decision.json": "0" * 64}}, "no plain file name"),
        ({"files": {}}, "thresholds"),
        ({"kind": "pickle"}, "not a valid manifest"),
    ],
)
def test_wrong_manifests_are_refused(folder: Path, fields: dict[str, object], message: str) -> None:
    rewrite(folder, **fields)
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_missing_file_is_named(folder: Path) -> None:
    (folder / "decision.json").unlink()
    with pytest.raises(ModelError, match=r"decision\.json: missing"):
        verify(folder)


def test_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.skops"
    shutil.move(folder / "tfidf.skops", outside)
    (folder / "tfidf.skops").symlink_to(outside)
    with pytest.raises(ModelError, match="leads out of the model folder"):
        verify(folder)


def test_swapped_parts_are_refused(folder: Path) -> None:
    rewrite(folder, targets=["localism"])
    with pytest.raises(ModelError, match="does not hold the parts"):
        load_model(folder)


def test_types_beyond_the_list_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.skops"
    skops.io.dump({"a": Path("x")}, path)
    with pytest.raises(ModelError, match="not allowed"):
        read_skops(path)


def test_unknown_name_lists_the_shipped_ones() -> None:
    with pytest.raises(ModelError, match="tfidf"):
        find_model("nonesuch")


def test_shipped_models_are_whole() -> None:
    assert "tfidf" in shipped_names()
    for name in shipped_names():
        manifest = verify(find_model(name))
        assert manifest.targets == ("localism", "trusts", "regional_commissioning")
