"""The daily process, on days small enough to compute by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from ews.simulate import parameters as p
from ews.simulate import process
from ews.simulate.process import DISENGAGED, SENT_HOME, SPELL, WELL, Chances, Noise
from ews.simulate.school_years import school_year

YEAR = school_year(2025)


def _chances(spell: float, disengage: float, sent_home: float, single: float) -> Chances:
    return Chances(*(np.array([each], dtype=np.float32) for each in (spell, disengage, sent_home, single)))


def _state(before: int, day: Chances, draw: float, gap: int = 1) -> int:
    return int(process.next_state(np.array([before]), day, gap, np.array([draw], dtype=np.float32))[0])


@pytest.mark.parametrize(
    ("before", "draw", "after"),
    [
        # From WELL: 10% a spell, then half of the rest disengaged (to 55%), then a fifth sent home (to 64%).
        (WELL, 0.09, SPELL),
        (WELL, 0.54, DISENGAGED),
        (WELL, 0.56, SENT_HOME),
        (WELL, 0.65, WELL),
        # Sent home yesterday: more likely than not ill today, never sent home twice running.
        (SENT_HOME, p.SPELL_AFTER_SENT_HOME - 0.01, SPELL),
        (SENT_HOME, 0.99, WELL),
        (SPELL, p.SPELL_STAYS[1] - 0.01, SPELL),
        (SPELL, p.SPELL_STAYS[1] + 0.01, WELL),
        (DISENGAGED, p.DISENGAGED_STAYS - 0.01, DISENGAGED),
        (DISENGAGED, p.DISENGAGED_STAYS + 0.01, WELL),
    ],
)
def test_the_next_state_follows_from_the_state_the_day_and_one_draw(
    before: int, draw: float, after: int
) -> None:
    assert _state(before, _chances(0.1, 0.5, 0.2, 0.0), draw) == after


def test_illness_rarely_outlasts_a_break_and_a_weekend_shortens_it() -> None:
    stays = [process.spell_stays(gap) for gap in (1, 3, 10)]

    assert stays == sorted(stays, reverse=True)
    assert process.disengaged_stays(10) < process.disengaged_stays(3)


@pytest.mark.parametrize(
    ("state", "draw", "away"),
    [
        (SPELL, 0.999, True),
        (SENT_HOME, 0.0, False),
        (WELL, 0.29, True),
        (WELL, 0.31, False),
        (DISENGAGED, p.ABSENT_WHILE_DISENGAGED - 0.01, True),
        (DISENGAGED, p.ABSENT_WHILE_DISENGAGED + 0.01, False),
    ],
)
def test_absence_follows_from_the_state_and_one_draw(state: int, draw: float, away: bool) -> None:
    day = _chances(0.0, 0.0, 0.0, 0.3)

    assert process.absent(np.array([state]), day, np.array([draw]))[0] == away


def test_the_chance_of_a_single_day_is_one_minus_the_exponential_of_its_hazard() -> None:
    of = process.rates(np.array([0.0]), np.array([0]), np.array([False]))
    day = process.chances(of, YEAR, 3, noise=np.float32(2.0), snow=0.5)

    hazard = p.SINGLE_HAZARD[0] * YEAR.factor[3] * 2 + 0.5
    assert day.single[0] == pytest.approx(1 - math.exp(-hazard), rel=1e-5)
    assert day.spell[0] == pytest.approx(1 - math.exp(-p.SPELL_HAZARD[0] * YEAR.factor[3] * 2), rel=1e-4)


def test_every_hazard_grows_with_the_propensity_and_a_condition_brings_more_illness_only() -> None:
    theta = np.linspace(-2, 2, 9)
    of = process.rates(theta, np.zeros(9, dtype=int), np.zeros(9, dtype=bool))
    ill = process.rates(theta, np.zeros(9, dtype=int), np.ones(9, dtype=bool))

    for name, values in vars(of).items():
        assert (np.diff(values) > 0).all(), name
    assert ill.spell == pytest.approx(of.spell * p.CHRONIC_CONDITION_FACTOR)
    assert (ill.single == of.single).all()


def test_the_shared_noise_has_mean_one_and_the_stated_correlation_from_day_to_day() -> None:
    noise = Noise(1, 400, np.random.default_rng(1))
    days = np.array([noise.next_day()[0] for _ in range(1_500)])
    district = np.log(days).mean(axis=1)

    assert days.mean() == pytest.approx(1, abs=0.04)
    assert district.std() == pytest.approx(p.DISTRICT_NOISE_SD, abs=0.04)
    assert np.corrcoef(district[1:], district[:-1])[0, 1] == pytest.approx(p.DISTRICT_NOISE_LAG, abs=0.08)


def test_snow_falls_as_often_and_as_hard_as_stated() -> None:
    noise = Noise(20_000, 1, np.random.default_rng(1))
    snow = noise.snow(0.25)

    assert (snow > 0).mean() == pytest.approx(0.25, abs=0.02)
    assert snow[snow > 0].min() >= p.SNOW_HAZARD[0]
    assert snow.max() <= p.SNOW_HAZARD[1]
    assert not noise.snow(0.0).any()


@pytest.mark.parametrize("year", range(2010, 2027))
def test_the_calendar_has_178_weekdays_from_september_to_june_with_planned_shocks_on_eves(year: int) -> None:
    calendar = school_year(year)
    shocked = calendar.dates[calendar.planned_shock > 0].astype(str).tolist()

    assert len(calendar.dates) == 178
    assert np.is_busday(calendar.dates).all()
    assert str(calendar.dates[0])[:7] == f"{year - 1}-09"
    assert f"{year}-06-05" <= str(calendar.dates[-1]) <= f"{year}-06-26"
    assert len(shocked) == 3
    assert f"{year - 1}-11-21" <= shocked[0] <= f"{year - 1}-11-27"
    assert f"{year - 1}-12-21" <= shocked[1] <= f"{year - 1}-12-23"
    assert calendar.finished == (year < 2026)


def test_a_calendar_cannot_be_changed_by_accident() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        YEAR.school_year = 1  # type: ignore[misc]
