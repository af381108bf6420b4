"""Files that cannot be read for reasons outside them: permissions, disks, and changes under way."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from carestance.articles.article import Article
from carestance.articles.files import find_files, read_article, read_bytes
from carestance.articles.limits import limited, limits
from carestance.articles.names import printable, storable
from carestance.articles.readers import MAX_FIELD, MAX_FIELDS, MAX_TITLE, article_from_text
from carestance.errors import ArticleError
from carestance.tagging.sources import Columns, Failure, open_sources
from tests.reliability.conftest import Run

SENTENCE = "Councils should keep control of their services."


def test_unreadable_file_says_why(good: Path, tiny_model: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (good / "locked.txt").write_text(SENTENCE)
    really = os.open

    def refuse(path: object, *rest: int, **more: int) -> int:
        if str(path).endswith("locked.txt"):
            raise PermissionError(13, "Permission denied", str(path))
        return really(path, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "open", refuse)
    done = run("tag", good, "-m", tiny_model)
    assert done.code == 3
    rows = [json.loads(line) for line in done.out.split("\n") if line]
    assert [Path(row["doc"]).name for row in rows] == ["a.txt", "locked.txt", "z.txt"]
    assert "Permission denied" in rows[1]["error"]["message"]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no /proc here")
def test_failing_disk_says_why(good: Path, tiny_model: Path, run: Run) -> None:
    # This file can be opened by its owner, and reading its first page fails.
    (good / "m.txt").symlink_to("/proc/self/mem")
    done = run("tag", good, "-m", tiny_model)
    assert done.code == 3
    assert "m.txt: cannot be read (Input/output error)" in done.err


def test_unsearchable_folder_costs_no_other(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (good / "locked").mkdir()
    really = Path.iterdir

    def refuse(path: Path):
        if path.name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    items = list(open_sources([str(good)], Columns(), io.BytesIO()))
    assert [type(item) for item in items] == [Article, Failure, Article]
    assert "cannot be searched" in items[1].message  # type: ignore[union-attr]


def test_file_that_vanishes_says_so(good: Path) -> None:
    (good / "gone.txt").write_text(SENTENCE)
    items = open_sources([str(good)], Columns(), io.BytesIO())
    first = next(items)
    (good / "gone.txt").unlink()
    second, third = items
    assert isinstance(first, Article) and isinstance(third, Article)
    assert isinstance(second, Failure) and "does not exist" in second.message


def test_file_that_is_swapped_for_a_pipe_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text(SENTENCE)
    before = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(Path, "stat", lambda self, **_: before)
    with pytest.raises(ArticleError, match="pipe, socket or device"):
        read_bytes(path)


def test_file_that_grows_is_read_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    before = path.stat()
    path.write_bytes(b"x" * 5_000)
    monkeypatch.setattr(Path, "stat", lambda self, **_: before)
    with limited(max_bytes=1_000), pytest.raises(ArticleError, match="5,000 bytes, more than the 1,000"):
        read_bytes(path)


def test_names_no_file_can_have(tmp_path: Path) -> None:
    for name in ("a\x00b.txt", "x" * 5_000):
        with pytest.raises(ArticleError, match="cannot be read|does not exist"):
            read_article(tmp_path / name)


def test_folders_in_folders_without_end(tmp_path: Path) -> None:
    folders = [tmp_path / "d"]
    for _ in range(1_200):
        folders[-1].mkdir()
        folders.append(folders[-1] / "d")
    (folders[-2] / "a.txt").write_text(SENTENCE)
    (tmp_path / "z.txt").write_text(SENTENCE)
    assert list(find_files(tmp_path)) == [folders[-2] / "a.txt", tmp_path / "z.txt"]
    # Too deep for those who tidy up.
    (folders[-2] / "a.txt").unlink()
    for folder in reversed(folders[:-1]):
        folder.rmdir()


def test_names_can_be_written_and_printed() -> None:
    assert storable("caf\udce9.txt") == "caf\\xe9.txt"
    assert storable("a\ud800b") == "a\\ud800b"
    assert storable("a\u202etxt.exe") == "a\\u202etxt.exe"
    assert storable("ümlaut\n.txt") == "ümlaut\n.txt"
    assert printable("a\nb\x1b[2J\u202ec\u0085.txt") == "a\\x0ab\\x1b[2J\\u202ec\\x85.txt"


def test_article_cannot_blow_up_its_rows() -> None:
    article = article_from_text(SENTENCE, title="t" * 10_000, metadata={"k" * 10_000: "v\n" * 10_000})
    assert len(article.title) == MAX_TITLE
    ((key, value),) = article.metadata.items()
    assert len(key) == MAX_TITLE and len(value) <= MAX_FIELD and "\n" not in value and value.endswith("…")
    found = article_from_text("a" * 600_000 + "\n\n" + SENTENCE)
    assert len(found.display_title) <= MAX_TITLE
    with pytest.raises(ArticleError, match=f"more than the {MAX_FIELDS}"):
        article_from_text(SENTENCE, metadata={str(i): "x" for i in range(MAX_FIELDS + 1)})


def test_fields_lose_what_no_output_can_hold() -> None:
    article = article_from_text(SENTENCE, "a\udce9", title="a\ud800\x1b[2J\nb", metadata={"x": "\udce9\x00"})
    assert (article.id, article.title, article.metadata) == ("a\\xe9", "a?[2J b", {"x": "?"})


def test_limits_can_be_changed_for_a_while() -> None:
    before = limits()
    with limited(max_characters=10), pytest.raises(ArticleError, match="more than the 10 "):
        article_from_text(SENTENCE)
    with limited(max_units=1), pytest.raises(ArticleError, match="2 sentences, more than the 1 "):
        article_from_text(SENTENCE + " Ministers disagree.")
    with limited(max_characters=3_000_000):
        assert len(article_from_text("word " * 300_000).text) == 1_500_000
    assert limits() == before
