"""Model folders: saved and loaded the same, and refused when anything is wrong with them."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import skops.io

from carestance.errors import ModelError
from carestance.models import store
from carestance.models.calibration import Decision
from carestance.models.checks import VersionSkewWarning, version_skew
from carestance.models.graph import graph_needs
from carestance.models.protocol import Document
from carestance.models.shipped import find_model, shipped_names
from carestance.models.store import DECISION, MANIFEST, FolderWriter, load_model, read_manifest, read_skops, sha256_of, verify
from carestance.schema import LABELS, TARGETS

DOCUMENT = Document("Trusts", ("Ministers want trusts to take over.", "Councils should keep control.", "It rained."))


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def rewrite(folder: Path, **fields: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def stamp(folder: Path) -> None:
    """Make the manifest fit the files, as somebody would who changed them on purpose."""
    files = json.loads((folder / MANIFEST).read_text())["files"]
    rewrite(folder, files={name: sha256_of(folder / name) for name in files})


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
    stamp(folder)
    with pytest.raises(ModelError, match="cannot be read.*restore the folder"):
        load_model(folder)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"protocol": 99}, "update carestance"),
        ({"protocol": 0}, "train it anew"),
        ({"protocol": None}, "train it anew"),
        ({"protocol": "1"}, "train it anew"),
        ({"labels": ["against", "favour", "neutral", "unrelated"]}, "labels are ordered.*train it anew"),
        ({"files": {"../outside": "0" * 64, "decision.json": "0" * 64}}, "no plain file name.*restore"),
        ({"files": {"/etc/passwd": "0" * 64, "decision.json": "0" * 64}}, "no plain file name"),
        ({"files": {"a\x00b": "0" * 64, "decision.json": "0" * 64}}, "no plain file name"),
        ({"files": {"..": "0" * 64, "decision.json": "0" * 64}}, "no plain file name"),
        ({"files": {}}, "thresholds.*restore"),
        ({"targets": []}, "names no targets"),
        ({"targets": ["localism", "localism", "trusts"]}, "one twice"),
        ({"kind": "pickle"}, "not a valid manifest.*restore"),
        ({"surprise": 1}, "not a valid manifest"),
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


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{", "\xff", "[" * 100_000, '{"protocol": 1}', " " * 1_100_000, '{"protocol": ' + "9" * 5_000 + "}"]
)
def test_manifests_that_are_none(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text, encoding="latin-1")
    with pytest.raises(ModelError, match="not a valid manifest.*restore"):
        load_model(folder)


def test_linked_weights_inside_the_folder_may_not_leave_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    shutil.move(folder / DECISION, tmp_path / "elsewhere" / DECISION)
    (folder / DECISION).symlink_to("../elsewhere/decision.json")
    with pytest.raises(ModelError, match="leads out of the model folder; copy the file"):
        load_model(folder)


def test_pipes_are_no_model_files(folder: Path) -> None:
    (folder / DECISION).unlink()
    os.mkfifo(folder / DECISION)
    with pytest.raises(ModelError, match="missing; restore"):
        load_model(folder)


def test_foreign_files_are_refused(folder: Path) -> None:
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "golden.json").write_text("{}")
    load_model(folder)
    (folder / "helper.py").write_text("print('hello')")
    with pytest.raises(ModelError, match="holds 'helper.py'.*move it out"):
        load_model(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thresholds": {}}, "no thresholds for favour, against, neutral, unrelated of localism"),
        ({"thresholds": {t: {"favour": 0.5} for t in TARGETS}}, "no thresholds for against, neutral, unrelated"),
        ({"temperature": {}}, "no temperature of localism"),
        ({"temperature": dict.fromkeys(TARGETS, 0.0)}, "cannot be used"),
        ({"temperature": dict.fromkeys(TARGETS, -1.0)}, "cannot be used"),
        ({"bias": {"localism": [0, 0, 0, 1e999]}}, "cannot be used|not valid"),
        ({"bias": {"localism": [0]}}, "not valid"),
        ({"more": 1}, "not valid"),
    ],
)
def test_missing_thresholds_are_named(folder: Path, change: dict[str, object], message: str) -> None:
    path = folder / DECISION
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    stamp(folder)
    with pytest.raises(ModelError, match=f"{message}.*restore"):
        load_model(folder)


@pytest.mark.parametrize("part", ["features", "holder", "classifiers"])
def test_parts_of_another_kind_are_refused(folder: Path, part: str) -> None:
    parts = read_skops(folder / "tfidf.skops")
    parts[part] = [parts["features"]] * 3 if part == "classifiers" else parts["classifiers"]
    skops.io.dump(parts, folder / "tfidf.skops")
    stamp(folder)
    with pytest.raises(ModelError, match="does not hold the parts.*restore"):
        load_model(folder)


def test_classes_beyond_the_labels_are_refused(folder: Path) -> None:
    parts = read_skops(folder / "tfidf.skops")
    parts["classifiers"][1].classes_ = parts["classifiers"][1].classes_ + 7
    skops.io.dump(parts, folder / "tfidf.skops")
    stamp(folder)
    with pytest.raises(ModelError, match="does not hold the parts"):
        load_model(folder)


# --- encoders: their graph is read before any runtime sees it


def part(number: int, content: bytes | str) -> bytes:
    """One field of a protocol-buffer message."""
    data = content.encode() if isinstance(content, str) else content
    size, length = b"", len(data)
    while length > 127:
        size, length = size + bytes([length & 127 | 128]), length >> 7
    key = number << 3 | 2
    head = bytes([key]) if key < 128 else bytes([key & 127 | 128, key >> 7])
    return head + size + bytes([length]) + data


def node(operator: str, domain: str = "", attribute: bytes = b"") -> bytes:
    return part(1, part(4, operator) + part(7, domain) + (part(5, attribute) if attribute else b""))


def weights(location: str) -> bytes:
    return part(5, part(13, part(1, "location") + part(2, location)) + b"\x70\x01")


def onnx_folder(tmp_path: Path, graph: bytes, **window: object) -> Path:
    with FolderWriter(tmp_path / "encoder") as folder:
        (folder.staging / "model.onnx").write_bytes(graph)
        (folder.staging / "tokenizer.json").write_text("{}")
        blank = Decision(temperature={}, bias={}, thresholds={})
        options = {"window": {"max_tokens": 128, "context_sentences": 2, "title": True} | window}
        folder.finish(kind="onnx", decision=blank, targets=TARGETS, data_sha256="0" * 64, options=options)
    return tmp_path / "encoder"


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (part(7, node("Add") + node("Run", "com.example")), r"outside the ONNX standard \(com\.example::Run\).*export it"),
        (part(7, node("If", attribute=part(6, node("Run", "com.example")))), "com.example::Run"),
        (
            part(7, node("Call", "own")) + part(25, part(10, "own") + part(7, part(4, "Run") + part(7, "com.example"))),
            r"\(com.example::Run\)",
        ),
        (part(7, weights("../../etc/passwd")), "weights in '../../etc/passwd', which the manifest does not list"),
        (part(7, weights("/etc/passwd")), "weights in '/etc/passwd'"),
        (part(7, node("Const", attribute=part(5, part(13, part(1, "location") + part(2, "w.bin"))))), "weights in 'w.bin'"),
        (part(7, node("Add"))[:-2], "is no ONNX graph.*restore"),
        (b"\xff" * 50, "is no ONNX graph"),
        (b"\x0b", "is no ONNX graph"),
        (part(7, node("Add")), "cannot be loaded"),
        (b"", "cannot be loaded"),
    ],
)
def test_graphs_that_reach_out_are_refused(tmp_path: Path, graph: bytes, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_model(onnx_folder(tmp_path, graph))


@pytest.mark.parametrize("window", [{"max_tokens": 0}, {"max_tokens": 10**9}, {"max_tokens": "many"}, {"context_sentences": -1}])
def test_windows_that_hold_nothing_are_refused(tmp_path: Path, window: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=f"{next(iter(window))}.*restore"):
        load_model(onnx_folder(tmp_path, part(7, node("Add")), **window))


def test_shipped_graphs_need_nothing_from_outside() -> None:
    for name in shipped_names():
        manifest = read_manifest(find_model(name))
        if manifest.kind == "onnx":
            needs = graph_needs((find_model(name) / "model.onnx").read_bytes())
            assert not needs.operators and needs.files <= set(manifest.files)


# --- versions


def test_other_versions_give_one_clear_warning(folder: Path) -> None:
    rewrite(folder, version="9.8.7", runtime={"scikit-learn": "0.1"})
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        load_model(folder)
    (warning,) = seen
    assert warning.category is VersionSkewWarning
    assert (
        "carestance 9.8.7" in str(warning.message)
        and "scikit-learn 0.1" in str(warning.message)
        and "models verify" in str(warning.message)
    )


def test_same_versions_and_patches_give_none(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert list(manifest.runtime) == ["scikit-learn"]
    assert version_skew(manifest) == ""
    from carestance import __version__

    rewrite(folder, version=f"{__version__}.post1")
    assert version_skew(read_manifest(folder)) == ""


def test_uncalibrated_models_say_so_in_numbers(tmp_path: Path) -> None:
    decision = json.loads((onnx_folder(tmp_path, b"") / DECISION).read_text())
    assert decision["thresholds"] == {t: dict.fromkeys(LABELS, 0.0) for t in TARGETS}
    assert decision["temperature"] == dict.fromkeys(TARGETS, 1.0)


def test_old_manifests_without_versions_are_read(folder: Path) -> None:
    path = folder / MANIFEST
    raw = json.loads(path.read_text())
    del raw["runtime"]
    path.write_text(json.dumps(raw))
    assert load_model(folder)[1].runtime == {}
    assert store.PROTOCOL == 1


def test_unknown_name_lists_the_shipped_ones() -> None:
    with pytest.raises(ModelError, match="tfidf"):
        find_model("nonesuch")


def test_shipped_models_are_whole() -> None:
    assert "tfidf" in shipped_names()
    for name in shipped_names():
        manifest = verify(find_model(name))
        assert manifest.targets == ("localism", "trusts", "regional_commissioning")
