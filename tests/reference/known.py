"""The district as it was known at a moment: plain records of what had arrived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.reference.cells import date_of, is_true, midnight
from tests.reference.settings import Load, Settings
from tests.reference.versions import histories, known

HINDSIGHT = dt.datetime(9999, 1, 1)


@dataclass(frozen=True)
class Spell:
    """An enrollment as known: open (None) until its end is known."""

    student: str
    school: str
    entry: dt.date
    end: dt.date | None
    year: int
    grade: str


@dataclass(frozen=True)
class CalendarDay:
    """One day of a school."""

    year: int
    instructional: bool


@dataclass(frozen=True)
class Known:
    """Everything known at a moment, and nothing dated on or after ``as_of``."""

    as_of: dt.date
    year: int
    calendar: dict[str, dict[dt.date, CalendarDay]]
    spells: list[Spell]
    attendance: list[tuple[str, str, dt.date, str, int]]
    covered: dict[str, set[dt.date]]
    visits: list[dict[str, Any]] | None
    meals: list[dict[str, Any]] | None
    cep: dict[str, bool]


def known_at(loads: Sequence[Load], settings: Settings, as_of: dt.date) -> Known:
    """What the district knew strictly before 00:00 local time of ``as_of``."""
    return _known(loads, settings, as_of, midnight(as_of, settings.timezone))


def known_today(loads: Sequence[Load], settings: Settings, as_of: dt.date) -> Known:
    """Events before ``as_of`` with everything that ever arrived: for labels."""
    return _known(loads, settings, as_of, HINDSIGHT)


def _known(loads: Sequence[Load], settings: Settings, as_of: dt.date, cut: dt.datetime) -> Known:
    calendar = calendars(loads, settings, cut)
    schools = known(histories("schools", loads, settings), cut)
    return Known(
        as_of=as_of,
        year=school_year(calendar, as_of),
        calendar=calendar,
        spells=_spells(loads, settings, as_of, cut),
        attendance=_attendance(loads, settings, as_of, cut),
        covered=covered_days(loads, settings, as_of, cut),
        visits=_visits(loads, settings, as_of, cut),
        meals=_meals(loads, settings, as_of, cut),
        cep={key[0]: is_true(version.row().get("cep", "")) for key, version in schools.items()},
    )


def calendars(
    loads: Sequence[Load], settings: Settings, cut: dt.datetime
) -> dict[str, dict[dt.date, CalendarDay]]:
    """Every school's days, as known at a moment."""
    found: dict[str, dict[dt.date, CalendarDay]] = {}
    for (school, day), version in known(histories("calendar", loads, settings), cut).items():
        row = version.row()
        stated = CalendarDay(int(row["school_year"]), is_true(row["instructional"]))
        found.setdefault(school, {})[dt.date.fromisoformat(day)] = stated
    return {school: dict(sorted(days.items())) for school, days in sorted(found.items())}


def school_year(calendar: dict[str, dict[dt.date, CalendarDay]], as_of: dt.date) -> int:
    """The first school year whose calendar ends on or after a day; past the last, the one after it."""
    last: dict[int, dt.date] = {}
    for days in calendar.values():
        for day, stated in days.items():
            last[stated.year] = max(day, last.get(stated.year, day))
    ahead = [year for year, end in last.items() if end >= as_of]
    return min(ahead) if ahead else max(last) + 1


def covered_days(
    loads: Sequence[Load], settings: Settings, as_of: dt.date, cut: dt.datetime
) -> dict[str, set[dt.date]]:
    """For every school the days before ``as_of`` for which it is known to have delivered attendance."""
    found: dict[str, set[dt.date]] = {}
    for (_, school, day), versions in histories("attendance", loads, settings).items():
        own = dt.date.fromisoformat(day)
        if own < as_of and any(version.known_from < cut for version in versions):
            found.setdefault(school, set()).add(own)
    for number, load in enumerate(loads):
        if load.covers_to is None or load.covers_to >= as_of:
            continue
        stated = midnight(
            load.covers_to + dt.timedelta(days=settings.known_after("attendance")), settings.timezone
        )
        if (load.at if number else stated) < cut:
            for row in load.rows["schools"]:
                found.setdefault(row["school_id"], set()).add(load.covers_to)
    return found


def _spells(loads: Sequence[Load], settings: Settings, as_of: dt.date, cut: dt.datetime) -> list[Spell]:
    spells = []
    for (student, school, entry), version in known(histories("enrollments", loads, settings), cut).items():
        row = version.row()
        end_is_known = version.end_known_from is not None and version.end_known_from < cut
        end = date_of(row.get("exit_date", "")) if end_is_known else None
        spell = Spell(
            student, school, dt.date.fromisoformat(entry), end, int(row["school_year"]), row["grade"]
        )
        if spell.entry < as_of:
            spells.append(spell)
    return spells


def _attendance(
    loads: Sequence[Load], settings: Settings, as_of: dt.date, cut: dt.datetime
) -> list[tuple[str, str, dt.date, str, int]]:
    rows = []
    for (student, school, day), version in known(histories("attendance", loads, settings), cut).items():
        row = version.row()
        date = dt.date.fromisoformat(day)
        if date < as_of and row["kind"] != "present":
            rows.append((student, school, date, row["kind"], row["part"]))
    return rows


def _visits(
    loads: Sequence[Load], settings: Settings, as_of: dt.date, cut: dt.datetime
) -> list[dict[str, Any]] | None:
    if settings.nurse_use != "feature":
        return None
    rows = [version.row() for version in known(histories("nurse_visits", loads, settings), cut).values()]
    dated = [{**row, "date": dt.date.fromisoformat(row["date"])} for row in rows]
    return [row for row in dated if row["date"] < as_of]


def _meals(
    loads: Sequence[Load], settings: Settings, as_of: dt.date, cut: dt.datetime
) -> list[dict[str, Any]] | None:
    if settings.meal_use != "feature":
        return None
    found = []
    for (student, program, start), version in known(histories("meal_programs", loads, settings), cut).items():
        row = version.row()
        end_is_known = version.end_known_from is not None and version.end_known_from < cut
        end = date_of(row.get("end_date", "")) if end_is_known else None
        begun = dt.date.fromisoformat(start)
        if begun < as_of and (end is None or end >= as_of):
            spell = {"student": student, "program": program, "start": begun}
            found.append({**spell, "eligibility": row["eligibility"]})
    return found
