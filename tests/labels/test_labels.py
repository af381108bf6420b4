"""The label files of the project keep their rules, and broken ones are found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from carestance.errors import LabelsError
from carestance.labels.agreement import agreement
from carestance.labels.check import check_labels
from carestance.labels.schema import LabelRow
from carestance.labels.similarity import near_copies
from carestance.labels.stats import diversity, label_counts
from carestance.labels.store import LabelSet, open_sets, read_rows
from carestance.schema import TARGETS


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of the seeds to break."""
    shutil.copytree(root / "labels" / "seeds", tmp_path / "labels" / "seeds")
    return tmp_path / "labels"


def edit(path: Path, line: int, **fields: object) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[line] = json.dumps({**json.loads(lines[line]), **fields}, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_projects_labels_keep_every_rule(root: Path) -> None:
    assert check_labels(root / "labels") == []


def test_agreement_on_the_seeds(seeds: LabelSet) -> None:
    for result in agreement(seeds, n_bootstrap=50):
        assert result.interval[0] <= result.alpha <= result.interval[1] + 1e-9
        assert result.alpha > 0.8
        assert len(result.kappas) == 3


def test_agreement_of_one_annotator_is_refused(copy: Path) -> None:
    for name in ("annotator_b", "annotator_c"):
        (copy / "seeds" / f"{name}.jsonl").unlink()
    with pytest.raises(LabelsError, match="two annotators"):
        agreement(LabelSet(copy / "seeds"))


def test_agreement_falls_when_labels_differ(copy: Path) -> None:
    before = {r.name: r.alpha for r in agreement(LabelSet(copy / "seeds"), n_bootstrap=10)}
    path = copy / "seeds" / "annotator_b.jsonl"
    for line in range(0, 150, 3):
        edit(path, line, trusts="neutral", localism="unrelated", regional_commissioning="unrelated", holder="")
    after = {r.name: r.alpha for r in agreement(LabelSet(copy / "seeds"), n_bootstrap=10)}
    assert after["trusts"] < before["trusts"] - 0.1


@pytest.mark.parametrize(
    ("file", "fields", "message"),
    [
        ("gold.jsonl", {"holder": ""}, "holder rule"),
        ("gold.jsonl", {"localism": "pro"}, "localism"),
        ("units.jsonl", {"start": 1}, "its text is not at 1-"),
        ("units.jsonl", {"id": "other"}, "has no label"),
        ("annotator_a.jsonl", {"trusts": "favour", "holder": "author"}, "no adjudication"),
        ("gold.jsonl", {"surprise": 1}, "Extra inputs"),
    ],
)
def test_broken_rules_are_named(copy: Path, file: str, fields: dict[str, object], message: str) -> None:
    edit(copy / "seeds" / file, 0, **fields)
    problems = check_labels(copy)
    assert any(message in p for p in problems), problems


def test_a_unit_left_out_is_found(copy: Path) -> None:
    path = copy / "seeds" / "annotator_c.jsonl"
    path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[1:]) + "\n", encoding="utf-8")
    assert any("annotator c: unit" in p and "has no label" in p for p in check_labels(copy))


def test_missing_folder_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="--labels"):
        open_sets(tmp_path)


def test_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": "a"\n')
    with pytest.raises(LabelsError, match=r"x\.jsonl, line 1"):
        read_rows(path, LabelRow)


def test_near_copies() -> None:
    sentences = [
        "Councils know their communities better than any distant board could.",
        "The trust will take a year to set up and cost three million pounds.",
        "The trust will take a year to set up and cost four million pounds.",
        "He agreed.",
        "He agreed.",
    ]
    assert [(a, b) for a, b, _ in near_copies(sentences)] == [(1, 2)]


def test_counts_add_up(seeds: LabelSet) -> None:
    body = [row for row in seeds.gold if row.kind == "body"]
    counts = label_counts(seeds)["seeds"]
    assert all(sum(counts[t].values()) == len(body) for t in TARGETS)
    assert sum(c["holder"]["author"] for c in label_counts(seeds, by="article").values()) == counts["holder"]["author"]
    assert diversity(seeds).tokens > 2000
