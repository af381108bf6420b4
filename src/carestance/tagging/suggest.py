"""The sentences of new articles that are most worth labelling: those the model is unsure of, and that differ from each other.

How unsure the model is of a sentence is measured by the margin between its two most probable labels (Scheffer, Decomain & Wrobel, 2001), on
the target where it is smallest. From a pool of the least sure, sentences are then chosen one by one by farthest-first traversal, the greedy
k-centre method (Gonzalez, 1985; for active learning Sener & Savarese, 2018), over TF-IDF vectors, with distances weighted by how unsure the
model is.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from heapq import heappush, heapreplace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from carestance.cells import safe_cell
from carestance.errors import OptionError
from carestance.tagging.predictor import ArticleTags, TargetStance

#: Sentences kept to choose from, as a multiple of the number asked for, and at least and at most.
_POOL_FACTOR, _POOL_LEAST, _POOL_MOST = 20, 1_000, 20_000
#: Words of a sentence that is worth labelling on its own.
_MIN_WORDS = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be suggested.

    Attributes
    ----------
    doc, doc_sha256, title
        Its article.
    unit, start, end, text
        Its place there.
    uncertainty
        1 less the margin between the two most probable labels, on the target where the model is least sure.
    target
        That target.
    reason
        The same in words.
    """

    doc: str
    doc_sha256: str
    title: str
    unit: int
    start: int
    end: int
    text: str
    uncertainty: float
    target: str
    reason: str


class CandidatePool:
    """Keeps the least sure sentences of any number of articles in bounded memory; of repeated sentences, one.

    Parameters
    ----------
    size
        Most sentences kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        # Of equally unsure sentences the earlier one stays: the second number is their order, from the end.
        self._heap: list[tuple[float, int, Candidate]] = []
        self._texts: set[str] = set()
        self._seen = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, tags: ArticleTags) -> None:
        """Look through the body of an article."""
        for tagged in tags.units:
            unit = tagged.unit
            key = " ".join(unit.text.lower().split())
            if unit.kind != "body" or key in self._texts or len(key.split()) < _MIN_WORDS:
                continue
            uncertainty, target = max((1 - _margin(stance), target) for target, stance in tagged.stance.items())
            self._seen += 1
            if len(self._heap) == self._size and uncertainty <= self._heap[0][0]:
                continue
            article = tags.article
            candidate = Candidate(
                doc=article.id,
                doc_sha256=article.sha256,
                title=article.display_title,
                unit=unit.index,
                start=unit.start,
                end=unit.end,
                text=unit.text,
                uncertainty=round(uncertainty, 4),
                target=target,
                reason=_reason(target, tagged.stance[target]),
            )
            entry = (uncertainty, -self._seen, candidate)
            if len(self._heap) < self._size:
                heappush(self._heap, entry)
            else:
                _, _, gone = heapreplace(self._heap, entry)
                self._texts.discard(" ".join(gone.text.lower().split()))
            self._texts.add(key)

    def candidates(self) -> list[Candidate]:
        """The sentences kept, least sure first."""
        return [candidate for _, _, candidate in sorted(self._heap, key=lambda entry: entry[:2], reverse=True)]


def _margin(stance: TargetStance) -> float:
    first, second = sorted(stance.probs.values(), reverse=True)[:2]
    return first - second


def _reason(target: str, stance: TargetStance) -> str:
    first, second = sorted(stance.probs.items(), key=lambda item: -item[1])[:2]
    return f"{target.replace('_', ' ')}: {first[0]} {first[1]:.2f} or {second[0]} {second[1]:.2f}"


def pool_size(number: int) -> int:
    """How many sentences to keep for a choice of so many."""
    return min(max(_POOL_FACTOR * number, _POOL_LEAST), max(_POOL_MOST, number))


def choose(candidates: Sequence[Candidate], number: int) -> list[Candidate]:
    """Choose sentences that are unsure and unlike each other.

    Parameters
    ----------
    candidates
        To choose from, least sure first.
    number
        How many, at most.

    Returns
    -------
    list of Candidate
        In the order of choice: the head of the list is a good choice of fewer.
    """
    if not candidates or number < 1:
        return []
    vectors = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), dtype=np.float32, token_pattern=r"\w+").fit_transform(
        [candidate.text for candidate in candidates]
    )
    weights = np.array([candidate.uncertainty for candidate in candidates])
    distances = np.ones(len(candidates))
    left = np.ones(len(candidates), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < min(number, len(candidates)):
        # argmax takes the first of equals, so that the same articles give the same sentences.
        best = int(np.argmax(np.where(left, weights * distances, -1.0)))
        chosen.append(best)
        left[best] = False
        likeness = (vectors @ vectors[best].T).toarray().ravel()
        distances = np.minimum(distances, 1 - likeness)
    return [candidates[i] for i in chosen]


def suggest(articles: Iterable[ArticleTags], number: int) -> list[Candidate]:
    """Choose the sentences of tagged articles that are most worth labelling.

    Parameters
    ----------
    articles
        As they come; none is kept.
    number
        How many sentences, at most.

    Raises
    ------
    OptionError
        If the number is below 1.
    """
    if number < 1:
        raise OptionError("--number has to be at least 1")
    pool = CandidatePool(pool_size(number))
    for tags in articles:
        pool.add(tags)
    return choose(pool.candidates(), number)


def write_suggestions(chosen: Iterable[Candidate], path: Path) -> None:
    """Write suggestions as CSV or JSON lines, as the file's ending says.

    Raises
    ------
    OptionError
        If the ending is neither ``.csv`` nor ``.jsonl``.
    """
    ending = path.suffix.lower()
    if ending not in (".csv", ".jsonl"):
        raise OptionError(f"{path}: suggestions go to a .csv or .jsonl file")
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ({"rank": rank, **asdict(candidate)} for rank, candidate in enumerate(chosen, 1))
    # The byte-order mark tells spreadsheets that the file is UTF-8.
    with path.open("w", encoding="utf-8-sig" if ending == ".csv" else "utf-8", newline="") as stream:
        if ending == ".jsonl":
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            return
        writer = csv.DictWriter(stream, ["rank", *(field.name for field in fields(Candidate))], lineterminator="\r\n")
        writer.writeheader()
        writer.writerows({name: safe_cell(value) for name, value in row.items()} for row in rows)
