"""Tagged articles of earlier runs, found again by text: what ``--resume`` and repeated texts are served from.

A store is a JSON-lines file of rows with an index of where each article's rows begin. Rows of another model or another version of
carestance are left out of the index, and so are those of a torn record, so that they are made anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from carestance.articles.article import Article
from carestance.tagging.predictor import ArticleTags
from carestance.tagging.rows import Row, restore_tags

_Key = tuple[bytes, str]


def _key(sha256: str, title: str) -> _Key:
    return bytes.fromhex(sha256)[:16], title


class TagStore:
    """Rows in a file, by the text and the title they belong to.

    Parameters
    ----------
    path
        JSON-lines file; made where it is missing.
    model
        Id of the model whose rows count.
    """

    def __init__(self, path: Path, model: str) -> None:
        from carestance import __version__

        self.path = path
        self._model = model
        self._version = __version__
        self._stream: IO[bytes] = path.open("a+b")
        self._index: dict[_Key, int] = {}

    def __len__(self) -> int:
        return len(self._index)

    def scan(self) -> None:
        """Index what the file holds already."""
        self._stream.seek(0)
        offset, last = 0, None
        for line in self._stream:
            key = self._key_of(line)
            if key is not None and key != last:
                self._index[key] = offset
            last = key
            offset += len(line)

    def _key_of(self, line: bytes) -> _Key | None:
        try:
            row = json.loads(line)
            if (row["model"], row["version"]) != (self._model, self._version):
                return None
            return _key(row["doc_sha256"], row["title"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    def get(self, article: Article) -> ArticleTags | None:
        """An article's tags, if it was tagged before in the same way."""
        offset = self._index.get(_key(article.sha256, article.display_title))
        if offset is None:
            return None
        self._stream.seek(offset)
        try:
            rows: list[dict[str, Any]] = [json.loads(self._stream.readline()) for _ in article.units]
            return restore_tags(article, rows)
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    def add(self, rows: Iterable[Row], article: Article | None) -> None:
        """Append rows; those of an article can be found again."""
        lines = b"".join(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n" for row in rows)
        offset = self._stream.seek(0, 2)
        self._stream.write(lines)
        if article is not None:
            self._index.setdefault(_key(article.sha256, article.display_title), offset)

    def absorb(self, rows: Iterable[Row]) -> None:
        """Append the rows of an earlier output."""
        for _, group in groupby(rows, key=lambda row: row["doc"]):
            self.add(group, None)

    def append_file(self, path: Path) -> None:
        """Append another store's file, whose last line may be torn."""
        self._stream.seek(0, 2)
        with path.open("rb") as other:
            for line in other:
                self._stream.write(line if line.endswith(b"\n") else line + b"\n")

    def flush(self) -> None:
        """Hand what was added to the operating system, so that a killed process loses nothing of it."""
        self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
