"""Tagging stays on the machine, and writes where it was told to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from carestance.models.shipped import shipped_names

#: Runs the command with every way out closed: a socket that is made, or a name that is looked up, ends it with an error.
BLOCKED = """
import socket, sys

def refuse(*arguments, **more):
    raise RuntimeError("a socket was opened")

class Refused(socket.socket):
    def __init__(self, *arguments, **more):
        refuse()

socket.socket = Refused
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
from carestance.cli.app import main
sys.argv = ["carestance", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("model", ["tiny", *[name for name in shipped_names() if name == "fast"]])
def test_nothing_leaves_the_machine_or_is_left_elsewhere(model: str, tmp_path: Path, tiny_model: Path, seed_files: list[Path]) -> None:
    homes = {name: tmp_path / name.lower() for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR")}
    for folder in homes.values():
        folder.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "a.txt").write_bytes(seed_files[0].read_bytes())
    (tmp_path / "saved" / "b.html").write_text("<html><body><p>Councils should keep control of services.</p></body></html>")
    (tmp_path / "saved" / "c.pdf").write_bytes(b"%PDF-1.4 no more")
    output = tmp_path / "out"
    options = [
        "-o",
        output / "tags.csv",
        "--summary",
        output / "s.csv",
        "--report",
        output / "r.html",
        "--text-dir",
        output / "texts",
        "-q",
    ]
    command = [sys.executable, "-B", "-c", BLOCKED, "tag", tmp_path / "saved", "-m", tiny_model if model == "tiny" else model, *options]
    environment = {**os.environ, **{name: str(folder) for name, folder in homes.items()}}
    done = subprocess.run(list(map(str, command)), cwd=work, env=environment, capture_output=True, timeout=300)
    assert b"a socket was opened" not in done.stderr
    assert done.returncode == 3
    assert {p.name for p in output.iterdir()} == {"tags.csv", "s.csv", "r.html", "texts"}
    for folder in (*homes.values(), work):
        assert list(folder.iterdir()) == []


def test_the_runtime_sends_no_telemetry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import onnxruntime

    from carestance.errors import ModelError
    from carestance.models.onnx import OnnxModel
    from carestance.models.windows import WindowSpec

    said: list[str] = []
    monkeypatch.setattr(onnxruntime, "disable_telemetry_events", lambda: said.append("off"))
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *_, **__: said.append("session") or 1 / 0)
    with pytest.raises(ModelError):
        OnnxModel.open(tmp_path, WindowSpec(), ("trusts",), None)  # type: ignore[arg-type]
    assert said == ["off", "session"]
