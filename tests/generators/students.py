"""Strategies for one student: spells, attendance with corrections, nurse visits, meal programs."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from tests.generators.calendars import Calendars
from tests.reference.settings import GRADES, Row

_CODES = ("A", "A", "E", "E", "T", "T", "S", "I", "X", "P")
_PARTS = ("", "", "", "0.5", "0.25", "0.4999", "0.49999", "0.3333", "0", "1")
_MINUTES = ("195", "199", "200", "60", "400")
_CATEGORIES = ("illness", "injury", "chronic_condition", "mental_health", "medication", "other")
_DISPOSITIONS = ("returned_to_class", "sent_home", "emergency", "other")


@st.composite
def spells(draw: st.DrawFn, calendars: Calendars, student: str) -> list[Row]:
    """Enrollments over all years: whole years, transfers, overlaps, late entries, exits, re-entries."""
    rows: dict[tuple[str, str], Row] = {}
    grade = draw(st.integers(0, 11))
    for ahead, year in enumerate(calendars.years):
        first, last = calendars.span(year)
        for _ in range(draw(st.sampled_from((0, 1, 1, 1, 2, 2, 3)))):
            school = draw(st.sampled_from(calendars.schools))
            entry = first + dt.timedelta(days=draw(st.sampled_from((-9, 0, 0, 0, 2, 5, 11, 24))))
            length = draw(st.sampled_from((None, None, None, 1, 6, 13, 30, 70)))
            leaves = "" if length is None else (entry + dt.timedelta(days=length - 1)).isoformat()
            if entry <= last:
                rows[school, entry.isoformat()] = {
                    "student_id": student,
                    "school_id": school,
                    "entry_date": entry.isoformat(),
                    "exit_date": leaves,
                    "school_year": str(year),
                    "grade": GRADES[grade + ahead],
                }
    return list(rows.values())


@st.composite
def recorded(draw: st.DrawFn, date: dt.date) -> str:
    """When a row was recorded, in every form a source may write it; often not at all."""
    later = date + dt.timedelta(days=draw(st.sampled_from((1, 1, 2, 6, 15))))
    forms = (
        "",
        "",
        f"{date.isoformat()} 15:05:00",
        f"{later.isoformat()}T06:30:00",
        later.isoformat(),
        f"{later.isoformat()}T03:30:00Z",
        f"{later.isoformat()}T23:45:00-04:00",
    )
    return draw(st.sampled_from(forms))


@st.composite
def attendance(draw: st.DrawFn, calendars: Calendars, spell: Row) -> list[Row]:
    """Exceptions around one spell: runs of days, parts of days, corrections, rows at a second school."""
    rows: list[Row] = []
    dates = calendars.dates[spell["school_id"], int(spell["school_year"])]
    for _ in range(draw(st.integers(0, 5))):
        begin = draw(st.integers(0, len(dates) - 1))
        code, part = draw(st.sampled_from(_CODES)), draw(st.sampled_from(_PARTS))
        for date in dates[begin : begin + draw(st.sampled_from((1, 1, 2, 4)))]:
            row = _exception(spell["student_id"], spell["school_id"], date, code, part)
            rows.append(row | {"recorded_at": draw(recorded(date))})
    return rows + [extra for row in rows for extra in draw(_besides(calendars, row))]


def _exception(student: str, school: str, date: dt.date, code: str, part: str) -> Row:
    return {
        "student_id": student,
        "school_id": school,
        "date": date.isoformat(),
        "code": code,
        "absent_fraction": part,
        "minutes_absent": "",
    }


@st.composite
def _besides(draw: st.DrawFn, calendars: Calendars, row: Row) -> list[Row]:
    """What else is said of a student's day: a correction, minutes, a row of another school."""
    what = draw(st.sampled_from(("", "", "", "correction", "withdrawal", "minutes", "elsewhere")))
    date, school = dt.date.fromisoformat(row["date"]), row["school_id"]
    if what in ("correction", "withdrawal"):
        later = date + dt.timedelta(days=draw(st.sampled_from((1, 3, 10, 20))))
        code = "P" if what == "withdrawal" else draw(st.sampled_from(_CODES))
        part = draw(st.sampled_from(_PARTS))
        again = _exception(row["student_id"], school, date, code, part)
        return [again | {"recorded_at": f"{later.isoformat()}T12:00:00"}]
    if what == "minutes" and calendars.minutes(school, date):
        again = _exception(row["student_id"], school, date, "T", "")
        minutes = draw(st.sampled_from(_MINUTES))
        return [again | {"minutes_absent": minutes, "recorded_at": f"{date.isoformat()}T09:09:00"}]
    other = draw(st.sampled_from(calendars.schools))
    if what == "elsewhere" and date in calendars.dates[other, _year_of(calendars, school, date)]:
        code, part = draw(st.sampled_from(_CODES)), draw(st.sampled_from(_PARTS))
        again = _exception(row["student_id"], other, date, code, part)
        return [again | {"recorded_at": draw(recorded(date))}]
    return []


def _year_of(calendars: Calendars, school: str, date: dt.date) -> int:
    return next(year for year in calendars.years if date in calendars.dates[school, year])


@st.composite
def visits(draw: st.DrawFn, calendars: Calendars, spell: Row) -> list[Row]:
    """Nurse visits around one spell, on days with and without instruction."""
    dates = calendars.dates[spell["school_id"], int(spell["school_year"])]
    rows = []
    for number in range(draw(st.sampled_from((0, 0, 1, 2, 4)))):
        date = draw(st.sampled_from(dates))
        row = {
            "visit_id": f"v-{spell['student_id']}-{spell['school_id']}-{spell['entry_date']}-{number}",
            "student_id": spell["student_id"],
            "date": date.isoformat(),
            "category": draw(st.sampled_from(_CATEGORIES)),
            "disposition": draw(st.sampled_from(_DISPOSITIONS)),
        }
        rows.append(row | {"recorded_at": draw(recorded(date))})
    return rows


@st.composite
def programs(draw: st.DrawFn, calendars: Calendars, student: str) -> list[Row]:
    """Meal programs of one student over all years."""
    rows: dict[tuple[str, str], Row] = {}
    for year in calendars.years:
        first, _ = calendars.span(year)
        for _ in range(draw(st.sampled_from((0, 1, 1, 2)))):
            program = draw(st.sampled_from(("breakfast", "lunch")))
            start = first + dt.timedelta(days=draw(st.sampled_from((-4, 0, 0, 5, 12))))
            length = draw(st.sampled_from((None, None, 4, 20, 300)))
            rows[program, start.isoformat()] = {
                "student_id": student,
                "program": program,
                "start_date": start.isoformat(),
                "end_date": "" if length is None else (start + dt.timedelta(days=length)).isoformat(),
                "eligibility": draw(st.sampled_from(("free", "reduced", "paid", "cep"))),
                "recorded_at": draw(recorded(start)),
            }
    return list(rows.values())
