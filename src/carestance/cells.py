"""Cells of CSV files that spreadsheets open: text that a spreadsheet would run as a formula is kept text."""

from __future__ import annotations

import re
from typing import Any

#: A spreadsheet would run a cell that starts with one of these as a formula; apostrophes before it are part of the guard.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def safe_cell(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return "'" + value if isinstance(value, str) and _FORMULA.match(value) else value


def plain_cell(value: str) -> str:
    """Undo :func:`safe_cell`."""
    return value[1:] if value.startswith("'") and _FORMULA.match(value) else value
