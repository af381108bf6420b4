"""Which parts of a saved page are the article: on the seeds, and on page debris of other sites' kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from carestance.articles.article import segment
from carestance.labels.store import LabelSet

BODY = [
    "The council will hand its children's services to an independent trust next April, the cabinet decided on Tuesday.",
    "Inspectors rated the department inadequate in June. They criticised drift and high caseloads.",
    "“We had no choice,” said Maria Stone, the cabinet member for children.",
    "Unison, which represents most of the 340 staff, has asked for talks with the Department for Education.",
    "A commissioner will report to ministers in the new year on whether the plan is on course.",
]
TITLE = "Council votes to hand children's services to trust"


def units(text: str, kind: str = "body") -> list[str]:
    return [u.text for u in segment(text)[1] if u.kind == kind]


def page(*, before: tuple[str, ...] = (), after: tuple[str, ...] = (), within: tuple[str, ...] = ()) -> str:
    parts = [*before, TITLE, *BODY[:2], *within, *BODY[2:], *after]
    return "\n\n".join(parts) + "\n"


EXPECTED = units("\n\n".join([TITLE, *BODY]))

PAGES = {
    "broadsheet": page(
        before=("Skip to main content", "Support us", "News", "Opinion", "Sport", "This article is more than 5 years old"),
        within=("Sign up to our Society Weekly newsletter for the best comment, delivered to your inbox", "Photograph: Jane Doe/PA"),
        after=("Topics", "Social care", "Children", "Share on Facebook", "Reuse this content", "Most viewed"),
    ),
    "broadcaster": page(
        before=("Home", "News", "Menu", "More"),
        within=("Image source, Getty Images", "Image caption, The civic centre"),
        after=("Related Topics", "Local government", "More on this story", "Council told to improve", "Published 12 March 2019",
               "Related internet links", "The site is not responsible for the content of external sites"),
    ),
    "local press": page(
        before=("We use cookies to give you the best experience on our website.", "Accept all", "Subscribe"),
        within=("Read more: Council leader resigns after vote", "Get the latest news straight to your inbox", "Invalid email"),
        after=("0 comments", "Have your say", "You must sign in to leave a comment", "Most read", "Man arrested after incident in town centre",
               "This website and associated newspapers adhere to the IPSO Editors' Code of Practice.",
               "© Copyright 2001-2024. Registered in England. All rights reserved."),
    ),
    "trade press": page(
        before=("Your browser appears to have cookies disabled.", "Sign in", "Subscribe today", "Latest jobs"),
        after=("Related articles", "Ofsted: trust improves", "Peers debate bill", "More from Community News", "Leave a Reply",
               "Your email address will not be published. Required fields are marked *", "Name *", "Email *", "Website"),
    ),
    "government page": page(
        before=("Cookies on this site", "We use some essential cookies to make this website work.", "Accept additional cookies", "Menu", "Home"),
        after=("Share this page", "Published 12 March 2019", "Is this page useful?", "Yes", "No", "Report a problem with this page"),
    ),
    "blog": page(
        before=("Search", "About", "Posted on 3 May 2016 by admin"),
        after=("Tagged children, councils, trusts", "Like this:", "Loading...", "Previous post", "Next post", "Follow us on Twitter"),
    ),
    "teasers": page(
        after=("You may also like", "Fostering numbers fall again", "The number of foster carers has fallen for a third year in a row, figures show [...]",
               "Read more", "Homes watchdog appointed", "A former director has been named to lead the homes watchdog for the region and will [...]", "Read more"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_page_debris_is_left_out(name: str) -> None:
    title, found = segment(PAGES[name])
    assert title == TITLE
    assert [u.text for u in found if u.kind == "body"] == EXPECTED
    assert {u.kind for u in found} <= {"heading", "body"}


def test_body_of_a_plain_text_is_whole() -> None:
    assert [
        BODY[0],
        "Inspectors rated the department inadequate in June.",
        "They criticised drift and high caseloads.",
        BODY[2],
        BODY[3],
        BODY[4],
    ] == EXPECTED


def test_words_of_furniture_inside_prose_stay() -> None:
    text = "\n\n".join(
        [
            TITLE,
            "A video posted on social media showed councillors who want members to sign up to the plan shouting.",
            "The trust, a registered charity, was first published as an idea in 2014 and costs only £5 a week per resident.",
            "The commissioner will have unlimited access to records, which the council says it will share with parents.",
            "Residents can have your say printed on banners, one councillor joked, if they read more reports than cookies.",
        ]
    )
    assert len(units(text)) == 4


def test_an_offer_inside_the_article_does_not_end_it() -> None:
    text = "\n\n".join(
        [TITLE, *BODY[:4], "Sign up to our weekly newsletter", "Subscribe", BODY[4], "Related articles", "Ofsted: trust improves"]
    )
    assert units(text) == EXPECTED


def test_wrapped_text_is_joined() -> None:
    text = (
        "Council votes to hand over children's services\n\n"
        "The council will hand its children's services to an independent\ntrust next April, the cabinet decided on Tuesday, after a long\n"
        "and at times heated debate. Opposition members walked out before\nthe vote.\n\n"
        "A commissioner will report to ministers in the new year on whether\nthe plan is on course. Nobody expects a change.\n"
    )
    assert [" ".join(u.split()) for u in units(text)] == [
        "The council will hand its children's services to an independent trust next April, the cabinet decided on Tuesday, "
        "after a long and at times heated debate.",
        "Opposition members walked out before the vote.",
        "A commissioner will report to ministers in the new year on whether the plan is on course.",
        "Nobody expects a change.",
    ]


def test_lists_and_numbered_headings() -> None:
    text = "\n".join(
        [
            TITLE,
            "",
            "The report names three options for the future of the service, all of them costly.",
            "1. The trust",
            "A trust would take a year to set up and would cost about £3m in its first year.",
            "The union asked for:",
            "• no transfer before the next inspection",
            "• a seat on the board for staff",
        ]
    )
    found = segment(text)[1]
    assert ("heading", "The trust") in {(u.kind, u.text) for u in found}
    assert "no transfer before the next inspection" in [u.text for u in found if u.kind == "body"]


def test_comments_are_comments() -> None:
    text = page(
        after=("2 comments", "Jo Park May 9, 2014 at 4:45 pm", "This will end in tears, as it always does.", "Reply", "Leave a Reply")
    )
    assert units(text, "comment") == ["This will end in tears, as it always does."]
    assert units(text) == EXPECTED


def test_seeds_are_found_whole(seeds: LabelSet, seed_files: list[Path]) -> None:
    """Every unit of the labelled seeds is found again with its offsets and kind; nothing else is."""
    found = {(p.stem, u.kind, u.start, u.end) for p in seed_files for u in segment(p.read_text(encoding="utf-8"))[1]}
    assert found == {(u.article, u.kind, u.start, u.end) for u in seeds.units}
