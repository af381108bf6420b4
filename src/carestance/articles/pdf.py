"""PDF files: lines put back into paragraphs, without the page headers and footers that repeat.

A PDF holds no paragraphs, only pieces of text at places on a page. Lines are joined where their distance, size and
punctuation say that one paragraph goes on; a word broken by a hyphen at a line's end is made whole.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from math import hypot, isfinite
from statistics import median
from typing import Any

from carestance.articles.article import Article
from carestance.articles.guards import library, reading, without_long_words
from carestance.articles.readers import article_from_text
from carestance.errors import ArticleError

#: Limits: pages, bytes of one page's drawing instructions, characters of text, seconds for the whole file.
MAX_PAGES = 300
MAX_PAGE_BYTES = 5_000_000
MAX_CHARACTERS = 5_000_000
MAX_SECONDS = 60.0
_ADVICE = "print it to PDF again from a viewer that can open it, or save its text as .txt"
#: A header or footer is one of this many lines at a page's edge, on this share of the pages and on two at least.
EDGE_LINES = 2
REPEATED_SHARE = 0.4
#: On the first page a repeated line of this many words, with no number, may be the title: it stays.
TITLE_WORDS = 4
#: A gap of so many times the usual distance between lines, or a size that differs so much, parts paragraphs.
WIDE_GAP = 1.3
SIZE_STEP = 1.08
#: A terminated line this much shorter than the usual full line ends its paragraph.
SHORT_LINE = 0.8
_TERMINAL = re.compile(r"[.!?…:;][\"'”’)\]]*$")
_ITEM = re.compile(r"(?:[•●▪■◦‣∙·–—*-]|\(?(?:\d{1,2}|[a-h]|[ivx]{1,4})[.)])\s")
_BROKEN = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
_COMPOUND = re.compile(r"[^\W\d_]+[-\u2010][^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page.

    Attributes
    ----------
    text
        Its characters, white space made single.
    top
        Height of its baseline on the page, in points from the foot.
    size
        Size of its letters, in points.
    """

    text: str
    top: float
    size: float


def read_pdf(data: bytes, id: str) -> Article:
    """Read the text of a PDF that holds text; scanned pages would need recognition first.

    Parameters
    ----------
    data
        The file's bytes.
    id
        The article's name.

    Raises
    ------
    ArticleError
        If the file is broken, needs a password, exceeds the limits above, or holds no text.
    MissingExtraError
        If pypdf is not installed.
    """
    pypdf = library("pypdf", "reading PDFs")
    with reading(data, id, "a PDF", _ADVICE):
        reader = pypdf.PdfReader(BytesIO(data))
        # Many PDFs only forbid printing: those open without a password.
        if reader.is_encrypted and not reader.decrypt(""):
            raise ArticleError(f"{id}: needs a password; save a copy without one")
        if (count := len(reader.pages)) > MAX_PAGES:
            raise ArticleError(f"{id}: has {count:,} pages, more than the {MAX_PAGES} an article may have; print the article's pages alone")
        pages = _without_repeats(list(_read_pages(reader, id)))
    if not any(pages):
        raise ArticleError(f"{id}: holds no text, only pictures of pages perhaps; run text recognition (OCR) on it first")
    return article_from_text("\n\n".join(_paragraphs(pages)), id)


def _read_pages(reader: Any, id: str) -> Iterator[list[Line]]:
    deadline = time.monotonic() + MAX_SECONDS
    characters = 0
    for number, page in enumerate(reader.pages, 1):
        contents = page.get_contents()
        if contents is not None and len(contents.get_data()) > MAX_PAGE_BYTES:
            raise ArticleError(f"{id}: page {number} holds more than {MAX_PAGE_BYTES:,} bytes of drawing; leave that page out")
        lines = _read_page(page, deadline, id)
        characters += sum(len(line.text) for line in lines)
        if characters > MAX_CHARACTERS:
            raise ArticleError(f"{id}: holds more than {MAX_CHARACTERS:,} characters of text; print the article's pages alone")
        yield lines


def _read_page(page: Any, deadline: float, id: str) -> list[Line]:
    """Lines of a page in the order they are drawn."""
    pieces: list[tuple[str, float, float]] = []

    def check_time(*_: Any) -> None:
        if time.monotonic() > deadline:
            raise ArticleError(f"{id}: takes longer than {MAX_SECONDS:.0f} seconds to read; {_ADVICE}")

    def keep(text: str, place: Any, matrix: Any, _font: Any, size: float) -> None:
        top = matrix[4] * place[1] + matrix[5] * place[3] + place[5]
        scale = hypot(matrix[2], matrix[3]) * hypot(place[2], place[3])
        pieces.append((text, _finite(top), _finite(abs(size) * scale)))

    check_time()
    page.extract_text(visitor_operand_before=check_time, visitor_text=keep)
    # An error inside a drawn form is swallowed by the library.
    check_time()
    return list(_lines(pieces))


