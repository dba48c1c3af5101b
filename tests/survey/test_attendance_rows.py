"""Whether a file has a row for every day or for exceptions only is counted, and left open when unclear."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.survey.small import STUDENTS, folder_with, proposed, source

DAYS = tuple((dt.date(2025, 9, 1) + dt.timedelta(days=at)).isoformat() for at in range(28))


def rows_for(share: float, days: tuple[str, ...] = DAYS, students: int = 40) -> str:
    """A row for a share of all students and days."""
    rows = [
        f"{student:06d},0101,{day},{'AAE'[(student + at) % 3]}"
        for student in range(1, students + 1)
        for at, day in enumerate(days)
        if (student * 7919 + at * 104729) % 1000 < share * 1000
    ]
    return "\n".join(["student_id,school_id,date,code", *rows]) + "\n"


def attendance_of(tmp_path: Path, content: str) -> dict[str, object]:
    return source(proposed(folder_with(tmp_path / "in", {"a.csv": content, "s.csv": STUDENTS})), "attendance")


@pytest.mark.parametrize(
    ("share", "reporting"), [(1.0, "daily"), (0.9, "daily"), (0.08, "exceptions"), (0.55, "TODO")]
)
def test_rows_are_compared_with_students_and_days(tmp_path: Path, share: float, reporting: str) -> None:
    assert attendance_of(tmp_path, rows_for(share))["reporting"] == reporting


@pytest.mark.parametrize(("students", "reporting"), [(40, "daily"), (4, "exceptions"), (24, "TODO")])
def test_a_single_day_is_compared_with_the_students_file(
    tmp_path: Path, students: int, reporting: str
) -> None:
    """On one day every student who is named has a row: only the number of students tells."""
    assert attendance_of(tmp_path, rows_for(1.0, DAYS[:1], students))["reporting"] == reporting


def test_several_years_of_daily_rows_are_daily_though_students_come_and_go(tmp_path: Path) -> None:
    half = rows_for(1.0, DAYS[:14]).splitlines()
    later = [line.replace("2025-09", "2026-09").replace(",0101,", ",0102,") for line in half[1:]]
    others = [f"{int(line[:6]) + 500:06d}{line[6:]}" for line in later]
    assert attendance_of(tmp_path, "\n".join([*half, *others]) + "\n")["reporting"] == "daily"


def test_several_rows_for_one_student_and_day_are_for_the_district_to_add_up(tmp_path: Path) -> None:
    content = rows_for(0.1)
    assert "same_day" not in attendance_of(tmp_path / "one", content)
    twice = content + "000001,0101,2025-09-08,A\n000001,0101,2025-09-08,T\n"
    assert attendance_of(tmp_path / "two", twice)["same_day"] == "TODO"


def test_an_exact_duplicate_is_not_several_rows(tmp_path: Path) -> None:
    content = rows_for(0.1)
    repeated = content.splitlines()[1] + "\n"
    assert "same_day" not in attendance_of(tmp_path, content + repeated)


def test_versions_of_a_row_are_not_several_rows(tmp_path: Path) -> None:
    lines = rows_for(0.1).splitlines()
    content = [lines[0] + ",recorded_at", *(f"{line},2025-10-01 08:00:00" for line in lines[1:])]
    content += [
        "000001,0101,2025-09-28,A,2025-09-28 09:00:00",
        "000001,0101,2025-09-28,P,2025-09-29 09:00:00",
    ]
    assert "same_day" not in attendance_of(tmp_path, "\n".join(content) + "\n")


def test_rows_without_a_code_are_counted(tmp_path: Path) -> None:
    """Systems that leave the code of a present student blank need a profile, not a mapping."""
    lines = rows_for(1.0).splitlines()
    blank = [line if at % 10 == 0 else line.rpartition(",")[0] + "," for at, line in enumerate(lines)]
    folder = folder_with(tmp_path / "in", {"a.csv": "\n".join(blank) + "\n", "s.csv": STUDENTS})
    notes = proposed(folder).tables["attendance"].notes
    assert notes == ["code: 1,008 of 1,120 rows are empty there, and would be set aside"]


def test_without_a_form_for_the_dates_it_is_left_open(tmp_path: Path) -> None:
    content = "student_id,school_id,date,code\n000001,0101,soon,A\n000002,0101,later,E\n"
    assert attendance_of(tmp_path, content)["reporting"] == "TODO"
