"""``ews store export``: the canonical tables as Parquet, for an engine that reads no DuckDB file.

All or nothing: the files are written into a folder beside the target, which takes its place at the end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ews.config import MEAL_STATUS, Config
from ews.digests import canonical_json, digest_of
from ews.engine import Session, identifier, literal
from ews.errors import UsageError
from ews.private_files import owner_only, staged_folder, write_private
from ews.progress import Progress, silent
from ews.store.frames import CURRENT_STUDENTS
from ews.store.layout import (
    ALWAYS,
    AUDIT,
    HEALTH,
    MANIFEST,
    SCHOOL_YEAR,
    StoredTable,
    audit_table,
    manifest,
)
from ews.store.purge_log import append_line
from ews.store.schema import read_store

DATA_LOG = "data_exports.jsonl"
_FILE = "part-0.parquet"
_FIRST_MONTH = 7
"""A date from July on belongs to the school year that ends in the next year: only for where a row lies."""


@dataclass(frozen=True)
class Exported:
    """What was written: the folder, and the rows of every table."""

    folder: Path
    rows: dict[str, int]


def export(
    config: Config,
    to: Path,
    *,
    by: str,
    with_audit_attributes: bool = False,
    progress: Progress = silent,
) -> Exported:
    """Write what snapshots read into a folder of Parquet files, readable by this account only.

    A health signal is written only where the configuration lets it be a feature. The workspace's log of
    data that left it gets a line: when, ``by`` whom, where to, which tables, how many rows.

    Parameters
    ----------
    with_audit_attributes : bool
        Whether to write the attributes of ``audit.sensitive`` too, in a table of their own, so that a model
        can be trained, and audited, on a cluster.

    Raises
    ------
    DataRefused
        If there is no store, or of another version, or the disk is full; the folder is then as it was.
    UsageError
        If the folder holds something that is not an export.
    """
    _check_target(to)
    with read_store(config.workspace_dir) as session, owner_only():
        tables = _tables(session, config)
        if with_audit_attributes:
            tables.append(audit_table([each for each in config.audit.sensitive if each != MEAL_STATUS]))
        rows: dict[str, int] = {}
        with staged_folder(to) as folder:
            for number, table in enumerate(tables):
                progress(f"Writing {table.name}", number / len(tables))
                rows[table.name] = _write(session, table, folder / table.name)
            content = canonical_json(manifest(rows, version("ews")))
            write_private(folder / MANIFEST, content)
            # Before the switch: rather an export in the log that failed than one that is not in it.
            log_data(config.workspace_dir, str(to), by, rows, digest_of(content))
    return Exported(to, rows)


def log_data(workspace: Path, what: str, by: str, rows: Mapping[str, int], manifest_digest: str) -> None:
    """Add a line to the log of data that left the workspace: names, counts and a digest, never a student."""
    line = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "by": by,
        "what": what,
        "tables": sorted(rows),
        "rows": sum(rows.values()),
        "manifest": manifest_digest,
    }
    append_line(workspace / DATA_LOG, line)


def _check_target(to: Path) -> None:
    if not to.exists() or (to.is_dir() and ((to / MANIFEST).is_file() or not any(to.iterdir()))):
        return
    raise UsageError(
        "the folder to write to holds something that is not an export",
        expected="an empty folder, one that is not there yet, or an earlier export",
        where=str(to),
        next_step="give another folder with --to",
    )


def _tables(session: Session, config: Config) -> list[StoredTable]:
    loaded = session.loaded_tables()
    sources = {"nurse_visits": config.sources.nurse_visits, "meal_programs": config.sources.meal_programs}
    used = {name for name, source in sources.items() if source is not None and source.use == "feature"}
    return [*ALWAYS, *(table for table in HEALTH if table.name in loaded & used)]


def _write(session: Session, table: StoredTable, folder: Path) -> int:
    """Write one table and return its number of rows."""
    folder.mkdir()
    if not table.in_years:
        _write_rows(session, table, "true", folder)
    for (year,) in session.rows(_years(table)) if table.in_years else []:
        own = folder / f"{SCHOOL_YEAR}={year}"
        own.mkdir()
        _write_rows(session, table, f"{_year_of(table)} = {year}", own)
    if not any(folder.iterdir()):
        # Without a row there is no year; the columns have to be there all the same.
        own = folder / f"{SCHOOL_YEAR}=0"
        own.mkdir()
        _write_rows(session, table, "false", own)
    return int(session.value(f"SELECT count(*) FROM {_source(table)}"))


def _write_rows(session: Session, table: StoredTable, condition: str, folder: Path) -> None:
    # The year is in the folder's name; sorted, so that the same store gives the same bytes.
    names = [name for name in table.columns if not (table.in_years and name == SCHOOL_YEAR)]
    columns = ", ".join(identifier(name) for name in names)
    session.execute(
        f"COPY (SELECT {columns} FROM {_source(table)} WHERE {condition} ORDER BY ALL) "
        f"TO {literal(str(folder / _FILE))} (FORMAT parquet, COMPRESSION zstd)"
    )


def _source(table: StoredTable) -> str:
    return f"({CURRENT_STUDENTS})" if table.name == AUDIT else f"store.{identifier(table.name)}"


def _years(table: StoredTable) -> str:
    return f"SELECT DISTINCT {_year_of(table)} FROM store.{identifier(table.name)} ORDER BY 1"


def _year_of(table: StoredTable) -> str:
    if SCHOOL_YEAR in table.columns:
        return SCHOOL_YEAR
    date = identifier(table.date)
    return f"CAST(year({date}) + CAST(month({date}) >= {_FIRST_MONTH} AS INTEGER) AS INTEGER)"
