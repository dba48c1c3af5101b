"""Every count under every definition equals the slow, obvious reference, on generated districts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ews.definitions import PRESETS, NamedDefinition
from ews.errors import DataRefused
from ews.rates.choice import GRAINS
from ews.rates.counts import Counts, count
from ews.rates.minutes import without_minutes
from ews.rates.report import count_columns
from ews.rates.school_year import view_year
from ews.rates.students import students_of
from tests.data.matrices import loaded
from tests.generators.district import District
from tests.generators.districts import districts
from tests.rates.hand_made import definition, school_year
from tests.rates.long_years import LongYear, long_years
from tests.rates.reference_rates import RULES, Rule, newest_year, reference_counts
from tests.reference.settings import Settings

RELAXED = tuple(HealthCheck)

SHORT = {
    "stayers": (definition("stayers", leavers="out"), Rule(leavers=False)),
    "suspensions": (
        definition(
            "suspensions",
            kinds={"in_school_suspension": "absence", "exempt": "absence", "absent_excused": "neither"},
            partial_day="fraction",
        ),
        Rule(
            part="fraction",
            absence=("tardy", "absent_unexcused", "absent_suspension", "in_school_suspension", "exempt"),
            neither=("absent_excused",),
        ),
    ),
    "short_california": (
        definition(
            "short_california",
            partial_day="whole",
            min_enrolled_days=12,
            min_attended_days=9,
            prekindergarten="out",
        ),
        Rule(enrolled=12, attended=9, part="whole", prekindergarten=False),
    ),
    "short_wisconsin": (
        definition("short_wisconsin", partial_day="thirds", inclusive=False, min_enrolled_days=5),
        Rule(part="thirds", at_the_bound=False, enrolled=5),
    ),
    "three_days": (
        definition("three_days", measure="days", days=3, min_enrolled_days=1, inclusive=False),
        Rule(bound=Fraction(3), of="days", enrolled=1, at_the_bound=False),
    ),
    "hours": (
        definition(
            "hours", measure="hours", hours_in_year=20, hours_in_month=13, kinds={"exempt": "absence"}
        ),
        Rule(bound=Fraction(20), of="hours", month=13, absence=(*Rule().absence, "exempt"), neither=()),
    ),
}
"""Definitions with bounds that the short years of generated districts reach."""


ALL: dict[str, NamedDefinition] = {**PRESETS, **{name: pair[0] for name, pair in SHORT.items()}}
RULES_OF_ALL = {**RULES, **{name: pair[1] for name, pair in SHORT.items()}}


def shown(counts: Counts) -> dict[tuple[str, str], tuple[int, int]]:
    """Counts in the form of the reference."""
    return {("district", ""): tuple(counts.total)} | {
        (by, group): tuple(each) for by in counts.by for group, each in counts.by[by].items()
    }


def assert_long_year_equal(year: LongYear) -> None:
    """Everything from one snapshot made by hand, without a store."""
    expected = reference_counts([year.load], Settings(), 2026, RULES_OF_ALL)
    with school_year(year.enrollments, year.attendance) as placed:
        students = students_of(placed, list(ALL.values()))
        got = {
            (name, grain): shown(count(students, grain, students.judge(each, grain)))
            for name, each in ALL.items()
            for grain in GRAINS
        }
    assert got == expected


def assert_equal(district: District) -> None:
    year = newest_year(district.loads, district.settings)
    with loaded(district) as (session, config):
        if year is None:
            with pytest.raises(DataRefused, match="no attendance was delivered"):
                view_year(session, config)
            return
        view = view_year(session, config)
        possible = [each for each in ALL.values() if not each.needs_minutes]
        if not without_minutes(view.school_days):
            possible = list(ALL.values())
        columns = count_columns(view, possible, GRAINS).columns
    assert view.reach.school_year == year
    expected = reference_counts(district.loads, district.settings, year, RULES_OF_ALL)
    got = {tuple(column): shown(counts) for column, counts in columns.items()}
    assert got == {column: counts for column, counts in expected.items() if counts is not None}


@st.composite
def timed_districts(draw: st.DrawFn, max_students: int = 14) -> District:
    """Generated districts, most of them with minutes of instruction on every day."""
    district = draw(districts(max_students=max_students))
    if draw(st.sampled_from((False, True, True, True))):
        for load in district.loads:
            load.rows["calendar"] = [
                row | {"minutes": row["minutes"] or "330"} if row["instructional"] == "true" else row
                for row in load.rows["calendar"]
            ]
    return district


@settings(
    max_examples=2, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)
@given(long_years())
def test_every_count_of_a_long_year_equals_the_reference(year: LongYear) -> None:
    assert_long_year_equal(year)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=RELAXED)
@given(long_years(max_students=30))
def test_every_count_of_many_long_years_equals_the_reference(year: LongYear) -> None:
    assert_long_year_equal(year)


@settings(
    max_examples=2, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)
@given(timed_districts())
def test_every_count_equals_the_reference(district: District) -> None:
    assert_equal(district)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=RELAXED)
@given(timed_districts(max_students=25))
def test_every_count_equals_the_reference_on_many_districts(district: District) -> None:
    assert_equal(district)
