"""Which empty day is told, and which is a day on which simply nobody was absent."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import pytest

from ews.engine import Session
from ews.extracts.findings import Finding
from ews.extracts.plausible.days import make_days, surprise
from ews.extracts.plausible.school_days import closed_days, days_without_attendance, incomplete_days
from tests.checks.by_hand import (
    LOADED_AT,
    cover,
    derive,
    enroll,
    give,
    mark,
    new_extracts,
    open_schools,
    school_days,
)
from tests.checks.temp_tables import source

TWENTY = school_days(20)


@pytest.fixture
def session() -> Iterator[Session]:
    with new_extracts() as made:
        yield made


def missing(session: Session, reporting: str = "exceptions", delivery: str = "full") -> list[Finding]:
    derive(session)
    attendance = source(reporting, delivery)
    make_days(session, attendance, LOADED_AT)
    return days_without_attendance(session, attendance)


@pytest.mark.parametrize(("usual", "told"), [(18, False), (19, True)])
def test_one_empty_day_is_told_where_nineteen_entries_are_usual(
    usual: int, told: bool, session: Session
) -> None:
    """Half of 19 is 9.5, and a Poisson count of 9.5 is 0 once in 13,400 times; of 9 once in 8,100 times."""
    open_schools(session, ["s1"], TWENTY)
    mark(session, "s1", [*TWENTY[:11], *TWENTY[12:]], range(usual))
    findings = missing(session)
    assert [each.name for each in findings] == (["days without attendance"] if told else [])
    assert [each.where for each in findings] == (["school s1, 2025-09-23"] if told else [])


@pytest.mark.parametrize(("empty", "told"), [(3, False), (4, True)])
def test_at_a_small_school_days_in_a_row_are_taken_together(empty: int, told: bool, session: Session) -> None:
    open_schools(session, ["s1"], TWENTY)
    mark(session, "s1", [*TWENTY[:6], *TWENTY[6 + empty :]], range(5))
    assert [each.count for each in missing(session)] == ([empty] if told else [])


def test_in_daily_reporting_every_empty_day_is_told(session: Session) -> None:
    open_schools(session, ["s1"], TWENTY)
    mark(session, "s1", [*TWENTY[:11], *TWENTY[12:]], [1], code="P")
    assert [each.name for each in missing(session, "daily")] == ["days without attendance"]


@pytest.mark.parametrize(
    ("empty", "name"),
    [
        (["s1"], "days without attendance"),
        (["s1", "s2"], "closure missing in the calendar"),
        (["s1", "s2", "s3", "s4"], "closure missing in the calendar"),
    ],
)
def test_a_day_on_which_half_of_the_schools_have_nothing_is_told_as_a_closure(
    empty: list[str], name: str, session: Session
) -> None:
    schools = ["s1", "s2", "s3", "s4"]
    open_schools(session, schools, TWENTY)
    for school in schools:
        mark(session, school, [*TWENTY[:11], *TWENTY[12 if school in empty else 11 :]], range(20))
    findings = missing(session)
    assert [each.name for each in findings] == [name]
    assert "2025-09-23" in findings[0].where


def test_a_school_that_delivers_two_weeks_later_than_the_others_lacks_two_weeks(session: Session) -> None:
    open_schools(session, ["s1", "s2"], TWENTY)
    mark(session, "s1", TWENTY, range(5))
    mark(session, "s2", TWENTY[10:], range(5))
    assert [(each.count, each.where) for each in missing(session)] == [(10, "school s2, 2025-09-08")]


def test_in_the_first_weeks_a_day_is_compared_with_any_weekday(session: Session) -> None:
    open_schools(session, ["s1"], TWENTY[:10])
    mark(session, "s1", [*TWENTY[:8], TWENTY[9]], range(25))
    assert [each.where for each in missing(session)] == ["school s1, 2025-09-18"]


def test_days_after_the_newest_rows_are_not_missing_yet(session: Session) -> None:
    """The calendar goes on to June; attendance is delivered to today."""
    open_schools(session, ["s1"], school_days(40))
    mark(session, "s1", TWENTY, range(30))
    assert missing(session) == []


def test_a_row_with_a_date_in_the_future_does_not_make_all_days_before_it_missing(session: Session) -> None:
    open_schools(session, ["s1"], school_days(180))
    mark(session, "s1", TWENTY, range(30))
    mark(session, "s1", dt.date(2026, 4, 7), [1])
    assert missing(session) == []


def test_a_delta_tells_the_day_that_no_delivery_has_brought(session: Session) -> None:
    """Stored to Friday; Monday's file never came; this delta brings Tuesday."""
    open_schools(session, ["s1"], school_days(40))
    cover(session, "s1", school_days(15))
    mark(session, "s1", dt.date(2025, 9, 30), [1], code="P")
    findings = missing(session, "daily", "delta")
    assert [each.where for each in findings] == ["school s1, 2025-09-29"]


