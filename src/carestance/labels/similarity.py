"""Near copies among sentences, by character n-grams (Broder, 1997: resemblance of shingle sets)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
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
    rare = _rarest(grams, threshold)
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(kept), _BLOCK):
        pairs = (rare[start : start + _BLOCK] @ rare.T).tocoo()
        rows, columns = pairs.row + start, pairs.col
        later = rows > columns
        rows, columns = rows[later], columns[later]
        common = np.asarray(grams[rows].multiply(grams[columns]).sum(axis=1)).ravel()
        similarity = common / (sizes[rows] + sizes[columns] - common)
        for row, column, value in zip(rows, columns, similarity, strict=True):
            if value >= threshold:
                found.append((kept[column], kept[row], float(value)))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def _rarest(grams: Any, threshold: float) -> Any:
    """Keep each row's rarest n-grams, so many that two rows as alike as the threshold share one (Chaudhuri et al., 2006: prefix filter)."""
    frequency = np.asarray(grams.sum(axis=0)).ravel()
    sizes = np.diff(grams.indptr)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((grams.indices, frequency[grams.indices], rows))
    place = np.arange(len(rows)) - grams.indptr[rows]
    kept = place < (sizes - np.ceil(threshold * sizes) + 1)[rows]
    columns = grams.indices[order][kept]
    return csr_matrix((np.ones(len(columns), dtype=np.float32), (rows[kept], columns)), shape=grams.shape)


def groups_of(pairs: Sequence[tuple[int, int, float]]) -> dict[int, list[int]]:
    """Later sentences by the first one that each nearly repeats."""
    groups: dict[int, list[int]] = defaultdict(list)
    for first, second, _ in pairs:
        groups[first].append(second)
    return dict(groups)
