"""Files into raw rows: columns found by name, every cell as text, with file and line beside it.

A CSV's header is read here, so that a column is found by its name and never by its position; the rows
are read by DuckDB. A line number counts records; a quoted line break inside a cell shifts it.
"""

from __future__ import annotations

import csv
import glob
import gzip
import os
import re
from collections.abc import Sequence
from pathlib import Path

from ews.config import Config
from ews.engine import Session, identifier, literal
from ews.errors import DataRefused
from ews.extracts.findings import Finding
from ews.extracts.schema import Table
from ews.sources import DirectorySource, Source

_PARQUET = (".parquet", ".pq")


def raw_name(table: Table) -> str:
    """Return the name of the temporary table with a source's raw rows."""
    return f"raw_{table.name}"


def read_source(
    session: Session, table: Table, source: Source | DirectorySource, config: Config
) -> list[Finding]:
    """Read every file of a source into ``raw_<table>``: canonical columns as text, ``_file``, ``_line``.

    Raises
    ------
    DataRefused
        If no file is there, a required column is missing, or a file cannot be read.
    """
    files = find_files(table, source, config)
    findings: list[Finding] = []
    selects = []
    for file in files:
        header = _header(file, source, table, session)
        findings += _check_header(header, file, table, source)
        selects.append(_select(file, _place(file, config), header, table, source))
    session.execute(f"DROP TABLE IF EXISTS {raw_name(table)}")
    for number, (file, select) in enumerate(zip(files, selects, strict=True)):
        verb = f"INSERT INTO {raw_name(table)}" if number else f"CREATE TEMP TABLE {raw_name(table)} AS"
        _run(session, f"{verb} {select}", file, table)
    return findings


def find_files(table: Table, source: Source | DirectorySource, config: Config) -> list[Path]:
    """Return the files of a source, in the order of their names.

    Raises
    ------
    DataRefused
        If the path or pattern matches nothing.
    """
    pattern = str(config.resolve(source.origin))
    exact = Path(pattern)
    files = [exact] if exact.is_file() else [Path(each) for each in sorted(glob.glob(pattern))]  # noqa: PTH207
    files = [file for file in files if file.is_file()]
    if files:
        return files
    raise DataRefused(
        f"{table.name}: no file is there",
        expected=f"at least one file matching sources.{table.name}.path",
        where=source.origin,
        next_step="put the extract there, or mend the path in the configuration",
    )


def is_parquet(path: str | Path) -> bool:
    """Return whether a file is read as Parquet: its cells then have types of their own."""
    return str(path).lower().endswith(_PARQUET)


def _header(file: Path, source: Source | DirectorySource, table: Table, session: Session) -> list[str]:
    if is_parquet(file):
        return _run_columns(session, file, table)
    opened = gzip.open if file.suffix == ".gz" else open
    encoding = "utf-8-sig" if source.encoding.lower().replace("_", "-") == "utf-8" else source.encoding
    try:
        with opened(file, "rt", encoding=encoding, newline="") as text:
            header = next(csv.reader(text, delimiter=(source.delimiter or ",")), [])
    except (OSError, EOFError, UnicodeError, LookupError, csv.Error):
        raise _unreadable(file, table, 1) from None
    if not header:
        raise DataRefused(
            f"{table.name}: the file is empty",
            expected="a header line with the column names",
            where=f"{file.name}, line 1",
            next_step="deliver the extract again",
        )
    return [name.strip() for name in header]


def _run_columns(session: Session, file: Path, table: Table) -> list[str]:
    try:
        return session.columns(f"SELECT * FROM read_parquet({literal(str(file))})")
    except DataRefused:
        raise
    except Exception:
        raise _unreadable(file, table, 0) from None


def _source_names(table: Table, source: Source | DirectorySource) -> dict[str, str]:
    """Return canonical name -> name in the file."""
    return {name: source.columns.get(name, name) for name in table.column_names}


