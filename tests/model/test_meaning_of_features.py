"""A model is used only with features that mean what they meant when it was trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from ews.errors import ModelUnusable
from ews.features import matrix
from ews.model.fitting import FittedModel
from ews.model.model_files import read_model, write_model

MODEL = FittedModel("tree", 1, {"method": "sigmoid", "slope": 1.0, "intercept": 0.0})


def test_a_model_is_read_back_under_the_meaning_it_was_trained_with(tmp_path: Path) -> None:
    assert read_model(tmp_path, write_model(tmp_path, MODEL)) == MODEL


def test_a_model_is_refused_where_a_feature_of_the_same_name_now_means_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(matrix, "REVISION", matrix.REVISION - 1)
        digest = write_model(tmp_path, MODEL)

    with pytest.raises(ModelUnusable, match="made for other features"):
        read_model(tmp_path, digest)
