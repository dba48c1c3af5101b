"""Workbooks as offices keep them: what a cell means is read; what the file no longer has is not made up."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from ews.extracts.delivered_bytes import FileFault
from ews.extracts.excel import read_sheet
from ews.extracts.schema import DIRECTORY
from ews.sources import DirectorySource
from tests.sources.delivery import CANARY, ROWS, configured, delivered, lines_of, read, read_table

HEADER = ("student_id", "school_id", "date", "code")


def workbook(*sheets: tuple[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def one_sheet(*rows: Sequence[Any]) -> bytes:
    """A workbook whose only sheet has these rows below the header."""
    return workbook(("Export", [HEADER, *rows]))


def with_sheet_text(content: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with the text of its first sheet changed, as another program might have written it."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert old in part
                part = part.replace(old, new)
            after.writestr(name, part)
    return changed.getvalue()


def test_cells_are_read_by_what_they_mean(tmp_path: Path) -> None:
    content = one_sheet(
        ("00123", 7.0, dt.date(2025, 9, 9), "A"),
        (123, 7, dt.datetime(2025, 9, 10, 8, 30), True),
        (0.1 + 0.2, 999_999_999_999_999, "2025-09-11", "  padded  "),
    )
    assert delivered(tmp_path, content, "attendance.xlsx").rows == [
        ("00123", "7", "2025-09-09", "A"),
        ("123", "7", "2025-09-10 08:30:00", "true"),
        ("0.3", "999999999999999", "2025-09-11", "padded"),
    ]


def test_a_number_that_excel_cannot_keep_exactly_is_refused(tmp_path: Path) -> None:
    content = one_sheet(*ROWS, (10**15, "s1", "2025-09-09", "A"))
    refusal = delivered(tmp_path, content, "attendance.xlsx").only_refusal
    assert refusal.where == "attendance.xlsx, line 5"
    assert "15 digits" in refusal.sentence


def test_one_of_several_sheets_must_be_named(tmp_path: Path) -> None:
    content = workbook(("Notes", [("read me",)]), ("Attendance 25-26", [HEADER, *ROWS]))
    refusal = delivered(tmp_path, content, "attendance.xlsx").only_refusal
    assert "Notes, Attendance 25-26" in refusal.sentence
    assert "sheet: NAME" in refusal.next_step
    assert delivered(tmp_path, content, "attendance.xlsx", sheet="Attendance 25-26").rows == ROWS
    wrong = delivered(tmp_path, content, "attendance.xlsx", sheet="Attendance").only_refusal
    assert "no sheet 'Attendance'" in wrong.sentence


def test_lines_are_the_rows_of_the_sheet_and_empty_rows_are_none(tmp_path: Path) -> None:
    content = one_sheet(ROWS[0], (), (None, " ", ""), ROWS[1], ())
    done = delivered(tmp_path, content, "attendance.xlsx")
    assert [row for row in done.rows if row[0]] == ROWS[:2]
    (tmp_path / "attendance.xlsx").write_bytes(one_sheet(ROWS[0], (), (), ROWS[1], ()))
    lines = lines_of(configured(tmp_path, path="attendance.xlsx"))
    assert lines == [("attendance.xlsx", 2), ("attendance.xlsx", 5)]


def test_a_sheet_that_states_its_size_wrongly_loses_no_row(tmp_path: Path) -> None:
    content = one_sheet(*ROWS)
    lying = with_sheet_text(content, b'<dimension ref="A1:D4"', b'<dimension ref="A1:B2"')
    assert delivered(tmp_path, lying, "attendance.xlsx").rows == ROWS


def test_a_formula_counts_by_the_value_that_was_computed(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "attendance.xlsx")
    sheet = book.add_worksheet()
    for at, row in enumerate((HEADER, *ROWS)):
        sheet.write_row(at, 0, row)
    sheet.write_formula(1, 1, '="s"&"1"', None, "s1")
    sheet.write_formula(2, 3, '=""', None, "")
    book.close()
    cell = b'<c r="D3"><f>""</f><v></v>'
    as_excel_writes_it = with_sheet_text(
        (tmp_path / "attendance.xlsx").read_bytes(), cell, cell.replace(b'"D3"', b'"D3" t="str"')
    )
    done = delivered(tmp_path, as_excel_writes_it, "attendance.xlsx")
    assert done.rows == [ROWS[0], (*ROWS[1][:3], None), ROWS[2]]


def test_a_formula_that_was_never_computed_is_refused_and_not_read_as_empty(tmp_path: Path) -> None:
    content = one_sheet(*ROWS, (f"{CANARY}-4", "=B2", "2025-09-09", "A"))
    refusal = delivered(tmp_path, content, "attendance.xlsx").only_refusal
    assert "formulas" in refusal.sentence
    for value in (b"<v/>", b"<v></v>", b""):
        other = with_sheet_text(content, b"<v />", value)
        assert delivered(tmp_path, other, "attendance.xlsx").refusals


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 and then nothing", "corrupt"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "password"),
        (workbook(("Export", [(), HEADER, *ROWS])), "first row is empty"),
        (one_sheet((*ROWS[0], "more")), "more cells than the header"),
    ],
)
def test_a_workbook_that_cannot_be_trusted_is_refused(content: bytes, found: str, tmp_path: Path) -> None:
    assert found in delivered(tmp_path, content, "attendance.xlsx").only_refusal.sentence


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "docProps/app.xml"])
def test_a_workbook_with_a_damaged_part_is_refused(part: str, tmp_path: Path) -> None:
    content = bytearray(one_sheet(*ROWS))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        content[archive.getinfo(part).header_offset + 60] ^= 0xFF
    assert delivered(tmp_path, bytes(content), "attendance.xlsx").only_refusal.name == "unreadable source"


def test_a_column_given_twice_or_without_a_name_does_not_shift_the_others(tmp_path: Path) -> None:
    rows = [("note", "", "student_id", "note", "school_id", "date", "code"), ("a", "b", *ROWS[0][:1], "c")]
    content = workbook(("Export", [rows[0], (*rows[1], *ROWS[0][1:])]))
    assert delivered(tmp_path, content, "attendance.xlsx").rows == ROWS[:1]
    twice = workbook(("Export", [(*HEADER, "code"), (*ROWS[0], "E")]))
    assert "given twice: code" in delivered(tmp_path, twice, "attendance.xlsx").only_refusal.sentence


def test_the_files_that_excel_leaves_beside_an_open_workbook_are_no_delivery(tmp_path: Path) -> None:
    (tmp_path / "~$attendance.xlsx").write_bytes(b"lock")
    (tmp_path / "attendance.xlsx").write_bytes(one_sheet(*ROWS))
    assert read(configured(tmp_path, path="*.xlsx")).rows == ROWS


def test_the_directory_of_names_may_be_a_workbook(tmp_path: Path) -> None:
    rows = [("student_id", "first_name", "last_name"), ("00123", "Zoë", "Núñez")]
    (tmp_path / "names.xlsx").write_bytes(workbook(("Notes", []), ("Names", rows)))
    source = DirectorySource(path="names.xlsx", sheet="Names")
    done = read_table(DIRECTORY, source, configured(tmp_path))
    assert done.rows == [("00123", "Zoë", "Núñez", None)]


def test_a_sheet_of_many_rows_is_streamed(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "large.xlsx", {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    for at in range(1, 6_001):
        sheet.write_row(at, 0, (str(at), "s1", "2025-09-09", "A"))
    book.close()
    assert read_sheet(tmp_path / "large.xlsx", tmp_path).rows == 6_000
    with pytest.raises(FileFault):
        read_sheet(tmp_path / "large.xlsx", tmp_path, "Other")
