"""The history of one fact: what was known from when until when, which load brought it, and what ended it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ews.config import Config
from ews.engine import Session, identifier
from ews.errors import UsageError
from ews.extracts.facts import DAY_UNITS, stored_columns
from ews.extracts.schema import ATTENDANCE, ENROLLMENTS, STUDENTS, TABLES, Table
from ews.store.schema import read_store

KEPT_ABOUT_STUDENTS = tuple(table.name for table in TABLES if "student_id" in table.column_names)
"""The tables that hold facts about students."""

_BEGINNING, _FOREVER = dt.datetime.min, dt.datetime(9999, 12, 31)


@dataclass(frozen=True)
class FactVersion:
    """One version of a fact.

    Attributes
    ----------
    values : dict
        What it says: the columns that are not part of the key, without empty ones.
    known_from, known_until : datetime or None
        Naive UTC; from inclusive, until exclusive. None: always, and still.
    state : str
        ``current``, ``replaced``, ``withdrawn`` or ``never current`` (a newer recording was known already).
    load : dict
        load_id, loaded_at and delivery of the load that brought it, and the files it read if they are kept.
    ended_by : dict or None
        What replaced or withdrew it: ``version`` (counted from 1) or ``load_id``, as far as that is known.
    """

    values: dict[str, Any]
    recorded_at: dt.datetime | None
    known_from: dt.datetime | None
    known_until: dt.datetime | None
    state: str
    load: dict[str, Any]
    ended_by: dict[str, int] | None


@dataclass(frozen=True)
class Fact:
    """One fact and its versions, in the order in which they were recorded."""

    table: str
    key: dict[str, Any]
    versions: list[FactVersion]


@dataclass(frozen=True)
class History:
    """The facts of one student and day in one table.

    Attributes
    ----------
    coverage : list of dict
        For attendance: per school of the student on that day, school_id and since when it is known that
        the school took attendance then (None: it is not known that it did).
    """

    table: str
    day: dt.date
    timezone: str
    facts: list[Fact]
    coverage: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return the history as plain data; times are UTC."""
        return {
            "table": self.table,
            "date": self.day.isoformat(),
            "facts": [
                {
                    "key": _plain(fact.key),
                    "versions": [_plain(vars(version)) for version in fact.versions],
                }
                for fact in self.facts
            ],
            "coverage": _plain(self.coverage),
        }


def history(config: Config, student: str, day: dt.date, table_name: str = ATTENDANCE.name) -> History:
    """Return every version of what the store holds about a student on a day.

    An event belongs to its date; an enrollment or a meal program to every day that one of its versions
    covers; a student's attributes to every day.

    Raises
    ------
    UsageError
        If the table holds nothing about students.
    DataRefused
        If there is no store.
    """
    table = next((each for each in TABLES if each.name == table_name), None)
    if table is None or table.name not in KEPT_ABOUT_STUDENTS:
        raise UsageError(
            f"--table {table_name} holds no facts about students",
            expected=f"one of {', '.join(KEPT_ABOUT_STUDENTS)}",
            next_step="name one of them",
        )
    with read_store(config.workspace_dir) as session:
        facts = _facts(session, table, student.strip(), day)
        coverage = _coverage(session, student.strip(), day) if table is ATTENDANCE else []
    return History(table.name, day, config.timezone, facts, coverage)


def in_words(found: History) -> list[str]:
    """Return a history as lines for people; times are the district's. No line holds the student's id."""
    if not found.facts:
        return [f"The store holds nothing in {found.table} for that student and {found.day}.", *_cover(found)]
    lines = []
    for fact in found.facts:
        lines.append(_heading(fact))
        for number, version in enumerate(fact.versions, start=1):
            lines += _version_in_words(number, version, found.timezone)
    return [*lines, *_cover(found)]


def _facts(session: Session, table: Table, student: str, day: dt.date) -> list[Fact]:
    own = [name for name in table.key if name != "student_id"]
    key = ", ".join(identifier(name) for name in table.key)
    shown = (*own, *(name for name in stored_columns(table) if name != "student_id"))
    ends = ("end_known_from",) if table.end else ()
    booked = ("recorded_at", "known_from", "known_until", "withdrawn", "load_id")
    condition, parameters = _on_the_day(table, day)
    rows = session.rows(
        f"SELECT {', '.join(identifier(name) for name in (*shown, *ends, *booked))} FROM store.{table.name} "
        f"WHERE ({key}) IN (SELECT ({key}) FROM store.{table.name} WHERE student_id = ?{condition}) "
        f"ORDER BY {key}, ordered_at, load_id, recorded_at NULLS FIRST",
        (student, *parameters),
    )
    loads = _loads(session, table)
    grouped: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        cells = dict(zip((*shown, *ends, *booked), row, strict=True))
        grouped.setdefault(tuple(cells[name] for name in own), []).append(cells)
    return [
        Fact(table.name, dict(zip(own, values, strict=True)), _versions(versions, (*own, *booked), loads))
        for values, versions in grouped.items()
    ]


def _on_the_day(table: Table, day: dt.date) -> tuple[str, tuple[Any, ...]]:
    if table is STUDENTS:
        return "", ()
    if table.end:
        return f" AND {table.date} <= ? AND coalesce({table.end}, DATE '9999-12-31') >= ?", (day, day)
    return f" AND {table.date} = ?", (day,)


