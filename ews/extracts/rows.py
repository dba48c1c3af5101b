"""Checks of single rows against what the store knows, and the quarantine of those that fail alone."""

from __future__ import annotations

from ews.config import Config
from ews.engine import Session, identifier, literal
from ews.extracts.findings import Finding
from ews.extracts.read import raw_name
from ews.extracts.schema import (
    ATTENDANCE,
    ENROLLMENTS,
    MEAL_PROGRAMS,
    NURSE_VISITS,
    SCHOOLS,
    STUDENTS,
    Table,
)
from ews.extracts.typed import PROBLEMS, typed_name
from ews.sources import Source

_OUTSIDE = "a day outside the calendar"


def list_reference_problems(session: Session, table: Table) -> None:
    """Add rows that name an unknown student or school, or a day outside the calendar, to the problems."""
    columns = table.column_names
    if "student_id" in columns and table is not STUDENTS:
        _list_unknown(session, table, "student_id", STUDENTS, "an unknown student")
    if "school_id" in columns and table is not SCHOOLS:
        _list_unknown(session, table, "school_id", SCHOOLS, "an unknown school")
    if table is ATTENDANCE:
        _list_where(
            session,
            table,
            "date IS NOT NULL AND NOT EXISTS (FROM calendar c WHERE c.school_id = t.school_id "
            "AND c.date = t.date) AND EXISTS (FROM schools s WHERE s.school_id = t.school_id)",
            _OUTSIDE,
        )
        _list_unmeasured_minutes(session)
    if table is NURSE_VISITS:
        between = "BETWEEN (SELECT min(date) FROM calendar) AND (SELECT max(date) FROM calendar)"
        _list_where(session, table, f"date NOT {between}", _OUTSIDE)
    if table is ENROLLMENTS:
        _list_where(session, table, "exit_date < entry_date", "an exit before the entry")
        _list_where(
            session,
            table,
            "NOT EXISTS (FROM calendar c WHERE c.school_id = t.school_id AND c.school_year = t.school_year) "
            "AND EXISTS (FROM schools s WHERE s.school_id = t.school_id)",
            "a school year for which the school has no calendar",
        )


def set_aside(session: Session, table: Table, config: Config, load_id: int) -> list[Finding]:
    """Move rows with problems from the typed rows to the store's quarantine, with their reasons.

    Returns
    -------
    list of Finding
        One per reason; refused where the share is above ``checks.max_quarantined``.
    """
    total = session.value(f"SELECT count(*) FROM {typed_name(table)}")
    reasons = session.rows(
        f"SELECT reason, count(*), min_by(file, (file, line)), min_by(line, (file, line)) FROM {PROBLEMS} "
        f"WHERE table_name = {literal(table.name)} GROUP BY 1 ORDER BY 3, 4, 1"
    )
    if not reasons:
        return []
    session.execute(
        f"INSERT INTO quarantine SELECT DISTINCT {load_id}, p.table_name, p.file, p.line, p.reason, "
        f"CAST(to_json(r) AS VARCHAR) FROM {PROBLEMS} p JOIN {raw_name(table)} r "
        f"ON p.file = r._file AND p.line = r._line WHERE p.table_name = {literal(table.name)} "
        "AND NOT EXISTS (FROM quarantine q WHERE q.table_name = p.table_name AND q.file = p.file "
        "AND q.line = p.line AND q.reason = p.reason AND q.content = CAST(to_json(r) AS VARCHAR))"
    )
    session.execute(
        f"DELETE FROM {typed_name(table)} t WHERE EXISTS (FROM {PROBLEMS} p "
        f"WHERE p.table_name = {literal(table.name)} AND p.file = t._file AND p.line = t._line)"
    )
    failed = total - session.value(f"SELECT count(*) FROM {typed_name(table)}")
    within = failed <= config.checks.max_quarantined * total
    return [
        _row_finding(table, reason, count, f"{file}, line {line}", within=within)
        for reason, count, file, line in reasons
    ]


_NEXT_STEPS = {
    "an unknown student": "deliver the student in the students extract, or mend the id (lost zeros?)",
    "an unknown school": "deliver the school in the schools extract, or mend the id (lost zeros?)",
    _OUTSIDE: "deliver the calendar for that day, or mend the date",
}


def _row_finding(table: Table, reason: str, count: int, where: str, *, within: bool) -> Finding:
    rows = "row has" if count == 1 else "rows have"
    next_step = _NEXT_STEPS.get(reason, "mend the rows in the source, or declare the format it uses")
    return Finding(
        reason.split(":")[0],
        "set aside" if within else "refused",
        table.name,
        f"{count} {rows} {reason.split(':')[0]}",
        expected=reason.split(": expected ")[1] if ": expected " in reason else "rows that hold together",
        where=where,
        next_step=next_step + ("" if within else ", or raise checks.max_quarantined to set such rows aside"),
        count=count,
    )


def _list_unknown(session: Session, table: Table, column: str, other: Table, reason: str) -> None:
    name = identifier(column)
    _list_where(
        session,
        table,
        f"{name} IS NOT NULL AND NOT EXISTS (FROM {other.name} o WHERE o.{name} = t.{name})",
        reason,
    )


def _list_where(session: Session, table: Table, condition: str, reason: str) -> None:
    session.execute(
        f"INSERT INTO {PROBLEMS} SELECT {literal(table.name)}, _file, _line, {literal(reason)} "
        f"FROM {typed_name(table)} t WHERE {condition}"
    )


def _list_unmeasured_minutes(session: Session) -> None:
    _list_where(
        session,
        ATTENDANCE,
        "absent_fraction IS NULL AND minutes_absent IS NOT NULL AND NOT EXISTS (FROM calendar c "
        "WHERE c.school_id = t.school_id AND c.date = t.date AND c.minutes > 0)",
        "minutes_absent on a day whose minutes of instruction are not in the calendar",
    )


def overlap_finding(session: Session) -> list[Finding]:
    """Return a warning where a student has overlapping spells: their days are merged, not added."""
    count = session.value(
        f"SELECT count(*) FROM (SELECT entry_date, max(coalesce(exit_date, DATE '9999-12-31')) OVER ("
        "PARTITION BY student_id, school_year ORDER BY entry_date, school_id "
        f"ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier FROM {typed_name(ENROLLMENTS)}) "
        "WHERE earlier >= entry_date"
    )
    if not count:
        return []
    return [
        Finding(
            "overlapping spells",
            "warning",
            ENROLLMENTS.name,
            f"{count} spells begin before an earlier spell of the same student has ended",
            expected="one school at a time",
            next_step="nothing, if they do attend two schools: days are counted once; else mend the exits",
            count=count,
        )
    ]


def empty_finding(session: Session, table: Table, source: Source) -> list[Finding]:
    """Return a finding where a full extract has no rows; a delta may bring none."""
    if source.delivery == "delta":
        return []
    if session.value(f"SELECT count(*) FROM {raw_name(table)}"):
        return []
    return [
        Finding(
            "no rows",
            "warning" if table in (ATTENDANCE, NURSE_VISITS, MEAL_PROGRAMS) else "refused",
            table.name,
            "the source has a header and no rows",
            expected="at least one row",
            where=f"{source.origin}, line 2",
            next_step="deliver the extract again",
        )
    ]
