"""A snapshot made by hand from a few printed rows, without files or a store: for cases one can count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ews.definitions import PRESETS, NamedDefinition
from ews.engine import Session, literal, open_session
from ews.rates.minutes import without_minutes
from ews.rates.students import Students, students_of
from ews.school_days import SchoolDays, place
from ews.snapshot import Snapshot
from ews.store.frames import day_number
from tests.data.small import calendar_rows
from tests.reference.cells import part_of_day
from tests.reference.settings import CODES, Row

FIRST_DAY = dt.date(2025, 9, 8)
LAST_DAY = dt.date(2026, 2, 20)
"""A Friday: from the first Monday to it there are 120 instructional days."""


def definition(name: str = "ours", **rules: Any) -> NamedDefinition:
    """A preset by its name, or a custom definition."""
    return PRESETS[name] if name in PRESETS else NamedDefinition.model_validate({"name": name, **rules})


@contextmanager
def school_year(
    enrollments: Sequence[Row],
    attendance: Sequence[Row] = (),
    calendar: Sequence[Row] | None = None,
    *,
    complete: bool = True,
    covered_to: dt.date = LAST_DAY,
) -> Iterator[SchoolDays]:
    """The placed days of one school year, over or in progress (counted to one day at every school)."""
    days = calendar_rows("s1", "s2", last=LAST_DAY) if calendar is None else list(calendar)
    with open_session() as session:
        snapshot = Snapshot(
            session=session,
            as_of=LAST_DAY + dt.timedelta(days=1),
            as_of_day=day_number(LAST_DAY) + 1,
            school_year=2027 if complete else 2026,
            schools=_frame(
                session, "school_id, school_name", [(s, s) for s in sorted({d["school_id"] for d in days})]
            ),
            calendar=_calendar(session, days),
            enrollments=_enrollments(session, enrollments),
            attendance=_attendance(session, attendance, days),
            coverage=_coverage(session, days, covered_to),
            nurse_visits=None,
            meal_programs=None,
        )
        yield place(snapshot, first_year=2026)


def judged(placed: SchoolDays, rules: NamedDefinition, grain: str = "district") -> list[Row]:
    """Who is counted and who is chronic, one row per student (and school), in order."""
    found = students_of(placed, [rules])
    return judged_of(found, rules, grain)


def judged_by(placed: SchoolDays, rules: Sequence[NamedDefinition]) -> dict[str, list[Row]]:
    """The judgement of every student in the district under several definitions, by their names."""
    found = students_of(placed, rules)
    return {each.name: judged_of(found, each) for each in rules}


def judged_of(students: Students, rules: NamedDefinition, grain: str = "district") -> list[Row]:
    """The judgement of students that were tallied before."""
    place_of = "school" if grain == "school" else "district"
    result = students.judge(rules, place_of)  # type: ignore[arg-type]
    rows = students.rows[place_of]  # type: ignore[index]
    return [
        {"student": student, "school": school, "counted": _word(counted), "chronic": _word(chronic)}
        for student, school, counted, chronic in zip(
            rows["student_id"], rows["school_id"], result.counted, result.chronic, strict=True
        )
    ]


def missing_minutes(placed: SchoolDays) -> dict[str, int]:
    """Counted days of instruction without minutes, by school."""
    return without_minutes(placed)


def _word(flag: bool) -> str:
    return "yes" if flag else "no"


def _frame(session: Session, columns: str, rows: Sequence[tuple[Any, ...]], empty: str = "") -> Any:
    if not rows:
        return session.frame(f"SELECT {empty} WHERE false")
    values = ", ".join("(" + ", ".join(_sql(cell) for cell in row) + ")" for row in rows)
    return session.frame(f"SELECT * FROM (VALUES {values}) AS made({columns})")


def _sql(cell: Any) -> str:
    if cell is None:
        return "NULL"
    return literal(cell) if isinstance(cell, str) else str(cell)


def _day(text: str) -> int:
    return day_number(dt.date.fromisoformat(text))


def _calendar(session: Session, rows: Sequence[Row]) -> Any:
    made = [
        (r["school_id"], _day(r["date"]), int(r["school_year"]), r["instructional"] == "true", r["minutes"])
        for r in rows
    ]
    session.materialize(
        _frame(session, "school_id, day, school_year, instructional, stated", made), "calendar_by_hand"
    )
    return session.frame(
        "SELECT school_id, day, school_year, instructional, TRY_CAST(stated AS DOUBLE) AS minutes "
        "FROM calendar_by_hand"
    )


def _enrollments(session: Session, rows: Sequence[Row]) -> Any:
    made = [
        (
            row["student_id"],
            row["school_id"],
            _day(row["entry_date"]),
            _day(row["exit_date"]) if row["exit_date"] else None,
            2026,
            row["grade"],
        )
        for row in rows
    ]
    return _frame(session, "student_id, school_id, entry_day, exit_day, school_year, grade", made)


def _attendance(session: Session, rows: Sequence[Row], calendar: Sequence[Row]) -> Any:
    minutes = {(row["school_id"], row["date"]): row["minutes"] for row in calendar}
    made = []
    for row in rows:
        kind = CODES[row["code"]]
        part = part_of_day(row, kind, minutes.get((row["school_id"], row["date"]), ""))
        stated = float(row["minutes_absent"]) if row.get("minutes_absent") else None
        made.append((row["student_id"], row["school_id"], _day(row["date"]), kind, part, stated))
    columns = "student_id, school_id, day, kind, absent_units, absent_minutes"
    frame = _frame(
        session,
        columns,
        made,
        "'' AS student_id, '' AS school_id, 0 AS day, '' AS kind, 0 AS absent_units, 0.0 AS absent_minutes",
    )
    session.materialize(frame, "attendance_by_hand")
    return session.frame(
        "SELECT * REPLACE (CAST(absent_minutes AS DOUBLE) AS absent_minutes) FROM attendance_by_hand"
    )


def _coverage(session: Session, days: Sequence[Row], covered_to: dt.date) -> Any:
    schools = sorted({row["school_id"] for row in days})
    return _frame(session, "school_id, day", [(school, day_number(covered_to)) for school in schools])
