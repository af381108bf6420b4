"""The reference is made from the commands, and the commands explain themselves."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_and_option_has_help() -> None:
    reference = script("cli_reference")
    bare = []
    for name, command in reference.commands():
        if not (command.help or "").strip():
            bare.append(name)
        bare += [f"{name} {p.name}" for p in reference.parameters(command) if not (p.help or "").strip()]
    assert bare == []


def test_command_reference_is_up_to_date() -> None:
    reference = script("cli_reference")
    assert reference.PAGE.read_text(encoding="utf-8") == reference.render(), "run: python docs/scripts/cli_reference.py"


def test_citation_names_this_version() -> None:
    from carestance import __version__

    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
