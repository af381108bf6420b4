"""Outside stance benchmarks with published scores, read from a folder of the user's.

The data are not part of the project: predictions are kept by row number, without texts.

======================  ============================================================================  ==================
study data              files                                                                         official score
======================  ============================================================================  ==================
``semeval2016``         ``semeval2016_t6``: tweets towards five targets (Mohammad et al., 2016)        F-avg, pooled
``laurer_protectionism``  ``laurer_manifesto_stance``: manifesto sentences (Laurer et al., 2023)       macro-F1
======================  ============================================================================  ==================
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from carestance.errors import MissingExtraError, OptionError
from carestance.experiments.cells import Cell, CellSkippedError, Project
from carestance.experiments.metrics import CountScore, IntArray, confusion, f_avg_of, macro_f1_of
from carestance.experiments.scoring import rounded
from carestance.experiments.spec import DataName, Majority, PairEncoder, Svm
from carestance.experiments.statistics import bootstrap
from carestance.models.store import sha256_of

#: Inverse strengths of the regularisation to choose from; presence features are longer vectors and need more of it.
_STRENGTHS = {"tfidf": (0.03, 0.1, 0.3, 1.0), "presence": (0.0003, 0.001, 0.003, 0.01, 0.03)}
Strings = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Rows:
    """Labelled texts of a benchmark as arrays along its rows.

    Attributes
    ----------
    target, text
        What the stance is towards, and the text that takes it.
    context
        The text with its neighbours, where the data give them; else the text.
    group
        Rows that belong together (one manifesto), not to be divided by folds; empty where rows stand alone.
    label
        Indices into the benchmark's labels.
    """

    target: Strings
    text: Strings
    context: Strings
    group: Strings
    label: IntArray

    def where(self, chosen: Any) -> Rows:
        """The chosen rows."""
        return Rows(*(getattr(self, f.name)[chosen] for f in fields(self)))


@dataclass(frozen=True)
class Benchmark:
    """An outside benchmark: its files, labels and official score.

    Attributes
    ----------
    folder, files
        Sub-folder of the user's folder, and its training and test file.
    options
        How the files are read.
    labels
        In the order of the label indices.
    score_name, score
        The official score.
    convert
        Turns columns into rows.
    """

    folder: str
    files: tuple[str, str]
    options: dict[str, Any]
    labels: tuple[str, ...]
    score_name: str
    score: CountScore
    convert: Callable[[Any, Sequence[str]], Rows]


def _tweets(columns: Any, labels: Sequence[str]) -> Rows:
    text = np.array(columns["Tweet"])
    label = np.array([labels.index(name.strip()) for name in columns["Stance"]])
    return Rows(np.array(columns["Target"]), text, text, np.array([""] * len(text)), label)


def _manifestos(columns: Any, labels: Sequence[str]) -> Rows:
    parts = [[part or "" for part in columns[f"text_{name}"]] for name in ("preceding", "original", "following")]
    text = np.array(parts[1])
    around = np.array([" ".join(row) for row in zip(*parts, strict=True)])
    label = np.array([labels.index(name) for name in columns["label_text"]])
    return Rows(np.array(["protectionism"] * len(text)), text, around, np.array(columns["manifesto_id"]), label)


BENCHMARKS: dict[DataName, Benchmark] = {
    "semeval2016": Benchmark(
        folder="semeval2016_t6",
        files=("semeval2016-task6-trainingdata.txt", "gold.txt"),
        options={"delimiter": "\t", "encoding": "cp1252", "quoting": csv.QUOTE_NONE},
        labels=("FAVOR", "AGAINST", "NONE"),
        score_name="f_avg",
        score=f_avg_of,
        convert=_tweets,
    ),
    "laurer_protectionism": Benchmark(
        folder="laurer_manifesto_stance",
        files=("df_manifesto_protectionism_train.csv", "df_manifesto_protectionism_test.csv"),
        options={},
        labels=("Protectionism: Positive", "Protectionism: Negative", "Other"),
        score_name="macro_f1",
        score=macro_f1_of,
        convert=_manifestos,
    ),
}


def read_rows(benchmark: Benchmark, outside: Path | None, hashes: dict[str, str]) -> tuple[Rows, Rows]:
    """Read training and test rows.

    Parameters
    ----------
    benchmark
        Which one.
    outside
        The user's folder.
    hashes
        sha256 of the files by name.

    Raises
    ------
    CellSkippedError
        If no folder is named or a file is missing.
    OptionError
        If a file is not the one the study was made with.
    MissingExtraError
        If ``datasets`` is not installed.
    """
    if outside is None:
        raise CellSkippedError("needs the folder of outside stance data (--outside)")
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("train", "reading outside benchmarks") from error
    datasets.disable_progress_bars()
    read = []
    for name in benchmark.files:
        path = outside / benchmark.folder / name
        if not path.is_file():
            raise CellSkippedError(f"{path} is missing")
        if sha256_of(path) != hashes.get(name):
            raise OptionError(f"{path}: is not the file the study names (its sha256 differs)")
        with tempfile.TemporaryDirectory() as cache:
            loaded = datasets.load_dataset("csv", data_files=str(path), split="train", cache_dir=cache, **benchmark.options)
            read.append(benchmark.convert(loaded, benchmark.labels))
    return read[0], read[1]


def predict_benchmark(cell: Cell, project: Project, limit: int = 0) -> Any:
    """Train a cell's model on the training rows and predict the test rows.

    Returns
    -------
    pyarrow.Table
        Columns ``row``, ``gold``, ``label``.
    """
    import pyarrow as pa

    benchmark = BENCHMARKS[cell.study.data]
    train, test = read_rows(benchmark, project.outside, dict(cell.study.files))
    if limit:
        test = test.where(slice(limit))
    predicted = _predict(cell, project, benchmark, train, test)
    names = np.array(benchmark.labels)
    return pa.table(
        {
            "row": np.arange(len(predicted), dtype=np.int32),
            "gold": names[test.label].tolist(),
            "label": names[predicted].tolist(),
        }
    )


def _predict(cell: Cell, project: Project, benchmark: Benchmark, train: Rows, test: Rows) -> IntArray:
    model = cell.model
    if isinstance(model, PairEncoder):
        from carestance.experiments.pair_encoder import train_and_predict

        return train_and_predict(model, project.find_encoder(model.sha256), cell.seed, train, test, len(benchmark.labels))
    predicted = np.zeros(len(test.label), dtype=int)
    # One model a target, as the organisers of SemEval-2016 did it.
    for target in np.unique(test.target):
        known, wanted = train.where(train.target == target), test.target == target
        if isinstance(model, Majority):
            predicted[wanted] = Counter(known.label.tolist()).most_common(1)[0][0]
        elif isinstance(model, Svm):
            predicted[wanted] = fit_svm(model, known, benchmark)(test.where(wanted))
        else:
            raise OptionError(f"{cell.title}: {model.kind} is no model of a benchmark")
    return predicted


def fit_svm(options: Svm, train: Rows, benchmark: Benchmark, n_folds: int = 5) -> Callable[[Rows], IntArray]:
    """N-grams and a linear support vector machine.

    Regularisation - and, for TF-IDF, whether characters and context are read - is chosen by folds of the training rows, by the
    official score; a fold does not cut through a group.
    """
    from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict
    from sklearn.svm import LinearSVC

    if train.group[0]:
        parts = list(GroupKFold(n_folds).split(train.text, train.label, train.group))
    else:
        parts = list(StratifiedKFold(n_folds, shuffle=True, random_state=0).split(train.text, train.label))
    weights = "balanced" if options.features == "tfidf" else None
    best: tuple[float, Any, Any, str] | None = None
    for field in ("text", "context") if (train.context != train.text).any() else ("text",):
        for features in _features(options):
            x = features.fit_transform(getattr(train, field))
            for c in _STRENGTHS[options.features]:
                svm = LinearSVC(C=c, class_weight=weights)
                guessed = cross_val_predict(svm, x, train.label, cv=parts)
                score = float(benchmark.score(confusion(train.label, guessed, len(benchmark.labels))))
                if best is None or score > best[0] + 1e-9:
                    best = (score, features, svm.fit(x, train.label), field)
    if best is None:
        raise OptionError("no training rows")
    _, features, svm, field = best
    return lambda rows: np.asarray(svm.predict(features.transform(getattr(rows, field))))


def _features(options: Svm) -> list[Any]:
    """Features to choose from."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.pipeline import make_union

    words = {"ngram_range": (1, 3), "token_pattern": r"(?u)\b\w+\b"}
    if options.features == "presence":
        return [make_union(CountVectorizer(binary=True, **words), CountVectorizer(binary=True, analyzer="char", ngram_range=(2, 5)))]
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    return [TfidfVectorizer(sublinear_tf=True, **words), make_union(TfidfVectorizer(sublinear_tf=True, **words), pieces)]


def score_benchmark(data: DataName, table: Any) -> dict[str, Any]:
    """The official score with an interval over rows, and the F1 of each label."""
    benchmark = BENCHMARKS[data]
    n = len(benchmark.labels)
    gold, label = ([benchmark.labels.index(v) for v in table.column(name).to_pylist()] for name in ("gold", "label"))
    counts = np.zeros((len(gold), n, n), dtype=int)
    counts[np.arange(len(gold)), gold, label] = 1
    interval = bootstrap(benchmark.score, counts)
    pooled = counts.sum(0)
    each = {name: float(2 * pooled[k, k] / max(1, pooled[k].sum() + pooled[:, k].sum())) for k, name in enumerate(benchmark.labels)}
    found: dict[str, Any] = rounded({benchmark.score_name: [interval.value, interval.low, interval.high], "f1": each, "rows": len(gold)})
    return found
