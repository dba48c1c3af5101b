"""Raw text into typed rows; what cannot be read is named by column and line, never quoted."""

from __future__ import annotations

import re
from collections.abc import Collection

from ews.config import Config
from ews.engine import Session, identifier, literal
from ews.extracts.checks import found
from ews.extracts.findings import Finding
from ews.extracts.lines import LinesNeeded, place_of
from ews.extracts.read import raw_name
from ews.extracts.schema import ATTENDANCE, Column, Table
from ews.sources import KINDS, AttendanceSource, Source

PROBLEMS = "row_problems"
"""Temporary table of rows that fail alone: table_name, number, file, line, reason; a row per reason."""

_LONGEST_CODE, _MOST_CODES = 4, 20
_HIDDEN = "not shown: they do not look like codes; is the right column read?"
_CODE_WORDS = re.compile(
    r"(un)?excused( absence)?|absent|absence|present|in attendance|partial|tardy|late|early( departure)?"
    r"|suspen(ded|sion)|exempt|unknown|half day|full day"
)
"""Longer texts that are plainly the name of a code and nobody's name."""

_TRUE = "('true', 't', '1', 'yes', 'y')"
_FALSE = "('false', 'f', '0', 'no', 'n')"
_ZONE = r"'([zZ]|[+-]\d{2}(:?\d{2})?)$'"
_ISO_DAY = r"'^\d{4}-\d{2}-\d{2}'"
_LETTERS = "'[A-SU-Za-su-z]'"
_TO_THE_SECOND = "'____-__-__ __:__:__'"
_BLANKS = "' \t\r\n'"
_WHOLE = r"'[+-]?\d+(\.0+)?'"


def typed_name(table: Table) -> str:
    """Return the name of the temporary table with a source's typed rows."""
    return f"typed_{table.name}"


def prepare(session: Session) -> None:
    """Make the empty table that rows with problems are listed in."""
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {PROBLEMS} "
        "(table_name VARCHAR, number BIGINT, file VARCHAR, line BIGINT, reason VARCHAR)"
    )


def type_rows(
    session: Session,
    table: Table,
    source: Source,
    config: Config,
    *,
    lines: bool,
    rows: str | None = None,
    present: Collection[str] | None = None,
) -> None:
    """Make ``typed_<table>`` and list unreadable cells in :data:`PROBLEMS`.

    Parameters
    ----------
    lines : bool
        Whether ``raw_<table>`` has line numbers.
    rows : str, optional
        A query to read instead of ``raw_<table>``, whose dates are typed already and whose other cells
        are not trimmed (see ``ews.extracts.read.typed_by_reader``).
    present : collection of str, optional
        The canonical columns that the source has; the others are empty. All of them when left out.

    Raises
    ------
    LinesNeeded
        If a cell cannot be read and the rows have no line numbers.
    """
    typed = {column: _typed(column, source, config.timezone) for column in table.columns}
    if rows is not None:
        typed |= {each: identifier(each.name) for each in table.columns if each.type == "date"}
    if present is not None:
        absent = [each for each in table.columns if each.name not in present]
        # Of millions of rows an empty column is kept in the narrowest type that computes as its own does.
        narrow = {"fraction": "UTINYINT", "number": "UTINYINT"} if rows is not None else {}
        types = _SQL_TYPES | narrow
        typed |= {each: f"CAST(NULL AS {types[each.type]})" for each in absent}
    cells = ", ".join(f"{expression} AS {identifier(column.name)}" for column, expression in typed.items())
    read = {each: sql for each, sql in typed.items() if rows is None or sql != identifier(each.name)}
    problems = _problems({each: sql for each, sql in read.items() if not sql.startswith("CAST(NULL")})
    mask = _mask(problems)
    create = (
        f"CREATE OR REPLACE TEMP TABLE {typed_name(table)} AS SELECT {cells}, {mask} AS _problems, "
        f"_other, _row, _file, _line FROM ({_mapped(table, source, rows or f'FROM {raw_name(table)}')})"
    )
    try:
        session.execute(create)
    except Exception:
        if lines:
            raise
        raise LinesNeeded from None
    if rows is not None and table is not ATTENDANCE and _has_empty_or_padded_cells(session, table):
        raise LinesNeeded
    if not session.value(f"SELECT count(*) FROM {typed_name(table)} WHERE _problems <> 0"):
        return
    if not lines:
        raise LinesNeeded
    for bit, (reason, _) in enumerate(problems):
        session.execute(
            f"INSERT INTO {PROBLEMS} SELECT {literal(table.name)}, _row, _file, _line, {literal(reason)} "
            f"FROM {typed_name(table)} WHERE (_problems >> {bit}) & 1 = 1"
        )


