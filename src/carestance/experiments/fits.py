"""Training the models of article cells: from training articles to a function that predicts."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from carestance.errors import MissingExtraError, ModelError, OptionError
from carestance.experiments.cells import Cell, CellSkippedError, Project, encoder_config_path
from carestance.experiments.predictions import Predictions, join
from carestance.experiments.spec import Encoder, Majority, Shipped, Tfidf
from carestance.experiments.splits import folds
from carestance.models.calibration import Decision
from carestance.models.protocol import Document, Prediction
from carestance.models.shipped import find_model
from carestance.models.store import load_model
from carestance.schema import LABELS, TARGETS
from carestance.training.data import LabelledArticle, flatten, read_articles
from carestance.training.train import EncoderConfig, calibrate, read_config

Articles = Sequence[LabelledArticle]
Predict = Callable[[Sequence[Document]], list[Prediction]]
_NO_DECISION = Decision(temperature={}, bias={}, thresholds={})
#: Steps of scikit-learn's union that a choice of n-grams leaves out.
_DROPPED = {"word+char": (), "word": ("hashingvectorizer-2",), "char": ("hashingvectorizer-1",)}


def predict_articles(cell: Cell, project: Project, limit: int = 0) -> Predictions:
    """Predict the test articles of a cell with models that did not see them.

    Parameters
    ----------
    cell
        A cell of a study of articles.
    project
        Where labels and encoders are.
    limit
        Only so many test articles; ``0`` for all.

    Raises
    ------
    CellSkippedError
        If what an encoder cell needs is not here.
    """
    if cell.split is None:
        raise OptionError(f"{cell.title}: a study of articles needs a split")
    # Where authored texts are trained on, calibration and thresholds are fitted on their development split, as in training.
    dev = read_articles(project.label_sets["authored"], "dev") if "authored" in cell.split.train else []
    articles: list[LabelledArticle] = []
    predictions: list[Prediction] = []
    decision = _NO_DECISION
    for train, test in folds(project.label_sets, cell.split, limit):
        key = _training_key(cell, test)
        if key not in project.fitted:
            project.fitted[key] = _fit(cell, project, train, dev)
        predict, decision = project.fitted[key]
        articles += test
        predictions += predict([a.document for a in test])
    return join(articles, predictions, decision)


def _training_key(cell: Cell, test: Articles) -> str:
    """What a trained model depends on, within one run: the name of the model and the test articles say nothing of it."""
    split = cell.split
    if split is None or isinstance(cell.model, Shipped):
        return cell.model.model_dump_json()
    held_out = [a.id for a in test] if "other_seeds" in split.train else []
    return json.dumps([cell.model.model_dump(mode="json", exclude={"name"}), split.train, split.share, cell.seed, held_out])


def _fit(cell: Cell, project: Project, train: Articles, dev: Articles) -> tuple[Predict, Decision]:
    model = cell.model
    if isinstance(model, Majority):
        return fit_majority(train), _NO_DECISION
    if isinstance(model, Tfidf):
        return fit_tfidf(model, train, dev)
    if isinstance(model, Shipped):
        loaded: Any = load_model(find_model(model.name), threads=1)[0]
        return loaded.predict, loaded.decision
    if isinstance(model, Encoder):
        return fit_encoder(cell, model, project, train, dev)
    raise OptionError(f"{cell.title}: {model.kind} is no model of articles")


def fit_majority(train: Articles) -> Predict:
    """A model that always gives each target's most frequent label, and the more frequent holder."""
    labels = np.concatenate([a.labels[a.body] for a in train])
    holders = np.concatenate([a.holders[a.body] for a in train])
    most = [Counter(column.tolist()).most_common(1)[0][0] for column in labels.T]
    probs = np.eye(len(LABELS))[most]
    other = float((holders == 1).sum() > (holders == 0).sum())
    return lambda documents: [Prediction(np.tile(probs, (len(d.sentences), 1, 1)), np.full(len(d.sentences), other)) for d in documents]


def fit_tfidf(options: Tfidf, train: Articles, dev: Articles) -> tuple[Predict, Decision]:
    """Train the baseline, calibrated on ``dev`` where there is one."""
    from carestance.models.tfidf import TfidfClassifier, TfidfModel, make_features
    from carestance.models.windows import plain

    sentences, labels, holders, names = flatten(train)
    features = make_features().set_params(**{f"featureunion__{step}": "drop" for step in _DROPPED[options.ngrams]})
    x, groups, known = features.fit_transform([plain(s) for s in sentences]), np.asarray(names), holders >= 0
    classifiers = {t: TfidfClassifier(options.C, options.folds).fit(x, labels[:, i], groups) for i, t in enumerate(TARGETS)}
    holder = TfidfClassifier(options.C, options.folds).fit(x[known], holders[known], groups[known])
    model = TfidfModel(features, classifiers, holder, _NO_DECISION)
    decision, _ = calibrate(model, lambda d: model.scores(d.sentences)[0], dev)
    return model.predict, decision


def fit_encoder(cell: Cell, options: Encoder, project: Project, train: Articles, dev: Articles) -> tuple[Predict, Decision]:
    """Train an encoder as its training file says and calibrate it on ``dev``.

    Raises
    ------
    CellSkippedError
        If torch, the encoder's folder or outside stance data that the file asks for are not here.
    """
    from carestance.models.onnx import GRAPH, TOKENIZER, OnnxModel
    from carestance.models.windows import WindowSpec
    from carestance.training.encoder import require_torch, train_network

    try:
        require_torch()
    except MissingExtraError as error:
        raise CellSkippedError(str(error)) from error
    config = encoder_config(project, options)
    if config.sha256 is None:
        raise ModelError(f"{options.config}: names no sha256, by which an --encoder folder is known")
    if config.outside_epochs and project.outside is None:
        raise CellSkippedError("needs the folder of outside stance data (--outside)")
    config = config.model_copy(update={"encoder": str(project.find_encoder(config.sha256))})
    from carestance.training.export import export_onnx

    network, tokens = train_network(config, cell.seed, train, outside=project.outside)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export_onnx(network, folder / GRAPH, quantise=config.quantise)
        tokens.save(folder / TOKENIZER)
        model = OnnxModel.open(folder, WindowSpec(config.max_tokens, config.context_sentences), TARGETS, _NO_DECISION)
        decision, _ = calibrate(model, lambda d: model.scores([d])[0][0], dev)
    return model.predict, decision


def encoder_config(project: Project, options: Encoder) -> EncoderConfig:
    """Options of an encoder cell: its training file's, with the overrides.

    Raises
    ------
    OptionError
        If the file is for another kind of model, or an override is unknown.
    """
    path = encoder_config_path(project, options)
    config = read_config(path).encoder
    if config is None:
        raise OptionError(f"{path}: describes no encoder")
    unknown = set(options.overrides) - set(EncoderConfig.model_fields)
    if unknown:
        raise OptionError(f"{options.name}: overrides name {', '.join(sorted(unknown))}, which no encoder has")
    return EncoderConfig.model_validate(config.model_dump() | options.overrides)
