"""From a file to articles: decoding, and one reader a format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from carestance.articles.article import Article
from carestance.errors import ArticleError

#: Larger files are refused: an article is a few kilobytes.
MAX_BYTES = 20_000_000
#: Endings read as plain text when a folder is searched.
TEXT_SUFFIXES = (".txt", ".md", ".text")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_BOMS = (
    ("utf-8-sig", b"\xef\xbb\xbf"),
    ("utf-32", b"\xff\xfe\x00\x00"),
    ("utf-32", b"\x00\x00\xfe\xff"),
    ("utf-16", b"\xff\xfe"),
    ("utf-16", b"\xfe\xff"),
)


def decode(data: bytes, source: str) -> str:
    """Decode the bytes of a text file.

    A byte-order mark decides; then UTF-8; then the likeliest encoding by statistics.

    Raises
    ------
    ArticleError
        If the bytes are no text.
    """
    for encoding, mark in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise ArticleError(f"{source}: starts like {encoding} text but is not ({error.reason}); save it again as UTF-8") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if b"\x00" in data:
        raise ArticleError(f"{source}: holds binary data, not text")
    from charset_normalizer import from_bytes

    # Old British pages are Windows-1252: it is tried where statistics see nothing better.
    best = from_bytes(data[:200_000], cp_isolation=["cp1252", "latin_1", "mac_roman", "cp1250"]).best()
    return data.decode(best.encoding if best else "cp1252", errors="replace")


def clean(text: str) -> str:
    """Normalise line ends and drop control characters, form feeds and byte-order marks.

    A plain UTF-8 file with ``\\n`` line ends comes out as it is, so that offsets fit the file.
    """
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\u2028", "\n")
        .replace("\u2029", "\n")
        .replace("\f", "\n")
        .replace("\v", "\n")
    )
    text = _CONTROL.sub("", text).replace("\ufeff", "")
    # A lone surrogate cannot be written as UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8") if any("\ud800" <= c <= "\udfff" for c in text) else text


def article_from_text(text: str, id: str = "text", *, title: str = "", metadata: dict[str, str] | None = None) -> Article:
    """Make an article of a string.

    Raises
    ------
    ArticleError
        If it holds no sentence.
    """
    article = Article(id=id, text=clean(text), title=title, metadata=metadata or {})
    if not article.text.strip():
        raise ArticleError(f"{id}: is empty")
    if not article.units:
        raise ArticleError(f"{id}: holds no sentence of an article, only page furniture or symbols")
    return article


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
    """Read one article from a file of plain text.

    Raises
    ------
    ArticleError
        If the file cannot be read or holds no article.
    """
    name = id if id is not None else str(path)
    return article_from_text(decode(read_bytes(path), name), name)


def find_files(folder: Path) -> Iterator[Path]:
    """Text files below a folder, in order of their names; hidden ones and links to folders are left out."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from find_files(path)
        elif path.suffix.lower() in TEXT_SUFFIXES and not path.is_dir():
            yield path