def _versions(
    rows: list[dict[str, Any]], booked: tuple[str, ...], loads: dict[int, dict[str, Any]]
) -> list[FactVersion]:
    return [
        FactVersion(
            values={name: value for name, value in row.items() if name not in booked and value is not None},
            recorded_at=row["recorded_at"],
            known_from=_moment(row["known_from"]),
            known_until=_moment(row["known_until"]),
            state=_state(row),
            load=loads.get(row["load_id"], {"load_id": row["load_id"]}),
            ended_by=_ended_by(row, rows[at + 1 :], at, loads),
        )
        for at, row in enumerate(rows)
    ]


def _state(row: dict[str, Any]) -> str:
    if row["known_until"] <= row["known_from"]:
        return "never current"
    if row["withdrawn"]:
        return "withdrawn"
    return "current" if row["known_until"] == _FOREVER else "replaced"


def _ended_by(
    row: dict[str, Any], later: list[dict[str, Any]], at: int, loads: dict[int, dict[str, Any]]
) -> dict[str, int] | None:
    """Name the version that was known from where this one ended, or the load that no longer had it."""
    if row["known_until"] == _FOREVER:
        return None
    if not row["withdrawn"]:
        for ahead, other in enumerate(later, start=2):
            if other["known_from"] == row["known_until"]:
                return {"version": at + ahead}
    for load in loads.values():
        if row["withdrawn"] and load["loaded_at"] == row["known_until"]:
            return {"load_id": int(load["load_id"])}
    return None


def _loads(session: Session, table: Table) -> dict[int, dict[str, Any]]:
    rows = session.rows(
        "SELECT load_id, min(loaded_at), min(delivery) FROM store.loads WHERE table_name = ? GROUP BY 1",
        (table.name,),
    )
    files: dict[int, list[str]] = {}
    for load_id, file in session.rows(
        "SELECT load_id, file FROM store.deliveries WHERE table_name = ? ORDER BY 1, 2", (table.name,)
    ):
        files.setdefault(load_id, []).append(file)
    return {
        load_id: {
            "load_id": load_id,
            "loaded_at": loaded_at,
            "delivery": delivery,
            "files": files.get(load_id, []),
        }
        for load_id, loaded_at, delivery in rows
    }


def _coverage(session: Session, student: str, day: dt.date) -> list[dict[str, Any]]:
    condition, parameters = _on_the_day(ENROLLMENTS, day)
    rows = session.rows(
        "SELECT e.school_id, min(c.known_from) FROM (SELECT DISTINCT school_id FROM store.enrollments "
        f"WHERE student_id = ? AND NOT withdrawn{condition}) e LEFT JOIN store.coverage c "
        "ON c.school_id = e.school_id AND c.date = ? GROUP BY 1 ORDER BY 1",
        (student, *parameters, day),
    )
    return [{"school_id": school, "known_from": since} for school, since in rows]


def _moment(time: dt.datetime) -> dt.datetime | None:
    return None if time in (_BEGINNING, _FOREVER) else time


def _heading(fact: Fact) -> str:
    key = ", ".join(f"{name} {value}" for name, value in fact.key.items())
    count = len(fact.versions)
    return f"{fact.table}{': ' if key else ''}{key}: {count} version{'' if count == 1 else 's'}"


def _version_in_words(number: int, version: FactVersion, timezone: str) -> list[str]:
    load = version.load
    files = f" of {', '.join(load['files'])}" if load.get("files") else ""
    delivery = f", a {load['delivery']} extract{files}" if load.get("delivery") else ""
    at = f", at {_local(load['loaded_at'], timezone)}" if "loaded_at" in load else ""
    lines = [
        f"  {number}. {_values_in_words(version.values, timezone)}",
        f"     brought by load {load['load_id']}{delivery}{at}",
    ]
    if version.recorded_at is not None:
        lines.append(f"     recorded at {_local(version.recorded_at, timezone)}")
    since = "always" if version.known_from is None else f"from {_local(version.known_from, timezone)}"
    until = "" if version.known_until is None else f" until {_local(version.known_until, timezone)}"
    known = "" if version.state == "never current" else f"known {since}{until}; "
    return [*lines, f"     {known}{_end_in_words(version)}"]


def _end_in_words(version: FactVersion) -> str:
    if version.state == "current":
        return "this is what counts now"
    by = version.ended_by or {}
    if version.state == "withdrawn":
        load = f" (load {by['load_id']})" if "load_id" in by else ""
        return f"withdrawn by a full extract that no longer held it{load}"
    if version.state == "never current":
        return "never counted: it arrived when something recorded later was known already"
    return f"replaced by version {by['version']}" if "version" in by else "replaced by a later version"


def _values_in_words(values: dict[str, Any], timezone: str) -> str:
    words = []
    for name, value in values.items():
        if name == "absent_units":
            words.append(
                "the whole day missed" if value == DAY_UNITS else f"{value / DAY_UNITS:g} of the day missed"
            )
        elif isinstance(value, dt.datetime):
            words.append(f"{name} {_local(value, timezone)}")
        else:
            words.append(str(value) if name == "kind" else f"{name} {value}")
    return ", ".join(words) or "no more than its key"


def _cover(found: History) -> list[str]:
    counts = any(version.state == "current" for fact in found.facts for version in fact.versions)
    present = "" if counts else ": without a row that counts the student was present"
    return [
        f"School {each['school_id']} took attendance that day (known from "
        f"{_local(each['known_from'], found.timezone)}){present}."
        if each["known_from"] is not None
        else f"It is not known that school {each['school_id']} took attendance that day."
        for each in found.coverage
    ]


def _local(time: dt.datetime, timezone: str) -> str:
    local = time.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(timezone))
    return f"{local:%Y-%m-%d %H:%M:%S}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dt.datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, dt.date) else value
