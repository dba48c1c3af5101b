"""Infinite Campus: marks by period, rolled up to days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ews.errors import UsageError
from ews.extracts.profiles import resolve
from tests.profiles.reading import (
    canonical,
    config_in,
    is_as_printed,
    read,
    source_of,
    table_named,
    write_tables,
)

SIX_PERIODS = """
    schoolNumber | periodName
    s1           | 01
    s1           | 02
    s1           | 03
    s1           | 04
    s1           | 05
    s1           | 06
"""


def rolled_up(folder: Path, marks: str, expected: str, periods: str = SIX_PERIODS, **keys: Any) -> None:
    """Assert what days the marks of students at school s1 become."""
    where = write_tables(folder / "campus", attendance=with_school(marks), periods=periods)
    keys = {"codes": {"Absent Unknown": "absent_unexcused"}, **keys}
    is_as_printed(
        canonical("attendance", folder, path=where.name, profile="infinite-campus", **keys), expected
    )


def with_school(marks: str) -> str:
    """The marks with the column schoolNumber."""
    first, *others = [line.strip() for line in marks.strip().splitlines()]
    return "\n".join([f"schoolNumber | {first}", *(f"s1 | {line}" for line in others)])


def test_a_day_is_missed_by_the_share_of_its_periods_that_were(tmp_path: Path) -> None:
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        all-day       | 09/15/2025 | 01         | Absent | Unexcused
        all-day       | 09/15/2025 | 02         | Absent | Unexcused
        all-day       | 09/15/2025 | 03         | Absent | Unexcused
        all-day       | 09/15/2025 | 04         | Absent | Unexcused
        all-day       | 09/15/2025 | 05         | Absent | Unexcused
        all-day       | 09/15/2025 | 06         | Absent | Unexcused
        afternoon     | 09/15/2025 | 04         | Absent | Excused
        afternoon     | 09/15/2025 | 05         | Absent | Excused
        afternoon     | 09/15/2025 | 06         | Absent | Excused
        one-class     | 9/16/2025  | 02         | A      | U
        """,
        """
        student_id | school_id | date       | code             | absent_fraction
        all-day    | s1        | 2025-09-15 | Absent Unexcused | 1
        afternoon  | s1        | 2025-09-15 | Absent Excused   | 0.5
        one-class  | s1        | 2025-09-16 | Absent Unexcused | 0.1667
        """,
    )


def test_the_excuse_with_the_largest_part_names_the_day_and_at_equal_parts_the_unexcused_one(
    tmp_path: Path,
) -> None:
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        mostly        | 09/15/2025 | 01         | Absent | Excused
        mostly        | 09/15/2025 | 02         | Absent | Excused
        mostly        | 09/15/2025 | 03         | Absent | Unexcused
        even          | 09/15/2025 | 01         | Absent | Excused
        even          | 09/15/2025 | 02         | Absent | Unexcused
        unclear       | 09/15/2025 | 01         | Absent | Unexcused
        unclear       | 09/15/2025 | 02         | Absent | Unknown
        """,
        """
        student_id | code             | absent_fraction
        mostly     | Absent Excused   | 0.5
        even       | Absent Unexcused | 0.3333
        unclear    | Absent Unexcused | 0.3333
        """,
    )


def test_several_marks_for_one_period_are_one_period(tmp_path: Path) -> None:
    """A teacher marked tardy what the office marked absent; an excuse came beside the first mark."""
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        corrected     | 09/15/2025 | 01         | Tardy  | Excused
        corrected     | 09/15/2025 | 01         | Absent | Excused
        twice         | 09/15/2025 | 01         | Absent | Excused
        twice         | 09/15/2025 | 01         | Absent | Unexcused
        """,
        """
        student_id | code             | absent_fraction
        corrected  | Absent Excused   | 0.1667
        twice      | Absent Unexcused | 0.1667
        """,
    )


def test_who_comes_late_or_leaves_early_was_there(tmp_path: Path) -> None:
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        late          | 09/15/2025 | 01         | Tardy  | Unexcused
        late          | 09/15/2025 | 06         | Early  | Excused
        left          | 09/15/2025 | 06         | E      | -
        late-and-away | 09/15/2025 | 01         | Tardy  | Unexcused
        late-and-away | 09/15/2025 | 02         | Absent | Excused
        marked        | 09/15/2025 | 02         | P      | -
        """,
        """
        student_id    | code           | absent_fraction
        late          | Tardy          | -
        left          | Early          | -
        late-and-away | Absent Excused | 0.1667
        marked        | Present        | -
        """,
    )


def test_exempt_periods_are_missed_by_nobody_unless_nothing_else_happened(tmp_path: Path) -> None:
    """A field trip in the morning and an unexcused afternoon: the afternoon is what was missed."""
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        trip          | 09/15/2025 | 01         | Absent | Exempt
        trip          | 09/15/2025 | 02         | Absent | Exempt
        trip          | 09/15/2025 | 03         | Absent | Exempt
        trip-and-away | 09/15/2025 | 01         | Absent | Exempt
        trip-and-away | 09/15/2025 | 02         | Absent | Exempt
        trip-and-away | 09/15/2025 | 06         | Absent | Unexcused
        trip-and-late | 09/15/2025 | 01         | Absent | Exempt
        trip-and-late | 09/15/2025 | 02         | Tardy  | Excused
        """,
        """
        student_id    | code             | absent_fraction
        trip          | Absent Exempt    | 0.5
        trip-and-away | Absent Unexcused | 0.1667
        trip-and-late | Absent Exempt    | 0.1667
        """,
    )


