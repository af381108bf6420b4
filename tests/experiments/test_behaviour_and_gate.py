"""The behavioural suite judges as it says, and the gate notices what falls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from carestance.errors import OptionError
from carestance.experiments.behaviour import Case, pass_rates, read_cases, run_cases, to_table
from carestance.experiments.gate import Gate, check, read_gate, update_gate, write_gate
from carestance.models.protocol import Document, Prediction
from carestance.schema import TARGETS


class WordModel:
    """Favours trusts where it reads "good", is against them at "bad", and hears others where it reads "said"."""

    targets = TARGETS

    def predict(self, documents: Sequence[Document]) -> list[Prediction]:
        found = []
        for document in documents:
            text = document.sentences[0]
            probs = np.tile([0.1, 0.1, 0.1, 0.7], (1, 3, 1))
            probs[0, 1] = [0.7, 0.1, 0.1, 0.1] if "good" in text else [0.1, 0.7, 0.1, 0.1] if "bad" in text else [0.1, 0.1, 0.1, 0.7]
            found.append(Prediction(probs, np.array([float("said" in text)])))
        return found


@pytest.mark.parametrize(
    ("case", "passed"),
    [
        ({"test": "MFT", "text": "Trusts are good.", "target": "trusts", "label": "favour"}, True),
        ({"test": "MFT", "text": "Trusts are fine.", "target": "trusts", "label": "favour"}, False),
        ({"test": "INV", "text": "Kent is good.", "variant": "Devon is good."}, True),
        ({"test": "INV", "text": "Kent is good.", "variant": "Kent is bad."}, False),
        ({"test": "INV", "text": "Kent is good.", "variant": "Kent is bad.", "target": "localism"}, True),
        ({"test": "DIR", "text": "It is good.", "variant": "It is bad.", "target": "trusts", "direction": "down"}, True),
        ({"test": "DIR", "text": "It is good.", "variant": "It is bad.", "target": "trusts", "direction": "up"}, False),
        ({"test": "DIR", "text": "It is good.", "variant": "It is bad.", "target": "localism", "direction": "down"}, False),
        ({"test": "INV", "text": "It is good.", "variant": "It is good, he said.", "holder": "author", "variant_holder": "other"}, True),
        ({"test": "INV", "text": "It is good.", "variant": "It is good.", "variant_holder": "other"}, False),
        ({"test": "INV", "text": "It is.", "variant": "So it is.", "target": "trusts", "label": "favour"}, False),
    ],
)
def test_cases_are_judged(case: dict[str, str], passed: bool) -> None:
    (outcome,) = run_cases(WordModel(), [Case.model_validate({"id": "x", "capability": "c", **case})])
    assert outcome.passed is passed


@pytest.mark.parametrize(
    "case",
    [
        {"test": "MFT", "text": "x", "target": "trusts"},
        {"test": "INV", "text": "x"},
        {"test": "DIR", "text": "x", "variant": "y", "target": "trusts"},
        {"test": "INV", "text": "x", "variant": "y", "label": "favour"},
        {"test": "MFT", "text": "x", "target": "trusts", "label": "favour", "mood": "good"},
    ],
)
def test_cases_that_ask_for_nothing_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Case.model_validate({"id": "x", "capability": "c", **case})


def test_the_projects_suite_is_whole(root: Path) -> None:
    cases = read_cases(root / "experiments" / "behaviour.jsonl")
    assert len({c.id for c in cases}) == len(cases)
    assert {c.test for c in cases} == {"MFT", "INV", "DIR"}
    assert all(c.text != c.variant for c in cases)
    sides = {(c.target, c.label) for c in cases if c.test == "MFT"}
    assert {(t, s) for t in TARGETS for s in ("favour", "against")} <= sides
    rates = pass_rates(to_table(run_cases(WordModel(), cases)))
    assert sum(total for _, total in rates.values()) == len(cases)


def gate(**scores: float) -> Gate:
    return Gate(epsilon=0.02, cases=1, code_version=1, data={"seeds": "a"}, ids={"base": "base@1"}, models={"base": scores})


def test_scores_below_the_floor_fail() -> None:
    floors = gate(f_avg=0.5, topic=0.8)
    assert check(gate(f_avg=0.5, topic=0.9), floors)[1]
    assert check(gate(f_avg=0.485, topic=0.8), floors)[1]
    lines, good = check(gate(f_avg=0.47, topic=0.8), floors)
    assert not good and "f_avg is 0.47" in lines[0]
    assert not check(gate(topic=0.8), floors)[1]


def test_one_case_fewer_is_no_failure() -> None:
    floors = gate(**{"behaviour.negation (DIR)": 9.0})
    assert check(gate(**{"behaviour.negation (DIR)": 8.0}), floors)[1]
    assert not check(gate(**{"behaviour.negation (DIR)": 7.0}), floors)[1]


def test_other_labels_code_or_models_need_new_floors() -> None:
    floors = gate(f_avg=0.5)
    for change in ({"data": {"seeds": "b"}}, {"code_version": 2}, {"models": {"fast": {}}}):
        assert not check(floors.model_copy(update=change), floors)[1]


def test_floors_are_lowered_only_on_demand(tmp_path: Path) -> None:
    floors = gate(f_avg=0.5)
    assert update_gate(gate(f_avg=0.6), floors, allow_lower=False).models["base"]["f_avg"] == 0.6
    for lower in (gate(f_avg=0.4), gate(topic=0.4), gate(f_avg=0.5).model_copy(update={"models": {}})):
        with pytest.raises(OptionError, match="--allow-lower"):
            update_gate(lower, floors, allow_lower=False)
        assert update_gate(lower, floors, allow_lower=True) == lower
    write_gate(floors, tmp_path / "gate.json")
    assert read_gate(tmp_path / "gate.json") == floors
    (tmp_path / "gate.json").write_text("{}")
    with pytest.raises(OptionError, match="gate"):
        read_gate(tmp_path / "gate.json")
