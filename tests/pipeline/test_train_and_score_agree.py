"""Training and the nightly job see the same student in the same way, to the last digit."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ews.features.matrix import build_matrix
from ews.label import complete_years, outcomes
from ews.model.labelled_rows import LabelledRows, labelled_rows
from ews.model.model_files import read_model
from ews.progress import silent
from ews.store.schema import read_store
from tests.pipeline.at_work import AS_OF, AtWork, copy_of

TRAINED_ON = dt.date(2025, 1, 2)
"""One of the as-of dates of the test year."""


@pytest.fixture(scope="module")
def labelled(in_service: AtWork) -> LabelledRows:
    with read_store(in_service.workspace) as session:
        return labelled_rows(session, [2025], outcomes(session, in_service.config), in_service.config, silent)


def of_day(rows: LabelledRows, day: dt.date) -> LabelledRows:
    return rows.where((rows.standing["as_of_date"] == day).to_numpy())


def test_features_of_a_student_and_day_are_the_same_in_training_and_at_night(
    in_service: AtWork, labelled: LabelledRows
) -> None:
    trained = of_day(labelled, TRAINED_ON)
    with read_store(in_service.workspace) as session:
        matrix = build_matrix(session, TRAINED_ON, in_service.config)

    tonight = matrix.features.set_axis(matrix.standing["student_id"]).loc[trained.standing["student_id"]]
    assert len(trained.features) > 500
    pd.testing.assert_frame_equal(
        tonight.reset_index(drop=True), trained.features.reset_index(drop=True), check_exact=True
    )


def test_the_published_risk_of_a_past_day_is_the_one_that_was_judged(
    in_service: AtWork, labelled: LabelledRows, tmp_path_factory: pytest.TempPathFactory
) -> None:
    district = copy_of(in_service, tmp_path_factory.mktemp("past") / "a past night")
    trained = of_day(labelled, TRAINED_ON)
    model = read_model(district.model_folder(), district.manifest()["model"]["digest"])

    assert district.score(TRAINED_ON) == 0
    published = district.scores(TRAINED_ON).set_index("student_id")
    judged = pd.Series(model.risks(trained.features), index=trained.standing["student_id"])
    assert np.array_equal(published.loc[judged.index, "risk"].to_numpy(), judged.to_numpy())


def test_the_published_risk_is_the_registered_models_risk(in_service: AtWork) -> None:
    model = read_model(in_service.model_folder(), in_service.manifest()["model"]["digest"])
    with read_store(in_service.workspace) as session:
        matrix = build_matrix(session, AS_OF, in_service.config)
    scorable = matrix.scorable().to_numpy()
    expected = pd.Series(
        model.risks(matrix.features.loc[scorable]), index=matrix.standing.loc[scorable, "student_id"]
    )

    published = in_service.scores().query("status == 'scored'").set_index("student_id")["risk"]
    pd.testing.assert_series_equal(
        published.sort_index(), expected.sort_index(), check_names=False, check_exact=True
    )
    assert published.nunique() > 20


def test_only_finished_years_have_a_label(in_service: AtWork) -> None:
    with read_store(in_service.workspace) as session:
        years = complete_years(session)
        labels = outcomes(session, in_service.config)

    assert years == [2022, 2023, 2024, 2025]
    assert set(labels["school_year"]) == {2022, 2023, 2024, 2025}
    assert set(labels["label"]) == {0, 1}
