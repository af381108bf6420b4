"""What an ONNX graph asks for, read from its bytes before any runtime sees them.

A graph names the domain of each operator and the files of its weights. Both are found by walking the protocol-buffer messages of the ONNX
format (field numbers as in its published ``onnx.proto``); tensors are skipped, so that a large graph takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

#: Domains of the operators of the ONNX standard.
STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
#: Messages inside a message, by field number.
_PARTS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
_FUNCTION_DOMAIN, _NODE_OPERATOR, _NODE_DOMAIN, _ENTRY_KEY, _ENTRY_VALUE = 10, 4, 7, 1, 2
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}


@dataclass
class GraphNeeds:
    """What a graph needs from outside.

    Attributes
    ----------
    operators
        ``domain::operator`` of each operator that is neither of the standard nor defined in the graph itself.
    files
        Names of the files that hold its weights.
    """

    operators: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


def graph_needs(data: bytes) -> GraphNeeds:
    """Read what an ONNX graph asks for.

    Raises
    ------
    ValueError
        If the bytes are no protocol-buffer message.
    """
    needs = GraphNeeds()
    used: set[tuple[str, str]] = set()
    own: set[str] = set()
    waiting: list[tuple[str, memoryview]] = [("model", memoryview(data))]
    while waiting:
        kind, message = waiting.pop()
        texts: dict[int, str] = {}
        parts = _PARTS.get(kind, {})
        for number, value in _fields(message):
            if number in parts:
                waiting.append((parts[number], value))
            elif _is_name(kind, number):
                texts[number] = bytes(value).decode("utf-8", "replace")
        if kind == "node":
            used.add((texts.get(_NODE_DOMAIN, ""), texts.get(_NODE_OPERATOR, "")))
        elif kind == "function":
            own.add(texts.get(_FUNCTION_DOMAIN, ""))
        elif kind == "entry" and texts.get(_ENTRY_KEY) == "location":
            needs.files.add(texts.get(_ENTRY_VALUE, ""))
    needs.operators = {f"{domain}::{operator}" for domain, operator in used if domain not in STANDARD_DOMAINS | own}
    return needs


def _is_name(kind: str, number: int) -> bool:
    return (
        (kind == "node" and number in (_NODE_OPERATOR, _NODE_DOMAIN))
        or (kind == "function" and number == _FUNCTION_DOMAIN)
        or (kind == "entry" and number in (_ENTRY_KEY, _ENTRY_VALUE))
    )


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and bytes of each field that has a length; numbers are skipped."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        wire = key & 7
        if wire == _VARINT:
            _, position = _varint(message, position)
            continue
        if wire == _BYTES:
            size, position = _varint(message, position)
        elif wire in _FIXED_SIZES:
            size = _FIXED_SIZES[wire]
        else:
            raise ValueError(f"a field of unknown kind {wire}")
        if position + size > len(message):
            raise ValueError("it ends within a field")
        if wire == _BYTES:
            yield key >> 3, message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            break
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("it ends within a number")
