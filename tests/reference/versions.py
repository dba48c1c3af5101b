"""Rows and load times into versions, and the version of every fact that was known at a moment.

Written from the contract ("When a fact is known", "Versions"), row by row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.reference.cells import attendance_content, date_of, midnight, time_of
from tests.reference.settings import Load, Row, Settings

KEYS = {
    "schools": ("school_id",),
    "calendar": ("school_id", "date"),
    "enrollments": ("student_id", "school_id", "entry_date"),
    "attendance": ("student_id", "school_id", "date"),
    "nurse_visits": ("visit_id",),
    "meal_programs": ("student_id", "program", "start_date"),
}
OWN_DATE = {
    "calendar": "date",
    "enrollments": "entry_date",
    "attendance": "date",
    "nurse_visits": "date",
    "meal_programs": "start_date",
}
END_DATE = {"enrollments": "exit_date", "meal_programs": "end_date"}

Content = tuple[tuple[str, Any], ...]
Fact = tuple[tuple[str, ...], Content, dt.datetime | None]


@dataclass
class Version:
    """One version of one fact."""

    key: tuple[str, ...]
    content: Content
    recorded: dt.datetime | None
    known_from: dt.datetime
    delivered_at: dt.datetime
    load: int
    end_known_from: dt.datetime | None
    withdrawn_at: dt.datetime | None = None

    @property
    def order(self) -> tuple[dt.datetime, int, bool]:
        """The newest recorded version counts; one without a time of recording is as new as its delivery.

        A first load brings years of them at once: there, as new as the moment it was known.
        """
        newest = self.recorded or min(self.known_from, self.delivered_at)
        return (newest, self.load, self.recorded is not None)

    def row(self) -> dict[str, Any]:
        """Everything but the key."""
        return dict(self.content)


History = dict[tuple[str, ...], list[Version]]


def histories(table: str, loads: Sequence[Load], settings: Settings) -> History:
    """Every version that the loads made of every fact in a table."""
    found: History = {}
    loaded_before = False
    for number, load in enumerate(loads):
        if table not in load.rows:
            continue
        facts = _facts(table, load, settings)
        if loaded_before and load.is_full(table):
            _withdraw(table, found, facts, load.at)
        for key, content, recorded in facts:
            _add(table, found, key, content, recorded, load, number, settings, first=not loaded_before)
        loaded_before = True
    return found


def known(history: History, cut: dt.datetime) -> dict[tuple[str, ...], Version]:
    """For every fact its newest version among those known strictly before a moment."""
    current = {}
    for key, versions in history.items():
        seen = [version for version in versions if version.known_from < cut]
        standing = [version for version in _standing(seen) if not _is_withdrawn(version, cut)]
        if standing:
            current[key] = max(standing, key=lambda version: version.order)
    return current


def _standing(versions: list[Version]) -> list[Version]:
    """The versions that no newer one replaces; what was withdrawn replaces nothing delivered after it."""
    return [
        version
        for version in versions
        if not any(
            other.order > version.order and not (other.withdrawn_at and other.load < version.load)
            for other in versions
        )
    ]


def _is_withdrawn(version: Version, cut: dt.datetime) -> bool:
    return version.withdrawn_at is not None and version.withdrawn_at < cut


def filled_calendar(rows: list[Row]) -> list[Row]:
    """A calendar with the days it leaves out inside a school's year as days without instruction."""
    given = {(row["school_id"], row["date"]) for row in rows}
    filled = list(rows)
    for school, year in sorted({(row["school_id"], row["school_year"]) for row in rows}):
        dates = [row["date"] for row in rows if (row["school_id"], row["school_year"]) == (school, year)]
        day, last = dt.date.fromisoformat(min(dates)), dt.date.fromisoformat(max(dates))
        while day <= last:
            if (school, day.isoformat()) not in given:
                closed = {"school_id": school, "date": day.isoformat(), "school_year": year}
                filled.append({**closed, "instructional": "false"})
            day += dt.timedelta(days=1)
    return filled


def _facts(table: str, load: Load, settings: Settings) -> list[Fact]:
    rows = load.rows[table]
    if table == "calendar":
        rows = filled_calendar(rows)
    minutes = {(r["school_id"], r["date"]): r.get("minutes", "") for r in load.rows.get("calendar", [])}
    facts = []
    for row in rows:
        key = tuple(row[name] for name in KEYS[table])
        content = _content(table, row, settings, minutes)
        facts.append((key, content, time_of(row.get("recorded_at", ""), settings.timezone)))
    return sorted(set(facts), key=repr)


