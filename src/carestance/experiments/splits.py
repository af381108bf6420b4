"""Splits of the labelled articles into training and test parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from carestance.experiments.spec import Split
from carestance.labels.store import LabelSet
from carestance.training.data import LabelledArticle, read_articles


def folds(
    label_sets: Mapping[str, LabelSet], split: Split, limit: int = 0
) -> Iterator[tuple[list[LabelledArticle], list[LabelledArticle]]]:
    """Training and test articles of each fold: one fold, or one a seed article where the other seeds are trained on.

    Parameters
    ----------
    label_sets
        Seeds and authored corpus by name.
    split
        The split.
    limit
        Only so many test articles, the first ones; ``0`` for all.
    """
    authored = share_of_texts(read_articles(label_sets["authored"], "train"), split.share) if "authored" in split.train else []
    test = read_articles(label_sets["seeds"]) if split.test == "seeds" else read_articles(label_sets["authored"], "dev")
    chosen = test[:limit] if limit else test
    if "other_seeds" not in split.train:
        yield authored, chosen
        return
    for held in chosen:
        yield authored + [a for a in test if a is not held], [held]


def share_of_texts(articles: list[LabelledArticle], share: float, seed: int = 0) -> list[LabelledArticle]:
    """A share of articles drawn at random, the same for every model; each share holds the smaller ones."""
    if share == 1.0:
        return articles
    order = np.random.default_rng(seed).permutation(len(articles))
    return [articles[i] for i in order[: max(2, round(share * len(articles)))]]
