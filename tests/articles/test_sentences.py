"""Sentence boundaries in British prose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carestance.articles.sentences import split_sentences


def split(text: str) -> list[str]:
    return [text[s:e] for s, e in split_sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Cllr. Smith met the Rt. Hon. Edward Timpson MP at No. 10 on Tues. 3 May.",
        "St. Helens and St. Albans will share a director, Dr. J. K. Rowe said.",
        "The panel, i.e. the three commissioners, met at 4.30 p.m. in Sandwell.",
        "Spending rose 3.5 per cent to £1.2m, according to Achieving for Children Ltd.",
        '"Is this really the answer?" asked Councillor Jean Brown.',
        "“It cannot work!” Professor Jones said.",
        "“Who runs it?” the union's regional officer asked.",
        "See paras. 4 to 6 and fig. 2 of the report (cf. Munro, 2011).",
        "The U.K. government disagreed.",
        "Prof. Le Grand et al. found no evidence.",
    ],
)
def test_stays_one_sentence(text: str) -> None:
    assert split(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Councils object. Ministers do not.", ["Councils object.", "Ministers do not."]),
        ("He said no. Ten councils agreed.", ["He said no.", "Ten councils agreed."]),
        ("Not so fast… The bill fell.", ["Not so fast…", "The bill fell."]),
        ("“It failed. We told them so,” she said.", ["“It failed.", "We told them so,” she said."]),
        ("“It failed.” Ofsted returned in May.", ["“It failed.”", "Ofsted returned in May."]),
        ("What, nobody? Last time it cost billions.", ["What, nobody?", "Last time it cost billions."]),
        ("It moved to Slough Trust Ltd. The council paid.", ["It moved to Slough Trust Ltd.", "The council paid."]),
        ("They know better than I. That was clear.", ["They know better than I.", "That was clear."]),
        ("It was done.[1] Nobody asked.", ["It was done.[1]", "Nobody asked."]),
        ("That was where they sat. The meeting ended.", ["That was where they sat.", "The meeting ended."]),
        ("Costs rose. 152 councils wrote. £3m went.", ["Costs rose.", "152 councils wrote.", "£3m went."]),
    ],
)
def test_splits(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@given(st.text(alphabet=st.sampled_from("aB. !?“”\"'’…\n\t1£Z"), max_size=80))
def test_spans_cover_every_character_in_order(text: str) -> None:
    spans = split_sentences(text)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))
    covered = {i for start, end in spans for i in range(start, end)}
    assert all(i in covered for i, c in enumerate(text) if not c.isspace())
