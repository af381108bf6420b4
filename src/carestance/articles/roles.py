"""The part each block of a saved page plays: title, heading, body, comment or furniture.

A page is read once from the top through zones - head, body, tail, comments - on the evidence of the block's own
words (:mod:`carestance.articles.furniture`), its shape and its neighbours. Prose is dropped only on strong
evidence, since a lost sentence costs a user more than a stray line of debris.
"""

from __future__ import annotations

from enum import StrEnum

from carestance.articles import furniture as page
from carestance.articles.layout import Block

#: A block of this many words that ends like a sentence is prose.
PROSE_WORDS = 9
#: Prose is still taken for an article's own when unterminated, from this length on.
LONG_WORDS = 22
HEADING_WORDS = 18
TITLE_WORDS = 32
#: A longer line is no headline, however few words it has: the title stands in every row.
TITLE_LENGTH = 500
#: After an end marker, this many paragraphs of prose show that it was an inset, not the end.
INSET_PARAGRAPHS = 3
#: A teaser is a headline and at most this many paragraphs above its "read more".
TEASER_PARAGRAPHS = 4


class Role(StrEnum):
    """Part of a block in its page."""

    TITLE = "title"
    HEADING = "heading"
    BODY = "body"
    COMMENT = "comment"
    FURNITURE = "furniture"


def is_prose(block: Block) -> bool:
    """Whether a block reads as a paragraph of sentences."""
    return (block.n_words >= PROSE_WORDS and block.terminated) or block.n_words >= LONG_WORDS


def _is_headline(block: Block) -> bool:
    if len(block.text) > TITLE_LENGTH:
        return False
    return block.n_words <= TITLE_WORDS and not (block.terminated and block.text[-1] in ".;:")


def _mark_teasers(blocks: list[Block], dropped: list[bool]) -> None:
    """Drop the headline and paragraphs above each bare "read more", where they are another article's."""
    prose = [i for i, block in enumerate(blocks) if not dropped[i] and is_prose(block)]
    top = 0
    for i, block in enumerate(blocks):
        if not page.is_read_on(block.text):
            continue
        first = i - 1
        while first >= 0 and i - first <= TEASER_PARAGRAPHS and not dropped[first] and is_prose(blocks[first]):
            first -= 1
        paragraphs = blocks[first + 1 : i]
        has_headline = first >= 0 and not dropped[first] and _is_headline(blocks[first]) and not is_prose(blocks[first])
        cut_off = any(page.is_cut_off(b.text) for b in paragraphs)
        # At the very top of a page a headline with one paragraph and "read more" is an advertisement of another page.
        while top < len(prose) and dropped[prose[top]]:
            top += 1
        at_top = top == len(prose) or prose[top] >= max(first, 0)
        goes_on = bool(prose) and prose[-1] > i
        if paragraphs and (cut_off or (has_headline and at_top and goes_on and len(paragraphs) <= 2)):
            for k in range(first if has_headline else first + 1, i):
                dropped[k] = True


def _find_title(blocks: list[Block], dropped: list[bool]) -> int | None:
    head: list[int] = []
    for i, block in enumerate(blocks):
        if dropped[i]:
            continue
        if is_prose(block) and not (block.n_words <= TITLE_WORDS and block.text[-1] in "?!" and not head):
            break
        if _is_headline(block) and not block.marker and not (head and page.is_byline(block.text)):
            head.append(i)
    else:
        # No prose at all: a list of lines. The first one may still be a title.
        return head[0] if head and len(blocks) > 1 else None
    for least in (5, 3):
        for i in head:
            if blocks[i].n_words >= least:
                return _repeated(blocks, head, i)
    return head[-1] if head else None


def _repeated(blocks: list[Block], head: list[int], found: int) -> int:
    """A page's window title ("Headline | Site") gives way to the same headline further down."""
    for i in head:
        if i > found and len(blocks[i].text) > 15 and blocks[found].text.startswith(blocks[i].text):
            return i
    return found


