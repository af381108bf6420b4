"""Outside benchmarks: read as they come, never trained on their test rows, kept by row number. The data here are made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from carestance.errors import OptionError
from carestance.experiments.benchmarks import BENCHMARKS, fit_svm, read_rows
from carestance.experiments.cells import Project, cells, read_record
from carestance.experiments.predictions import read_table
from carestance.experiments.reproduce import reproduce
from carestance.experiments.runner import run
from carestance.experiments.spec import Svm
from carestance.experiments.tables import make_table
from carestance.models.store import sha256_of

pytest.importorskip("datasets", reason="outside benchmarks are read with datasets")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
WORDS = {"FAVOR": "love great yes", "AGAINST": "hate awful no", "NONE": "weather lunch train"}
STUDY = """
title = "Tweets"
question = "Where do we land?"
data = "semeval2016"
seeds = [0, 1]

[files]
"semeval2016-task6-trainingdata.txt" = "TRAIN"
"gold.txt" = "TEST"

[[models]]
kind = "majority"

[[models]]
kind = "svm"

[[models]]
kind = "pair_encoder"
name = "pair"
sha256 = "ENCODER"
epochs = 1
max_tokens = 32

[published]
"somebody (2016)" = 0.5

[tolerance]
score = 0.001
labels = 0.0
"""


def write_tweets(path: Path, copies: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = ["ID\tTarget\tTweet\tStance"]
    for target in ("Atheism", "Hillary Clinton"):
        for label, words in WORDS.items():
            for _ in range(copies):
                chosen = " ".join(rng.choice(words.split(), 2))
                lines.append(f'{len(lines)}\t{target}\tcaf\u00e9 "{chosen}" #SemST\t{label}')
    path.write_bytes("\r\n".join(lines).encode("cp1252") + b"\r\n")


@pytest.fixture
def tweets(tmp_path: Path) -> Project:
    folder = tmp_path / "outside" / "semeval2016_t6"
    folder.mkdir(parents=True)
    names = BENCHMARKS["semeval2016"].files
    write_tweets(folder / names[0], 8, 0)
    write_tweets(folder / names[1], 3, 1)
    studies = tmp_path / "experiments" / "studies"
    studies.mkdir(parents=True)
    text = STUDY.replace("TRAIN", sha256_of(folder / names[0])).replace("TEST", sha256_of(folder / names[1])).replace("ENCODER", "0" * 64)
    (studies / "tweets.toml").write_text(text)
    return Project(tmp_path / "experiments", tmp_path / "labels", tmp_path / "outside")


def test_benchmark_cells_run_and_keep_no_text(tweets: Project) -> None:
    found = {r.cell.name: r for r in run(tweets, cells(tweets), lambda report: None)}
    assert {n: r.status for n, r in found.items()} == {
        "majority": "computed",
        "svm": "computed",
        "pair--seed0": "skipped",
        "pair--seed1": "skipped",
    }
    assert found["svm"].score == 1.0 > found["majority"].score
    table = read_table(tweets.results / "tweets" / "svm.parquet")
    assert table.column_names == ["row", "gold", "label"]
    assert table.column("row").to_pylist() == list(range(18))
    record = read_record(tweets.results / "tweets" / "svm.json")
    assert record is not None and record["metrics"]["f_avg"] == [1.0, 1.0, 1.0]
    assert "| somebody (2016) | 0.500 |" in make_table(tweets, "tweets")
    verdicts = {c.cell.name: c.verdict for c in reproduce(tweets, tweets.experiments / "scratch")}
    assert verdicts == {"majority": "same", "svm": "same", "pair--seed0": "skipped", "pair--seed1": "skipped"}


def test_benchmarks_need_their_folder_and_their_files(tweets: Project) -> None:
    without = Project(tweets.experiments, tweets.labels)
    assert {r.status for r in run(without, cells(without), lambda report: None)} == {"skipped"}
    (tweets.outside / "semeval2016_t6" / "gold.txt").write_text("another file")  # type: ignore[operator]
    with pytest.raises(OptionError, match="sha256"):
        run(tweets, cells(tweets), lambda report: None)


def test_texts_are_read_whole(tweets: Project) -> None:
    train, test = read_rows(BENCHMARKS["semeval2016"], tweets.outside, dict(tweets.studies["tweets"].files))
    assert len(train.text) == 48 and len(test.text) == 18
    assert all(text.startswith('caf\u00e9 "') for text in train.text)
    assert set(train.target) == {"Atheism", "Hillary Clinton"}
    rows = train.where(train.target == "Atheism")
    for features in ("tfidf", "presence"):
        fitted = fit_svm(Svm(kind="svm", features=features), rows, BENCHMARKS["semeval2016"])
        assert (fitted(rows) == rows.label).all()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_pair_encoder_learns(tweets: Project, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="training needs the extra carestance[train]")
    transformers = pytest.importorskip("transformers", reason="training needs the extra carestance[train]")
    from carestance.experiments.pair_encoder import train_and_predict
    from carestance.experiments.spec import PairEncoder

    folder = tmp_path / "encoder"
    folder.mkdir()
    words = sorted({w for text in WORDS.values() for w in text.split()})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=5 + len(words),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=64,
    )
    transformers.BertModel(config).save_pretrained(folder)
    train, test = read_rows(BENCHMARKS["semeval2016"], tweets.outside, dict(tweets.studies["tweets"].files))
    options = PairEncoder(kind="pair_encoder", name="tiny", sha256="0" * 64, epochs=30, learning_rate=3e-3, batch=8, max_tokens=32)
    predicted = train_and_predict(options, folder, 0, train, test, 3)
    assert (predicted == test.label).mean() > 0.8
    assert (train_and_predict(options, folder, 0, train, test, 3) == predicted).all()
