"""The predictor: rows keep their contract, however articles arrive."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carestance import Article, StancePredictor
from carestance.errors import ArticleError
from carestance.schema import LABELS, SIDES, TARGETS

KEYS = ["doc", "doc_sha256", "title", "unit", "kind", "start", "end", "text", "stance", "holder", "speaker", "model", "version"]
_PREDICTORS: dict[Path, StancePredictor] = {}


@pytest.fixture(scope="session")
def predictor(tiny_model: Path) -> StancePredictor:
    _PREDICTORS.setdefault(tiny_model, StancePredictor.load(tiny_model))
    return _PREDICTORS[tiny_model]


@pytest.fixture(scope="session")
def article(seed_files: list[Path]) -> Article:
    return Article("seed", seed_files[2].read_text(encoding="utf-8"))


def check_row(row: dict, text: str) -> None:
    assert list(row) == KEYS
    assert text[row["start"] : row["end"]] == row["text"]
    assert list(row["stance"]) == list(TARGETS)
    takes_side = False
    for stance in row["stance"].values():
        probs = stance["probs"]
        assert list(probs) == list(LABELS)
        assert sum(probs.values()) == pytest.approx(1.0, abs=1e-3)
        assert probs[stance["label"]] == max(probs.values())
        assert stance["decision"] in (stance["label"], "abstain")
        takes_side |= stance["decision"] in SIDES
    assert (row["holder"] in ("author", "other")) == takes_side
    assert not row["speaker"] or row["holder"] == "other"


def test_rows_keep_the_contract(predictor: StancePredictor, article: Article) -> None:
    rows = predictor.tag(article).rows
    assert [row["unit"] for row in rows] == list(range(len(rows)))
    for row in rows:
        check_row(row, article.text)
    json.dumps(rows)


def test_batching_does_not_change_rows(predictor: StancePredictor, seed_files: list[Path]) -> None:
    articles = [Article(p.name, p.read_text(encoding="utf-8")) for p in seed_files] * 5
    one_by_one = [predictor.tag(a).rows for a in articles]
    assert [t.rows for t in predictor.tag_many(articles, batch=7)] == one_by_one


def test_order_and_streaming(predictor: StancePredictor) -> None:
    taken: list[int] = []

    def endless():
        for i in range(10**9):
            taken.append(i)
            yield f"Article number {i} says that councils should keep control."

    tags = predictor.tag_many(endless(), batch=4)
    assert [next(tags).article.id for _ in range(5)] == [f"text-{i}" for i in range(5)]
    assert len(taken) == 8


def test_pickled_predictor_gives_the_same(predictor: StancePredictor, article: Article) -> None:
    assert pickle.loads(pickle.dumps(predictor)).tag(article).rows == predictor.tag(article).rows


def test_batch_function(predictor: StancePredictor) -> None:
    batch = predictor({"text": ["Trusts have failed.", "", "It rained."], "outlet": ["a", "b", "c"]})
    assert [len(u) for u in batch["units"]] == [1, 0, 1]
    assert batch["outlet"] == ["a", "b", "c"]
    assert batch["error"][0] == "" and "empty" in batch["error"][1]


def test_works_with_datasets_map(predictor: StancePredictor) -> None:
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"text": ["Councils should decide.", "Ministers want trusts."]})
    mapped = data.map(predictor, batched=True, batch_size=1)
    assert [len(units) for units in mapped["units"]] == [1, 1]


def test_empty_text_is_an_error(predictor: StancePredictor) -> None:
    with pytest.raises(ArticleError, match="empty"):
        predictor.tag("  \n")


@settings(deadline=None, max_examples=60)
@given(text=st.text(min_size=1, max_size=200))
def test_any_text_is_tagged_or_refused(predictor: StancePredictor, text: str) -> None:
    try:
        tags = predictor.tag(text)
    except ArticleError:
        return
    for row in tags.rows:
        check_row(row, tags.article.text)


def test_probabilities_are_not_all_alike(predictor: StancePredictor, article: Article) -> None:
    probs = np.array([[list(s["probs"].values()) for s in row["stance"].values()] for row in predictor.tag(article).rows])
    assert probs.std(axis=0).min() > 0
