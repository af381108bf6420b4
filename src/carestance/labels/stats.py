"""Counts of a label set, and how varied its language is."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from carestance.labels.store import LabelSet
from carestance.schema import LABELS, TARGETS

_WORD = re.compile(r"[a-z][a-z'-]*")


@dataclass(frozen=True, slots=True)
class Diversity:
    """How varied the sentences of a set are.

    Attributes
    ----------
    tokens, types
        Running words and different words.
    type_token_ratio
        Mean over stretches of 1,000 running words, which makes sets of different size comparable (Johnson, 1944).
    repeated
        Most repeated 5-grams of words with their counts.
    lengths
        Words a sentence: 5th, 25th, 50th, 75th and 95th percentile.
    """

    tokens: int
    types: int
    type_token_ratio: float
    repeated: list[tuple[str, int]]
    lengths: tuple[int, ...]


def label_counts(label_set: LabelSet, *, kind: str = "body", by: str = "set") -> dict[str, dict[str, Counter[str]]]:
    """Count labels a target, and holders of sides.

    Parameters
    ----------
    label_set
        The set.
    kind
        Kind of unit to count.
    by
        ``"set"``, ``"article"``, ``"split"`` or ``"writer"``.

    Returns
    -------
    dict
        group -> target (or ``"holder"``) -> label -> count.
    """
    counts: dict[str, dict[str, Counter[str]]] = {}
    for row in label_set.gold:
        if row.kind != kind:
            continue
        group = label_set.name if by == "set" else str(getattr(row, by))
        entry = counts.setdefault(group, {name: Counter({str(label): 0 for label in LABELS}) for name in TARGETS} | {"holder": Counter()})
        for target in TARGETS:
            entry[target][row.label(target)] += 1
        if row.holder:
            entry["holder"][row.holder] += 1
    return counts


def diversity(label_set: LabelSet, *, most: int = 10) -> Diversity:
    """Describe how varied the body sentences of a set are."""
    sentences = [row.text for row in label_set.gold if row.kind == "body"]
    words = [_WORD.findall(s.lower().replace("’", "'")) for s in sentences]
    running = [word for sentence in words for word in sentence]
    stretches = [running[i : i + 1000] for i in range(0, max(len(running) - 999, 1), 1000)]
    ratio = float(np.mean([len(set(s)) / len(s) for s in stretches])) if running else 0.0
    grams = Counter(" ".join(s[i : i + 5]) for s in words for i in range(len(s) - 4))
    lengths = np.percentile([len(s.split()) for s in sentences], [5, 25, 50, 75, 95]) if sentences else np.zeros(5)
    return Diversity(len(running), len(set(running)), ratio, grams.most_common(most), tuple(int(x) for x in lengths))
