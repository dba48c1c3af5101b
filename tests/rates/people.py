"""Students of a printed table: how long they were enrolled, and what was written down of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from tests.data.small import enrolled, weekdays
from tests.rates.hand_made import FIRST_DAY, LAST_DAY
from tests.reference.settings import Row
from tests.spec.tables import rows

_MARK = re.compile(r"(\d+) ([A-Z])(?: (\d*\.\d+|\d+min))?")


def people(text: str, **constants: str) -> tuple[list[Row], list[Row]]:
    """Enrollments and attendance of a printed table.

    ``enrolled`` is the number of days of instruction from the first on; ``from`` the number of the first
    of them. ``marks`` lists what was recorded on the days from there on, one after the other: ``12 A`` is
    twelve days absent, ``2 A 0.5`` two half days, ``1 A 199min`` a day with 199 minutes absent, ``3 P``
    three days attended. ``school`` and ``grade`` are s1 and 05 unless stated.
    """
    enrollments, attendance = [], []
    days = weekdays(FIRST_DAY, LAST_DAY)
    for row in rows(text, **constants):
        first = int(row.get("from", "1")) - 1
        last = first + int(row["enrolled"]) - 1
        exit_date = "" if last >= len(days) - 1 else days[last].isoformat()
        school = row.get("school", "s1")
        entry = days[first].isoformat()
        enrollments.append(enrolled(row["student"], school, entry, exit_date, grade=row.get("grade", "05")))
        attendance += _marks(row["student"], school, row["marks"], days[first:])
    return enrollments, [row for row in attendance if row["code"] != "P"]


def _marks(student: str, school: str, marks: str, days: Sequence[dt.date]) -> list[Row]:
    found: list[Row] = []
    for mark in filter(None, (each.strip() for each in marks.split(","))):
        match = _MARK.fullmatch(mark)
        assert match, mark
        count, code, part = match.groups()
        for _ in range(int(count)):
            found.append(
                {
                    "student_id": student,
                    "school_id": school,
                    "date": days[len(found)].isoformat(),
                    "code": code,
                    "absent_fraction": part if part and "min" not in part else "",
                    "minutes_absent": part.removesuffix("min") if part and "min" in part else "",
                }
            )
    return found


def same(found: Sequence[Row], text: str) -> None:
    """Assert that rows are those of a printed table, in its columns, whatever their order."""
    expected = rows(text)
    names = list(expected[0])
    got = [{name: row[name] for name in names} for row in found]
    assert sorted(got, key=repr) == sorted(expected, key=repr)
