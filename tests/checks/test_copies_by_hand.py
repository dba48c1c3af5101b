"""When days are alike because one was copied, and when because the same students are away for weeks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ews.engine import Session
from ews.extracts.plausible.repeats import identical_days
from tests.checks.by_hand import derive, mark, new_extracts, open_schools, school_days
from tests.checks.temp_tables import source

DAYS = school_days(20)


@pytest.fixture
def session() -> Iterator[Session]:
    with new_extracts() as made:
        open_schools(made, ["s1"], DAYS)
        yield made


def told(session: Session, delivery: str = "full") -> list[str]:
    derive(session)
    return [each.where for each in identical_days(session, source("exceptions", delivery))]


@pytest.mark.parametrize(
    ("copied", "students", "is_told"), [(5, 5, True), (4, 5, False), (5, 4, False), (9, 30, True)]
)
def test_five_students_on_five_days_in_a_row_are_a_copy(
    copied: int, students: int, is_told: bool, session: Session
) -> None:
    for at, day in enumerate(DAYS):
        mark(session, "s1", day, range(students) if 6 <= at < 6 + copied else [100 + at, 200 + at])
    assert told(session) == (["school s1, 2025-09-16"] if is_told else [])


@pytest.mark.parametrize("away", [5, 40])
def test_students_who_are_away_for_weeks_are_no_copy(away: int, session: Session) -> None:
    """Nobody else is absent on the days in the middle, so these are alike; the same ones go on missing."""
    for at, day in enumerate(DAYS):
        others = [] if 6 <= at < 12 else [100 + at]
        mark(session, "s1", day, [*range(away), *others])
    assert told(session) == []


def test_five_students_who_fall_ill_together_beside_a_long_absence_are_told(session: Session) -> None:
    """It can be true: a warning asks, it does not accuse."""
    for at, day in enumerate(DAYS):
        mark(session, "s1", day, range(13) if 6 <= at < 12 else range(8))
    assert told(session) == ["school s1, 2025-09-16"]


def test_an_extract_that_is_one_day_throughout_is_told(session: Session) -> None:
    for day in DAYS[:8]:
        mark(session, "s1", day, range(6))
    assert told(session) == ["school s1, 2025-09-08"]


def test_a_weekend_or_a_version_of_a_row_does_not_break_a_run(session: Session) -> None:
    for at, day in enumerate(DAYS):
        mark(session, "s1", day, range(6) if 3 <= at < 8 else [100 + at])
    mark(session, "s1", DAYS[5], [2], code="E")
    assert told(session) == ["school s1, 2025-09-11"]


def test_presence_is_no_entry(session: Session) -> None:
    for day in DAYS:
        mark(session, "s1", day, range(6), code="P")
    session.execute("UPDATE given_attendance SET recorded_at = CAST(date AS TIMESTAMP)")
    assert told(session) == []


def store_days(session: Session, days: int) -> None:
    """Store the first days: from the fifth on, the same six students are absent."""
    for at, day in enumerate(DAYS[:days]):
        for student in range(6) if at >= 4 else [100 + at, 200 + at]:
            session.execute(
                "INSERT INTO store.attendance (student_id, school_id, date, kind, absent_units, known_from, "
                "known_until, ordered_at, withdrawn, load_id) VALUES "
                f"('student-{student}', 's1', DATE '{day}', 'absent_excused', 10000, TIMESTAMP '2025-09-30', "
                "TIMESTAMP '9999-12-31', TIMESTAMP '2025-09-30', false, 1)"
            )


def test_a_delta_is_seen_with_the_stored_days_before_it(session: Session) -> None:
    store_days(session, 8)
    mark(session, "s1", DAYS[8], range(6))
    assert told(session, "delta") == ["school s1, 2025-09-12"]
    assert told(session, "full") == []


def test_a_stored_copy_is_not_told_again_with_every_delta(session: Session) -> None:
    store_days(session, 9)
    mark(session, "s1", DAYS[9], [7, 8])
    assert told(session, "delta") == []
