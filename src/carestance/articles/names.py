"""Names of files and articles, made fit for output files and for a terminal."""

from __future__ import annotations

import re

# What UTF-8 cannot hold, and orders of direction, by which a name can look like another.
_UNFIT = re.compile("[\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
# Control characters drive a terminal, line ends break a message in two, marks of direction turn what follows around.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def storable(name: str) -> str:
    """A name that can be written and shown: bytes of a file name that are no UTF-8 become ``\\xe9`` and the like.

    Parameters
    ----------
    name
        As the operating system or a JSON string gives it.
    """
    return _UNFIT.sub(_escape, name)


def printable(text: str) -> str:
    """A name or message as one line that does nothing but print.

    Parameters
    ----------
    text
        Text that may hold a stranger's file name.
    """
    return _UNPRINTABLE.sub(_escape, storable(text))


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if 0xDC80 <= code <= 0xDCFF:  # how Python carries a byte that is no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
