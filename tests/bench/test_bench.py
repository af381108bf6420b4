"""The speed table: every contestant does the whole work, and the figures can be kept."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from carestance.bench.contestants import Contestant
from carestance.bench.measure import time_all
from carestance.cli.app import app
from carestance.errors import OptionError


def test_contestants_take_turns_and_shares_are_scaled() -> None:
    calls: list[str] = []
    contestants = [Contestant("a", lambda: calls.append("a")), Contestant("b", lambda: calls.append("b"), share=0.001)]
    a, b = time_all(contestants, 100, 2)
    assert calls == ["a", "b"] * 3
    assert b.seconds >= a.seconds or b.seconds == 0
    assert a.name == "a" and a.sentences_per_second > 0


def test_the_command_keeps_its_figures(tmp_path: Path, seed_files: list[Path]) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "one.txt").write_text(seed_files[0].read_text(encoding="utf-8"), encoding="utf-8")
    result = CliRunner().invoke(app, ["bench", str(folder), "--rounds", "1", "--save", str(tmp_path / "speed.json")])
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert figures["sentences"] > 10
    assert {t["name"] for t in figures["timings"]} >= {"carestance, base", "carestance, tfidf"}
    assert all(t["sentences_per_second"] > 0 for t in figures["timings"])
    assert all(s["peak_mb"] > 10 for s in figures["cold_start"])


def test_a_folder_without_articles_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["bench", str(tmp_path)])
    assert isinstance(result.exception, OptionError)
