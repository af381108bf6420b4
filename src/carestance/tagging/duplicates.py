"""Syndicated copies among articles: the same text, and nearly the same text.

Near copies are found by MinHash signatures of word 5-grams (Broder, 1997) in bands (Leskovec, Rajaraman & Ullman, *Mining of Massive
Datasets*, ch. 3): a pair that shares 80% of its word sequences is found with probability .91, one that shares 90% with .995.
"""

from __future__ import annotations

import re
import zlib

import numpy as np
import numpy.typing as npt

from carestance.articles.article import Article
from carestance.tagging.rows import CopyMark

#: Estimated share of word sequences in common from which two articles count as near copies.
THRESHOLD = 0.75
_BANDS, _ROWS = 6, 5
_SHINGLE = 5
_ALMOST = 0.999
#: Shorter texts ("Page not found.") are alike by nature.
_MIN_WORDS = 40
_WORD = re.compile(r"\w+")
_rng = np.random.default_rng(20_01)
# Odd multipliers modulo 2**64 are permutations; the upper bits are well mixed.
_MULTIPLIERS = _rng.integers(1, 2**63, size=_BANDS * _ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
Signature = npt.NDArray[np.uint32]


def signature(text: str) -> Signature | None:
    """MinHash signature of a text, shape (bands * rows,); ``None`` for one that is too short to compare."""
    words = _WORD.findall(text.lower())
    if len(words) < _MIN_WORDS:
        return None
    codes = np.array([zlib.crc32(w.encode("utf-8", "surrogatepass")) for w in words], dtype=np.uint64)
    grams = np.zeros(len(codes) - _SHINGLE + 1, dtype=np.uint64)
    for i in range(_SHINGLE):
        grams = (grams ^ codes[i : i + len(grams)]) * np.uint64(0x9E3779B97F4A7C15)
        grams ^= grams >> np.uint64(29)
    lowest = np.array([((grams * m) >> np.uint64(32)).min() for m in _MULTIPLIERS])
    return lowest.astype(np.uint32)


class CopyFinder:
    """Remembers articles and says which earlier one a new one repeats.

    Memory grows by about a kilobyte an article.
    """

    def __init__(self) -> None:
        self._by_hash: dict[bytes, int] = {}
        self._bands: dict[bytes, int] = {}
        self._names: list[str] = []
        self._signatures: list[Signature | None] = []

    def add(self, article: Article) -> CopyMark | None:
        """Remember an article; its mark if it repeats an earlier one."""
        digest = bytes.fromhex(article.sha256)[:16] + article.title.encode("utf-8", "surrogatepass")
        if digest in self._by_hash:
            return CopyMark(self._names[self._by_hash[digest]], 1.0)
        self._by_hash[digest] = number = len(self._names)
        self._names.append(article.id)
        own = signature(article.text)
        self._signatures.append(own)
        return self._near(own, number) if own is not None else None

    def _near(self, own: Signature, number: int) -> CopyMark | None:
        best, similarity = -1, 0.0
        for band in range(_BANDS):
            key = bytes([band]) + own[band * _ROWS : (band + 1) * _ROWS].tobytes()
            other = self._bands.setdefault(key, number)
            theirs = self._signatures[other]
            if other != number and theirs is not None:
                share = float((own == theirs).mean())
                if share > similarity:
                    best, similarity = other, share
        # An estimate of 1 is not the same text: only the hash says that.
        return CopyMark(self._names[best], min(similarity, _ALMOST)) if similarity >= THRESHOLD else None