def _end_of_body(blocks: list[Block], dropped: list[bool], first: int) -> int:
    """Index of the first block of the tail."""
    prose_after = 0
    end = len(blocks)
    for i in range(len(blocks) - 1, first, -1):
        text = blocks[i].text
        ends = page.is_end_marker(text) and prose_after < INSET_PARAGRAPHS
        interrupts = page.is_inset_marker(text) and prose_after == 0
        if ends or interrupts or (page.is_comments_marker(text) and _has_comment_headers(blocks, i)):
            end, prose_after = i, 0
        elif not dropped[i] and is_prose(blocks[i]):
            prose_after += 1
    return end


def _has_comment_headers(blocks: list[Block], marker: int) -> bool:
    return any(page.is_comment_header(b.text) for b in blocks[marker + 1 : marker + 4])


def _head_roles(blocks: list[Block], dropped: list[bool], title: int, roles: list[Role]) -> int:
    """Standfirst, bylines and links between title and body; the index where the body starts."""
    body = next((i for i in range(title + 1, len(blocks)) if not dropped[i] and is_prose(blocks[i])), len(blocks))
    between = [i for i in range(title + 1, body) if not dropped[i] and not page.is_byline(blocks[i].text)]
    links = [i for i in between if not blocks[i].marker]
    # One or two unterminated lines are a standfirst and a cross heading; more are links to other stories.
    if len(links) > 2:
        further = set(links[1:])
        between = [i for i in between if i not in further]
    for i in between:
        if blocks[i].n_words >= 2:
            roles[i] = Role.HEADING
    return body


def _body_role(block: Block, following: Block | None) -> Role:
    """Part of a block between the body's start and end, by its shape and the next block that is kept."""
    if is_prose(block) or block.terminated:
        return Role.BODY
    if block.n_words <= HEADING_WORDS and following is not None and not (block.marker and not block.numbered):
        if is_prose(following) or (following.marker and not block.marker):
            return Role.HEADING
        if block.marker:
            return Role.BODY if block.n_words > 2 else Role.FURNITURE
        return Role.HEADING if following.n_words > block.n_words and following.n_words <= HEADING_WORDS else Role.FURNITURE
    if block.marker:
        return Role.BODY
    return Role.BODY if block.n_words >= PROSE_WORDS and following is not None else Role.FURNITURE


def _comment_roles(blocks: list[Block], dropped: list[bool], end: int, roles: list[Role]) -> None:
    """Readers' comments in the tail: prose below a line with a commenter's name and date."""
    inside = False
    for i in range(end, len(blocks)):
        text = blocks[i].text
        if page.is_comment_header(text):
            inside = True
        elif (page.is_end_marker(text) or page.is_inset_marker(text)) and not page.is_comments_marker(text):
            inside = False
        elif inside and not dropped[i] and (blocks[i].terminated or is_prose(blocks[i])):
            roles[i] = Role.COMMENT


def assign_roles(blocks: list[Block]) -> list[Role]:
    """Say which part each block of a page plays.

    Parameters
    ----------
    blocks
        A page's blocks in reading order.

    Returns
    -------
    list of Role
        One a block; at most one is the title.
    """
    roles = [Role.FURNITURE] * len(blocks)
    dropped = [page.is_furniture(block.text) for block in blocks]
    _mark_teasers(blocks, dropped)
    title = _find_title(blocks, dropped)
    if title is None:
        body = next((i for i, d in enumerate(dropped) if not d), len(blocks))
    else:
        roles[title] = Role.TITLE
        body = _head_roles(blocks, dropped, title, roles)
    end = _end_of_body(blocks, dropped, body)
    following: Block | None = None
    for i in range(end - 1, body - 1, -1):
        if not dropped[i]:
            roles[i] = _body_role(blocks[i], following)
            following = blocks[i]
    _drop_author_note(blocks, roles, body, end)
    _comment_roles(blocks, dropped, end, roles)
    return roles


def _drop_author_note(blocks: list[Block], roles: list[Role], body: int, end: int) -> None:
    """The line with the author's job at the foot of the article is no part of it."""
    kept = [i for i in range(body, end) if roles[i] is not Role.FURNITURE]
    if len(kept) > 3 and page.is_author_note(blocks[kept[-1]].text):
        roles[kept[-1]] = Role.FURNITURE
