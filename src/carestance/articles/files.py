"""Files and folders of articles: one reader a format, chosen by the file's ending."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from carestance.articles.article import Article
from carestance.articles.documents import DOCUMENT_READERS
from carestance.articles.readers import MAX_BYTES, article_from_text, decode
from carestance.errors import ArticleError

#: Endings that are read when a folder is searched.
SUFFIXES = (".txt", ".md", ".text", *DOCUMENT_READERS)


def read_bytes(path: Path) -> bytes:
    """Read a file of sensible size.

    Raises
    ------
    ArticleError
        If it is missing, unreadable, no regular file or too large.
    """
    try:
        if not path.is_file():
            raise ArticleError(f"{path}: {'is not a regular file' if path.exists() else 'does not exist'}")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ArticleError(f"{path}: has {size:,} bytes, more than the {MAX_BYTES:,} an article may have; split it")
        return path.read_bytes()
    except OSError as error:
        raise ArticleError(f"{path}: cannot be read ({error.strerror})") from error


def read_article(path: Path, id: str | None = None) -> Article:
    """Read one article from a file, by the format its ending names; other endings are read as plain text.

    Raises
    ------
    ArticleError
        If the file cannot be read or holds no article.
    MissingExtraError
        If reading the format needs a library that is not installed.
    """
    name = id if id is not None else str(path)
    data = read_bytes(path)
    reader = DOCUMENT_READERS.get(path.suffix.lower())
    return reader(data, name) if reader else article_from_text(decode(data, name), name)


def find_files(folder: Path) -> Iterator[Path]:
    """Article files below a folder, in order of their names; hidden ones and links to folders are left out."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from find_files(path)
        elif path.suffix.lower() in SUFFIXES and not path.is_dir():
            yield path
