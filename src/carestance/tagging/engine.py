"""Engines: batches of articles in, their tags out in the same order - in this process or in several."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Protocol

from carestance.articles.article import Article
from carestance.errors import CarestanceError
from carestance.tagging.predictor import ArticleTags, StancePredictor
from carestance.tagging.sources import Failure

Batch = list[Article]
Answers = list[ArticleTags | Failure]


def tag_batch(predictor: StancePredictor, batch: Batch) -> Answers:
    """Tag a batch; where that fails, each article alone, so that one article never costs the others."""
    try:
        return list(predictor.tag_many(batch, batch=max(1, len(batch))))
    except (CarestanceError, MemoryError) as error:
        if len(batch) == 1:
            return [Failure.of(batch[0].id, error)]
        return [answer for article in batch for answer in tag_batch(predictor, [article])]


class Engine(Protocol):
    """Tags batches of articles."""

    def tag(self, batches: Iterable[Batch]) -> Iterator[Answers]:
        """Tag batches as they come; answers are in the batches' order, with few batches under way at a time."""


class LocalEngine:
    """One process; the encoder's runtime uses the cores."""

    def __init__(self, predictor: StancePredictor) -> None:
        self._predictor = predictor

    def tag(self, batches: Iterable[Batch]) -> Iterator[Answers]:
        """Tag batches as they come."""
        for batch in batches:
            yield tag_batch(self._predictor, batch)


class ProcessEngine:
    """Several processes, each with the model; the cores are shared out among them.

    Parameters
    ----------
    predictor
        Sent to every process, which loads its model anew.
    jobs
        Number of processes.
    """

    def __init__(self, predictor: StancePredictor, jobs: int) -> None:
        self._predictor = predictor.with_threads(max(1, (os.cpu_count() or 1) // jobs))
        self._jobs = jobs

    def tag(self, batches: Iterable[Batch]) -> Iterator[Answers]:
        """Tag batches as they come; at most two a process are under way.

        Raises
        ------
        CarestanceError
            If a process was killed, by the system's memory guard for example.
        """
        # Spawned, not forked: the encoder's runtime does not survive a fork.
        pool = ProcessPoolExecutor(self._jobs, get_context("spawn"), initializer=_start, initargs=(self._predictor,))
        waiting: deque[Future[Answers]] = deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(_tag, batch))
                if len(waiting) > 2 * self._jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise CarestanceError("a worker process was killed (out of memory?); go on with --resume and fewer --jobs") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_worker: StancePredictor | None = None


def _start(predictor: StancePredictor) -> None:
    global _worker
    _worker = predictor


def _tag(batch: Batch) -> Answers:
    assert _worker is not None
    return tag_batch(_worker, batch)


def open_engine(name: str, predictor: StancePredictor, jobs: int) -> Engine:
    """Choose an engine.

    Raises
    ------
    MissingExtraError
        If ``"ray"`` is asked for and Ray is not installed.
    """
    if name == "ray":
        from carestance.tagging.ray_engine import RayEngine

        return RayEngine(predictor, jobs)
    return ProcessEngine(predictor, jobs) if jobs > 1 else LocalEngine(predictor)
