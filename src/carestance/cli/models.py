"""``carestance models``: list, verify and describe models; ``carestance train``: make one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="List, verify and describe models.", no_args_is_help=True)


@app.command("list")
def list_models() -> None:
    """Show the shipped models with size and scores, best first.

    Example:

        carestance models list
    """
    from carestance.cli.tables import print_table
    from carestance.models.shipped import shipped_folder, shipped_names
    from carestance.models.store import read_manifest

    names = shipped_names()
    rows = []
    score_names: list[str] = []
    manifests = [(name, read_manifest(shipped_folder() / name)) for name in names]
    for _, manifest in manifests:
        score_names += [s for s in manifest.scores if s not in score_names]
    for i, (name, manifest) in enumerate(manifests):
        size = sum((shipped_folder() / name / f).stat().st_size for f in manifest.files) / 1e6
        scores = [f"{manifest.scores[s]:.3f}" if s in manifest.scores else "" for s in score_names]
        rows.append([f"{manifest.id}{' (default)' if i == 0 else ''}", manifest.kind, f"{size:.1f}", *scores])
    print_table(("model", "kind", "MB", *score_names), rows)


@app.command()
def verify(
    model: Annotated[list[str] | None, typer.Argument(help="Names or folders; all shipped models if left out.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse models that other versions wrote, or without golden predictions.")
    ] = False,
) -> None:
    """Check every file of a model against its manifest, and its answers against its golden predictions.

    Examples
    --------
        carestance models verify tfidf

        carestance models verify my-model --strict
    """
    import warnings

    from carestance.errors import ModelError
    from carestance.models.checks import VersionSkewWarning, version_skew
    from carestance.models.golden import check_golden
    from carestance.models.shipped import find_model, shipped_names
    from carestance.models.store import GOLDEN
    from carestance.models.store import verify as verify_folder

    for name in model or shipped_names():
        folder = find_model(name)
        manifest = verify_folder(folder)
        skew = version_skew(manifest)
        if skew and strict:
            raise ModelError(f"{skew}; --strict refuses it")
        if skew:
            typer.echo(f"carestance: {skew}", err=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionSkewWarning)
            golden = check_golden(folder)
        if golden is None and strict:
            raise ModelError(
                f"{folder}: has no {GOLDEN} to compare its answers with; 'carestance models golden' makes it where it is trusted"
            )
        answers = f"{golden.sentences} golden predictions within {golden.difference:.4f}" if golden else "no golden predictions"
        typer.echo(f"{manifest.id}: {len(manifest.files)} files as the manifest says, protocol {manifest.protocol}, {answers}")


@app.command()
def golden(
    model: Annotated[str, typer.Argument(help="Name or folder.")],
    tolerance: Annotated[
        float | None, typer.Option("--tolerance", help="Largest difference of a probability that counts as the same.")
    ] = None,
) -> None:
    """Write what a model says of ten fixed sentences into its folder, for 'carestance models verify'.

    Example:

        carestance models golden my-model
    """
    from carestance.errors import OptionError
    from carestance.models.golden import make_golden
    from carestance.models.shipped import find_model

    if tolerance is not None and not 0 < tolerance < 1:
        raise OptionError(f"--tolerance {tolerance} is a difference of probabilities: choose one between 0 and 1")
    typer.echo(str(make_golden(find_model(model), tolerance)))


@app.command()
def card(model: Annotated[str, typer.Argument(help="Name or folder.")] = "default") -> None:
    """Print a model's card.

    Example:

        carestance models card tfidf
    """
    from carestance.errors import ModelError
    from carestance.models.shipped import find_model
    from carestance.models.store import CARD

    path = find_model(model) / CARD
    if not path.is_file():
        raise ModelError(f"{path}: this model has no card")
    typer.echo(path.read_text(encoding="utf-8"))


def train(
    config: Annotated[Path, typer.Argument(help="TOML file that describes the model.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the model.")],
    labels: Annotated[Path, typer.Option("--labels", help="The labels folder.")] = Path("labels"),
    encoder: Annotated[str | None, typer.Option("--encoder", help="Folder or hub name of the encoder, instead of CONFIG's.")] = None,
    checkpoints: Annotated[
        Path | None, typer.Option("--checkpoints", help="Folder to go on from after a stop; runs/NAME by default.")
    ] = None,
    outside: Annotated[Path | None, typer.Option("--outside", help="Folder with outside stance data, where CONFIG uses it.")] = None,
) -> None:
    """Train a model from labelled articles and write its folder.

    Example:

        carestance train models/tfidf.toml --output my-model
    """
    from carestance.training.train import train_from_config

    manifest = train_from_config(config, output, labels, encoder=encoder, outside=outside, checkpoints=checkpoints)
    typer.echo(f"{manifest.id} -> {output}")
