"""Sentence boundaries in British prose, with exact offsets.

A rule-based splitter in the manner of Kiss & Strunk (2006) and pySBD (Sadvilkar & Neumann, 2020), reduced to
what edited British English needs: titles and abbreviations ("Cllr.", "Rt. Hon.", "No. 10"), initials,
decimals, quotations followed by their speaker, and paragraphs that are never joined.
"""

from __future__ import annotations

import re

# Abbreviations after which a capital usually goes on with the same sentence.
_BEFORE_NAME = frozenset(
    """mr mrs ms messrs dr prof professor rev revd fr sr jr st ste sir cllr clr cllrs coun councillor ald hon rt gen col
    capt lt maj sgt cpl cmdr supt insp det pc dc dci dcs gov pres sen rep vs v cf eg e.g ie i.e viz approx c ca circa
    est fig figs vol vols ch chap sec sect para paras pp p art arts ed eds no nos ref tel ext incl esp inc. al dept jan
    feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun""".split()
)
# Of those, the ones also written in lower case; the others are words then ("where they sat.").
_LOWER_CASE = frozenset("hon vs v cf eg e.g ie i.e viz approx c ca circa incl esp al vol vols ch para paras pp p".split())
# Words that plainly start a sentence: a capital on one of these after an initial or "U.K." is a new sentence.
_STARTERS = frozenset(
    """the a an this that these those it its he she they we i you there here but and so yet however in on at for from as if
    when while although despite since after before under with without our his her their my one some many most all both
    each every no not what why how who where which is are was were do does did can could will would should may might
    must last next now meanwhile instead indeed moreover nor or to by of councils ministers critics""".split()
)
# "no. 10" is a number, "He said no. Ten" is not: a digit has to follow.
_NEEDS_DIGIT = frozenset("no nos p pp para paras fig figs vol vols ch sec art c ca".split())
_SPEECH = (
    "said|says|say|asked|asks|added|adds|argued|argues|claimed|claims|replied|wrote|writes|warned|warns|told|tells|insisted|insists|"
    "explained|explains|noted|concluded|continued|declared|commented|recalled|admitted|wondered|quipped|demanded|cried|laughed|sighed|"
    "complained|responded|went on|put it"
)
_SPEAKER_FOLLOWS = re.compile(
    rf"(?:(?:[A-Z][\w.’'-]*|the|a|one|of|for|and|an|her|his|their)\s+){{1,6}}(?:{_SPEECH})\b|(?:he|she|they|I|we|it|one)\s+(?:{_SPEECH})\b|(?:{_SPEECH})\b"
)
# Each run of stops is tried once and never given back: rows of dots would cost the square of their length.
_CANDIDATE = re.compile(r"(?<![.!?…])(?P<stop>[.!?…]++)(?P<close>[\"'”’)\]»]*+)(?P<notes>(?:\[\d+\])*+)(?=\s)")
_WORD_BEFORE = re.compile(r"[\w.’'&/-]*$")
_OPENERS = "\"'“‘([«"
#: A longer stretch without a boundary is still one sentence; readers are warned by whoever encodes it.
_MAX_LOOKBEHIND = 40


def _next_token(text: str, position: int, end: int) -> tuple[str, bool]:
    """First word after ``position`` with its opening quotes stripped, and whether a quote opened it."""
    while position < end and text[position].isspace():
        position += 1
    quoted = position < end and text[position] in _OPENERS
    while position < end and text[position] in _OPENERS:
        position += 1
    stop = position
    while stop < end and not text[stop].isspace():
        stop += 1
    return text[position:stop], quoted


def _is_abbreviation(word: str, following: str) -> bool:
    bare = word.lower().rstrip(".").lstrip("(\"'“‘")
    if bare in _NEEDS_DIGIT:
        return following[:1].isdigit()
    if bare in _BEFORE_NAME:
        return word.lstrip("(\"'“‘")[:1].isupper() or bare in _LOWER_CASE
    if following.lower().rstrip(",") in _STARTERS:
        return False
    # Initials ("J. K. Smith") and initialisms ("U.K."), but not the pronoun in "than I.".
    parts = bare.split(".")
    return all(len(part) == 1 and part.isalpha() for part in parts) and word[:1].isupper() and bare != "i"


def _is_boundary(text: str, match: re.Match[str], end: int) -> bool:
    following, quoted = _next_token(text, match.end(), end)
    if not following:
        return False
    stop, closed = match["stop"], match["close"]
    first = following[0]
    if not (first.isupper() or first.isdigit() or quoted or first in "£$€•–—"):
        return False
    if stop in (".", "…", "...") and not closed:
        word = _WORD_BEFORE.search(text[max(0, match.start() - _MAX_LOOKBEHIND) : match.start()])
        if stop == "." and word and word.group() and _is_abbreviation(word.group(), following):
            return False
    if closed and closed[0] in "\"'”’" and stop[-1] in "!?…":
        rest = text[match.end() : match.end() + 120].lstrip()
        if _SPEAKER_FOLLOWS.match(rest):
            return False
    return True


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Find the sentences of one paragraph.

    Parameters
    ----------
    text
        The article's text.
    start, end
        The paragraph's character offsets.

    Returns
    -------
    list of (int, int)
        Offsets of each sentence into ``text``, trimmed of white space; together they cover every
        non-space character of the paragraph.
    """
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    begin = start
    for match in _CANDIDATE.finditer(text, start, end):
        if _is_boundary(text, match, end):
            spans.append((begin, match.end()))
            begin = match.end()
    spans.append((begin, end))
    return [trimmed for span in spans if (trimmed := _strip(text, *span)) is not None]


def _strip(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
