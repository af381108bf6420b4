"""Errors that carestance raises, each with a message a person can act on.

The library raises these; only the command line turns them into messages and exit codes.
"""

from __future__ import annotations


class CarestanceError(Exception):
    """Base class of every error that carestance raises on purpose."""


class ArticleError(CarestanceError):
    """An article could not be read, or holds no text to tag."""


class LabelsError(CarestanceError):
    """A label file is missing, malformed, or breaks a rule of the codebook."""


class ModelError(CarestanceError):
    """A model folder is missing, damaged, or was made for another protocol."""


class OptionError(CarestanceError):
    """An option or a combination of options cannot be used."""


class MissingExtraError(CarestanceError):
    """An optional dependency is needed for what was asked.

    Parameters
    ----------
    extra
        Name of the extra that brings the dependency.
    purpose
        What the dependency is needed for, as the end of a sentence.
    """

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs an optional dependency: pip install 'carestance[{extra}]'")
        self.extra = extra