def _has_zone(cell: str) -> str:
    return f"(length({cell}) > 10 AND regexp_matches({cell}, {_ZONE}))"


def _problems(typed: dict[Column, str]) -> list[tuple[str, str]]:
    """Return what can be wrong with a cell: (reason, condition), in the order of the columns."""
    found_reasons = []
    for column, expression in typed.items():
        cell = identifier(column.name)
        if column.required:
            found_reasons.append((f"empty {column.name}", f"{cell} IS NULL"))
        if column.type != "text":
            reason = f"unreadable {column.name}: expected {_KINDS[column.type]}"
            found_reasons.append((reason, f"({cell} IS NOT NULL AND ({expression}) IS NULL)"))
    return found_reasons


def _mask(problems: list[tuple[str, str]]) -> str:
    """Return SQL for a whole number whose bits say which problems a row has."""
    if not problems:
        return "CAST(0 AS UTINYINT)"
    bits = [
        f"CASE WHEN {condition} THEN {1 << bit} ELSE 0 END" for bit, (_, condition) in enumerate(problems)
    ]
    return f"CAST({' + '.join(bits)} AS INTEGER)"


def _has_empty_or_padded_cells(session: Session, table: Table) -> bool:
    """Return whether a required cell is empty, or an id or code has blanks around it."""
    texts = [column.name for column in table.columns if column.type == "text"]
    padded = " OR ".join(f"{identifier(name)} <> trim({identifier(name)})" for name in texts)
    required = " OR ".join(f"{identifier(each.name)} IS NULL" for each in table.columns if each.required)
    return bool(session.rows(f"SELECT 1 FROM {typed_name(table)} WHERE {required} OR {padded} LIMIT 1"))


def _mapped(table: Table, source: Source, rows: str) -> str:
    replaced = [
        f"{_case(identifier(column), pairs, identifier(column))} AS {identifier(column)}"
        for column, pairs in source.codes.items()
        if isinstance(pairs, dict) and column in table.column_names
    ]
    if "grade" in table.column_names and "grade" not in source.codes:
        replaced.append("CASE WHEN regexp_full_match(grade, '\\d') THEN '0' || grade ELSE grade END AS grade")
    replace = f" REPLACE ({', '.join(replaced)})" if replaced else ""
    return f"SELECT *{replace} FROM ({rows})"


def _case(subject: str, pairs: dict[str, str], otherwise: str) -> str:
    whens = " ".join(f"WHEN {literal(theirs)} THEN {literal(ours)}" for theirs, ours in pairs.items())
    return f"CASE {subject} {whens} ELSE {otherwise} END" if whens else subject


def _typed(column: Column, source: Source, timezone: str) -> str:
    cell = identifier(column.name)
    if column.type == "date":
        declared = f"CAST(try_strptime({cell}, {literal(source.date_format)}) AS DATE)"
        # A cell of a typed file is a day, or a moment: then of the district's day, not of UTC's.
        moment = f"timezone({literal(timezone)}, TRY_CAST({cell} AS TIMESTAMPTZ))"
        zoned = f"CASE WHEN {_has_zone(cell)} THEN {moment} ELSE TRY_CAST({cell} AS TIMESTAMP) END"
        iso = f"CASE WHEN regexp_matches({cell}, {_ISO_DAY}) THEN CAST({zoned} AS DATE) END"
        return f"CASE WHEN _typed THEN coalesce({declared}, {iso}) ELSE {declared} END"
    if column.type == "time":
        # Most cells have this shape; blanks to cut off and three regular expressions for each cost more than
        # reading the file.
        usual = (
            f"{cell} LIKE {_TO_THE_SECOND} AND {cell} >= '0' AND {cell} < ':' "
            f"AND NOT suffix(upper({cell}), 'Z')"
        )
        as_it_is = f"timezone('UTC', timezone({literal(timezone)}, TRY_CAST({cell} AS TIMESTAMP)))"
        cell = f"trim({cell}, {_BLANKS})"
        local = f"timezone('UTC', timezone({literal(timezone)}, TRY_CAST({cell} AS TIMESTAMP)))"
        return (
            f"CASE WHEN {usual} THEN {as_it_is} "
            f"WHEN NOT regexp_matches({cell}, {_ISO_DAY}) THEN NULL WHEN {_has_zone(cell)} "
            f"THEN timezone('UTC', TRY_CAST({cell} AS TIMESTAMPTZ)) "
            f"WHEN regexp_matches({cell}, {_LETTERS}) THEN NULL ELSE {local} END"
        )
    if column.type == "boolean":
        return f"CASE WHEN lower({cell}) IN {_TRUE} THEN true WHEN lower({cell}) IN {_FALSE} THEN false END"
    if column.type == "integer":
        return f"CASE WHEN regexp_full_match({cell}, {_WHOLE}) THEN TRY_CAST({cell} AS INTEGER) END"
    if column.type == "fraction":
        number = f"TRY_CAST({cell} AS DOUBLE)"
        return f"CASE WHEN {number} BETWEEN 0 AND 1 THEN {number} END"
    if column.type == "number":
        number = f"TRY_CAST({cell} AS DOUBLE)"
        return f"CASE WHEN isfinite({number}) AND {number} >= 0 THEN {number} END"
    return cell


