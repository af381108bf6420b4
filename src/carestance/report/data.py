"""What the report's page knows of an article: its text in paragraphs, and its line in the table of articles."""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from carestance.articles.article import Article
from carestance.articles.layout import split_blocks
from carestance.models.shipped import shipped_folder
from carestance.schema import ABSTAIN, HOLDERS, LABELS, SIDES
from carestance.tagging.predictor import ArticleTags, TaggedUnit
from carestance.tagging.rows import CopyMark

Json = dict[str, Any]

#: Decisions in the order of the numbers that stand for them in the page's data.
DECISIONS: tuple[str, ...] = (*LABELS, ABSTAIN)
# "<" could end the script element that holds the data or open a comment in it; the line separators end a line
# in old JavaScript; a lone surrogate (from a damaged file) cannot be written as UTF-8.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d{2}(?!\d)")
_WEB = ("http://", "https://")


def to_json(value: Any) -> str:
    """Write a value as JSON that is safe inside an HTML ``script`` element.

    Parameters
    ----------
    value
        Dictionaries, lists, strings and finite numbers.

    Returns
    -------
    str
        JSON that any reader turns back into ``value``.

    Raises
    ------
    ValueError
        If a number is infinite or not a number: browsers cannot read those.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def target_facts(names: Sequence[str]) -> list[Json]:
    """Name, title and statement of each target; a target that is not the project's own has an empty statement.

    Parameters
    ----------
    names
        Names of the targets, in order.

    Raises
    ------
    OSError
        If the project's list of targets cannot be read.
    """
    home = shipped_folder().parent
    # Next to the models in an installed package, with the labels in a source checkout.
    found = next((p for p in (home / "targets.toml", home / "labels" / "targets.toml") if p.is_file()), None)
    known = {t["name"]: t for t in tomllib.loads(found.read_text(encoding="utf-8"))["target"]} if found else {}
    return [
        {
            "name": name,
            "title": known.get(name, {}).get("title") or name.replace("_", " ").capitalize(),
            "statement": known.get(name, {}).get("statement", ""),
        }
        for name in names
    ]


def index_entry(tags: ArticleTags, targets: Sequence[str], copy: CopyMark | None = None) -> Json:
    """Make an article's line in the table: what it is, and how many sentences of its body take which side.

    Parameters
    ----------
    tags
        The article.
    targets
        Names of the targets, in order.
    copy
        The earlier article that this one repeats.

    Returns
    -------
    dict
        With ``counts``: for each target the body's decisions by holder (``author``, ``other``: favour, against) and
        those that take no side (``rest``: neutral, unrelated, abstain). Headings and comments are left out, as they
        are from the summary.
    """
    body = [u for u in tags.units if u.unit.kind == "body"]
    source = _source(tags.article)
    year = _YEAR.search(source["date"])
    return {
        **source,
        "year": int(year.group()) if year else None,
        "copy": {"of": copy.of, "share": copy.similarity if copy.similarity == 1 else min(0.99, round(copy.similarity, 2))}
        if copy
        else None,
        "sentences": len(body),
        "counts": [_counts(body, target) for target in targets],
    }


def _counts(body: Sequence[TaggedUnit], target: str) -> Json:
    sides: dict[str, list[int]] = {who: [0] * len(SIDES) for who in HOLDERS}
    rest = [0] * (len(DECISIONS) - len(SIDES))
    for unit in body:
        code = DECISIONS.index(unit.stance[target].decision)
        if code >= len(SIDES):
            rest[code - len(SIDES)] += 1
        elif unit.holder:
            sides[unit.holder][code] += 1
    return {**sides, "rest": rest}


def article_data(tags: ArticleTags, targets: Sequence[str]) -> Json:
    """Make what the page needs to show one article, whose ``targets`` come in this order.

    Its ``blocks`` are the paragraphs, headings and comments in reading order, each with its sentences. Numbers stand for labels and
    decisions, as in :data:`DECISIONS`.
    """
    article = tags.article
    link = article.id if article.id.startswith(_WEB) else _field(article, "url")
    return {
        **_source(article),
        "link": link if link.startswith(_WEB) else "",
        "sha256": article.sha256,
        "model": tags.model,
        "blocks": _blocks(tags, targets),
    }


def _source(article: Article) -> Json:
    return {"title": article.display_title, "doc": article.id, "outlet": _field(article, "outlet"), "date": _field(article, "date")}


def _blocks(tags: ArticleTags, targets: Sequence[str]) -> list[Json]:
    """Group the units by the paragraph they stand in."""
    paragraphs = split_blocks(tags.article.text)
    starts = [p.start for p in paragraphs]
    blocks: list[Json] = []
    last: int | None = None
    for tagged in tags.units:
        unit = tagged.unit
        place = bisect_right(starts, unit.start) - 1
        if place != last:
            marker = paragraphs[place].marker if place >= 0 else ""
            blocks.append({"kind": unit.kind, "marker": marker, "units": []})
            last = place
        blocks[-1]["units"].append(_unit(tagged, targets))
    # The first heading that is the article's title is shown as such.
    titles = (b for b in blocks if b["kind"] == "heading" and " ".join(b["units"][0]["text"].split()) == tags.article.display_title)
    if title := next(titles, None):
        title["kind"] = "title"
    return blocks


def _unit(tagged: TaggedUnit, targets: Sequence[str]) -> Json:
    stances = [tagged.stance[target] for target in targets]
    return {
        "unit": tagged.unit.index,
        "text": tagged.unit.text,
        "decisions": [DECISIONS.index(s.decision) for s in stances],
        "labels": [DECISIONS.index(s.label) for s in stances],
        "probs": [[round(s.probs[label], 3) for label in LABELS] for s in stances],
        "holder": tagged.holder,
        "speaker": tagged.speaker,
    }


def _field(article: Article, name: str) -> str:
    """A field of the metadata, however its name is capitalised."""
    return next((value.strip() for key, value in article.metadata.items() if key.lower() == name), "")
