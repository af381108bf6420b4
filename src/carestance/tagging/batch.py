"""A batch run: sources through the predictor into the writers, counting as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

from carestance.articles.article import Article
from carestance.tagging.predictor import BATCH, ArticleTags, StancePredictor
from carestance.tagging.sources import Failure
from carestance.tagging.summary import SummaryWriter, TargetSummary, summarise
from carestance.tagging.writers import RowWriter

#: Summaries kept for the table shown at the end.
SHOWN = 200


class ArticleSink(Protocol):
    """Takes tagged articles as they come."""

    def write(self, tags: ArticleTags) -> None:
        """Take one article."""


@dataclass
class RunResult:
    """What a run did.

    Attributes
    ----------
    tagged, failed, units
        Articles tagged, inputs that failed, units written.
    failures
        The first failures.
    summaries
        Figures of the first articles.
    """

    tagged: int = 0
    failed: int = 0
    units: int = 0
    failures: list[Failure] = field(default_factory=list)
    summaries: list[TargetSummary] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all done, 1 nothing could be done, 3 some inputs failed."""
        if self.failed == 0 and self.tagged:
            return 0
        return 3 if self.tagged else 1


def run_batch(
    sources: Iterable[Article | Failure],
    predictor: StancePredictor,
    writer: RowWriter,
    *,
    summary: SummaryWriter | None = None,
    report: ArticleSink | None = None,
    text_dir: Path | None = None,
    on_article: Callable[[str], None] = lambda doc: None,
) -> RunResult:
    """Tag sources and write one row a unit, or one error row a failure, in input order.

    Parameters
    ----------
    sources
        Articles and failures as they come.
    predictor
        Tags the articles.
    writer
        Gets the rows.
    summary
        Gets each article's figures.
    report
        Gets each tagged article, for people to read.
    text_dir
        Folder for the extracted texts that offsets point into.
    on_article
        Called with each input's name when it is done.
    """
    result = RunResult()
    for tags in _tagged(sources, predictor):
        if isinstance(tags, Failure):
            _record_failure(tags, writer, result)
            on_article(tags.doc)
            continue
        for row in tags.rows:
            writer.write(row)
        result.tagged += 1
        result.units += len(tags.units)
        if len(result.summaries) < SHOWN:
            result.summaries.extend(summarise(tags))
        if summary is not None:
            summary.write(tags)
        if report is not None:
            report.write(tags)
        if text_dir is not None:
            _write_text(text_dir, tags.article)
        on_article(tags.article.id)
    return result


def _tagged(sources: Iterable[Article | Failure], predictor: StancePredictor) -> Iterator[ArticleTags | Failure]:
    iterator = iter(sources)
    while chunk := list(islice(iterator, BATCH)):
        articles = [a for a in chunk if isinstance(a, Article)]
        tags = predictor.tag_many(articles)
        for item in chunk:
            yield item if isinstance(item, Failure) else next(tags)


def _record_failure(failure: Failure, writer: RowWriter, result: RunResult) -> None:
    from carestance import __version__

    writer.write({"doc": failure.doc, "error": {"type": failure.type, "message": failure.message}, "version": __version__})
    result.failed += 1
    if len(result.failures) < SHOWN:
        result.failures.append(failure)


def _write_text(folder: Path, article: Article) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{article.sha256}.txt").write_text(article.text, encoding="utf-8", newline="\n")
