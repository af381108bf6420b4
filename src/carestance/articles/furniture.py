"""What a saved page holds besides its article: patterns of page furniture, by what they are for.

The patterns name the *function* of a line (cookie notice, sign-in form, share bar, teaser link, legal line), in the
wordings that British news sites, trade magazines, councils and blogs use. Whole sentences of prose are
only ever matched by phrases that no article uses of its own subject.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

_I = re.IGNORECASE
_PATTERNS: dict[str, list[str]] = tomllib.loads(files("carestance.articles").joinpath("furniture.toml").read_text(encoding="utf-8"))


def _any_of(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS[name]), _I)


# A line that is one of these and nothing else (after bullets and end punctuation are dropped).
_UI_LINE = _any_of("lines")

# Anywhere in a line or sentence: phrases of the page about itself.
_PAGE_PHRASES = _any_of("phrases")

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)"
_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH},?(?: \d{{4}})?|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|"
    rf"\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}|\d{{4}}-\d\d-\d\d|{_MONTH} \d{{4}})"
)
_DATE_LINE = re.compile(
    rf"(?:(?:published|posted|updated|last updated|first published|date) ?:? ?(?:on )?)?(?:{_DAY},? )?{_DATE}"
    r"(?:.{0,40}\d{1,2}[:.]\d\d.{0,25})?(?:\s*[|•·-]\s*.{0,60})?",
    _I,
)
_TITLE = r"(?:Sir|Dame|Dr|Lord|Lady|Baroness|Cllr|Prof(?:essor)?|Rev|Mr|Mrs|Ms)\.?\s+"
_NAME = rf"(?:{_TITLE})?[A-Z][\w’'-]+(?:\s+(?:[A-Z]\.?|de|van|Mac|Mc|O[’'])){{0,2}}(?:\s+[A-Z][\w’'-]+){{1,2}}"
_DESK = r"(?:.{0,30}(?:editor|reporter|correspondent|writer|staff|desk|columnist|chief|service|\b(?:PA|LDRS)\b).{0,30})"
_BY = r"(?:by|words|written by|posted by|author|story by|interview by)"
_BYLINE = re.compile(rf"(?:{_BY}|from):?\s+.{{2,80}}|{_NAME}(?:\s+and\s+{_NAME})?(?:,?\s+{_DESK})?|{_DESK}", re.ASCII)
_BY_WORD = re.compile(rf"{_BY}\b", _I)
_JOB = (
    r"(?i:chair(?:man|woman)?|director|professor|lecturer|reader in|chief executive|editor|cabinet member|lead member|leader of|"
    r"minister|researcher|fellow|author|journalist|writer|columnist|consultant|barrister|solicitor|social worker|president|secretary|"
    r"mp for|peer|founder|head of|policy (?:officer|adviser|analyst)|commissioner|trustee|spokes\w+)"
)
_AUTHOR_NOTE = re.compile(
    rf"(?:{_NAME}|[Tt]he (?:author|writer)|He|She)\s+(?:is|was|works as|has been)\s+"
    rf"(?:(?:an?|the|currently|now|also|former|emeritus)\s+)*.{{0,60}}\b{_JOB}\b"
)
_CONTACT = re.compile(
    r"(?:\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}\b|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{2,64}|\b(?:tel|telephone|phone|fax)\b[.:]?\s*\+?[\d(]|^(?:https?://|www\.)\S+$|^\+?[\d\s()-]{9,}$)",
    re.I,
)
_SOCIAL_WORDS = frozenset(
    """facebook twitter linkedin youtube instagram pinterest whatsapp rss email share print tweet blank icon close chevron down bars menu
    search reddit google plus copy link x tiktok flickr vimeo messenger facebook-blank rss-blank linkedin-blank
    closechevron-downbars""".split()
)
#: Lines that end a teaser: what stands above belongs to another article.
_READ_ON = re.compile(
    r"(?:read (?:more|full story|full article|the full (?:story|article))|continue reading.*|full story|more)\s*(?:[»>→…]|\.\.\.)*", _I
)
_CUT_OFF = re.compile(r"(?:\[(?:…|\.\.\.)\]|…|\.\.\.)\s*$")
#: A "see also" link with the other story's headline in the same line.
_INLINE_LINK = re.compile(r"(?:read more|related|see also|more|watch|listen|don'?t miss|also read|read next)\s*[:|»>]\s*\S.*", _I)
#: Lines after which a page no longer speaks of this article.
_END_MARKER = _any_of("end_markers")
#: The same where no prose follows.
_INSET_MARKER = _any_of("inset_markers")
_COUNT = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)"
_COMMENTS_MARKER = re.compile(
    rf"(?:readers?'?s?'? )?comments?(?: ?\(\d+\))?|{_COUNT} (?:comments?|responses?|replies|thoughts?)(?: (?:to|on)\b.*)?", _I
)
_COMMENT_HEADER = re.compile(
    rf".{{1,60}}?(?:\s|,)(?:{_MONTH}\.?\s+\d{{1,2}},?\s+\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}\.?,?\s+\d{{4}}|"
    rf"\d{{1,2}}/\d{{1,2}}/\d{{2,4}})\b.{{0,40}}|.{{1,50}}\bsays:|.{{1,40}}\b\d+ (?:minute|hour|day|week|month|year)s? ago\b.{{0,20}}",
    _I,
)


#: Longer lines are prose, whatever they say; no pattern is tried on them.
LONGEST_LINE = 5_000


def _plain(line: str) -> str:
    return " ".join(line.replace("’", "'").split()).strip(" .:!?*|»›>→-–+").strip()


def is_read_on(line: str) -> bool:
    """Whether a line is nothing but the link below a teaser ("Read Full Story")."""
    return _READ_ON.fullmatch(_plain(line)) is not None


def is_cut_off(line: str) -> bool:
    """Whether a paragraph breaks off with an ellipsis, as teasers of other articles do."""
    return _CUT_OFF.search(line) is not None


def is_date_line(line: str) -> bool:
    """Whether a line is a date, with or without a time."""
    return _DATE_LINE.fullmatch(_plain(line)) is not None


def is_byline(line: str) -> bool:
    """Whether a line near the title names who wrote the article."""
    plain = _plain(line)
    return len(plain.split()) <= 14 and (_BYLINE.fullmatch(plain) is not None or _BY_WORD.match(plain) is not None)


def is_author_note(line: str) -> bool:
    """Whether a closing line says what job the author has."""
    return len(line.split()) <= 60 and _AUTHOR_NOTE.match(line) is not None


def is_end_marker(line: str) -> bool:
    """Whether a line opens the part of a page that is not the article."""
    plain = _plain(line)
    return len(plain.split()) <= 14 and _END_MARKER.fullmatch(plain) is not None


def is_inset_marker(line: str) -> bool:
    """Whether a line opens the end of a page, or only interrupts the article, as offers of newsletters do."""
    plain = _plain(line)
    return len(plain.split()) <= 14 and _INSET_MARKER.fullmatch(plain) is not None


def is_comments_marker(line: str) -> bool:
    """Whether a line is the heading above readers' comments."""
    return _COMMENTS_MARKER.fullmatch(_plain(line)) is not None


def is_comment_header(line: str) -> bool:
    """Whether a line names a commenter and the date of the comment."""
    return len(line.split()) <= 16 and _COMMENT_HEADER.fullmatch(_plain(line)) is not None


def is_furniture(line: str) -> bool:
    """Whether a line is page furniture by its own words alone.

    Parameters
    ----------
    line
        One block of a page, without its bullet.
    """
    plain = _plain(line)
    if not plain or not any(c.isalnum() for c in plain):
        return True
    words = plain.lower().split()
    if len(plain) > LONGEST_LINE:
        return False
    if _UI_LINE.fullmatch(plain) or _INLINE_LINK.fullmatch(plain) or is_date_line(line):
        return True
    if len(words) <= 60 and _PAGE_PHRASES.search(plain):
        return True
    if len(words) <= 40 and _CONTACT.search(line) and not line.rstrip().endswith((".", "”", '"')):
        return True
    return sum(word.strip(",|-") in _SOCIAL_WORDS for word in words) >= max(2, 0.6 * len(words))
