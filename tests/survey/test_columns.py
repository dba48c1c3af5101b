"""A column is taken by its name where its cells agree; between equals a person decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from ews.extracts.schema import DIRECTORY, TABLES
from ews.survey.column_names import EXACT, KNOWN, LIKELY, name_score, plain
from tests.survey.small import SCHOOLS, STUDENTS, attendance, folder_with, proposed, source

NAMES = """
attendance    student_id   StudentNumber Student_ID stu_id PupilID State_StudentNumber STUDENT-NUMBER
attendance    school_id    SchoolID School_Number Building Bldg_ID campus_code
attendance    date         AttDate CalendarDate Att_Date Absence_Date
attendance    code         Att_Code AbsenceCode attendance_code AbsenceType
enrollments   entry_date   EntryDate Enroll_Date StartDate
enrollments   exit_date    ExitDate WithdrawDate Withdrawal_Date EndDate
enrollments   grade        Grade_Level GradeLevel Grd
calendar      instructional InSession IsSchoolDay
students      sex          Gender
nurse_visits  category     ReasonForVisit VisitType
meal_programs eligibility  LunchStatus Elig_Code FRLStatus
directory     last_name    LastName Surname
"""


@pytest.mark.parametrize("line", NAMES.strip().splitlines(), ids=lambda line: " ".join(line.split()[:2]))
def test_names_that_systems_use_are_known(line: str) -> None:
    table, column, *names = line.split()
    assert {name for name in names if name_score(table, column, name) < KNOWN} == set()


def test_the_contract_s_own_names_are_taken_first() -> None:
    for table in (*TABLES, DIRECTORY):
        for column in table.column_names:
            assert name_score(table.name, column, column) == EXACT
            assert name_score(table.name, column, column.upper()) == EXACT
            assert name_score(table.name, column, column.upper().replace("_", " ")) >= KNOWN


@pytest.mark.parametrize(
    ("table", "column", "name"),
    [
        ("attendance", "date", "Birth Date"),
        ("attendance", "code", "Absence Code Description"),
        ("students", "student_id", "Guardian ID"),
        ("enrollments", "grade", "Previous Grade Level"),
        ("directory", "last_name", "Teacher Last Name"),
        ("nurse_visits", "category", "Visit Comment"),
    ],
)
def test_a_name_that_speaks_of_something_else_is_not_taken(table: str, column: str, name: str) -> None:
    assert name_score(table, column, name) == 0


def test_a_longer_name_with_a_known_one_inside_is_for_a_person_to_confirm() -> None:
    assert name_score("enrollments", "entry_date", "District Entry Date (local)") == LIKELY
    assert name_score("attendance", "code", "Attendnce_Code") == LIKELY
    assert name_score("attendance", "code", "Status") == LIKELY


def test_no_known_name_of_a_table_stands_for_two_of_its_columns() -> None:
    """Otherwise the order of columns would decide."""
    for table in (*TABLES, DIRECTORY):
        for name in {plain(column) for column in table.column_names}:
            taken = [c for c in table.column_names if name_score(table.name, c, name) >= KNOWN]
            assert len(taken) == 1, (table.name, name, taken)


def columns_of(tmp_path: Path, header: str, **more: str) -> dict[str, str]:
    files = {"a.csv": attendance(header=header), "s.csv": STUDENTS, "b.csv": SCHOOLS, **more}
    columns: dict[str, str] = source(proposed(folder_with(tmp_path / "in", files)), "attendance")["columns"]
    return columns


def test_columns_of_the_contract_s_names_need_no_mapping(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", {"a.csv": attendance(), "s.csv": STUDENTS})
    assert "columns" not in source(proposed(folder), "attendance")


def test_a_column_is_found_by_its_ids_when_its_name_is_unknown(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path / "in", {"a.csv": attendance(header="Kid,SchoolID,AttDate,Att_Code"), "s.csv": STUDENTS}
    )
    entry = proposed(folder).tables["attendance"].columns["student_id"]
    assert entry.value == "Kid"
    assert entry.remark == "please confirm: 100% of its ids are found again in the students file"


def test_of_two_ids_the_one_that_the_students_file_has_is_taken(tmp_path: Path) -> None:
    content = "StudentNumber,State_StudentNumber,SchoolID,AttDate,Att_Code\n" + "".join(
        f"{n + 700:06d},{n:06d},0101,2025-09-0{n % 9 + 1},A\n" for n in range(1, 30)
    )
    proposal = proposed(folder_with(tmp_path / "in", {"a.csv": content, "s.csv": STUDENTS}))
    entry = proposal.tables["attendance"].columns["student_id"]
    assert entry.value == "State_StudentNumber"
    assert "not StudentNumber" in entry.remark


def test_of_two_ids_in_the_students_file_the_one_that_others_use_is_taken(tmp_path: Path) -> None:
    students = "Student Number,State Student ID,sex\n" + "".join(
        f"{n + 900:06d},{n:06d},F\n" for n in range(1, 41)
    )
    proposal = proposed(folder_with(tmp_path / "in", {"a.csv": attendance(), "s.csv": students}))
    assert proposal.tables["students"].columns["student_id"].value == "State Student ID"


def test_between_two_equally_good_ids_a_person_decides(tmp_path: Path) -> None:
    content = "StudentNumber,StudentID,SchoolID,AttDate,Att_Code\n" + "".join(
        f"{n:06d},{n:06d},0101,2025-09-0{n % 9 + 1},A\n" for n in range(1, 30)
    )
    proposal = proposed(folder_with(tmp_path / "in", {"a.csv": content, "s.csv": STUDENTS}))
    entry = proposal.tables["attendance"].columns["student_id"]
    assert (entry.value, entry.remark) == ("TODO", "equally good: StudentNumber, StudentID")


def test_between_two_equally_good_columns_a_person_decides(tmp_path: Path) -> None:
    students = "student_id,Race,Ethnicity\n" + "".join(
        f"{n:06d},{'WB'[n % 2]},{'HN'[n % 2]}\n" for n in range(1, 41)
    )
    proposal = proposed(folder_with(tmp_path / "in", {"s.csv": students}))
    entry = proposal.tables["students"].columns["race_ethnicity"]
    assert (entry.value, entry.remark) == ("TODO", "equally good: Race, Ethnicity")


def test_an_empty_column_is_no_rival(tmp_path: Path) -> None:
    students = "student_id,Race,Ethnicity\n" + "".join(f"{n:06d},{'WB'[n % 2]},\n" for n in range(1, 41))
    proposal = proposed(folder_with(tmp_path / "in", {"s.csv": students}))
    assert source(proposal, "students")["columns"] == {"race_ethnicity": "Race"}


def test_a_column_named_like_a_date_without_dates_is_not_taken(tmp_path: Path) -> None:
    content = attendance(header="student_id,school_id,date,code").replace("2025-09-", "day ")
    proposal = proposed(folder_with(tmp_path / "in", {"a.csv": content, "s.csv": STUDENTS}))
    entry = proposal.tables["attendance"].columns["date"]
    assert (entry.value, entry.remark) == ("TODO", "nothing in this file looks like it")


def test_a_weak_name_is_for_a_person_to_confirm(tmp_path: Path) -> None:
    columns = columns_of(tmp_path, "Student_ID,School,Day,Status")
    assert columns == {"student_id": "Student_ID", "school_id": "School", "date": "Day", "code": "Status"}
    tables = proposed(tmp_path / "in").tables["attendance"].columns
    assert "please confirm" in tables["date"].remark
    assert "please confirm" in tables["code"].remark
    assert "please confirm" not in tables["student_id"].remark


def test_ids_that_lost_their_zeros_are_noticed(tmp_path: Path) -> None:
    files = {"a.csv": attendance().replace("\n0000", "\n"), "s.csv": STUDENTS, "b.csv": SCHOOLS}
    proposal = proposed(folder_with(tmp_path / "in", files))
    (sentence,) = proposal.tables["attendance"].to_mend
    assert "attendance.student_id: the ids agree with those of the students file only without" in sentence
    assert "leading zeros" in sentence


def test_ids_of_another_kind_are_noticed(tmp_path: Path) -> None:
    files = {"a.csv": attendance().replace("\n0000", "\n9900"), "s.csv": STUDENTS, "b.csv": SCHOOLS}
    (sentence,) = proposed(folder_with(tmp_path / "in", files)).tables["attendance"].to_mend
    assert sentence.startswith("attendance.student_id: 100% of the ids are not in the students file")


def test_what_a_required_column_needs_is_said(tmp_path: Path) -> None:
    content = "SchoolID,CalendarDate,InSession\n" + "".join(f"0101,2025-09-{d:02d},Y\n" for d in range(1, 29))
    proposal = proposed(folder_with(tmp_path / "in", {"c.csv": content, "b.csv": SCHOOLS}))
    entry = proposal.tables["calendar"].columns["school_year"]
    assert entry.value == "TODO"
    assert "the year in which the school year ends" in entry.remark


def test_one_file_may_fill_two_tables(tmp_path: Path) -> None:
    """Demographics and spells in one export are read as both."""
    content = "Student_ID,School_Number,EntryDate,SchoolYear,Grade_Level,Gender\n" + "".join(
        f"{n:06d},0101,2025-08-20,2026,0{n % 9 + 1},F\n" for n in range(1, 30)
    )
    proposal = proposed(folder_with(tmp_path / "in", {"x.csv": content, "b.csv": SCHOOLS}))
    assert source(proposal, "students")["path"] == source(proposal, "enrollments")["path"] == "in/x.csv"
    assert proposal.placed == 2


def test_a_file_about_students_is_no_calendar(tmp_path: Path) -> None:
    """Membership by student and day has a calendar's columns, and is none."""
    content = "Student_ID,SchoolID,CalendarDate,SchoolYear,InSession\n" + "".join(
        f"{n:06d},0101,2025-09-08,2026,Y\n" for n in range(1, 30)
    )
    proposal = proposed(folder_with(tmp_path / "in", {"m.csv": content, "s.csv": STUDENTS}))
    assert source(proposal, "calendar")["path"] == "TODO"


