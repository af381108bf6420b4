"""Speakers named in the text."""

from __future__ import annotations

import pytest

from carestance.articles.article import Unit, segment
from carestance.tagging.holder import SpeakerTracker


def speakers(text: str) -> list[str]:
    tracker = SpeakerTracker()
    return [tracker.speaker(u) for u in segment(text)[1]]


@pytest.mark.parametrize(
    ("sentence", "speaker"),
    [
        ("“Structures are a distraction,” said Alison O’Sullivan, vice-president of the ADCS.", "Alison O’Sullivan"),
        ("Dr Maria Stone, the chief executive, said the trust had worked.", "Dr Maria Stone"),
        ("The report argues that councils need more freedom.", "The report"),
        ("Unison has warned that jobs will go.", "Unison"),
        ("According to the Local Government Association, trusts cost more.", "the Local Government Association"),
        ("Ministers want a third of services in trusts by 2020.", "Ministers"),
        ("It takes a year to set up a trust and nobody has counted the cost.", ""),
        ("The council must decide by May whether to join.", ""),
    ],
)
def test_speaker_of_a_sentence(sentence: str, speaker: str) -> None:
    assert speakers(sentence) == [speaker]


def test_pronouns_and_open_quotations_go_on_with_the_last_speaker() -> None:
    text = (
        "“We were never asked,” said Jean Brown, who chairs the union branch. “The plan is wrong. It will cost jobs.”\n\n"
        "She added that members would vote in May.\n\n"
        "The vote is on 3 May."
    )
    assert speakers(text) == ["Jean Brown", "Jean Brown", "Jean Brown", "Jean Brown", ""]


def test_holder_of_a_comment_is_other() -> None:
    tracker = SpeakerTracker()
    assert tracker.holder(Unit(0, "comment", 0, 1, "x"), 0.0) == "other"
    assert tracker.holder(Unit(0, "body", 0, 1, "x"), 0.9) == "other"
    assert tracker.holder(Unit(0, "body", 0, 1, "x"), 0.1) == "author"
