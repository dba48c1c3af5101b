"""Faults that a night meets, each as a change of a district's extracts, with what the night has to say."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tests.pipeline.at_work import AtWork

NEW_STUDENT = "77777771"
NEW_SCHOOL = "0009"


@dataclass(frozen=True)
class Fault:
    """A change of the extracts, and a passage of what is said about it."""

    make: Callable[[AtWork], None]
    said: str


def extract(district: AtWork, table: str) -> Path:
    return district.folder / "extracts" / f"{table}.csv"


def _file(table: str, change: Callable[[bytes], bytes]) -> Callable[[AtWork], None]:
    def make(district: AtWork) -> None:
        path = extract(district, table)
        path.write_bytes(change(path.read_bytes()))

    return make


def _rows(table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[AtWork], None]:
    return lambda district: district.change_extract(table, change)


def _gone(table: str) -> Callable[[AtWork], None]:
    return lambda district: extract(district, table).unlink()


def _cut_between_rows(content: bytes) -> bytes:
    return content[: content.rindex(b"\n", 0, len(content) * 8 // 10) + 1]


def _swap(district: AtWork) -> None:
    shutil.copy(extract(district, "attendance"), extract(district, "enrollments"))


def _exchange(district: AtWork) -> None:
    one, other = extract(district, "attendance"), extract(district, "nurse_visits")
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def _another_day(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows, rows.tail(50).assign(code="E"), rows.tail(50).assign(code="A")])


def _transferred(school: str, students: int = 30) -> Callable[[AtWork], None]:
    """Thirty students leave for a school in January."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        still = rows.index[(rows["school_year"] == "2026") & (rows["exit_date"] == "")][:students]
        arriving = rows.loc[still].assign(school_id=school, entry_date="2026-01-12")
        left = rows.copy()
        left.loc[still, "exit_date"] = "2026-01-09"
        return pd.concat([left, arriving])

    return _rows("enrollments", change)


def a_new_school(district: AtWork) -> None:
    """A school opens after the holidays: it is in schools, calendar and enrollments."""
    district.change_extract(
        "schools",
        lambda rows: pd.concat(
            [rows, rows.head(1).assign(school_id=NEW_SCHOOL, school_name="A School That Opened")]
        ),
    )
    district.change_extract(
        "calendar",
        lambda rows: pd.concat(
            [
                rows,
                rows.loc[(rows["school_id"] == "0001") & (rows["date"] >= "2026-01-12")].assign(
                    school_id=NEW_SCHOOL
                ),
            ]
        ),
    )
    _transferred(NEW_SCHOOL)(district)


def an_empty_school(district: AtWork) -> None:
    """All students of a school leave it on a Tuesday."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        here = (rows["school_id"] == "0003") & (rows["school_year"] == "2026")
        stays = (rows["exit_date"] == "") | (rows["exit_date"] > "2026-01-13")
        left = rows.assign(exit_date=rows["exit_date"].where(~(here & stays), "2026-01-13"))
        return left.loc[~(here & (rows["entry_date"] > "2026-01-13"))]

    district.change_extract("enrollments", change)


def a_student_with_zero_days(district: AtWork) -> None:
    """Somebody enters, the day before, a school that has taken no attendance yet."""
    district.change_extract(
        "students", lambda rows: pd.concat([rows, rows.head(1).assign(student_id=NEW_STUDENT)])
    )
    entry = {
        "student_id": NEW_STUDENT,
        "school_id": NEW_SCHOOL,
        "entry_date": "2026-01-15",
        "exit_date": "",
        "school_year": "2026",
        "grade": "06",
    }
    district.change_extract("enrollments", lambda rows: pd.concat([rows, pd.DataFrame([entry])]))


REFUSED: dict[str, Fault] = {
    "missing: attendance": Fault(_gone("attendance"), "attendance: no file is there"),
    "missing: directory": Fault(_gone("directory"), "directory: no file is there"),
    "empty: 0 bytes": Fault(_file("attendance", lambda _: b""), "attendance: the file is empty"),
    "empty: directory of 0 bytes": Fault(_file("directory", lambda _: b""), "directory: the file is empty"),
    "empty: enrollments with a header only": Fault(
        _rows("enrollments", lambda rows: rows.head(0)), "enrollments: the source has a header and no rows"
    ),
    "truncated: in a row": Fault(
        _file("attendance", lambda content: content[: len(content) // 2 - 1]),
        "without the end of its last line",
    ),
    "swapped: attendance for enrollments": Fault(_swap, "enrollments: columns missing: entry_date"),
    "swapped: attendance and visits": Fault(_exchange, "attendance: columns missing"),
    "duplicated: rows that contradict each other": Fault(_rows("attendance", _another_day), "attendance: "),
    "re-encoded: UTF-16": Fault(
        _file("attendance", lambda content: content.decode().encode("utf-16")), "byte-order mark of UTF-16"
    ),
    "re-encoded: Latin-1": Fault(
        _file("schools", lambda content: content.decode().replace("Alder", "Aldér").encode("latin-1")),
        "schools: the file is not in UTF-8",
    ),
    "wrong year: dates of the next": Fault(
        _rows("attendance", lambda rows: rows.assign(date=rows["date"].str.replace("2026-", "2027-"))),
        "a day outside the calendar",
    ),
    "a new code": Fault(
        _rows(
            "attendance", lambda rows: rows.assign(code=rows["code"].where(rows["date"] != "2026-01-15", "Q"))
        ),
        "are not mapped",
    ),
    "a new school in enrollments only": Fault(_transferred(NEW_SCHOOL), "an unknown school"),
}
"""Exit 20: nothing is loaded, nothing is published."""

SHORT: dict[str, Fault] = {
    "empty: attendance with a header only": Fault(
        _rows("attendance", lambda rows: rows.head(0)), "Attendance: the full extract has 0 rows"
    ),
    "truncated: between two rows": Fault(
        _file("attendance", _cut_between_rows), "Attendance: the full extract has "
    ),
    "wrong year: last year's file": Fault(
        _rows("attendance", lambda rows: rows.loc[rows["date"] < "2025-07-01"]),
        "Attendance: the full extract has ",
    ),
    "wrong year: last year's enrollments": Fault(
        _rows("enrollments", lambda rows: rows.loc[rows["school_year"] != "2026"]),
        "Enrollments: the full extract has ",
    ),
}
"""Exit 10: lists are made of what the store holds, which the file takes nothing from, and it is said."""


def twice_in_one_file(district: AtWork) -> None:
    district.change_extract("attendance", lambda rows: pd.concat([rows, rows]))


def twice_in_two_files(district: AtWork) -> None:
    shutil.copy(extract(district, "attendance"), district.folder / "extracts" / "attendance (1).csv")
    district.edit("path: extracts/attendance.csv", "path: extracts/attendance*.csv")
