"""Gold labels as arrays, one entry an article."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carestance.labels.schema import AuthoredGoldRow, GoldRow, LabelRow
from carestance.labels.store import LabelSet
from carestance.models.protocol import Document
from carestance.schema import HOLDERS, LABELS, TARGETS

IntArray = npt.NDArray[np.int_]
FloatArray = npt.NDArray[np.float64]
#: Weight of the annotators' own votes beside the settled label in the soft labels (Uma et al., 2021, on learning from disagreement).
VOTE_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class LabelledArticle:
    """One article with its gold labels.

    Attributes
    ----------
    id
        The article.
    document
        What a model sees.
    kinds
        Kind of each unit.
    labels
        Shape (units, targets): index into the labels.
    soft
        Shape (units, targets, 4): the settled label, softened by the annotators' votes; rows sum to 1.
    holders
        Shape (units,): index into the holders, ``-1`` where no side is taken.
    split
        ``"train"`` or ``"dev"`` for authored texts, ``""`` for the seeds.
    """

    id: str
    document: Document
    kinds: tuple[str, ...]
    labels: IntArray
    soft: FloatArray
    holders: IntArray
    split: str

    @property
    def body(self) -> npt.NDArray[np.bool_]:
        """Which units are sentences of the body."""
        return np.array([kind == "body" for kind in self.kinds])


def read_articles(label_set: LabelSet, split: str | None = None) -> list[LabelledArticle]:
    """Group a set's gold by article, in the order of the file.

    Parameters
    ----------
    label_set
        The set.
    split
        Only this split of the authored corpus.
    """
    grouped: dict[str, list[GoldRow]] = {}
    for row in label_set.gold:
        if split is None or getattr(row, "split", "") == split:
            grouped.setdefault(row.article, []).append(row)
    votes: dict[str, list[LabelRow]] = {}
    for annotator in label_set.annotators.values():
        for vote in annotator:
            votes.setdefault(vote.id, []).append(vote)
    return [_article(name, rows, votes) for name, rows in grouped.items()]


def _soften(row: GoldRow, votes: Sequence[LabelRow]) -> list[list[float]]:
    softened = []
    for target in TARGETS:
        settled = np.array([float(label == row.label(target)) for label in LABELS])
        shares = np.mean([[float(label == vote.label(target)) for label in LABELS] for vote in votes], axis=0) if votes else settled
        softened.append(((1 - VOTE_WEIGHT) * settled + VOTE_WEIGHT * shares).tolist())
    return softened


def _article(name: str, rows: Sequence[GoldRow], votes: Mapping[str, Sequence[LabelRow]]) -> LabelledArticle:
    first = rows[0]
    title = " ".join(first.text.split()) if first.kind == "heading" else ""
    return LabelledArticle(
        id=name,
        document=Document(title, tuple(row.text for row in rows)),
        kinds=tuple(row.kind for row in rows),
        labels=np.array([[LABELS.index(row.label(t)) for t in TARGETS] for row in rows]),
        soft=np.array([_soften(row, votes.get(row.id, [])) for row in rows]),
        holders=np.array([HOLDERS.index(row.holder) if row.holder else -1 for row in rows]),
        split=first.split if isinstance(first, AuthoredGoldRow) else "",
    )


def flatten(articles: Sequence[LabelledArticle]) -> tuple[list[str], IntArray, IntArray, list[str]]:
    """Sentences, labels, holders and article names of all units, for models that read sentences alone."""
    sentences = [s for a in articles for s in a.document.sentences]
    names = [a.id for a in articles for _ in a.document.sentences]
    return sentences, np.concatenate([a.labels for a in articles]), np.concatenate([a.holders for a in articles]), names


def gold_hash(label_sets: Sequence[LabelSet]) -> str:
    """Hash over the gold files a model was trained on."""
    digest = hashlib.sha256()
    for label_set in label_sets:
        digest.update((label_set.folder / "gold.jsonl").read_bytes())
    return digest.hexdigest()
