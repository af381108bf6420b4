"""A batch run: sources through an engine into the output, the summary and the report, counting as it goes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

from carestance.articles.article import Article
from carestance.tagging.duplicates import CopyFinder
from carestance.tagging.engine import Batch, Engine
from carestance.tagging.output import RunOutput
from carestance.tagging.predictor import BATCH, ArticleTags
from carestance.tagging.rows import CopyMark, Row, unit_rows
from carestance.tagging.sources import Failure
from carestance.tagging.summary import TargetSummary, summarise

#: Summaries and failures kept for what is shown at the end.
SHOWN = 200


class ArticleSink(Protocol):
    """Takes tagged articles as they come."""

    def write(self, tags: ArticleTags, copy: CopyMark | None = None) -> None:
        """Take one article, with the earlier one that it repeats."""


@dataclass
class RunResult:
    """What a run did.

    Attributes
    ----------
    tagged, failed, units
        Articles with rows, inputs that failed, units written.
    reused
        Articles whose tags came from an earlier run.
    copies, near_copies
        Articles that repeat an earlier one's text, or nearly.
    failures
        The first failures.
    summaries
        Figures of the first articles.
    """

    tagged: int = 0
    failed: int = 0
    units: int = 0
    reused: int = 0
    copies: int = 0
    near_copies: int = 0
    failures: list[Failure] = field(default_factory=list)
    summaries: list[TargetSummary] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all done, 1 nothing could be done, 3 some inputs failed."""
        if self.failed == 0 and self.tagged:
            return 0
        return 3 if self.tagged else 1


@dataclass
class _Planned:
    """A batch of sources: what has to be tagged, and what repeats something."""

    items: list[Article | Failure]
    marks: dict[int, CopyMark] = field(default_factory=dict)
    known: dict[int, ArticleTags] = field(default_factory=dict)
    to_tag: Batch = field(default_factory=list)


def run_batch(
    sources: Iterable[Article | Failure],
    engine: Engine,
    output: RunOutput,
    sinks: Iterable[ArticleSink] = (),
    *,
    text_dir: Path | None = None,
    batch: int = BATCH,
    on_article: Callable[[str], None] = lambda doc: None,
) -> RunResult:
    """Tag sources and write one row a unit, or one error row a failure, in input order.

    Parameters
    ----------
    sources
        Articles and failures as they come.
    engine
        Tags the articles.
    output
        Gets the rows; may know some articles already.
    sinks
        Get each tagged article (summary, report).
    text_dir
        Folder for the extracted texts that offsets point into.
    batch
        Articles tagged together.
    on_article
        Called with each input's name when it is done.
    """
    result = RunResult()
    planned: deque[_Planned] = deque()
    listed = list(sinks)
    for answers in engine.tag(_plan(sources, output, planned, batch)):
        for item, mark in _in_order(planned.popleft(), answers, output, result):
            if isinstance(item, Failure):
                _record_failure(item, output, result)
                on_article(item.doc)
                continue
            _record(item, mark, output, listed, result)
            if text_dir is not None:
                _write_text(text_dir, item.article)
            on_article(item.article.id)
        output.flush()
    return result


def _plan(sources: Iterable[Article | Failure], output: RunOutput, planned: deque[_Planned], batch: int) -> Iterator[Batch]:
    copies = CopyFinder()
    iterator = iter(sources)
    while items := list(islice(iterator, batch)):
        plan = _Planned(items)
        for i, item in enumerate(items):
            if isinstance(item, Failure):
                continue
            mark = copies.add(item)
            if mark is not None:
                plan.marks[i] = mark
            if mark is not None and mark.similarity == 1 and output.keeps:
                # The first copy's rows will be in the output by the time this one's turn comes.
                continue
            known = output.find(item)
            if known is not None:
                plan.known[i] = known
            else:
                plan.to_tag.append(item)
        planned.append(plan)
        yield plan.to_tag


def _in_order(
    plan: _Planned, answers: Iterable[ArticleTags | Failure], output: RunOutput, result: RunResult
) -> Iterator[tuple[ArticleTags | Failure, CopyMark | None]]:
    tagged = iter(answers)
    for i, item in enumerate(plan.items):
        mark = plan.marks.get(i)
        if isinstance(item, Failure):
            yield item, None
        elif i in plan.known:
            result.reused += 1
            yield plan.known[i], mark
        elif mark is not None and mark.similarity == 1 and output.keeps:
            yield output.find(item) or Failure(item.id, "ArticleError", f"{item.id}: the same text as {mark.of}, which failed"), mark
        else:
            yield next(tagged), mark


def _record(tags: ArticleTags, mark: CopyMark | None, output: RunOutput, sinks: list[ArticleSink], result: RunResult) -> None:
    rows: list[Row] = unit_rows(tags, mark)
    output.write(rows, tags.article)
    result.tagged += 1
    result.units += len(rows)
    if mark is not None:
        result.copies += mark.similarity == 1
        result.near_copies += mark.similarity < 1
    if len(result.summaries) < SHOWN:
        result.summaries.extend(summarise(tags))
    for sink in sinks:
        sink.write(tags, mark)


def _record_failure(failure: Failure, output: RunOutput, result: RunResult) -> None:
    from carestance import __version__

    row = {"doc": failure.doc, "error": {"type": failure.type, "message": failure.message}, "version": __version__}
    output.write([row], None)
    result.failed += 1
    if len(result.failures) < SHOWN:
        result.failures.append(failure)


def _write_text(folder: Path, article: Article) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{article.sha256}.txt").write_text(article.text, encoding="utf-8", newline="\n")
