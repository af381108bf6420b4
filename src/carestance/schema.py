"""The names everything in carestance agrees on: targets, labels, holders, kinds."""

from __future__ import annotations

from typing import Literal

Label = Literal["favour", "against", "neutral", "unrelated"]
Holder = Literal["author", "other", ""]

#: The three positions, in the order of every table and every array's target axis.
TARGETS: tuple[str, ...] = ("localism", "trusts", "regional_commissioning")
#: The four labels, in the order of every probability array's last axis.
LABELS: tuple[Label, ...] = ("favour", "against", "neutral", "unrelated")
#: The labels that take a side.
SIDES: frozenset[str] = frozenset({"favour", "against"})
#: What a decision says where the model does not know enough.
ABSTAIN = "abstain"
HOLDERS: tuple[Literal["author", "other"], ...] = ("author", "other")
