"""``carestance bench``: how fast it is here, and against the usual ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from carestance.bench.contestants import Contestant

_LONGEST = 40


def bench(
    articles: Annotated[Path, typer.Argument(help="Folder of text articles to tag.")] = Path("labels/seeds/articles"),
    encoder: Annotated[
        list[str] | None, typer.Option("--encoder", help="NAME=FOLDER of an encoder for the torch contestants; may be given twice.")
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="How often each contestant is timed.")] = 3,
    copies: Annotated[int, typer.Option("--copies", min=1, help="How many varied copies of the articles are tagged.")] = 1,
    save: Annotated[Path | None, typer.Option("--save", help="JSON file for the figures.")] = None,
) -> None:
    """Time the shipped models, end to end from text files, beside other libraries on the same sentences.

    transformers and SetFit are timed where they are installed and an encoder is named; all tag for three targets.

    Examples
    --------
        carestance bench

        carestance bench --encoder mpnet=encoders/all-mpnet-base-v2 --save experiments/results/speed.json
    """
    import tempfile

    from carestance.articles.files import find_files, read_article
    from carestance.bench.contestants import naive_sklearn, own
    from carestance.bench.measure import as_json, cold_start, time_all
    from carestance.cli.tables import print_table
    from carestance.errors import OptionError
    from carestance.models.shipped import shipped_names

    if not articles.is_dir() or not (files := list(find_files(articles))):
        raise OptionError(f"{articles}: holds no articles to time")
    with tempfile.TemporaryDirectory() as folder:
        varied = _vary(files, copies, Path(folder))
        sentences = [u.text for f in varied for u in read_article(f).units]
        contestants = [own(name, varied) for name in shipped_names()]
        contestants.append(naive_sklearn(sentences))
        for given in encoder or []:
            contestants += _torch_contestants(given, sentences)
        timings = time_all(contestants, len(sentences), rounds)
        longest = min(files, key=lambda f: abs(len(read_article(f).units) - _LONGEST))
        starts = [cold_start(name, longest, rounds) for name in shipped_names()]
    fastest = timings[0].sentences_per_second
    print_table(
        ("contestant", "sentences/s", "seconds", "first one is x times as fast"),
        [[t.name, f"{t.sentences_per_second:.1f}", f"{t.seconds:.2f}", f"{fastest / t.sentences_per_second:.2f}"] for t in timings],
        title=f"{len(sentences)} sentences, three targets",
    )
    print_table(
        ("one article from a cold start", "seconds", "peak MB"),
        [[s.model, f"{s.seconds:.2f}", f"{s.peak_mb:.0f}"] for s in starts],
    )
    if save is not None:
        save.parent.mkdir(parents=True, exist_ok=True)
        save.write_text(json.dumps(as_json(timings, starts, len(sentences), len(varied)), indent=1) + "\n", encoding="utf-8")


def _vary(files: list[Path], copies: int, folder: Path) -> list[Path]:
    """Copies of the articles that no cache takes for one another: each ends in a sentence of its own."""
    made = []
    for copy in range(copies):
        for file in files:
            path = folder / f"{copy}-{file.stem}.txt"
            text = file.read_text(encoding="utf-8", errors="replace")
            path.write_text(text if copies == 1 else f"{text}\n\nThis is copy number {copy} of the article.\n", encoding="utf-8")
            made.append(path)
    return made


def _torch_contestants(given: str, sentences: list[str]) -> list[Contestant]:
    from importlib.util import find_spec

    from carestance.bench.contestants import setfit_predict, transformers_pipelines
    from carestance.errors import MissingExtraError, OptionError

    name, separator, folder = given.partition("=")
    if not separator:
        raise OptionError(f"--encoder {given}: write NAME=FOLDER")
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtraError("train", "timing the transformers pipeline")
    contestants = transformers_pipelines(folder, sentences, name)
    if find_spec("setfit") is None:
        typer.echo("SetFit is not installed and left out: pip install setfit", err=True)
        return contestants
    return [*contestants, setfit_predict(folder, sentences, name)]
