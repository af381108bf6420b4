"""``carestance experiments``: scores that anyone can make again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carestance.cli.labels import LabelsOption

if TYPE_CHECKING:
    from carestance.experiments.cells import Project

app = typer.Typer(help="Run the studies, remake their tables and figures, and check that scores still hold.", no_args_is_help=True)
_LABELS = Path("labels")
_EXPERIMENTS = Path("experiments")
FolderOption = Annotated[Path, typer.Option("--experiments", help="Folder with studies/ and results/.")]
OutsideOption = Annotated[Path | None, typer.Option("--outside", help="Folder of outside stance data, for the outside benchmarks.")]
EncoderOption = Annotated[
    list[Path] | None,
    typer.Option("--encoder", help="Folder of a pretrained encoder; repeatable. Cells take the one whose weights they name."),
]
NamesArgument = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Studies.")]


def _project(labels: Path, experiments: Path, outside: Path | None = None, encoder: list[Path] | None = None) -> Project:
    from carestance.experiments.cells import Project

    return Project(experiments, labels, outside, tuple(encoder or ()))


def _checked(project: Project, names: list[str] | None) -> list[str]:
    from carestance.errors import OptionError

    unknown = [name for name in names or () if name not in project.studies]
    if unknown:
        raise OptionError(f"no study {', '.join(unknown)}: there are {', '.join(project.studies)}")
    return list(names or ())


@app.command("list")
def list_studies(labels: LabelsOption = _LABELS, experiments: FolderOption = _EXPERIMENTS) -> None:
    """Show the studies with their cells, and which are finished.

    Example:

        carestance experiments list
    """
    from carestance.cli.tables import print_table
    from carestance.experiments.cells import cells, is_finished

    project = _project(labels, experiments)
    rows = []
    for name, study in project.studies.items():
        found = list(cells(project, [name]))
        finished = sum(is_finished(cell, project, project.results) for cell in found)
        rows.append([name, study.title, str(len(found)), str(finished)])
    print_table(("study", "title", "cells", "finished"), rows)


@app.command()
def run(
    names: NamesArgument = None,
    every: Annotated[bool, typer.Option("--all", help="Run every study.")] = False,
    labels: LabelsOption = _LABELS,
    experiments: FolderOption = _EXPERIMENTS,
    outside: OutsideOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Run the cells of studies that are not finished; a stopped run goes on where it was.

    Cells that need what is not here (torch, an encoder, outside data) are skipped, and the reason is given.

    Examples
    --------
        carestance experiments run transfer

        carestance experiments run --all --outside stance-data --encoder all-MiniLM-L6-v2
    """
    from carestance.errors import OptionError
    from carestance.experiments.cells import cells
    from carestance.experiments.runner import CellReport, remove_undeclared
    from carestance.experiments.runner import run as run_cells

    if bool(names) == every:
        raise OptionError("name studies, or ask for --all")
    project = _project(labels, experiments, outside, encoder)

    def say(report: CellReport) -> None:
        typer.echo(f"{report.cell.title}: {report.status}" + (f" ({report.reason})" if report.reason else f", {report.score:.4f}"))

    chosen = list(cells(project, _checked(project, names)))
    if every:
        for path in remove_undeclared(project, chosen):
            typer.echo(f"removed {path}: no study declares it", err=True)
    run_cells(project, chosen, say)


