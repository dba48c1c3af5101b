"""The label of the engine equals the reference's, on generated districts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ews.label import complete_years, outcomes
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


@settings(
    max_examples=5, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)
@given(districts())
def test_every_label_equals_the_reference(district: District) -> None:
    assert_equal(district)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=RELAXED)
@given(districts(max_students=25))
def test_every_label_equals_the_reference_on_many_districts(district: District) -> None:
    assert_equal(district)
