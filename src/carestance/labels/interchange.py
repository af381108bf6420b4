"""Label files to and from annotation tools: what every format has in common.

A passage is a unit of an article as a tool sees it: its place as W3C Web Annotation selectors (a text-quote selector with ``exact``,
``prefix`` and ``suffix``, and a text-position selector counted in code points) and the labels a model suggests. An answer is what comes
back for it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError

from carestance.errors import LabelsError
from carestance.labels.schema import LabelRow, UnitRow
from carestance.schema import ABSTAIN, HOLDERS, LABELS, SIDES, TARGETS

ToolFormat = Literal["label-studio", "doccano", "csv"]
TOOL_FORMATS: tuple[ToolFormat, ...] = ("label-studio", "doccano", "csv")
#: Characters of a text-quote selector's prefix and suffix.
CONTEXT = 48
#: What one sentence is asked: a label for each target, and who holds the side.
QUESTIONS: tuple[str, ...] = (*TARGETS, "holder")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Quote:
    """Where a sentence stands, in the words of the W3C Web Annotation data model.

    Attributes
    ----------
    start, end
        Text-position selector: code points from the start of the extracted text.
    exact, prefix, suffix
        Text-quote selector: the sentence, and what stands before and after it.
    """

    start: int
    end: int
    exact: str
    prefix: str = ""
    suffix: str = ""

    @classmethod
    def at(cls, text: str, start: int, end: int) -> Self:
        """Quote a stretch of a text."""
        return cls(start, end, text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])

    def selectors(self) -> list[dict[str, Any]]:
        """Both selectors, as JSON objects."""
        return [
            {"type": "TextQuoteSelector", "exact": self.exact, "prefix": self.prefix, "suffix": self.suffix},
            {"type": "TextPositionSelector", "start": self.start, "end": self.end},
        ]

    @classmethod
    def of_selectors(cls, selectors: Iterable[Mapping[str, Any]]) -> Self:
        """Read both selectors back.

        Raises
        ------
        KeyError, TypeError
            If one of them or a part of it is missing.
        """
        by_type = {selector["type"]: selector for selector in selectors}
        quote, position = by_type["TextQuoteSelector"], by_type["TextPositionSelector"]
        return cls(int(position["start"]), int(position["end"]), quote["exact"], quote.get("prefix", ""), quote.get("suffix", ""))

    def find(self, text: str) -> tuple[int, int]:
        """Find the place in a text: by position if the words stand there, else by the quote.

        Raises
        ------
        ValueError
            If the quote is not in the text exactly once.
        """
        if self.exact and text[self.start : self.end] == self.exact:
            return self.start, self.end
        around = self.prefix + self.exact + self.suffix
        if not self.exact or text.count(around) != 1:
            raise ValueError(f"the sentence {self.exact[:60]!r} is not at {self.start}-{self.end} of its article, nor found by its quote")
        start = text.index(around) + len(self.prefix)
        return start, start + len(self.exact)


@dataclass(frozen=True, slots=True)
class Passage:
    """A unit with what a model says of it.

    Attributes
    ----------
    id, kind, quote
        The unit, and where it stands.
    labels
        Suggested value for each of :data:`QUESTIONS`. Where the model abstains this is the most probable label, and where only
        such labels take a side, the holder is given as the author: both are for a person to settle.
    probabilities
        Of the suggested label, by target.
    unsure
        Targets on which the model abstains.
    """

    id: str
    kind: str
    quote: Quote
    labels: dict[str, str]
    probabilities: dict[str, float]
    unsure: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceText:
    """An article with its passages in reading order."""

    doc: str
    title: str
    sha256: str
    model: str
    text: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one annotator answered for one passage, as the file has it.

    Attributes
    ----------
    place
        File and line, for messages.
    annotator
        Name of the annotator.
    sha256
        Hash of the article's text.
    id, kind, quote
        The unit, and where it stands.
    given
        Values given to each question; other names are refused.
    text
        The article's text where the file brings it along.
    """

    place: str
    annotator: str
    sha256: str
    id: str
    kind: str
    quote: Quote
    given: Mapping[str, Sequence[str]]
    text: str | None = None


def article_name(sha256: str) -> str:
    """Name of an article in label files: the head of its text's hash, so that two exports agree on it."""
    return sha256[:_ID_DIGITS]


