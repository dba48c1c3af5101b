"""Files into raw rows: columns found by name, every cell as text, with file and line beside it.

What DuckDB reads was made ready by ``ews.extracts.inputs``; here its columns are matched by name, never
by position, and a profile's derivation is applied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ews.engine import Session, identifier, literal
from ews.errors import DataRefused
from ews.extracts.checks import found
from ews.extracts.findings import Finding
from ews.extracts.inputs import Input, Opened
from ews.extracts.lines import LinesNeeded, number_by_lines, place_of
from ews.extracts.profiles import Recipe
from ews.extracts.schema import CONTACTS, Column, Table
from ews.sources import AttendanceSource, DirectorySource, Source


def raw_name(table: Table) -> str:
    """Return the name of the temporary table (or view) with a source's raw rows."""
    return f"raw_{table.name}"


def check_headers(
    table: Table, source: Source | DirectorySource, recipe: Recipe | None, opened: Opened
) -> list[Finding]:
    """Return refusals for columns that are missing, doubled or not allowed, and notes on unread ones."""
    if recipe is not None and opened.inputs and opened.inputs[0].name:
        return []  # the columns of a profile's inputs are checked where they are opened
    return [finding for each in opened.inputs for finding in _check_header(each, table, source)]


def read_rows(
    session: Session,
    table: Table,
    source: Source | DirectorySource,
    recipe: Recipe | None,
    opened: Opened,
    *,
    lines: bool,
) -> None:
    """Make ``raw_<table>``: canonical columns as text, ``_file``, ``_line``, ``_typed``.

    A table with line numbers; without them a view, so that the next step reads the file itself.

    Raises
    ------
    DataRefused
        If a file cannot be read.
    LinesNeeded
        If a file cannot be read and its line is not known.
    """
    name = raw_name(table)
    _drop(session, name)
    if recipe is not None and opened.inputs and opened.inputs[0].name:
        _derive(session, table, recipe, opened)
        return
    selects = [_select(each, table, source, lines=lines) for each in opened.inputs]
    if not lines:
        unnumbered = f"SELECT *, CAST(NULL AS BIGINT) AS _row FROM ({' UNION ALL '.join(selects)})"
        session.execute(f"CREATE TEMP VIEW {name} AS {unnumbered}")
        return
    for number, (each, select) in enumerate(zip(opened.inputs, selects, strict=True)):
        before = session.value(f"SELECT count(*) FROM {name}") if number else 0
        verb = f"INSERT INTO {name}" if number else f"CREATE TEMP TABLE {name} AS"
        numbered = f"SELECT *, CAST(row_number() OVER () + {before} AS BIGINT) AS _row FROM ({select})"
        _run(session, f"{verb} {numbered}", each.place, table)
        if not each.parquet:
            number_by_lines(session, name, each.path, each.place, each.delimiter)


def _drop(session: Session, name: str) -> None:
    """Drop what an earlier reading left under a name, table or view."""
    for kind in ("table", "view"):
        listed = f"SELECT 1 FROM duckdb_{kind}s() WHERE {kind}_name = {literal(name)} AND temporary"
        if session.rows(listed):
            session.execute(f"DROP {kind.upper()} {name}")


_MOST_NAMES = 10_000
"""Values that a column may have to be read as one of a list."""


def typed_by_reader(
    table: Table, source: Source, opened: Opened, recipe: Recipe | None, names: Mapping[str, Sequence[str]]
) -> str | None:
    """Return a query that types dates while reading, for large CSV files in one form; None for others.

    Its cells are not trimmed: whoever uses it looks for cells with blanks around them afterwards.

    Parameters
    ----------
    names : mapping of str to sequence of str
        Columns whose cells are among a few names: kept as a byte or two a row. The query fails where a
        cell is none of them.
    """
    listed = {
        column: f"ENUM({', '.join(map(literal, values))})"
        for column, values in names.items()
        if 0 < len(values) <= _MOST_NAMES
    }
    headers = {each.header for each in opened.inputs}
    if recipe is not None or len(headers) != 1 or any(each.parquet for each in opened.inputs):
        return None
    if "%z" in source.date_format.lower() or _sums_rows(source):
        return None
    # The place of a file as an ENUM: one byte a row.
    places = f"ENUM({', '.join(sorted({literal(each.place) for each in opened.inputs}))})"
    selects = []
    for each in opened.inputs:
        columns = source_names(table, source)
        dates = {columns[column.name] for column in table.columns if column.type == "date"}
        cells = [
            f"CAST({identifier(theirs)} AS {listed.get(ours, 'DATE' if theirs in dates else 'VARCHAR')}) "
            f"AS {identifier(ours)}"
            if theirs in each.header
            else f"CAST(NULL AS VARCHAR) AS {identifier(ours)}"
            for ours, theirs in columns.items()
        ]
        reader = _reader(each, dates=dates, date_format=source.date_format)
        selects.append(
            f"SELECT {', '.join(cells)}, CAST(0 AS UTINYINT) AS _other, CAST(NULL AS UTINYINT) AS _row, "
            f"CAST({literal(each.place)} AS {places}) AS _file, "
            f"CAST(NULL AS UTINYINT) AS _line FROM {reader}"
        )
    return " UNION ALL ".join(selects)


