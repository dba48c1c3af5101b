"""Enrollments that hold no day of school, and absences that no enrollment holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from ews.engine import Session
from ews.extracts.plausible.spells import attendance_outside_enrollment, spell_findings
from tests.checks.by_hand import derive, enroll, give, mark, new_extracts, open_schools, school_days

TWENTY = school_days(20)


@pytest.fixture
def session() -> Iterator[Session]:
    """School from Monday 2025-09-08 to Friday 2025-10-03."""
    with new_extracts() as made:
        open_schools(made, ["s1"], TWENTY)
        yield made


def spell(entry: str, exit_date: str | None = None, year: int = 2026) -> dict[str, object]:
    row: dict[str, object] = {"student_id": "a", "school_id": "s1", "entry_date": entry, "school_year": year}
    return row | ({"exit_date": exit_date} if exit_date else {})


@pytest.mark.parametrize(
    ("entry", "exit_date", "names"),
    [
        ("2025-09-08", None, []),
        ("2025-08-20", None, []),
        ("2025-10-03", None, []),
        ("2025-09-12", "2025-09-12", []),
        ("2025-09-13", "2025-09-14", ["empty spells"]),
        ("2025-10-04", None, ["spells outside their school year"]),
        ("2025-08-20", "2025-09-07", ["spells outside their school year"]),
        ("2025-08-20", "2025-09-08", []),
        ("2025-06-30", None, ["entry in another year"]),
        ("2025-07-01", None, []),
        ("2019-09-01", None, ["entry in another year"]),
    ],
)
def test_a_spell_is_judged_by_the_days_of_school_in_it(
    entry: str, exit_date: str | None, names: list[str], session: Session
) -> None:
    give(session, "enrollments", [spell(entry, exit_date)])
    derive(session)
    findings = spell_findings(session)
    assert [each.name for each in findings] == names
    assert all(each.where == "enrollments.csv, line 2" for each in findings)


@pytest.mark.parametrize(("never_came", "severity"), [(1, "note"), (2, "warning")])
def test_one_student_in_a_hundred_who_never_came_is_worth_a_note(
    never_came: int, severity: str, session: Session
) -> None:
    give(session, "enrollments", [spell("2025-09-08")] * (100 - never_came))
    give(session, "enrollments", [spell("2025-09-13", "2025-09-14")] * never_came)
    derive(session)
    assert [each.severity for each in spell_findings(session)] == [severity]


@pytest.mark.parametrize(
    ("date", "told"),
    [("2025-09-09", True), ("2025-09-10", False), ("2025-09-12", False), ("2025-09-15", True)],
)
def test_an_absence_before_the_entry_or_after_the_exit_is_outside(
    date: str, told: bool, session: Session
) -> None:
    give(session, "enrollments", [spell("2025-09-10", "2025-09-12") | {"student_id": "student-1"}])
    enroll(session, "s1", [2])
    mark(session, "s1", TWENTY, [2])
    mark(session, "s1", dt.date.fromisoformat(date), [1])
    derive(session)
    findings = attendance_outside_enrollment(session)
    assert [each.count for each in findings] == ([1] if told else [])
    assert [each.sentence for each in findings] == (
        ["1 of 21 absences, of 1 student, on days without an enrollment"] if told else []
    )


def test_an_absence_at_another_school_than_the_enrolled_one_is_not_outside(session: Session) -> None:
    """A day counts once, for the student, wherever it was recorded."""
    open_schools(session, ["s2"], TWENTY)
    enroll(session, "s1", [1])
    mark(session, "s2", TWENTY[3], [1])
    derive(session)
    assert attendance_outside_enrollment(session) == []


def test_where_no_enrollments_are_known_nothing_is_said_of_them(session: Session) -> None:
    mark(session, "s1", TWENTY[3], [1])
    derive(session)
    assert attendance_outside_enrollment(session) == []
