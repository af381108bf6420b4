"""Configuration files: TOML, checked against a pydantic model, with errors that name file and field."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from carestance.errors import OptionError

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, model: type[Model]) -> Model:
    """Read a TOML file as a model.

    Raises
    ------
    OptionError
        If it cannot be read or has an unknown or wrong field.
    """
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise OptionError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"{path}: not valid TOML ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise OptionError(f"{path}, {'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}") from error
