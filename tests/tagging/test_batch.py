"""Batch runs: what an interrupted, repeated, shared or parallel run leaves behind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carestance import Article, StancePredictor
from carestance.cells import plain_cell, safe_cell
from carestance.errors import CarestanceError, OptionError
from carestance.tagging.batch import RunResult, run_batch
from carestance.tagging.duplicates import CopyFinder
from carestance.tagging.engine import Batch, LocalEngine, ProcessEngine
from carestance.tagging.output import FileOutput, open_output
from carestance.tagging.rows import read_rows
from carestance.tagging.sources import Failure
from carestance.tagging.writers import FORMATS, Format

SENTENCES = (
    "Councils should keep control of children's services.",
    "The trust has cut its waiting list, the director said.",
    "A regional agency would be remote from families.",
    "The meeting began at seven.",
)


@pytest.fixture(scope="module")
def predictor(tiny_model: Path) -> StancePredictor:
    return StancePredictor.load(tiny_model)


def articles(n: int) -> list[Article | Failure]:
    made: list[Article | Failure] = [
        Article(f"a{i}", f"Plan number {i} for the county\n\n{' '.join(SENTENCES[: 1 + i % 4])}") for i in range(n)
    ]
    if n > 5:
        made[3] = Failure("broken.txt", "ArticleError", "broken.txt: cannot be read")
    return made


class Killed(Exception):
    """Stands for whatever ends a run."""


def stopping(sources: list[Article | Failure], after: int) -> Iterator[Article | Failure]:
    yield from sources[:after]
    raise Killed


def run(predictor: StancePredictor, sources: object, path: Path, format: Format = "jsonl", *, resume: bool = False) -> RunResult:
    with open_output(path, format, predictor.model_id, resume=resume) as output:
        return run_batch(sources, LocalEngine(predictor), output, batch=4)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("after", [0, 1, 9, 17])
def test_a_resumed_run_ends_with_the_rows_of_an_uninterrupted_one(
    predictor: StancePredictor, tmp_path: Path, format: Format, after: int
) -> None:
    whole, resumed = tmp_path / f"whole.{format}", tmp_path / f"resumed.{format}"
    run(predictor, articles(18), whole, format)
    with pytest.raises(Killed):
        run(predictor, stopping(articles(18), after), resumed, format)
    assert not resumed.exists()
    result = run(predictor, articles(18), resumed, format, resume=True)
    assert list(read_rows(resumed)) == list(read_rows(whole))
    assert result.reused == len([a for a in articles(18)[: after // 4 * 4] if isinstance(a, Article)])
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([whole.name, resumed.name])


@pytest.mark.parametrize("format", FORMATS)
def test_a_finished_output_is_added_to(predictor: StancePredictor, tmp_path: Path, format: Format) -> None:
    path = tmp_path / f"tags.{format}"
    run(predictor, articles(10), path, format)
    more = [Article("new", "A new one\n\nTrusts are no better than councils."), *articles(10)]
    result = run(predictor, more, path, format, resume=True)
    assert (result.tagged, result.reused) == (10, 9)
    assert next(iter(read_rows(path)))["doc"] == "new"


def test_torn_and_foreign_records_are_made_anew(predictor: StancePredictor, tmp_path: Path) -> None:
    path = tmp_path / "tags.jsonl"
    run(predictor, articles(8), path)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    foreign = json.loads(lines[0]) | {"model": "other@12345678"}
    part = path.with_name("tags.jsonl.part")
    part.write_bytes(json.dumps(foreign).encode() + b"\n[1]\n{}\n" + b"".join(lines[2:9])[:-40])
    path.unlink()
    result = run(predictor, articles(8), path, resume=True)
    assert path.read_bytes() == whole
    assert 0 < result.reused < 7


def test_another_model_makes_everything_anew(predictor: StancePredictor, tmp_path: Path) -> None:
    path = tmp_path / "tags.jsonl"
    with open_output(path, "jsonl", "other@12345678") as output:
        run_batch(articles(3), LocalEngine(predictor), output)
    with open_output(path, "jsonl", "another@12345678", resume=True) as output:
        assert output.known == 0


def test_two_runs_on_one_output_are_refused(predictor: StancePredictor, tmp_path: Path) -> None:
    path = tmp_path / "tags.jsonl"
    with FileOutput(path, "jsonl", predictor.model_id), pytest.raises(OptionError, match="another run is writing"):
        FileOutput(path, "jsonl", predictor.model_id)
    run(predictor, articles(2), path)


def test_resume_needs_a_file() -> None:
    with pytest.raises(OptionError, match="--output"):
        open_output(None, "jsonl", "m", resume=True)


def test_copies_are_tagged_once_and_marked(predictor: StancePredictor, tmp_path: Path) -> None:
    text = "Council keeps its services\n\n" + " ".join(f"Councillor {name} said that the town should decide." for name in "ABCDEFGHIJ")
    near = text.replace("Councillor J said", "Councillor K said")
    longer = text + " One more sentence."
    seen: list[str] = []

    class Counting(LocalEngine):
        def tag(self, batches: Iterator[Batch]) -> Iterator:
            def counted() -> Iterator[Batch]:
                for batch in batches:
                    seen.extend(a.id for a in batch)
                    yield batch

            return super().tag(counted())

    path = tmp_path / "tags.jsonl"
    sources = [Article("first", text), *articles(6), Article("copy", text), Article("near", near), Article("longer", longer)]
    with open_output(path, "jsonl", predictor.model_id) as output:
        result = run_batch(sources, Counting(predictor), output, batch=4)
    rows = list(read_rows(path))
    assert "copy" not in seen and {"near", "longer"} <= set(seen)
    assert (result.copies, result.near_copies, result.failed) == (1, 2, 1)
    marks = {row["doc"]: (row.get("duplicate_of"), row.get("similarity")) for row in rows}
    assert marks["first"] == (None, None)
    assert marks["copy"] == ("first", 1.0)
    assert marks["near"][0] == "first" and 0.75 <= marks["near"][1] < 1
    stances = {doc: [(r["text"], r["stance"]) for r in rows if r["doc"] == doc] for doc in ("first", "copy")}
    assert stances["first"] == stances["copy"]


def test_different_articles_are_no_copies(root: Path) -> None:
    finder = CopyFinder()
    texts = map(json.loads, (root / "labels/authored/texts.jsonl").read_text(encoding="utf-8").splitlines())
    assert [t["id"] for t in texts if finder.add(Article(t["id"], t["text"]))] == []


def test_processes_give_the_rows_of_one(predictor: StancePredictor, tmp_path: Path) -> None:
    one, several = tmp_path / "one.jsonl", tmp_path / "several.jsonl"
    run(predictor, articles(30), one)
    with open_output(several, "jsonl", predictor.model_id) as output:
        run_batch(articles(30), ProcessEngine(predictor, 2), output, batch=4)
    assert several.read_bytes() == one.read_bytes()


def test_a_killed_worker_is_an_error_that_says_what_to_do(predictor: StancePredictor, tmp_path: Path) -> None:
    def killing() -> Iterator[Article | Failure]:
        yield from articles(20)
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
        for child in children.read_text().split():
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                os.kill(int(child), signal.SIGKILL)
        yield from articles(200)

    path = tmp_path / "tags.jsonl"
    with pytest.raises(CarestanceError, match="--resume"), open_output(path, "jsonl", predictor.model_id) as output:
        run_batch(killing(), ProcessEngine(predictor, 2), output, batch=2)
    assert run(predictor, articles(20), path, resume=True).failed == 1


@pytest.mark.filterwarnings("ignore")  # of Ray's own
def test_ray_gives_the_rows_of_one(predictor: StancePredictor, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra carestance[ray] is not installed")
    from carestance.tagging.ray_engine import RayEngine

    one, ray = tmp_path / "one.jsonl", tmp_path / "ray.jsonl"
    run(predictor, articles(40), one)
    with open_output(ray, "jsonl", predictor.model_id) as output:
        run_batch(articles(40), RayEngine(predictor, 1), output, batch=4)
    assert ray.read_bytes() == one.read_bytes()


@pytest.fixture(scope="module")
def many(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], bytes]:
    """The command that tags 400 articles (its output is still to be named), and the rows it writes."""
    folder = tmp_path_factory.mktemp("many")
    source = folder / "articles.jsonl"
    texts = [a.text for a in articles(400) if isinstance(a, Article)]
    source.write_text("".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts)), encoding="utf-8")
    command = [sys.executable, "-m", "carestance", "tag", str(source), "--model", str(tiny_model), "--quiet", "--output"]
    subprocess.run([*command, str(folder / "whole.jsonl")], check=True)
    return command, (folder / "whole.jsonl").read_bytes()


def wait_for(path: Path, size: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None and not (path.exists() and path.stat().st_size >= size):
        time.sleep(0.002)


@pytest.mark.parametrize("seed", range(3))
def test_sigkill_at_any_point_loses_and_doubles_nothing(many: tuple[list[str], bytes], tmp_path: Path, seed: int) -> None:
    command, whole = many
    path = tmp_path / "tags.jsonl"
    with subprocess.Popen([*command, str(path)]) as process:
        wait_for(path.with_name("tags.jsonl.part"), random.Random(seed).randrange(1, len(whole)), process)
        process.kill()
    subprocess.run([*command, str(path), "--resume"], check=True)
    assert path.read_bytes() == whole
    assert [p.name for p in tmp_path.iterdir()] == ["tags.jsonl"]


def test_an_interrupted_run_says_how_to_go_on(many: tuple[list[str], bytes], tmp_path: Path) -> None:
    command, whole = many
    path = tmp_path / "tags.jsonl"
    with subprocess.Popen([*command, str(path)], stderr=subprocess.PIPE) as process:
        wait_for(path.with_name("tags.jsonl.part"), len(whole) // 4, process)
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1].decode()
    assert process.returncode == 130
    assert "--resume" in said and "Traceback" not in said
    subprocess.run([*command, str(path), "--resume"], check=True)
    assert path.read_bytes() == whole


def test_a_full_disk_loses_nothing_that_was_tagged(many: tuple[list[str], bytes], tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: writing beyond it fails in the same way."""
    command, whole = many
    path = tmp_path / "tags.jsonl"
    limited = f"import resource, os, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({len(whole) // 2},) * 2); os.execv(sys.argv[1], sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", limited, *command, str(path)], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("carestance: ") and "Traceback" not in done.stderr
    assert not path.exists()
    subprocess.run([*command, str(path), "--resume"], check=True)
    assert path.read_bytes() == whole


def test_an_output_that_cannot_be_written_is_named(tiny_model: Path, tmp_path: Path, seed_files: list[Path]) -> None:
    (tmp_path / "file").write_text("in the way")
    command = [
        sys.executable,
        "-m",
        "carestance",
        "tag",
        str(seed_files[0]),
        "-m",
        str(tiny_model),
        "-o",
        str(tmp_path / "file" / "tags.jsonl"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "file" in done.stderr and "Traceback" not in done.stderr


@given(st.text())
def test_cells_come_back_as_they_were(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))
