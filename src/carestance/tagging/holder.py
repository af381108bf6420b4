"""Who says it: the author or somebody else, and that speaker's name where the text gives it.

Rules over reporting verbs ("said Alison O'Sullivan, vice-president of the ADCS", "the report argues", "she added"),
quotation marks that stay open over several sentences, and the model's own estimate where the words leave it open.
"""

from __future__ import annotations

import re

from carestance.articles.article import Unit
from carestance.schema import Holder

_VERBS = (
    "|".join(
        """said says say argued argues argue added adds claimed claims claim warned warns warn told tells insisted insists insist explained
    explains noted notes concluded concludes conclude continued declared commented recalled admitted admits complained complains responded
    replied believes believe believed thinks think thought wants want wanted hopes hope hoped fears fear feared suggests suggest suggested
    recommends recommend recommended proposes propose proposed urged urges urge criticised criticises welcomed welcomes welcome stated
    states maintains maintained wrote writes asked asks described describes accused accuses lamented praised praises defended defends
    condemned opposes opposed backs backed""".split()
    )
    + "|calls? for|called for|is keen to|are keen to"
)
_TITLE = r"(?:(?:Sir|Dame|Dr|Lord|Lady|Baroness|Cllr|Councillor|Coun|Professor|Prof|Rev|Mr|Mrs|Ms|Miss|Judge|Justice)\.?\s+)"
_CAPITAL = r"[A-Z][\w’'.-]*"
_NAME = rf"{_TITLE}?{_CAPITAL}(?:\s+(?:(?:of|and|for|the|de|van)\s+)?{_CAPITAL}){{0,5}}"
_GROUP = (
    r"(?:[Tt]he\s+|[Ii]ts\s+|[Oo]ne\s+|[Aa]\s+|[Aa]n\s+|[Ss]ome\s+|[Mm]any\s+|[Oo]ther\s+|[Mm]ost\s+)?(?:[\w’'-]+\s+){0,3}?"
    r"(?:report|review|inquiry|committee|panel|commission|commissioner|government|department|ministers?|minister|council|councils|councillors?|leaders?|union|unions|charity|charities|"
    r"association|inspectors|inspectorate|watchdog|directors?|critics|supporters|opponents|campaigners|researchers|academics|authors|MPs|peers|study|paper|letter|spokes(?:man|woman|person)|"
    r"social workers?|parents|carers|chief executive|chair|chairman|residents?)"
)
_PRONOUN = r"(?:[Hh]e|[Ss]he|[Tt]hey|[Ii]t)"
_ROLE = r"(?:,\s[^,\"“”]{3,90},)?"
_SUBJECT_VERB = re.compile(
    rf"(?P<name>{_NAME}|{_GROUP}){_ROLE}\s+(?:(?:has|have|had|also|then|now|later|yesterday|recently|repeatedly|rightly)\s+)*(?P<verb>{_VERBS})\b"
)
_VERB_SUBJECT = re.compile(rf"[\"”’',]\s*(?:{_VERBS})\s+(?P<name>{_NAME}|{_GROUP})")
_ACCORDING = re.compile(
    rf"\b[Aa]ccording to\s+(?P<name>(?:the\s+)?{_NAME}|{_GROUP})|\b[Ii]n the (?:view|words|opinion) of\s+(?P<name2>{_NAME}|{_GROUP})"
)
_PRONOUN_VERB = re.compile(
    rf"\b{_PRONOUN}\s+(?:also\s+|then\s+|has\s+|have\s+|had\s+)*(?:{_VERBS})\b|[\"”’',]\s*{_PRONOUN}\s+(?:{_VERBS})\b|[\"”’',]\s*(?:{_VERBS})\s+(?:he|she|they)\b"
)
_STOP_NAMES = frozenset(
    """The This That These Those It He She They We I You There Here But And So Yet However In On At For From As If When While Although What
    Why How Who Which Nobody Everyone Some Many Most""".split()
)
#: A sentence without any of these words reports nobody: the patterns, which are slow, need not be tried.
_CUES = frozenset(_VERBS.replace("?", "").replace("|", " ").split()) - {"for", "is", "are", "to"} | {
    "call",
    "According",
    "according",
    "view",
    "words",
    "opinion",
}
_WORD = re.compile(r"[A-Za-z]+")
_OPEN = "“"
_CLOSE = "”"
#: Characters of a sentence in which a speaker is looked for.
_SEARCHED = 2_000
#: Beyond these the model's estimate overrules the absence of a reporting verb, or its presence.
SURE_OTHER = 0.5


class SpeakerTracker:
    """Follows speakers and quotation marks through one article's units, in order."""

    def __init__(self) -> None:
        self._last = ""
        self._in_quotation = False
        self._attributed = False

    def speaker(self, unit: Unit) -> str:
        """Name of the one the sentence reports, ``""`` where it reports nobody or does not say whom.

        Call once a unit, in reading order.
        """
        text = " ".join(unit.text[:_SEARCHED].split())
        reports = not _CUES.isdisjoint(_WORD.findall(text))
        named = _named_speaker(text) if reports else ""
        opened = text[:1] in {_OPEN, '"', "‘"}
        continues = self._in_quotation or opened
        pronoun = reports and _PRONOUN_VERB.search(text) is not None
        if named:
            self._last = named
        self._attributed = bool(named) or pronoun or continues
        self._in_quotation = self._still_open(text)
        return self._last if self._attributed else ""

    def holder(self, unit: Unit, other: float) -> Holder:
        """Author or other, from the unit's kind, the last call of :meth:`speaker` and the model's estimate.

        Parameters
        ----------
        unit
            The unit :meth:`speaker` was called with last.
        other
            The model's probability that somebody else holds the side.
        """
        if unit.kind == "comment":
            return "other"
        return "other" if other >= SURE_OTHER else "author"

    def _still_open(self, text: str) -> bool:
        """Whether a quotation goes on after this sentence."""
        opens, closes = text.count(_OPEN), text.count(_CLOSE)
        if opens or closes:
            return text.rfind(_OPEN) > text.rfind(_CLOSE)
        straight = text.count('"')
        if straight:
            return (straight + self._in_quotation) % 2 == 1
        return self._in_quotation


def _named_speaker(text: str) -> str:
    for pattern in (_VERB_SUBJECT, _ACCORDING, _SUBJECT_VERB):
        for match in pattern.finditer(text):
            name = next((g for g in (match.group("name"), match.groupdict().get("name2")) if g), "")
            name = _tidy(name)
            if name:
                return name
    return ""


def _tidy(name: str) -> str:
    words = name.split()
    while words and words[0] in _STOP_NAMES and not (words[0] in ("The", "Some", "Many", "Most") and len(words) > 1):
        words = words[1:]
    while words and words[-1].lower() in {"of", "and", "for", "the"}:
        words = words[:-1]
    return " ".join(words).strip(".,’'")
