"""Rates as a CSV file that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from ews.allowed_columns import check_columns
from ews.errors import UsageError
from ews.private_files import write_private
from ews.rates.report import Rates

CSV_COLUMNS = (
    "school_year",
    "complete",
    "definition",
    "grain",
    "by",
    "group",
    "name",
    "counted_to",
    "students",
    "chronic",
    "rate",
    "about",
)


def csv_of(found: Rates) -> bytes:
    """Return every cell as CSV, one row each; suppressed is a word, never 0 or blank."""
    check_columns("equity", CSV_COLUMNS)
    opened = io.StringIO()
    writer = csv.writer(opened, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    names = {each.school_id: each.name for each in found.year.schools}
    ends = {each.school_id: each.counted_to for each in found.year.schools}
    for column, cells in found.cells.items():
        for (by, group), cell in cells.items():
            last = ends.get(group) if by == "school" else found.year.counted_to[1]
            year = (found.year.school_year, str(found.year.complete).lower())
            name = names.get(group, "") if by == "school" else ""
            rate = "" if cell.rate is None else cell.rate
            writer.writerow([*year, *column, by, group, name, last, cell.n, cell.chronic, rate, cell.about])
    return opened.getvalue().encode()


def write_csv(found: Rates, path: Path) -> None:
    """Write the rates as CSV, readable by its owner only.

    Raises
    ------
    UsageError
        If the file cannot be written there.
    """
    try:
        write_private(path, csv_of(found))
    except OSError:
        raise UsageError(
            "the rates could not be written",
            expected="a folder in which this account may write",
            where=str(path),
            next_step="give another path with --out",
        ) from None
