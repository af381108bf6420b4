"""Labels to annotation tools and back: nothing is lost, and what cannot be right is named."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from carestance.cells import plain_cell, safe_cell
from carestance.cli.app import app
from carestance.errors import LabelsError
from carestance.labels.check import check_labels
from carestance.labels.interchange import TOOL_FORMATS, Quote
from carestance.labels.interchange_files import export_labels, import_labels
from carestance.labels.store import LabelSet
from carestance.schema import HOLDERS, LABELS, SIDES, TARGETS

Row = dict[str, Any]
ENDINGS = {"label-studio": "tasks.json", "doccano": "examples.jsonl", "csv": "sentences.csv"}
#: Sentences that formats stumble over: formulas, quotes, several lines, characters outside the basic plane, odd line ends.
SENTENCES = (
    "=SUM(A1) is what trusts cost.",
    "'Councils', she said, \"know; best\".",
    "A heading\nover two lines",
    "👩‍👧 Families 💩 come first.",
    "One\u2028two\u0085three.",
    "-1 is not a label.",
)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), min_size=1, max_size=30)


def tagged_rows(sentences: Sequence[str], labels: Sequence[Sequence[str]], holders: Sequence[str]) -> tuple[str, list[Row]]:
    """An article of some sentences, and its rows as ``carestance tag`` writes them."""
    text = "👋\n\n" + "\n\n".join(sentences) + "\n"
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    rows, position = [], 3
    for number, (sentence, chosen, holder) in enumerate(zip(sentences, labels, holders, strict=True)):
        stance = {
            target: {"label": label, "decision": label, "probs": {name: 0.7 if name == label else 0.1 for name in LABELS}}
            for target, label in zip(TARGETS, chosen, strict=True)
        }
        rows.append(
            {"doc": "=a.txt", "doc_sha256": sha256, "title": "+1", "unit": number, "kind": "body", "start": position}
            | {"end": position + len(sentence), "text": sentence, "stance": stance}
            | {"holder": holder if SIDES & set(chosen) else "", "speaker": "", "model": "m@1", "version": "0"}
        )
        position += len(sentence) + 2
    return text, rows


def write_text(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    (folder / f"{hashlib.sha256(data).hexdigest()}.txt").write_bytes(data)
    return folder


def accept_predictions(path: Path) -> None:
    """What Label Studio makes of a prediction that an annotator submits as it is."""
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for number, task in enumerate(tasks, 1):
        result = [{**item, "origin": "prediction"} for item in task.pop("predictions")[0]["result"]]
        task |= {"id": number, "annotations": [{"id": number, "completed_by": 7, "was_cancelled": False, "result": result}]}
    path.write_text(json.dumps(tasks), encoding="utf-8")


@pytest.fixture
def exported(tmp_path: Path) -> Callable[[str], Path]:
    """Export the awkward sentences; the file, with the texts beside it."""
    labels = [("favour", "against", "neutral"), ("unrelated",) * 3, *[("neutral", "unrelated", "against")] * 4]
    text, rows = tagged_rows(SENTENCES, labels, ["other"] * len(SENTENCES))

    def export(format: str) -> Path:
        path = tmp_path / ENDINGS[format]
        assert export_labels(rows, write_text(tmp_path / "texts", text), path, format) == len(SENTENCES)
        if format == "label-studio":
            accept_predictions(path)
        return path

    return export


def take(path: Path, format: str, folder: str = "out", **options: Any) -> LabelSet:
    output = path.parent / folder
    import_labels(path, format, output, text_dir=path.parent / "texts", **options)
    return LabelSet(output)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())


# ---------------------------------------------------------------- there and back


@pytest.mark.parametrize("format", TOOL_FORMATS)
@settings(max_examples=30)
@given(data=st.data())
def test_whatever_goes_out_comes_back(format: str, data: st.DataObject) -> None:
    sentences = data.draw(st.lists(WORDS.filter(str.strip), min_size=1, max_size=5))
    labels = data.draw(st.lists(st.tuples(*[st.sampled_from(LABELS)] * 3), min_size=len(sentences), max_size=len(sentences)))
    holders = data.draw(st.lists(st.sampled_from(HOLDERS), min_size=len(sentences), max_size=len(sentences)))
    text, rows = tagged_rows(sentences, labels, holders)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / ENDINGS[format]
        export_labels(rows, write_text(Path(name) / "texts", text), path, format)
        if format == "label-studio":
            accept_predictions(path)
        back = take(path, format)
        assert [(u.start, u.end, u.text) for u in back.units] == [(r["start"], r["end"], r["text"]) for r in rows]
        (answers,) = back.annotators.values()
        assert [tuple(a.label(t) for t in TARGETS) for a in answers] == labels
        assert [a.holder for a in answers] == [r["holder"] for r in rows]
        (article,) = (back.folder / "articles").iterdir()
        assert article.read_bytes().decode() == text


@pytest.mark.parametrize("format", TOOL_FORMATS)
def test_a_seed_article_goes_round_and_makes_a_set_that_keeps_every_rule(seeds: LabelSet, tmp_path: Path, format: str) -> None:
    name = "004_e5e13b9187234ec3"
    gold = [row for row in seeds.gold if row.article == name]
    text = seeds.texts[name]
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    rows = [
        {"doc": name, "doc_sha256": sha256, "title": "", "unit": n, "kind": g.kind, "start": g.start, "end": g.end, "text": g.text}
        | {"holder": g.holder, "speaker": "", "model": "gold", "version": "0"}
        | {"stance": {t: {"label": g.label(t), "decision": g.label(t), "probs": dict.fromkeys(LABELS, 0.25)} for t in TARGETS}}
        for n, g in enumerate(gold)
    ]
    path = tmp_path / ENDINGS[format]
    export_labels(rows, write_text(tmp_path / "texts", text), path, format)
    if format == "label-studio":
        accept_predictions(path)
    back = take(path, format, "labels/seeds", annotator="a")
    assert [(u.kind, u.start, u.end, u.text) for u in back.units] == [(g.kind, g.start, g.end, g.text) for g in gold]
    answers = {row.id: row for row in back.annotators["a"]}
    assert [(*(answers[u.id].label(t) for t in TARGETS), answers[u.id].holder) for u in back.units] == [
        (*(g.label(t) for t in TARGETS), g.holder) for g in gold
    ]
    # With gold made of the one annotator, the set passes the check that the project's own sets pass.
    folder = back.folder
    lines = [{**u.model_dump(), **answers[u.id].model_dump()} for u in back.units]
    (folder / "gold.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "adjudication.jsonl").touch()
    assert check_labels(folder.parent) == []


def test_selectors_are_kept(exported: Callable[[str], Path]) -> None:
    example = json.loads(exported("doccano").read_text(encoding="utf-8").split("\n")[3])
    task = json.loads(exported("label-studio").read_text(encoding="utf-8"))[0]
    assert example["selector"] == task["data"]["units"][3]["selector"]
    quote, position = example["selector"]
    assert (quote["type"], quote["exact"]) == ("TextQuoteSelector", SENTENCES[3])
    assert quote["prefix"].endswith("over two lines\n\n") and quote["suffix"].startswith("\n\nOne")
    # The W3C data model counts code points, not UTF-16 units.
    text = task["data"]["text"]
    assert position["type"] == "TextPositionSelector" and text[position["start"] : position["end"]] == SENTENCES[3]


@pytest.mark.parametrize(
    ("format", "old", "new"),
    [
        ("csv", "favour,against,neutral,other", "neutral,unrelated,favour,author"),
        (
            "doccano",
            '"localism=favour", "trusts=against", "regional_commissioning=neutral", "holder=other"',
            '"trusts=unrelated", "localism=neutral", "regional_commissioning=favour", "holder=author"',
        ),
    ],
)
def test_changed_labels_and_holders_come_back(exported: Callable[[str], Path], format: str, old: str, new: str) -> None:
    path = exported(format)
    replace(path, old, new)
    first = take(path, format, annotator="b").annotators["b"][0]
    assert [first.label(t) for t in TARGETS] == ["neutral", "unrelated", "favour"] and first.holder == "author"


def test_annotators_of_label_studio_come_back_apart(exported: Callable[[str], Path]) -> None:
    path = exported("label-studio")
    tasks = json.loads(path.read_text())
    mine = tasks[0]["annotations"][0]
    theirs = json.loads(json.dumps({**mine, "completed_by": {"id": 3, "email": "Jo.Smith@example.org"}}))
    choice = next(item for item in theirs["result"] if item["from_name"] == "trusts")
    choice["value"]["choices"] = ["neutral"]
    tasks[0]["annotations"] += [theirs, {**mine, "completed_by": 9, "was_cancelled": True, "result": []}]
    tasks.append({"id": 2, "data": tasks[0]["data"], "annotations": []})
    path.write_text(json.dumps(tasks))
    back = take(path, "label-studio")
    assert sorted(back.annotators) == ["jo_smith", "user_7"]
    assert back.annotators["user_7"][0].trusts == "against" and back.annotators["jo_smith"][0].trusts == "neutral"


def test_regions_counted_in_utf16_units_are_understood(exported: Callable[[str], Path]) -> None:
    path = exported("label-studio")
    tasks = json.loads(path.read_text())
    text = tasks[0]["data"]["text"]
    for item in tasks[0]["annotations"][0]["result"]:
        for end in ("start", "end"):
            item["value"][end] = len(text[: item["value"][end]].encode("utf-16-le")) // 2
    path.write_text(json.dumps(tasks))
    assert [u.text for u in take(path, "label-studio").units] == list(SENTENCES)


def test_label_studio_gets_its_interface(exported: Callable[[str], Path]) -> None:
    config = exported("label-studio").with_suffix(".xml").read_text()
    for name in (*TARGETS, "holder"):
        assert f'<Choices name="{name}" toName="text" perRegion="true"' in config


def test_spreadsheet_gets_a_mark_and_no_formulas(exported: Callable[[str], Path]) -> None:
    data = exported("csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@" and cell]


def test_semicolons_of_a_spreadsheet_are_read(exported: Callable[[str], Path]) -> None:
    path = exported("csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)
    assert len(take(path, "csv").units) == len(SENTENCES)


@given(st.text())
def test_cells_come_back(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text


def test_unlabelled_sentences_are_left_out(exported: Callable[[str], Path]) -> None:
    path = exported("csv")
    replace(path, "favour,against,neutral,other", ",,,")
    assert len(take(path, "csv").units) == len(SENTENCES) - 1


def test_moved_sentence_is_found_by_its_quote() -> None:
    text = "He agreed. Trusts cost more. He agreed. So they do."
    quote = Quote.at(text, 29, 39)
    assert quote.find("New: " + text) == (34, 44)
    with pytest.raises(ValueError, match="nor found by its quote"):
        Quote(0, 4, "He agreed.").find(text)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("format", "old", "new", "message"),
    [
        (
            "csv",
            "favour,against,neutral,other",
            "pro,against,neutral,other",
            r"sentences\.csv, line 2 \(row 2\): unit \w+:000: localism 'pro' is unknown",
        ),
        ("csv", "favour,against,neutral,other", "favour,against,neutral,me", "line 2.*holder 'me' is unknown"),
        ("csv", "favour,against,neutral,other", "favour,against,neutral,", "line 2.*needs a holder"),
        ("csv", "favour,against,neutral,other", "favour,,neutral,other", "line 2.*no label for trusts"),
        ("csv", "'-1 is not a label.", "Something else.", r"line \d+ \(row 7\): unit \w+:005: the sentence 'Something else.' is not at"),
        ("csv", "holder", "keeper", "line 1: column holder is missing"),
        ("doccano", "localism=favour", "localism=pro", r"examples\.jsonl, line 1: unit \w+:000: localism 'pro' is unknown"),
        ("doccano", "localism=favour", "schools=favour", "line 1.*no label for localism"),
        ("doccano", '"localism=favour"', '"localism=favour", "schools=favour"', "line 1.*'schools' is no target"),
        ("doccano", '"localism=favour"', '"localism=favour", "localism=against"', "line 1.*several values for localism"),
        ("doccano", '"selector"', '"selected"', "line 1: has no 'selector'"),
        ("label-studio", '["favour"]', '["pro"]', r"tasks\.json, line 1, task 1: unit \w+:000: localism 'pro' is unknown"),
        ("label-studio", '"start": 3, "end": 32, "text"', '"start": 3, "end": 30, "text"', "line 1, task 1: region 3-30 .* is no sentence"),
        ("label-studio", "[{", "{", "line 1: not a JSON list of tasks"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(exported: Callable[[str], Path], format: str, old: str, new: str, message: str) -> None:
    path = exported(format)
    replace(path, old, new)
    with pytest.raises(LabelsError, match=message):
        take(path, format)
    assert not (path.parent / "out").exists()


def test_every_problem_is_told_at_once(exported: Callable[[str], Path]) -> None:
    path = exported("csv")
    replace(path, "favour,against,neutral,other", "pro,against,neutral,other")
    replace(path, "neutral,unrelated,against,other", "neutral,unrelated,con,other")
    with pytest.raises(LabelsError, match=r"(?s)localism 'pro'.*regional_commissioning 'con'"):
        take(path, "csv")


def test_second_annotator_joins_only_the_same_sentences(exported: Callable[[str], Path]) -> None:
    path = exported("csv")
    take(path, "csv", annotator="a")
    assert sorted(take(path, "csv", annotator="b").annotators) == ["a", "b"]
    with pytest.raises(LabelsError, match="annotator_b.jsonl: is there already"):
        take(path, "csv", annotator="b")
    replace(path, "favour,against,neutral,other", ",,,")
    with pytest.raises(LabelsError, match="holds other units"):
        take(path, "csv", annotator="c")


def test_texts_have_to_be_those_that_were_tagged(exported: Callable[[str], Path], tmp_path: Path) -> None:
    path = exported("csv")
    with pytest.raises(LabelsError, match="--text-dir"):
        import_labels(path, "csv", tmp_path / "out")
    (file,) = (tmp_path / "texts").iterdir()
    file.write_text("Another text.")
    with pytest.raises(LabelsError, match="not the text that was tagged"):
        take(path, "csv")
    shutil.rmtree(tmp_path / "texts")
    with pytest.raises(LabelsError, match="cannot be read"):
        take(path, "csv")


def test_changed_text_of_a_task_is_refused(exported: Callable[[str], Path]) -> None:
    path = exported("label-studio")
    replace(path, "SUM(A1)", "SUM(A2)")
    with pytest.raises(LabelsError, match="text was changed"):
        take(path, "label-studio")


def test_failed_and_repeated_articles_are_left_out(tmp_path: Path) -> None:
    text, rows = tagged_rows(SENTENCES, [("neutral",) * 3] * len(SENTENCES), [""] * len(SENTENCES))
    failed = {"doc": "b.pdf", "error": {"type": "ArticleError", "message": "no text"}, "version": "0"}
    copies = [{**row, "doc": "copy.txt", "duplicate_of": "=a.txt", "similarity": 1.0} for row in rows]
    texts = write_text(tmp_path / "texts", text)
    assert export_labels([*rows, failed, *copies], texts, tmp_path / "out.csv", "csv") == len(SENTENCES)


def test_abstentions_are_suggested_and_named(tmp_path: Path) -> None:
    text, rows = tagged_rows(["Trusts may work."], [("unrelated", "favour", "unrelated")], [""])
    rows[0]["stance"]["trusts"]["decision"] = "abstain"
    export_labels(rows, write_text(tmp_path / "texts", text), tmp_path / "out.csv", "csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines())
    assert (row["trusts"], row["p_trusts"], row["unsure"], row["holder"]) == ("favour", "0.7", "trusts", "author")


def test_commands_lead_from_tags_to_label_files(exported: Callable[[str], Path], tmp_path: Path) -> None:
    path = exported("csv")
    _, rows = tagged_rows(SENTENCES, [("favour", "against", "neutral")] * len(SENTENCES), ["other"] * len(SENTENCES))
    (tmp_path / "tags.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = CliRunner()
    options = ["--format", "csv", "--text-dir", str(tmp_path / "texts")]
    assert run.invoke(app, ["labels", "export", str(tmp_path / "tags.jsonl"), "-o", str(path), *options]).exit_code == 0
    done = run.invoke(app, ["labels", "import", str(path), "-o", str(tmp_path / "out"), "--annotator", "jo", *options])
    assert done.exit_code == 0 and f"annotator jo: {len(SENTENCES)} units labelled" in done.stderr
    assert {row.trusts for row in LabelSet(tmp_path / "out").annotators["jo"]} == {"against"}
