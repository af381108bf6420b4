"""Finding a model by name: shipped with the package, or a folder of the user's."""

from __future__ import annotations

from pathlib import Path

from carestance.errors import ModelError

#: Best first: ``default`` is the first one that is there.
PREFERENCE = ("base", "fast", "tfidf")
_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_folder() -> Path:
    """Folder of the shipped models: inside an installed package, or in a source checkout."""
    installed = _PACKAGE / "_shipped" / "models"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "models"


def shipped_names() -> list[str]:
    """Names of the shipped models, best first."""
    folder = shipped_folder()
    found = [p.name for p in folder.iterdir() if (p / "manifest.json").is_file()] if folder.is_dir() else []
    return sorted(found, key=lambda name: (PREFERENCE.index(name) if name in PREFERENCE else len(PREFERENCE), name))


def find_model(name: str | Path) -> Path:
    """Resolve ``"default"``, a shipped model's name, or a folder.

    Raises
    ------
    ModelError
        If there is no such model; the message lists the shipped ones.
    """
    names = shipped_names()
    if str(name) == "default" and names:
        return shipped_folder() / names[0]
    if str(name) in names:
        return shipped_folder() / str(name)
    folder = Path(name)
    if folder.is_dir():
        return folder
    raise ModelError(f"no model {str(name)!r}: shipped are {', '.join(names) or 'none'}; a model folder's path works too")
