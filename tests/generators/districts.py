"""Strategies for whole districts: what is declared, what is delivered and when, and when one looks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import strategies as st

from tests.generators.calendars import Calendars, calendars
from tests.generators.district import District
from tests.generators.students import attendance, programs, spells, visits
from tests.reference.cells import midnight, time_of
from tests.reference.settings import GRADES, Load, Row, Settings

_AFTER_EVERYTHING = dt.datetime(2026, 12, 31, 12, 0)

Rows = dict[str, list[Row]]


@st.composite
def settings(draw: st.DrawFn) -> Settings:
    """Definitions of chronic absence and rules of knowledge, varied."""
    return Settings(
        timezone=draw(st.sampled_from(("America/New_York", "America/Los_Angeles", "America/Santiago"))),
        known_after_days={table: draw(st.sampled_from((0, 1, 1, 2))) for table in _DATED},
        threshold=draw(st.sampled_from(("0.07", "0.10", "0.10", "0.125", "0.34"))),
        inclusive=draw(st.booleans()),
        min_enrolled_days=draw(st.sampled_from((1, 5, 10))),
        grain=draw(st.sampled_from(("district", "district", "school"))),
        partial_day=draw(st.sampled_from(("half", "fraction"))),
        cohort_grades=draw(st.sampled_from((GRADES, GRADES[1:], GRADES[4:9]))),
        cohort_min_days=draw(st.sampled_from((1, 5, 9))),
        nurse_use=draw(st.sampled_from(("feature", "feature", "feature", "feature", "audit", None))),
        meal_use=draw(st.sampled_from(("feature", "feature", "feature", "feature", "audit", None))),
    )


_DATED = ("enrollments", "attendance", "nurse_visits", "meal_programs")


@st.composite
def districts(
    draw: st.DrawFn, *, max_students: int = 14, loads: int | None = None, looks: int = 2
) -> District:
    """A small district with its loads (one or two, unless said) and the days it is looked at."""
    declared = draw(settings())
    calendar = draw(calendars())
    truth = draw(_truth(calendar, declared, max_students))
    delivered = (
        draw(_two_loads(truth, calendar, declared))
        if loads == 2 or (loads is None and draw(st.booleans()))
        else (Load(_AFTER_EVERYTHING, truth, covers_to=draw(_covers_to(calendar))),)
    )
    return District(declared, delivered, draw(_as_of_dates(calendar, looks)))


@st.composite
def _covers_to(draw: st.DrawFn, calendar: Calendars) -> dt.date | None:
    first, last = calendar.span(calendar.years[-1])
    stated = first + dt.timedelta(days=draw(st.integers(3, (last - first).days)))
    return draw(st.sampled_from((None, None, stated)))


@st.composite
def _truth(draw: st.DrawFn, calendar: Calendars, declared: Settings, max_students: int) -> Rows:
    rows: Rows = {
        "schools": [
            {"school_id": each, "school_name": f"School {each}", "cep": draw(_cep())}
            for each in calendar.schools
        ],
        "calendar": calendar.rows,
        **{table: [] for table in ("students", *_DATED)},
    }
    for number in range(draw(st.integers(5, max_students))):
        student = f"{number:04d}"
        rows["students"].append({"student_id": student, "race_ethnicity": f"group {number % 3}"})
        own = draw(spells(calendar, student)) or [_whole_year(calendar, student)][number:]
        rows["enrollments"] += own
        for spell in own:
            rows["attendance"] += draw(attendance(calendar, spell))
            rows["nurse_visits"] += draw(visits(calendar, spell))
        rows["meal_programs"] += draw(programs(calendar, student))
    rows["attendance"] = one_per_time(rows["attendance"], declared)
    return rows


def _whole_year(calendar: Calendars, student: str) -> Row:
    year, school = calendar.years[-1], calendar.schools[0]
    entry = calendar.dates[school, year][0].isoformat()
    spell = {"student_id": student, "school_id": school, "entry_date": entry, "exit_date": ""}
    return spell | {"school_year": str(year), "grade": "05"}


def _cep() -> st.SearchStrategy[str]:
    return st.sampled_from(("", "false", "false", "true"))


def one_per_time(rows: list[Row], declared: Settings) -> list[Row]:
    """Keep one row per student, school, date and time of recording: two would be a refusal."""
    kept: dict[tuple[str, str, str, dt.datetime], Row] = {}
    for row in rows:
        moment = known_time(row, "date", declared.known_after("attendance"), declared)
        kept.setdefault((row["student_id"], row["school_id"], row["date"], moment), row)
    return list(kept.values())


def known_time(row: Row, own_date: str, after: int, declared: Settings) -> dt.datetime:
    """Since when a row of a first load is known."""
    own = dt.date.fromisoformat(row[own_date]) + dt.timedelta(days=after)
    return time_of(row.get("recorded_at", ""), declared.timezone) or midnight(own, declared.timezone)


@st.composite
def _as_of_dates(draw: st.DrawFn, calendar: Calendars, looks: int) -> tuple[dt.date, ...]:
    """Days of the last year most of all; now and then its end, a summer day, the year before."""
    first, last = calendar.span(calendar.years[-1])
    earlier, end = calendar.span(calendar.years[-2])
    during = [first + dt.timedelta(days=ahead) for ahead in range(1, (last - first).days + 2)]
    late = during[len(during) // 2 :]
    rarely = [end + dt.timedelta(days=3), first, earlier + dt.timedelta(days=9), last]
    one_of = st.one_of(st.sampled_from(late), st.sampled_from(during), st.sampled_from(rarely))
    days = draw(st.sets(one_of, min_size=looks - 1, max_size=looks - 1))
    return tuple(sorted(days | {draw(st.sampled_from(late))}))


@st.composite
def _two_loads(draw: st.DrawFn, truth: Rows, calendar: Calendars, declared: Settings) -> tuple[Load, Load]:
    """A load in the middle of the last year, and one later: more rows, changed ones, some gone."""
    first, last = calendar.span(calendar.years[-1])
    early = first + dt.timedelta(days=draw(st.integers(2, (last - first).days)))
    late = early + dt.timedelta(days=draw(st.integers(1, 12)))
    times = [midnight(day, declared.timezone) + dt.timedelta(hours=2) for day in (early, late)]
    before = _delivered(truth, early, times[0], declared)
    after = draw(_changed(_delivered(truth, late, times[1], declared), before, times[1]))
    modes = {table: draw(st.sampled_from(("full", "full", "delta"))) for table in _DATED}
    for table, mode in modes.items():
        news = [row for row in after[table] if row not in before[table]]
        if mode == "delta" and news:
            after[table] = news
        else:
            modes[table] = "full"
    return (
        Load(times[0], before, covers_to=draw(st.sampled_from((None, early - dt.timedelta(days=1))))),
        Load(times[1], after, delivery=modes),
    )


def _delivered(truth: Rows, day: dt.date, at: dt.datetime, declared: Settings) -> Rows:
    """What had been written down by the time of a load."""
    rows = dict(truth)
    for table in ("attendance", "nurse_visits"):
        rows[table] = [row for row in truth[table] if _is_there(row, "date", day, at, declared)]
    rows["meal_programs"] = [
        row for row in truth["meal_programs"] if _is_there(row, "start_date", day, at, declared)
    ]
    # Somebody may be registered a few days ahead, and an exit is entered once it has happened.
    ahead = (day + dt.timedelta(days=4)).isoformat()
    rows["enrollments"] = [
        row | {"exit_date": row["exit_date"] if row["exit_date"] <= ahead else ""}
        for row in truth["enrollments"]
        if row["entry_date"] <= ahead
    ]
    return rows


def _is_there(row: Row, own_date: str, day: dt.date, at: dt.datetime, declared: Settings) -> bool:
    return row[own_date] < day.isoformat() and known_time(row, own_date, 0, declared) < at


@st.composite
def _changed(draw: st.DrawFn, rows: Rows, before: Rows, at: dt.datetime) -> Rows:
    """A later delivery: some rows are gone, some re-coded, an older record arrives late."""
    changed = dict(rows)
    for table in _DATED:
        gone = draw(st.sets(st.integers(1, max(1, len(rows[table]) - 1)), max_size=2))
        changed[table] = [row for number, row in enumerate(rows[table]) if number not in gone]
    marked = changed["attendance"]
    if marked:
        number = draw(st.integers(0, len(marked) - 1))
        recoded = marked[number] | {"code": draw(st.sampled_from(("A", "E", "P", "X")))}
        stamp = draw(st.sampled_from(("", f"{(at - dt.timedelta(hours=9)).isoformat()}Z")))
        if marked[number].get("recorded_at", "") == "" or stamp:
            recoded = recoded | {"recorded_at": stamp}
            marked[number] = recoded
        marked += draw(_late_older(before["attendance"], marked))
    flips = draw(st.sampled_from((0, 0, 1)))
    changed["schools"] = [
        row | ({"cep": "true"} if number < flips else {}) for number, row in enumerate(rows["schools"])
    ]
    changed["calendar"] = draw(_snow_day(rows["calendar"]))
    return changed


@st.composite
def _late_older(draw: st.DrawFn, before: list[Row], now: list[Row]) -> list[Row]:
    """A record older than the one that is stored, arriving only now."""
    dated = [row for row in before if len(row["recorded_at"]) > 10 and row in now]
    if not dated:
        return []
    row = draw(st.sampled_from(dated))
    older = row | {"recorded_at": f"{row['date']}T00:10:00", "code": draw(st.sampled_from(("A", "E")))}
    return draw(st.sampled_from(([], [older])))


@st.composite
def _snow_day(draw: st.DrawFn, rows: list[Row]) -> list[Row]:
    """A day of instruction that a later calendar no longer has."""
    number = draw(st.integers(0, len(rows) - 1))
    if draw(st.booleans()):
        return rows
    return [row | {"instructional": "false"} if place == number else row for place, row in enumerate(rows)]


def with_rows(district: District, table: str, rows: list[Row]) -> District:
    """The same district with other rows of one table in its last load."""
    last = replace(district.loads[-1], rows={**district.rows, table: rows})
    return replace(district, loads=(*district.loads[:-1], last))
