"""PowerSchool's exported tables: the daily roll-up, attendance by code, and the roster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ews.extracts.profiles import resolve
from tests.profiles.reading import (
    Rows,
    canonical,
    config_in,
    is_as_printed,
    read,
    source_of,
    table_named,
    write_tables,
)

STUDENTS = """
    ID | Student_Number | SchoolID | EntryDate  | ExitDate   | Grade_Level | Enroll_Status
    7  | 1007           | 10       | 08/25/2025 | 06/06/2026 | 3           | 0
    8  | 1008           | 10       | 11/03/2025 | 06/06/2026 | 0           | 0
    9  | 1009           | 10       | 07/01/2025 | 07/01/2025 | -1          | 2
    11 | 1011           | 999999   | 06/07/2025 | 06/07/2026 | 99          | 3
    12 | 1012           | 10       | 08/24/2026 | -          | 4           | -1
"""


def powerschool(folder: Path, table: str, profile: str = "powerschool", **tables: str) -> Rows:
    """The canonical rows of printed PowerSchool tables."""
    where = write_tables(folder / "export", **tables)
    return canonical(table, folder, path=where.name, profile=profile)


def codes(profile: str, **keys: Any) -> dict[str, Any]:
    """The codes of the attendance source with a profile."""
    source, _ = resolve(
        table_named("attendance"),
        source_of("attendance", path="export", profile=profile, **keys),
        config_in(Path()),
    )
    return dict(source.codes)


def test_the_part_of_a_day_missed_is_what_attendance_lacks_of_membership(tmp_path: Path) -> None:
    """A day without membership is no row: the student was not a member."""
    is_as_printed(
        powerschool(
            tmp_path,
            "attendance",
            students=STUDENTS,
            PS_AdaAdm_Daily_Ctod="""
                studentid | schoolid | calendardate | membershipvalue | attendancevalue
                7         | 10       | 09/15/2025   | 1               | 1
                7         | 10       | 09/16/2025   | 1               | 0
                7         | 10       | 9/17/2025    | 1               | 0.5
                7         | 10       | 09/18/2025   | 0               | 0
                8         | 10       | 09/15/2025   | 0.5             | 0.5
                8         | 10       | 09/16/2025   | 0.5             | 0.25
                8         | 10       | 09/17/2025   | .5              | 0
            """,
        ),
        """
        student_id | school_id | date       | code    | absent_fraction
        1007       | 10        | 2025-09-15 | present | -
        1007       | 10        | 2025-09-16 | absent  | 1
        1007       | 10        | 2025-09-17 | absent  | 0.5
        1008       | 10        | 2025-09-15 | present | -
        1008       | 10        | 2025-09-16 | absent  | 0.5
        1008       | 10        | 2025-09-17 | absent  | 1
        """,
    )


def test_whether_an_absence_of_the_daily_view_was_excused_is_for_the_district_to_say() -> None:
    assert codes("powerschool") == {"present": "present"}
    assert codes("powerschool", codes={"absent": "absent_unexcused"}) == {
        "present": "present",
        "absent": "absent_unexcused",
    }


def test_a_membership_or_attendance_that_is_no_number_is_named_by_its_line(tmp_path: Path) -> None:
    where = write_tables(
        tmp_path / "export",
        Students=STUDENTS,
        ps_adaadm_daily_ctod_2026="""
            STUDENTID | SCHOOLID | CALENDARDATE | MEMBERSHIPVALUE | ATTENDANCEVALUE
            7         | 10       | 09/15/2025   | 1               | 1
            7         | 10       | 09/16/2025   | one             | 0
            7         | 10       | 09/17/2025   | 1               | -
            7         | 10       | 09/31/2025   | 1               | 1
        """,
    )
    _, problems = read("attendance", tmp_path, path=where.name, profile="powerschool")
    file = "export/ps_adaadm_daily_ctod_2026.csv"
    assert problems == [
        (file, 3, "unreadable absent_fraction: expected a share from 0 to 1"),
        (file, 4, "unreadable absent_fraction: expected a share from 0 to 1"),
        (file, 5, "unreadable date: expected a date in the declared format"),
    ]


def test_a_row_about_somebody_who_is_not_in_the_students_export_is_about_an_unknown_student(
    tmp_path: Path,
) -> None:
    """PowerSchool's own number 1007 is not the student number 1007."""
    rows = powerschool(
        tmp_path,
        "attendance",
        students=STUDENTS,
        PS_AdaAdm_Daily_Ctod="""
            studentid | schoolid | calendardate | membershipvalue | attendancevalue
            1007      | 10       | 09/15/2025   | 1               | 0
        """,
    )
    assert [row["student_id"] for row in rows] == ["unknown Students.ID 1007"]


