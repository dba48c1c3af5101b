"""One list as its three files: CSV, spreadsheet and a page to print; a school's, or a counselor's in it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ews.allowed_columns import check_columns
from ews.outreach.columns import (
    CHANGES,
    EMPTY_LIST,
    FOOTNOTE,
    LEFT,
    MEANINGS,
    RATES,
    SECTIONS,
    Record,
    days,
    leaving_columns,
    list_columns,
    sheet_columns,
)
from ews.outreach.list_context import ListContext
from ews.outreach.next_steps import legend, letter_of
from ews.outreach.pages import environment, long_date
from ews.outreach.spreadsheet import spreadsheet
from ews.outreach.workbooks import Workbook

# A spreadsheet that opens a CSV runs a cell that begins with one of these as a formula (OWASP, CSV
# injection; the wide forms are what East Asian versions accept).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class PrintedList:
    """What one list holds.

    Attributes
    ----------
    stem : str
        Where its files stand in the folder of lists, without suffix.
    school_name : str
        The school's name.
    records : sequence of mappings
        One per listed student, with the columns of :func:`ews.outreach.columns.sheet_columns`, in order.
    leaving : sequence of mappings
        One per student of the list before, still at this school and no longer listed; with the counselor
        where the directory names one.
    elsewhere : int
        How many of the list before are no longer at this school; they are not named.
    counselor : str
        The counselor whose students these are; "" for the list of the whole school.
    """

    stem: str
    school_name: str
    records: Sequence[Record]
    leaving: Sequence[Record] = ()
    elsewhere: int = 0
    counselor: str = ""


def workbook_of(printed: PrintedList, context: ListContext) -> Workbook:
    """Return what the workbook of a list holds (:func:`ews.outreach.spreadsheet.spreadsheet`).

    Raises
    ------
    ValueError
        If a column is none that counselors may have.
    """
    shown = sheet_columns(show_names=context.show_names, show_counselors=context.show_counselors)
    left = leaving_columns(show_names=context.show_names)
    check_columns("counselor", (*shown, *left, *(name for each in printed.records for name in each)))
    whose = f"{printed.school_name}, {printed.counselor}" if printed.counselor else printed.school_name
    return {
        "records": printed.records,
        "columns": shown,
        "title": f"{whose}: outreach list, {long_date(context.as_of)}",
        "as_of": context.as_of,
        "notices": [*context.banners, *context.stale],
        "leaving": printed.leaving,
        "leaving_columns": left,
    }


def write_list(
    folder: Path, printed: PrintedList, context: ListContext, book: bytes | None = None
) -> list[Path]:
    """Write the three files of a list: csv, xlsx, html.

    Parameters
    ----------
    book : bytes, optional
        Its workbook, where somebody else has rendered it already.

    Raises
    ------
    ValueError
        If a column is none that counselors may have.
    """
    if book is None:
        book = spreadsheet(**workbook_of(printed, context))
    contents = {
        "csv": _csv(printed.records, list_columns(show_names=context.show_names)).encode(),
        "xlsx": book,
        "html": _page(printed, context).encode(),
    }
    return [write_fresh(folder / f"{printed.stem}.{suffix}", each) for suffix, each in contents.items()]


def _csv(records: Sequence[Record], columns: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(column, record[column]) for column in columns] for record in records)
    return out.getvalue()


def _csv_cell(column: str, value: str | int | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        # The csv module leaves a lone carriage return unquoted, and a reader would end the row there.
        text = value.replace("\r\n", "\n").replace("\r", "\n")
        return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    return f"{value:.4f}" if column in RATES else days(value)


def _page(printed: PrintedList, context: ListContext) -> str:
    sections = [
        {
            "heading": head,
            "purpose": text,
            "records": [_shown(each, context) for each in printed.records if each["section"] == name],
            "leaving": [each for each in printed.leaving if each["section"] == name],
        }
        for name, (head, text) in SECTIONS.items()
    ]
    return (
        environment("ews.outreach")
        .get_template("list.html.j2")
        .render(
            context=context,
            school_name=printed.school_name,
            counselor=printed.counselor,
            elsewhere=printed.elsewhere,
            sections=sections,
            total=len(printed.records),
            legend=legend(context.next_steps),
            empty=EMPTY_LIST,
            footnote=FOOTNOTE,
            left=LEFT,
            meanings=MEANINGS,
            changes=CHANGES,
        )
    )


def _shown(record: Record, context: ListContext) -> dict[str, Any]:
    """Return a row as the page shows it: with the letter of its next step."""
    return {**record, "letter": letter_of(context.next_steps, str(record["next_step"]))}


def write_fresh(path: Path, content: bytes) -> Path:
    """Write a file that names children: readable by its owner only before a byte is in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return path