@app.command()
def reproduce(
    names: NamesArgument = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only the slice that each study states: a few minutes.")] = False,
    scratch: Annotated[Path | None, typer.Option("--scratch", help="Folder that keeps the recomputed results.")] = None,
    labels: LabelsOption = _LABELS,
    experiments: FolderOption = _EXPERIMENTS,
    outside: OutsideOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Recompute cells and compare them with the committed ones; exit code 1 if one differs by more than its study allows.

    Example:

        carestance experiments reproduce --quick
    """
    import tempfile

    from carestance.experiments.reproduce import reproduce as compare_cells

    project = _project(labels, experiments, outside, encoder)
    counts = {"same": 0, "differs": 0, "skipped": 0}
    with tempfile.TemporaryDirectory() as temporary:
        for found in compare_cells(project, scratch or Path(temporary), _checked(project, names), quick=quick):
            counts[found.verdict] += 1
            typer.echo(f"{found.verdict:8}{found.cell.title}: {found.message}")
    typer.echo(f"{counts['same']} same, {counts['differs']} differ, {counts['skipped']} skipped")
    if counts["differs"] or not counts["same"]:
        raise typer.Exit(1)


@app.command()
def table(
    files: Annotated[list[Path] | None, typer.Argument(help="Markdown files; experiments/README.md and README.md if left out.")] = None,
    labels: LabelsOption = _LABELS,
    experiments: FolderOption = _EXPERIMENTS,
) -> None:
    """Remake the tables between their markers from committed predictions.

    Example:

        carestance experiments table
    """
    from carestance.experiments.tables import write_tables

    project = _project(labels, experiments)
    chosen = files or [experiments / "README.md", experiments.resolve().parent / "README.md"]
    for path, names in write_tables(project, chosen):
        typer.echo(f"{path}: {', '.join(names) or 'no tables'}")


@app.command()
def figures(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the pictures; figures/ in the experiments if left out.")
    ] = None,
    labels: LabelsOption = _LABELS,
    experiments: FolderOption = _EXPERIMENTS,
) -> None:
    """Draw the figures from committed predictions, as SVG and PNG.

    Example:

        carestance experiments figures
    """
    from carestance.experiments.figures import draw_all

    for path in draw_all(_project(labels, experiments), output or experiments / "figures"):
        typer.echo(str(path))


@app.command()
def behaviour(
    model: Annotated[str, typer.Option("--model", "-m", help="Name or folder of a model.")] = "default",
    failures: Annotated[bool, typer.Option("--failures", help="Show the cases that were not passed.")] = False,
    experiments: FolderOption = _EXPERIMENTS,
) -> None:
    """Run the behavioural suite and report pass rates by capability.

    Example:

        carestance experiments behaviour --model fast --failures
    """
    from carestance.cli.tables import print_table
    from carestance.experiments.behaviour import pass_rates, read_cases, run_cases, to_table
    from carestance.experiments.cells import BEHAVIOUR
    from carestance.models.shipped import find_model
    from carestance.models.store import load_model

    loaded, manifest = load_model(find_model(model))
    outcomes = run_cases(loaded, read_cases(experiments / BEHAVIOUR))
    rates = pass_rates(to_table(outcomes))
    rows = [[capability, test, str(passed), str(total)] for (capability, test), (passed, total) in rates.items()]
    print_table(("capability", "test", "passed", "cases"), rows, title=manifest.id)
    for outcome in outcomes if failures else ():
        if not outcome.passed:
            case = outcome.case
            wanted = " ".join(filter(None, (case.target, case.label, case.direction, case.variant_holder)))
            typer.echo(
                f"{case.id} ({case.test}; {wanted}): {' '.join(outcome.labels)}\n  {case.text}"
                + (f"\n  {case.variant}" if case.variant else "")
            )


@app.command()
def gate(
    update: Annotated[bool, typer.Option("--update", help="Write the scores measured now as the new floors.")] = False,
    allow_lower: Annotated[bool, typer.Option("--allow-lower", help="Let --update lower floors.")] = False,
    labels: LabelsOption = _LABELS,
    experiments: FolderOption = _EXPERIMENTS,
) -> None:
    """Rescore the shipped models and fail if a headline score is below its floor.

    The development split is scored on a fixed third of its texts.

    Example:

        carestance experiments gate
    """
    from carestance.experiments.gate import check, measure, read_gate, update_gate, write_gate

    project = _project(labels, experiments)
    path = experiments / "gate.json"
    measured = measure(project)
    if update:
        previous = read_gate(path) if path.is_file() else None
        write_gate(update_gate(measured, previous, allow_lower=allow_lower), path)
        typer.echo(f"{path}: floors of {', '.join(measured.models)}")
        return
    lines, good = check(measured, read_gate(path))
    for line in lines:
        typer.echo(line)
    if not good:
        raise typer.Exit(1)