_SQL_TYPES = {
    "text": "VARCHAR",
    "date": "DATE",
    "time": "TIMESTAMP",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "fraction": "DOUBLE",
    "number": "DOUBLE",
}

_KINDS = {
    "date": "a date in the declared format",
    "time": "a date and time",
    "boolean": "true or false",
    "integer": "a whole number",
    "fraction": "a share from 0 to 1",
    "number": "a number that is not negative",
    "text": "text",
}


def unmapped_codes(session: Session, table: Table, source: Source) -> list[Finding]:
    """Return refusals for codes that nothing maps: what they mean is the district's to say.

    Raises
    ------
    LinesNeeded
        If there are some and the rows have no line numbers.
    """
    return [finding for column in table.columns for finding in _unmapped(session, table, column, source)]


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
    if attendance_code and not session.rows(f"FROM attendance_codes WHERE code NOT IN ({listed}) LIMIT 1"):
        return []
    rows = session.rows(
        f"SELECT {identifier(column.name)}, count(*), min_by(_file, (_file, _line)), "
        f"min_by(_line, (_file, _line)) FROM {typed_name(table)} "
        f"WHERE {identifier(column.name)} NOT IN ({listed}) GROUP BY 1 ORDER BY 3, 4"
    )
    if not rows:
        return []
    count, file, line = sum(row[1] for row in rows), rows[0][2], rows[0][3]
    if line is None:
        raise LinesNeeded
    codes = [row[0] for row in rows]
    shown = ""
    if attendance_code:
        shown = f" ({_HIDDEN if _are_ids(session, codes) else _shown_codes(codes)})"
    key = "codes" if attendance_code else f"codes.{column.name}"
    return [
        found(
            "unmapped code",
            table.name,
            f"{len(rows)} codes in column {column.name} are not mapped{shown}, in {count} rows",
            expected=f"one of: {', '.join(_meanings(column, attendance_code))}",
            where=place_of(file, line),
            next_step=f"map each of them in sources.{table.name}.{key}",
            count=count,
        )
    ]


def _meanings(column: Column, attendance_code: bool) -> tuple[str, ...]:
    return KINDS if attendance_code else column.values


def _are_ids(session: Session, codes: list[str]) -> bool:
    """Return whether any of the codes is the id of a student."""
    listed = ", ".join(literal(code) for code in codes)
    return bool(session.value(f"SELECT EXISTS (FROM known_students WHERE student_id IN ({listed}))"))


def _shown_codes(codes: list[str]) -> str:
    """Return codes to show: only a few short ones; many or long ones are something about students."""
    short = [code for code in codes if _is_code(code)]
    if len(codes) > _MOST_CODES or not short:
        return _HIDDEN
    longer = len(codes) - len(short)
    return ", ".join(short) + (f" and {longer} longer texts" if longer else "")


def _is_code(text: str) -> bool:
    if _CODE_WORDS.fullmatch(text.casefold()):
        return True
    return len(text) <= _LONGEST_CODE and text.replace("-", "").isalnum()
