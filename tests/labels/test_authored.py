"""The authored corpus: size, coverage and splits that training and evaluation rest on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from carestance.articles.article import segment
from carestance.labels.agreement import agreement
from carestance.labels.schema import AuthoredGoldRow
from carestance.labels.similarity import THRESHOLD, near_copies
from carestance.labels.store import LabelSet
from carestance.schema import TARGETS


@pytest.fixture(scope="module")
def authored(root: Path) -> LabelSet:
    return LabelSet(root / "labels" / "authored")


@pytest.fixture(scope="module")
def gold(authored: LabelSet) -> list[AuthoredGoldRow]:
    return [row for row in authored.gold if isinstance(row, AuthoredGoldRow)]


def test_size_and_coverage(gold: list[AuthoredGoldRow]) -> None:
    body = [row for row in gold if row.kind == "body"]
    assert len(body) >= 9000
    assert len({row.article for row in body}) >= 650
    for target in TARGETS:
        counts = Counter(row.label(target) for row in body)
        assert min(counts.values()) >= 300, counts
        assert 0.5 <= counts["unrelated"] / len(body) <= 0.8


def test_no_writer_or_article_in_two_splits(gold: list[AuthoredGoldRow]) -> None:
    for key in ("writer", "article"):
        splits: dict[str, set[str]] = {}
        for row in gold:
            splits.setdefault(getattr(row, key), set()).add(row.split)
        assert all(len(found) == 1 for found in splits.values())


def test_no_near_copies_of_seeds_or_of_one_another(authored: LabelSet, seeds: LabelSet) -> None:
    texts = [unit.text for unit in (*seeds.units, *authored.units)]
    found = [pair for pair in near_copies(texts) if pair[1] >= len(seeds.units)]
    assert found == [], f"near copies at threshold {THRESHOLD}"


def test_agreement_is_high_enough_to_learn_from(authored: LabelSet) -> None:
    for result in agreement(authored, n_bootstrap=10):
        assert result.alpha > 0.75, result


def test_segmenter_finds_the_sentences_writers_wrote(authored: LabelSet) -> None:
    """Texts laid out in paragraphs: at least 98% of the body sentences are found again whole, at their place."""
    wanted = {(u.article, u.start, u.end) for u in authored.units if u.kind == "body"}
    found = {(name, u.start, u.end) for name, text in authored.texts.items() for u in segment(text)[1] if u.kind == "body"}
    assert len(wanted & found) / len(wanted) >= 0.98


@pytest.mark.parametrize(("name", "split"), [("seeds", "test"), ("authored", "gold")])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_loads_with_datasets(root: Path, tmp_path: Path, name: str, split: str) -> None:
    datasets = pytest.importorskip("datasets")
    data = datasets.load_dataset(str(root / "labels"), name, cache_dir=str(tmp_path))[split]
    assert {"id", "text", "start", *TARGETS, "holder"} <= set(data.column_names)
    assert data.features["start"].dtype == "int64"
    assert len(data) == len(LabelSet(root / "labels" / name).gold)
