"""The page around the articles: template, style and script put together under a strict content policy."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

from carestance.report.data import to_json

_PACKAGE = "carestance.report"


def page_parts(facts: dict[str, Any]) -> tuple[str, str]:
    """Assemble the page in two parts; the articles' data goes in between.

    Parameters
    ----------
    facts
        What the script knows before it reads an article.

    Returns
    -------
    head, tail : str
        Everything before and everything after the articles' data.

    Raises
    ------
    OSError
        If a file of the template is missing from the installed package.
    """
    style, script = _read("page.css"), _read("page.js")
    head, _, tail = _read("page.html").partition("{{articles}}")
    # Only this style and this script may run; nothing may be loaded, sent or framed, whatever an article's text says.
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_source_hash(script)}",
            f"style-src {_source_hash(style)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    head = head.replace("{{policy}}", policy).replace("{{style}}", style).replace("{{facts}}", to_json(facts))
    return head, tail.replace("{{script}}", script)


def _source_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _read(name: str) -> str:
    # Reading as text makes every line end "\n", which is what the browser hashes.
    return files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")
