"""Strategies for school years of a few weeks, with holidays and a calendar of its own for every school."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.reference.settings import Row

_BEGINNINGS = ((8, 28), (9, 2), (10, 20))
"""The last of them lets a school year of a few weeks span the end of daylight saving time."""

_DAYS_OFF = (None, None, None, 4, 4, 0, 2)
"""The weekday without school in a week of four days: Friday, Monday or Wednesday."""


@dataclass(frozen=True)
class Calendars:
    """The calendar rows of a district, and each school's dates by school year."""

    rows: list[Row]
    dates: dict[tuple[str, int], list[dt.date]]
    years: tuple[int, ...]
    schools: tuple[str, ...]

    def span(self, year: int) -> tuple[dt.date, dt.date]:
        """The first and last date of a district's school year."""
        dates = [date for (_, each), days in self.dates.items() if each == year for date in days]
        return min(dates), max(dates)

    def minutes(self, school: str, date: dt.date) -> str:
        """The stated minutes of instruction of a day; empty where none are stated."""
        return self.stated.get((school, date.isoformat()), "")

    @property
    def stated(self) -> dict[tuple[str, str], str]:
        """Stated minutes by school and date."""
        return {(row["school_id"], row["date"]): row["minutes"] for row in self.rows}


@st.composite
def calendars(draw: st.DrawFn) -> Calendars:
    """Two to four schools over two or three school years that end in 2026."""
    schools = tuple(f"s{number}" for number in range(1, draw(st.integers(2, 4)) + 1))
    years = tuple(range(2027 - draw(st.integers(2, 3)), 2027))
    rows: list[Row] = []
    dates: dict[tuple[str, int], list[dt.date]] = {}
    for year in years:
        weekdays = _weekdays(draw, year)
        for school in schools:
            days = _of_school(draw, school, year, weekdays)
            rows += days
            dates[school, year] = _filled(days)
    return Calendars(rows, dates, years, schools)


def _weekdays(draw: st.DrawFn, year: int) -> list[dt.date]:
    month, day = draw(st.sampled_from(_BEGINNINGS))
    first = dt.date(year - 1, month, day) + dt.timedelta(days=draw(st.integers(0, 6)))
    wanted = draw(st.sampled_from((12, 30, 46, 46, 58)))
    days = [first + dt.timedelta(days=ahead) for ahead in range(wanted * 2)]
    return [day for day in days if day.weekday() < 5][:wanted]


def _of_school(draw: st.DrawFn, school: str, year: int, weekdays: list[dt.date]) -> list[Row]:
    late, early = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    own = weekdays[late : len(weekdays) - early]
    off = draw(st.sampled_from(_DAYS_OFF))
    closed = draw(st.sets(st.sampled_from(own), max_size=3)) | {day for day in own if day.weekday() == off}
    listed = draw(st.booleans())
    minutes = draw(st.sampled_from(("", "390", "400")))
    rows = [
        _row(school, year, day, open_day=day not in closed, minutes=minutes)
        for day in own
        if listed or day not in closed or day in (own[0], own[-1])
    ]
    before = own[0] - dt.timedelta(days=2)
    return [_row(school, year, before, open_day=False, minutes=""), *rows] if listed else rows


def _row(school: str, year: int, day: dt.date, *, open_day: bool, minutes: str) -> Row:
    return {
        "school_id": school,
        "date": day.isoformat(),
        "school_year": str(year),
        "instructional": "true" if open_day else "false",
        "minutes": minutes if open_day else "",
    }


def _filled(rows: list[Row]) -> list[dt.date]:
    given = [dt.date.fromisoformat(row["date"]) for row in rows]
    span = (max(given) - min(given)).days
    return [min(given) + dt.timedelta(days=ahead) for ahead in range(span + 1)]
