"""The true risk is the probability that the process itself gives, within a hundredth."""

from __future__ import annotations

import numpy as np
import pytest

from ews.simulate import parameters as p
from ews.simulate import process
from ews.simulate.process import DISENGAGED, SENT_HOME, SPELL, WELL
from ews.simulate.school_years import school_year
from ews.simulate.truth import risk_tables
from tests.simulate.monte_carlo import computed, frequencies, live_until

YEAR = school_year(2025)
LAST = len(YEAR.dates) - 1


def _at(t: int, state: int, needed: int, theta: float = 0.5) -> float:
    tables = risk_tables(YEAR, [t])
    one = np.array([theta])
    return float(
        tables.at(t, one, np.array([2]), np.array([False]), np.array([state]), np.array([needed]))[0]
    )


def test_on_the_last_morning_the_risk_is_todays_chance_of_absence() -> None:
    of = process.rates(np.array([0.5]), np.array([2]), np.array([False]))
    rng = np.random.default_rng(0)
    noise = np.exp(
        np.sqrt(process.noise_variance()) * rng.standard_normal(400_000) - process.noise_variance() / 2
    )
    day = process.chances(of, YEAR, LAST, noise, 0.0)
    well = 1 - day.spell - (1 - day.spell) * day.disengage
    well = well - (1 - day.spell) * (1 - day.disengage) * day.sent_home
    gone = (1 - day.spell) * day.disengage
    from_well = np.mean(day.spell + gone * p.ABSENT_WHILE_DISENGAGED + well * day.single)

    assert _at(LAST, WELL, 1) == pytest.approx(from_well, abs=5e-4)
    stays = process.spell_stays(int(YEAR.gap[LAST]))
    assert _at(LAST, SPELL, 1) == pytest.approx(stays + (1 - stays) * np.mean(day.single), abs=5e-4)


@pytest.mark.parametrize("state", [WELL, SPELL, DISENGAGED, SENT_HOME])
def test_who_needs_no_more_absences_is_certain_and_who_needs_more_than_there_are_days_is_safe(
    state: int,
) -> None:
    assert _at(LAST, state, 0) == pytest.approx(1)
    assert _at(LAST, state, 2) == pytest.approx(0, abs=1e-6)
    assert _at(20, state, 0) == pytest.approx(1)


def test_risk_falls_with_every_absence_still_needed_and_rises_with_the_propensity() -> None:
    tables = risk_tables(YEAR, [60]).risk[60]

    assert (np.diff(tables, axis=-1) <= 1e-6).all()
    assert (np.diff(tables[:, :, :, :, 1:], axis=2) >= -1e-3).all()
    assert tables.min() >= 0
    assert tables.max() <= 1 + 1e-6


def test_a_child_who_is_ill_sent_home_or_disengaged_is_at_higher_risk_than_one_who_is_well() -> None:
    well, *others = [_at(100, state, 6) for state in (WELL, SENT_HOME, SPELL, DISENGAGED)]

    assert all(well + 0.05 < other < 1 for other in others)


@pytest.mark.parametrize("t", [14, 90])
def test_risk_agrees_with_the_rest_of_the_year_lived_a_thousand_times(t: int) -> None:
    stop = live_until(t, students=1_200, seed=20 + t)
    enrolled = np.flatnonzero(stop.roster.enrolled_on(t))
    rows = np.random.default_rng(t).choice(enrolled, 120, replace=False)
    difference = frequencies(stop, rows, worlds=1_000, seed=t) - computed(stop)[rows]

    assert np.abs(difference).mean() <= 0.01
    assert abs(difference.mean()) <= 0.006


@pytest.mark.slow
@pytest.mark.parametrize("t", [14, 40, 80, 130])
def test_risk_agrees_with_monte_carlo_within_a_hundredth_and_without_bias(t: int) -> None:
    stop = live_until(t, students=3_000, seed=50 + t)
    enrolled = np.flatnonzero(stop.roster.enrolled_on(t))
    rows = np.random.default_rng(t).choice(enrolled, 400, replace=False)
    risk = computed(stop)[rows]
    difference = frequencies(stop, rows, worlds=4_000, seed=t) - risk

    assert np.abs(difference).mean() <= 0.007
    assert abs(difference.mean()) <= 0.004
    for low, high in ((0.02, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.98)):
        band = (risk > low) & (risk <= high)
        assert abs(difference[band].mean()) <= 0.015, (low, high)
    assert np.quantile(np.abs(difference), 0.99) <= 0.04


@pytest.mark.slow
def test_risk_holds_for_late_entries_and_for_every_hidden_state() -> None:
    stop = live_until(100, students=20_000, seed=9)
    risk, enrolled = computed(stop), stop.roster.enrolled_on(100)
    undecided = enrolled & (risk > 0.02) & (risk < 0.98)
    late = undecided & (stop.roster.entry > 0) & (stop.roster.days >= 10)
    for some in [late] + [undecided & (stop.roster.state == state) for state in range(4)]:
        rows = np.flatnonzero(some)[:150]
        difference = frequencies(stop, rows, worlds=3_000, seed=2) - risk[rows]
        assert len(rows) >= 10
        assert np.abs(difference).mean() <= 0.015
        assert abs(difference.mean()) <= 0.01
