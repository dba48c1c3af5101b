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


@FEW
@given(districts(loads=1, looks=1))
def test_taking_the_future_away_changes_nothing(district: District) -> None:
    as_of = district.as_of_dates[0]
    poor = without_future(district, as_of)
    assume(poor.rows != district.rows)
    assert same_matrix(matrix(district, as_of), matrix(poor, as_of))


@FEW
@given(districts(loads=1, looks=1))
def test_a_future_full_of_nonsense_changes_nothing(district: District) -> None:
    as_of = district.as_of_dates[0]
    poisoned = nonsense_future(district, as_of)
    assume(poisoned.rows != district.rows)
    assert same_matrix(matrix(district, as_of), matrix(poisoned, as_of))


@FEW
@given(districts(loads=2, looks=1))
def test_a_later_load_changes_nothing_that_was_known_before_it(district: District) -> None:
    as_of = district.loads[1].at.date()
    before = replace(district, loads=district.loads[:1])
    assert same_matrix(matrix(before, as_of), matrix(district, as_of))
