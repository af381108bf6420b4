"""``carestance labels``: check, agreement and counts of the label files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(help="Check label files, measure agreement, count labels.", no_args_is_help=True)

LabelsOption = Annotated[Path, typer.Option("--labels", help="The labels folder.")]
_DEFAULT = Path("labels")


@app.command()
def check(labels: LabelsOption = _DEFAULT) -> None:
    """Check schema, offsets, coverage, holder rule, splits and near copies.

    Example:

        carestance labels check
    """
    from carestance.labels.check import check_labels
    from carestance.labels.store import open_sets

    problems = check_labels(labels)
    for problem in problems:
        typer.echo(problem)
    if problems:
        typer.echo(f"carestance: {len(problems)} problems in {labels}", err=True)
        raise typer.Exit(1)
    for label_set in open_sets(labels):
        names = ", ".join(label_set.annotators)
        typer.echo(f"{label_set.name}: {len(label_set.texts)} articles, {len(label_set.gold)} units, annotators {names}: all rules kept")


@app.command()
def agreement(
    labels: LabelsOption = _DEFAULT,
    resamples: Annotated[int, typer.Option("--resamples", min=10, help="Bootstrap resamples of the articles.")] = 500,
) -> None:
    """Krippendorff's alpha with a 95% interval, Cohen's kappa a pair, and what is confused with what.

    Example:

        carestance labels agreement --resamples 1000
    """
    from carestance.cli.tables import print_table
    from carestance.labels.agreement import agreement as measure
    from carestance.labels.store import open_sets

    for label_set in open_sets(labels):
        rows = []
        for result in measure(label_set, n_bootstrap=resamples):
            kappas = "  ".join(f"{a}-{b} {k:.3f}" for (a, b), k in result.kappas.items())
            confused = ", ".join(f"{a or 'none'}/{b or 'none'} {n}" for a, b, n in result.confusions[:3])
            low, high = result.interval
            rows.append([result.name, str(result.n_units), f"{result.alpha:.3f}", f"{low:.3f} to {high:.3f}", kappas, confused])
        columns = ("", "units", "alpha", "95% interval", "kappa a pair", "most confused")
        print_table(columns, rows, title=f"{label_set.name}: {len(label_set.texts)} articles, {len(label_set.annotators)} annotators")


@app.command()
def stats(
    labels: LabelsOption = _DEFAULT,
    by: Annotated[Literal["set", "article", "split", "writer"], typer.Option("--by", help="Group to count in.")] = "set",
    kind: Annotated[Literal["body", "heading", "comment"], typer.Option("--kind", help="Kind of unit to count.")] = "body",
) -> None:
    """Counts per target, label and holder, and how varied the language is.

    Example:

        carestance labels stats --by article
    """
    from carestance.cli.tables import print_table
    from carestance.labels.stats import diversity, label_counts
    from carestance.labels.store import open_sets
    from carestance.schema import HOLDERS, LABELS, TARGETS

    for label_set in open_sets(labels):
        groups = by if by in ("set", "article") or label_set.name == "authored" else "set"
        rows = []
        for group, counts in label_counts(label_set, kind=kind, by=groups).items():
            rows += [[group, target, *(str(counts[target][label]) for label in LABELS)] for target in TARGETS]
            rows.append([group, "holder", *(f"{holder} {counts['holder'][holder]}" for holder in HOLDERS), "", ""])
        print_table((groups, "", *LABELS), rows, title=f"{label_set.name}: {kind} units")
        found = diversity(label_set)
        spread = ", ".join(str(n) for n in found.lengths)
        typer.echo(f"words {found.tokens:,}, different {found.types:,}, type-token ratio per 1,000 words {found.type_token_ratio:.3f}")
        typer.echo(f"words a sentence (5, 25, 50, 75, 95%): {spread}")
        typer.echo("most repeated 5-grams: " + "; ".join(f"{gram} ({n})" for gram, n in found.repeated[:5]) + "\n")
