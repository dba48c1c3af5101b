"""The figures beside the features equal the slow reference's, and are no features."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings

from ews.features.matrix import FEATURES
from ews.features.unbroken import BESIDE_FEATURES
from tests.data.matrices import matrices
from tests.generators.district import District
from tests.generators.districts import districts
from tests.reference.beside import beside
from tests.reference.clock import student_years
from tests.reference.known import known_at


def differences(district: District, reached: dict[str, set[Any]]) -> list[str]:
    """Every figure that differs; what the reference found is added to ``reached``."""
    found = []
    for as_of, matrix in matrices(district).items():
        known = known_at(district.loads, district.settings, as_of)
        years = student_years(known)
        for row in matrix.standing.to_dict("records"):
            expected = beside(row["student_id"], years, known)
            assert set(expected) == set(BESIDE_FEATURES)
            for name, value in expected.items():
                got = row[name]
                same = pd.isna(got) if value is None else abs(float(value) - got) < 1e-9
                found += [] if same else [f"{as_of} {row['student_id']} {name}: {value}, engine {got}"]
                reached[name].add(value)
            if expected["clock_days"]:
                reached["broken"].add(expected["unbroken_days"] < expected["clock_days"])
    return found


def test_the_figures_equal_the_reference_on_generated_districts() -> None:
    reached: dict[str, set[Any]] = defaultdict(set)

    @settings(
        max_examples=4,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=tuple(HealthCheck),
        phases=[Phase.generate],
    )
    @given(districts(max_students=30, looks=1))
    def hold(district: District) -> None:
        assert differences(district, reached) == []

    hold()
    assert reached["broken"] == {True, False}
    for name in BESIDE_FEATURES:
        assert len(reached[name] - {None}) > 1, name
        assert None in reached[name], name


def test_no_model_sees_them() -> None:
    assert not set(BESIDE_FEATURES) & set(FEATURES)
