"""Every count under every definition equals the slow, obvious reference, on generated districts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ews.definitions import PRESETS, NamedDefinition
from ews.rates.choice import GRAINS
from ews.rates.minutes import without_minutes
from ews.rates.report import count_columns
from ews.rates.school_year import view_year
from tests.data.matrices import loaded
from tests.generators.district import District
from tests.generators.districts import districts
from tests.rates.hand_made import definition
from tests.rates.reference_rates import RULES, Rule, newest_year, reference_counts

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


def assert_equal(district: District) -> None:
    definitions: dict[str, NamedDefinition] = {**PRESETS, **{name: pair[0] for name, pair in SHORT.items()}}
    rules = {**RULES, **{name: pair[1] for name, pair in SHORT.items()}}
    year = newest_year(district.loads, district.settings)
    expected = reference_counts(district.loads, district.settings, year, rules)
    with loaded(district) as (session, config):
        view = view_year(session, config)
        possible = [each for each in definitions.values() if not each.needs_minutes]
        if not without_minutes(view.school_days):
            possible = list(definitions.values())
        columns, _, _ = count_columns(view, possible, GRAINS)
    assert view.school_year == year
    got = {
        tuple(column): {("district", ""): tuple(counts.total)}
        | {(by, group): tuple(each) for by in counts.by for group, each in counts.by[by].items()}
        for column, counts in columns.items()
    }
    assert got == {column: counts for column, counts in expected.items() if counts is not None}


@settings(
    max_examples=3, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)
@given(districts())
def test_every_count_equals_the_reference(district: District) -> None:
    assert_equal(district)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=RELAXED)
@given(districts(max_students=25))
def test_every_count_equals_the_reference_on_many_districts(district: District) -> None:
    assert_equal(district)
