"""Broken tables of articles, standard input and odd names on the command line."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest

from carestance.articles.limits import limited
from carestance.tagging.rows import read_rows
from tests.reliability.conftest import Done, Run

SENTENCE = "Councils should keep control of their services."


def rows_of(done: Done) -> list[dict]:
    return [json.loads(line) for line in done.out.split("\n") if line]


def messages(rows: list[dict]) -> list[str]:
    return [row["error"]["message"] if "error" in row else row["text"] for row in rows]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (b"{broken", "line 2: no valid JSON object"),
        (b"[1]", "not an object"),
        (b"\xff\xfe", "no valid JSON object"),
        (b'{"text":"' + b"9" * 10 + b'","n":' + b"9" * 5_000 + b"}", "4300 digits"),
        (b'{"text":"x","n":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "no valid JSON object"),
        (b'{"text":5}', "no text in column"),
        (b'{"text":"' + SENTENCE.encode() * 3 + b'",' + b",".join(b'"k%d":1' % i for i in range(300)) + b"}", "300 columns"),
    ],
)
def test_bad_line_in_the_middle(lines: bytes, message: str, tmp_path: Path, tiny_model: Path, run: Run) -> None:
    good = json.dumps({"text": SENTENCE}).encode()
    (tmp_path / "a.jsonl").write_bytes(good + b"\n" + lines + b"\n" + good.replace(b"Councils", b"Ministers") + b"\n")
    done = run("tag", tmp_path / "a.jsonl", "-m", tiny_model)
    assert done.code == 3
    first, bad, last = messages(rows_of(done))
    assert first == SENTENCE and last == SENTENCE.replace("Councils", "Ministers")
    assert message in bad


def test_columns_nested_as_deep_as_json_goes(tmp_path: Path, tiny_model: Path, run: Run) -> None:
    for depth in range(700, 1000, 20):
        (tmp_path / "a.jsonl").write_text(f'{{"text":"{SENTENCE}","n":{"[" * depth}{"]" * depth}}}\n')
        assert run("tag", tmp_path / "a.jsonl", "-m", tiny_model).code in (0, 1)


def test_csv_with_broken_quoting_does_not_swallow_rows(tmp_path: Path, tiny_model: Path, run: Run) -> None:
    (tmp_path / "a.csv").write_text(f'id,text\n1,"{SENTENCE}"\n2,"It is "so" here.\n3,{SENTENCE}\n')
    (tmp_path / "b.csv").write_text(f'id,text\n1,"{SENTENCE}"\n2,"It never ends.\n3,{SENTENCE}\n')
    done = run("tag", tmp_path / "a.csv", tmp_path / "b.csv", "-m", tiny_model)
    assert done.code == 3
    found = messages(rows_of(done))
    assert found[0] == found[2] == SENTENCE
    assert all("is broken after row 1" in message and "mend its quotes" in message for message in found[1::2])


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_table_without_rows_says_so(name: str, content: bytes, tmp_path: Path, tiny_model: Path, run: Run) -> None:
    (tmp_path / name).write_bytes(content)
    done = run("tag", tmp_path / name, "-m", tiny_model)
    assert done.code == 1
    assert "holds no article" in messages(rows_of(done))[0] and name in done.err


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1junkPAR1", b"PAR1" + b"\x00" * 100 + b"\x10\x00\x00\x00PAR1"])
def test_broken_parquet_says_so(content: bytes, tmp_path: Path, tiny_model: Path, run: Run) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    done = run("tag", tmp_path / "a.parquet", "-m", tiny_model)
    assert done.code == 1
    assert "a.parquet" in messages(rows_of(done))[0]


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_pipe_named_like_a_table_does_not_hang(ending: str, good: Path, tiny_model: Path, run: Run) -> None:
    os.mkfifo(good / f"p.{ending}")
    done = run("tag", good / f"p.{ending}", good / "a.txt", "-m", tiny_model)
    assert done.code == 3
    assert "not a regular file" in done.err


def test_utf16_lines_say_what_to_do(tmp_path: Path, tiny_model: Path, run: Run) -> None:
    (tmp_path / "a.jsonl").write_bytes(json.dumps({"text": SENTENCE}).encode("utf-16"))
    done = run("tag", tmp_path / "a.jsonl", "-m", tiny_model)
    assert done.code == 1 and "save it as UTF-8" in done.err


def test_standard_input_and_lines_are_bounded(tmp_path: Path, tiny_model: Path, run: Run) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": SENTENCE}) + "\n" + json.dumps({"text": SENTENCE * 50}) + "\n")
    with limited(max_bytes=1_000):
        assert "more than the 1,000 bytes" in run("tag", "-", "-m", tiny_model, stdin=b"x" * 5_000).err
        done = run("tag", tmp_path / "a.jsonl", "-m", tiny_model)
    assert done.code == 3
    assert messages(rows_of(done))[0] == SENTENCE and "line 2: has more than the 1,000 bytes" in done.err


def test_name_too_long_costs_no_other(good: Path, tiny_model: Path, run: Run) -> None:
    done = run("tag", "x" * 5_000 + ".txt", good / "a.txt", "-m", tiny_model)
    assert done.code == 3
    assert "File name too long" in messages(rows_of(done))[0]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no /proc here")
def test_failing_disk_under_a_table_names_it(good: Path, tiny_model: Path, run: Run) -> None:
    (good / "m.jsonl").symlink_to("/proc/self/mem")
    done = run("tag", good / "m.jsonl", good / "a.txt", "-m", tiny_model)
    assert done.code == 3
    assert "m.jsonl: cannot be read (Input/output error)" in done.err


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_names_that_are_no_utf8_reach_every_output(ending: str, good: Path, tiny_model: Path, tmp_path: Path, run: Run) -> None:
    (good / "b\udce9.txt").write_text(SENTENCE)
    (good / "c\udce9.pdf").write_bytes(b"no PDF")
    (good / "d\n\"e'.txt").write_text("Ministers disagree with that.")
    output, summary = tmp_path / f"out.{ending}", tmp_path / "summary.csv"
    done = run("tag", good, "-m", tiny_model, "-o", output, "--summary", summary, "--report", tmp_path / "r.html", "-q")
    assert done.code == 3
    rows = list(read_rows(output))
    assert [Path(row["doc"]).name for row in rows] == ["a.txt", "b\\xe9.txt", "c\\xe9.pdf", "d\n\"e'.txt", "z.txt"]
    assert "error" in rows[2] and rows[2]["error"]["message"].startswith(rows[2]["doc"])
    table = list(csv.reader(io.StringIO(summary.read_text(encoding="utf-8-sig"), newline="")))
    assert {Path(line[0]).name for line in table[1:]} == {"a.txt", "b\\xe9.txt", "d\n\"e'.txt", "z.txt"}


def test_fields_that_are_no_utf8_reach_the_output(tmp_path: Path, tiny_model: Path, run: Run) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        b'{"text":"It is \\ud800 so, they say.","id":"a\\udce9","title":"\\ud800t","x\\ud800":"\\ud800"}\n{"id":"\\ud800","text":1}\n'
    )
    output = tmp_path / "out.csv"
    assert run("tag", tmp_path / "a.jsonl", "-m", tiny_model, "-o", output, "-q").code == 3
    rows = list(read_rows(output))
    assert [row["doc"].rpartition("#")[2] for row in rows] == ["a\\xe9", "\\ud800"]
    assert rows[0]["metadata"] == {"x?": "?"}
