"""MkDocs hook: files of the repository that the pages link to become pages of the site."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[2]
#: Files outside docs/ and the addresses they get in the site.
_PAGES = {
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "experiments/README.md": "project/experiments.md",
    "labels/README.md": "project/data-statement.md",
    "labels/codebook.md": "project/codebook.md",
    "models/base/README.md": "project/model-base.md",
    "models/fast/README.md": "project/model-fast.md",
    "models/tfidf/README.md": "project/model-tfidf.md",
}
_PLACES = {new: old for old, new in _PAGES.items()}
_LINK = re.compile(r"\[([^\]]*)\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")
_PICTURE = re.compile(r"!\[[^\]]*\]\((?!\w+:)([^)\s#]+)\)")
#: Pictures outside docs/ that the added pages show, and their addresses in the site.
_pictures: dict[str, str] = {}
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add the files, and the pictures they show."""
    for old, new in _PAGES.items():
        text = _FRONT_MATTER.sub("", (_ROOT / old).read_text(encoding="utf-8"))
        files.append(File.generated(config, new, content=text))
        for link in _PICTURE.findall(text):
            goal = posixpath.normpath(posixpath.join(posixpath.dirname(old), link))
            known = files.get_file_from_path(f"project/{goal}") is not None
            if not known and not goal.startswith("docs/") and (_ROOT / goal).is_file():
                _pictures[goal] = f"project/{goal}"
                files.append(File.generated(config, _pictures[goal], abs_src_path=str(_ROOT / goal)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn links that are right in the repository into links that are right in the site."""
    here = page.file.src_uri
    place = _PLACES.get(here, posixpath.join("docs", here))

    def moved(match: re.Match[str]) -> str:
        text, link, anchor = match[1], match[2], match[3] or ""
        goal = posixpath.normpath(posixpath.join(posixpath.dirname(place), link))
        in_site = (_PAGES | _pictures).get(goal, goal.removeprefix("docs/"))
        if files.get_file_from_path(in_site) is not None and in_site != goal:
            return f"[{text}]({posixpath.relpath(in_site, posixpath.dirname(here) or '.')}{anchor})"
        # What only the repository holds is named; a wrong link inside docs/ stays and fails the strict build.
        return match[0] if goal.startswith("docs/") else f"{text} (`{goal}` in the repository)"

    return _LINK.sub(moved, markdown)
