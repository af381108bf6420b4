"""Properties that hold for any bytes and any text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from carestance import Article, StancePredictor
from carestance.articles.article import segment
from carestance.articles.documents import DOCUMENT_READERS
from carestance.articles.names import printable, storable
from carestance.articles.readers import article_from_text, clean, decode
from carestance.articles.sentences import split_sentences
from carestance.cells import plain_cell, safe_cell
from carestance.errors import ArticleError, CarestanceError
from carestance.tagging.rows import read_rows
from tests.articles.test_documents import PAGE, PAGES, make_pdf
from tests.reliability.conftest import Run

#: Characters that mean something to the segmenter, to HTML, to CSV, to JSON or to a terminal.
TRICKY = st.sampled_from(
    list(".!?…\"'“”‘’)]»([«•-–—*=+@|<>&;:,£0123 \n\t\r\x00\x0b\x0c\x1b\x1c\x85\xa0\xad\u2028\u202e\u200f\ufeff\ud800\udce9ÀßéA a b")
)
TEXTS = st.text(st.characters() | TRICKY, max_size=300) | st.lists(
    st.sampled_from(
        ["Councils object.", "Mr. A. Smith said", "Read more", "No. 10", "\n\n", "\n", " ", "...", "“It is.”", "• item", "Comments (3)"]
    ),
    max_size=40,
).map("".join)


@given(TEXTS)
@example("Councils should " + "!?" * 50_000 + "x.")
@example("a.[1].[" + "2" * 50_000)
def test_sentences_lose_and_double_nothing(text: str) -> None:
    spans = split_sentences(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(a < b for a, b in spans) and all(x[1] <= y[0] for x, y in zip(spans, spans[1:], strict=False))


@given(TEXTS)
def test_units_are_where_they_say_and_apart(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    title, units = segment(cleaned)
    assert [u.index for u in units] == list(range(len(units)))
    assert all(cleaned[u.start : u.end] == u.text for u in units)
    assert all(a.end <= b.start for a, b in zip(units, units[1:], strict=False))
    assert not title or title in {" ".join(u.text.split()) for u in units}


@given(st.binary(max_size=400) | TEXTS.map(lambda t: t.encode("utf-16-le", "surrogatepass")))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        decoded = decode(data, "x")
    except ArticleError as error:
        assert str(error).startswith("x: ")
        return
    clean(decoded).encode("utf-8")


@given(
    st.text(st.characters().filter(lambda c: c not in "\x00\ufeff"), min_size=1, max_size=80),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_encodings_that_say_what_they_are_come_back(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "x") == text


@given(st.text())
def test_names_are_made_fit(name: str) -> None:
    storable(name).encode("utf-8")
    shown = printable(name)
    assert shown.isprintable() or not any(c in shown for c in "\n\r\x1b\x85\u2028\u202e")
    assert storable(storable(name)) == storable(name)


@settings(max_examples=30)
@given(data=st.data())
@pytest.mark.parametrize("suffix", sorted(DOCUMENT_READERS))
def test_damaged_documents_are_articles_or_errors(suffix: str, data: st.DataObject) -> None:
    whole = {".pdf": make_pdf(PAGES), ".html": PAGE.encode(), ".htm": PAGE.encode()}.get(
        suffix, b"Subject: x\nFrom: a@b.c\n\nText of it.\n"
    )
    damage = data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.binary(max_size=6)), max_size=6))
    for place, piece in damage:
        whole = whole[:place] + piece + whole[place + len(piece) :]
    try:
        article = DOCUMENT_READERS[suffix](whole, "x")
    except CarestanceError as error:
        assert str(error)
        return
    assert all(article.text[u.start : u.end] == u.text for u in article.units)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(max_size=300), min_size=7, max_size=7))
@example(contents=[b"\xff\xfe\x00", b"<", b"PK\x03\x04", b"%PDF-", b"\x00", b'a,"b\n', b'{"text":\xff\n{}'])
@example(
    contents=[
        b"A\x85b says so.",
        b"<p>x",
        b"PK",
        b"%PDF-1.4 trailer<</Root 1 0 R>>",
        b"From: \n\n=",
        b"text\n\xff",
        b'{"text":"\\ud800 it is."}',
    ]
)
def test_command_never_breaks_on_any_bytes(contents: list[bytes], tmp_path: Path, tiny_model: Path, run: Run) -> None:
    endings = ("txt", "html", "docx", "pdf", "eml", "csv", "jsonl")
    paths = [tmp_path / f"x.{ending}" for ending in endings]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    good = tmp_path / "good.txt"
    good.write_text("Councils should decide on their own services.")
    done = run("tag", *paths, good, "-m", tiny_model)
    assert done.code in (0, 3)
    rows = [json.loads(line) for line in done.out.split("\n") if line]
    assert {str(path) for path in [*paths, good]} <= {row["doc"].split("#")[0] for row in rows}
    assert all(("error" in row) != ("stance" in row) for row in rows)


@given(st.text())
@example("=1+1")
@example("'=x")
@example("''@x")
@example("\tx")
def test_cells_are_no_formulas_and_come_back(text: str) -> None:
    cell = safe_cell(text)
    assert not cell or cell[0] not in "=+-@\t\r"
    assert plain_cell(cell) == text


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
@example(texts=["=HYPERLINK(1) is what they say.", "+1 says the council.", "-2 is less, they say.", "@all: it is so."])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_rows_of_any_text_come_back(texts: list[str], ending: str, tmp_path: Path, tiny_model: Path, run: Run) -> None:
    table = tmp_path / "in.jsonl"
    lines = [json.dumps({"id": f"={i}", "text": text, "title": text[:30], "note": text}) for i, text in enumerate(texts)]
    table.write_text("\n".join(lines))
    output = tmp_path / f"out.{ending}"
    run("tag", table, "-m", tiny_model, "-o", output, "-q")
    expected = []
    for i, text in enumerate(texts):
        try:
            article = article_from_text(text, title=text[:30])
        except ArticleError:
            continue
        expected += [(f"{table}#={i}", u.start, u.end, u.text) for u in article.units]
    rows = [row for row in read_rows(output) if "error" not in row]
    assert [(row["doc"], row["start"], row["end"], row["text"]) for row in rows] == expected
    assert len({row["doc"] for row in read_rows(output)}) == len(texts)


@pytest.fixture(scope="module")
def predictor(tiny_model: Path) -> StancePredictor:
    return StancePredictor.load(tiny_model)


@settings(max_examples=15)
@given(order=st.permutations(range(8)), batch=st.integers(1, 9))
def test_batch_and_order_change_nothing(predictor: StancePredictor, order: list[int], batch: int) -> None:
    articles = [Article(str(i), f"Councils should run service {i}. {'Ministers disagree. ' * i}It rained.") for i in range(8)]
    alone = {a.id: predictor.tag(a) for a in articles}
    for tags in predictor.tag_many([articles[i] for i in order], batch=batch):
        for found, expected in zip(tags.units, alone[tags.article.id].units, strict=True):
            for target, stance in found.stance.items():
                assert (stance.label, stance.decision) == (expected.stance[target].label, expected.stance[target].decision)
                np.testing.assert_allclose(list(stance.probs.values()), list(expected.stance[target].probs.values()), atol=1e-4)


def test_csv_of_hostile_cells_is_safe_in_every_column(tmp_path: Path, tiny_model: Path, run: Run) -> None:
    openers = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "'=1", "|x"]
    lines = [{"id": o, "title": o + " title", "text": f"{o} is what the council wrote in its reply.", "note": o} for o in openers]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)))
    output, summary = tmp_path / "out.csv", tmp_path / "summary.csv"
    assert run("tag", tmp_path / "in.jsonl", "-m", tiny_model, "-o", output, "--summary", summary, "-q").code == 0
    for path in (output, summary):
        table = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
        figures = {i for i, name in enumerate(table[0]) if name.startswith(("p_", "author", "others"))}
        assert not [cell for row in table for i, cell in enumerate(row) if cell[:1] in {*"=+-@\t\r"} - {""} and i not in figures]
    texts = [row["text"] for row in read_rows(output)]
    assert texts == [article_from_text(line["text"]).units[0].text for line in lines]
