"""Which day has far fewer or far more entries than the same weekday of other weeks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ews.engine import Session
from ews.extracts.plausible.days import make_days
from ews.extracts.plausible.volume_of_days import unusual_days
from tests.checks.by_hand import LOADED_AT, derive, enroll, mark, new_extracts, open_schools, school_days
from tests.checks.temp_tables import source

DAYS = school_days(25)
A_THURSDAY = 13


@pytest.fixture
def session() -> Iterator[Session]:
    with new_extracts() as made:
        open_schools(made, ["s1"], DAYS)
        yield made


def told(session: Session, reporting: str = "exceptions") -> list[tuple[str, str]]:
    derive(session)
    make_days(session, source(reporting), LOADED_AT)
    return [(each.name, each.where) for each in unusual_days(session)]


def mark_usual(session: Session, usual: int, unlike: int, rows: int, code: str = "A") -> None:
    mark(session, "s1", [*DAYS[:unlike], *DAYS[unlike + 1 :]], range(usual), code)
    mark(session, "s1", DAYS[unlike], range(rows), code)


@pytest.mark.parametrize(("rows", "is_told"), [(1, True), (3, True), (4, False)])
def test_fewer_than_a_tenth_of_forty_is_told(rows: int, is_told: bool, session: Session) -> None:
    mark_usual(session, 40, A_THURSDAY, rows)
    expected = [("unusually few entries", "school s1, 2025-09-25")]
    assert told(session) == (expected if is_told else [])


@pytest.mark.parametrize(("at", "is_told"), [(0, False), (2, False), (3, True)])
def test_the_first_three_days_of_a_year_are_left_to_settle(at: int, is_told: bool, session: Session) -> None:
    mark_usual(session, 40, at, 1)
    assert bool(told(session)) == is_told


@pytest.mark.parametrize(
    ("rows", "code", "is_told"),
    [
        (35, "A", False),
        (36, "A", True),
        (59, "T", False),
        (60, "T", True),
    ],
)
def test_many_entries_are_told_when_nearly_all_are_absent_or_rows_outnumber_students(
    rows: int, code: str, is_told: bool, session: Session
) -> None:
    """Forty students: 36 are 90% of them; 60 rows are half as many again."""
    enroll(session, "s1", range(40))
    mark_usual(session, 4, A_THURSDAY, rows, code)
    expected = [("unusually many entries", "school s1, 2025-09-25")]
    assert told(session) == (expected if is_told else [])


@pytest.mark.parametrize(("rows", "is_told"), [(60, False), (61, True)])
def test_where_no_students_are_known_twelve_times_the_usual_is_told(
    rows: int, is_told: bool, session: Session
) -> None:
    mark_usual(session, 5, A_THURSDAY, rows)
    assert bool(told(session)) == is_told


def test_a_school_at_which_everybody_is_always_absent_is_not_unusual(session: Session) -> None:
    enroll(session, "s1", range(40))
    mark_usual(session, 38, A_THURSDAY, 39)
    assert told(session) == []


@pytest.mark.parametrize(("days", "is_told"), [(2, False), (3, True)])
def test_days_in_a_row_without_an_absence_are_taken_together(
    days: int, is_told: bool, session: Session
) -> None:
    """Seven absences are usual: two such days are 14, three are 21."""
    mark(session, "s1", [*DAYS[:A_THURSDAY], *DAYS[A_THURSDAY + days :]], range(7))
    mark(session, "s1", DAYS, range(7, 40), code="P")
    mark(session, "s1", DAYS[A_THURSDAY : A_THURSDAY + days], range(7), code="P")
    assert bool(told(session, "daily")) == is_told
