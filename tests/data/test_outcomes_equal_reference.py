"""The label of the engine equals the reference's, on generated districts."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ews.config import Training
from ews.engine import Session
from ews.label import complete_years, outcomes
from ews.school_calendar import district_days
from ews.snapshot import calendar_frame
from tests.data.matrices import loaded
from tests.generators.district import District
from tests.generators.districts import districts
from tests.reference import outcomes as reference

RELAXED = tuple(HealthCheck)


def assert_equal(district: District) -> None:
    with loaded(district) as (session, config):
        years, frame = complete_years(session), outcomes(session, config)
    places = ["school_id"] if district.settings.grain == "school" else []
    rows = frame.astype({"school_year": str}).to_dict("records")
    labels = {
        tuple(row[name] for name in ["student_id", "school_year", *places]): int(row["label"]) for row in rows
    }
    assert years == reference.complete_years(district.loads, district.settings)
    assert labels == reference.reference_outcomes(district.loads, district.settings)


LABELS = ["chronic_over_the_rest", (1, 3), (2, 8)]


def assert_equal_from_days_on(district: District, label: str | tuple[int, int]) -> None:
    """Every label that looks ahead from a day, on some days of every complete year."""
    within = label if isinstance(label, tuple) else None
    stated = {"absences": within[0], "within_days": within[1]} if within else label
    with loaded(district) as (session, config):
        training = Training.model_validate({"label": stated})
        config = config.model_copy(update={"training": training})
        dates = _some_days(session)
        frame = outcomes(session, config, dates)
    if not dates:
        assert frame.empty
        return
    assert set(frame["as_of_date"]) <= set(dates)
    for day in dates:
        own = frame.loc[frame["as_of_date"] == day].to_dict("records")
        places = ["school_id"] if "school_id" in frame else []
        labels = {tuple(row[name] for name in ["student_id", *places]): int(row["label"]) for row in own}
        assert labels == reference.labels_from(district.loads, district.settings, day, within)


def _some_days(session: Session) -> list[dt.date]:
    calendar = calendar_frame(session)
    found = []
    for year in complete_years(session):
        days = district_days(calendar, year)
        found += [days[0], days[len(days) // 3], days[len(days) // 2], days[-6:][0]]
    return sorted(set(found))


@pytest.mark.parametrize("label", LABELS)
@settings(
    max_examples=3, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)
@given(district=districts())
def test_every_label_that_looks_ahead_equals_the_reference(
    label: str | tuple[int, int], district: District
) -> None:
    assert_equal_from_days_on(district, label)


@pytest.mark.slow
@pytest.mark.parametrize("label", LABELS)
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=RELAXED)
@given(district=districts(max_students=25))
def test_every_label_that_looks_ahead_equals_the_reference_on_many_districts(
    label: str | tuple[int, int], district: District
) -> None:
    assert_equal_from_days_on(district, label)


@settings(
    max_examples=3, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)
@given(districts())
def test_every_label_equals_the_reference(district: District) -> None:
    assert_equal(district)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=RELAXED)
@given(districts(max_students=25))
def test_every_label_equals_the_reference_on_many_districts(district: District) -> None:
    assert_equal(district)