def _finite(value: float) -> float:
    return float(value) if isfinite(value) else 0.0


def _lines(pieces: list[tuple[str, float, float]]) -> Iterator[Line]:
    """Cut drawn pieces at their line breaks; a line stands where its first visible piece does."""
    text, top, size = "", 0.0, 0.0
    for piece, piece_top, piece_size in [*pieces, ("\n", 0.0, 0.0)]:
        for i, part in enumerate(piece.split("\n")):
            if i and (joined := " ".join(without_long_words(text).split())):
                yield Line(joined, top, size)
            text = "" if i else text
            if part.strip() and not text.strip():
                top, size = piece_top, piece_size
            text += part


def _without_repeats(pages: list[list[Line]]) -> list[list[Line]]:
    """Drop lines at the pages' edges that come back from page to page, numbers aside."""
    keys = [{_edge_key(page[i].text) for i in _edges(page)} for page in pages]
    counts = Counter(key for page_keys in keys for key in page_keys)
    least = max(2.0, REPEATED_SHARE * len(pages))
    repeated = {key for key, count in counts.items() if count >= least}
    return [[line for i, line in enumerate(page) if not _is_repeat(page, i, number, repeated)] for number, page in enumerate(pages)]


def _edges(page: list[Line]) -> set[int]:
    return {i for i in range(len(page)) if i < EDGE_LINES or i >= len(page) - EDGE_LINES}


def _edge_key(text: str) -> str:
    return re.sub(r"\d+", "#", text).casefold()


def _is_repeat(page: list[Line], i: int, number: int, repeated: set[str]) -> bool:
    text = page[i].text
    if i not in _edges(page) or _edge_key(text) not in repeated:
        return False
    may_be_title = number == 0 and i < EDGE_LINES and len(text.split()) >= TITLE_WORDS and not any(c.isdigit() for c in text)
    return not may_be_title


def _paragraphs(pages: list[list[Line]]) -> Iterator[str]:
    """Join the lines of each paragraph."""
    lines = [line for page in pages for line in page]
    leading = _usual_leading(lines)
    full = sorted(len(line.text) for line in lines)[int(0.9 * (len(lines) - 1))]
    compounds = {word.casefold() for line in lines for word in _COMPOUND.findall(line.text)}
    pieces: list[str] = []
    for i, line in enumerate(lines):
        if i and _starts_paragraph(lines[i - 1], line, leading, full):
            yield "".join(pieces).rstrip()
            pieces = []
        following = lines[i + 1].text if i + 1 < len(lines) else ""
        pieces.append(_to_join(line.text, following, compounds))
    yield "".join(pieces).rstrip()


def _usual_leading(lines: list[Line]) -> float:
    gaps = [a.top - b.top for a, b in zip(lines, lines[1:], strict=False) if a.top > b.top and a.size == b.size]
    return median(gaps) if gaps else 0.0


def _starts_paragraph(last: Line, line: Line, leading: float, full: int) -> bool:
    goes_on = line.text[0].islower() or _BROKEN.search(last.text) is not None
    if _ITEM.match(line.text):
        return True
    if last.size and line.size and not 1 / SIZE_STEP <= last.size / line.size <= SIZE_STEP:
        return not goes_on
    ended = _TERMINAL.search(last.text) is not None
    gap = last.top - line.top
    if gap < 0:  # a new page or column
        return not goes_on and (ended or len(last.text) < SHORT_LINE * full)
    if leading and gap > WIDE_GAP * leading:
        return not goes_on or ended
    return ended and not goes_on and len(last.text) < SHORT_LINE * full


def _to_join(text: str, following: str, compounds: set[str]) -> str:
    """A line as it goes before the next: a hyphen at its end falls where it only broke a word."""
    broken = _BROKEN.search(text)
    if broken is None or not following[:1].isalpha():
        return f"{text} "
    after = re.match(r"[^\W\d_]+", following)
    whole = f"{broken[1]}-{after[0] if after else ''}".casefold()
    is_compound = text[-1] != "\u00ad" and (following[0].isupper() or whole in compounds)
    return text if is_compound else text[:-1]
