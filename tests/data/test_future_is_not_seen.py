"""Nothing that was not known at the start of a day changes what is said about that day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import HealthCheck, Phase, assume, given, settings

from ews.features.matrix import Matrix
from tests.data.matrices import matrices, same_matrix
from tests.generators.district import District
from tests.generators.districts import districts
from tests.generators.futures import nonsense_future, without_future

RELAXED = tuple(HealthCheck)
FEW = settings(
    max_examples=2, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)


def matrix(district: District, as_of: dt.date) -> Matrix:
    return matrices(replace(district, as_of_dates=(as_of,)))[as_of]


def exits(district: District) -> list[str]:
    """The exits before the end of the calendar, in order."""
    last = max(row["date"] for row in district.rows["calendar"])
    return sorted(row["exit_date"] for row in district.rows["enrollments"] if "" < row["exit_date"] < last)


@FEW
@given(districts(loads=1, looks=1))
def test_a_future_taken_away_or_overwritten_with_nonsense_changes_nothing(district: District) -> None:
    """The day after an exit: the exit itself is news that most districts do not have yet."""
    assume(exits(district))
    as_of = dt.date.fromisoformat(exits(district)[-1]) + dt.timedelta(days=1)
    poor, poisoned = without_future(district, as_of), nonsense_future(district, as_of)
    assume(poor.rows != district.rows and poisoned.rows != district.rows)
    seen = matrix(district, as_of)
    assert same_matrix(seen, matrix(poor, as_of)), "what was not known yet does not matter"
    assert same_matrix(seen, matrix(poisoned, as_of)), "nor does what it says"


@FEW
@given(districts(loads=2, looks=1))
def test_a_later_load_changes_nothing_that_was_known_before_it(district: District) -> None:
    as_of = district.loads[1].at.date()
    before = replace(district, loads=district.loads[:1])
    assert same_matrix(matrix(before, as_of), matrix(district, as_of))
