"""Rows of the label files, validated as they are read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from carestance.schema import SIDES, TARGETS, Holder, Label

NonEmpty = Annotated[str, Field(min_length=1)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Identified(_Row):
    id: NonEmpty


class UnitRow(_Identified):
    """A sentence or heading of an article, with offsets into the article's text."""

    article: NonEmpty
    kind: Literal["heading", "body", "comment"]
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(gt=0)]
    text: NonEmpty


class _Stance(_Row):
    localism: Label
    trusts: Label
    regional_commissioning: Label
    holder: Holder

    def label(self, target: str) -> Label:
        """Label for one target."""
        found: Label = getattr(self, target)
        return found

    @model_validator(mode="after")
    def _holder_goes_with_a_side(self) -> Self:
        takes_side = any(self.label(t) in SIDES for t in TARGETS)
        if takes_side != (self.holder != ""):
            need = "needs a holder" if takes_side else "takes no side, so its holder must be empty"
            raise ValueError(f"holder rule: the unit {need}")
        return self


class LabelRow(_Stance, _Identified):
    """One annotator's labels of one unit."""


class AdjudicationRow(LabelRow):
    """The settled labels of a unit on which annotators differed, with the reason."""

    reason: NonEmpty


class GoldRow(_Stance, UnitRow):
    """A unit with its settled labels."""


class AuthoredGoldRow(GoldRow):
    """A unit of the authored corpus with its split and writer."""

    split: Literal["train", "dev"]
    writer: NonEmpty


class TextRow(_Identified):
    """One authored text."""

    writer: NonEmpty
    split: Literal["train", "dev"]
    genre: str
    outlet: str
    year: int | None
    theme: str
    text: NonEmpty
