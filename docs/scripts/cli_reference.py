"""Writes docs/reference/cli.md from the commands themselves: ``python docs/scripts/cli_reference.py``."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

PAGE = Path(__file__).parents[1] / "reference" / "cli.md"
_HEAD = """# Command line

<!-- Written by docs/scripts/cli_reference.py from the commands' own help; change the help there, then run the script. -->

Every command explains itself with `--help`. Results go to standard output or to the file named by `--output`, messages to standard error.

| exit code | meaning |
|---|---|
| 0 | all done |
| 1 | nothing could be done |
| 2 | wrong usage |
| 3 | some articles failed; their rows say why |
| 130 | interrupted |
"""
_UNDERLINE = re.compile(r"\n-{3,}\n")


def commands() -> Iterator[tuple[str, Any]]:
    """Every command and group with its full name, in the order of ``--help``."""
    import typer.main

    from carestance.cli.app import app

    yield from _below("carestance", typer.main.get_command(app))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for child_name, child in getattr(command, "commands", {}).items():
        yield from _below(f"{name} {child_name}", child)


def parameters(command: Any) -> Iterator[Any]:
    """A command's arguments and options, without ``--help``."""
    yield from (p for p in command.params if p.name != "help")


def render() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_section(name, command) for name, command in commands())])


def _section(name: str, command: Any) -> str:
    parts = [f"## {name}\n", _help(command.help or "")]
    rows = [_row(p, _type(command, p)) for p in parameters(command)]
    if rows:
        parts.append("| argument or option | value | default | what it does |\n|---|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _help(text: str) -> str:
    """A docstring as Markdown: what is indented becomes a shell block."""
    lines: list[str] = []
    fenced = False
    for line in _UNDERLINE.sub(":\n\n", text).splitlines():
        inside = line.startswith("    ")
        if inside and not fenced:
            lines.append("```sh")
        if fenced and line and not inside:
            while not lines[-1]:
                lines.pop()
            lines += ["```", ""]
        fenced = inside or (fenced and not line)
        lines.append(textwrap.dedent(line) if inside else line)
    return "\n".join([*lines, *(["```"] if fenced else []), ""])


def _type(command: Any, parameter: Any) -> str:
    hints = get_type_hints(inspect.unwrap(command.callback)) if command.callback else {}
    return _type_name(hints.get(parameter.name, str))


def _type_name(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return ", ".join(map(str, get_args(hint)))
    inner = [a for a in get_args(hint) if a is not type(None)]
    if inner:
        return _type_name(inner[0])
    return {Path: "path", int: "number", float: "number", bool: ""}.get(hint, "text")


def _row(parameter: Any, type_name: str) -> str:
    is_option = any(o.startswith("-") for o in parameter.opts)
    name = ", ".join(parameter.opts) if is_option else parameter.metavar or parameter.name.upper()
    default = parameter.default
    shown = "required" if parameter.required else "" if default in (None, False) or callable(default) else f"`{default}`"
    what = (parameter.help or "").replace("|", "\\|")
    return f"| `{name}` | {type_name} | {shown} | {what} |"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
