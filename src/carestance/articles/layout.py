"""Lines and paragraphs: the first cut of an article's text, with exact offsets.

Saved pages put a paragraph on one line; text from mail or PDF is often wrapped at a fixed column.
Both become a list of :class:`Block`, one a paragraph, heading, list item or piece of debris.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BULLET = re.compile(r"(?:[•●▪■◦‣∙·*–—»>-]|o(?= {2,}))\s+")
_NUMBER = re.compile(r"\(?(?:\d{1,2}|[ivx]{1,4}|[a-h])[.)]\s+(?=\S)")
_TERMINAL = re.compile(r"[.!?…:;](?:[\"'”’)\]]|\[\d+\])*$")
_LINE = re.compile(r"[^\n]+")

#: A wrapped text is told by its share of lines that go on in lower case on the next line.
WRAPPED_SHARE = 0.25
WRAPPED_MIN_PAIRS = 3
WRAPPED_MIN_LENGTH = 45


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph-like stretch of an article.

    Attributes
    ----------
    start, end
        Character offsets into the article's text; bullets and list numbers are left out.
    text
        ``article.text[start:end]``.
    marker
        The bullet or number in front, ``""`` where there is none.
    """

    start: int
    end: int
    text: str
    marker: str = ""

    @property
    def n_words(self) -> int:
        """Number of space-separated words."""
        return len(self.text.split())

    @property
    def terminated(self) -> bool:
        """Whether the block ends as a sentence does."""
        return _TERMINAL.search(self.text) is not None

    @property
    def numbered(self) -> bool:
        """Whether a list number (not a bullet) stands in front."""
        return bool(self.marker) and self.marker[0] in "(0123456789ivxabcdefgh"


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _line_spans(text: str) -> list[list[tuple[int, int]]]:
    """Group non-blank lines: one list a run of lines with no blank line in between."""
    groups: list[list[tuple[int, int]]] = []
    previous_end = -2
    for match in _LINE.finditer(text):
        start, end = _trimmed(text, match.start(), match.end())
        if start == end:
            continue
        if groups and match.start() == previous_end + 1:
            groups[-1].append((start, end))
        else:
            groups.append([(start, end)])
        previous_end = match.end()
    return groups


def _is_wrapped(text: str, groups: list[list[tuple[int, int]]]) -> bool:
    pairs = [(a, b) for group in groups for a, b in zip(group, group[1:], strict=False)]
    going_on = sum(1 for (s, e), (n, _) in pairs if e - s >= WRAPPED_MIN_LENGTH and text[n].islower())
    return going_on >= WRAPPED_MIN_PAIRS and going_on >= WRAPPED_SHARE * len(pairs)


def _joined(text: str, group: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join the lines of one wrapped paragraph; a bullet or a number starts a new one."""
    spans = [group[0]]
    for start, end in group[1:]:
        if _BULLET.match(text, start, end) or _NUMBER.match(text, start, end):
            spans.append((start, end))
        else:
            spans[-1] = (spans[-1][0], end)
    return spans


def split_blocks(text: str) -> list[Block]:
    """Cut a text into blocks.

    Parameters
    ----------
    text
        An article's text with ``\\n`` line ends.

    Returns
    -------
    list of Block
        In reading order, without overlaps; ``text[b.start:b.end] == b.text`` for each.
    """
    groups = _line_spans(text)
    wrapped = _is_wrapped(text, groups)
    blocks = []
    for group in groups:
        for start, end in _joined(text, group) if wrapped else group:
            marker = _BULLET.match(text, start, end) or _NUMBER.match(text, start, end)
            inner = marker.end() if marker else start
            if inner < end:
                blocks.append(Block(inner, end, text[inner:end], marker.group().strip() if marker else ""))
    return blocks
