"""Calendars that are not of the year, or not of the length, that they say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from ews.engine import Session
from ews.extracts.plausible.calendars import attendance_after_calendar, calendar_findings
from tests.checks.by_hand import derive, give, new_extracts, open_schools, school_days

LATER = dt.datetime(2026, 9, 1, 4)


@pytest.fixture
def session() -> Iterator[Session]:
    with new_extracts() as made:
        yield made


def names(session: Session, loaded_at: dt.datetime = LATER) -> list[str]:
    derive(session)
    return [each.name for each in calendar_findings(session, loaded_at) if each.severity == "warning"]


@pytest.mark.parametrize(
    ("date", "told"),
    [("2025-06-30", True), ("2025-07-01", False), ("2026-08-31", False), ("2026-09-01", True)],
)
def test_a_school_year_runs_from_july_to_august_of_its_spring(
    date: str, told: bool, session: Session
) -> None:
    open_schools(session, ["s1"], school_days(180))
    open_schools(session, ["s2"], [*school_days(180), dt.date.fromisoformat(date)])
    assert names(session) == (["wrong-year calendar"] if told else [])


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (0, "no instructional days"),
        (119, "number of instructional days"),
        (120, None),
        (220, None),
        (221, "number of instructional days"),
    ],
)
def test_a_finished_year_has_from_120_to_220_days_of_school(
    days: int, told: str | None, session: Session
) -> None:
    open_schools(session, ["s1"], school_days(days))
    closed = {"school_id": "s1", "date": "2026-07-30", "school_year": 2026, "instructional": False}
    give(session, "calendar", [closed])
    assert names(session) == ([told] if told else [])


def test_a_year_that_goes_on_may_still_have_few_days(session: Session) -> None:
    open_schools(session, ["s1"], school_days(30))
    assert names(session, dt.datetime(2025, 9, 20, 4)) == []


@pytest.mark.parametrize("year", [26, 1989, 2101])
def test_a_school_year_is_four_digits_of_our_time(year: int, session: Session) -> None:
    open_schools(session, ["s1"], school_days(180), year=year)
    assert names(session) == ["school year out of range"]


@pytest.mark.parametrize(("today", "told"), [("2025-10-17", False), ("2025-10-18", True)])
def test_a_calendar_that_ended_two_weeks_ago_is_worth_a_note(
    today: str, told: bool, session: Session
) -> None:
    open_schools(session, ["s1"], school_days(20))
    derive(session)
    notes = [
        each.sentence
        for each in calendar_findings(session, dt.datetime.fromisoformat(f"{today}T04:00"))
        if each.name == "calendar has ended"
    ]
    assert notes == (["the calendar's last day is 2025-10-03, before this load"] if told else [])


def test_attendance_that_goes_on_after_the_calendar_asks_for_the_new_one(session: Session) -> None:
    open_schools(session, ["s1", "s2"], school_days(20))
    derive(session)
    session.execute(
        "CREATE TEMP TABLE outside AS FROM (VALUES ('s1', DATE '2025-10-06', 12), "
        "('s2', DATE '2025-10-07', 9), ('s2', DATE '2025-09-06', 5), ('unknown', DATE '2025-10-06', 3)) "
        "v(school_id, date, rows)"
    )
    finding = attendance_after_calendar(session, "outside")
    assert finding is not None
    assert finding.count == 21
    assert "21 rows of 2 schools after the calendar's last day (2025-10-03)" in finding.sentence
    session.execute("DELETE FROM outside WHERE date > DATE '2025-10-03'")
    assert attendance_after_calendar(session, "outside") is None
