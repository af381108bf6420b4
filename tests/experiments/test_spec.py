"""Studies are read strictly, and the project's own are valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from carestance.errors import OptionError
from carestance.experiments.cells import Project, cells
from carestance.experiments.fits import encoder_config
from carestance.experiments.spec import Encoder, read_studies, read_study
from tests.experiments.conftest import STUDY


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Seeds alone"', 'title = "x"\ncolour = "blue"', "colour"),
        ('train = ["other_seeds"]', 'train = ["everything"]', "splits.0.train"),
        ('train = ["other_seeds"]\ntest = "seeds"', 'train = ["other_seeds"]\ntest = "development"', "left|leaves"),
        ('baseline = "majority"', 'baseline = "nobody"', "nobody"),
        ("[tolerance]\nscore = 0.001\nlabels = 0.0", "", "tolerance"),
        ('kind = "majority"', 'kind = "svm"', "not for data"),
        ('kind = "majority"', 'kind = "shipped"\nname = "base"', "baseline|not trained on seeds"),
        ('kind = "majority"', 'kind = "majority"\nname = "tfidf"', "same name"),
        ("[[splits]]", "[[splits]", "TOML"),
    ],
)
def test_mistakes_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(STUDY.replace(old, new, 1))
    with pytest.raises(OptionError, match=message):
        read_study(path)


def test_a_folder_without_studies_says_so(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--experiments"):
        read_studies(tmp_path)


def test_the_projects_studies_are_whole(root: Path) -> None:
    project = Project(root / "experiments", root / "labels")
    for name, study in project.studies.items():
        names = [cell.name for cell in cells(project, [name])]
        assert len(set(names)) == len(names)
        assert set(study.quick.cells) <= set(names)
        for model in study.models:
            if isinstance(model, Encoder):
                assert encoder_config(project, model).sha256
