"""Every feature and standing of the engine equals the slow, obvious reference, on generated districts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.data.matrices import differences, matrices
from tests.generators.district import District
from tests.generators.districts import districts
from tests.reference.matrix import reference_matrix

RELAXED = tuple(HealthCheck)


def assert_equal(district: District) -> None:
    for as_of, matrix in matrices(district).items():
        reference = reference_matrix(district.loads, district.settings, as_of)
        assert differences(matrix, reference) == [], f"as of {as_of}"


@settings(
    max_examples=5, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)
@given(districts())
def test_every_feature_and_standing_equals_the_reference(district: District) -> None:
    assert_equal(district)


@pytest.mark.slow
@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=RELAXED)
@given(districts(max_students=25, looks=4))
def test_every_feature_and_standing_equals_the_reference_on_many_districts(district: District) -> None:
    assert_equal(district)
