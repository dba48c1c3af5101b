"""Cohort and excluded are disjoint and add up to everyone enrolled on the day."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings

from tests.data.matrices import matrices
from tests.generators.district import District
from tests.generators.districts import districts
from tests.reference.known import known_at
from tests.reference.standing import roster

RELAXED = tuple(HealthCheck)


@settings(
    max_examples=2, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)
@given(districts(looks=1))
def test_cohort_and_excluded_add_up_to_the_roster(district: District) -> None:
    for as_of, matrix in matrices(district).items():
        people = matrix.standing
        cohort = list(people.loc[matrix.cohort(), "student_id"])
        excluded = list(people.loc[people["excluded_because"].notna(), "student_id"])
        enrolled = [spell.student for spell in roster(known_at(district.loads, district.settings, as_of))]
        assert sorted(cohort + excluded) == enrolled, "nobody is lost, and nobody is there twice"
        assert not set(cohort) & set(excluded)
        assert len(matrix.features) == len(people)
        assert (matrix.scorable() <= matrix.cohort()).all(), "only the cohort is scored"