def test_two_columns_of_one_name_are_to_be_mended(tmp_path: Path) -> None:
    content = attendance(header="student_id,school_id,date,date")
    proposal = proposed(
        folder_with(tmp_path / "in", {"a.csv": content.replace(",A", ",2025-09-08"), "s.csv": STUDENTS})
    )
    assert source(proposal, "attendance")["path"] == "TODO"
    content = attendance(header="student_id,date,date,code").replace(",0101,", ",2025-09-08,")
    proposal = proposed(folder_with(tmp_path / "two", {"a.csv": content, "s.csv": STUDENTS}))
    assert proposal.tables["attendance"].columns["date"].value == "TODO"
    assert proposal.tables["attendance"].to_mend == [
        "attendance: several columns are called date: give each a name of its own"
    ]


def test_meal_status_in_a_students_file_is_not_read(tmp_path: Path) -> None:
    """It is confidential; the audit's column is economic disadvantage."""
    students = "student_id,Gender,LunchStatus\n" + "".join(
        f"{n:06d},F,{'FRP'[n % 3]}\n" for n in range(1, 41)
    )
    proposal = proposed(folder_with(tmp_path / "in", {"s.csv": students}))
    assert proposal.tables["students"].not_read == ("LunchStatus",)
    assert "meal_programs" not in proposal.tables
