"""The command line, run as users run it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ENVIRONMENT = {**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "120"}
TARGETS = ["localism", "trusts", "regional_commissioning"]


def run(*arguments: object, stdin: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "carestance", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=cwd, env=ENVIRONMENT, timeout=120)


def rows_of(data: bytes) -> list[dict]:
    return [json.loads(line) for line in data.decode().splitlines()]


@pytest.fixture
def folder(tmp_path: Path, seed_files: list[Path]) -> Path:
    """Two good articles, one bad file between them."""
    made = tmp_path / "saved"
    made.mkdir()
    (made / "a.txt").write_bytes(seed_files[0].read_bytes())
    (made / "b.txt").write_bytes(b"\x89PNG\x00\xff\xfe\x00")
    (made / "c.txt").write_bytes(seed_files[3].read_bytes())
    return made


@pytest.mark.parametrize("command", [[], ["tag"], ["labels"], ["labels", "check"], ["labels", "agreement"], ["labels", "stats"], ["models"],
                                     ["models", "list"], ["models", "verify"], ["models", "card"], ["train"],
                                     ["experiments"], ["experiments", "run"], ["experiments", "reproduce"], ["bench"]])  # fmt: skip
def test_every_command_has_help_with_examples(command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    text = done.stdout.decode()
    assert "Usage" in text
    if command and command not in (["labels"], ["models"], ["experiments"]):
        assert f"carestance {' '.join(command)}" in text and "xample" in text


def test_help_and_import_are_light() -> None:
    code = "import sys, carestance, carestance.cli.app; print([m for m in ('torch', 'pandas', 'sklearn', 'onnxruntime', 'pyarrow') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"


def test_tagging_never_imports_torch(tmp_path: Path, tiny_model: Path) -> None:
    (tmp_path / "a.txt").write_text("Councils should keep control of their services.")
    code = (
        "import sys; from carestance.cli import app; sys.argv = ['carestance', 'tag', 'a.txt', '-o', 'out.jsonl', '-m', sys.argv[1]]\n"
        "try: app.main()\nexcept SystemExit: pass\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tiny_model)], capture_output=True, cwd=tmp_path, check=True)
    assert done.stdout.strip() == b"False"
    assert (tmp_path / "out.jsonl").is_file()


def test_standard_input_and_output(tiny_model: Path) -> None:
    done = run("tag", "-", "-m", tiny_model, stdin=b"Councils should decide. Ministers disagree.")
    assert done.returncode == 0
    assert done.stderr == b""
    assert [row["text"] for row in rows_of(done.stdout)] == ["Councils should decide.", "Ministers disagree."]


def test_a_bad_file_costs_no_good_one(folder: Path, tiny_model: Path) -> None:
    done = run("tag", folder, "-m", tiny_model)
    assert done.returncode == 3
    rows = rows_of(done.stdout)
    docs = list(dict.fromkeys(row["doc"] for row in rows))
    assert [Path(d).name for d in docs] == ["a.txt", "b.txt", "c.txt"]
    (error,) = [row for row in rows if "error" in row]
    assert list(error) == ["doc", "error", "version"]
    assert error["error"]["type"] == "ArticleError" and "binary" in error["error"]["message"]
    assert b"Traceback" not in done.stderr


def test_nothing_could_be_done(tmp_path: Path, tiny_model: Path) -> None:
    done = run("tag", tmp_path / "none.txt", "-m", tiny_model)
    assert done.returncode == 1
    assert b"does not exist" in done.stderr and b"Traceback" not in done.stderr
    assert "error" in rows_of(done.stdout)[0]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["tag"], 2, b"INPUT"),
        (["tag", "x.txt", "--format", "xml"], 2, b"xml"),
        (["tag", "x.txt", "--format", "parquet"], 2, b"--output"),
        (["tag", "x.txt", "--model", "nonesuch"], 1, b"shipped are"),
        (["nonsense"], 2, b"nonsense"),
        (["labels", "check", "--labels", "nowhere"], 1, b"--labels"),
        (["train", "nowhere.toml", "-o", "m"], 2, b"nowhere.toml"),
    ],
)
def test_wrong_use_is_one_clear_message(arguments: list[str], code: int, message: bytes, tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert b"Traceback" not in done.stderr


def test_formats_hold_the_same(folder: Path, tiny_model: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / f"out.{ending}" for ending in ("jsonl", "csv", "parquet")]
    for output in outputs:
        assert run("tag", folder, "-m", tiny_model, "-o", output, "-q").returncode == 3
    rows = rows_of(outputs[0].read_bytes())
    long = [(r["doc"], r["unit"], t, r["stance"][t]["label"], r["start"]) for r in rows if "error" not in r for t in TARGETS]
    with outputs[1].open(encoding="utf-8-sig", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert [(r["doc"], int(r["unit"]), r["target"], r["label"], int(r["start"])) for r in table if not r["error_type"]] == long
    arrow = pq.read_table(outputs[2]).to_pylist()
    assert [(r["doc"], r["unit"], r["target"], r["label"], r["start"]) for r in arrow if not r["error_type"]] == long
    assert [r["error_type"] for r in table if r["error_type"]] == [r["error_type"] for r in arrow if r["error_type"]] == ["ArticleError"]
    assert not list(tmp_path.glob("*.part"))


def test_cells_are_no_formulas(tmp_path: Path, tiny_model: Path) -> None:
    (tmp_path / "a.txt").write_text("A title of some words\n\n=HYPERLINK(1) is what the council wrote in its very long reply.\n")
    assert run("tag", "a.txt", "-m", tiny_model, "-o", "out.csv", cwd=tmp_path).returncode == 0
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert {r["text"][0] for r in csv.DictReader(stream)} == {"A", "'"}


def test_article_tables_carry_their_columns(tmp_path: Path, tiny_model: Path) -> None:
    lines = [{"id": "x1", "body": "Councils should decide.", "outlet": "Gazette"}, {"id": "x2", "body": None}]
    (tmp_path / "a.jsonl").write_text("\n".join([json.dumps(lines[0]), "{broken", json.dumps(lines[1])]))
    done = run("tag", "a.jsonl", "--text-column", "body", "-m", tiny_model, cwd=tmp_path)
    assert done.returncode == 3
    rows = rows_of(done.stdout)
    assert rows[0]["doc"] == "a.jsonl#x1" and rows[0]["metadata"] == {"outlet": "Gazette"}
    assert [row["doc"] for row in rows[1:]] == ["a.jsonl#2", "a.jsonl#x2"]
    assert all("error" in row for row in rows[1:])


def test_summary_and_texts(folder: Path, tiny_model: Path, tmp_path: Path) -> None:
    done = run(
        "tag", folder, "-m", tiny_model, "-o", tmp_path / "o.jsonl", "--summary", tmp_path / "s.csv", "--text-dir", tmp_path / "texts"
    )
    assert done.returncode == 3
    rows = [r for r in rows_of((tmp_path / "o.jsonl").read_bytes()) if "error" not in r]
    for row in rows:
        text = (tmp_path / "texts" / f"{row['doc_sha256']}.txt").read_text(encoding="utf-8")
        assert text[row["start"] : row["end"]] == row["text"]
    with (tmp_path / "s.csv").open(encoding="utf-8-sig", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert len(table) == 6
    for line in table:
        of_doc = [r for r in rows if r["doc"] == line["doc"] and r["kind"] == "body"]
        assert int(line["sentences"]) == len(of_doc)
        assert int(line["against"]) == sum(r["stance"][line["target"]]["decision"] == "against" for r in of_doc)


def test_report_is_one_page_with_every_article(folder: Path, tiny_model: Path, tmp_path: Path) -> None:
    done = run("tag", folder, "-m", tiny_model, "-o", tmp_path / "o.jsonl", "--report", tmp_path / "r.html")
    assert done.returncode == 3
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count('class="article"') == 2
    assert "Devolution is an opportunity" in page
    assert not list(tmp_path.glob("*.part"))


def test_closed_pipe_is_no_error(folder: Path, tiny_model: Path) -> None:
    command = f"{sys.executable} -m carestance tag {folder} -m {tiny_model} | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=ENVIRONMENT)
    assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr


def test_train_refuses_unknown_keys(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('kind = "tfidf"\ncolour = "blue"\n')
    done = run("train", "x.toml", "-o", "m", cwd=tmp_path)
    assert done.returncode == 2 and b"colour" in done.stderr
