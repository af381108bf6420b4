"""What a study is: one TOML file, read strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from carestance.config import read_toml
from carestance.errors import OptionError

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Split(_Strict):
    """What is trained on and what is tested on.

    Attributes
    ----------
    name
        Short name.
    train
        ``"authored"`` for the authored training split, ``"other_seeds"`` for the seed articles but the one tested on.
    test
        ``"seeds"``, or ``"development"`` for the authored development split.
    share
        Share of the authored training texts; a share holds the smaller ones.
    """

    name: Name
    train: tuple[Literal["authored", "other_seeds"], ...] = Field(min_length=1)
    test: Literal["seeds", "development"]
    share: float = Field(default=1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _seeds_are_left_out_one_by_one(self) -> Self:
        if "other_seeds" in self.train and self.test != "seeds":
            raise ValueError("other_seeds leaves one seed article out, so the test has to be the seeds")
        return self


class Majority(_Strict):
    """Always the most frequent label of the training data."""

    kind: Literal["majority"]
    name: Name = "majority"


class Tfidf(_Strict):
    """The baseline of :mod:`carestance.models.tfidf`, trained in the cell."""

    kind: Literal["tfidf"]
    name: Name = "tfidf"
    C: float = Field(default=0.1, gt=0)
    ngrams: Literal["word+char", "word", "char"] = "word+char"
    folds: int = Field(default=5, ge=0)


class Shipped(_Strict):
    """A shipped model, which only predicts."""

    kind: Literal["shipped"]
    name: Name


class Encoder(_Strict):
    """An encoder trained in the cell as a training file says, with some of its options changed."""

    kind: Literal["encoder"]
    name: Name
    config: str
    overrides: dict[str, Any] = {}


class Svm(_Strict):
    """A linear support vector machine of n-grams for the outside benchmarks; what is not given is chosen by folds of the training data.

    Attributes
    ----------
    kind, name
        Kind and name.
    features
        ``"tfidf"`` with labels weighted by their inverse frequency, or ``"presence"``: which word 1-3-grams and character 2-5-grams
        are there, unweighted, as the organisers of SemEval-2016 Task 6 did it.
    """

    kind: Literal["svm"]
    name: Name = "svm"
    features: Literal["tfidf", "presence"] = "tfidf"


class PairEncoder(_Strict):
    """An encoder of target and text in one input for the outside benchmarks; ``sha256`` is that of its ``model.safetensors``."""

    kind: Literal["pair_encoder"]
    name: Name
    sha256: Sha256
    epochs: int = Field(default=4, ge=1)
    learning_rate: float = Field(default=5e-5, gt=0)
    batch: int = Field(default=32, ge=1)
    max_tokens: int = Field(default=128, ge=16)


ModelSpec = Annotated[Majority | Tfidf | Shipped | Encoder | Svm | PairEncoder, Field(discriminator="kind")]
DataName = Literal["articles", "semeval2016", "laurer_protectionism", "behaviour"]
_KINDS: dict[str, frozenset[str]] = {
    "articles": frozenset({"majority", "tfidf", "shipped", "encoder"}),
    "semeval2016": frozenset({"majority", "svm", "pair_encoder"}),
    "laurer_protectionism": frozenset({"majority", "svm", "pair_encoder"}),
    "behaviour": frozenset({"shipped"}),
}


class Tolerance(_Strict):
    """How far a rerun may be from the committed values.

    Attributes
    ----------
    score
        Difference of the study's main score.
    labels
        Share of predicted labels that may differ.
    """

    score: float = Field(ge=0)
    labels: float = Field(ge=0, le=1)


class Quick(_Strict):
    """The slice that ``reproduce --quick`` reruns.

    Attributes
    ----------
    cells
        Names of cells.
    articles
        Only so many articles (or rows, or cases) of the test data are predicted; ``0`` for all.
    """

    cells: tuple[str, ...] = ()
    articles: int = Field(default=0, ge=0)


class Study(_Strict):
    """One study: every model on every split with every seed.

    Attributes
    ----------
    title, question
        What it is about, for the tables.
    data
        ``"articles"`` for the project's labels, an outside benchmark, or the behavioural suite.
    splits
        Splits; for ``"articles"`` only, the others have one of their own.
    models, seeds
        What is trained and how often.
    baseline
        Model that the others are tested against.
    tolerance, quick
        For ``reproduce``.
    files
        sha256 of the data files of an outside benchmark, by name.
    published
        Scores others have published on an outside benchmark.
    """

    title: str
    question: str
    data: DataName = "articles"
    splits: tuple[Split, ...] = ()
    models: tuple[ModelSpec, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = (0,)
    baseline: str | None = None
    tolerance: Tolerance
    quick: Quick = Quick()
    files: dict[str, Sha256] = {}
    published: dict[str, float] = {}

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if (self.data == "articles") != bool(self.splits):
            raise ValueError("splits are for data = 'articles', which needs some")
        if (self.data in ("semeval2016", "laurer_protectionism")) != bool(self.files):
            raise ValueError("files are for an outside benchmark, which needs them")
        names = [m.name for m in self.models]
        if len(set(names)) < len(names) or len({s.name for s in self.splits}) < len(self.splits):
            raise ValueError("two models or two splits have the same name")
        wrong = [m.name for m in self.models if m.kind not in _KINDS[self.data]]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: not for data = {self.data!r}")
        if self.baseline is not None and self.baseline not in names:
            raise ValueError(f"baseline {self.baseline!r} is none of the models")
        if any(m.kind == "shipped" for m in self.models) and any("other_seeds" in s.train for s in self.splits):
            raise ValueError("a shipped model is not trained on seeds")
        return self


def read_study(path: Path) -> Study:
    """Read a study.

    Raises
    ------
    OptionError
        If it cannot be read or has an unknown or wrong field.
    """
    return read_toml(path, Study)


def read_studies(folder: Path) -> dict[str, Study]:
    """Read every study of a folder, by file name.

    Raises
    ------
    OptionError
        If there are none, or one cannot be read.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise OptionError(f"{folder}: no studies here (*.toml); name the folder above it with --experiments")
    return {path.stem: read_study(path) for path in paths}