def test_minutes_weigh_the_periods_where_all_of_them_have_some(tmp_path: Path) -> None:
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        long          | 09/15/2025 | LAB        | Absent | Excused
        short         | 09/15/2025 | HR         | Absent | Excused
        short         | 09/15/2025 | LAB        | Tardy  | Excused
        trip          | 09/15/2025 | LAB        | Absent | Exempt
        trip          | 09/15/2025 | HR         | Absent | Excused
        """,
        """
        student_id | absent_fraction | minutes_absent
        long       | 0.9             | 90
        short      | 0.1             | 10
        trip       | 0.1             | 10
        """,
        periods="""
        schoolNumber | periodName | minutes
        s1           | LAB        | 90
        s1           | HR         | 10
        """,
    )


def test_where_a_period_has_no_minutes_their_number_counts(tmp_path: Path) -> None:
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        long          | 09/15/2025 | LAB        | Absent | Excused
        """,
        """
        student_id | absent_fraction | minutes_absent
        long       | 0.5             | -
        """,
        periods="""
        schoolNumber | periodName | minutes
        s1           | LAB        | 90
        s1           | HR         | -
        """,
    )


def test_a_date_with_periods_of_its_own_is_measured_by_those(tmp_path: Path) -> None:
    """Late start on the 17th: two periods instead of four."""
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        usual         | 09/16/2025 | 01         | Absent | Excused
        late-start    | 09/17/2025 | 01         | Absent | Excused
        """,
        """
        student_id | date       | absent_fraction
        usual      | 2025-09-16 | 0.25
        late-start | 2025-09-17 | 0.5
        """,
        periods="""
        schoolNumber | periodName | date
        s1           | 01         | -
        s1           | 02         | -
        s1           | 03         | -
        s1           | 04         | -
        s1           | 01         | 09/17/2025
        s1           | 02         | 09/17/2025
        """,
    )


def test_an_absence_that_nobody_explained_is_not_mapped_by_the_profile(tmp_path: Path) -> None:
    source, _ = resolve(
        table_named("attendance"),
        source_of("attendance", path="campus", profile="infinite-campus"),
        config_in(tmp_path),
    )
    assert "Absent Unknown" not in source.codes
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        no-reason     | 09/15/2025 | 01         | Absent | -
        unknown       | 09/15/2025 | 01         | A      | K
        """,
        """
        student_id | code           | absent_fraction
        no-reason  | Absent Unknown | 0.1667
        unknown    | Absent Unknown | 0.1667
        """,
    )


def test_a_status_or_excuse_that_the_profile_does_not_know_names_the_day(tmp_path: Path) -> None:
    """So that it is not mapped, and the load stops: it may not hide behind the day's other marks."""
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        remote        | 09/15/2025 | 01         | Absent | Excused
        remote        | 09/15/2025 | 02         | Remote | -
        strange       | 09/15/2025 | 01         | Absent | Excused
        strange       | 09/15/2025 | 02         | Absent | Excused
        strange       | 09/15/2025 | 03         | Absent | Waived
        empty         | 09/15/2025 | 03         | -      | -
        """,
        """
        student_id | code
        remote     | Remote
        strange    | Absent Waived
        empty      | no status
        """,
    )


@pytest.mark.parametrize("period", ["07", "-"])
def test_without_the_number_of_periods_a_day_is_set_aside_and_not_guessed(
    tmp_path: Path, period: str
) -> None:
    """It is named by its first line; a period that was not missed may be any."""
    where = write_tables(
        tmp_path / "campus",
        attendance=f"""
            schoolNumber | studentNumber | date       | periodName | status | excuse
            s1           | fine          | 09/15/2025 | 01         | Absent | Excused
            s1           | elsewhere     | 09/15/2025 | {period}   | Absent | Excused
            s2           | no-periods    | 09/15/2025 | 01         | Absent | Excused
            s1           | elsewhere     | 09/15/2025 | 01         | Absent | Unexcused
            s1           | late          | 09/15/2025 | 01         | Absent | Excused
            s1           | late          | 09/15/2025 | {period}   | Tardy  | Excused
        """,
        periods=SIX_PERIODS,
    )
    _, problems = read("attendance", tmp_path, path=where.name, profile="infinite-campus")
    reason = "unreadable absent_fraction: expected a share from 0 to 1"
    assert problems == [
        ("campus/attendance.csv", 3, reason),
        ("campus/attendance.csv", 4, reason),
    ]


def test_an_unreadable_date_is_named_by_its_line(tmp_path: Path) -> None:
    where = write_tables(
        tmp_path / "campus",
        attendance="""
            schoolNumber | studentNumber | date       | periodName | status | excuse
            s1           | fine          | 09/15/2025 | 01         | Absent | Excused
            s1           | broken        | 13/45/2025 | 01         | Tardy  | Excused
        """,
        periods=SIX_PERIODS,
    )
    _, problems = read("attendance", tmp_path, path=where.name, profile="infinite-campus")
    assert problems == [
        ("campus/attendance.csv", 3, "unreadable date: expected a date in the declared format")
    ]


def test_the_districts_own_date_format_goes_before_the_profiles(tmp_path: Path) -> None:
    rolled_up(
        tmp_path,
        """
        studentNumber | date       | periodName | status | excuse
        european      | 15.09.2025 | 01         | Absent | Excused
        """,
        """
        student_id | date
        european   | 2025-09-15
        """,
        date_format="%d.%m.%Y",
    )


def test_a_table_that_needs_no_derivation_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        resolve(
            table_named("schools"),
            source_of("schools", path="campus", profile="infinite-campus"),
            config_in(tmp_path),
        )
    assert "bring schools as a mapped file" in str(refusal.value)
