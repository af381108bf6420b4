"""Predictions of one cell, one row a unit, kept as Parquet: all scores are computed from them.

Columns: ``article``, ``unit`` (its number in the article), ``kind``; for each target ``T_gold``, ``T_label`` (most probable),
``T_decided`` (not abstained from) and ``T_favour`` ... ``T_unrelated`` (probabilities); ``holder_gold`` (empty where gold takes no
side) and ``holder`` (who would hold a side).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from carestance.experiments.metrics import FloatArray, IntArray, confusion
from carestance.models.calibration import Decision
from carestance.models.protocol import Prediction
from carestance.schema import HOLDERS, LABELS, TARGETS
from carestance.tagging.holder import SURE_OTHER
from carestance.training.data import LabelledArticle

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Predictions:
    """Predictions of a cell as arrays along its units.

    Attributes
    ----------
    article, unit, kind
        Shape (units,): where the unit stands and what it is.
    gold, label
        Shape (units, targets): indices into the labels.
    decided
        Shape (units, targets): whether the label's probability reaches the model's threshold.
    probs
        Shape (units, targets, 4).
    holder_gold, holder
        Shape (units,): indices into the holders, gold ``-1`` where no side is taken.
    """

    article: npt.NDArray[np.str_]
    unit: IntArray
    kind: npt.NDArray[np.str_]
    gold: IntArray
    label: IntArray
    decided: BoolArray
    probs: FloatArray
    holder_gold: IntArray
    holder: IntArray

    def where(self, chosen: BoolArray) -> Predictions:
        """The chosen units."""
        return Predictions(*(getattr(self, f.name)[chosen] for f in fields(self)))

    @property
    def body(self) -> Predictions:
        """Sentences of the body, on which scores are computed."""
        return self.where(self.kind == "body")

    @property
    def articles(self) -> list[str]:
        """Articles in the order of the rows."""
        return list(dict.fromkeys(self.article.tolist()))

    def confusions(self) -> IntArray:
        """Counts of gold against predicted labels, shape (articles, targets, 4, 4)."""
        inside = [self.article == name for name in self.articles]
        return np.array([[confusion(self.gold[i, t], self.label[i, t]) for t in range(self.gold.shape[1])] for i in inside])


def join(articles: Sequence[LabelledArticle], predictions: Sequence[Prediction], decision: Decision) -> Predictions:
    """Put gold and predictions of articles side by side."""
    probs = np.concatenate([p.probs for p in predictions]).astype(np.float32).astype(float)
    label = probs.argmax(-1)
    least = np.array([[decision.threshold(t, name) for name in LABELS] for t in TARGETS])
    kind = np.array([k for a in articles for k in a.kinds])
    other = np.concatenate([p.other for p in predictions]) >= SURE_OTHER
    return Predictions(
        article=np.array([a.id for a in articles for _ in a.kinds]),
        unit=np.array([i for a in articles for i in range(len(a.kinds))]),
        kind=kind,
        gold=np.concatenate([a.labels for a in articles]),
        label=label,
        decided=probs.max(-1) >= least[np.arange(len(TARGETS)), label] - 1e-6,
        probs=probs,
        holder_gold=np.concatenate([a.holders for a in articles]),
        # Comments are never the article's author's, whatever the model says.
        holder=np.where(other | (kind == "comment"), HOLDERS.index("other"), HOLDERS.index("author")),
    )


def to_table(predictions: Predictions) -> Any:
    """Predictions as an Arrow table."""
    import pyarrow as pa

    labels, holders = np.array(LABELS), np.array([*HOLDERS, ""])
    columns: dict[str, Any] = {
        "article": predictions.article,
        "unit": predictions.unit.astype(np.int16),
        "kind": predictions.kind,
    }
    for t, target in enumerate(TARGETS):
        columns[f"{target}_gold"] = labels[predictions.gold[:, t]]
        columns[f"{target}_label"] = labels[predictions.label[:, t]]
        columns[f"{target}_decided"] = predictions.decided[:, t]
        for k, name in enumerate(LABELS):
            columns[f"{target}_{name}"] = predictions.probs[:, t, k].astype(np.float32)
    columns["holder_gold"] = holders[predictions.holder_gold]
    columns["holder"] = holders[predictions.holder]
    return pa.table({name: pa.array(values.tolist() if values.dtype.kind == "U" else values) for name, values in columns.items()})


def from_table(table: Any) -> Predictions:
    """Predictions from an Arrow table written by :func:`to_table`."""

    def column(name: str) -> Any:
        return np.array(table.column(name).to_pylist())

    def indices(name: str, values: Sequence[str]) -> IntArray:
        places = {value: i for i, value in enumerate(values)}
        return np.array([places.get(value, -1) for value in table.column(name).to_pylist()], dtype=int)

    return Predictions(
        article=column("article"),
        unit=column("unit"),
        kind=column("kind"),
        gold=np.stack([indices(f"{t}_gold", LABELS) for t in TARGETS], -1),
        label=np.stack([indices(f"{t}_label", LABELS) for t in TARGETS], -1),
        decided=np.stack([column(f"{t}_decided") for t in TARGETS], -1),
        probs=np.stack([np.stack([column(f"{t}_{name}") for name in LABELS], -1) for t in TARGETS], 1),
        holder_gold=indices("holder_gold", HOLDERS),
        holder=indices("holder", HOLDERS),
    )


def read_table(path: Path) -> Any:
    """Read a cell's Parquet file as an Arrow table."""
    import pyarrow.parquet as pq

    return pq.read_table(path)


def write_table(table: Any, path: Path) -> None:
    """Write an Arrow table as Parquet."""
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd")
