"""The project's own scikit-learn estimator keeps scikit-learn's rules."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from carestance.models.tfidf import TfidfClassifier

#: It is only ever given sparse features and whole label columns by the training, and leaves their checks to its parts.
LEFT_TO_ITS_PARTS = dict.fromkeys(
    (
        "check_estimators_unfitted",
        "check_n_features_in_after_fitting",
        "check_n_features_in",
        "check_estimator_sparse_tag",
        "check_supervised_y_no_nan",
        "check_supervised_y_2d",
    ),
    "input is not validated a second time",
)


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([TfidfClassifier()], expected_failed_checks=lambda estimator: LEFT_TO_ITS_PARTS)
def test_estimator_checks(estimator: Any, check: Any) -> None:
    check(estimator)
