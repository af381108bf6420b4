"""Cells are computed once, saved whole, compared with what comes out again, and shown in tables."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from carestance.errors import OptionError
from carestance.experiments.cells import Project, cells, read_record
from carestance.experiments.predictions import Predictions, from_table, read_table, write_table
from carestance.experiments.reproduce import reproduce
from carestance.experiments.runner import CellReport, remove_undeclared, run
from carestance.experiments.scoring import intervals, score_cell
from carestance.experiments.splits import folds, share_of_texts
from carestance.experiments.tables import write_tables
from carestance.labels.store import LabelSet
from carestance.training.data import read_articles


def reports(project: Project) -> dict[str, CellReport]:
    return {r.cell.name: r for r in run(project, cells(project), lambda report: None)}


def committed(project: Project, name: str) -> Predictions:
    return from_table(read_table(project.results / "small" / f"{name}.parquet"))


def test_left_out_articles_are_not_trained_on(seeds: LabelSet, empty_project: Project) -> None:
    split = empty_project.studies["small"].splits[0]
    pairs = list(folds({"seeds": seeds, "authored": seeds}, split))
    assert [len(train) for train, _ in pairs] == [4] * 5
    assert all(held.id not in {a.id for a in train} for train, (held,) in pairs)
    assert len(list(folds({"seeds": seeds, "authored": seeds}, split, limit=2))) == 2


def test_shares_of_texts_hold_the_smaller_ones(seeds: LabelSet) -> None:
    articles = read_articles(seeds)
    ids = [{a.id for a in share_of_texts(articles, share)} for share in (0.4, 0.8, 1.0)]
    assert [len(i) for i in ids] == [2, 4, 5]
    assert ids[0] < ids[1] < ids[2]


def test_cells_are_computed_once(empty_project: Project) -> None:
    first = reports(empty_project)
    assert {n: r.status for n, r in first.items()} == {
        "majority--seeds": "computed",
        "tfidf--seeds": "computed",
        "absent--seeds": "skipped",
    }
    assert first["majority--seeds"].score == 0.0 < first["tfidf--seeds"].score
    assert first["absent--seeds"].reason
    second = reports(empty_project)
    assert second["tfidf--seeds"].status == "finished before"
    assert second["tfidf--seeds"].score == first["tfidf--seeds"].score


def test_what_changed_or_broke_is_computed_again(project: Project) -> None:
    study = project.experiments / "studies" / "small.toml"
    study.write_text(study.read_text().replace("C = 10.0", "C = 5.0"))
    (project.results / "small" / "majority--seeds.parquet").write_bytes(b"torn")
    again = reports(Project(project.experiments, project.labels))
    assert [again[n].status for n in ("majority--seeds", "tfidf--seeds")] == ["computed", "computed"]


def test_changed_labels_change_the_key(project: Project, tmp_path: Path) -> None:
    (tmp_path / "labels" / "seeds").mkdir(parents=True)
    gold = (project.labels / "seeds" / "gold.jsonl").read_text(encoding="utf-8")
    (tmp_path / "labels" / "seeds" / "gold.jsonl").write_text(gold + "\n", encoding="utf-8")
    (tmp_path / "labels" / "authored").mkdir()
    (tmp_path / "labels" / "authored" / "gold.jsonl").write_text("")
    other = replace(project, labels=tmp_path / "labels")
    for a, b in zip(cells(project), cells(other), strict=True):
        assert a.key(project) != b.key(other)


def test_records_say_what_scores_depend_on(project: Project) -> None:
    record = read_record(project.results / "small" / "tfidf--seeds.json")
    assert record is not None
    assert set(record["signature"]) >= {"data", "split", "seed", "code_version", "versions", "model"}
    assert list(record["signature"]["data"]) == ["seeds"]
    assert set(record["metrics"]) >= {"f_avg", "holder_accuracy", "article_agreement", "side_precision", "risk_coverage", "articles", "ece"}
    assert record["metrics"] == json.loads(json.dumps(score_cell(committed(project, "tfidf--seeds"))))
    assert not list(project.results.rglob("*.part"))


def test_predictions_are_kept_as_they_were(project: Project, tmp_path: Path, seeds: LabelSet) -> None:
    predictions = committed(project, "tfidf--seeds")
    gold = np.concatenate([a.labels for a in read_articles(seeds)])
    assert (predictions.gold == gold).all()
    np.testing.assert_allclose(predictions.probs.sum(-1), 1.0, atol=1e-5)
    assert (predictions.probs.argmax(-1) == predictions.label).all()


def perfect(predictions: Predictions) -> Predictions:
    return replace(predictions, label=predictions.gold, probs=np.eye(4)[predictions.gold], holder=np.maximum(predictions.holder_gold, 0))


def test_perfect_predictions_score_one(project: Project) -> None:
    found = intervals(perfect(committed(project, "tfidf--seeds")), n=20)
    assert {name: i.value for name, i in found.items()} == pytest.approx(dict.fromkeys(found, 1.0))


def test_article_agreement_is_about_the_authors_mean(project: Project) -> None:
    right = perfect(committed(project, "tfidf--seeds"))
    swapped = right.gold.copy()
    swapped[right.gold == 0], swapped[right.gold == 1] = 1, 0
    found = intervals(replace(right, label=swapped), n=20)
    assert found["article_agreement"].value == found["polarity"].value == 0.0
    assert found["topic_f1"].value == found["holder_accuracy"].value == 1.0
    nobody = intervals(replace(right, decided=np.zeros_like(right.decided)), n=20)
    assert nobody["side_coverage"].value == 0.0 and np.isnan(nobody["side_precision"].value)


def test_the_same_comes_out_again(project: Project, tmp_path: Path) -> None:
    found = {c.cell.name: c for c in reproduce(project, tmp_path / "scratch")}
    assert {n: c.verdict for n, c in found.items()} == {"majority--seeds": "same", "tfidf--seeds": "same", "absent--seeds": "skipped"}
    assert (tmp_path / "scratch" / "small" / "tfidf--seeds.json").is_file()
    quick = list(reproduce(project, tmp_path / "scratch", quick=True))
    assert [c.verdict for c in quick] == ["same", "same"]


def test_a_committed_score_that_does_not_come_out_is_a_miss(project: Project, tmp_path: Path) -> None:
    path = project.results / "small" / "tfidf--seeds.parquet"
    table = read_table(path)
    column = table.column_names.index("trusts_label")
    write_table(table.set_column(column, "trusts_label", table.column("trusts_gold")), path)
    found = {c.cell.name: c for c in reproduce(project, tmp_path / "scratch", quick=True)}
    assert found["tfidf--seeds"].verdict == "differs"
    assert found["majority--seeds"].verdict == "same"


def test_results_of_another_key_are_a_miss(project: Project, tmp_path: Path) -> None:
    study = project.experiments / "studies" / "small.toml"
    study.write_text(study.read_text().replace("C = 10.0", "C = 5.0"))
    found = {c.cell.name: c for c in reproduce(Project(project.experiments, project.labels), tmp_path)}
    assert found["tfidf--seeds"].verdict == "differs" and "run" in found["tfidf--seeds"].message


def test_undeclared_results_are_removed(project: Project) -> None:
    stray = project.results / "small" / "gone--seeds.json"
    stray.write_text("{}")
    assert remove_undeclared(project, list(cells(project))) == [stray]
    assert (project.results / "small" / "tfidf--seeds.json").is_file()


def test_tables_are_remade_between_their_markers(project: Project, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Before\n<!-- table: small -->\nbygone\n<!-- end -->\nbetween\n<!-- table: studies -->\n<!-- end -->\nafter\n")
    assert write_tables(project, [page]) == [(page, ["small", "studies"])]
    once = page.read_text()
    assert "bygone" not in once and once.startswith("Before\n") and once.endswith("\nafter\n")
    assert "| tfidf | seeds |" in once and "Declared but not run: absent--seeds" in once
    write_tables(project, [page])
    assert page.read_text() == once
    page.write_text("<!-- table: nonesuch -->\n<!-- end -->")
    with pytest.raises(OptionError, match="nonesuch"):
        write_tables(project, [page])
