"""Tagging on Ray Data: the same predictor in a pool of actors, on this machine or on a cluster.

Articles go through in slices, each slice a Ray data set whose blocks are tagged by ``map_batches``; a slice's answers come back in the
order of its articles. Where ``RAY_ADDRESS`` names a cluster it is used, else Ray is started here and stopped afterwards.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from carestance.articles.article import Article
from carestance.errors import MissingExtraError
from carestance.tagging.engine import Answers, Batch
from carestance.tagging.predictor import BATCH, StancePredictor
from carestance.tagging.rows import restore_tags
from carestance.tagging.sources import Failure

#: Articles a slice: enough to make starting the actors worth while, few enough to be held in memory.
SLICE = 2048


class _Tagger:
    """What runs in an actor: loads the model once, tags batches of columns."""

    def __init__(self, predictor: StancePredictor) -> None:
        self._predictor = predictor

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        answers = self._predictor({name: list(column) for name, column in batch.items()})
        units = [json.dumps(rows, ensure_ascii=False) for rows in answers["units"]]
        return {"index": list(batch["index"]), "units": units, "error": answers["error"]}


class RayEngine:
    """Tags with a pool of Ray actors.

    Parameters
    ----------
    predictor
        Sent to every actor, which loads its model anew.
    jobs
        Number of actors.

    Raises
    ------
    MissingExtraError
        If Ray is not installed.
    """

    def __init__(self, predictor: StancePredictor, jobs: int) -> None:
        from importlib.util import find_spec

        if find_spec("ray") is None:
            raise MissingExtraError("ray", "--engine ray")
        self._predictor = predictor.with_threads(max(1, (os.cpu_count() or 1) // jobs))
        self._jobs = jobs

    def tag(self, batches: Iterable[Batch]) -> Iterator[Answers]:
        """Tag batches; answers come a slice at a time, in order."""
        import ray

        started = not ray.is_initialized()
        if started:
            ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False, include_dashboard=False, configure_logging=False)
        ray.data.DataContext.get_current().enable_progress_bars = False
        try:
            source = iter(batches)
            while taken := list(islice(source, SLICE // BATCH)):
                answers = iter(self._tag_slice(list(chain.from_iterable(taken))))
                for batch in taken:
                    yield list(islice(answers, len(batch)))
        finally:
            if started:
                ray.shutdown()

    def _tag_slice(self, articles: list[Article]) -> Answers:
        import ray

        if not articles:
            return []
        items = [{"index": i, "id": a.id, "text": a.text, "title": a.title} for i, a in enumerate(articles)]
        tagged = ray.data.from_items(items, override_num_blocks=max(1, len(items) // BATCH)).map_batches(
            _Tagger,
            fn_constructor_args=(self._predictor,),
            batch_size=BATCH,
            compute=ray.data.ActorPoolStrategy(size=self._jobs),
        )
        answers: Answers = [Failure(a.id, "ArticleError", f"{a.id}: Ray gave no answer for it") for a in articles]
        for row in tagged.iter_rows():
            index = int(row["index"])
            tags = None if row["error"] else restore_tags(articles[index], json.loads(row["units"]))
            answers[index] = tags or Failure(articles[index].id, "ArticleError", row["error"] or "the actor's answer does not fit the text")
        return answers
