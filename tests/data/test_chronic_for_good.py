"""Since when a student stayed chronically absent: found day by day, by other code."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ews.chronic_day import chronic_for_good
from ews.label import complete_years
from tests.data.matrices import loaded
from tests.generators.district import District
from tests.generators.districts import districts
from tests.reference.absence import days_absent, days_enrolled, is_chronic
from tests.reference.clock import StudentYear, student_years
from tests.reference.known import known_today
from tests.reference.outcomes import complete_years as reference_years
from tests.reference.settings import Settings


def settled_on(year: StudentYear, declared: Settings) -> dt.date | None:
    """The first day after which the student is at the threshold on every day to the end."""
    found = None
    for day in reversed([each for each in year.days if each.instructional]):
        events = [each for each in year.events if each.date <= day.date]
        if not is_chronic(days_absent(events, declared), days_enrolled(day.clock, events), declared):
            break
        found = day.date
    return found


def expected_of(district: District, school_year: int) -> dict[str, dt.date]:
    from dataclasses import replace

    known = replace(known_today(district.loads, district.settings, dt.date(9998, 1, 1)), year=9999)
    return {
        student: day
        for (student, year), each in student_years(known).items()
        if year == school_year and (day := settled_on(each, district.settings)) is not None
    }


def assert_equal(district: District) -> None:
    with loaded(district) as (session, config):
        years = complete_years(session)
        found = {year: chronic_for_good(session, config, year) for year in years}
    assert years == reference_years(district.loads, district.settings)
    for year, frame in found.items():
        days = dict(zip(frame["student_id"], frame["day"], strict=True))
        assert days == expected_of(district, year)


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=tuple(HealthCheck),
    phases=[Phase.generate],
)
@given(districts())
def test_the_day_is_the_first_from_which_every_day_is_at_the_threshold(district: District) -> None:
    assert_equal(district)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=tuple(HealthCheck))
@given(districts(max_students=25))
def test_on_many_districts(district: District) -> None:
    assert_equal(district)
