"""A roster lives through days: what is counted, who leaves, who changes school, and what is chronic."""

from __future__ import annotations

import numpy as np
import pytest

from ews.simulate import parameters as p
from ews.simulate.process import DISENGAGED, SPELL, WELL
from ews.simulate.roster import STAYING, Day, live_through, move_on
from ews.simulate.truth import outcome
from tests.simulate.monte_carlo import Stop, live_until


@pytest.fixture
def morning() -> Stop:
    """A district on the morning of day 30, in October."""
    return live_until(30, students=400, seed=1)


def _live(stop: Stop) -> Day:
    rng = np.random.default_rng(3)
    return live_through(stop.roster, stop.year, stop.t, stop.open_days, stop.noise, rng)


@pytest.mark.parametrize(
    ("days", "absences", "chronic"),
    [
        (100, 10, True),
        (100, 9, False),
        (10, 1, True),
        (9, 9, False),
        (178, 17, False),
        (178, 18, True),
        (0, 0, False),
    ],
)
def test_a_tenth_of_the_days_is_chronic_from_ten_enrolled_days_on(
    morning: Stop, days: int, absences: int, chronic: bool
) -> None:
    morning.roster.days[0], morning.roster.absences[0] = days, absences

    assert outcome(morning.roster)[0] == chronic


def test_an_exempt_day_counts_neither_as_enrolled_nor_as_absent(
    morning: Stop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(p, "EXEMPT", 1.0)
    days, absences = morning.roster.days.copy(), morning.roster.absences.copy()
    day = _live(morning)

    assert day.exempt.sum() > 300
    assert not (day.exempt & day.absent).any()
    assert (morning.roster.days == days + (day.here & ~day.exempt)).all()
    assert (morning.roster.absences == absences + day.absent).all()


def test_on_a_day_without_school_nothing_happens_to_anyone(morning: Stop) -> None:
    morning.open_days[:, 30] = False
    state = morning.roster.state.copy()
    day = _live(morning)

    assert not (day.here | day.absent | day.exempt | day.began_spell).any()
    assert (morning.roster.state == state).all()


def test_who_is_ill_is_absent_and_only_a_newly_ill_student_begins_a_spell(morning: Stop) -> None:
    before = morning.roster.state.copy()
    day = _live(morning)
    after = morning.roster.state

    assert day.absent[day.here & (after == SPELL)].all()
    assert (day.began_spell == (day.here & (after == SPELL) & (before != SPELL))).all()
    assert not day.absent[~day.here].any()
    assert {WELL, SPELL} <= set(after) <= {WELL, SPELL, DISENGAGED, 3}


def test_a_day_does_not_depend_on_how_many_live_through_it_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(p, "EXEMPT", 0.3)
    days = []
    for at_once in (2**16, 7):
        monkeypatch.setattr("ews.simulate.roster._AT_ONCE", at_once)
        stop = live_until(30, students=400, seed=1)
        day = _live(stop)
        columns = (day.here, day.absent, day.exempt, day.began_spell, stop.roster.state, stop.roster.absences)
        days.append(np.stack(columns))

    assert (days[0] == days[1]).all()


def test_a_leaver_is_enrolled_to_the_day_of_leaving_and_then_lives_no_more_days(morning: Stop) -> None:
    morning.roster.rates.leave[:5] = 1.0
    on_roster = morning.roster.enrolled_on(30)[:5].copy()
    move_on(morning.roster, morning.year, 30, morning.schools, np.random.default_rng(0))

    assert (morning.roster.last[:5][on_roster] == 30).all()
    assert (morning.roster.enrolled_on(30)[:5] == on_roster).all()
    assert not morning.roster.enrolled_on(31)[:5][on_roster].any()


def test_a_transfer_goes_to_another_school_of_the_level_and_closes_the_spell(morning: Stop) -> None:
    roster, schools = morning.roster, morning.schools
    level, before, start = roster.level, roster.school.copy(), roster.spell_start.copy()
    roster.rates.leave[:], roster.rates.transfer[:] = 0.0, 1.0
    roster.moves.clear()
    staying = roster.enrolled_on(30)
    move_on(roster, morning.year, 30, schools, np.random.default_rng(0))

    ((rows, school, first, last),) = roster.moves
    assert set(rows) == set(np.flatnonzero(staying))
    assert (schools.level[roster.school] == level).all()
    assert (roster.school[rows] != before[rows]).all()
    assert (school == before[rows]).all()
    assert (first == start[rows]).all()
    assert (last == 30).all()
    assert (roster.spell_start[rows] == 31).all()
    assert (roster.rates.transfer[rows] < 0.01).all()


def test_no_one_moves_in_september_june_or_on_the_last_day(morning: Stop) -> None:
    morning.roster.rates.leave[:] = 1.0
    last = morning.roster.last.copy()
    for t in (5, len(morning.year.dates) - 3, len(morning.year.dates) - 1):
        move_on(morning.roster, morning.year, t, morning.schools, np.random.default_rng(0))

    assert (morning.roster.last == last).all()
    assert (last == STAYING).any()
