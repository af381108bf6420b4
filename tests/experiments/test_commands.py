"""The commands, run as users run them, on a small experiments folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from carestance.cli.experiments import app
from carestance.errors import MissingExtraError, OptionError
from carestance.experiments import figures
from carestance.experiments.cells import Project
from carestance.experiments.figures import draw_all


def invoke(project: Project, *arguments: str) -> tuple[int, str]:
    folders = ["--labels", str(project.labels), "--experiments", str(project.experiments)]
    done = CliRunner().invoke(app, [*arguments, *folders])
    if isinstance(done.exception, OptionError):
        raise done.exception
    return done.exit_code, done.output


def test_list_and_run_say_what_is_finished(project: Project) -> None:
    code, output = invoke(project, "list")
    assert code == 0 and "small" in output
    code, output = invoke(project, "run", "small")
    assert code == 0
    assert "small/tfidf--seeds: finished before" in output and "small/absent--seeds: skipped" in output


@pytest.mark.parametrize("arguments", [["run"], ["run", "small", "--all"], ["run", "nonesuch"], ["reproduce", "nonesuch"]])
def test_wrong_use_is_one_clear_message(project: Project, arguments: list[str]) -> None:
    with pytest.raises(OptionError):
        invoke(project, *arguments)


def test_reproduce_exits_by_its_verdict(project: Project) -> None:
    code, output = invoke(project, "reproduce", "--quick")
    assert code == 0 and "2 same, 0 differ, 0 skipped" in output
    (project.results / "small" / "tfidf--seeds.parquet").unlink()
    code, output = invoke(project, "reproduce", "--quick")
    assert code == 1 and "1 same, 1 differ" in output


def test_table_command(project: Project) -> None:
    page = project.experiments / "README.md"
    page.write_text("<!-- table: small -->\n<!-- end -->\n")
    code, output = invoke(project, "table", str(page))
    assert code == 0 and "small" in output
    assert "| tfidf | seeds |" in page.read_text()


def test_figures_are_the_same_each_time(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="figures need the extra carestance[figures]")
    chosen = {name: figures._FIGURES[name] for name in ("confusions", "reliability")}
    monkeypatch.setattr(figures, "_FIGURES", chosen)
    project = Project(root / "experiments", root / "labels")
    first, second = draw_all(project, tmp_path / "a"), draw_all(project, tmp_path / "b")
    assert [p.name for p in first] == ["confusions.svg", "confusions.png", "reliability.svg", "reliability.png"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_figures_without_matplotlib_say_what_to_install(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="figures"):
        draw_all(project, tmp_path)
