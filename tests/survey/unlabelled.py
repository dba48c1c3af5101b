"""Eight exports as three systems would write them, none of them labelled, made from a simulated district."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl

Row = dict[str, str]

ATTENDANCE_CODES = {
    "A": ("UNX", "absent_unexcused"),
    "E": ("EXC", "absent_excused"),
    "S": ("OSS", "absent_suspension"),
    "I": ("ISS", "in_school_suspension"),
    "T": ("TDY", "tardy"),
    "X": ("HB", "exempt"),
    "P": ("PRS", "present"),
}
DISPOSITIONS = {"returned_to_class": "RTC", "sent_home": "HOME", "emergency": "EMS", "other": "Other"}
ELIGIBILITIES = {"free": "F", "reduced": "R", "paid": "P", "cep": "C"}
FREE_TEXT = ("called the mother of {name} at 555-0142", "asthma of {name}, inhaler given")


def write_exports(extracts: Path, folder: Path) -> None:
    """Write ``export1`` to ``export8`` from canonical extracts."""
    folder.mkdir(parents=True)
    _schools(read(extracts / "schools.csv"), folder / "export1.csv")
    _calendar(read(extracts / "calendar.csv"), folder / "export2.txt")
    _students(read(extracts / "students.csv"), read(extracts / "directory.csv"), folder / "export3.csv")
    _enrollments(read(extracts / "enrollments.csv"), folder / "export4.csv.gz")
    _attendance(read(extracts / "attendance.csv"), folder / "export5.csv")
    _visits(read(extracts / "nurse_visits.csv"), read(extracts / "directory.csv"), folder / "export6.csv")
    _meals(read(extracts / "meal_programs.csv"), folder / "export7.xlsx")
    write(folder / "export8.csv", ["Staff Member", "Room", "Extension"], [["A. Nurse", "104", "4411"]])


def read(file: Path) -> list[Row]:
    """Read a canonical extract."""
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def write(
    file: Path,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> None:
    """Write a file of text, compressed if its name says so."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([header, *rows])
    content = text.getvalue().encode(encoding)
    file.write_bytes(gzip.compress(content, mtime=0) if file.suffix == ".gz" else content)


def dated(form: str) -> Callable[[str], str]:
    """Return a function that writes an ISO date in another form; empty stays empty."""
    return lambda text: dt.date.fromisoformat(text).strftime(form) if text else ""


def _schools(rows: list[Row], file: Path) -> None:
    cells = [
        [
            row["school_id"],
            f"École {row['school_name']}",
            row["level"].title(),
            "Y" if row["cep"] == "true" else "N",
        ]
        for row in rows
    ]
    write(file, ["School Number", "School Name", "School Level", "CEP Status"], cells, encoding="cp1252")


def _calendar(rows: list[Row], file: Path) -> None:
    american = dated("%m/%d/%Y")
    cells = [
        [
            row["school_id"],
            american(row["date"]),
            f"{int(row['school_year']) - 1}-{row['school_year'][2:]}",
            "1" if row["instructional"] == "true" else "0",
            row["minutes"],
        ]
        for row in rows
    ]
    header = ["SchoolID", "CalendarDate", "SchoolYear", "InSession", "Instructional Minutes"]
    write(file, header, cells, delimiter="\t")


def _students(rows: list[Row], names: list[Row], file: Path) -> None:
    named = {row["student_id"]: (row["last_name"], row["first_name"]) for row in names}
    cells = [
        [
            row["student_id"],
            *named.get(row["student_id"], ("Zabarowski", "Theodosia")),
            f"{at % 12 + 1}/{at % 28 + 1}/2012",
            *[row[key] for key in ("sex", "race_ethnicity", "english_learner", "disability")],
            *[row[key] for key in ("economically_disadvantaged", "homeless", "foster")],
            f"guardian{at}@example.org",
        ]
        for at, row in enumerate(rows)
    ]
    header = [
        *["StudentNumber", "LastName", "FirstName", "Birth Date", "Gender", "RaceEthnicity", "ELL", "SPED"],
        *["EcoDis", "Homeless Flag", "Foster Care", "Guardian Email"],
    ]
    write(file, header, cells, encoding="utf-8-sig", delimiter=";")


def _enrollments(rows: list[Row], file: Path) -> None:
    german = dated("%d-%b-%Y")
    cells = [
        [
            row["student_id"],
            row["school_id"],
            german(row["entry_date"]),
            german(row["exit_date"]),
            str(int(row["school_year"]) - 1),
            "K" if row["grade"] == "KG" else row["grade"].lstrip("0"),
        ]
        for row in rows
    ]
    header = ["Stu_ID", "Building", "Entry Date", "Withdraw Date", "SchYr", "Grade_Level"]
    write(file, header, cells)


def _attendance(rows: list[Row], file: Path) -> None:
    american = dated("%m/%d/%Y")
    cells = [
        [
            row["student_id"],
            row["school_id"],
            american(row["date"]),
            ATTENDANCE_CODES[row["code"]][0],
            row["absent_fraction"],
            row["recorded_at"],
            "M. Teacher",
        ]
        for row in rows
    ]
    header = ["PupilID", "School Number", "AttDate", "Absence Code", "DaysAbsent", "Last Modified", "Teacher"]
    write(file, header, cells, encoding="utf-16")


def _visits(rows: list[Row], names: list[Row], file: Path) -> None:
    named = {row["student_id"]: f"{row['first_name']} {row['last_name']}" for row in names}
    cells = [
        [
            row["visit_id"],
            row["student_id"],
            row["date"],
            row["category"].replace("_", " ").capitalize(),
            DISPOSITIONS[row["disposition"]],
            FREE_TEXT[at % 2].format(name=named.get(row["student_id"], "Theodosia")),
        ]
        for at, row in enumerate(rows)
    ]
    header = ["Visit Number", "Student ID", "Visit Date", "Reason for Visit", "Outcome", "Nurse Comment"]
    write(file, header, cells, delimiter="|")


def _meals(rows: list[Row], file: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["Student ID", "Meal", "Start Date", "End Date", "Elig Code"])
    for row in rows:
        sheet.append(
            [
                row["student_id"],
                row["program"].title(),
                row["start_date"],
                row["end_date"] or None,
                ELIGIBILITIES[row["eligibility"]],
            ]
        )
    workbook.save(file)
