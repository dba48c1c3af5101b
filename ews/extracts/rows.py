"""Checks of single rows against what the store knows, and the quarantine of those that fail alone."""

from __future__ import annotations

from dataclasses import replace

from ews.config import Config
from ews.engine import Session, identifier, literal
from ews.extracts.attendance_groups import has_unknown_rows
from ews.extracts.checks import found
from ews.extracts.findings import Finding
from ews.extracts.lines import LinesNeeded, place_of
from ews.extracts.plausible.calendars import attendance_after_calendar
from ews.extracts.plausible.zeros import UNKNOWN_IDS, lost_zeros
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
from ews.sources import AttendanceSource, Source

_OUTSIDE = "a day outside the calendar"
_UNMEASURED = "minutes_absent on a day whose minutes of instruction are not in the calendar"


ASIDE = "rows_aside"
"""Temporary table of the rows that were set aside: table_name, file, line, reason, content."""


def prepare_aside(session: Session) -> None:
    """Make the empty table that rows are set aside in."""
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {ASIDE} "
        "(table_name VARCHAR, file VARCHAR, line BIGINT, reason VARCHAR, content VARCHAR)"
    )


def list_reference_problems(session: Session, table: Table, source: Source, *, lines: bool) -> None:
    """Add rows that name an unknown student or school, or a day outside the calendar, to the problems.

    Raises
    ------
    LinesNeeded
        If there are such rows and they have no line numbers.
    """
    if table is not ATTENDANCE or has_unknown_rows(session):
        _list_problems(session, table)
    if isinstance(source, AttendanceSource):
        _list_where(session, table, _unmeasured(source, late=False), _UNMEASURED)
    if not lines and session.value(f"SELECT count(*) FROM {PROBLEMS} WHERE table_name = '{table.name}'"):
        raise LinesNeeded


def _list_problems(session: Session, table: Table) -> None:
    columns = table.column_names
    if "student_id" in columns and table is not STUDENTS:
        _list_unknown(session, table, "student_id", STUDENTS, "an unknown student")
    if "school_id" in columns and table is not SCHOOLS:
        _list_unknown(session, table, "school_id", SCHOOLS, "an unknown school")
    if table is ATTENDANCE:
        _list_where(
            session,
            table,
            "date IS NOT NULL AND NOT EXISTS (FROM known_calendar c WHERE c.school_id = t.school_id "
            "AND c.date = t.date) AND EXISTS (FROM known_schools s WHERE s.school_id = t.school_id)",
            _OUTSIDE,
        )
    if table is NURSE_VISITS:
        between = "BETWEEN (SELECT min(date) FROM known_calendar) AND (SELECT max(date) FROM known_calendar)"
        _list_where(session, table, f"date NOT {between}", _OUTSIDE)
    if table is ENROLLMENTS:
        _list_where(session, table, "exit_date < entry_date", "an exit before the entry")
        _list_where(
            session,
            table,
            "NOT EXISTS (FROM known_calendar c WHERE c.school_id = t.school_id "
            "AND c.school_year = t.school_year) "
            "AND EXISTS (FROM known_schools s WHERE s.school_id = t.school_id)",
            "a school year for which the school has no calendar",
        )


def set_aside(session: Session, table: Table, config: Config) -> tuple[list[Finding], int]:
    """Move rows with problems from the typed rows to those set aside, with their reasons.

    Returns
    -------
    list of Finding, int
        One per reason, refused where the share is above ``checks.max_quarantined``; and the rows, each once
        however many reasons it has.
    """
    total = session.value(f"SELECT count(*) FROM {typed_name(table)}")
    reasons = session.rows(
        f"SELECT reason, count(*), min_by(file, (file, line)), min_by(line, (file, line)) FROM {PROBLEMS} "
        f"WHERE table_name = {literal(table.name)} GROUP BY 1 ORDER BY 3, 4, 1"
    )
    if not reasons:
        return [], 0
    session.execute(
        f"INSERT INTO {ASIDE} SELECT p.table_name, p.file, p.line, p.reason, "
        f"CAST(to_json({_cells(table)}) AS VARCHAR) FROM {PROBLEMS} p JOIN {raw_name(table)} r "
        f"ON p.number = r._row WHERE p.table_name = {literal(table.name)}"
    )
    session.execute(
        f"DELETE FROM {typed_name(table)} t WHERE EXISTS (FROM {PROBLEMS} p "
        f"WHERE p.table_name = {literal(table.name)} AND p.number = t._row)"
    )
    failed = total - session.value(f"SELECT count(*) FROM {typed_name(table)}")
    within = failed <= config.checks.max_quarantined * total
    findings = [
        _row_finding(table, reason, count, place_of(file, line), within=within)
        for reason, count, file, line in reasons
    ]
    return findings, failed


def _cells(table: Table) -> str:
    """Return SQL for the cells of a raw row, without where it stood."""
    return "{" + ", ".join(f"{literal(name)}: r.{identifier(name)}" for name in table.column_names) + "}"