def test_a_day_that_was_only_stated_to_be_covered_is_missing(session: Session) -> None:
    open_schools(session, ["s1"], school_days(40))
    cover(session, "s1", school_days(15))
    cover(session, "s1", [dt.date(2025, 9, 29)], stated=True)
    mark(session, "s1", dt.date(2025, 9, 30), [1], code="P")
    assert [each.where for each in missing(session, "daily", "delta")] == ["school s1, 2025-09-29"]


def test_a_delta_does_not_tell_again_what_was_missing_before(session: Session) -> None:
    open_schools(session, ["s1"], school_days(40))
    cover(session, "s1", [dt.date(2025, 9, 24), dt.date(2025, 9, 29)])
    mark(session, "s1", dt.date(2025, 9, 30), [1], code="P")
    assert missing(session, "daily", "delta") == []


def test_a_delta_with_corrections_of_old_days_makes_no_day_incomplete(session: Session) -> None:
    open_schools(session, ["s1"], school_days(40))
    enroll(session, "s1", range(30))
    cover(session, "s1", [dt.date(2025, 9, 29)])
    mark(session, "s1", dt.date(2025, 9, 22), [1, 2])
    mark(session, "s1", dt.date(2025, 9, 30), range(30), code="P")
    derive(session)
    make_days(session, source("daily", "delta"), LOADED_AT)
    assert incomplete_days(session) == []


@pytest.mark.parametrize(("rows", "told"), [(14, True), (15, False)])
def test_a_day_is_incomplete_below_half_of_the_enrolled(rows: int, told: bool, session: Session) -> None:
    open_schools(session, ["s1"], TWENTY)
    enroll(session, "s1", range(30))
    mark(session, "s1", TWENTY[0], range(30), code="P")
    mark(session, "s1", TWENTY[1], range(rows), code="P")
    derive(session)
    make_days(session, source("daily"), LOADED_AT)
    assert [each.where for each in incomplete_days(session)] == (["school s1, 2025-09-09"] if told else [])


def test_a_day_is_complete_without_those_who_have_left(session: Session) -> None:
    open_schools(session, ["s1"], TWENTY)
    enroll(session, "s1", range(30))
    session.execute(
        "UPDATE given_enrollments SET exit_date = DATE '2025-09-09' WHERE _line > 12"  # ten stay
    )
    mark(session, "s1", TWENTY[:2], range(30), code="P")
    mark(session, "s1", TWENTY[2:], range(10), code="P")
    derive(session)
    make_days(session, source("daily"), LOADED_AT)
    assert incomplete_days(session) == []


def test_of_a_year_that_is_over_the_end_is_missing_too(session: Session) -> None:
    """One of two schools stopped after nine of thirty days, and the next year has begun."""
    thirty, next_year = school_days(30), school_days(3, dt.date(2026, 9, 7))
    open_schools(session, ["s1", "s2"], thirty)
    open_schools(session, ["s1", "s2"], next_year, year=2027)
    mark(session, "s1", [*thirty, *next_year], range(20))
    mark(session, "s2", [*thirty[:9], *next_year], range(20))
    derive(session)
    attendance = source("exceptions")
    make_days(session, attendance, dt.datetime(2026, 9, 12))
    findings = days_without_attendance(session, attendance)
    assert [(each.count, each.where) for each in findings] == [(21, "school s2, 2025-09-19")]


def test_rows_on_closed_days_are_counted(session: Session) -> None:
    open_schools(session, ["s1"], TWENTY)
    give(
        session,
        "calendar",
        [{"school_id": "s1", "date": dt.date(2025, 9, 13), "school_year": 2026, "instructional": False}],
    )
    mark(session, "s1", dt.date(2025, 9, 12), range(9))
    mark(session, "s1", dt.date(2025, 9, 13), range(4))
    derive(session)
    finding = closed_days(session)[0]
    assert (finding.count, finding.where) == (4, "school s1, 2025-09-13")


@pytest.mark.parametrize("usual", [1, 5, 19, 40, 200])
def test_the_surprise_never_claims_more_than_a_poisson_count_of_half_the_usual_allows(
    usual: int, session: Session
) -> None:
    surprises = session.rows(
        f"SELECT {surprise('n', str(usual))} FROM range({usual + 2}) counts(n) ORDER BY n"
    )
    mean = usual / 2
    chance = 0.0
    for count, (claimed,) in enumerate(surprises):
        chance += math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
        assert math.exp(-claimed) >= chance * (1 - 1e-9)
    assert math.exp(-surprises[0][0]) == pytest.approx(math.exp(-mean)), "exact for a day without entries"
