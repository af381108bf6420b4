"""An article and the units that get a stance each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from carestance.articles.layout import split_blocks
from carestance.articles.roles import Role, assign_roles
from carestance.articles.sentences import split_sentences

Kind = Literal["heading", "body", "comment"]
_KINDS: dict[Role, Kind] = {Role.TITLE: "heading", Role.HEADING: "heading", Role.BODY: "body", Role.COMMENT: "comment"}


@dataclass(frozen=True, slots=True)
class Unit:
    """One sentence, or one heading, of an article.

    Attributes
    ----------
    index
        Place in the article's list of units, from 0.
    kind
        ``"heading"``, ``"body"`` or ``"comment"``.
    start, end
        Character offsets into :attr:`Article.text`.
    text
        ``article.text[start:end]``.
    """

    index: int
    kind: Kind
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Article:
    """A text to tag, as it was extracted from its source.

    Attributes
    ----------
    id
        Where it comes from: a path, a row's id, or a name the caller gives.
    text
        The extracted text with ``\\n`` line ends. Page furniture stays in it, so that offsets fit the file a
        user saved; no unit covers it.
    title
        The source's title; ``""`` lets the text's own be found.
    metadata
        Further fields of the source (outlet, date, author), carried through to the rows.
    """

    id: str
    text: str
    title: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def sha256(self) -> str:
        """Hash of the extracted text (UTF-8)."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def _segmented(self) -> tuple[str, tuple[Unit, ...]]:
        return segment(self.text)

    @property
    def units(self) -> tuple[Unit, ...]:
        """Headings, sentences of the body and of comments, in reading order."""
        return self._segmented[1]

    @property
    def display_title(self) -> str:
        """The source's title, else the one found in the text, else ``""``."""
        return self.title or self._segmented[0]


def segment(text: str) -> tuple[str, tuple[Unit, ...]]:
    """Find the title and the units of a text.

    Parameters
    ----------
    text
        Extracted text with ``\\n`` line ends.

    Returns
    -------
    title : str
        The title found, ``""`` if none.
    units : tuple of Unit
        In reading order, without overlaps.
    """
    blocks = split_blocks(text)
    title = ""
    units: list[Unit] = []
    for block, role in zip(blocks, assign_roles(blocks), strict=True):
        if role is Role.FURNITURE:
            continue
        if role is Role.TITLE:
            title = " ".join(block.text.split())
        kind = _KINDS[role]
        spans = [(block.start, block.end)] if kind == "heading" else split_sentences(text, block.start, block.end)
        for start, end in spans:
            units.append(Unit(len(units), kind, start, end, text[start:end]))
    return title, tuple(units)
