"""Typed rows into facts: one row per key and time of recording, exact duplicates dropped and counted."""

from __future__ import annotations

from ews.engine import Session, identifier, literal
from ews.extracts.checks import found
from ews.extracts.findings import Finding
from ews.extracts.lines import LinesNeeded, place_of
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

_KIND = f"ENUM({', '.join(map(literal, KIND_RANKS))})"
"""Of millions of rows a kind is kept as one byte."""

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

    Attendance keeps the kind, the part of the day and the minutes instead of the district's code.
    """
    if table is ATTENDANCE:
        return ("kind", "absent_units", "absent_minutes")
    return tuple(name for name in table.column_names if name not in table.key and name != "recorded_at")


def make_facts(session: Session, table: Table, source: Source, *, lines: bool) -> list[Finding]:
    """Make ``facts_<table>`` (key, stored columns, recorded_at) from ``typed_<table>``.

    Returns
    -------
    list of Finding
        Duplicates that were dropped; a refusal where one key has different contents.

    Raises
    ------
    LinesNeeded
        If there is such a key and the rows have no line numbers.
    """
    if isinstance(source, AttendanceSource):
        return _attendance_facts(session, source, lines=lines)
    columns = ", ".join(identifier(name) for name in (*table.key, *stored_columns(table), "recorded_at"))
    _group(session, facts_name(table), columns, _plain_rows(table))
    findings = _duplicates(session, table, facts_name(table))
    conflicts = _conflicts(session, table, facts_name(table), lines=lines)
    if table is CALENDAR:
        _fill_calendar(session)
    return findings + conflicts


def _group(session: Session, name: str, columns: str, rows: str) -> None:
    """Make one row of rows that are alike, with the place of the first and how many there were."""
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {columns}, min((_file, _line)) AS _first, "
        f"count(*) AS _copies FROM ({rows}) GROUP BY ALL"
    )


def _plain_rows(table: Table) -> str:
    recorded = "" if "recorded_at" in table.column_names else ", CAST(NULL AS TIMESTAMP) AS recorded_at"
    return f"SELECT *{recorded} FROM {typed_name(table)}"


_FACT = "student_id, school_id, date, kind, absent_units, absent_minutes, recorded_at"
_SAME_DAY = "same_day_rows"
_SEVERAL = "days_with_several_rows"


def _attendance_facts(session: Session, source: AttendanceSource, *, lines: bool) -> list[Finding]:
    """Make the facts of attendance; only days for which a student has several rows need to be grouped."""
    several = "SELECT student_id, school_id FROM attendance_students WHERE rows > days"
    repeats = bool(session.value(f"SELECT EXISTS ({several})"))
    rows = _attendance_rows(session, source)
    findings: list[Finding] = []
    among = f"(student_id, school_id, date) IN (SELECT (student_id, school_id, date) FROM {_SEVERAL})"
    if repeats:
        session.execute(
            f"CREATE OR REPLACE TEMP TABLE {_SEVERAL} AS SELECT student_id, school_id, date "
            f"FROM {typed_name(ATTENDANCE)} WHERE student_id IN (SELECT student_id FROM ({several})) "
            "GROUP BY ALL HAVING count(*) > 1"
        )
        _group(session, _SAME_DAY, f"{_FACT}, _other", f"SELECT * FROM ({rows}) WHERE {among}")
        findings += _duplicates(session, ATTENDANCE, _SAME_DAY)
        conflicts = _conflicts(session, ATTENDANCE, _SAME_DAY, lines=lines)
        if conflicts and source.same_day != "refuse":
            _settle_same_day(session, source.same_day)
            conflicts = []
        findings += conflicts
    single = f" AND NOT ({among})" if repeats else ""
    others = f" UNION ALL SELECT {_FACT} FROM {_SAME_DAY}" if repeats else ""
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {facts_name(ATTENDANCE)} AS SELECT {_FACT} FROM ({rows}) "
        f"WHERE kind <> 'present'{single}{others}"
    )
    _keep_withdrawals(session, source, rows, single)
    session.execute(f"DROP TABLE IF EXISTS {_SAME_DAY}")
    return findings


EARLIER = "earlier_attendance"
"""Temporary table: the keys of attendance that earlier deliveries of the same load bring."""


def prepare_earlier(session: Session) -> None:
    """Make the empty table of what earlier deliveries of this load bring."""
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {EARLIER} (student_id VARCHAR, school_id VARCHAR, date DATE)"
    )


def add_earlier(session: Session) -> None:
    """Remember what this delivery of attendance brings for those after it."""
    session.execute(f"INSERT INTO {EARLIER} SELECT student_id, school_id, date FROM {facts_name(ATTENDANCE)}")


def _keep_withdrawals(session: Session, source: AttendanceSource, rows: str, single: str) -> None:
    """Keep a presence only where it takes back an exception; coverage remembers the rest."""
    facts = facts_name(ATTENDANCE)
    same = "s.student_id = n.student_id AND s.school_id = n.school_id AND s.date = n.date"
    present = ", ".join(literal(code) for code, kind in source.codes.items() if kind == "present")
    if not present or not session.rows(f"FROM attendance_codes WHERE code IN ({present}) LIMIT 1"):
        return
    low, high = session.rows("SELECT min(date), max(date) FROM attendance_days")[0]
    session.execute(
        "CREATE OR REPLACE TEMP TABLE taken_back AS SELECT DISTINCT student_id, school_id, date FROM ("
        f"SELECT student_id, school_id, date FROM store.attendance WHERE date BETWEEN DATE '{low}' "
        f"AND DATE '{high}' UNION ALL SELECT student_id, school_id, date FROM {EARLIER}) "
        f"SEMI JOIN (SELECT student_id, school_id, date FROM ({rows}) WHERE kind = 'present' UNION ALL "
        f"SELECT student_id, school_id, date FROM {facts} WHERE kind = 'present') "
        "USING (student_id, school_id, date)"
    )
    # One with a time of its own may be newer than an absence that arrives later. A daily file says so of
    # everyone, every day: there it is kept only where it takes something back.
    idle = "true" if source.reporting == "daily" else "recorded_at IS NULL"
    session.execute(
        f"DELETE FROM {facts} n WHERE kind = 'present' AND {idle} "
        f"AND NOT EXISTS (FROM taken_back s WHERE {same}) "
        f"AND NOT EXISTS (FROM {facts} s WHERE {same} AND s.kind <> 'present')"
    )
    kept = []
    if session.value("SELECT EXISTS (FROM taken_back)"):
        kept.append(f"EXISTS (FROM taken_back s WHERE {same})")
    if source.reporting != "daily":
        kept.append("recorded_at IS NOT NULL")
    if kept:
        session.execute(
            f"INSERT INTO {facts} SELECT {_FACT} FROM ({rows}) n WHERE kind = 'present'{single} "
            f"AND ({' OR '.join(kept)})"
        )


def _attendance_rows(session: Session, source: AttendanceSource) -> str:
    """Return SQL for typed rows with their kind, their part of the day and the minutes missed."""
    kinds = " ".join(f"WHEN {literal(code)} THEN {literal(kind)}" for code, kind in source.codes.items())
    whole = " ".join(f"WHEN {literal(kind)} THEN {units}" for kind, units in _DEFAULT_UNITS.items())
    typed = typed_name(ATTENDANCE)
    timed = session.value(f"SELECT EXISTS (FROM {typed} WHERE minutes_absent IS NOT NULL)")
    # Rounded down, so that a day counts as half missed only if half or more of it was missed.
    share = (
        f"WHEN t.minutes_absent IS NOT NULL AND c.minutes > 0 THEN least({DAY_UNITS}, "
        f"floor(t.minutes_absent * {DAY_UNITS} / c.minutes + 1e-6)) "
    )
    calendar = " LEFT JOIN known_calendar c ON c.school_id = t.school_id AND c.date = t.date"
    return (
        "SELECT t.student_id, t.school_id, t.date, t.recorded_at, t._other, t._file, t._line, "
        f"CAST(CASE t.code {kinds} END AS {_KIND}) AS kind, CAST(CASE "
        "WHEN kind = 'present' THEN 0 "
        f"WHEN t.absent_fraction IS NOT NULL THEN floor(t.absent_fraction * {DAY_UNITS} + 1e-6) "
        f"{share if timed else ''}"
        f"ELSE CASE kind {whole} ELSE 0 END END AS INTEGER) AS absent_units, "
        "CASE WHEN kind <> 'present' THEN t.minutes_absent END AS absent_minutes "
        f"FROM {typed} t{calendar if timed else ''}"
    )


def _duplicates(session: Session, table: Table, name: str) -> list[Finding]:
    dropped = session.value(f"SELECT coalesce(sum(_copies - 1), 0) FROM {name}")
    if not dropped:
        return []
    sentence = f"{dropped} rows repeat another row exactly and were dropped"
    return [found("exact duplicates", table.name, sentence, count=int(dropped))]


def _conflicts(session: Session, table: Table, name: str, *, lines: bool) -> list[Finding]:
    key = ", ".join(identifier(column) for column in (*table.key, "recorded_at"))
    rows = session.rows(
        f"SELECT count(*), min(_second) FROM (SELECT max(_first) AS _second FROM {name} "
        f"GROUP BY {key} HAVING count(*) > 1)"
    )
    count, where = rows[0]
    if not count:
        return []
    if not lines:
        raise LinesNeeded
    place = place_of(where[0], where[1])
    if table is ATTENDANCE:
        return [
            found(
                "several rows for one student and day",
                table.name,
                f"{count} student days have several rows with different content",
                expected="a rule for them: largest_absence or sum",
                where=place,
                count=count,
            )
        ]
    return [
        found(
            "repeated key",
            table.name,
            f"{count} keys ({', '.join(table.key)}) come with different content and the same recorded_at",
            expected="one row per key, or a recorded_at that tells the versions apart",
            where=place,
            count=count,
        )
    ]


def _settle_same_day(session: Session, rule: str) -> None:
    """Make one row of several for a student, school and day: the largest absence, or their sum."""
    ranks = " ".join(f"WHEN {literal(kind)} THEN {rank}" for kind, rank in KIND_RANKS.items())
    units = f"least({DAY_UNITS}, sum(absent_units))" if rule == "sum" else "max(absent_units)"
    minutes = "sum(absent_minutes)" if rule == "sum" else "max(absent_minutes)"
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {_SAME_DAY} AS SELECT student_id, school_id, date, "
        f"max_by(kind, (absent_units, CASE kind {ranks} END)) AS kind, "
        f"CAST({units} AS INTEGER) AS absent_units, {minutes} AS absent_minutes, "
        f"recorded_at FROM {_SAME_DAY} GROUP BY student_id, school_id, date, recorded_at"
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
