"""Loading: every source read, checked and turned into versions, in one transaction.

Checking is the same work without the commit, so what ``ews check`` accepts is what a load accepts.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ews.config import Config
from ews.engine import Session, open_session
from ews.errors import DataRefused
from ews.extracts.facts import make_facts
from ews.extracts.findings import Finding, refuse_if_any
from ews.extracts.read import find_files, raw_name, read_source
from ews.extracts.rows import empty_finding, list_reference_problems, overlap_finding, set_aside
from ews.extracts.schema import CALENDAR, ENROLLMENTS, SCHOOLS, STUDENTS, TABLES, Table
from ews.extracts.typed import prepare, type_rows
from ews.private_files import owner_only
from ews.progress import Progress, silent
from ews.sources import AttendanceSource, MealSource, NurseSource, Source
from ews.store.lock import workspace_lock
from ews.store.schema import FOREVER, create_tables, open_store, store_path
from ews.store.versions import Load, add_coverage, add_versions, is_first_load, withdraw_missing

_REFERRED_TO = (SCHOOLS, CALENDAR, STUDENTS)
"""Tables that the rows of the others refer to."""


@dataclass(frozen=True)
class TableLoad:
    """What a load did to one table."""

    table: str
    files: int
    rows_read: int
    rows_new: int
    rows_withdrawn: int
    rows_set_aside: int


@dataclass
class IngestReport:
    """What a load found and did."""

    findings: list[Finding] = field(default_factory=list)
    tables: list[TableLoad] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "findings": [finding.as_dict() for finding in self.findings],
            "tables": [vars(table) for table in self.tables],
        }


def ingest(
    config: Config,
    *,
    loaded_at: dt.datetime | None = None,
    accept_withdrawals: bool = False,
    progress: Progress = silent,
) -> IngestReport:
    """Load every source of a configuration into the store of its workspace.

    Parameters
    ----------
    loaded_at : datetime, optional
        The load's time as naive UTC; now when left out.

    Raises
    ------
    DataRefused
        If anything was refused; the store is then as it was.
    RunLocked
        If another run is working in the workspace.
    """
    with owner_only(), workspace_lock(config.workspace_dir):
        return load_sources(
            config, loaded_at=loaded_at, accept_withdrawals=accept_withdrawals, progress=progress
        )


def load_sources(
    config: Config,
    *,
    loaded_at: dt.datetime | None = None,
    accept_withdrawals: bool = False,
    progress: Progress = silent,
) -> IngestReport:
    """Do the work of :func:`ingest` for a caller that holds the workspace already."""
    path = store_path(config.workspace_dir)
    existed = path.exists()
    try:
        with open_store(path) as session, session.transaction():
            return _load(session, config, loaded_at, accept_withdrawals, progress, refuse=True)
    except BaseException:
        if not existed:
            path.unlink(missing_ok=True)
        raise


def check(
    config: Config, *, loaded_at: dt.datetime | None = None, progress: Progress = silent
) -> IngestReport:
    """Read and check every source as a load would, and change nothing."""
    path = store_path(config.workspace_dir)
    # On a copy: even what is rolled back can leave traces in a database file.
    with (
        TemporaryDirectory(prefix="ews-check-") as folder,
        _scratch(path, Path(folder)) as session,
        session.transaction(keep=False),
    ):
        return _load(session, config, loaded_at, False, progress, refuse=False)


def used_sources(config: Config) -> list[tuple[Table, Source]]:
    """Return the sources that may be opened, in the order in which they are loaded.

    Health visits and meal programs are among them only as features: no audit reads them yet, and what
    nothing reads is not opened.
    """
    pairs = [(table, getattr(config.sources, table.name)) for table in TABLES]
    return [
        (table, source)
        for table, source in pairs
        if source is not None
        and not (isinstance(source, MealSource | NurseSource) and source.use != "feature")
    ]


def _scratch(path: Path, folder: Path) -> Session:
    if path.exists():
        copy = Path(shutil.copy2(path, folder))
        return open_store(copy, migrate=False)
    session = open_session()
    create_tables(session)
    return session


def _load(
    session: Session,
    config: Config,
    loaded_at: dt.datetime | None,
    accept_withdrawals: bool,
    progress: Progress,
    *,
    refuse: bool,
) -> IngestReport:
    load = Load(
        load_id=int(session.value("SELECT coalesce(max(load_id), 0) + 1 FROM loads")),
        loaded_at=(loaded_at or dt.datetime.now(dt.UTC).replace(tzinfo=None)).replace(microsecond=0),
        timezone=config.timezone,
        accept_withdrawals=accept_withdrawals,
    )
    report = IngestReport()
    prepare(session)
    session.execute(
        "CREATE OR REPLACE TEMP VIEW current_calendar AS SELECT * FROM calendar "
        f"WHERE known_until = {FOREVER} AND NOT withdrawn"
    )
    sources = used_sources(config)
    for number, (table, source) in enumerate(sources):
        progress(f"Reading {table.name}", number / len(sources))
        findings = _findings_of(session, table, source, config, load, report, refuse=refuse)
        report.findings += findings
        if refuse:
            refuse_if_any(findings)
        elif session.is_aborted() or (table in _REFERRED_TO and any(_refused(each) for each in findings)):
            # What refers to this table would only be found faulty for its sake.
            report.findings += _not_checked(sources[number + 1 :])
            break
    progress("Reading extracts", 1.0)
    return report


def _refused(finding: Finding) -> bool:
    return finding.severity == "refused"


def _not_checked(sources: Sequence[tuple[Table, Source]]) -> list[Finding]:
    names = ", ".join(table.name for table, _ in sources)
    if not names:
        return []
    sentence = f"not checked yet, because a source before them has to be mended first: {names}"
    return [Finding("not checked", "note", names, sentence, next_step="mend it and check again")]


def _findings_of(
    session: Session,
    table: Table,
    source: Source,
    config: Config,
    load: Load,
    report: IngestReport,
    *,
    refuse: bool,
) -> list[Finding]:
    try:
        return _load_table(session, table, source, config, load, report)
    except DataRefused as error:
        if refuse:
            raise
        return [_as_finding(error, table)]


def _load_table(
    session: Session, table: Table, source: Source, config: Config, load: Load, report: IngestReport
) -> list[Finding]:
    files = len(find_files(table, source, config))
    findings = read_source(session, table, source, config)
    findings += empty_finding(session, table, source)
    findings += type_rows(session, table, source, config)
    if any(finding.severity == "refused" for finding in findings):
        return findings
    list_reference_problems(session, table)
    aside = set_aside(session, table, config, load.load_id)
    findings += aside + make_facts(session, table, source)
    if table is ENROLLMENTS:
        findings += overlap_finding(session)
    if any(finding.severity == "refused" for finding in findings):
        return findings
    first = is_first_load(session, table)
    if isinstance(source, AttendanceSource):
        add_coverage(session, source, load, source.covers_to, first=first)
    withdrawn = 0
    if source.delivery == "full" and not first:
        withdrawn, refusals = withdraw_missing(session, table, load)
        findings += refusals
    new = add_versions(session, table, source, load, first=first)
    read = int(session.value(f"SELECT count(*) FROM {raw_name(table)}"))
    report.tables.append(
        TableLoad(table.name, files, read, new, withdrawn, sum(each.count for each in aside))
    )
    _log(session, load, source, report.tables[-1])
    return findings


def _log(session: Session, load: Load, source: Source, done: TableLoad) -> None:
    session.execute(
        f"INSERT INTO loads VALUES ({load.load_id}, {load.sql_time}, ?, ?, ?, ?, ?, ?, ?)",
        (
            done.table,
            source.delivery,
            done.files,
            done.rows_read,
            done.rows_new,
            done.rows_withdrawn,
            done.rows_set_aside,
        ),
    )


def _as_finding(error: DataRefused, table: Table) -> Finding:
    found = error.found.removeprefix(f"{table.name}: ")
    return Finding(
        "unreadable source", "refused", table.name, found, error.expected, error.next_step, error.where
    )