ATTENDANCE_CODES = """
    ID | Att_Code | Presence_Status_CD
    1  | -        | Present
    2  | A        | Absent
    3  | T        | Present
    4  | F        | Present
    5  | F        | Absent
    6  | -        | Absent
"""


def test_attendance_by_code_keeps_the_districts_codes_and_reads_a_blank_one_as_present(
    tmp_path: Path,
) -> None:
    """`F` is present in one school and absent in another: neither may be taken for the other."""
    is_as_printed(
        powerschool(
            tmp_path,
            "attendance",
            "powerschool:attendance-codes",
            Students=STUDENTS,
            Attendance="""
                StudentID | SchoolID | Att_Date   | Attendance_CodeID | Att_Mode_Code
                7         | 10       | 09/15/2025 | 1                 | ATT_ModeDaily
                7         | 10       | 09/16/2025 | 2                 | ATT_ModeDaily
                7         | 10       | 09/17/2025 | 3                 | ATT_ModeDaily
                8         | 10       | 09/15/2025 | 4                 | ATT_ModeDaily
                8         | 20       | 09/16/2025 | 5                 | ATT_ModeDaily
            """,
            Attendance_Code=ATTENDANCE_CODES,
        ),
        """
        student_id | school_id | date       | code        | absent_fraction
        1007       | 10        | 2025-09-15 | present     | -
        1007       | 10        | 2025-09-16 | A           | -
        1007       | 10        | 2025-09-17 | T           | -
        1008       | 10        | 2025-09-15 | F (Present) | -
        1008       | 20        | 2025-09-16 | F (Absent)  | -
        """,
    )
    assert codes("powerschool:attendance-codes") == {"present": "present"}


def test_period_rows_are_not_taken_for_days(tmp_path: Path) -> None:
    """They come under the name of their mode, which nothing maps, so that the load stops."""
    rows = powerschool(
        tmp_path,
        "attendance",
        "powerschool:attendance-codes",
        Students=STUDENTS,
        Attendance="""
            StudentID | SchoolID | Att_Date   | Attendance_CodeID | Att_Mode_Code
            7         | 10       | 09/15/2025 | 2                 | ATT_ModeMeeting
        """,
        Attendance_Code=ATTENDANCE_CODES,
    )
    assert [row["code"] for row in rows] == ["ATT_ModeMeeting"]


def test_a_code_that_is_not_in_the_table_of_codes_is_named_by_its_line(tmp_path: Path) -> None:
    """So is a blank code that does not mean present."""
    where = write_tables(
        tmp_path / "export",
        Students=STUDENTS,
        Attendance="""
            StudentID | SchoolID | Att_Date   | Attendance_CodeID
            7         | 10       | 09/15/2025 | 2
            7         | 10       | 09/16/2025 | 99
            7         | 10       | 09/17/2025 | 6
        """,
        Attendance_Code=ATTENDANCE_CODES,
    )
    _, problems = read("attendance", tmp_path, path=where.name, profile="powerschool:attendance-codes")
    assert problems == [
        ("export/Attendance.csv", 3, "empty code"),
        ("export/Attendance.csv", 4, "empty code"),
    ]