_CHECKS = {
    "an unknown student": "unknown student",
    "an unknown school": "unknown school",
    _OUTSIDE: "day outside the calendar",
    "an exit before the entry": "exit before the entry",
    "a school year for which the school has no calendar": "year without a calendar",
    _UNMEASURED: "unmeasured minutes",
}


def _row_finding(table: Table, reason: str, count: int, where: str, *, within: bool) -> Finding:
    rows = "row has" if count == 1 else "rows have"
    cell = "empty cell" if reason.startswith("empty ") else "unreadable cell"
    finding = found(
        _CHECKS.get(reason, cell),
        table.name,
        f"{count} {rows} {reason.split(':')[0]}",
        expected=reason.split(": expected ")[1] if ": expected " in reason else "rows that hold together",
        where=where,
        count=count,
        severity="set aside" if within else "refused",
    )
    if within:
        return finding
    raised = f"{finding.next_step.rstrip('.')}, or raise checks.max_quarantined to set such rows aside"
    return replace(finding, next_step=raised)


def _list_unknown(session: Session, table: Table, column: str, other: Table, reason: str) -> None:
    name = identifier(column)
    _list_where(
        session,
        table,
        f"{name} IS NOT NULL AND NOT EXISTS (FROM known_{other.name} o WHERE o.{name} = t.{name})",
        reason,
    )


def _list_where(session: Session, table: Table, condition: str, reason: str) -> None:
    session.execute(
        f"INSERT INTO {PROBLEMS} SELECT {literal(table.name)}, _row, _file, _line, {literal(reason)} "
        f"FROM {typed_name(table)} t WHERE {condition}"
    )


def _unmeasured(source: AttendanceSource, *, late: bool) -> str:
    """Return SQL for rows whose minutes are no part of a day that is known; of late arrivals, or the others.

    An absence of some minutes cannot be counted then. A late arrival counts as presence without them.
    """
    codes = [code for code, kind in source.codes.items() if kind in ("tardy", "present")]
    listed = ", ".join(literal(code) for code in codes) or "NULL"
    among = f"coalesce(code IN ({listed}), false)"
    return (
        f"{among if late else f'NOT {among}'} AND absent_fraction IS NULL AND minutes_absent IS NOT NULL "
        "AND NOT EXISTS (FROM known_calendar c WHERE c.school_id = t.school_id AND c.date = t.date "
        "AND c.minutes > 0)"
    )


def lost_zero_findings(session: Session, table: Table) -> list[Finding]:
    """Return a warning where unknown ids are known but for the zeros in front; before they are set aside."""
    findings = []
    for column, other in (("student_id", STUDENTS), ("school_id", SCHOOLS)):
        reason = f"an unknown {column.removesuffix('_id')}"
        among = f"table_name = {literal(table.name)} AND reason = {literal(reason)}"
        if session.rows(f"SELECT 1 FROM {PROBLEMS} WHERE {among} LIMIT 1"):
            session.execute(
                f"CREATE OR REPLACE TEMP TABLE {UNKNOWN_IDS} AS SELECT DISTINCT {column} AS id "
                f"FROM {typed_name(table)} t WHERE NOT EXISTS (FROM known_{other.name} k "
                f"WHERE k.{column} = t.{column})"
            )
            findings += [each for each in [lost_zeros(session, table, column)] if each is not None]
    return findings


def after_calendar_findings(session: Session) -> list[Finding]:
    """Return a warning where attendance goes on after the calendar's last day; before it is set aside."""
    session.execute(
        "CREATE OR REPLACE TEMP TABLE outside_days AS SELECT school_id, date, rows FROM attendance_days d "
        "WHERE NOT EXISTS (FROM known_calendar c WHERE c.school_id = d.school_id AND c.date = d.date)"
    )
    finding = attendance_after_calendar(session, "outside_days")
    return [] if finding is None else [finding]


def late_minutes_finding(session: Session, source: AttendanceSource) -> list[Finding]:
    """Return a warning where the minutes of late arrivals are no part of a day that is known."""
    count = session.value(
        f"SELECT count(*) FROM {typed_name(ATTENDANCE)} t WHERE {_unmeasured(source, late=True)}"
    )
    if not count:
        return []
    sentence = f"{count} late arrivals have minutes and their day has none in the calendar: they count as 0"
    return [found("unmeasured minutes", ATTENDANCE.name, sentence, count=count, severity="warning")]


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
    sentence = f"{count} spells begin before an earlier spell of the same student has ended"
    return [
        found("overlapping spells", ENROLLMENTS.name, sentence, expected="one school at a time", count=count)
    ]


def empty_finding(table: Table, source: Source, rows_read: int) -> list[Finding]:
    """Return a finding where a full extract has no rows; a delta may bring none."""
    if source.delivery == "delta":
        return []
    if rows_read:
        return []
    may_be_empty = table in (ATTENDANCE, NURSE_VISITS, MEAL_PROGRAMS)
    return [
        found(
            "no rows",
            table.name,
            "the source has a header and no rows",
            expected="at least one row",
            where=place_of(source.origin, 2 if source.path else None),
            severity="warning" if may_be_empty else "refused",
        )
    ]
