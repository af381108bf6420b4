"""Windows over an article for a sentence classifier that reads sentences in context.

Sequential sentence classification (Cohan et al., 2019): consecutive sentences share one window, the window goes
through the encoder once, and each sentence is pooled from its own tokens. Training and tagging build their
windows here, from token ids alone, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "…": "..."})


def plain(text: str) -> str:
    """Fold typographic quotes, dashes and spaces, so that they cannot change a label."""
    return " ".join(text.translate(_PLAIN).split())


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """How an article is cut into windows.

    Attributes
    ----------
    max_tokens
        Longest window, in tokens, special ones counted.
    context_sentences
        Sentences of the window before that are read again, unscored, at the start of the next.
    title
        Whether each window opens with the article's title.
    """

    max_tokens: int = 256
    context_sentences: int = 2
    title: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids of one window and where the scored sentences lie in it.

    Attributes
    ----------
    ids
        Token ids, special ones included.
    spans
        ``(unit, start, end)`` a scored sentence: its place in the article's list of units and the token range
        in :attr:`ids`. A sentence longer than a window has a span in each of several windows.
    """

    ids: list[int]
    spans: list[tuple[int, int, int]] = field(default_factory=list)


class SentenceTokenizer:
    """Turns titles, statements and sentences into token ids without special tokens.

    Parameters
    ----------
    tokenizer
        A `tokenizers` tokenizer; truncation and padding are switched off.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self.cls_id = self._special("[CLS]", "<s>")
        self.sep_id = self._special("[SEP]", "</s>")
        self.pad_id = self._special("[PAD]", "<pad>")

    def _special(self, *names: str) -> int:
        for name in names:
            found = self._tokenizer.token_to_id(name)
            if found is not None:
                return int(found)
        raise ValueError(f"the tokenizer has none of the special tokens {', '.join(names)}")

    def save(self, path: Path) -> None:
        """Write the tokenizer as ``tokenizer.json``."""
        self._tokenizer.save(str(path), pretty=False)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text; typographic variants are folded first."""
        encoded = self._tokenizer.encode_batch_fast([plain(t) for t in texts], add_special_tokens=False)
        return [e.ids for e in encoded]


def build_windows(
    sentences: Sequence[Sequence[int]],
    title: Sequence[int],
    tokens: SentenceTokenizer,
    spec: WindowSpec,
    statement: Sequence[int] = (),
    first: int = 0,
) -> list[Window]:
    """Cut an article into windows.

    Parameters
    ----------
    sentences
        Token ids of each unit.
    title
        Token ids of the title; ``[]`` for none.
    tokens
        Knows the special tokens.
    spec
        Window length and context.
    statement
        Token ids of a target's statement put in front, for target-conditioned encoders.
    first
        Number of sentences in the first window at most, ``0`` for as many as fit; training varies it, so that a
        sentence is seen in changing surroundings.

    Returns
    -------
    list of Window
        Every sentence is scored at least once; only a sentence longer than a window more than once.
    """
    head = [tokens.cls_id, *statement, tokens.sep_id] if statement else [tokens.cls_id]
    if spec.title and title:
        head = [*head, *title[: spec.max_tokens // 4], tokens.sep_id]
    room = spec.max_tokens - len(head)
    windows: list[Window] = []
    current = Window(list(head))
    position = 0
    while position < len(sentences):
        size = len(sentences[position]) + 1
        fits = len(current.ids) + size <= spec.max_tokens
        full = first and not windows and len(current.spans) >= first
        if fits and not full:
            start = len(current.ids)
            current.ids.extend(sentences[position])
            current.ids.append(tokens.sep_id)
            current.spans.append((position, start, start + size))
            position += 1
            continue
        if current.spans:
            windows.append(current)
        current = Window(list(head))
        if size > room:
            windows.extend(_pieces(sentences[position], position, head, tokens.sep_id, room))
            position += 1
            continue
        for before in range(_context_start(sentences, position, spec, room - size), position):
            current.ids.extend(sentences[before])
            current.ids.append(tokens.sep_id)
    if current.spans:
        windows.append(current)
    return windows


def _context_start(sentences: Sequence[Sequence[int]], position: int, spec: WindowSpec, room: int) -> int:
    """First sentence of the context: as many as asked for that leave at least half the room for new ones."""
    used, start = 0, position
    while start > 0 and position - start < spec.context_sentences:
        used += len(sentences[start - 1]) + 1
        if used > room // 2:
            break
        start -= 1
    return start


def _pieces(sentence: Sequence[int], unit: int, head: list[int], sep_id: int, room: int) -> list[Window]:
    """Windows over a sentence that fits into none; its scores are averaged by length."""
    step = room - 1
    return [
        Window([*head, *sentence[at : at + step], sep_id], [(unit, len(head), len(head) + len(sentence[at : at + step]) + 1)])
        for at in range(0, len(sentence), step)
    ]


def pad_batch(windows: Sequence[Window], pad_id: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Stack windows into arrays.

    Returns
    -------
    ids : ndarray of int64, shape (windows, tokens)
    mask : ndarray of int64, shape (windows, tokens)
    spans : ndarray of float32, shape (windows, sentences, tokens)
        1 where a token belongs to the sentence.
    """
    n_tokens = max(len(w.ids) for w in windows)
    n_spans = max(len(w.spans) for w in windows)
    ids = np.full((len(windows), n_tokens), pad_id, dtype=np.int64)
    mask = np.zeros((len(windows), n_tokens), dtype=np.int64)
    spans = np.zeros((len(windows), n_spans, n_tokens), dtype=np.float32)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
        for column, (_, start, end) in enumerate(window.spans):
            spans[row, column, start:end] = 1.0
    return ids, mask, spans
