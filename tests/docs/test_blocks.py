"""Every code block of the documentation works: commands, Python, and the files they read."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from carestance.cli import app
from carestance.training.train import TrainConfig
from tests.docs.blocks import Block, carestance_calls, read_blocks, shell_lines

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
#: Set-up commands that a reader gives once, outside the example's folder.
SET_UP = ("pip", "make", "python")
#: Pages whose blocks are examples of single commands, each with inputs of its own.
GENERATED = {DOCS / "reference" / "cli.md"}
#: Languages that are shown and never run here.
SHOWN_ONLY = ("r", "text")
#: Pages that begin with tags a reader has made: the command that makes them.
BEFORE = {DOCS / "schema.md": ["tag", "saved/", "--output", "tags.parquet", "--quiet"]}
#: Texts of the authored corpus in the copy that the examples run in, by split.
TEXTS = {"train": 24, "dev": 4}


@pytest.fixture(scope="module")
def small_labels(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The labels with a small part of the authored texts."""
    folder = tmp_path_factory.mktemp("project") / "labels"
    shutil.copytree(root / "labels" / "seeds", folder / "seeds")
    (folder / "authored").mkdir()
    texts = [json.loads(line) for line in (root / "labels/authored/texts.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = {t["id"] for split, number in TEXTS.items() for t in [t for t in texts if t["split"] == split][:number]}
    for path in (root / "labels" / "authored").glob("*.jsonl"):
        with path.open(encoding="utf-8") as source, (folder / "authored" / path.name).open("w", encoding="utf-8") as goal:
            goal.writelines(line for line in source if json.loads(line).get("id", "").split(":")[0] in kept)
    return folder


@pytest.fixture
def project(small_labels: Path, seed_files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like a reader's: articles and labels, where the default model is the quick one."""
    shutil.copytree(small_labels, tmp_path / "labels")
    (tmp_path / "saved").mkdir()
    for path in seed_files[:2]:
        shutil.copy(path, tmp_path / "saved" / path.name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("carestance.models.shipped.PREFERENCE", ("tfidf", "fast", "base"))
    return tmp_path


def missing(block: Block) -> list[str]:
    return [name for name in block.needs if importlib.util.find_spec(name) is None]


def run_command(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["carestance", *words])
    try:
        app.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def run_shell(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in shell_lines(block.code):
        first = line.split()[0]
        if first == "carestance":
            (words,) = carestance_calls(line)
            assert run_command(words, monkeypatch) == 0, f"{block.place}: {line}"
        elif first not in SET_UP:
            subprocess.run(["bash", "-euc", line], check=True)


@pytest.mark.filterwarnings(
    "ignore:.*:DeprecationWarning",
    "ignore:.*:FutureWarning",
    "ignore:.*:ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
@pytest.mark.parametrize("page", [p for p in PAGES if p not in GENERATED], ids=lambda p: str(p.relative_to(DOCS)))
def test_blocks_run_in_order(page: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {"__name__": "example"}
    unmet: list[str] = []
    if page in BEFORE:
        assert run_command(BEFORE[page], monkeypatch) == 0
    for block in read_blocks(page):
        if block.word == "not run" or block.language in SHOWN_ONLY:
            continue
        if block.word == "file":
            Path(block.rest).write_text(block.code, encoding="utf-8")
        elif missing(block):
            unmet += missing(block)
        elif unmet and depends_on_skipped(block):
            continue
        elif block.language == "sh":
            run_shell(block, monkeypatch)
        elif block.language == "python":
            exec(compile("\n" * block.line + block.code, str(page), "exec"), names)
        else:
            pytest.fail(f"{block.place}: a block of {block.language!r} is neither run nor marked")


def depends_on_skipped(block: Block) -> bool:
    """Whether a block goes on from one that was skipped: Python without imports, or a command whose input is not there."""
    if block.language == "python":
        return not block.needs
    return not all(Path(words[1]).exists() for words in carestance_calls(block.code) if words[0] == "tag")


def test_every_command_shown_exists() -> None:
    group = typer.main.get_command(app.app)
    for page in [*PAGES, DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md"]:
        for block in read_blocks(page):
            if block.language in ("sh", ""):
                for words in carestance_calls(block.code):
                    parse(group, words, block)


def parse(command: Any, words: list[str], block: Block) -> None:
    """Let the command line read the words without running anything."""
    for i, word in enumerate(words):
        child = getattr(command, "commands", {}).get(word)
        if child is None:
            command.make_context("carestance", words[i:])
            return
        command = child
    command.make_context("carestance", [], resilient_parsing=True)


def toml_blocks() -> Iterator[Block]:
    yield from (b for page in PAGES for b in read_blocks(page) if b.language == "toml")


@pytest.mark.parametrize("block", list(toml_blocks()), ids=lambda b: b.place)
def test_training_files_are_valid(block: Block) -> None:
    TrainConfig.model_validate(tomllib.loads(block.code))


def test_there_are_blocks() -> None:
    found = [b.language for page in PAGES for b in read_blocks(page)]
    assert found.count("sh") > 15 and found.count("python") > 10
