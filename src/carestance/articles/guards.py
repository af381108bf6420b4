"""What the readers of foreign file formats share: optional libraries, and one kind of error for broken files."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

from carestance.articles.limits import limits
from carestance.errors import ArticleError, CarestanceError, MissingExtraError

#: A run of so many characters without a space is no word of an article.
LONG_WORD = 1_000
_LONG_WORD = re.compile(rf"(?<!\S)\S{{{LONG_WORD},}}")
_SILENT = logging.NullHandler()


def library(name: str, purpose: str) -> ModuleType:
    """Import an optional library when it is first needed.

    What it logs about a file goes to the handlers an application has set up, never straight to the terminal.

    Parameters
    ----------
    name
        Module to import.
    purpose
        What it is needed for, as the end of a sentence.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        module = import_module(name)
    except ImportError as error:
        raise MissingExtraError("documents", purpose) from error
    logging.getLogger(name.partition(".")[0]).addHandler(_SILENT)
    return module


@contextmanager
def reading(data: bytes, id: str, kind: str, advice: str) -> Iterator[None]:
    """Turn whatever goes wrong while a file is read into an error for people.

    Parameters
    ----------
    data
        The file's bytes: refused when there are none or too many.
    id
        Name of the file.
    kind
        What it should be ("a PDF").
    advice
        What to do where it is not.

    Raises
    ------
    ArticleError
        In place of every error of a library; carestance's own errors pass.
    """
    if not data:
        raise ArticleError(f"{id}: is empty")
    if len(data) > (most := limits().max_bytes):
        raise ArticleError(f"{id}: has {len(data):,} bytes, more than the {most:,} an article may have; split it")
    try:
        yield
    except CarestanceError:
        raise
    except (MemoryError, RecursionError) as error:
        raise ArticleError(f"{id}: is too large or too deeply nested to be read as {kind}; {advice}") from error
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise ArticleError(f"{id}: cannot be read as {kind} ({reason}); {advice}") from error


def without_long_words(text: str) -> str:
    """Drop runs of characters that no prose has and that patterns would search for too long."""
    return _LONG_WORD.sub("", text)
