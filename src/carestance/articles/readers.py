"""From bytes and strings to articles: decoding and cleaning of plain text."""

from __future__ import annotations

import re

from carestance.articles.article import Article
from carestance.errors import ArticleError

#: Larger files are refused: an article is a few kilobytes, a PDF of one some megabytes.
MAX_BYTES = 20_000_000
#: Longest text of one article, in characters: some 150,000 words.
MAX_CHARACTERS = 1_000_000
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
        If it holds no sentence, or is longer than :data:`MAX_CHARACTERS`.
    """
    article = Article(id=id, text=clean(text), title=title, metadata=metadata or {})
    if len(article.text) > MAX_CHARACTERS:
        raise ArticleError(f"{id}: has {len(article.text):,} characters, more than the {MAX_CHARACTERS:,} an article may have; split it")
    if not article.text.strip():
        raise ArticleError(f"{id}: is empty")
    if not article.units:
        raise ArticleError(f"{id}: holds no sentence of an article, only page furniture or symbols")
    return article
