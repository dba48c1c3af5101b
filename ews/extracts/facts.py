"""Typed rows into facts: one row per key and time of recording, exact duplicates dropped and counted."""

from __future__ import annotations

from ews.engine import Session, identifier, literal
from ews.extracts.findings import Finding
from ews.extracts.schema import ATTENDANCE, CALENDAR, Table
from ews.extracts.typed import typed_name
from ews.sources import AttendanceSource, Source

DAY_UNITS = 10_000
"""Absence is kept in ten-thousandths of a day: sums of whole numbers do not depend on their order."""

KIND_RANKS = {
    "present": 0,
    "tardy": 1,
    "in_school_suspension": 2,
    "absent_excused": 3,
    "absent_unexcused": 4,
    "absent_suspension": 5,
    "exempt": 6,
}
"""Which kind names a day when several rows miss the same part of it: the later one here."""

_DEFAULT_UNITS = {
    "absent_excused": DAY_UNITS,
    "absent_unexcused": DAY_UNITS,
    "absent_suspension": DAY_UNITS,
    "exempt": DAY_UNITS,
}


def facts_name(table: Table) -> str:
    """Return the name of the temporary table with a source's facts."""
    return f"facts_{table.name}"


def stored_columns(table: Table) -> tuple[str, ...]:
    """Return the columns of a fact without its key and its time of recording.

    Attendance keeps the kind and the part of the day instead of the district's code.
    """
    if table is ATTENDANCE:
        return ("kind", "absent_units")
    return tuple(name for name in table.column_names if name not in table.key and name != "recorded_at")


def make_facts(session: Session, table: Table, source: Source) -> list[Finding]:
    """Make ``facts_<table>`` (key, stored columns, recorded_at) from ``typed_<table>``.

    Returns
    -------
    list of Finding
        Duplicates that were dropped; a refusal where one key has different contents.
    """
    rows = _attendance_rows(source) if isinstance(source, AttendanceSource) else _plain_rows(table)
    columns = ", ".join(identifier(name) for name in (*table.key, *stored_columns(table), "recorded_at"))
    name = facts_name(table)
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {columns}, min((_file, _line)) AS _first, "
        f"count(*) AS _copies FROM ({rows}) GROUP BY ALL"
    )
    findings = _duplicates(session, table)
    conflicts = _conflicts(session, table)
    if conflicts and isinstance(source, AttendanceSource) and source.same_day != "refuse":
        _settle_same_day(session, source.same_day)
        conflicts = []
    if table is CALENDAR:
        _fill_calendar(session)
    return findings + conflicts


def _plain_rows(table: Table) -> str:
    recorded = "" if "recorded_at" in table.column_names else ", CAST(NULL AS TIMESTAMP) AS recorded_at"
    return f"SELECT *{recorded} FROM {typed_name(table)}"


def _attendance_rows(source: AttendanceSource) -> str:
    kinds = " ".join(f"WHEN {literal(code)} THEN {literal(kind)}" for code, kind in source.codes.items())
    whole = " ".join(f"WHEN {literal(kind)} THEN {units}" for kind, units in _DEFAULT_UNITS.items())
    # Rounded down, so that a day counts as half missed only if half or more of it was missed.
    return (
        "SELECT t.student_id, t.school_id, t.date, t.recorded_at, t._file, t._line, "
        f"CASE t.code {kinds} END AS kind, CAST(CASE "
        "WHEN kind = 'present' THEN 0 "
        f"WHEN t.absent_fraction IS NOT NULL THEN floor(t.absent_fraction * {DAY_UNITS} + 1e-6) "
        f"WHEN t.minutes_absent IS NOT NULL THEN least({DAY_UNITS}, "
        f"floor(t.minutes_absent * {DAY_UNITS} / c.minutes + 1e-6)) "
        f"ELSE CASE kind {whole} ELSE 0 END END AS INTEGER) AS absent_units "
        f"FROM {typed_name(ATTENDANCE)} t LEFT JOIN current_calendar c "
        "ON c.school_id = t.school_id AND c.date = t.date"
    )


def _duplicates(session: Session, table: Table) -> list[Finding]:
    name = facts_name(table)
    dropped = session.value(f"SELECT coalesce(sum(_copies - 1), 0) FROM {name}")
    if not dropped:
        return []
    return [
        Finding(
            "exact duplicates",
            "note",
            table.name,
            f"{dropped} rows repeat another row exactly and were dropped",
            next_step="nothing, or ask why the source repeats rows",
            count=int(dropped),
        )
    ]


def _conflicts(session: Session, table: Table) -> list[Finding]:
    key = ", ".join(identifier(name) for name in (*table.key, "recorded_at"))
    rows = session.rows(
        f"SELECT count(*), min(_second) FROM (SELECT max(_first) AS _second FROM {facts_name(table)} "
        f"GROUP BY {key} HAVING count(*) > 1)"
    )
    count, where = rows[0]
    if not count:
        return []
    place = f"{where[0]}, line {where[1]}"
    return [_same_day_refusal(count, place) if table is ATTENDANCE else _key_refusal(table, count, place)]


def _same_day_refusal(count: int, place: str) -> Finding:
    return Finding(
        "several rows for one student and day",
        "refused",
        ATTENDANCE.name,
        f"{count} student days have several rows with different content",
        expected="a rule for them: largest_absence or sum",
        where=place,
        next_step="state it in sources.attendance.same_day",
        count=count,
    )


def _key_refusal(table: Table, count: int, place: str) -> Finding:
    return Finding(
        "repeated key",
        "refused",
        table.name,
        f"{count} keys ({', '.join(table.key)}) come with different content and the same recorded_at",
        expected="one row per key, or a recorded_at that tells the versions apart",
        where=place,
        next_step="mend the extract: deliver the row that holds",
        count=count,
    )


def _settle_same_day(session: Session, rule: str) -> None:
    """Make one row of several for a student, school and day: the largest absence, or their sum."""
    ranks = " ".join(f"WHEN {literal(kind)} THEN {rank}" for kind, rank in KIND_RANKS.items())
    units = f"least({DAY_UNITS}, sum(absent_units))" if rule == "sum" else "max(absent_units)"
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {facts_name(ATTENDANCE)} AS SELECT student_id, school_id, date, "
        f"max_by(kind, (absent_units, CASE kind {ranks} END)) AS kind, "
        f"CAST({units} AS INTEGER) AS absent_units, "
        f"recorded_at, min(_first) AS _first, sum(_copies) AS _copies FROM {facts_name(ATTENDANCE)} "
        "GROUP BY student_id, school_id, date, recorded_at"
    )


def _fill_calendar(session: Session) -> None:
    """Add the days a calendar leaves out, inside a school's year, as days without instruction."""
    session.execute(
        f"INSERT INTO {facts_name(CALENDAR)} BY NAME "
        "SELECT school_id, CAST(day AS DATE) AS date, school_year, false AS instructional, 0 AS _copies "
        "FROM (SELECT school_id, school_year, unnest(generate_series(min(date), max(date), "
        f"INTERVAL 1 DAY)) AS day FROM {facts_name(CALENDAR)} GROUP BY 1, 2) span "
        f"WHERE NOT EXISTS (FROM {facts_name(CALENDAR)} f WHERE f.school_id = span.school_id "
        "AND f.date = CAST(span.day AS DATE))"
    )
