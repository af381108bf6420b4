"""Timing contestants side by side, and whole commands from a cold start."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from carestance.bench.contestants import Contestant


@dataclass(frozen=True, slots=True)
class Timing:
    """What one contestant did.

    Attributes
    ----------
    name
        The contestant.
    seconds
        Median over rounds for all sentences.
    sentences_per_second
        All three targets.
    """

    name: str
    seconds: float
    sentences_per_second: float


@dataclass(frozen=True, slots=True)
class ColdStart:
    """One article from a new process: wall time in seconds (median) and peak memory in MB."""

    model: str
    seconds: float
    peak_mb: float


def time_all(contestants: Sequence[Contestant], sentences: int, rounds: int) -> list[Timing]:
    """Time contestants in turns, so that a slow minute of the machine meets all of them.

    Parameters
    ----------
    contestants
        What to time; each is run once before to warm up.
    sentences
        Sentences in the articles.
    rounds
        How often each is timed.
    """
    taken: dict[str, list[float]] = {c.name: [] for c in contestants}
    for contestant in contestants:
        contestant.run()
    for _ in range(rounds):
        for contestant in contestants:
            start = time.perf_counter()
            contestant.run()
            taken[contestant.name].append((time.perf_counter() - start) / contestant.share)
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return [Timing(name, round(seconds, 3), round(sentences / seconds, 1)) for name, seconds in medians.items()]


def cold_start(model: str, article: Path, rounds: int) -> ColdStart:
    """Time ``carestance tag`` of one article as a process of its own.

    Raises
    ------
    subprocess.CalledProcessError
        If the command fails.
    """
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "carestance", "tag", str(article), "--model", model, "--quiet", "-o", f"{folder}/tags.jsonl"]
        for _ in range(rounds):
            start = time.perf_counter()
            subprocess.run(command, check=True)
            taken.append(time.perf_counter() - start)
        peak = _peak_kilobytes(command)
    return ColdStart(model, round(statistics.median(taken), 3), round(peak / 1024, 1))


_WATCH = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def _peak_kilobytes(command: list[str]) -> int:
    """Peak memory of one command; a process of its own watches it, since the kernel keeps one maximum for all children."""
    done = subprocess.run([sys.executable, "-c", _WATCH, *command], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1])


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return {"processor": _processor(), "cores": cores, "memory_gb": round(memory), "python": platform.python_version()}


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


def as_json(timings: Sequence[Timing], starts: Sequence[ColdStart], sentences: int, articles: int) -> dict[str, object]:
    """Figures as they are committed."""
    return {
        "machine": machine(),
        "articles": articles,
        "sentences": sentences,
        "timings": [asdict(t) for t in timings],
        "cold_start": [asdict(s) for s in starts],
    }
