"""Writing the report as articles come."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from carestance.errors import ModelError, OptionError
from carestance.report.data import DECISIONS, article_data, index_entry, target_facts, to_json
from carestance.report.page import page_parts
from carestance.schema import TARGETS
from carestance.tagging.predictor import ArticleTags
from carestance.tagging.rows import CopyMark


class ReportWriter:
    """Writes tagged articles into one HTML file that opens without a network.

    Each article goes straight into a temporary file next to the output, so that memory does not grow with the number
    of articles; :meth:`close` finishes the page and puts it in place in one step. As a context manager it closes
    after a run that went well and removes its temporary file after one that did not.

    Parameters
    ----------
    path
        The HTML file to make; its folder is made where it is missing.

    Raises
    ------
    OptionError
        If the path is a folder.
    OSError
        If the temporary file cannot be made.

    Examples
    --------
    >>> from carestance import StancePredictor
    >>> predictor = StancePredictor.load("tfidf")
    >>> with ReportWriter(Path("report.html")) as report:  # doctest: +SKIP
    ...     report.write(predictor.tag("Councils know their communities best."))
    """

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            raise OptionError(f"{path}: the report needs a file name, and this is a folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._partial = path.with_name(path.name + ".part")
        self._stream = self._partial.open("w", encoding="utf-8", newline="\n")
        self._targets: tuple[str, ...] = ()
        self._tail = ""
        self._written = 0

    def write(self, tags: ArticleTags, copy: CopyMark | None = None) -> None:
        """Add an article.

        Parameters
        ----------
        tags
            The article with its stances.
        copy
            The earlier article that this one repeats; readers can leave such articles out.

        Raises
        ------
        ModelError
            If the article was tagged for other targets than the report's first.
        ValueError
            If the report is closed already.
        OSError
            If the file cannot be written.
        """
        targets = tuple(tags.units[0].stance) if tags.units else self._targets or TARGETS
        if not self._tail:
            self._begin(targets, tags.model)
        if targets != self._targets:
            raise ModelError(f"{tags.article.id}: tagged for {', '.join(targets)}, but the report is about {', '.join(self._targets)}")
        # Two elements an article: the page reads the short lines at once, and an article only when it is opened.
        data = {"line": to_json(index_entry(tags, targets, copy)), "article": to_json(article_data(tags, targets))}
        for name, text in data.items():
            self._stream.write(f'<script type="application/json" class="{name}" id="{name}-{self._written}">{text}</script>\n')
        self._written += 1

    def close(self) -> None:
        """Finish the page and put it in place; a second call does nothing.

        Raises
        ------
        OSError
            If the file cannot be written or put in place; the temporary file is gone then, and a report that was
            there before is as it was.
        """
        if self._stream.closed:
            return
        try:
            if not self._tail:
                self._begin(TARGETS, "")
            self._stream.write(self._tail)
            self._stream.close()
            self._partial.replace(self.path)
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """Give up: remove the temporary file and leave a report that was there before as it was.

        Raises
        ------
        OSError
            If the temporary file cannot be removed.
        """
        try:
            self._stream.close()
        finally:
            self._partial.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _begin(self, targets: tuple[str, ...], model: str) -> None:
        from carestance import __version__

        facts = {"version": __version__, "model": model, "decisions": DECISIONS, "targets": target_facts(targets)}
        head, self._tail = page_parts(facts)
        self._targets = targets
        self._stream.write(head)
