"""Gold labels as arrays."""

from __future__ import annotations

import numpy as np

from carestance.labels.store import LabelSet
from carestance.training.data import read_articles


def test_soft_labels_lean_to_the_settled_one(seeds: LabelSet) -> None:
    for article in read_articles(seeds):
        np.testing.assert_allclose(article.soft.sum(-1), 1.0)
        assert (article.soft.argmax(-1) == article.labels).all()
