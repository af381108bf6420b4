"""Near copies among sentences, by character n-grams (Broder, 1997: resemblance of shingle sets)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

#: Jaccard similarity of character 5-gram sets from which two sentences count as near copies.
THRESHOLD = 0.6
#: Shorter sentences ("He agreed.") repeat by nature and are not compared.
MIN_WORDS = 6
_BLOCK = 512


def near_copies(sentences: Sequence[str], threshold: float = THRESHOLD) -> list[tuple[int, int, float]]:
    """Pairs of sentences that nearly repeat each other.

    Parameters
    ----------
    sentences
        The sentences to compare, each with each.
    threshold
        Least Jaccard similarity of their sets of character 5-grams.

    Returns
    -------
    list of (int, int, float)
        Indices (first < second) and similarity, in order of the second index.
    """
    kept = [i for i, s in enumerate(sentences) if len(s.split()) >= MIN_WORDS]
    if len(kept) < 2:
        return []
    vectorizer = CountVectorizer(analyzer="char_wb", ngram_range=(5, 5), binary=True, dtype=np.float32)
    grams = vectorizer.fit_transform([sentences[i].lower() for i in kept]).tocsr()
    sizes = np.asarray(grams.sum(axis=1)).ravel()
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(kept), _BLOCK):
        shared = (grams[start : start + _BLOCK] @ grams.T).tocoo()
        rows, columns = shared.row + start, shared.col
        later = rows > columns
        rows, columns, common = rows[later], columns[later], shared.data[later]
        similarity = common / (sizes[rows] + sizes[columns] - common)
        for row, column, value in zip(rows, columns, similarity, strict=True):
            if value >= threshold:
                found.append((kept[column], kept[row], float(value)))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def groups_of(pairs: Sequence[tuple[int, int, float]]) -> dict[int, list[int]]:
    """Later sentences by the first one that each nearly repeats."""
    groups: dict[int, list[int]] = defaultdict(list)
    for first, second, _ in pairs:
        groups[first].append(second)
    return dict(groups)
