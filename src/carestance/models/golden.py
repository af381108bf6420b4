"""Golden predictions: what a model said of ten fixed sentences when it was made, and whether it still says so.

Hashes show that files are whole; only an answer shows that this machine and these libraries read them as the ones that wrote them did.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from carestance.errors import ModelError
from carestance.models.checks import RESTORE
from carestance.models.protocol import Document, Prediction
from carestance.models.store import GOLDEN, PROTOCOL, load_model, read_text

TITLE = "Who should run children’s services?"
SENTENCES = (
    "Councils know their families best, and control of children’s services should stay with elected councillors.",
    "“Handing services to an independent trust has failed everywhere it was tried,” said the leader of the county council.",
    "The trust has turned a failing department round in two years; others should follow.",
    "Ministers are right to commission residential care across regions, because no single borough can shape that market.",
    "Regional care cooperatives would take decisions further away from the children they are about.",
    "The Department for Education will publish its response to the review in the spring.",
    "It rained on the day of the inspection.",
    "Whether a trust or a council runs the service matters less than the caseloads of its social workers, the report argues.",
    "Whitehall should stop telling town halls how to spend £1.3m of their own money.",
    "Nobody has asked the young people.",
)
#: Largest difference of a probability. Eight-bit encoders round differently from one kind of processor to the next.
TOLERANCES = {"tfidf": 1e-4, "onnx": 0.05}


class Golden(BaseModel):
    """Contents of a golden file.

    Attributes
    ----------
    protocol
        Protocol of the model's folder.
    model
        Id of the model.
    tolerance
        Largest difference of a probability that counts as the same.
    title, sentences
        The document that was predicted.
    probs
        Expected probabilities, shape (sentences, targets, 4).
    other
        Expected probability of another holder, shape (sentences,).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    protocol: int
    model: str
    tolerance: float = Field(gt=0, lt=1)
    title: str
    sentences: tuple[str, ...] = Field(min_length=1, max_length=100)
    probs: tuple[tuple[tuple[float, ...], ...], ...]
    other: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class GoldenCheck:
    """What came of a check.

    Attributes
    ----------
    sentences
        Sentences compared.
    difference
        Largest difference of a probability.
    tolerance
        What was allowed.
    """

    sentences: int
    difference: float
    tolerance: float


def make_golden(folder: Path, tolerance: float | None = None) -> Path:
    """Write a model's golden predictions into its folder.

    Parameters
    ----------
    folder
        The model's folder; its manifest and id stay as they are.
    tolerance
        Largest difference that will count as the same; by default that of the model's kind.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    model, manifest = load_model(folder)
    prediction = model.predict([Document(TITLE, SENTENCES)])[0]
    golden = Golden(
        protocol=PROTOCOL,
        model=manifest.id,
        tolerance=TOLERANCES[manifest.kind] if tolerance is None else tolerance,
        title=TITLE,
        sentences=SENTENCES,
        probs=np.round(prediction.probs, 6).tolist(),
        other=np.round(prediction.other, 6).tolist(),
    )
    path = folder / GOLDEN
    partial = path.with_name(f".{GOLDEN}.part")
    partial.write_text(golden.model_dump_json(indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
    return path


def check_golden(folder: Path) -> GoldenCheck | None:
    """Compare a model's answers with its golden predictions; ``None`` where the folder has none.

    Raises
    ------
    ModelError
        If they are damaged, another model's, or differ by more than their tolerance.
    """
    path = folder / GOLDEN
    if not path.is_file():
        return None
    try:
        golden = Golden.model_validate_json(read_text(path))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not valid golden predictions ({str(error).splitlines()[0]}); {RESTORE}") from error
    model, manifest = load_model(folder)
    if (golden.protocol, golden.model) != (PROTOCOL, manifest.id):
        raise ModelError(
            f"{path}: made for {golden.model} by protocol {golden.protocol}, the folder holds {manifest.id}; "
            "make them anew with 'carestance models golden' if you trust the folder"
        )
    difference = _difference(model.predict([Document(golden.title, golden.sentences)])[0], golden, path)
    if not difference <= golden.tolerance:
        raise ModelError(
            f"{folder}: answers differ from the golden predictions by {difference:.4f} (allowed: {golden.tolerance:g}); "
            "install the library versions of requirements.lock, or restore the folder from its source"
        )
    return GoldenCheck(len(golden.sentences), difference, golden.tolerance)


def _difference(found: Prediction, golden: Golden, path: Path) -> float:
    try:
        pairs = [(found.probs, np.array(golden.probs)), (found.other, np.array(golden.other))]
    except ValueError:  # rows of unequal length
        pairs = []
    if not pairs or any(have.shape != expected.shape for have, expected in pairs):
        raise ModelError(f"{path}: holds predictions of another shape than the model's; {RESTORE}")
    return max(float(np.abs(have - expected).max()) for have, expected in pairs)
