"""Files and folders of articles: one reader a format, chosen by the file's ending."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carestance.articles.article import Article
from carestance.articles.documents import DOCUMENT_READERS
from carestance.articles.limits import limits
from carestance.articles.names import storable
from carestance.articles.readers import article_from_text, decode
from carestance.errors import ArticleError

#: Endings that are read when a folder is searched.
SUFFIXES = (".txt", ".md", ".text", *DOCUMENT_READERS)
#: Opening a pipe without a writer would otherwise wait for ever.
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)


def require_file(path: Path) -> None:
    """Refuse what is no regular file, before anything waits on it.

    Raises
    ------
    ArticleError
        If it is missing, unreadable, a folder, pipe, socket or device.
    """
    with _named(path) as name:
        _require_regular(path.stat().st_mode, name)


def read_bytes(path: Path) -> bytes:
    """Read a file of sensible size.

    Raises
    ------
    ArticleError
        If it is missing, unreadable, no regular file or too large.
    """
    require_file(path)
    most = limits().max_bytes
    with _named(path) as name:
        with os.fdopen(os.open(path, os.O_RDONLY | _NO_WAITING), "rb") as stream:
            # Asked again of what was opened: the name may stand for another file by now, or the file have grown.
            opened = os.fstat(stream.fileno())
            _require_regular(opened.st_mode, name)
            data = stream.read(most + 1)
        size = max(len(data), opened.st_size)
        if size > most:
            raise ArticleError(f"{name}: has {size:,} bytes, more than the {most:,} an article may have; split it")
        return data


@contextmanager
def _named(path: Path) -> Iterator[str]:
    """The path's name, and errors of the operating system told by it."""
    name = storable(str(path))
    try:
        yield name
    except FileNotFoundError as error:
        raise ArticleError(f"{name}: {'is a link to nowhere' if path.is_symlink() else 'does not exist'}; check the name") from error
    except (OSError, ValueError) as error:  # a name may hold what no file name can
        raise ArticleError(f"{name}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def _require_regular(mode: int, name: str) -> None:
    if stat.S_ISDIR(mode):
        raise ArticleError(f"{name}: is a folder that cannot be searched; check its permissions")
    if not stat.S_ISREG(mode):
        raise ArticleError(f"{name}: is not a regular file but a pipe, socket or device; save its content to a file")


def read_article(path: Path, id: str | None = None) -> Article:
    """Read one article from a file, by the format its ending names; other endings are read as plain text.

    Raises
    ------
    ArticleError
        If the file cannot be read or holds no article.
    MissingExtraError
        If reading the format needs a library that is not installed.
    """
    name = storable(id if id is not None else str(path))
    data = read_bytes(path)
    reader = DOCUMENT_READERS.get(path.suffix.lower())
    return reader(data, name) if reader else article_from_text(decode(data, name), name)


def find_files(folder: Path) -> Iterator[Path]:
    """Article files below a folder, in order of their names; hidden ones and links to folders are left out.

    What cannot be looked at below is given itself, so that reading it says why.

    Raises
    ------
    OSError
        If ``folder`` itself cannot be searched.
    """
    waiting = sorted(folder.iterdir(), reverse=True)
    while waiting:
        path = waiting.pop()
        if path.name.startswith("."):
            continue
        try:
            if path.is_dir():
                waiting.extend([] if path.is_symlink() else sorted(path.iterdir(), reverse=True))
                continue
        except OSError:
            yield path
            continue
        if path.suffix.lower() in SUFFIXES:
            yield path
