"""``carestance experiments``: scores that anyone can make again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carestance.cli.labels import LabelsOption

if TYPE_CHECKING:
    from carestance.experiments.baseline import Result

app = typer.Typer(help="Remake the scores the documentation reports.", no_args_is_help=True)
_DEFAULT = Path("labels")
SaveOption = Annotated[Path | None, typer.Option("--save", help="JSON file for the scores.")]


@app.command()
def seeds(labels: LabelsOption = _DEFAULT, save: SaveOption = None) -> None:
    """Score the majority class and the baseline on the seeds, one article left out.

    Example:

        carestance experiments seeds
    """
    from carestance.experiments.baseline import fit_majority, fit_tfidf, leave_one_out, score
    from carestance.labels.store import LabelSet
    from carestance.training.data import read_articles

    articles = read_articles(LabelSet(labels / "seeds"))
    fits = {"majority": fit_majority, "tfidf": fit_tfidf}
    results = [score(name, "four seeds", "the fifth", articles, leave_one_out(articles, fit)) for name, fit in fits.items()]
    _show(results, save)


@app.command()
def shipped(labels: LabelsOption = _DEFAULT, save: SaveOption = None) -> None:
    """Score every shipped model on the seeds and on the development split.

    The models are trained on the authored training split. Development scores of a model are of texts it was calibrated on.

    Example:

        carestance experiments shipped --save experiments/results/shipped.json
    """
    from carestance.experiments.baseline import Predict, fit_majority, predict_with, score
    from carestance.labels.store import LabelSet
    from carestance.models.shipped import find_model, shipped_names
    from carestance.models.store import load_model
    from carestance.training.data import read_articles

    authored = LabelSet(labels / "authored")
    tests = {"seeds": read_articles(LabelSet(labels / "seeds")), "development": read_articles(authored, "dev")}
    predictors: dict[str, Predict] = {"majority": fit_majority(read_articles(authored, "train"))}
    predictors |= {name: predict_with(load_model(find_model(name))[0]) for name in reversed(shipped_names())}
    results = [
        score(name, "authored", test, articles, predict(articles))
        for test, articles in tests.items()
        for name, predict in predictors.items()
    ]
    _show(results, save)


@app.command()
def curve(labels: LabelsOption = _DEFAULT, save: SaveOption = None) -> None:
    """Score the baseline trained on 10, 25, 50 and 100% of the authored training texts.

    Example:

        carestance experiments curve --save experiments/results/curve.json
    """
    from carestance.experiments.baseline import learning_curve
    from carestance.labels.store import LabelSet
    from carestance.training.data import read_articles

    authored = LabelSet(labels / "authored")
    tests = {"seeds": read_articles(LabelSet(labels / "seeds")), "development": read_articles(authored, "dev")}
    _show(learning_curve(read_articles(authored, "train"), tests), save)


def _show(results: list[Result], save: Path | None) -> None:
    """Print one row a score, models beside each other, and keep the figures as JSON."""
    from carestance.cli.tables import print_table

    groups = dict.fromkeys((r.train, r.test) for r in results)
    for train, test in groups:
        chosen = [r for r in results if (r.train, r.test) == (train, test)]
        rows = [[name, *(str(r.scores[name]) for r in chosen)] for name in chosen[0].scores]
        print_table(("score [95% interval over articles]", *(r.model for r in chosen)), rows, title=f"{train} -> {test}")
    if save is not None:
        save.parent.mkdir(parents=True, exist_ok=True)
        save.write_text(json.dumps([_as_json(r) for r in results], indent=1) + "\n", encoding="utf-8")


def _as_json(result: Result) -> dict[str, object]:
    scores = {name: [round(x, 4) for x in (i.value, i.low, i.high)] for name, i in result.scores.items()}
    return {"model": result.model, "train": result.train, "test": result.test, **scores}
