"""``carestance labels``: check, agreement and counts of the label files; to annotation tools and back; what to label next."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from carestance.articles.article import Article

app = typer.Typer(
    help="Check and count labels, measure agreement, exchange them with annotation tools, choose what to label next.", no_args_is_help=True
)

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


ToolOption = Annotated[Literal["label-studio", "doccano", "csv"], typer.Option("--format", help="The tool's format.")]


@app.command("export")
def export_(
    tags: Annotated[Path, typer.Argument(metavar="TAGS", help="An output file of carestance tag.")],
    format: ToolOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    text_dir: Annotated[Path, typer.Option("--text-dir", help="Folder that carestance tag --text-dir wrote.")],
) -> None:
    """Write tagged sentences as pre-annotations for Label Studio, doccano or a spreadsheet.

    For Label Studio the labelling interface is written next to the tasks, as .xml. Where the model abstains, its most probable label is
    suggested; where only such labels take a side, the holder is given as the author.

    Example:

        carestance tag saved/ -o tags.jsonl --text-dir texts

        carestance labels export tags.jsonl --text-dir texts --format label-studio --output tasks.json
    """
    from carestance.labels.interchange_files import export_labels
    from carestance.tagging.rows import read_rows

    count = export_labels(read_rows(tags), text_dir, output, format)
    typer.echo(f"{count} sentences and headings -> {output}", err=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What the tool exported (Label Studio: JSON; doccano: JSONL; CSV).")],
    format: ToolOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the label files.")],
    text_dir: Annotated[Path | None, typer.Option("--text-dir", help="Folder of the extracted texts; not for Label Studio.")] = None,
    annotator: Annotated[str | None, typer.Option("--annotator", help="Whose labels they are.")] = None,
) -> None:
    """Turn an annotation tool's file into label files: articles, units.jsonl and a file for each annotator.

    Unknown labels and holders, broken holder rules and sentences that are not in their article are named with file and line, and nothing
    is written. A second annotator of the same sentences goes into the same folder.

    Example:

        carestance labels import labelled.csv --format csv --text-dir texts --annotator a --output my-labels
    """
    from carestance.labels.interchange_files import import_labels

    done = import_labels(file, format, output, annotator=annotator, text_dir=text_dir)
    typer.echo(f"{done.articles} articles, {done.units} units -> {output}", err=True)
    for name, labelled in done.labelled.items():
        missing = f", {done.units - labelled} units without a label" if labelled < done.units else ""
        typer.echo(f"annotator {name}: {labelled} units labelled{missing}", err=True)


@app.command()
def suggest(
    articles: Annotated[list[str], typer.Argument(metavar="ARTICLES...", help="Files, folders, glob patterns, or - for standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File for the sentences: .csv or .jsonl.")],
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many sentences.")] = 100,
    model: Annotated[str, typer.Option("--model", "-m", help="A shipped model's name or a model folder.")] = "default",
    text_column: Annotated[str, typer.Option("--text-column", help="Column with the text, in files of one article a row.")] = "text",
    id_column: Annotated[str | None, typer.Option("--id-column", help="Column with the id, in files of one article a row.")] = None,
) -> None:
    """Choose the sentences of new articles that are most worth labelling: the model is unsure of them and they differ from each other.

    Example:

        carestance labels suggest new/ --number 200 --output to-label.csv
    """
    from carestance.tagging.predictor import StancePredictor
    from carestance.tagging.sources import Columns, Failure, open_sources, require_inputs
    from carestance.tagging.suggest import suggest as choose_sentences
    from carestance.tagging.suggest import write_suggestions

    require_inputs(articles)
    failures = 0

    def readable() -> Iterator[Article]:
        nonlocal failures
        for source in open_sources(articles, Columns(text_column, id_column), sys.stdin.buffer):
            if isinstance(source, Failure):
                failures += 1
                typer.echo(f"carestance: {source.message}", err=True)
            else:
                yield source

    chosen = choose_sentences(StancePredictor.load(model).tag_many(readable()), number)
    if not chosen:
        typer.echo("carestance: no sentence to suggest", err=True)
        raise typer.Exit(1)
    write_suggestions(chosen, output)
    typer.echo(f"{len(chosen)} sentences -> {output}", err=True)
    if failures:
        raise typer.Exit(3)
