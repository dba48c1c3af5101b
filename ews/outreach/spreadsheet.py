"""One school's list as a spreadsheet whose bytes depend on its contents alone."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from ews.outreach.columns import (
    EMPTY_LIST,
    FOOTNOTE,
    LEFT,
    MEANINGS,
    RATES,
    SECTIONS,
    WHOLE_NUMBERS,
    Record,
)

_WIDTHS = {
    "rank": 7,
    "student_id": 14,
    "first_name": 16,
    "last_name": 18,
    "grade": 8,
    "section": 11,
    "change": 10,
    "reason_1": 32,
    "reason_2": 32,
    "reason_3": 32,
    "going_well_1": 28,
    "going_well_2": 28,
    "next_step": 32,
    "contact": 32,
    "counselor": 20,
}
_OTHER_WIDTH = 14
_LINE_HEIGHT = 15.0
_ABOUT_CHARACTERS = 90
_LAST_PRINTED = "change"
_NUMBERS = (WHOLE_NUMBERS - {"rank"}) | RATES | {"absences"}
_SENTENCES = ("reason", "going_well", "next_step", "contact")

LIST_SHEET, ABOUT_SHEET, LEAVING_SHEET = "Outreach list", "About this list", "No longer listed"

_OPTIONS = {
    # In memory: a spreadsheet with names never lies in a shared temporary folder.
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def spreadsheet(
    records: Sequence[Record],
    columns: Sequence[str],
    *,
    title: str,
    as_of: dt.date,
    notices: Sequence[str],
    leaving: Sequence[Record],
    leaving_columns: Sequence[str],
) -> bytes:
    """Return a workbook: the list, its explanation, and who is no longer listed.

    Row 1 holds the column names, the contract's first, so that a program reads the sheet as it reads the CSV;
    the notices therefore stand in a text box below the rows, in the printed header, and on the second sheet.

    Parameters
    ----------
    records : sequence of mappings
        One per student, as :func:`ews.outreach.columns.list_records` orders them.
    columns : sequence of str
        Column order.
    title : str
        School, list and date.
    as_of : date
        Also the workbook's date of creation: with today's date the bytes would differ from run to run.
    notices : sequence of str
        Watermark, sign-off and stale-data sentences.
    leaving : sequence of mappings
        One per student who left the list, with ``leaving_columns``.
    """
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream, _OPTIONS)
    workbook.set_properties({"title": title, "created": dt.datetime.combine(as_of, dt.time())})
    said = [*notices, *([] if records else [EMPTY_LIST])]
    _write_list(workbook, records, columns, title, said)
    _write_explanation(workbook, columns, title, said)
    _write_leaving(workbook, leaving, leaving_columns, title)
    workbook.close()
    return stream.getvalue()


def _write_list(
    workbook: Any, records: Sequence[Record], columns: Sequence[str], title: str, said: list[str]
) -> None:
    sheet = workbook.add_worksheet(LIST_SHEET)
    bold = {"bold": True, "bottom": 2, "text_wrap": True, "valign": "vcenter"}
    heading, over_numbers = (workbook.add_format(bold | {"align": side}) for side in ("left", "right"))
    formats = {column: workbook.add_format(_cell_format(column)) for column in columns}
    sheet.set_row(0, 32)
    for number, column in enumerate(columns):
        sheet.set_column(number, number, _WIDTHS.get(column, _OTHER_WIDTH))
        sheet.write_string(0, number, column, over_numbers if column in _NUMBERS else heading)
        sheet.write_comment(0, number, MEANINGS[column], {"author": "", "x_scale": 1.8})
    for row, record in enumerate(records, start=1):
        sheet.set_row(row, _row_height(record))
        for number, column in enumerate(columns):
            _write_cell(sheet, row, number, record[column], formats[column])
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(len(records), 1), len(columns) - 1)
    if said:
        box = {"width": 760, "height": 28 + 34 * len(said), "line": {"width": 1.5}, "font": {"size": 11}}
        sheet.insert_textbox(len(records) + 2, 0, "\n".join(said), box)
    # What stands beside the contract is for the screen: printed with it, a row is too small to read.
    sheet.print_area(0, 0, len(records) + 2 * (len(said) + 2), columns.index(_LAST_PRINTED))
    _set_up_print(sheet, title)


def _write_cell(sheet: Any, row: int, number: int, value: object, style: Any) -> None:
    if value is None:
        sheet.write_blank(row, number, None, style)
    elif isinstance(value, str):
        # write_string, never write: a text that begins with "=" is then a text.
        sheet.write_string(row, number, value, style)
    else:
        sheet.write_number(row, number, value, style)


def _write_explanation(workbook: Any, columns: Sequence[str], title: str, said: list[str]) -> None:
    sheet = workbook.add_worksheet(ABOUT_SHEET)
    bold = workbook.add_format({"bold": True, "valign": "top"})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    sections = [(f"section: {name}", f"{head}. {text}") for name, (head, text) in SECTIONS.items()]
    lines = [
        ("List", title),
        *(("Note", each) for each in said),
        ("Use", FOOTNOTE),
        (LEAVING_SHEET, LEFT),
        *sections,
        *((column, MEANINGS[column]) for column in columns),
    ]
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, _ABOUT_CHARACTERS + 10)
    for row, (label, text) in enumerate(lines):
        # Set, because not every program measures wrapped text when it opens a file.
        sheet.set_row(row, _LINE_HEIGHT * max(1, -(-len(text) // _ABOUT_CHARACTERS)))
        sheet.write_string(row, 0, label, bold)
        sheet.write_string(row, 1, text, wrapped)
    _set_up_print(sheet, title)


def _write_leaving(workbook: Any, leaving: Sequence[Record], columns: Sequence[str], title: str) -> None:
    sheet = workbook.add_worksheet(LEAVING_SHEET)
    bold = workbook.add_format({"bold": True, "bottom": 2})
    plain = workbook.add_format({"valign": "top"})
    for number, column in enumerate(columns):
        sheet.set_column(number, number, _WIDTHS.get(column, _OTHER_WIDTH))
        sheet.write_string(0, number, column, bold)
    for row, record in enumerate(leaving, start=1):
        for number, column in enumerate(columns):
            _write_cell(sheet, row, number, record[column], plain)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(leaving), 1), len(columns) - 1)
    _set_up_print(sheet, title)


def _set_up_print(sheet: Any, title: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(1)  # US letter
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.8)
    sheet.repeat_rows(0)
    # "&" begins a command in a header; 255 characters is what a spreadsheet accepts.
    sheet.set_header(f"&L&B{title[:100].replace('&', '&&')}")
    sheet.set_footer(f"&L&8{FOOTNOTE}&R&8&P / &N")


def _cell_format(column: str) -> dict[str, object]:
    if column in RATES:
        number = "0.0%" if column == "absence_rate" else "0%"
        return {"num_format": number, "valign": "top"}
    if column.startswith(_SENTENCES):
        return {"text_wrap": True, "valign": "top", "align": "left", "indent": 1}
    if column == "rank":
        return {"valign": "top", "align": "center"}
    return {"valign": "top"}


def _row_height(record: Record) -> float:
    # Set, because not every program measures wrapped text when it opens a file; at most six lines.
    lines = [
        -(-len(str(value)) // (_WIDTHS[name] - 4))
        for name, value in record.items()
        if name.startswith(_SENTENCES)
    ]
    return _LINE_HEIGHT * min(6, max(1, *lines))
