"""Windows: every sentence is read, none is cut silently."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carestance.models.windows import SentenceTokenizer, WindowSpec, build_windows, pad_batch, plain


class Tokens(SentenceTokenizer):
    """Special tokens alone; sentences come as ids."""

    def __init__(self) -> None:
        self.cls_id, self.sep_id, self.pad_id = 1, 2, 0


@given(
    st.lists(st.integers(0, 60), max_size=30),
    st.integers(0, 12),
    st.integers(24, 64),
    st.integers(0, 3),
    st.integers(0, 5),
)
def test_every_token_is_scored_once_in_order(lengths: list[int], title: int, size: int, context: int, first: int) -> None:
    sentences = [[100 + i] * n for i, n in enumerate(lengths)]
    windows = build_windows(sentences, [7] * title, Tokens(), WindowSpec(size, context), first=first)
    scored: dict[int, int] = {}
    for window in windows:
        assert len(window.ids) <= size
        assert window.ids[0] == 1
        for unit, start, end in window.spans:
            assert set(window.ids[start : end - 1]) <= {100 + unit}
            assert window.ids[end - 1] == 2
            scored[unit] = scored.get(unit, 0) + end - 1 - start
    assert scored == dict(enumerate(lengths))
    order = [unit for w in windows for unit, _, _ in w.spans]
    assert order == sorted(order)


def test_context_is_read_but_not_scored() -> None:
    windows = build_windows([[10] * 15, [11] * 3, [12] * 10], [], Tokens(), WindowSpec(26, 1))
    assert [[unit for unit, _, _ in w.spans] for w in windows] == [[0, 1], [2]]
    assert 11 in windows[1].ids


def test_padding_keeps_spans_on_their_tokens() -> None:
    windows = build_windows([[10] * 5, [11] * 3], [], Tokens(), WindowSpec(8, 0))
    ids, mask, spans = pad_batch(windows, 0)
    assert ids.shape == mask.shape == (2, 7)
    assert mask.sum(1).tolist() == [7, 5]
    assert spans.sum(2).tolist() == [[6.0], [4.0]]


def test_typography_is_folded() -> None:
    assert plain("“It’s\u00a0here” – now…") == plain('"It\'s here" - now...')
