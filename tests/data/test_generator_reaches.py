"""The generated districts are worth the comparison: they reach every feature, status and kind of history."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from ews.features.matrix import FEATURES
from tests.generators.district import District
from tests.generators.districts import districts
from tests.reference.matrix import reference_matrix

RELAXED = tuple(HealthCheck)


@cache
def reached(examples: int) -> dict[str, set[Any]]:
    """The values that the reference finds on the first so many districts of the default slice."""
    values: dict[str, set[Any]] = defaultdict(set)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=RELAXED,
        phases=[Phase.generate],
    )
    @given(districts())
    def collect(district: District) -> None:
        values["loads"].add(len(district.loads))
        for as_of in district.as_of_dates:
            matrix = reference_matrix(district.loads, district.settings, as_of)
            for person, features in zip(matrix.standing, matrix.features, strict=True):
                for name in ("status", "excluded_because", "already_chronic", "absence_rate"):
                    values[f"standing {name}"].add(getattr(person, name))
                for name in FEATURES:
                    values[name].add(features.get(name))

    collect()
    return values


def test_the_generator_reaches_every_feature_with_different_values() -> None:
    values = reached(60)
    poor = {name for name in FEATURES if len(values[name] - {None}) < 2}
    never_null = {name for name in FEATURES if None not in values[name]}
    assert poor == set()
    assert never_null == {"grade", "days_remaining", "absences_left", "enrolled_last_year"}


def test_the_generator_reaches_every_standing() -> None:
    values = reached(60)
    assert values["loads"] == {1, 2}
    assert values["standing status"] == {"scored", "insufficient_history"}
    assert values["standing already_chronic"] == {True, False}
    assert len(values["standing excluded_because"]) == 2
    assert None in values["standing absence_rate"]
