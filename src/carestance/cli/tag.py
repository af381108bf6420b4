"""``carestance tag``: articles in, rows out."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from carestance.tagging.batch import RunResult
    from carestance.tagging.output import FileOutput, StreamOutput


def tag(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help="Files, folders, glob patterns, or - for standard input.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File for the rows; standard output if left out.")] = None,
    format: Annotated[str | None, typer.Option("--format", help="jsonl, csv or parquet; by default what OUTPUT's ending says.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="A shipped model's name or a model folder.")] = "default",
    summary: Annotated[Path | None, typer.Option("--summary", help="CSV file with figures per article and target.")] = None,
    report: Annotated[Path | None, typer.Option("--report", help="HTML file to read the tagged articles in; opens offline.")] = None,
    text_dir: Annotated[Path | None, typer.Option("--text-dir", help="Folder for the extracted texts that offsets point into.")] = None,
    text_column: Annotated[str, typer.Option("--text-column", help="Column with the text, in files of one article a row.")] = "text",
    id_column: Annotated[str | None, typer.Option("--id-column", help="Column with the id, in files of one article a row.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped, or add new articles to OUTPUT.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that tag side by side.")] = 1,
    engine: Annotated[str, typer.Option("--engine", help="local, or ray for a Ray cluster (RAY_ADDRESS) or this machine.")] = "local",
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Threads of the encoder; one a core by default.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no closing table.")] = False,
) -> None:
    """Tag every sentence of articles with its stance on localism, trusts and regional commissioning.

    Exit code 0: all done; 1: nothing could be done; 2: wrong usage; 3: some articles failed (their rows say why).

    Examples
    --------
        carestance tag article.txt

        carestance tag saved/ --output tags.csv --summary summary.csv --report report.html

        carestance tag archive.parquet --text-column body -o tags.parquet --jobs 2 --resume

        cat article.txt | carestance tag - --model tfidf
    """
    from carestance.report.writer import ReportWriter
    from carestance.tagging.batch import ArticleSink, run_batch
    from carestance.tagging.engine import open_engine
    from carestance.tagging.output import open_output
    from carestance.tagging.predictor import StancePredictor
    from carestance.tagging.sources import Columns, open_sources, require_inputs
    from carestance.tagging.summary import SummaryWriter
    from carestance.tagging.writers import guess_format

    require_inputs(inputs)
    chosen = guess_format(output, format)
    predictor = StancePredictor.load(model, threads=threads)
    worker = open_engine(engine, predictor, jobs)
    try:
        with ExitStack() as stack:
            rows = open_output(output, chosen, predictor.model_id, resume=resume)
            stack.enter_context(rows)
            _say_found(rows, quiet)
            sinks: list[ArticleSink] = []
            if summary:
                sinks.append(stack.enter_context(SummaryWriter(summary)))
            if report:
                sinks.append(stack.enter_context(ReportWriter(report)))
            progress = stack.enter_context(_progress(quiet))
            sources = open_sources(inputs, Columns(text_column, id_column), sys.stdin.buffer)
            result = run_batch(sources, worker, rows, sinks, text_dir=text_dir, on_article=progress)
    except KeyboardInterrupt:
        typer.echo("carestance: interrupted" + ("; --resume goes on from here" if output else ""), err=True)
        raise typer.Exit(130) from None
    _say(result, [p for p in (output, summary, report) if p], quiet)
    if result.exit_code:
        raise typer.Exit(result.exit_code)


def _say_found(rows: StreamOutput | FileOutput, quiet: bool) -> None:
    if rows.overwritten:
        typer.echo("carestance: the rows of an unfinished run are thrown away; --resume would have used them", err=True)
    elif rows.known and not quiet:
        typer.echo(f"carestance: {rows.known} articles are tagged already", err=True)


class _progress:
    """A counter on standard error, only where somebody watches."""

    def __init__(self, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._status = None

    def __enter__(self) -> _progress:
        if self._shown:
            from rich.console import Console
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            columns = (SpinnerColumn(), TextColumn("{task.completed} articles"), TimeElapsedColumn(), TextColumn("{task.description}"))
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("", total=None)
            self._bar.start()
        return self

    def __call__(self, doc: str) -> None:
        if self._shown:
            self._bar.update(self._task, advance=1, description=doc[-60:])

    def __exit__(self, *exc: object) -> None:
        if self._shown:
            self._bar.stop()


def _say(result: RunResult, made: list[Path], quiet: bool) -> None:
    """Say what was found, on standard error: a table where a person watches or a file was asked for."""
    from carestance.articles.names import printable

    for failure in result.failures[:10]:
        typer.echo(f"carestance: {printable(failure.message)}", err=True)
    if result.failed > 10:
        typer.echo(f"carestance: {result.failed - 10} more inputs failed; their rows say why", err=True)
    if quiet or not made:
        return
    from carestance.cli.tables import print_summary

    print_summary(result.summaries)
    if result.copies or result.near_copies:
        typer.echo(f"{result.copies} articles repeat an earlier text and {result.near_copies} nearly do: see duplicate_of", err=True)
    typer.echo(f"{result.tagged} articles, {result.units} sentences and headings tagged -> {', '.join(map(str, made))}", err=True)
