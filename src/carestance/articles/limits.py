"""How large an article may be: defaults that no article needs to change, and the way to change them.

Formats have limits of their own besides (elements of a page, pages of a PDF, parts of an archive), stated in their modules.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused with an error rather than read.

    Attributes
    ----------
    max_bytes
        Largest file, or line of a table: an article is a few kilobytes, a PDF of one some megabytes.
    max_characters
        Longest text of one article: some 150,000 words.
    max_units
        Most sentences and headings of one article.
    """

    max_bytes: int = 20_000_000
    max_characters: int = 1_000_000
    max_units: int = 20_000


DEFAULTS = Limits()
_limits: ContextVar[Limits] = ContextVar("limits", default=DEFAULTS)


def limits() -> Limits:
    """The limits in force."""
    return _limits.get()


@contextmanager
def limited(**changes: int) -> Iterator[Limits]:
    """Read articles with other limits.

    Parameters
    ----------
    **changes
        Fields of :class:`Limits`; the others stay as they are.

    Examples
    --------
    >>> with limited(max_characters=3_000_000) as inside:
    ...     inside.max_characters
    3000000
    """
    token = _limits.set(replace(limits(), **changes))
    try:
        yield limits()
    finally:
        _limits.reset(token)
