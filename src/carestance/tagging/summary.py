"""Figures a article and target: how much it says on a target, and for which side."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from carestance.cells import safe_cell
from carestance.schema import ABSTAIN, LABELS
from carestance.tagging.predictor import ArticleTags
from carestance.tagging.rows import CopyMark


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """What the body of one article says on one target.

    Attributes
    ----------
    doc, title, target
        Article and target.
    counts
        Decisions of the body's sentences, abstentions among them.
    sentences
        Sentences in the body.
    author_stance, others_stance
        Mean of +1 (favour) and -1 (against) over the decided sides of the author and of others, ``None`` where
        there are none.
    """

    doc: str
    title: str
    target: str
    counts: dict[str, int]
    sentences: int
    author_stance: float | None
    others_stance: float | None

    @property
    def share_on_target(self) -> float:
        """Share of sentences decided to be about the target."""
        about = self.counts["favour"] + self.counts["against"] + self.counts["neutral"]
        return about / self.sentences if self.sentences else 0.0


def summarise(tags: ArticleTags) -> list[TargetSummary]:
    """Summarise an article, one entry a target; headings and comments are left out."""
    body = [u for u in tags.units if u.unit.kind == "body"]
    targets = list(body[0].stance) if body else []
    summaries = []
    for target in targets:
        counts = Counter(dict.fromkeys((*LABELS, ABSTAIN), 0))
        sides: dict[str, list[int]] = {"author": [], "other": []}
        for unit in body:
            decision = unit.stance[target].decision
            counts[decision] += 1
            if decision in ("favour", "against") and unit.holder:
                sides[unit.holder].append(1 if decision == "favour" else -1)
        means = {who: sum(values) / len(values) if values else None for who, values in sides.items()}
        summaries.append(
            TargetSummary(tags.article.id, tags.article.display_title, target, dict(counts), len(body), means["author"], means["other"])
        )
    return summaries


class SummaryWriter:
    """Writes summaries to a CSV file as they come; the file is there in whole when the run went well."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._partial = path.with_name(path.name + ".part")
        self._stream = self._partial.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._stream)
        figures = ["share_on_target", "author_stance", "others_stance", "duplicate_of"]
        columns = ["doc", "title", "target", "sentences", *LABELS, ABSTAIN, *figures]
        self._writer.writerow(columns)

    def write(self, tags: ArticleTags, copy: CopyMark | None = None) -> None:
        """Write one article's rows, with the earlier article that it repeats."""
        repeated = safe_cell(copy.of) if copy else ""
        for s in summarise(tags):
            means = ["" if m is None else f"{m:.3f}" for m in (s.author_stance, s.others_stance)]
            counts = [s.counts[label] for label in (*LABELS, ABSTAIN)]
            self._writer.writerow(
                [safe_cell(s.doc), safe_cell(s.title), s.target, s.sentences, *counts, f"{s.share_on_target:.3f}", *means, repeated]
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stream.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)
