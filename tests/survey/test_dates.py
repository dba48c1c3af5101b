"""Dates are read in the one form that reads them all; where two do, a person decides."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ews.engine import literal, open_session
from ews.survey.column_facts import column_facts
from ews.survey.date_formats import formats_for
from ews.survey.dates import common_forms
from tests.survey.small import STUDENTS, attendance, folder_with, proposed, source


def date_setting(tmp_path: Path, days: tuple[str, ...]) -> tuple[str | None, str]:
    """What is proposed for dates, and the comment beside it."""
    folder = folder_with(tmp_path / "in", {"a.csv": attendance(days=days), "s.csv": STUDENTS})
    entry = proposed(folder).tables["attendance"].settings.get("date_format")
    return (entry.value, entry.remark) if entry else (None, "")


WRITTEN = {
    "2025-09-08 2025-09-13": ["%Y-%m-%d"],
    "09/08/2025 09/13/2025": ["%m/%d/%Y"],
    "9/8/2025 9/13/2025": ["%m/%d/%Y"],
    "9/8/25 9/13/25": ["%m/%d/%y"],
    "08/09/2025 13/09/2025": ["%d/%m/%Y"],
    "08.09.2025 13.09.2025": ["%d.%m.%Y"],
    "08-SEP-2025 13-SEP-2025": ["%d-%b-%Y"],
    "08-Sep-25 13-Sep-25": ["%d-%b-%y"],
    "20250908 20250913": ["%Y%m%d"],
    "09082025 09132025": ["%m%d%Y"],
    "2025-09-08T00:00:00 2025-09-13T00:00:00": ["%Y-%m-%dT%H:%M:%S"],
    "09/08/2025 10/12/2025": ["%m/%d/%Y", "%d/%m/%Y"],
    "9/8/2025_12:00:00_AM 9/13/2025_12:00:00_AM": ["%m/%d/%Y %I:%M:%S %p"],
    "2025-09-08 9/13/2025": [],
    "31/31/2025 30/30/2025": [],
    "0325-09-08 2025-09-13": [],
    "12345 67890": [],
    "A E": [],
}


def test_a_form_is_told_from_the_values() -> None:
    with open_session() as session:
        for values, forms in WRITTEN.items():
            cells = [each.replace("_", " ") for each in values.split()]
            rows = ", ".join(f"({literal(cell)})" for cell in [*cells, cells[0]])
            session.execute(f"CREATE OR REPLACE TEMP TABLE cells AS FROM (VALUES {rows}) AS t(c0)")
            (facts,) = column_facts(session, "cells", ["some day"])
            assert list(facts.date_formats) == forms, values


def test_a_file_with_iso_dates_needs_no_form(tmp_path: Path) -> None:
    assert date_setting(tmp_path, ("2025-09-08", "2025-09-09")) == (None, "")


def test_the_order_of_day_and_month_is_left_open_when_no_value_decides_it(tmp_path: Path) -> None:
    value, remark = date_setting(tmp_path, ("09/08/2025", "09/10/2025", "10/12/2025"))
    assert value == "TODO"
    assert '"%m/%d/%Y" (month first) or "%d/%m/%Y" (day first)' in remark


def test_one_value_with_a_part_above_twelve_decides_for_the_whole_file(tmp_path: Path) -> None:
    """Also when it stands far below what a sample would see."""
    days = tuple(f"{1 + day % 12:02d}/{1 + day // 12 % 12:02d}/2025" for day in range(144))
    rows = attendance(days=days, students=range(1, 201)) + "000001,0101,09/13/2025,A\n"
    folder = folder_with(tmp_path / "in", {"a.csv": rows, "s.csv": STUDENTS})
    assert source(proposed(folder), "attendance")["date_format"] == "%m/%d/%Y"


def test_a_second_date_column_decides_for_the_first(tmp_path: Path) -> None:
    rows = "".join(f"{n:06d},0101,08/09/2025,06/{n + 12}/2026,2026,0{n}\n" for n in range(1, 10))
    content = f"student_id,school_id,entry_date,exit_date,school_year,grade\n{rows}"
    folder = folder_with(tmp_path / "in", {"e.csv": content, "s.csv": STUDENTS})
    assert source(proposed(folder), "enrollments")["date_format"] == "%m/%d/%Y"


def test_the_other_files_of_the_folder_are_named_and_do_not_decide(tmp_path: Path) -> None:
    calendar = "school_id,date,school_year,instructional\n" + "".join(
        f"0101,09/{day}/2025,2026,true\n" for day in range(1, 30)
    )
    files = {"a.csv": attendance(days=("09/08/2025", "09/10/2025")), "c.csv": calendar, "s.csv": STUDENTS}
    proposal = proposed(folder_with(tmp_path / "in", files))
    entry = proposal.tables["attendance"].settings["date_format"]
    assert entry.value == "TODO"
    assert 'the other files are "%m/%d/%Y"' in entry.remark


def test_columns_that_are_written_differently_are_said(tmp_path: Path) -> None:
    rows = "".join(f"{n:06d},0101,2025-08-{n + 9},6/{n + 12}/2026,2026,0{n}\n" for n in range(1, 10))
    content = f"student_id,school_id,entry_date,exit_date,school_year,grade\n{rows}"
    proposal = proposed(folder_with(tmp_path / "in", {"e.csv": content, "s.csv": STUDENTS}))
    entry = proposal.tables["enrollments"].settings["date_format"]
    assert entry.value == "TODO"
    assert "the columns are written differently" in entry.remark


def test_a_column_in_two_forms_is_no_date_column(tmp_path: Path) -> None:
    files = {"a.csv": attendance(days=("2025-09-08", "9/13/2025")), "s.csv": STUDENTS}
    folder = folder_with(tmp_path / "in", files)
    assert "date_format" not in source(proposed(folder), "attendance")
    assert source(proposed(folder), "attendance")["columns"]["date"] == "TODO"


def test_a_value_far_down_that_no_form_reads_is_said(tmp_path: Path) -> None:
    days = tuple(f"2025-{month:02d}-{day:02d}" for month in range(1, 8) for day in range(1, 29))
    rows = attendance(days=days, students=range(1, 111)) + "000001,0101,soon,A\n"
    folder = folder_with(tmp_path / "in", {"a.csv": rows, "s.csv": STUDENTS})
    entry = proposed(folder).tables["attendance"].settings["date_format"]
    assert (entry.value, entry.remark) == ("TODO", "no single form reads every value of date")


@given(
    day=st.dates(min_value=dt.date(1990, 1, 1), max_value=dt.date(2099, 12, 31)),
    form=st.sampled_from(["%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%d-%b-%Y", "%Y%m%d", "%m/%d/%Y %I:%M %p"]),
)
def test_the_form_that_wrote_a_date_is_among_those_that_are_tried(day: dt.date, form: str) -> None:
    written = dt.datetime.combine(day, dt.time()).strftime(form)
    shape = "".join("9" if char.isdigit() else "a" if char.isalpha() else char for char in written)
    runs = "".join(char for at, char in enumerate(shape) if char not in "9a" or shape[at - 1 : at] != char)
    assert form in formats_for((runs,))


def test_a_form_counts_only_if_it_reads_every_column() -> None:
    both = ("%m/%d/%Y", "%d/%m/%Y")
    assert common_forms({"entry_date": both, "exit_date": both}) == both
    assert common_forms({"entry_date": both, "exit_date": both[1:]}) == both[1:]
    assert common_forms({"entry_date": both[:1], "exit_date": both[1:]}) == ()
    assert common_forms({}) == ()


@pytest.mark.parametrize(
    ("label", "begins", "mapping"),
    [
        ("2026", "2025-08-20", None),
        ("2025", "2025-08-20", {"2025": "2026"}),
        ("2025-26", "2025-08-20", {"2025-26": "2026"}),
        ("2025-2026", "2025-08-20", {"2025-2026": "2026"}),
        ("2024", "2026-08-20", {"2024": "TODO"}),
        ("2025-27", "2025-08-20", {"2025-27": "TODO"}),
    ],
)
def test_a_school_year_is_compared_with_its_dates(
    tmp_path: Path, label: str, begins: str, mapping: dict[str, str] | None
) -> None:
    rows = "".join(f"{n:06d},0101,{begins},{label},0{n}\n" for n in range(1, 10))
    content = f"student_id,school_id,entry_date,school_year,grade\n{rows}"
    proposal = proposed(folder_with(tmp_path / "in", {"e.csv": content, "s.csv": STUDENTS}))
    codes = source(proposal, "enrollments").get("codes", {})
    assert codes.get("school_year") == mapping
