"""Sentence-level stance in British articles about who should run children's services.

Examples
--------
>>> from carestance import StancePredictor
>>> tags = StancePredictor.load("default").tag("Ministers are wrong to strip councils of their children's services.")
>>> sorted(tags.units[0].stance)
['localism', 'regional_commissioning', 'trusts']
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# The encoder's runtime would keep an identifier of the machine in its cache and send usage to its maker: it asks when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from carestance.articles.article import Article
    from carestance.tagging.predictor import ArticleTags, StancePredictor

__version__ = "0.1.0"
__all__ = ["Article", "ArticleTags", "StancePredictor", "__version__"]

_PLACES = {
    "Article": "carestance.articles.article",
    "ArticleTags": "carestance.tagging.predictor",
    "StancePredictor": "carestance.tagging.predictor",
}


def __getattr__(name: str) -> Any:
    # Heavy parts load when first asked for, so that `import carestance` and `--help` stay quick.
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'carestance' has no attribute {name!r}")
