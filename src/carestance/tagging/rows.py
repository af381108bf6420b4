"""Rows: what a tagged article looks like in the output files, and the way back from there."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carestance.cells import plain_cell
from carestance.errors import OptionError
from carestance.schema import LABELS

if TYPE_CHECKING:
    from carestance.articles.article import Article
    from carestance.tagging.predictor import ArticleTags

Row = dict[str, Any]
_TEXT, _INT, _FLOAT = "string", "int32", "float64"
#: Columns of the long form (CSV, Parquet) and their Arrow types: one row a unit and target.
LONG_COLUMNS: dict[str, str] = {
    "doc": _TEXT,
    "doc_sha256": _TEXT,
    "title": _TEXT,
    "unit": _INT,
    "kind": _TEXT,
    "start": _INT,
    "end": _INT,
    "text": _TEXT,
    "target": _TEXT,
    "label": _TEXT,
    "decision": _TEXT,
    **{f"p_{label}": _FLOAT for label in LABELS},
    "holder": _TEXT,
    "speaker": _TEXT,
    "metadata": _TEXT,
    "duplicate_of": _TEXT,
    "similarity": _FLOAT,
    "error_type": _TEXT,
    "error_message": _TEXT,
    "model": _TEXT,
    "version": _TEXT,
}


@dataclass(frozen=True, slots=True)
class CopyMark:
    """Says that an article repeats an earlier one.

    Attributes
    ----------
    of
        The earlier article.
    similarity
        1 for the same text, else the estimated share of word sequences in common.
    """

    of: str
    similarity: float


def unit_rows(tags: ArticleTags, copy: CopyMark | None = None) -> list[Row]:
    """One dictionary a unit, in the form and key order of the output files."""
    from carestance import __version__

    article = tags.article
    extra: Row = {"metadata": dict(article.metadata)} if article.metadata else {}
    if copy is not None:
        extra |= {"duplicate_of": copy.of, "similarity": round(copy.similarity, 3)}
    return [
        {
            "doc": article.id,
            "doc_sha256": article.sha256,
            "title": article.display_title,
            "unit": tagged.unit.index,
            "kind": tagged.unit.kind,
            "start": tagged.unit.start,
            "end": tagged.unit.end,
            "text": tagged.unit.text,
            "stance": {t: {"label": s.label, "decision": s.decision, "probs": s.probs} for t, s in tagged.stance.items()},
            "holder": tagged.holder,
            "speaker": tagged.speaker,
            **extra,
            "model": tags.model,
            "version": __version__,
        }
        for tagged in tags.units
    ]


def restore_tags(article: Article, rows: Sequence[Mapping[str, Any]]) -> ArticleTags | None:
    """Put an article and its stored rows together again; ``None`` where they do not fit (a torn or foreign record)."""
    from carestance.tagging.predictor import ArticleTags, TaggedUnit, TargetStance

    if len(rows) != len(article.units):
        return None
    tagged = []
    for unit, row in zip(article.units, rows, strict=True):
        if (unit.index, unit.start, unit.end) != (row["unit"], row["start"], row["end"]):
            return None
        stance = {t: TargetStance(s["label"], s["decision"], s["probs"]) for t, s in row["stance"].items()}
        tagged.append(TaggedUnit(unit, stance, row["holder"], row["speaker"]))
    return ArticleTags(article, tuple(tagged), rows[0]["model"]) if rows else None


def long_rows(row: Row) -> Iterator[Row]:
    """Turn one unit's row (or an error row) into one row a target."""
    if "error" in row:
        error = row["error"]
        yield {"doc": row["doc"], "error_type": error["type"], "error_message": error["message"], "version": row["version"]}
        return
    shared = {k: v for k, v in row.items() if k not in ("stance", "metadata")}
    if "metadata" in row:
        shared["metadata"] = json.dumps(row["metadata"], ensure_ascii=False)
    for target, stance in row["stance"].items():
        probs = {f"p_{label}": stance["probs"][label] for label in LABELS}
        yield {**shared, "target": target, "label": stance["label"], "decision": stance["decision"], **probs}


def wide_row(longs: Sequence[Row]) -> Row:
    """Turn the rows of one unit, one a target, back into the unit's row (or the error's)."""
    first = longs[0]
    if first.get("error_type"):
        error = {"type": first["error_type"], "message": first["error_message"]}
        return {"doc": first["doc"], "error": error, "version": first["version"]}
    stance = {
        long["target"]: {
            "label": long["label"],
            "decision": long["decision"],
            "probs": {label: float(long[f"p_{label}"]) for label in LABELS},
        }
        for long in longs
    }
    row: Row = {k: first[k] or "" for k in ("doc", "doc_sha256", "title")}
    row |= {
        "unit": int(first["unit"]),
        "kind": first["kind"],
        "start": int(first["start"]),
        "end": int(first["end"]),
        "text": first["text"],
    }
    row |= {"stance": stance, "holder": first["holder"] or "", "speaker": first["speaker"] or ""}
    if first.get("metadata"):
        row["metadata"] = json.loads(first["metadata"])
    if first.get("duplicate_of"):
        row |= {"duplicate_of": first["duplicate_of"], "similarity": float(first["similarity"])}
    return {**row, "model": first["model"], "version": first["version"]}


def read_rows(path: Path) -> Iterator[Row]:
    """Read an output file of any format back into one row a unit.

    Raises
    ------
    OptionError
        If the file cannot be read as what its ending says.
    """
    readers = {".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise OptionError(f"{path}: only .jsonl, .csv and .parquet files hold tags")
    try:
        yield from reader(path)
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise OptionError(f"{path}: cannot be read as tags ({error})") from error


def _read_jsonl(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _read_csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(50_000_000)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = ({k: plain_cell(v) for k, v in row.items()} for row in csv.DictReader(stream))
        yield from _wide(rows)


def _read_parquet(path: Path) -> Iterator[Row]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        yield from _wide(row for batch in file.iter_batches(batch_size=1024) for row in batch.to_pylist())


def _wide(rows: Iterator[Row]) -> Iterator[Row]:
    for _, longs in groupby(rows, key=lambda row: (row["doc"], row["doc_sha256"], row["unit"], row["error_message"])):
        yield wide_row(list(longs))
