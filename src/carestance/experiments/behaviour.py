"""A behavioural suite in the manner of CheckList (Ribeiro et al., 2020): short sentences whose right treatment is plain.

Three kinds of test, one line a case in ``behaviour.jsonl``:

``MFT`` (minimum functionality)
    ``text`` has to get ``label`` for ``target``.
``INV`` (invariance)
    ``text`` and ``variant`` have to get the same labels - for ``target``, or for every target where none is named - and, where it
    names them, ``holder`` and ``variant_holder``.
``DIR`` (direction)
    From ``text`` to ``variant`` P(favour) - P(against) of ``target`` has to go ``up`` or ``down`` by at least :data:`MARGIN`.

A case that names a label and is no ``MFT`` asks for that label of ``text``, too, so that a model cannot pass by never taking a side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from carestance.experiments.metrics import AGAINST, FAVOUR
from carestance.labels.store import read_rows
from carestance.models.protocol import Document, Prediction, StanceModel
from carestance.schema import HOLDERS, LABELS, TARGETS, Label
from carestance.tagging.holder import SURE_OTHER

#: Least change of P(favour) - P(against) that counts as a change.
MARGIN = 0.1
NonEmpty = Annotated[str, Field(min_length=1)]


class Case(BaseModel):
    """One case of the suite; see the module for what its fields ask for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: NonEmpty
    capability: NonEmpty
    test: Literal["MFT", "INV", "DIR"]
    text: NonEmpty
    variant: str = ""
    target: Literal["localism", "trusts", "regional_commissioning"] | None = None
    label: Label | None = None
    direction: Literal["up", "down"] | None = None
    holder: Literal["author", "other"] | None = None
    variant_holder: Literal["author", "other"] | None = None

    @model_validator(mode="after")
    def _says_what_its_test_needs(self) -> Self:
        needs = {
            "MFT": self.target and self.label and not self.variant,
            "INV": self.variant,
            "DIR": self.variant and self.target and self.direction,
        }
        if not needs[self.test]:
            raise ValueError(f"{self.id}: lacks what a {self.test} case needs, or has what it must not have")
        if self.label and not self.target:
            raise ValueError(f"{self.id}: a label needs a target")
        return self


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model made of one case.

    Attributes
    ----------
    case
        The case.
    passed
        Whether it did as it should.
    labels
        Labels of the text by target, then of the variant.
    """

    case: Case
    passed: bool
    labels: tuple[str, ...]


def read_cases(path: Path) -> list[Case]:
    """Read the suite.

    Raises
    ------
    LabelsError
        If the file is missing or a line is not a valid case.
    """
    return read_rows(path, Case)


def run_cases(model: StanceModel, cases: Sequence[Case]) -> list[Outcome]:
    """Label every sentence by itself, as an article of one sentence without a title, and judge the cases."""
    documents = [Document("", (text,)) for case in cases for text in (case.text, case.variant or case.text)]
    predictions = model.predict(documents)
    return [_judge(case, predictions[2 * i], predictions[2 * i + 1]) for i, case in enumerate(cases)]


def _judge(case: Case, text: Prediction, variant: Prediction) -> Outcome:
    labels = [[LABELS[k] for k in p.probs[0].argmax(-1)] for p in (text, variant)]
    asked = range(len(TARGETS)) if case.target is None else [TARGETS.index(case.target)]
    passed = case.label is None or labels[0][asked[0]] == case.label
    if case.test == "INV":
        passed &= all(labels[0][t] == labels[1][t] for t in asked)
    if case.test == "DIR":
        change = _lean(variant, asked[0]) - _lean(text, asked[0])
        passed &= change >= MARGIN if case.direction == "up" else change <= -MARGIN
    for wanted, prediction in ((case.holder, text), (case.variant_holder, variant)):
        passed &= wanted is None or HOLDERS[int(prediction.other[0] >= SURE_OTHER)] == wanted
    return Outcome(case, bool(passed), (*labels[0], *(labels[1] if case.variant else ())))


def _lean(prediction: Prediction, target: int) -> float:
    return float(prediction.probs[0, target, FAVOUR] - prediction.probs[0, target, AGAINST])


def to_table(outcomes: Sequence[Outcome]) -> Any:
    """Outcomes as an Arrow table, one row a case."""
    import pyarrow as pa

    return pa.table(
        {
            "case": [o.case.id for o in outcomes],
            "capability": [o.case.capability for o in outcomes],
            "test": [o.case.test for o in outcomes],
            "passed": [o.passed for o in outcomes],
            "labels": [" ".join(o.labels) for o in outcomes],
        }
    )


def pass_rates(table: Any) -> dict[tuple[str, str], tuple[int, int]]:
    """Passed cases and all cases by capability and test, in the order of the suite."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for row in table.to_pylist():
        passed, total = found.get((row["capability"], row["test"]), (0, 0))
        found[row["capability"], row["test"]] = (passed + row["passed"], total + 1)
    return found


def score_table(table: Any) -> dict[str, Any]:
    """Pass rate of the suite and of each capability."""
    rates = pass_rates(table)
    passed, total = (sum(pair[i] for pair in rates.values()) for i in (0, 1))
    capabilities = {f"{capability} ({test})": list(pair) for (capability, test), pair in rates.items()}
    return {"pass_rate": round(passed / max(1, total), 4), "capabilities": capabilities}
