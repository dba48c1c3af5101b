"""Raw text into typed rows; what cannot be read is named by column and line, never quoted."""

from __future__ import annotations

from ews.config import Config
from ews.engine import Session, identifier, literal
from ews.extracts.findings import Finding
from ews.extracts.read import raw_name
from ews.extracts.schema import ATTENDANCE, Column, Table
from ews.sources import KINDS, AttendanceSource, Source

PROBLEMS = "row_problems"
"""Temporary table of rows that fail alone: table_name, file, line, reason."""

_LONGEST_CODE, _MOST_CODES = 4, 20

_TRUE = "('true', 't', '1', 'yes', 'y')"
_FALSE = "('false', 'f', '0', 'no', 'n')"
_ZONE = r"'([zZ]|[+-]\d{2}(:?\d{2})?)$'"


def typed_name(table: Table) -> str:
    """Return the name of the temporary table with a source's typed rows."""
    return f"typed_{table.name}"


def prepare(session: Session) -> None:
    """Make the empty table that rows with problems are listed in."""
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {PROBLEMS} "
        "(table_name VARCHAR, file VARCHAR, line BIGINT, reason VARCHAR)"
    )


def type_rows(session: Session, table: Table, source: Source, config: Config) -> list[Finding]:
    """Make ``typed_<table>`` from ``raw_<table>`` and list unreadable cells in :data:`PROBLEMS`.

    Returns
    -------
    list of Finding
        Refusals for codes that nothing maps.
    """
    raw = raw_name(table)
    session.execute(f"ALTER TABLE {raw} RENAME TO {raw}_cells")
    _map_codes(session, table, source, f"{raw}_cells", raw)
    session.execute(f"DROP TABLE {raw}_cells")
    typed = {column: _typed(column, source, config.timezone) for column in table.columns}
    cells = ", ".join(f"{expression} AS {identifier(column.name)}" for column, expression in typed.items())
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {typed_name(table)} AS SELECT {cells}, _file, _line FROM {raw}"
    )
    for column, expression in typed.items():
        _list_problems(session, table, column, expression)
    return [finding for column in table.columns for finding in _unmapped(session, table, column, source)]


def _map_codes(session: Session, table: Table, source: Source, before: str, after: str) -> None:
    replaced = [
        f"{_case(identifier(column), pairs, identifier(column))} AS {identifier(column)}"
        for column, pairs in source.codes.items()
        if isinstance(pairs, dict) and column in table.column_names
    ]
    if "grade" in table.column_names and "grade" not in source.codes:
        replaced.append("CASE WHEN regexp_full_match(grade, '\\d') THEN '0' || grade ELSE grade END AS grade")
    replace = f" REPLACE ({', '.join(replaced)})" if replaced else ""
    session.execute(f"CREATE TEMP TABLE {after} AS SELECT *{replace} FROM {before}")


def _case(subject: str, pairs: dict[str, str], otherwise: str) -> str:
    whens = " ".join(f"WHEN {literal(theirs)} THEN {literal(ours)}" for theirs, ours in pairs.items())
    return f"CASE {subject} {whens} ELSE {otherwise} END" if whens else subject


def _typed(column: Column, source: Source, timezone: str) -> str:
    cell = identifier(column.name)
    if column.type == "date":
        iso = f"TRY_CAST(TRY_CAST({cell} AS TIMESTAMP) AS DATE)"
        declared = f"CAST(try_strptime({cell}, {literal(source.date_format)}) AS DATE)"
        return f"CASE WHEN _typed THEN coalesce({iso}, {declared}) ELSE {declared} END"
    if column.type == "time":
        return (
            f"CASE WHEN length({cell}) > 10 AND regexp_matches({cell}, {_ZONE}) "
            f"THEN timezone('UTC', TRY_CAST({cell} AS TIMESTAMPTZ)) "
            f"ELSE timezone('UTC', timezone({literal(timezone)}, TRY_CAST({cell} AS TIMESTAMP))) END"
        )
    if column.type == "boolean":
        return f"CASE WHEN lower({cell}) IN {_TRUE} THEN true WHEN lower({cell}) IN {_FALSE} THEN false END"
    if column.type == "integer":
        return f"TRY_CAST({cell} AS INTEGER)"
    if column.type == "fraction":
        number = f"TRY_CAST({cell} AS DOUBLE)"
        return f"CASE WHEN {number} BETWEEN 0 AND 1 THEN {number} END"
    if column.type == "number":
        number = f"TRY_CAST({cell} AS DOUBLE)"
        return f"CASE WHEN {number} >= 0 THEN {number} END"
    return cell


_KINDS = {
    "date": "a date in the declared format",
    "time": "a date and time",
    "boolean": "true or false",
    "integer": "a whole number",
    "fraction": "a share from 0 to 1",
    "number": "a number that is not negative",
    "text": "text",
}


def _list_problems(session: Session, table: Table, column: Column, typed: str) -> None:
    cell = identifier(column.name)
    reasons = [(f"empty {column.name}", f"{cell} IS NULL")] if column.required else []
    if column.type != "text":
        expected = f"unreadable {column.name}: expected {_KINDS[column.type]}"
        reasons.append((expected, f"{cell} IS NOT NULL AND {typed} IS NULL"))
    for reason, condition in reasons:
        session.execute(
            f"INSERT INTO {PROBLEMS} SELECT {literal(table.name)}, _file, _line, {literal(reason)} "
            f"FROM {raw_name(table)} WHERE {condition}"
        )


def _unmapped(session: Session, table: Table, column: Column, source: Source) -> list[Finding]:
    """Codes stop the load: what they mean is the district's to say, and is never guessed."""
    attendance_code = table is ATTENDANCE and column.name == "code"
    if isinstance(source, AttendanceSource) and attendance_code:
        known: tuple[str, ...] = tuple(source.codes)
    elif column.values:
        known = column.values
    else:
        return []
    listed = ", ".join(literal(value) for value in known)
    rows = session.rows(
        f"SELECT {identifier(column.name)}, count(*), min_by(_file, (_file, _line)), "
        f"min_by(_line, (_file, _line)) FROM {typed_name(table)} "
        f"WHERE {identifier(column.name)} NOT IN ({listed}) GROUP BY 1 ORDER BY 3, 4"
    )
    if not rows:
        return []
    count, file, line = sum(row[1] for row in rows), rows[0][2], rows[0][3]
    shown = f" ({_shown_codes([row[0] for row in rows])})" if attendance_code else ""
    key = "codes" if attendance_code else f"codes.{column.name}"
    return [
        Finding(
            "unmapped code",
            "refused",
            table.name,
            f"{len(rows)} codes in column {column.name} are not mapped{shown}, in {count} rows",
            expected=f"one of: {', '.join(_meanings(column, attendance_code))}",
            where=f"{file}, line {line}",
            next_step=f"map each of them in sources.{table.name}.{key}",
            count=count,
        )
    ]


def _meanings(column: Column, attendance_code: bool) -> tuple[str, ...]:
    return KINDS if attendance_code else column.values


def _shown_codes(codes: list[str]) -> str:
    """Return codes to show: only a few short ones; many or long ones are something about students."""
    short = [code for code in codes if len(code) <= _LONGEST_CODE and code.replace("-", "").isalnum()]
    if len(codes) > _MOST_CODES or not short:
        return "not shown: they do not look like codes; is the right column read?"
    longer = len(codes) - len(short)
    return ", ".join(short) + (f" and {longer} longer texts" if longer else "")
