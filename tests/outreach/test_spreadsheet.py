"""Spreadsheets: no formula, the contract's header, notices that can be seen, ready to print."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook

from ews.outreach.lists import write_lists
from tests.outreach.sample_lists import AS_OF, CANARIES, context, student, two_schools


def workbook(folder: Path, listed: pd.DataFrame, school: str = "s1", **changes: object) -> Workbook:
    write_lists(folder, listed, context=context(**changes))
    return load_workbook(folder / f"{school}.xlsx")


def drawings(path: Path) -> str:
    with zipfile.ZipFile(path) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist() if "drawing" in name)


def test_the_first_sheet_reads_like_the_csv(tmp_path: Path) -> None:
    workbook(tmp_path, two_schools())
    types = {"student_id": str, "grade": str, "homeroom": str}
    sheet = pd.read_excel(tmp_path / "s1.xlsx", dtype=types)
    table = pd.read_csv(tmp_path / "s1.csv", dtype=types)
    contract = sheet[list(table.columns)]
    pd.testing.assert_frame_equal(contract, table, check_dtype=False, atol=0.00005)
    assert list(sheet.columns[: len(table.columns)]) == list(table.columns)


def test_what_goes_well_stands_after_the_contracts_columns(tmp_path: Path) -> None:
    workbook(tmp_path, two_schools())
    sheet = pd.read_excel(tmp_path / "s1.xlsx")
    beside = ["going_well_1", "going_well_2", "weeks_on_list", "next_step", "contact"]
    assert list(sheet.columns[16:]) == beside
    assert set(sheet["going_well_1"]) == {"No absence in the last 20 school days"}
    assert sheet["going_well_2"].isna().all()
    assert "going_well" not in (tmp_path / "s1.csv").read_text()


@pytest.mark.parametrize("text", CANARIES)
def test_no_cell_is_a_formula_or_a_link_whatever_a_name_looks_like(tmp_path: Path, text: str) -> None:
    columns = (
        "first_name",
        "last_name",
        "homeroom",
        "student_id",
        "reason_1",
        "going_well_1",
        "change",
        "contact",
    )
    listed = pd.DataFrame([student("1", **dict.fromkeys(columns, text))])
    for sheet in workbook(tmp_path, listed, banners=[text]):
        for row in sheet.iter_rows():
            assert not [cell for cell in row if cell.data_type == "f" or cell.hyperlink]
    assert unescape(load_workbook(tmp_path / "s1.xlsx").active["D2"].value) == text


def test_an_id_with_leading_zeros_stays_a_text(tmp_path: Path) -> None:
    assert workbook(tmp_path, pd.DataFrame([student("00123")])).active["B2"].value == "00123"


def test_the_header_stays_in_sight_filters_and_explains_each_column(tmp_path: Path) -> None:
    sheet = workbook(tmp_path, two_schools()).active
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:U5"
    assert all(cell.comment and cell.comment.text for cell in sheet[1])
    assert "further whole days of absence" in sheet["L1"].comment.text


def test_rates_are_shown_in_percent_and_prints_one_page_wide(tmp_path: Path) -> None:
    sheet = workbook(tmp_path, two_schools()).active
    assert sheet["J2"].number_format == "0.0%"
    assert sheet["J2"].value == pytest.approx(0.08125)
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$1:$1"


def test_notices_stand_in_sight_below_the_rows_and_in_the_explanation(tmp_path: Path) -> None:
    notice = "Signed off until 2026-06-30."
    book = workbook(tmp_path, two_schools(), banners=[notice])
    assert notice in drawings(tmp_path / "s1.xlsx")
    explained = [cell.value for row in book["About this list"].iter_rows() for cell in row]
    assert notice in explained
    assert any(str(text).startswith("A priority for support") for text in explained)


def test_an_empty_list_says_so_on_the_sheet(tmp_path: Path) -> None:
    workbook(tmp_path, two_schools())
    assert "No student of this school is on the list" in drawings(tmp_path / "s3.xlsx")


def test_the_workbook_is_dated_by_its_list_not_by_the_clock(tmp_path: Path) -> None:
    properties = workbook(tmp_path, two_schools()).properties
    assert properties.created.date() == AS_OF
    assert properties.modified.date() == AS_OF


def test_no_part_of_the_workbook_fetches_anything(tmp_path: Path) -> None:
    workbook(tmp_path, two_schools(), banners=["DEMO"])
    with zipfile.ZipFile(io.BytesIO((tmp_path / "s1.xlsx").read_bytes())) as parts:
        for name in parts.namelist():
            assert b'TargetMode="External"' not in parts.read(name)
            assert not re.search(rb"<f>|<f ", parts.read(name)), name


def test_a_header_with_a_command_sign_is_printed_as_written(tmp_path: Path) -> None:
    roster = pd.DataFrame({"school_id": ["s1"], "school_name": ["Arts & Sciences"]})
    sheet = workbook(tmp_path, pd.DataFrame([student("1")]), schools=roster).active
    assert "Arts && Sciences" in str(sheet.HeaderFooter.oddHeader or sheet.oddHeader.left.text)
