"""The newest records beside those of the weeks before: what stops arriving, what is coded anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ews.engine import Session
from ews.nightly.last_days import LastDays, _gone, _share, judged
from ews.store.schema import open_validation
from ews.store.window_counts import attendance_by_window, visits_by_window

WEEKS = 38
OF_A_NIGHT = 14
"""Comparisons of a district with four schools."""


def counts(usual: float, last: float, seed: int = 1) -> pd.Series:
    """Return windows of records with a spread of their own, the newest one stated."""
    chance = np.random.default_rng(seed)
    own = chance.poisson(usual * np.exp(chance.normal(0, 0.3, WEEKS)))
    return pd.Series([*own[:-1], last], dtype=float)


def one_of_many(found: LastDays) -> LastDays:
    return judged([found] * OF_A_NIGHT)[0]


# --- what stops arriving


def test_nothing_where_forty_are_usual_calls_somebody() -> None:
    assert one_of_many(_gone("absences", "s1", counts(40, 0))).alarms


def test_a_feed_cut_to_a_tenth_calls_somebody() -> None:
    assert one_of_many(_gone("visits", None, counts(40, 4))).alarms


def test_half_of_what_is_usual_is_a_good_week() -> None:
    assert not one_of_many(_gone("absences", None, counts(400, 200))).alarms


@pytest.mark.parametrize("times", [2, 5, 20])
def test_more_than_usual_is_winter(times: int) -> None:
    assert not one_of_many(_gone("absences", None, counts(100, 100 * times))).alarms


def test_nothing_where_few_are_usual_says_nothing() -> None:
    assert not one_of_many(_gone("part_days", None, counts(3, 0))).alarms


def test_a_school_may_fall_to_a_fifth_and_a_district_may_not() -> None:
    few = {"now": 20.0, "usual": 100.0, "deviations": -9.0, "limit": 4.0}
    assert LastDays("absences", None, **few).alarms
    assert not LastDays("absences", "s1", **few).alarms


def test_a_wave_of_flu_before_does_not_hide_what_stops() -> None:
    before = counts(40, 0)
    before.iloc[5:12] *= 6
    assert one_of_many(_gone("absences", "s1", before)).alarms


def test_windows_that_were_looked_at_before_their_records_came_do_not_hide_what_stops() -> None:
    before = counts(42, 0)
    before.iloc[[8, 9, 10]] = [16, 4, 9]
    assert one_of_many(_gone("absences", "s1", before)).alarms


def test_too_few_weeks_say_nothing() -> None:
    assert not one_of_many(_gone("absences", None, counts(40, 0).iloc[-14:])).alarms


# --- what is coded anew


def test_excused_days_that_arrive_as_unexcused_call_somebody() -> None:
    whole = counts(60, 60)
    part = (whole * 0.5).round()
    part.iloc[-1] = 60
    found = one_of_many(_share("s1", part, whole))
    assert found.alarms
    assert "is 100% in the last 3 school days; it was 50% in the weeks before" in found.sentence({})


def test_unexcused_days_that_arrive_as_excused_call_somebody() -> None:
    whole = counts(60, 60)
    part = (whole * 0.5).round()
    part.iloc[-1] = 0
    assert one_of_many(_share(None, part, whole)).alarms


def test_a_wave_of_flu_brings_excused_days_and_calls_nobody() -> None:
    whole = counts(60, 240)
    part = (whole * 0.5).round()
    part.iloc[-1] = 30  # as many as ever, and 210 excused
    found = one_of_many(_share(None, part, whole))
    assert found.deviations < -found.limit
    assert not found.alarms


def test_without_absences_there_is_no_share() -> None:
    whole = counts(60, 0)
    assert not one_of_many(_share(None, whole * 0, whole)).alarms


# --- how many comparisons a night makes


def test_the_limit_grows_with_the_number_of_comparisons() -> None:
    few, many = (judged([_gone("absences", None, counts(40, 8))] * times)[0].limit for times in (5, 400))
    assert 4 < few < many < 6.5


# --- what was known on the morning after a window


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Session]:
    with open_validation(tmp_path / "none.duckdb") as session:
        yield session


def record(
    store: Session,
    student: str,
    day: str,
    kind: str,
    known: str,
    *,
    until: str = "9999-12-31",
    units: int = 10_000,
) -> None:
    store.execute(
        "INSERT INTO store.attendance BY NAME SELECT ? AS student_id, 's1' AS school_id, "
        "CAST(? AS DATE) AS date, ? AS kind, ? AS absent_units, CAST(? AS TIMESTAMP) AS known_from, "
        "known_from AS ordered_at, CAST(? AS TIMESTAMP) AS known_until, false AS withdrawn, 1 AS load_id",
        (student, day, kind, units, known, until),
    )


WINDOW = (dt.date(2026, 1, 6), dt.date(2026, 1, 8), dt.datetime(2026, 1, 9, 5))


def counted(store: Session) -> dict[str, int]:
    rows = attendance_by_window(store, [WINDOW])
    return rows.drop(columns=["number", "school_id"]).iloc[0].to_dict() if len(rows) else {}


def test_a_window_counts_what_had_arrived_on_the_morning_after_it(store: Session) -> None:
    record(store, "a", "2026-01-06", "absent_unexcused", "2026-01-06 20:00")
    record(store, "b", "2026-01-08", "absent_excused", "2026-01-08 20:00", units=5_000)
    record(store, "c", "2026-01-07", "tardy", "2026-01-07 20:00", units=0)
    record(store, "late", "2026-01-07", "absent_unexcused", "2026-01-09 05:00")
    record(store, "before", "2026-01-05", "absent_unexcused", "2026-01-05 20:00")
    record(store, "after", "2026-01-09", "absent_unexcused", "2026-01-08 20:00")
    assert counted(store) == {"absences": 2, "unexcused": 1, "part_days": 1, "tardies": 1}


def test_a_version_counts_while_it_was_the_known_one(store: Session) -> None:
    record(store, "a", "2026-01-06", "absent_unexcused", "2026-01-06 20:00", until="2026-01-08 20:00")
    record(store, "a", "2026-01-06", "present", "2026-01-08 20:00")
    record(store, "b", "2026-01-06", "absent_unexcused", "2026-01-06 20:00", until="2026-01-12 20:00")
    record(store, "b", "2026-01-06", "absent_excused", "2026-01-12 20:00")
    assert counted(store) == {"absences": 1, "unexcused": 1, "part_days": 0, "tardies": 0}


def test_a_window_without_visits_has_no_row(store: Session) -> None:
    assert len(visits_by_window(store, [WINDOW])) == 0
