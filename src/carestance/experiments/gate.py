"""Floors for the headline scores of the shipped models: a change that costs more than a stated epsilon is noticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from carestance.errors import OptionError
from carestance.experiments import behaviour
from carestance.experiments.cells import BEHAVIOUR, CODE_VERSION, Project
from carestance.experiments.metrics import NEUTRAL, f_avg_of, polarity_of, topic_f1_of
from carestance.experiments.predictions import join
from carestance.models.calibration import Decision
from carestance.models.protocol import StanceModel
from carestance.models.shipped import find_model, shipped_names
from carestance.models.store import load_model, sha256_of
from carestance.training.data import LabelledArticle, read_articles

#: How far below its floor a score may fall: encoders in 8 bits round differently from processor to processor.
EPSILON = 0.03
#: How many cases fewer of a capability may be passed, for the same reason.
CASES = 1
_BEHAVIOUR = "behaviour."
#: One in so many development texts is scored.
_THIRD = 3


class Gate(BaseModel):
    """Floors, or scores measured now.

    Attributes
    ----------
    epsilon, cases
        How far below its floor a score may fall, and how many cases fewer of a capability may be passed.
    code_version
        Version of the experiment code they were measured with.
    data
        Hashes of the labels and of the behavioural suite they were measured on.
    ids
        Name and hash of each model.
    models
        Scores by name for each shipped model; ``behaviour.*`` counts passed cases.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    epsilon: float
    cases: int
    code_version: int
    data: dict[str, str]
    ids: dict[str, str]
    models: dict[str, dict[str, float]]


def read_gate(path: Path) -> Gate:
    """Read the floors.

    Raises
    ------
    OptionError
        If the file is missing or not valid.
    """
    try:
        return Gate.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"{path}: cannot be read ({error.strerror}); 'carestance experiments gate --update' writes it") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise OptionError(f"{path}, {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def write_gate(gate: Gate, path: Path) -> None:
    """Write the floors."""
    path.write_text(gate.model_dump_json(indent=1) + "\n", encoding="utf-8")


def measure(project: Project) -> Gate:
    """Score every shipped model on the seeds, a third of the development split and the behavioural suite."""
    tests = {
        "seeds": read_articles(project.label_sets["seeds"]),
        "development": read_articles(project.label_sets["authored"], "dev")[::_THIRD],
    }
    cases = behaviour.read_cases(project.experiments / BEHAVIOUR)
    scores: dict[str, dict[str, float]] = {}
    ids: dict[str, str] = {}
    for name in shipped_names():
        model, manifest = load_model(find_model(name), threads=None)
        decision: Decision = model.decision  # type: ignore[attr-defined]
        ids[name] = manifest.id
        scores[name] = {key: value for test, articles in tests.items() for key, value in _scores(model, decision, articles, test).items()}
        rates = behaviour.pass_rates(behaviour.to_table(behaviour.run_cases(model, cases)))
        scores[name] |= {f"{_BEHAVIOUR}{c} ({test})": float(passed) for (c, test), (passed, _) in rates.items()}
    hashes = {**project.label_hashes, BEHAVIOUR: sha256_of(project.experiments / BEHAVIOUR)}
    return Gate(epsilon=EPSILON, cases=CASES, code_version=CODE_VERSION, data=hashes, ids=ids, models=scores)


def _scores(model: StanceModel, decision: Decision, articles: list[LabelledArticle], test: str) -> dict[str, float]:
    body = join(articles, model.predict([a.document for a in articles]), decision).body
    counts = body.confusions().sum((0, 1))
    found = {"f_avg": f_avg_of(counts), "topic_f1": topic_f1_of(counts), "polarity": polarity_of(counts)}
    decided = (body.label < NEUTRAL) & body.decided
    if test == "development" and decided.any():
        found["side_precision"] = np.mean((body.label == body.gold)[decided])
    return {f"{test}.{name}": round(float(value), 4) for name, value in found.items() if not np.isnan(value)}


def check(measured: Gate, floors: Gate) -> tuple[list[str], bool]:
    """Compare scores with their floors: a line a score below its floor and one a model, and whether all is well."""
    lines: list[str] = []
    good = True
    for what in sorted(k for k in measured.data if measured.data[k] != floors.data.get(k)):
        lines.append(f"{what}: has changed since the floors were measured; measure them anew with --update")
        good = False
    if measured.code_version != floors.code_version:
        lines.append("the experiment code has changed since the floors were measured; measure them anew with --update")
        good = False
    for name, wanted in floors.models.items():
        found = measured.models.get(name)
        if found is None:
            lines.append(f"{name}: has floors, but does not ship")
            good = False
            continue
        slack = {key: floors.cases if key.startswith(_BEHAVIOUR) else floors.epsilon for key in wanted}
        # A score that is not there any more is as bad as one that fell.
        low = [key for key, floor in wanted.items() if not found.get(key, float("nan")) >= floor - slack[key]]
        lines += [f"{name}: {key} is {found.get(key, float('nan')):.4g}, below {wanted[key]:.4g} - {slack[key]:g}" for key in low]
        lines.append(f"{measured.ids[name]}: {len(wanted) - len(low)} of {len(wanted)} scores hold")
        good = good and not low
    lines += [f"{name}: ships without floors; set them with --update" for name in measured.models if name not in floors.models]
    return lines, good and set(measured.models) <= set(floors.models)


def update_gate(measured: Gate, previous: Gate | None, *, allow_lower: bool) -> Gate:
    """The floors to write.

    Raises
    ------
    OptionError
        If a floor would be lowered or dropped and that is not allowed.
    """
    before = previous.models if previous else {}
    lower = [
        f"{name} {key} {floor:.4f} -> {measured.models.get(name, {}).get(key, float('nan')):.4f}"
        for name, floors in before.items()
        for key, floor in floors.items()
        if not measured.models.get(name, {}).get(key, -1.0) >= floor
    ]
    if lower and not allow_lower:
        raise OptionError(f"would lower {len(lower)} floors ({'; '.join(lower[:4])}); --allow-lower does it")
    return measured
