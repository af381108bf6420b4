"""From bytes to articles."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carestance.articles.article import Article, segment
from carestance.articles.files import find_files, read_article
from carestance.articles.readers import article_from_text, clean, decode
from carestance.errors import ArticleError

TEXT = "Who runs children’s services?\n\nThe council’s leader said it would cost £3m to set up a trust.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    assert clean(decode(TEXT.encode(encoding), "x.txt")) == TEXT


def test_plain_utf8_is_left_as_it_is() -> None:
    assert clean(TEXT) == TEXT


def test_line_ends_and_control_characters() -> None:
    assert clean("a\r\nb\rc\x00d\x0ce") == "a\nb\ncd\ne"


@pytest.mark.parametrize("text", ["", "   \n\n", "* * *\n---\n"])
def test_nothing_to_tag(text: str) -> None:
    with pytest.raises(ArticleError, match="x.txt"):
        article_from_text(text, "x.txt")


def test_binary_is_refused() -> None:
    with pytest.raises(ArticleError, match="binary"):
        decode(b"\x89PNG\x00\xff\xfe\x00", "x.txt")


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(ArticleError, match="split it"):
        article_from_text("word " * 300_000, "x.txt")


def test_a_hundred_thousand_words_without_a_stop_are_one_unit() -> None:
    assert len(article_from_text("word " * 100_000, "x.txt").units) == 1


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match=r"nowhere\.txt.*does not exist"):
        read_article(tmp_path / "nowhere.txt")


def test_folder_is_walked_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", ".hidden.txt", "notes.xls"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [p.relative_to(tmp_path).as_posix() for p in find_files(tmp_path)] == ["a/z.md", "b.txt"]


@given(st.text(max_size=300))
def test_offsets_point_at_the_units(text: str) -> None:
    cleaned = clean(text)
    article = Article("x", cleaned)
    end = 0
    for i, unit in enumerate(article.units):
        assert unit.index == i
        assert cleaned[unit.start : unit.end] == unit.text
        assert end <= unit.start < unit.end
        end = unit.end


@given(
    st.lists(
        st.sampled_from(["Councils object to the plan, they say.", "Read more", "Share", "Trusts work?", "1. Costs", "• a list item"]),
        max_size=12,
    )
)
def test_segmentation_never_loses_prose(lines: list[str]) -> None:
    _, units = segment("\n\n".join(["A headline for the page", "Prose opens the article and goes on for a while, as it does.", *lines]))
    texts = [u.text for u in units]
    assert len(texts) == len({(u.start, u.end) for u in units})
    assert "Prose opens the article and goes on for a while, as it does." in texts
