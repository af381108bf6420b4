"""The command line inside this process: quick, and with every message caught."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from carestance.cli.app import main


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``carestance`` as its entry point does; whatever ends it other than an exit fails the test."""

    def command(*arguments: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["carestance", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Done(code, captured.out, captured.err)

    return command


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A folder with a good article in front and one at the end of whatever else is put in."""
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "a.txt").write_text("Councils should keep control of their services.\n")
    (folder / "z.txt").write_text("Ministers want trusts to take over the services of every council.\n")
    return folder
