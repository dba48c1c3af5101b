"""What stands on a list: the columns of the contract, their meaning, and what each section is for.

CSV, spreadsheet and page take their words from here, so that a column means one thing everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

Cell = str | int | float | None
Record = Mapping[str, Cell]

NAME_COLUMNS = ("first_name", "last_name", "homeroom")

_BEFORE_NAMES = ("rank", "student_id")
_AFTER_NAMES = (
    "grade",
    "section",
    "absences",
    "enrolled_days",
    "absence_rate",
    "excused_share",
    "absences_left",
    "reason_1",
    "reason_2",
    "reason_3",
    "change",
)

BESIDE_THE_CONTRACT = ("going_well_1", "going_well_2", "weeks_on_list", "next_step", "contact")
"""On the page and, after the contract's columns, in the spreadsheet; a CSV holds the contract's alone."""

COUNSELOR = "counselor"
"""Stands last in the spreadsheet, where the directory names counselors."""

WHOLE_NUMBERS = frozenset({"rank", "enrolled_days", "absences_left", "weeks_on_list"})
RATES = frozenset({"absence_rate", "excused_share"})

MEANINGS: dict[str, str] = {
    "rank": "Order of contact within the section: 1 first.",
    "student_id": "The district's student number.",
    "first_name": "From the district's directory; the model never sees a name.",
    "last_name": "From the district's directory; the model never sees a name.",
    "homeroom": "From the district's directory.",
    "grade": "Grade of the current enrollment.",
    "section": "prevent: not yet chronically absent. intensive: already chronically absent.",
    "absences": "Days absent this school year, for any reason; part days count as the district defines.",
    "enrolled_days": "School days this year on which the student was enrolled and attendance was taken.",
    "absence_rate": "absences divided by enrolled_days.",
    "excused_share": "Share of the absences that is excused; empty when there are none.",
    "absences_left": (
        "The most further whole days of absence with which the year still ends below the "
        "chronic-absence threshold, if the student stays to the last day of school."
    ),
    "reason_1": (
        "What weighed most in this student's place on the list. A reason is not a cause. School days are "
        "those on which the student was enrolled and attendance was taken."
    ),
    "reason_2": "The next reason, if there is one.",
    "reason_3": "The next reason, if there is one.",
    "change": "Compared with the list before this one.",
    "going_well_1": "What speaks for the student, to begin a talk with. Not a cause either.",
    "going_well_2": "The next thing that goes well, if there is one.",
    "weeks_on_list": "Whole weeks on this school's lists, list after list; 0 in the first week.",
    "next_step": "A suggestion by share of days absent, from the district's own table; you know better.",
    "contact": (
        "The first contact of this school year, and the days absent before and after it. Attendance may "
        "change for many reasons: this does not say that the contact changed it."
    ),
    "counselor": "From the district's directory.",
}

LEFT = "Leaving the list is neither a success nor a failure: it says how places were filled this time."
"""Beside those who are no longer listed."""

SECTIONS: dict[str, tuple[str, str]] = {
    "prevent": (
        "Reach out first",
        "Not yet chronically absent: contact now can still keep the year on track.",
    ),
    "intensive": (
        "Already chronically absent: more intensive support",
        "Already missed enough days to count as chronically absent. Check first who is working with the "
        "family already; one contact is rarely enough.",
    ),
}
"""Section -> (heading, what the section is for), in the order in which they stand on a list."""

EMPTY_LIST = (
    "No student of this school is on the list this time. That is good news, or a reminder to ask whether the "
    "school's attendance has arrived; the adults who know the students remain the best early warning."
)

FOOTNOTE = (
    "A priority for support, not a prediction of fate; a reason is not a cause; "
    "do not share beyond this school."
)


CHANGES = {"new": "New", "stays": "Still listed", "up": "Moved up", "down": "Moved down"}


def list_columns(*, show_names: bool) -> tuple[str, ...]:
    """Return the columns of a list in the order of the contract.

    Examples
    --------
    >>> list_columns(show_names=True)[:5]
    ('rank', 'student_id', 'first_name', 'last_name', 'homeroom')
    """
    return (*_BEFORE_NAMES, *(NAME_COLUMNS if show_names else ()), *_AFTER_NAMES)


def sheet_columns(*, show_names: bool, show_counselors: bool) -> tuple[str, ...]:
    """Return the columns of a spreadsheet: the contract's, then what stands beside it."""
    last = (COUNSELOR,) if show_counselors else ()
    return (*list_columns(show_names=show_names), *BESIDE_THE_CONTRACT, *last)


def leaving_columns(*, show_names: bool) -> tuple[str, ...]:
    """Return the columns of the sheet of those who are no longer listed."""
    return ("student_id", *(("first_name", "last_name") if show_names else ()), "section")


def list_records(listed: pd.DataFrame, columns: Sequence[str]) -> list[Record]:
    """Return the rows of a list as plain Python values, in the order in which they are printed.

    Parameters
    ----------
    listed : DataFrame
        One row per listed student of one school.
    columns : sequence of str
        Of :func:`sheet_columns`; a student whom the directory does not know has empty names.

    Returns
    -------
    list of dict
        Section ``prevent`` first, then by rank; a missing text is "", a missing number None.
    """
    return _records(listed, columns, ["_order", "rank"])


def leaving_records(leaving: pd.DataFrame, columns: Sequence[str]) -> list[Record]:
    """Return those who are no longer listed as plain values: by section, then by student_id."""
    return _records(leaving, columns, ["_order", "student_id"])


def _records(rows: pd.DataFrame, columns: Sequence[str], order: list[str]) -> list[Record]:
    sections = rows["section"].map(list(SECTIONS).index)
    ordered = rows.assign(_order=sections).sort_values(order, kind="stable")
    unnamed = {name: "" for name in (*NAME_COLUMNS, COUNSELOR) if name in columns and name not in ordered}
    table = ordered.assign(**unnamed)[list(columns)].astype(object)
    return [
        {column: _plain(column, value) for column, value in zip(columns, row, strict=True)}
        for row in table.itertuples(index=False, name=None)
    ]


def _plain(column: str, value: object) -> Cell:
    missing = value is None or value is pd.NA or value != value  # NaN and NaT
    if column in WHOLE_NUMBERS:
        return None if missing else int(float(str(value)))
    if column in RATES or column == "absences":
        return None if missing else float(str(value))
    return "" if missing else str(value)


def days(value: float) -> str:
    """Return a number of days without needless digits.

    Examples
    --------
    >>> days(12.0), days(12.5)
    ('12', '12.5')
    """
    return f"{value:.4f}".rstrip("0").rstrip(".")


def as_percent(share: float, decimals: int = 0) -> str:
    """Return a share in percent, halves rounded up: so does the spreadsheet that shows the same figure.

    Examples
    --------
    >>> as_percent(0.625), as_percent(0.1225, 1), as_percent(1 / 3, 1)
    ('63%', '12.3%', '33.3%')
    """
    # Through the shortest text of the number: 0.1225 is a little less in binary, and people see 12.25%.
    exact = Decimal(repr(round(float(share), 12))) * 100
    return f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)}%"
