"""Where a run's rows go: standard output, or a file that survives a killed run.

While a run goes on, its rows stand as JSON lines in ``OUTPUT.part``; the output itself appears in one step when all are in. A run that was
killed leaves the part file, and ``--resume`` serves what it holds (or what a finished output holds) instead of tagging again. The rows of
a resumed run are those of an uninterrupted one, since each article passes through in input order either way.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from filelock import FileLock, Timeout

from carestance.articles.article import Article
from carestance.errors import OptionError
from carestance.tagging.predictor import ArticleTags
from carestance.tagging.rows import Row, read_rows
from carestance.tagging.store import TagStore
from carestance.tagging.writers import Format, stream_writer, write_file


class RunOutput(Protocol):
    """Takes a run's rows, and may know an article's tags already.

    Attributes
    ----------
    keeps
        Whether what was written can be found again.
    """

    keeps: bool

    def find(self, article: Article) -> ArticleTags | None:
        """Tags of an article with the same text and title, from this run or an earlier one."""

    def write(self, rows: Sequence[Row], article: Article | None) -> None:
        """Take the rows of one article, or of a failure."""

    def flush(self) -> None:
        """Make sure that what was written outlives the process."""


class StreamOutput:
    """Rows to standard output as they come."""

    keeps = False
    known = 0
    overwritten = False

    def __init__(self, format: Format) -> None:
        self._writer = stream_writer(sys.stdout, format)

    def find(self, article: Article) -> ArticleTags | None:
        """Nothing is kept: every article is tagged."""
        return None

    def write(self, rows: Sequence[Row], article: Article | None) -> None:
        """Take the rows of one article, or of a failure."""
        for row in rows:
            self._writer.write(row)

    def flush(self) -> None:
        """Hand the rows on."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._writer.close()


class FileOutput:
    """Rows to a file, kept safe on the way.

    Parameters
    ----------
    path
        The output.
    format
        Its format.
    model
        Id of the model that tags.
    resume
        Whether to use what an earlier run left.

    Raises
    ------
    OptionError
        If another run is writing to the same output, or the output to resume from cannot be read.
    """

    keeps = True

    def __init__(self, path: Path, format: Format, model: str, *, resume: bool = False) -> None:
        if path.is_dir():
            raise OptionError(f"{path}: the output needs a file name, and this is a folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._format = format
        self._part = path.with_name(path.name + ".part")
        self._old = path.with_name(path.name + ".earlier")
        self._lock = FileLock(path.with_name(path.name + ".lock"), timeout=0)
        try:
            self._lock.acquire()
        except Timeout:
            raise OptionError(f"{path}: another run is writing to it; wait for it or choose another --output") from None
        try:
            #: Whether an unfinished run's rows were thrown away.
            self.overwritten = not resume and self._part.exists()
            self._earlier = self._open_earlier(model) if resume else None
            if not resume:
                self._old.unlink(missing_ok=True)
            self._part.unlink(missing_ok=True)
            self._store = TagStore(self._part, model)
        except BaseException:
            self._release()
            raise

    def _open_earlier(self, model: str) -> TagStore:
        fresh = not self._old.exists() and not self._part.exists()
        earlier = TagStore(self._old, model)
        if self._part.exists():
            earlier.append_file(self._part)
        elif fresh and self.path.exists():
            earlier.absorb(read_rows(self.path))
        earlier.flush()
        earlier.scan()
        return earlier

    @property
    def known(self) -> int:
        """Articles that an earlier run left tagged."""
        return len(self._earlier) if self._earlier is not None else 0

    def find(self, article: Article) -> ArticleTags | None:
        """Tags of an article with the same text and title, from this run or an earlier one."""
        return self._store.get(article) or (self._earlier.get(article) if self._earlier is not None else None)

    def write(self, rows: Sequence[Row], article: Article | None) -> None:
        """Take the rows of one article, or of a failure."""
        self._store.add(rows, article)

    def flush(self) -> None:
        """Make sure that what was written outlives the process."""
        self._store.flush()

    def _rows(self) -> Iterator[Row]:
        with self._part.open(encoding="utf-8") as stream:
            for line in stream:
                yield json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._store.close()
            if self._earlier is not None:
                self._earlier.close()
            if kind is None:
                self._finish()
            elif not self._part.stat().st_size and not self._old.exists():
                self._part.unlink()
        finally:
            self._release()

    def _finish(self) -> None:
        if self._format == "jsonl":
            self._part.replace(self.path)
        else:
            write_file(self._rows(), self.path, self._format)
            self._part.unlink()
        self._old.unlink(missing_ok=True)

    def _release(self) -> None:
        # The file goes while the lock is held, so that nobody who waits for it is left with a name that is gone.
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()


def open_output(path: Path | None, format: Format, model: str, *, resume: bool = False) -> StreamOutput | FileOutput:
    """Open standard output, or a file.

    Raises
    ------
    OptionError
        If there is no file to resume, or another run is writing to it.
    """
    if path is None:
        if resume:
            raise OptionError("--resume needs --output: what was done is found in that file")
        return StreamOutput(format)
    return FileOutput(path, format, model, resume=resume)
