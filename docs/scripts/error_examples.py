"""Writes the tables of docs/explanation/errors.md with the default model: ``python docs/scripts/error_examples.py``.

The sentences are of the development split. The lists name candidates for each group; those that the model gets right are left out, so
that the page stays true when a model is replaced.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "errors.md"
#: Examples shown of a group, at most.
SHOWN = 4
#: Unit and target of the candidates by group.
CANDIDATES: dict[str, tuple[tuple[str, str], ...]] = {
    "irony": (
        ("d20:006", "regional_commissioning"),
        ("d12:011", "localism"),
        ("p20:012", "trusts"),
        ("p19:008", "localism"),
        ("d20:009", "localism"),
        ("wo14:013", "localism"),
    ),
    "links": (
        ("d10:004", "trusts"),
        ("d06:009", "trusts"),
        ("wg05:017", "localism"),
        ("d20:008", "localism"),
        ("p18:004", "regional_commissioning"),
        ("wo22:003", "trusts"),
    ),
    "counter-views": (
        ("p02:008", "trusts"),
        ("p21:007", "localism"),
        ("d09:006", "localism"),
        ("p09:009", "localism"),
        ("p01:010", "trusts"),
        ("wg06:005", "localism"),
    ),
    "deregulation": (
        ("p18:011", "localism"),
        ("wg08:007", "localism"),
        ("wg22:003", "localism"),
        ("wo01:004", "localism"),
        ("wo01:009", "localism"),
        ("wo03:022", "localism"),
    ),
    "comparisons": (
        ("p16:010", "regional_commissioning"),
        ("p24:008", "regional_commissioning"),
        ("p01:012", "trusts"),
        ("wg17:007", "trusts"),
        ("wg19:017", "trusts"),
        ("d23:010", "regional_commissioning"),
    ),
}


@dataclass(frozen=True)
class Case:
    """One sentence of a body, one target: what it should be and what the model says."""

    id: str
    target: str
    before: str
    text: str
    holder: str
    gold: str
    label: str
    probability: float


def read_cases() -> tuple[str, list[Case]]:
    """The default model's id, and its answers on the bodies of the development split."""
    from carestance.labels.store import LabelSet
    from carestance.models.shipped import find_model
    from carestance.models.store import load_model
    from carestance.schema import LABELS
    from carestance.training.data import read_articles

    authored = LabelSet(ROOT / "labels" / "authored")
    model, manifest = load_model(find_model("default"))
    cases = []
    for article in read_articles(authored, "dev"):
        rows = [row for row in authored.gold if row.article == article.id]
        probs = model.predict([article.document])[0].probs
        for i, row in enumerate(rows):
            if row.kind != "body":
                continue
            for t, target in enumerate(model.targets):
                best = int(probs[i, t].argmax())
                before = rows[i - 1].text if i else ""
                cases.append(Case(row.id, target, before, row.text, row.holder, row.label(target), LABELS[best], float(probs[i, t, best])))
    return manifest.id, cases


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _shares(name: str, cases: Iterable[Case]) -> str:
    sides = [c for c in cases if c.gold in ("favour", "against")]
    found = Counter("right" if c.label == c.gold else "opposite" if c.label in ("favour", "against") else "missed" for c in sides)
    shares = " | ".join(f"{found[k] / len(sides):.0%}" for k in ("right", "opposite", "missed"))
    return f"| {name} | {len(sides)} | {shares} |"


def figures(model: str, cases: list[Case]) -> str:
    """Table of what becomes of the sides in gold, by kinds of sentences."""
    groups: list[tuple[str, Callable[[Case], bool]]] = [
        ("all", lambda c: True),
        *((target.replace("_", " "), lambda c, t=target: c.target == t) for target in dict.fromkeys(c.target for c in cases)),  # type: ignore[misc]
        ("up to 10 words", lambda c: len(c.text.split()) <= 10),
        ("11 to 30 words", lambda c: 10 < len(c.text.split()) <= 30),
        ("more than 30 words", lambda c: len(c.text.split()) > 30),
        ("held by the author", lambda c: c.holder == "author"),
        ("held by somebody else", lambda c: c.holder == "other"),
        ("questions", lambda c: "?" in c.text),
    ]
    rows = [_shares(name, filter(belongs, cases)) for name, belongs in groups]
    head = f"`{model}`, development split, body sentences that take a side, nothing abstains:"
    return "\n".join([head, "", "| sentences | sides | right side | opposite side | no side |", "|---|---|---|---|---|", *rows])


def examples(cases: dict[tuple[str, str], Case], wanted: Iterable[tuple[str, str]]) -> str:
    """Table of a group's errors."""
    rows = [cases[key] for key in wanted if key in cases and cases[key].label != cases[key].gold][:SHOWN]
    lines = [
        f"| *{_cell(c.before)}* **{_cell(c.text)}** | {c.target.replace('_', ' ')} | {c.gold} | {c.label} {c.probability:.2f} | {c.id} |"
        for c in rows
    ]
    return "\n".join(["| sentence, after the one before it | target | is | model says | unit |", "|---|---|---|---|---|", *lines])


def tables() -> Iterator[tuple[str, str]]:
    """Name and text of each table on the page."""
    model, cases = read_cases()
    yield "figures", figures(model, cases)
    by_key = {(c.id, c.target): c for c in cases}
    for group, wanted in CANDIDATES.items():
        yield group, examples(by_key, wanted)


def put(page: str, name: str, table: str) -> str:
    """Put a table between its markers."""
    pattern = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    changed, count = pattern.subn(lambda m: f"{m[1]}\n{table}\n\n{m[2]}", page)
    if count != 1:
        raise SystemExit(f"{PAGE}: no place for the table {name!r}")
    return changed


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    for title, table in tables():
        text = put(text, title, table)
    PAGE.write_text(text, encoding="utf-8")