def _check_header(
    header: list[str], file: Path, table: Table, source: Source | DirectorySource
) -> list[Finding]:
    names = _source_names(table, source)
    stray = [name for name in source.columns if name not in names]
    missing = [
        names[column.name] for column in table.columns if column.required and names[column.name] not in header
    ]
    twice = sorted({name for name in names.values() if header.count(name) > 1})
    if stray or missing or twice:
        raise _header_refusal(table, file, stray, missing, twice)
    unknown = [name for name in header if name not in names.values()]
    return [_unknown_columns(table, file, unknown)] if unknown else []


def _header_refusal(
    table: Table, file: Path, stray: list[str], missing: list[str], twice: list[str]
) -> DataRefused:
    found = [
        f"{what}: {', '.join(columns)}"
        for what, columns in (
            ("columns missing", missing),
            ("columns given twice", twice),
            ("`columns` names what this table does not have", stray),
        )
        if columns
    ]
    # What the header does hold is not shown: a file without a header would show a student's row.
    return DataRefused(
        f"{table.name}: {'; '.join(found)}",
        expected=f"the columns {', '.join(table.column_names)}, by name",
        where=f"{file.name}, line 1",
        next_step=f"deliver them, or name yours in sources.{table.name}.columns (canonical: yours)",
    )


def _unknown_columns(table: Table, file: Path, unknown: list[str]) -> Finding:
    if not table.closed:
        return Finding(
            "unknown column",
            "note",
            table.name,
            f"{len(unknown)} columns are not read: {', '.join(unknown)}",
            where=f"{file.name}, line 1",
            next_step="nothing, or leave them out of the extract",
        )
    return Finding(
        "unknown column",
        "refused",
        table.name,
        f"columns that a health record may not bring along: {', '.join(unknown)}",
        expected=f"only {', '.join(table.column_names)}: a date and a coarse category, no free text",
        where=f"{file.name}, line 1",
        next_step="leave these columns out of the extract",
    )


def _place(file: Path, config: Config) -> str:
    """Return how messages name a file: two of one name in different folders are two."""
    return Path(os.path.relpath(file, config.folder)).as_posix()


def _select(file: Path, place: str, header: list[str], table: Table, source: Source | DirectorySource) -> str:
    names = _source_names(table, source)
    cells = [
        f"nullif(trim(CAST({identifier(theirs)} AS VARCHAR)), '') AS {identifier(ours)}"
        if theirs in header
        else f"CAST(NULL AS VARCHAR) AS {identifier(ours)}"
        for ours, theirs in names.items()
    ]
    return (
        f"SELECT {', '.join(cells)}, {literal(place)} AS _file, "
        f"{str(is_parquet(file)).upper()} AS _typed, "
        f"CAST(row_number() OVER () + {0 if is_parquet(file) else 1} AS BIGINT) AS _line "
        f"FROM {_reader(file, header, source)}"
    )


def _reader(file: Path, header: Sequence[str], source: Source | DirectorySource) -> str:
    if is_parquet(file):
        return f"read_parquet({literal(str(file))})"
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in _distinct(header))
    return (
        f"read_csv({literal(str(file))}, columns = {{{columns}}}, header = true, auto_detect = false, "
        f"delim = {literal(source.delimiter or ',')}, quote = '\"', escape = '\"', nullstr = '', "
        f"encoding = {literal(source.encoding)}, strict_mode = true, max_line_size = 1000000)"
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


def _run(session: Session, sql: str, file: Path, table: Table) -> None:
    try:
        session.execute(sql)
    except DataRefused:
        raise
    except Exception as error:
        # The text quotes the line; only its number is passed on.
        match = re.search(r"[Ll]ine:? (\d+)", str(error))
        raise _unreadable(file, table, int(match[1]) if match else 0) from None


def _unreadable(file: Path, table: Table, line: int) -> DataRefused:
    return DataRefused(
        f"{table.name}: the file cannot be read",
        expected="Parquet, or CSV in the declared encoding and delimiter with as many cells in each line",
        where=f"{file.name}, line {line}" if line else file.name,
        next_step=f"deliver it again, or declare encoding and delimiter in sources.{table.name}",
    )
