"""The predictor: articles in, tagged sentences out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from carestance.articles.article import Article, Unit
from carestance.articles.readers import article_from_text
from carestance.errors import CarestanceError
from carestance.models.calibration import Decision
from carestance.models.protocol import Document, Prediction, StanceModel
from carestance.models.shipped import find_model
from carestance.models.store import load_model
from carestance.schema import ABSTAIN, HOLDERS, LABELS, SIDES, Holder
from carestance.tagging.holder import SpeakerTracker
from carestance.tagging.rows import unit_rows

#: Articles labelled together by :meth:`StancePredictor.tag_many`.
BATCH = 16


@dataclass(frozen=True, slots=True)
class TargetStance:
    """Stance of one sentence towards one target.

    Attributes
    ----------
    label
        Most probable label.
    decision
        The label, or ``"abstain"`` where its probability is below the model's threshold.
    probs
        Calibrated probability by label.
    """

    label: str
    decision: str
    probs: dict[str, float]


@dataclass(frozen=True, slots=True)
class TaggedUnit:
    """A unit with its stances, and who holds them.

    Attributes
    ----------
    unit
        The sentence with its place in the article.
    stance
        By target.
    holder
        ``"author"`` or ``"other"`` where a decision takes a side, else ``""``.
    speaker
        Name of the other holder where the text gives it, else ``""``.
    """

    unit: Unit
    stance: dict[str, TargetStance]
    holder: Holder
    speaker: str


@dataclass(frozen=True)
class ArticleTags:
    """An article with the stances of its units.

    Attributes
    ----------
    article
        The article.
    units
        Its tagged units in reading order.
    model
        Name and hash of the model.
    """

    article: Article
    units: tuple[TaggedUnit, ...]
    model: str

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a unit, in the form and key order of the output files."""
        return unit_rows(self)


class StancePredictor:
    """Tags articles with a stance model.

    Make one with :meth:`load`. The object is picklable (it loads its model again where it arrives) and is itself a
    function from a batch of columns to a batch of columns, for ``datasets.Dataset.map(batched=True)`` and Ray's ``map_batches``.

    Examples
    --------
    >>> from carestance import StancePredictor
    >>> predictor = StancePredictor.load("tfidf")
    >>> tags = predictor.tag("Councils know their communities best.")
    >>> tags.units[0].unit.text
    'Councils know their communities best.'
    """

    def __init__(self, model: StanceModel, decision: Decision, model_id: str, folder: Path, threads: int | None = None) -> None:
        self._model = model
        self._decision = decision
        self.model_id = model_id
        self._folder = folder
        self._threads = threads

    @classmethod
    def load(cls, name: str | Path = "default", *, threads: int | None = None) -> StancePredictor:
        """Load a model by name or folder.

        Parameters
        ----------
        name
            ``"default"``, a shipped model (``carestance models list``), or a model's folder.
        threads
            Threads of the encoder's runtime; ``None`` for one a core.

        Raises
        ------
        ModelError
            If the model does not exist, is damaged, or was made for another version.
        """
        folder = find_model(name)
        model, manifest = load_model(folder, threads=threads)
        decision: Decision = model.decision  # type: ignore[attr-defined]
        return cls(model, decision, manifest.id, folder, threads)

    def __reduce__(self) -> tuple[Any, ...]:
        return _reload, (str(self._folder), self._threads)

    def with_threads(self, threads: int) -> StancePredictor:
        """The same predictor, to be loaded with so many threads where it is sent."""
        return StancePredictor(self._model, self._decision, self.model_id, self._folder, threads)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets the model knows."""
        return self._model.targets

    def tag(self, text: str | Article) -> ArticleTags:
        """Tag one article.

        Parameters
        ----------
        text
            The article, or its text.

        Raises
        ------
        ArticleError
            If the text holds no sentence.
        """
        article = article_from_text(text) if isinstance(text, str) else text
        return next(iter(self._tag_batch([article])))

    def tag_many(self, articles: Iterable[str | Article], *, batch: int = BATCH) -> Iterator[ArticleTags]:
        """Tag articles as they come, in order, with bounded memory.

        Parameters
        ----------
        articles
            Articles or texts; may be endless.
        batch
            Articles labelled together.
        """
        source = (article_from_text(a, f"text-{i}") if isinstance(a, str) else a for i, a in enumerate(articles))
        while chunk := list(islice(source, batch)):
            yield from self._tag_batch(chunk)

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """Tag a batch of columns.

        Parameters
        ----------
        batch
            Columns with ``text``, and ``id`` or ``title`` if there are; others are kept.

        Returns
        -------
        dict
            The columns, with ``units`` (one list of rows an article) and ``error`` (``""`` where all went well).
        """
        texts = [str(t) for t in batch["text"]]
        ids = [str(i) for i in batch.get("id", range(len(texts)))]
        titles = [str(t or "") for t in batch.get("title", [""] * len(texts))]
        units: list[list[dict[str, Any]]] = [[] for _ in texts]
        errors = [""] * len(texts)
        good: list[tuple[int, Article]] = []
        for i, (text, name, title) in enumerate(zip(texts, ids, titles, strict=True)):
            try:
                good.append((i, article_from_text(text, name, title=title)))
            except CarestanceError as error:
                errors[i] = str(error)
        for (i, _), tags in zip(good, self._tag_batch([a for _, a in good]), strict=True):
            units[i] = tags.rows
        return {**{k: list(v) for k, v in batch.items()}, "units": units, "error": errors}

    def _tag_batch(self, articles: list[Article]) -> Iterator[ArticleTags]:
        predictions = self._model.predict([Document.from_article(a) for a in articles]) if articles else []
        for article, prediction in zip(articles, predictions, strict=True):
            yield ArticleTags(article, tuple(self._tagged(article, prediction)), self.model_id)

    def _tagged(self, article: Article, prediction: Prediction) -> Iterator[TaggedUnit]:
        tracker = SpeakerTracker()
        best, decided = self._decision.decide(prediction.probs, self.targets)
        rounded = np.round(prediction.probs, 4).tolist()
        other = prediction.other.tolist()
        for row, (unit, labels, sure) in enumerate(zip(article.units, best.tolist(), decided.tolist(), strict=True)):
            stance = {t: _stance(labels[k], sure[k], rounded[row][k]) for k, t in enumerate(self.targets)}
            speaker = tracker.speaker(unit)
            takes_side = any(s.decision in SIDES for s in stance.values())
            holder = tracker.holder(unit, other[row]) if takes_side else ""
            yield TaggedUnit(unit, stance, holder, speaker if holder == HOLDERS[1] else "")


def _stance(best: int, sure: bool, probs: list[float]) -> TargetStance:
    label = LABELS[best]
    return TargetStance(label, label if sure else ABSTAIN, dict(zip(LABELS, probs, strict=True)))


def _reload(folder: str, threads: int | None) -> StancePredictor:
    return StancePredictor.load(folder, threads=threads)
