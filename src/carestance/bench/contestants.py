"""What is timed: carestance from text files to rows, and other libraries' usual calls on the same sentences.

The others get the sentences already cut and kept in memory, and one pass a target, as their interfaces ask for. Their heads are untrained:
the time does not depend on what a head has learnt.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carestance.schema import TARGETS

Run = Callable[[], object]
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Contestant:
    """Something to time.

    Attributes
    ----------
    name
        What it is.
    run
        Tags all articles once.
    share
        Share of the sentences that ``run`` tags; slow ones get fewer.
    """

    name: str
    run: Run
    share: float = 1.0


def own(model: str, files: Sequence[Path], *, threads: int | None = None, name: str | None = None) -> Contestant:
    """Time carestance with a model: files read, sentences found, tagged, rows written to a JSON-lines file."""
    from carestance.tagging.batch import run_batch
    from carestance.tagging.engine import LocalEngine
    from carestance.tagging.output import open_output
    from carestance.tagging.predictor import StancePredictor
    from carestance.tagging.sources import Columns, open_sources

    predictor = StancePredictor.load(model, threads=threads)

    def run() -> object:
        sources = open_sources([str(f) for f in files], Columns(), io.BytesIO())
        with (
            tempfile.TemporaryDirectory() as folder,
            open_output(Path(folder) / "tags.jsonl", "jsonl", predictor.model_id) as output,
        ):
            return run_batch(sources, LocalEngine(predictor), output)

    return Contestant(name or f"carestance, {model}", run)


def naive_sklearn(sentences: Sequence[str]) -> Contestant:
    """Time a fitted pipeline a target, called sentence by sentence."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    marks = [i % 4 for i in range(len(sentences))]
    pipelines = [make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=50)) for _ in TARGETS]
    for pipeline in pipelines:
        pipeline.fit(sentences, marks)
    return Contestant(
        "scikit-learn, a pipeline a target, sentence by sentence",
        lambda: [pipeline.predict_proba([sentence]) for sentence in sentences for pipeline in pipelines],
    )


def _classifier(encoder: str) -> Any:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    model = AutoModelForSequenceClassification.from_pretrained(encoder, num_labels=4)
    return pipeline("text-classification", model=model, tokenizer=AutoTokenizer.from_pretrained(encoder), device="cpu")


def transformers_pipelines(encoder: str, sentences: Sequence[str], name: str) -> list[Contestant]:
    """Time the ``transformers`` pipeline in torch (fp32), one model a target, in batches and sentence by sentence."""
    classify = _classifier(encoder)
    few = list(sentences[: max(1, len(sentences) // 4)])

    def batched() -> object:
        return [classify(list(sentences), batch_size=_BATCH, truncation=True) for _ in TARGETS]

    def one_by_one() -> object:
        return [classify(sentence, truncation=True) for sentence in few for _ in TARGETS]

    return [
        Contestant(f"transformers pipeline, {name}, batches of {_BATCH}", batched),
        Contestant(f"transformers pipeline, {name}, sentence by sentence", one_by_one, len(few) / len(sentences)),
    ]


def setfit_predict(encoder: str, sentences: Sequence[str], name: str) -> Contestant:
    """Time SetFit's ``predict`` with a logistic head, one model a target."""
    from setfit import SetFitModel

    model = SetFitModel.from_pretrained(encoder)
    model.model_head.fit(model.model_body.encode(list(sentences[:8])), [i % 4 for i in range(8)])
    return Contestant(f"SetFit predict, {name}", lambda: [model.predict(list(sentences), batch_size=_BATCH) for _ in TARGETS])
