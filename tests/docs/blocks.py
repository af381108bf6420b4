"""Code blocks of Markdown pages, and the remarks before them.

A block may follow a remark on a line of its own:

``<!-- not run: WHY -->``   shown only; commands of carestance in it still have to exist with their options
``<!-- needs: a, b -->``    run where these modules are installed (modules that a Python block imports need no remark)
``<!-- file: NAME -->``     written to this file, for the blocks after it
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"(?:<!-- (?P<word>not run|needs|file): (?P<rest>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """One block with its remark."""

    page: Path
    line: int
    language: str
    code: str
    word: str
    rest: str

    @property
    def needs(self) -> list[str]:
        """Modules that the block cannot do without."""
        named = [name.strip() for name in self.rest.split(",")] if self.word == "needs" else []
        return [*named, *(_imported(self.code) if self.language == "python" else [])]

    @property
    def place(self) -> str:
        return f"{self.page.name}, line {self.line}"


def _imported(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def read_blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        found.append(Block(page, line, match["language"], match["code"], match["word"] or "", match["rest"] or ""))
    return found


def shell_lines(code: str) -> Iterator[str]:
    """Commands of a shell block, comments taken off."""
    for line in code.splitlines():
        if words := shlex.split(line, comments=True):
            yield shlex.join(words) if "|" not in words else line


def carestance_calls(code: str) -> Iterator[list[str]]:
    """Arguments of each call of carestance in a shell block, also after a pipe."""
    for line in code.splitlines():
        words = shlex.split(line, comments=True) if "carestance " in line else []
        for i, word in enumerate(words):
            if word == "carestance" and (i == 0 or words[i - 1] == "|"):
                end = words.index("|", i) if "|" in words[i:] else len(words)
                yield words[i + 1 : end]
