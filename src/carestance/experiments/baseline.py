"""Scores of the baseline: on the seeds with one article left out, from authored texts to the seeds, and a learning curve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from carestance.experiments.metrics import IntArray, Interval, bootstrap, f_avg, macro_f1, topic_f1
from carestance.models.protocol import StanceModel
from carestance.models.tfidf import train_tfidf
from carestance.schema import TARGETS
from carestance.training.data import LabelledArticle, flatten

SCORES: dict[str, Callable[[IntArray, IntArray], float]] = {"f_avg": f_avg, "macro_f1": macro_f1, "topic_f1": topic_f1}
Predict = Callable[[Sequence[LabelledArticle]], list[IntArray]]


@dataclass(frozen=True, slots=True)
class Result:
    """Scores of one model on one set of articles.

    Attributes
    ----------
    model, train, test
        What was scored, trained on what, tested on what.
    scores
        By name, pooled over targets and also by target for F-avg.
    """

    model: str
    train: str
    test: str
    scores: dict[str, Interval]


def score(model: str, train: str, test: str, articles: Sequence[LabelledArticle], predicted: Sequence[IntArray], n: int = 1000) -> Result:
    """Score predicted labels of article bodies with intervals over articles."""
    gold = [a.labels[a.body] for a in articles]
    scores = {name: bootstrap(function, gold, predicted, n=n) for name, function in SCORES.items()}
    for t, target in enumerate(TARGETS):
        scores[f"f_avg_{target}"] = bootstrap(f_avg, [g[:, t] for g in gold], [p[:, t] for p in predicted], n=n)
    return Result(model, train, test, scores)


def fit_majority(articles: Sequence[LabelledArticle]) -> Predict:
    """Make a model that always gives each target's most frequent label."""
    labels = np.concatenate([a.labels[a.body] for a in articles])
    most = np.array([Counter(column.tolist()).most_common(1)[0][0] for column in labels.T])
    return lambda test: [np.tile(most, (int(a.body.sum()), 1)) for a in test]


def fit_tfidf(articles: Sequence[LabelledArticle]) -> Predict:
    """Train the baseline."""
    return predict_with(train_tfidf(*flatten(articles), TARGETS))


def predict_with(model: StanceModel) -> Predict:
    """Most probable labels of article bodies."""
    return lambda test: [p.probs[a.body].argmax(-1) for a, p in zip(test, model.predict([a.document for a in test]), strict=True)]


def leave_one_out(articles: Sequence[LabelledArticle], fit: Callable[[Sequence[LabelledArticle]], Predict]) -> list[IntArray]:
    """Predict each article's body with a model trained on the others."""
    return [fit([a for a in articles if a is not held])([held])[0] for held in articles]


def learning_curve(
    train: Sequence[LabelledArticle],
    tests: Mapping[str, Sequence[LabelledArticle]],
    shares: Sequence[float] = (0.1, 0.25, 0.5, 1.0),
    seed: int = 0,
) -> list[Result]:
    """Score the baseline trained on growing shares of the texts; each share contains the smaller ones."""
    order = np.random.default_rng(seed).permutation(len(train))
    results = []
    for share in shares:
        part = [train[i] for i in order[: max(2, round(share * len(train)))]]
        predict = fit_tfidf(part)
        results += [score("tfidf", f"{share:.0%} of authored", name, test, predict(test)) for name, test in tests.items()]
    return results
