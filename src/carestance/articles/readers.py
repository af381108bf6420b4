"""From bytes and strings to articles: decoding and cleaning of plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from carestance.articles.article import Article
from carestance.articles.limits import limits
from carestance.articles.names import storable
from carestance.errors import ArticleError

#: Longest title and longest other field, in characters: they stand in every row, so longer ones are cut. Most fields.
MAX_TITLE = 500
MAX_FIELD = 2_000
MAX_FIELDS = 200
# Control characters, byte-order marks, and orders to turn the direction of what follows, which no English text needs.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff\u202a-\u202e\u2066-\u2069]")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# A lone surrogate cannot be written as UTF-8.
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOMS = (
    ("utf-8-sig", b"\xef\xbb\xbf"),
    ("utf-32", b"\xff\xfe\x00\x00"),
    ("utf-32", b"\x00\x00\xfe\xff"),
    ("utf-16", b"\xff\xfe"),
    ("utf-16", b"\xfe\xff"),
)
#: Bytes above ASCII that English text in Windows-1252 has: quotes, dashes, pound and euro, fractions, accented letters.
_WESTERN = frozenset(
    [
        0x80,
        0x85,
        *range(0x91, 0x98),
        0x99,
        0xA0,
        0xA3,
        0xA7,
        0xA9,
        0xAB,
        0xAD,
        0xAE,
        0xB0,
        0xB7,
        *range(0xBB, 0xBF),
        0xC9,
        *range(0xE0, 0x100),
    ]
)
#: English UTF-16 has a zero in nearly every second byte; one text in that order has this share of them or more.
_UTF16_ZEROS = 0.7


def decode(data: bytes, source: str) -> str:
    """Decode the bytes of a text file.

    A byte-order mark decides; then the zeros of unmarked UTF-16; then UTF-8; then the likeliest encoding by statistics.

    Raises
    ------
    ArticleError
        If the bytes are no text.
    """
    marked = next((encoding for encoding, mark in _BOMS if data.startswith(mark)), None)
    stated = marked or _unmarked_utf16(data)
    if stated:
        try:
            return data.decode(stated)
        except UnicodeDecodeError as error:
            raise ArticleError(f"{source}: starts like {stated} text but is not ({error.reason}); save it again as UTF-8") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if b"\x00" in data:
        raise ArticleError(f"{source}: holds binary data, not text; save the article's text as UTF-8")
    # Old British pages are Windows-1252: statistics are asked only where a byte is none of its usual ones.
    if {byte for byte in set(data) if byte >= 0x80} <= _WESTERN:
        return data.decode("cp1252")
    from charset_normalizer import from_bytes

    best = from_bytes(data[:200_000], cp_isolation=["cp1252", "latin_1", "mac_roman", "cp1250"]).best()
    return data.decode(best.encoding if best else "cp1252", errors="replace")


def _unmarked_utf16(data: bytes) -> str | None:
    """Byte order of UTF-16 without its mark, told by where its zeros stand."""
    head = data[:4096]
    if len(data) % 2 or head.count(0) < 2:
        return None
    for encoding, zeros, letters in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if zeros.count(0) >= _UTF16_ZEROS * len(zeros) and not letters.count(0):
            return encoding
    return None


def clean(text: str) -> str:
    """Normalise line ends and drop control characters, byte-order marks and overrides of direction.

    A plain UTF-8 file with ``\\n`` line ends comes out as it is, so that offsets fit the file.
    """
    return _SURROGATE.sub("?", _CONTROL.sub("", _LINE_END.sub("\n", text)))


def article_from_text(text: str, id: str = "text", *, title: str = "", metadata: Mapping[str, str] | None = None) -> Article:
    """Make an article of a string.

    Parameters
    ----------
    text
        The article's text.
    id
        Its name.
    title
        Its title where the source states one; cut after :data:`MAX_TITLE` characters.
    metadata
        Further fields; each is cut after :data:`MAX_FIELD` characters.

    Raises
    ------
    ArticleError
        If it holds no sentence, exceeds the limits in force (:mod:`carestance.articles.limits`), or has more than
        :data:`MAX_FIELDS` fields.
    """
    id, text = storable(id), clean(text)
    if len(text) > (most := limits().max_characters):
        raise ArticleError(f"{id}: has {len(text):,} characters, more than the {most:,} an article may have; split it")
    if not text.strip():
        raise ArticleError(f"{id}: is empty")
    if metadata and len(metadata) > MAX_FIELDS:
        raise ArticleError(f"{id}: has {len(metadata):,} columns, more than the {MAX_FIELDS} that are carried through; drop some")
    fields = {_field(key, MAX_TITLE): _field(value, MAX_FIELD) for key, value in (metadata or {}).items()}
    article = Article(id=id, text=text, title=_field(title, MAX_TITLE), metadata=fields)
    if not article.units:
        raise ArticleError(f"{id}: holds no sentence of an article, only page furniture or symbols")
    if len(article.units) > (most := limits().max_units):
        raise ArticleError(f"{id}: has {len(article.units):,} sentences, more than the {most:,} an article may have; split it")
    return article


def _field(value: str, longest: int) -> str:
    """One field on one line, cut where it is endless."""
    line = " ".join(clean(value[: 2 * longest]).split())
    return line if len(line) <= longest and len(value) <= 2 * longest else line[: longest - 1] + "…"