def test_a_spell_ends_the_day_before_powerschools_exit_date(tmp_path: Path) -> None:
    """No spell: who never came, the school of graduates, the pre-registered. Grade 0 is kindergarten."""
    is_as_printed(
        powerschool(
            tmp_path,
            "enrollments",
            Students=STUDENTS,
            ReEnrollments="""
                StudentID | SchoolID | EntryDate  | ExitDate   | Grade_Level
                7         | 10       | 08/26/2024 | 06/07/2025 | 2
                8         | 20       | 08/25/2025 | 11/03/2025 | -1
                11        | 30       | 08/26/2024 | 06/07/2025 | 12
            """,
        ),
        """
        student_id | school_id | entry_date | exit_date  | school_year | grade
        1007       | 10        | 2024-08-26 | 2025-06-06 | 2025        | 02
        1007       | 10        | 2025-08-25 | 2026-06-05 | 2026        | 03
        1008       | 20        | 2025-08-25 | 2025-11-02 | 2026        | PK
        1008       | 10        | 2025-11-03 | 2026-06-05 | 2026        | KG
        1011       | 30        | 2024-08-26 | 2025-06-06 | 2025        | 12
        """,
    )


def test_an_exit_that_cannot_be_read_is_named_and_not_dropped(tmp_path: Path) -> None:
    where = write_tables(
        tmp_path / "export",
        Students=STUDENTS,
        ReEnrollments="""
            StudentID | SchoolID | EntryDate  | ExitDate   | Grade_Level
            7         | 10       | 08/26/2024 | 06/31/2025 | 2
        """,
    )
    _, problems = read("enrollments", tmp_path, path=where.name, profile="powerschool")
    assert problems == [
        ("export/ReEnrollments.csv", 2, "unreadable exit_date: expected a date in the declared format")
    ]


def test_typed_dates_lose_a_day_at_the_exit_as_well(tmp_path: Path) -> None:
    """A Parquet export has dates in ISO form, whatever the declared format of text."""
    where = write_tables(
        tmp_path / "export",
        Students=STUDENTS,
        ReEnrollments="""
            StudentID | SchoolID | EntryDate           | ExitDate   | Grade_Level
            7         | 10       | 2024-08-26          | 2025-06-07 | 2
            8         | 10       | 2024-08-26 00:00:00 | 2025-06-07 | 0
        """,
    )
    rows = canonical("enrollments", tmp_path, path=where.name, profile="powerschool")
    earlier = [row for row in rows if row["school_year"] == "2025"]
    assert {(row["entry_date"], row["exit_date"]) for row in earlier} == {("2024-08-26", "2025-06-06")}


def test_the_calendar_follows_in_session(tmp_path: Path) -> None:
    is_as_printed(
        powerschool(
            tmp_path,
            "calendar",
            Calendar_Day="""
                SchoolID | Date_Value | InSession | Type
                10       | 06/30/2026 | 0         | -
                10       | 07/01/2026 | 1         | -
                10       | 09/15/2025 | 1         | -
            """,
        ),
        """
        school_id | date       | school_year | instructional
        10        | 2026-06-30 | 2026        | false
        10        | 2026-07-01 | 2027        | true
        10        | 2025-09-15 | 2026        | true
        """,
    )


@pytest.mark.parametrize(
    ("lowest", "highest", "level"),
    [
        ("0", "5", "elementary"),
        ("6", "8", "middle"),
        ("9", "12", "high"),
        ("0", "12", "other"),
        ("-", "5", "-"),
    ],
)
def test_a_schools_level_follows_from_its_grades(
    tmp_path: Path, lowest: str, highest: str, level: str
) -> None:
    (school,) = powerschool(
        tmp_path,
        "schools",
        Schools=f"""
            School_Number | Name  | Low_Grade | High_Grade
            10            | North | {lowest}  | {highest}
        """,
    )
    assert (school["school_id"], school["school_name"], school["level"]) == ("10", "North", level)


def test_students_go_by_student_number_and_federal_ethnicity_comes_first(tmp_path: Path) -> None:
    is_as_printed(
        powerschool(
            tmp_path,
            "students",
            students="""
                Student_Number | Gender | Ethnicity | FedEthnicity
                1007           | F      | W         | 0
                1008           | M      | B         | 1
                1009           | M      | -         | 0
                1012           | X      | A         | -
            """,
        ),
        """
        student_id | sex    | race_ethnicity
        1007       | Female | W
        1008       | Male   | Hispanic or Latino
        1009       | Male   | -
        1012       | X      | A
        """,
    )
