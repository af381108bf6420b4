"""Passages as JSON lines for doccano's text classification: one example a sentence, several labels allowed.

Labels are written ``target=label`` and ``holder=author``; doccano keeps all other keys as metadata and shows them next to the sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from carestance.errors import LabelsError
from carestance.labels.interchange import Answer, Quote, SourceText


def write_doccano(articles: Iterable[SourceText], path: Path) -> int:
    """Write one example a passage; the number of passages is returned."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for article in articles:
            for passage in article.passages:
                example = {
                    "text": passage.quote.exact,
                    "label": [f"{question}={value}" for question, value in passage.labels.items() if value],
                    "unit": passage.id,
                    "kind": passage.kind,
                    "doc": article.doc,
                    "title": article.title,
                    "doc_sha256": article.sha256,
                    "selector": passage.quote.selectors(),
                    "probabilities": passage.probabilities,
                    "unsure": list(passage.unsure),
                    "model": article.model,
                }
                stream.write(json.dumps(example, ensure_ascii=False) + "\n")
                count += 1
    return count


def read_doccano(path: Path, annotator: str) -> Iterator[Answer]:
    """Read answers from doccano's JSONL export; examples without a label are left out.

    Raises
    ------
    LabelsError
        If a line is no such example; the message names file and line.
    """
    try:
        stream = path.open(encoding="utf-8-sig")
    except OSError as error:
        raise LabelsError(f"{path}: cannot be read ({error.strerror})") from error
    with stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                answer = _answer(line, f"{path}, line {number}", annotator)
                if answer.given:
                    yield answer


def _answer(line: str, place: str, annotator: str) -> Answer:
    try:
        example: dict[str, Any] = json.loads(line)
        # Older versions of doccano put metadata into an object of its own.
        example = {**example, **(example.get("meta") or {})}
        given: dict[str, list[str]] = {}
        for label in example["label"]:
            question, _, value = str(label).partition("=")
            given.setdefault(question, []).append(value)
        quote = Quote.of_selectors(example["selector"])
        return Answer(place, annotator, str(example["doc_sha256"]), str(example["unit"]), str(example["kind"]), quote, given)
    except KeyError as error:
        raise LabelsError(f"{place}: has no {error}; import only what labels export made") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise LabelsError(f"{place}: no valid example ({error})") from error