def folder_texts(text_dir: Path) -> Callable[[str], str]:
    """Read extracted texts by hash from the folder that ``carestance tag --text-dir`` wrote.

    The function returned raises ``LabelsError`` where a text is missing or is not the one that was tagged.
    """

    def read(sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise LabelsError(f"{sha256[:80]!r} is no SHA-256 of a text")
        path = text_dir / f"{sha256}.txt"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise LabelsError(f"{path}: cannot be read ({error.strerror}); write the texts with: carestance tag ... --text-dir") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise LabelsError(f"{path}: not the text that was tagged; its SHA-256 differs from its name")
        return data.decode("utf-8")

    return read


def source_texts(rows: Iterable[Mapping[str, Any]], read_text: Callable[[str], str]) -> Iterator[SourceText]:
    """Turn the rows of an output file into articles, one after the other; failed inputs and repeated texts are left out.

    Parameters
    ----------
    rows
        One a unit, as ``carestance.tagging.rows.read_rows`` gives them.
    read_text
        Gives the extracted text with a hash.

    Raises
    ------
    LabelsError
        If a text is missing or does not fit its rows.
    """
    seen: set[str] = set()
    tagged = (row for row in rows if "error" not in row)
    for (doc, sha256), group in groupby(tagged, key=lambda row: (row["doc"], row["doc_sha256"])):
        if sha256 in seen:
            continue
        seen.add(sha256)
        text, units = read_text(sha256), list(group)
        for row in units:
            if text[row["start"] : row["end"]] != row["text"]:
                raise LabelsError(f"{doc}: unit {row['unit']} is not at {row['start']}-{row['end']} of its extracted text")
        passages = tuple(_passage(row, sha256, text) for row in units)
        yield SourceText(doc, units[0]["title"], sha256, units[0]["model"], text, passages)


def _passage(row: Mapping[str, Any], sha256: str, text: str) -> Passage:
    stance = row["stance"]
    labels = {target: stance[target]["label"] for target in TARGETS}
    takes_side = any(label in SIDES for label in labels.values())
    return Passage(
        id=f"{article_name(sha256)}:{row['unit']:03d}",
        kind=row["kind"],
        quote=Quote.at(text, row["start"], row["end"]),
        labels={**labels, "holder": (row["holder"] or HOLDERS[0]) if takes_side else ""},
        probabilities={target: stance[target]["probs"][label] for target, label in labels.items()},
        unsure=tuple(target for target in TARGETS if stance[target]["decision"] == ABSTAIN),
    )


def settle(answer: Answer, text: str) -> tuple[UnitRow, LabelRow]:
    """Turn an answer into rows of the label files.

    Parameters
    ----------
    answer
        As the file has it.
    text
        The article's text.

    Raises
    ------
    LabelsError
        If a label, a holder or a question is unknown, missing or given twice, the holder rule is broken, or the sentence is not
        in the article; the message names file, line and unit.
    """
    article = article_name(answer.sha256)
    try:
        if not answer.id.startswith(f"{article}:"):
            raise ValueError(f"is no unit of article {article}")
        values = {question: _value(question, answer.given) for question in QUESTIONS}
        if unknown := set(answer.given) - set(QUESTIONS):
            raise ValueError(f"{min(unknown)!r} is no target; use one of {', '.join(QUESTIONS)}")
        start, end = answer.quote.find(text)
        unit = UnitRow.model_validate(
            {"id": answer.id, "article": article, "kind": answer.kind, "start": start, "end": end, "text": text[start:end]}
        )
        return unit, LabelRow.model_validate({"id": answer.id, **values})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise LabelsError(f"{answer.place}: unit {answer.id}: {field + ': ' if field else ''}{first['msg']}") from error
    except ValueError as error:
        raise LabelsError(f"{answer.place}: unit {answer.id}: {error}") from error


def _value(question: str, given: Mapping[str, Sequence[str]]) -> str:
    values = [value for value in given.get(question, ()) if value]
    if len(values) > 1:
        raise ValueError(f"has several values for {question}: {', '.join(values)}")
    known: tuple[str, ...] = HOLDERS if question == "holder" else LABELS
    if not values:
        if question == "holder":
            return ""
        raise ValueError(f"has no label for {question}")
    if values[0] not in known:
        raise ValueError(f"{question} {values[0]!r} is unknown; use one of {', '.join(known)}")
    return values[0]
