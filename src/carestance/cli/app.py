"""The ``carestance`` command."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from carestance.cli import bench, experiments, labels, models, tag
from carestance.errors import CarestanceError, OptionError

app = typer.Typer(
    help="Tag British articles about who should run children's services: stance, holder and confidence of every sentence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("tag")(tag.tag)
app.add_typer(labels.app, name="labels")
app.add_typer(models.app, name="models")
app.add_typer(experiments.app, name="experiments")
app.command("train")(models.train)
app.command("bench")(bench.bench)


def _show_version(value: bool) -> None:
    if value:
        from carestance import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Read the options that go before a command."""


def main() -> None:
    """Run the command line; every expected error becomes one message and an exit code."""
    try:
        app()
    except OptionError as error:
        sys.exit(_fail(error, 2))
    except CarestanceError as error:
        sys.exit(_fail(error, 1))
    except BrokenPipeError:
        # The reader of our output has gone ("| head"): stop without complaint.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(_fail("interrupted", 130))
    except OSError as error:
        sys.exit(_fail(f"{error.filename or 'output'}: {error.strerror or error}", 1))


def _fail(error: object, code: int) -> int:
    typer.echo(f"carestance: {error}", err=True)
    return code