def _content(table: str, row: Row, settings: Settings, minutes: dict[tuple[str, str], str]) -> Content:
    if table == "attendance":
        return attendance_content(row, settings, minutes)
    left_out = {*KEYS[table], "recorded_at", "school_name"}
    return tuple(sorted((name, cell) for name, cell in row.items() if name not in left_out))


def _add(
    table: str,
    found: History,
    key: tuple[str, ...],
    content: Content,
    recorded: dt.datetime | None,
    load: Load,
    number: int,
    settings: Settings,
    *,
    first: bool,
) -> None:
    versions = found.setdefault(key, [])
    earlier = [version for version in versions if version.load < number]
    if _is_stored(earlier, content, recorded):
        return
    own = fact_date(table, key, dict(content))
    known_from = _known_from(table, own, recorded, load, settings, first=first, seen=bool(earlier))
    end_from = _end_known_from(table, earlier, content, load, settings, first=first)
    versions.append(Version(key, content, recorded, known_from, load.at, number, end_from))


def _is_stored(versions: list[Version], content: Content, recorded: dt.datetime | None) -> bool:
    """Whether a delivered row says nothing that it did not say before."""
    if all(version.withdrawn_at for version in _standing(versions)):
        return False  # nothing of this fact holds any more
    alive = [version for version in versions if version.withdrawn_at is None]
    # A row is compared with what was delivered last with the same time of recording, or also without one.
    alike = [version for version in versions if version.recorded == recorded]
    newest = max(alike, key=lambda version: version.load, default=None)
    return newest is not None and newest in alive and newest.content == content


def _known_from(
    table: str,
    own_date: str,
    recorded: dt.datetime | None,
    load: Load,
    settings: Settings,
    *,
    first: bool,
    seen: bool,
) -> dt.datetime:
    if table in ("schools", "calendar"):
        return load.at if seen else dt.datetime.min
    after = 0 if table == "enrollments" else settings.known_after(table)
    own_time = midnight(dt.date.fromisoformat(own_date) + dt.timedelta(days=after), settings.timezone)
    if first:
        return recorded or own_time
    if table == "enrollments":
        return max(own_time, load.at)
    return max(recorded or load.at, load.at)


def _end_known_from(
    table: str, versions: list[Version], content: Content, load: Load, settings: Settings, *, first: bool
) -> dt.datetime | None:
    name = END_DATE.get(table)
    end = date_of(dict(content).get(name, "")) if name else None
    if name is None or end is None:
        return None
    said_before = [v.end_known_from for v in versions if v.row()[name] == end.isoformat()]
    if said_before:
        return min(each for each in said_before if each)
    own_time = midnight(end + dt.timedelta(days=settings.known_after(table)), settings.timezone)
    return own_time if first else max(own_time, load.at)


def _withdraw(table: str, found: History, facts: list[Fact], at: dt.datetime) -> None:
    delivered = {key for key, _, _ in facts}
    schools = {_school(table, key) for key in delivered}
    dates = [fact_date(table, key, dict(content)) for key, content, _ in facts]
    for key, versions in found.items():
        alive = [version for version in _standing(versions) if version.withdrawn_at is None]
        current = max(alive, key=lambda version: version.order, default=None)
        if current is None or current.row().get("kind") == "present":
            continue
        recorded = [each for one, _, each in facts if one == key and each is not None]
        if current.recorded and recorded and current.recorded > max(recorded):
            current.withdrawn_at = at  # it is there in an older version only
            continue
        if key in delivered:
            continue
        # An extract speaks of a fact only if its school and date lie within what it contains.
        in_dates = dates and min(dates) <= fact_date(table, key, current.row()) <= max(dates)
        if in_dates and _school(table, key) in schools:
            current.withdrawn_at = at


def _school(table: str, key: tuple[str, ...]) -> str:
    names = KEYS[table]
    return key[names.index("school_id")] if "school_id" in names and table != "schools" else ""


def fact_date(table: str, key: tuple[str, ...], content: dict[str, Any]) -> str:
    """A fact's own date as ISO text; empty where it has none."""
    if table not in OWN_DATE:
        return ""
    name = OWN_DATE[table]
    return key[KEYS[table].index(name)] if name in KEYS[table] else str(content[name])
