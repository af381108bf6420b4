"""Outside stance data, in the form of windows: a statement, and sentences for, against or beside it.

The data are not part of the project. A folder holds one sub-folder a source:

=================  ===============================================  ======================
folder             source                                           licence
=================  ===============================================  ======================
ibm_argq30k        Gretz et al., 2020 (``raw_*_all_onecol.csv``)    CC BY 3.0
ibm_argkp2021      Friedman et al., 2021 (``arguments_*.csv``)      CDLA-Sharing 1.0
ibm_claim_stance   Bar-Haim et al., 2017                            CC BY-SA 3.0
perspectrum        Chen et al., 2019                                CC BY-SA 4.0
handeset           Abercrombie & Batista-Navarro, 2018              Open Parliament 3.0
=================  ===============================================  ======================
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from carestance.errors import OptionError
from carestance.schema import LABELS

_FAVOUR, _AGAINST, _UNRELATED = LABELS.index("favour"), LABELS.index("against"), LABELS.index("unrelated")
_MIN_CHARACTERS = 15
_MAX_CHARACTERS = 600
_SPEECH_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class StanceWindow:
    """A statement with sentences that take a side on it, and some that are about something else."""

    statement: str
    sentences: tuple[str, ...]
    labels: tuple[int, ...]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(10**7)
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        yield from csv.DictReader(stream)


def _argq(folder: Path) -> Iterator[tuple[str, str, int]]:
    for part in ("train", "val", "test"):
        for row in _rows(folder / f"raw_{part}_all_onecol.csv"):
            yield row["Target 1"], row["Tweet"], _FAVOUR if row["Stance 1"] == "FAVOR" else _AGAINST


def _argkp(folder: Path) -> Iterator[tuple[str, str, int]]:
    for part in ("train", "dev", "test"):
        for row in _rows(folder / f"arguments_{part}.csv"):
            yield row["topic"], row["argument"], _FAVOUR if row["stance"] == "1" else _AGAINST


def _claims(folder: Path) -> Iterator[tuple[str, str, int]]:
    for row in _rows(folder / "claim_stance_dataset_v1_repaired.csv"):
        yield row["topicText"], row["claims.claimCorrectedText"], _FAVOUR if row["claims.stance"] == "PRO" else _AGAINST


def _perspectrum(folder: Path) -> Iterator[tuple[str, str, int]]:
    pool = {p["pId"]: p["text"] for p in json.loads((folder / "perspective_pool_v1.0.json").read_text(encoding="utf-8"))}
    for claim in json.loads((folder / "perspectrum_with_answers_v1.0.json").read_text(encoding="utf-8")):
        for group in claim["perspectives"]:
            # A group holds paraphrases of one argument; three are enough.
            for key in group["pids"][:3]:
                yield claim["text"], pool[key], _FAVOUR if group["stance_label_3"] == "SUPPORT" else _AGAINST


def _handeset(folder: Path) -> Iterator[tuple[str, str, int]]:
    for row in _rows(folder / "HanDeSeT.csv"):
        speech = " ".join(row[f"utt{i}"] for i in range(1, 6) if row[f"utt{i}"])
        # Speeches say where they stand at the end.
        yield " ".join(row["motion"].split()[:50]), speech[-_SPEECH_CHARACTERS:], _FAVOUR if row["manual speech"] == "1" else _AGAINST


SOURCES = {
    "ibm_argq30k": _argq,
    "ibm_argkp2021": _argkp,
    "ibm_claim_stance": _claims,
    "perspectrum": _perspectrum,
    "handeset": _handeset,
}


def read_outside(folder: Path) -> dict[str, list[tuple[str, int]]]:
    """Read every source, without doubles.

    Returns
    -------
    dict
        Statement -> sentences with labels.

    Raises
    ------
    OptionError
        If the folder lacks a source.
    """
    by_statement: dict[str, list[tuple[str, int]]] = {}
    seen: set[tuple[str, str]] = set()
    for name, read in SOURCES.items():
        try:
            for statement, sentence, label in read(folder / name):
                key = (statement.strip().lower().rstrip("."), sentence.strip().lower()[:120])
                if key not in seen and len(sentence) >= _MIN_CHARACTERS:
                    seen.add(key)
                    by_statement.setdefault(statement.strip(), []).append((sentence.strip()[:_MAX_CHARACTERS], label))
        except (OSError, KeyError) as error:
            raise OptionError(
                f"{folder / name}: outside data cannot be read ({error}); see carestance.training.outside for sources"
            ) from error
    return by_statement


def stance_windows(data: dict[str, list[tuple[str, int]]], rng: random.Random, own: int = 8, foreign: int = 3) -> list[StanceWindow]:
    """Pack sentences into windows of one statement each, with target-swapped ones as ``unrelated``."""
    everything = [(statement, sentence) for statement, rows in data.items() for sentence, _ in rows]
    windows = []
    for statement, rows in data.items():
        shuffled = rng.sample(rows, len(rows))
        for at in range(0, len(shuffled), own):
            chosen = list(shuffled[at : at + own])
            for other, sentence in rng.choices(everything, k=max(1, min(foreign, len(chosen) // 2))):
                if other != statement:
                    chosen.append((sentence, _UNRELATED))
            rng.shuffle(chosen)
            sentences, labels = zip(*chosen, strict=True)
            windows.append(StanceWindow(statement, sentences, labels))
    rng.shuffle(windows)
    return windows
