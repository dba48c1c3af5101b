"""Drift against last year: what is told of, what calls somebody, what cannot be compared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from ews.nightly.drift import WATCHED, Drift, counts_of, drifts, limit_of, psi, spread_of


def students(n: int, seed: int = 1, **changes: Any) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    figures = pd.DataFrame({name: chance.beta(1, 12, n) for name in WATCHED})
    figures["nurse_visits_last_40"] = chance.poisson(0.8, n)
    figures["grade"] = chance.integers(0, 13, n)
    figures["enrolled_last_year"] = (chance.random(n) < 0.85).astype(float)
    return figures.assign(**changes)


def spread(figures: pd.DataFrame, schools: int = 1) -> dict[str, Any]:
    return spread_of(figures, pd.Series([f"s{number % schools}" for number in range(len(figures))]))


def by_figure(found: list[Drift]) -> dict[str, Drift]:
    return {each.figure: each for each in found if each.school_id is None}


# --- the index, by hand


def test_the_index_of_two_bins_is_what_a_pencil_gives() -> None:
    p, q = 60.5 / 101, 50.5 / 101
    expected = (p - q) * math.log(p / q) + (q - p) * math.log((1 - p) / (1 - q))
    assert psi(np.array([60, 40]), np.array([50, 50])) == pytest.approx(expected)


def test_like_samples_have_an_index_of_nothing() -> None:
    assert psi(np.array([30, 20, 50]), np.array([30, 20, 50])) == 0


def test_a_rate_that_is_a_bound_falls_below_it_and_a_missing_one_has_its_own_bin() -> None:
    values = np.array([0.0, 0.025, 0.1, 1 / 10 + 1e-12, 0.1001, 0.9, np.nan])
    assert list(counts_of("absence_rate", values)) == [1, 1, 0, 2, 1, 1, 1]


def test_every_grade_has_a_bin() -> None:
    counts = counts_of("grade", np.arange(-1, 13, dtype=float))
    assert list(counts) == [1] * 14 + [0]


# --- the limit: sample sizes


@pytest.mark.parametrize(("n", "m"), [(200, 200), (300, 5000), (250, 250)])
def test_small_samples_may_differ_by_chance(n: int, m: int) -> None:
    assert limit_of(n, m, 10) == pytest.approx(max(0.10, (1 / n + 1 / m) * chi2.ppf(0.95, 9)))
    assert limit_of(n, m, 10) > limit_of(5000, 5000, 10) - 1e-12 == pytest.approx(0.10 - 1e-12)


def test_below_200_students_nothing_is_said() -> None:
    found = drifts(spread(students(199)), spread(students(5000, 2, risk=0.9)))
    assert {each.level for each in found} == {"too_few"}
    assert not any(each.alarms or each.stands_out for each in found)


def test_by_chance_alone_a_comparison_is_told_of_on_fewer_than_one_night_in_twenty() -> None:
    told = [
        each.stands_out
        for seed in range(100)
        for each in drifts(spread(students(250, seed)), spread(students(250, 1000 + seed)))
        if each.school_id is None
    ]
    assert np.mean(told) < 0.05


# --- told, and called


def test_a_figure_that_weather_moves_has_more_room_than_one_that_it_does_not() -> None:
    apart = {"school_id": None, "psi": 0.3, "limit": 0.1, "n": 900, "n_last_year": 900}
    assert Drift("grade", **apart).alarms
    assert Drift("nurse_visits_last_40", **apart).alarms
    absence = Drift("absence_rate_last_20", **apart)
    assert absence.stands_out
    assert absence.level == "page"
    assert not absence.alarms


@pytest.mark.parametrize(
    ("figure", "school", "most"),
    [
        ("absence_rate", None, 0.202),
        ("absence_rate_last_20", None, 0.520),
        ("risk", None, 0.137),
        ("unexcused_rate", None, 0.109),
        ("absence_rate_last_20", "s0", 0.930),
        ("risk", "s0", 0.818),
    ],
)
def test_what_was_measured_without_a_fault_calls_nobody(figure: str, school: str | None, most: float) -> None:
    assert not Drift(figure, school, most, 0.1, 900, 900).alarms
    assert Drift(figure, school, 2.5 * most + 0.25, 0.1, 900, 900).alarms


def test_grades_that_are_all_one_higher_call_somebody() -> None:
    now = students(700, 1)
    found = by_figure(drifts(spread(now.assign(grade=now["grade"] + 1)), spread(students(700, 2))))
    assert found["grade"].alarms
    assert not any(each.alarms for name, each in found.items() if name != "grade")


def test_a_small_sample_calls_only_above_its_own_limit() -> None:
    assert not Drift("grade", None, 0.30, 0.35, 210, 210).alarms


def test_a_school_is_compared_on_its_own_and_named_in_the_sentence() -> None:
    now = students(800, 1)
    here = np.arange(800) % 2 == 1
    now.loc[here, "absence_rate_last_20"] = 0.9
    found = [each for each in drifts(spread(now, 2), spread(students(800, 2), 2)) if each.alarms]
    assert ("absence_rate_last_20", "s1") in {(each.figure, each.school_id) for each in found}
    assert "s0" not in {each.school_id for each in found}
    assert "at Birch School is not that" in found[-1].sentence({"s1": "Birch School"})


# --- what last year could not have


def test_without_a_year_before_last_year_nothing_that_rests_on_it_is_compared() -> None:
    first = students(700, 2, last_year_rate=np.nan, enrolled_last_year=0.0)
    found = drifts(spread(students(700, 1), 2), spread(first, 2))
    compared = {each.figure for each in found}
    assert compared.isdisjoint({"last_year_rate", "enrolled_last_year", "risk"})
    assert {"absence_rate", "grade", "absence_rate_last_20"} <= compared


def test_a_last_year_that_is_lost_this_year_is_compared_and_calls_somebody() -> None:
    now = students(700, 1, last_year_rate=np.nan, enrolled_last_year=0.0)
    found = by_figure(drifts(spread(now), spread(students(700, 2))))
    assert found["last_year_rate"].alarms
    assert found["enrolled_last_year"].alarms
