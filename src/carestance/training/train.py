"""``carestance train``: a TOML file and the label files in, a model folder out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from carestance.config import read_toml
from carestance.errors import OptionError
from carestance.experiments.metrics import score_all
from carestance.labels.store import LabelSet, open_sets
from carestance.models.calibration import Decision, fit_decision
from carestance.models.protocol import FloatArray, StanceModel, stack
from carestance.models.store import FolderWriter, Manifest, save_tfidf
from carestance.models.tfidf import TfidfModel, train_tfidf
from carestance.schema import TARGETS
from carestance.training.card import render_card
from carestance.training.data import IntArray, LabelledArticle, flatten, gold_hash, read_articles


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TfidfConfig(_Config):
    """Options of the baseline."""

    C: float = 0.1


class EncoderConfig(_Config):
    """Options of an encoder; see :mod:`carestance.training.encoder` for what they do."""

    encoder: str
    sha256: str | None = None
    start_from: str | None = None
    epochs: int = 6
    learning_rate: float = 3e-5
    head_learning_rate: float = 5e-4
    layer_decay: float = 0.9
    max_tokens: int = 256
    context_sentences: int = 2
    tokens_per_step: int = 2048
    class_weight_power: float = 0.5
    polarity_weight: float = 0.5
    dropout: float = 0.1
    seeds: tuple[int, ...] = (0,)
    outside_epochs: int = 0
    quantise: Literal["int8", "none"] = "int8"


class TrainConfig(_Config):
    """A training file.

    Attributes
    ----------
    kind
        ``"tfidf"`` or ``"encoder"``.
    train_on
        Label sets to train on; of ``"authored"`` only the training split.
    note
        What a reader of the model's card has to know about how it was made.
    tfidf, encoder
        Options of the kind.
    """

    kind: Literal["tfidf", "encoder"]
    note: str = ""
    train_on: tuple[Literal["seeds", "authored"], ...] = ("authored",)
    tfidf: TfidfConfig = TfidfConfig()
    encoder: EncoderConfig | None = None


def read_config(path: Path) -> TrainConfig:
    """Read a training file.

    Raises
    ------
    OptionError
        If it cannot be read or has an unknown or wrong field.
    """
    return read_toml(path, TrainConfig)


def train_from_config(
    config_path: Path,
    output: Path,
    labels: Path,
    *,
    encoder: str | None = None,
    outside: Path | None = None,
    checkpoints: Path | None = None,
) -> Manifest:
    """Train what a file describes and write its model folder.

    Calibration and thresholds are fitted on the development split of the authored corpus, which no model is trained on; where
    there is none, the probabilities stay as trained.

    Raises
    ------
    OptionError, LabelsError, MissingExtraError
        If the file, the labels or the environment do not allow it.
    """
    config = read_config(config_path)
    sets = {s.name: s for s in open_sets(labels)}
    missing = [name for name in config.train_on if name not in sets]
    if missing:
        raise OptionError(f"{config_path}: train_on names {', '.join(missing)}, which {labels} does not hold")
    used = [sets[name] for name in config.train_on]
    articles = [a for s in used for a in read_articles(s, "train" if s.name == "authored" else None)]
    dev = read_articles(sets["authored"], "dev") if "authored" in sets else []
    if config.kind == "tfidf":
        return _train_tfidf(config, articles, dev, used, output)
    from carestance.training.encoder import train_encoder

    return train_encoder(config, articles, dev, used, output, outside, checkpoints or Path("runs") / output.name, encoder)


def _train_tfidf(
    config: TrainConfig, articles: Sequence[LabelledArticle], dev: Sequence[LabelledArticle], used: Sequence[LabelSet], output: Path
) -> Manifest:
    sentences, labels, holders, names = flatten(articles)
    model = train_tfidf(sentences, labels, holders, names, TARGETS, config.tfidf.C)
    decision, scores = calibrate(model, lambda d: model.scores(d.sentences)[0], dev)
    with FolderWriter(output) as folder:
        save_tfidf(model, folder.staging / "tfidf.skops")
        render_card(folder.staging, output.name, config, used, articles, dev, decision, scores)
        return folder.finish(kind="tfidf", decision=decision, targets=TARGETS, data_sha256=gold_hash(used), scores=scores)


def calibrate(model: Any, score: Any, dev: Sequence[LabelledArticle]) -> tuple[Decision, dict[str, float]]:
    """Fit calibration and thresholds on the development split's bodies and score the model there."""
    if not dev:
        return Decision(temperature={}, bias={}, thresholds={}), {}
    raw: FloatArray = np.concatenate([score(a.document)[a.body] for a in dev])
    gold: IntArray = np.concatenate([a.labels[a.body] for a in dev])
    decision = fit_decision(raw, gold, model.targets)
    model.decision = decision
    scores = score_all(gold, decision.calibrate(raw, model.targets), model.targets)
    return decision, {f"dev_{name}": round(scores[name], 4) for name in ("f_avg", "topic_f1", "macro_f1", "ece")}


def predict_bodies(model: StanceModel, articles: Sequence[LabelledArticle]) -> tuple[list[IntArray], list[FloatArray]]:
    """Gold labels and predicted probabilities of the bodies, one array an article."""
    predictions = model.predict([a.document for a in articles])
    return [a.labels[a.body] for a in articles], [p.probs[a.body] for a, p in zip(articles, predictions, strict=True)]


__all__ = ["TfidfModel", "TrainConfig", "calibrate", "predict_bodies", "read_config", "stack", "train_from_config"]
