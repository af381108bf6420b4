"""Tables for people, on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from carestance.tagging.summary import TargetSummary


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "", stderr: bool = False) -> None:
    """Print a table; columns after the first are right-aligned where their cells are figures."""
    listed = [list(row) for row in rows]
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for i, name in enumerate(columns):
        figures = i > 0 and all(_is_figure(row[i]) for row in listed)
        table.add_column(name, justify="right" if figures else "left", overflow="fold")
    for row in listed:
        table.add_row(*row)
    console = Console(stderr=stderr, highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(stderr=stderr, highlight=False, markup=False, width=120)
    console.print(table)


def _is_figure(cell: str) -> bool:
    return not cell or cell[0] in "+-.0123456789–"


def print_summary(summaries: Iterable[TargetSummary]) -> None:
    """Print what was found: decisions and mean stance per article and target."""
    rows = []
    last = None
    for s in summaries:
        name = "" if s.doc == last else (s.title or s.doc)
        last = s.doc
        means = ["–" if m is None else f"{m:+.2f}" for m in (s.author_stance, s.others_stance)]
        counts = [str(s.counts[label]) for label in ("favour", "against", "neutral", "unrelated", "abstain")]
        rows.append([name[:48], s.target, *counts, *means])
    columns = ("article", "target", "favour", "against", "neutral", "unrel.", "abstain", "author", "others")
    print_table(columns, rows, stderr=True)