def columns_present(
    table: Table, source: Source | DirectorySource, recipe: Recipe | None, opened: Opened
) -> set[str] | None:
    """Return the canonical columns that at least one file of a source has; None where that is not known."""
    if recipe is not None and opened.inputs and opened.inputs[0].name:
        return None
    headers = {name for each in opened.inputs for name in each.header}
    return {ours for ours, theirs in source_names(table, source).items() if theirs in headers}


def source_names(table: Table, source: Source | DirectorySource) -> dict[str, str]:
    """Return canonical name -> name in the file."""
    return {name: source.columns.get(name, name) for name in table.column_names}


def row_count_findings(
    session: Session, table: Table, recipe: Recipe | None, opened: Opened, rows: str
) -> list[Finding]:
    """Return a refusal for every file that does not hold the rows its manifest states.

    Parameters
    ----------
    rows : str
        The temporary table with the source's rows and their ``_file``.
    """
    if not opened.expected_rows:
        return []
    named = [spec.name for spec in recipe.inputs] if recipe and opened.inputs[0].name else [rows]
    union = " UNION ALL ".join(f"SELECT _file FROM {identifier(name)}" for name in named)
    counted = dict(session.rows(f"SELECT _file, count(*) FROM ({union}) GROUP BY 1"))
    return [
        found(
            "manifest rows",
            table.name,
            f"the file holds {counted.get(place, 0)} rows, its manifest says {expected}",
            expected=f"{expected} rows",
            where=place,
        )
        for place, expected in opened.expected_rows.items()
        if counted.get(place, 0) != expected
    ]


def _check_header(each: Input, table: Table, source: Source | DirectorySource) -> list[Finding]:
    names = source_names(table, source)
    header = each.header
    problems = [
        f"{what}: {', '.join(columns)}"
        for what, columns in (
            ("columns missing", [names[c.name] for c in table.columns if _is_missing(c, names, header)]),
            ("columns given twice", _given_twice(names, header)),
            ("`columns` names what this table does not have", [n for n in source.columns if n not in names]),
        )
        if columns
    ]
    if problems:
        # What the header does hold is not shown: a file without a header would show a student's row.
        return [
            found(
                "columns",
                table.name,
                "; ".join(problems),
                expected=f"the columns {', '.join(table.column_names)}, by name",
                where=place_of(each.place, 1),
                next_step=f"deliver them, or name yours in sources.{table.name}.columns (canonical: yours)",
            )
        ]
    unknown = [name for name in header if name not in names.values() and name != "_line"]
    return [_unknown_columns(table, each.place, unknown)] if unknown else []


def _given_twice(names: dict[str, str], header: Sequence[str]) -> list[str]:
    """Return wanted names that the header has several times, also in other capitals."""
    folded = [name.casefold() for name in header]
    return sorted({name for name in names.values() if name in header and folded.count(name.casefold()) > 1})


def _is_missing(column: Column, names: dict[str, str], header: Sequence[str]) -> bool:
    return column.required and names[column.name] not in header


def _unknown_columns(table: Table, place: str, unknown: list[str]) -> Finding:
    if not table.closed:
        sentence = f"{len(unknown)} columns are not read: {', '.join(unknown)}"
        return found("unknown column", table.name, sentence, where=place_of(place, 1))
    return found(
        "free text",
        table.name,
        f"columns that a {_record(table)} may not bring along: {', '.join(unknown)}",
        expected=f"only {', '.join(table.column_names)}: a date and a coarse category, no free text",
        where=place_of(place, 1),
    )


def _record(table: Table) -> str:
    return "record of contacts" if table is CONTACTS else "health record"


def _select(each: Input, table: Table, source: Source | DirectorySource, *, lines: bool) -> str:
    cells = [
        f"nullif(trim(CAST({identifier(theirs)} AS VARCHAR)), '') AS {identifier(ours)}"
        if theirs in each.header
        else f"CAST(NULL AS VARCHAR) AS {identifier(ours)}"
        for ours, theirs in source_names(table, source).items()
    ]
    return (
        f"SELECT {', '.join(cells)}, {_other_cells(each, table, source)} AS _other, "
        f"{literal(each.place)} AS _file, {str(each.parquet).upper()} AS _typed, "
        f"{_line(each, lines=lines)} AS _line FROM {_reader(each)}"
    )


def _sums_rows(source: Source | DirectorySource) -> bool:
    return isinstance(source, AttendanceSource) and source.same_day == "sum"


def _other_cells(each: Input, table: Table, source: Source | DirectorySource) -> str:
    """Return SQL that tells rows apart by the columns that are not read, where alike rows are summed.

    Two periods of a day may be missed alike, and are no duplicates then.
    """
    read = source_names(table, source).values()
    names = [name for name in _distinct(each.header) if name not in (*read, "_line")]
    if not names or not _sums_rows(source):
        return "CAST(0 AS UBIGINT)"
    return f"hash({', '.join(identifier(name) for name in names)})"


