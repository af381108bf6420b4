"""Saved web pages (.html): the main text in paragraphs, without menus, adverts and readers' comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from carestance.articles.article import Article
from carestance.articles.guards import LONG_WORD, library, reading
from carestance.articles.readers import article_from_text, clean, decode
from carestance.errors import ArticleError

#: Limits of a web page: characters without embedded pictures, elements, levels of them, attributes of one.
MAX_MARKUP = 5_000_000
MAX_ELEMENTS = 20_000
MAX_DEPTH = 100
MAX_ATTRIBUTES = 500
#: Longer scripts are cut out of a page, as are words and attributes of more than :data:`LONG_WORD` characters.
LONG_SCRIPT = 200_000
_PAGE_ADVICE = "save the page again from a browser, or its text as .txt"
_LONG_RUN = re.compile(rf"\s{{3,}}|(?<!\S)\S{{{LONG_WORD},}}")
_EMBEDDED = re.compile(r"data:[\w/+.-]{1,80}(?:;[\w=-]{1,80})*;base64,[A-Za-z0-9+/=]*")
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
_SINGLE_BYTE = re.compile(r"(?:windows-|cp)125[0-8]|iso-8859-(?:[1-9]|1[013-6])|latin-?1|(?:us-)?ascii", re.IGNORECASE)
#: By the web's rules these labels mean Windows-1252.
_WESTERN = re.compile(r"iso-8859-1|latin-?1|(?:us-)?ascii", re.IGNORECASE)
_TITLE_WITHIN = 5


def read_html(data: bytes, id: str) -> Article:
    """Read the main text of a saved web page, without menus, adverts and readers' comments.

    Parameters
    ----------
    data
        The file's bytes.
    id
        The article's name.

    Returns
    -------
    Article
        Paragraphs and headings on lines of their own; ``author``, ``date`` (ISO) and ``outlet`` as metadata where the
        page states them.

    Raises
    ------
    ArticleError
        If the file is no web page, exceeds the limits above, or holds no main text.
    MissingExtraError
        If trafilatura is not installed.
    """
    library("trafilatura", "reading web pages")
    with reading(data, id, "a web page", _PAGE_ADVICE):
        label = _CHARSET.search(data[:4096])
        page = _extract_page(decode_labelled(data, label[1].decode("ascii") if label else "", id), id)
        title = " ".join((page.title or "").split())
        text = _page_text(page.text, title)
    stated = {"author": page.author, "date": page.date, "outlet": page.sitename}
    return article_from_text(text, id, title=title, metadata={key: str(value) for key, value in stated.items() if value})


def decode_labelled(data: bytes, label: str, id: str) -> str:
    """Decode bytes that state their encoding: UTF-8 where they are, else a stated single-byte one, else the likeliest.

    Raises
    ------
    ArticleError
        If the bytes are no text.
    """
    if _SINGLE_BYTE.fullmatch(label) and b"\x00" not in data:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("cp1252" if _WESTERN.fullmatch(label) else label, errors="replace")
    return decode(data, id)


def page_text(markup: str, id: str) -> str:
    """Main text of a page that stands for something else's, such as a message's.

    Raises
    ------
    ArticleError, MissingExtraError
        As :func:`read_html` does.
    """
    return _page_text(_extract_page(markup, id).text, "")


def _extract_page(markup: str, id: str) -> Any:
    """Find main text and metadata: an object with ``text``, ``title``, ``author``, ``date`` and ``sitename``."""
    trafilatura = library("trafilatura", "reading web pages")
    page = trafilatura.bare_extraction(
        _parse_page(markup, id),
        include_comments=False,
        with_metadata=True,
        # Dates are taken from what a page states, never guessed from numbers in its prose.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if page is None or not (page.text or "").strip():
        raise ArticleError(f"{id}: no main text was found in this page; copy the article's text into a .txt file")
    return page


def _parse_page(markup: str, id: str) -> Any:
    """Parse a page once it is known to be of sensible shape."""
    markup = _EMBEDDED.sub("", clean(markup))
    if not markup.strip():
        raise ArticleError(f"{id}: is empty")
    if len(markup) > MAX_MARKUP:
        raise ArticleError(f"{id}: has {len(markup):,} characters of markup, more than the {MAX_MARKUP:,} allowed; {_PAGE_ADVICE}")
    html = library("lxml.html", "reading web pages")
    content = markup.encode("utf-8")
    etree = library("lxml.etree", "reading web pages")
    etree.fromstring(content, parser=etree.HTMLParser(encoding="utf-8", target=_Shape(id)))
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    tree = html.document_fromstring(content, parser=parser)
    for element in tree.iter():
        _cut_long_runs(element)
    return tree


def _cut_long_runs(element: Any) -> None:
    """Cut endless words, gaps, attributes and scripts out of one element of a page."""
    if element.tag in ("script", "style"):
        element.text = element.text if len(element.text or "") <= LONG_SCRIPT else None
    else:
        element.text = _LONG_RUN.sub(" ", element.text) if element.text else None
    element.tail = _LONG_RUN.sub(" ", element.tail) if element.tail else None
    for name, value in element.items():
        if len(value) > LONG_WORD:
            del element.attrib[name]


class _Shape:
    """Watches a page being parsed, without keeping it, and stops at the first limit it breaks.

    The tree's own parser cuts off what lies deeper than 256 levels without a word, and needs time in the square of an
    element's attributes.
    """

    def __init__(self, id: str) -> None:
        self._id = id
        self._elements = self._depth = 0

    def start(self, _tag: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        for count, limit, what in (
            (self._elements, MAX_ELEMENTS, "elements"),
            (self._depth, MAX_DEPTH, "levels of elements inside each other"),
            (len(attributes), MAX_ATTRIBUTES, "attributes on one element"),
        ):
            if count > limit:
                raise ArticleError(f"{self._id}: has more than {limit:,} {what}, as no article's page has; {_PAGE_ADVICE}")

    def end(self, _tag: str) -> None:
        self._depth -= 1

    def data(self, _text: str) -> None:
        """Text is not kept."""

    def close(self) -> None:
        """Nothing is left to hand over."""


def _page_text(extracted: str, title: str) -> str:
    """Paragraphs apart, table cells each on its own, the title in front where the main text leaves it out."""
    paragraphs = list(_page_paragraphs(extracted))
    head = (paragraph.casefold() for paragraph in paragraphs[:_TITLE_WITHIN])
    if title and not any(title.casefold() in paragraph or paragraph in title.casefold() for paragraph in head):
        paragraphs.insert(0, title)
    return "\n\n".join(paragraphs)


def _page_paragraphs(extracted: str) -> Iterator[str]:
    for line in extracted.split("\n"):
        pieces = line.split("|") if line.lstrip().startswith("|") else [line]
        for piece in pieces:
            paragraph = " ".join(piece.split())
            if paragraph.strip("-"):
                yield paragraph
