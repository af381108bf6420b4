"""Sentences worth labelling: unsure, unlike each other, the same every time, and in bounded memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from carestance.articles.article import Article
from carestance.cli.app import app
from carestance.errors import OptionError
from carestance.schema import LABELS, TARGETS
from carestance.tagging.predictor import ArticleTags, TaggedUnit, TargetStance
from carestance.tagging.suggest import CandidatePool, suggest, write_suggestions


def stance(first: float, label: str = "favour") -> TargetStance:
    """All but ``first`` goes to a second label: the nearer to a half, the less sure."""
    rest = iter([round(1 - first, 6), 0.0, 0.0])
    return TargetStance(label, label, {name: first if name == label else next(rest) for name in LABELS})


def tags(sentences: Sequence[str], sure: Sequence[float], name: str = "a.txt") -> ArticleTags:
    """An article whose sentences the model is so sure of, on the second target."""
    article = Article(name, "\n\n".join(sentences))
    assert [unit.text for unit in article.units] == list(sentences)
    units = [
        TaggedUnit(unit, {t: stance(value if t == TARGETS[1] else 0.99) for t in TARGETS}, "author", "")
        for unit, value in zip(article.units, sure, strict=True)
    ]
    return ArticleTags(article, tuple(units), "test@1")


SENTENCES = (
    "The trust costs more than the council ever did.",
    "The trust costs more than the council once did.",
    "Regional boards would pool the money for homes.",
    "Nobody doubts that social workers need more time.",
)


def test_least_sure_sentence_comes_first_and_says_why() -> None:
    (best,) = suggest([tags(SENTENCES, [0.9, 0.8, 0.51, 0.95])], 1)
    assert best.text == SENTENCES[2] and best.target == "trusts"
    assert best.reason == "trusts: favour 0.51 or against 0.49"
    assert best.doc == "a.txt" and "\n\n".join(SENTENCES)[best.start : best.end] == best.text


def test_near_copies_do_not_come_together() -> None:
    chosen = suggest([tags(SENTENCES, [0.52, 0.53, 0.60, 0.62])], 3)
    assert [c.text for c in chosen] == [SENTENCES[0], SENTENCES[2], SENTENCES[3]]


def test_repeated_and_short_sentences_are_left_out() -> None:
    first = tags([SENTENCES[0], "He then agreed."], [0.6, 0.5])
    chosen = suggest([first, tags([SENTENCES[0].upper()], [0.5], "b.txt")], 10)
    assert [c.doc for c in chosen] == ["a.txt"]


def test_pool_keeps_the_least_sure_of_any_number() -> None:
    pool = CandidatePool(50)
    for i in range(40):
        pool.add(
            tags([f"Sentence number {i} {j} is about trusts here." for j in range(20)], [0.5 + (20 * i + j) / 2000 for j in range(20)])
        )
        assert len(pool) <= 50
    kept = [c.uncertainty for c in pool.candidates()]
    assert kept == sorted(kept, reverse=True) and kept[0] == 1.0 and kept[-1] == pytest.approx(1 - 49 / 1000, abs=1e-4)


def test_articles_are_not_kept() -> None:
    alive = 0

    class Counted(ArticleTags):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def stream() -> Iterator[ArticleTags]:
        nonlocal alive
        for i in range(30):
            one = tags([SENTENCES[i % 4] + f" Again, number {i} of them all."[:0]], [0.6])
            alive += 1
            assert alive < 5
            yield Counted(one.article, one.units, one.model)

    assert len(suggest(stream(), 10)) == 4


def test_choice_is_the_same_every_time_and_nested() -> None:
    articles = [tags(SENTENCES, [0.6] * 4, f"{i}.txt") for i in range(3)]
    assert suggest(articles, 4) == suggest(articles, 4)
    assert suggest(articles, 4)[:2] == suggest(articles, 2)


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="at least 1"):
        suggest([], 0)
    assert suggest([], 5) == []
    with pytest.raises(OptionError, match=r"\.csv or \.jsonl"):
        write_suggestions([], tmp_path / "out.txt")


def test_csv_runs_no_formula(tmp_path: Path) -> None:
    write_suggestions(suggest([tags(["=SUM(A1) is what they will cost."], [0.6])], 1), tmp_path / "out.csv")
    data = (tmp_path / "out.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and b"'=SUM(A1)" in data


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_command_writes_sentences_of_real_articles(seed_files: list[Path], tiny_model: Path, tmp_path: Path, ending: str) -> None:
    output = tmp_path / f"out.{ending}"
    missing = str(tmp_path / "missing.txt")
    arguments = ["labels", "suggest", *map(str, seed_files), missing, "-n", "7", "-m", str(tiny_model), "-o", str(output)]
    assert CliRunner().invoke(app, arguments).exit_code == 3
    text = output.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines())) if ending == "csv" else [json.loads(line) for line in text.splitlines()]
    assert [int(row["rank"]) for row in rows] == list(range(1, 8))
    for row in rows:
        assert Path(row["doc"]).read_text(encoding="utf-8")[int(row["start"]) : int(row["end"])] == row["text"]
    before = output.read_bytes()
    CliRunner().invoke(app, arguments)
    assert output.read_bytes() == before