def _line(each: Input, *, lines: bool) -> str:
    if not lines:
        return "CAST(NULL AS BIGINT)"
    if each.parquet and "_line" in each.header:
        return 'CAST("_line" AS BIGINT)'
    return f"CAST(row_number() OVER () + {0 if each.parquet else 1} AS BIGINT)"


def _reader(each: Input, *, dates: set[str] | frozenset[str] = frozenset(), date_format: str = "") -> str:
    if each.parquet:
        return f"read_parquet({literal(str(each.path))})"
    columns = ", ".join(
        f"{literal(name)}: '{'DATE' if name in dates else 'VARCHAR'}'" for name in _distinct(each.header)
    )
    dated = f"dateformat = {literal(date_format)}, " if dates else ""
    return (
        f"read_csv({literal(str(each.path))}, columns = {{{columns}}}, header = true, auto_detect = false, "
        f"delim = {literal(each.delimiter)}, quote = '\"', escape = '\"', nullstr = '', {dated}"
        "strict_mode = true, max_line_size = 1000000)"
    )


def _distinct(header: Sequence[str]) -> list[str]:
    """Give columns that are not read, and whose names are empty or repeated, names of their own."""
    seen: set[str] = set()
    names = []
    for position, name in enumerate(header):
        unique = name if name and name.lower() not in seen else f"_unread_{position}"
        seen.add(unique.lower())
        names.append(unique)
    return names


def _derive(session: Session, table: Table, recipe: Recipe, opened: Opened) -> None:
    """Apply a profile's derivation to views named as its inputs."""
    for spec in recipe.inputs:
        columns = (*spec.columns, *spec.optional_columns)
        inputs = [each for each in opened.inputs if each.name == spec.name]
        selects = [_input_select(each, columns) for each in inputs] or [_nothing(columns)]
        session.execute(f"DROP VIEW IF EXISTS {identifier(spec.name)}")
        session.execute(f"CREATE TEMP VIEW {identifier(spec.name)} AS {' UNION ALL '.join(selects)}")
    session.execute(f"CREATE OR REPLACE TEMP VIEW derived_rows AS {recipe.select}")
    derived = session.columns("SELECT * FROM derived_rows")
    cells = [
        f"nullif(trim(CAST({identifier(name)} AS VARCHAR)), '') AS {identifier(name)}"
        if name in derived
        else f"CAST(NULL AS VARCHAR) AS {identifier(name)}"
        for name in table.column_names
    ]
    file = "_file" if "_file" in derived else literal(opened.inputs[0].place)
    number = "CAST(row_number() OVER () AS BIGINT)"
    line = f"coalesce(CAST(_line AS BIGINT), {number})" if "_line" in derived else number
    _run(
        session,
        f"CREATE TEMP TABLE {raw_name(table)} AS SELECT {', '.join(cells)}, CAST(0 AS UBIGINT) AS _other, "
        f"{file} AS _file, false AS _typed, {line} AS _line, {number} AS _row FROM derived_rows",
        opened.inputs[0].place,
        table,
    )


def _input_select(each: Input, columns: Sequence[str]) -> str:
    theirs = {name.lower(): name for name in each.header}
    cells = [
        f"nullif(trim(CAST({identifier(theirs[name.lower()])} AS VARCHAR)), '') AS {identifier(name)}"
        if name.lower() in theirs
        else f"CAST(NULL AS VARCHAR) AS {identifier(name)}"
        for name in columns
    ]
    return (
        f"SELECT {', '.join(cells)}, {literal(each.place)} AS _file, {_line(each, lines=True)} AS _line "
        f"FROM {_reader(each)}"
    )


def _nothing(columns: Sequence[str]) -> str:
    cells = ", ".join(f"CAST(NULL AS VARCHAR) AS {identifier(name)}" for name in columns)
    return f"SELECT {cells}, CAST(NULL AS VARCHAR) AS _file, CAST(NULL AS BIGINT) AS _line WHERE false"


def _run(session: Session, sql: str, place: str, table: Table) -> None:
    try:
        session.execute(sql)
    except (DataRefused, LinesNeeded):
        raise
    except Exception as error:
        # The text quotes the line; only its number is passed on.
        match = re.search(r"[Ll]ine:? (\d+)", str(error))
        raise unreadable(place, table, int(match[1]) if match else None) from None


def unreadable(place: str, table: Table, line: int | None) -> DataRefused:
    """Return the refusal of a file whose rows do not come apart into cells."""
    return DataRefused(
        f"{table.name}: the file cannot be read",
        expected="Parquet, or CSV in the declared encoding and delimiter with as many cells in each line",
        where=place_of(place, line),
        next_step=f"deliver it again, or declare encoding and delimiter in sources.{table.name}",
    )
