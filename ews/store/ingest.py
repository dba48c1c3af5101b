"""Loading: every source read and checked, and only then turned into versions, in one transaction.

Checking works in memory, with the store attached read-only: what is refused never opens the store for
writing. ``ews check`` is the first half of a load, so what it accepts is what a load accepts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ews.config import MEAL_STATUS, Config
from ews.digests import canonical_json
from ews.engine import Session, literal
from ews.extracts.checks import found
from ews.extracts.findings import Finding, refuse_if_any
from ews.extracts.printed_sources import printed_findings
from ews.extracts.schema import TABLES, Table
from ews.private_files import owner_only, write_private
from ews.progress import Progress, silent
from ews.scratch import Scratch
from ews.sources import AttendanceSource, MealSource, NurseSource, Source
from ews.store.changed_keys import with_changes
from ews.store.delivered import Facts
from ews.store.lock import workspace_lock
from ews.store.rounds import Checked, check_rounds
from ews.store.schema import attach_store, open_validation, store_path
from ews.store.versions import add_coverage, add_versions, missing_facts, withdraw_missing

FINDINGS = "findings.json"
"""What the newest check or load found, in the workspace."""


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
    files: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "findings": [finding.as_dict() for finding in self.findings],
            "tables": [vars(table) for table in self.tables],
            "files": self.files,
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
    if existed:
        _bring_up_to_date(path)
    with Scratch() as scratch, open_validation(path) as session:
        checked = check_rounds(
            session,
            config,
            used_sources(config),
            _time(loaded_at),
            scratch,
            progress,
            accept_withdrawals=accept_withdrawals,
        )
        report = IngestReport(checked.findings, files=checked.files)
        _write_findings(config, report)
        refuse_if_any(checked.findings)
        progress("Storing what is new", 0.9)
        try:
            session.execute("DETACH store")
            attach_store(session, path)
            with session.transaction():
                report.tables = _store(session, checked, accept_withdrawals, report)
        except BaseException:
            session.close()
            _write_findings(config, report)
            if not existed:
                path.unlink(missing_ok=True)
            raise
        progress("Storing what is new", 1.0)
    return report


def check(
    config: Config, *, loaded_at: dt.datetime | None = None, progress: Progress = silent
) -> IngestReport:
    """Read and check every source as a load would; the store is not touched.

    What was found is also written to ``findings.json`` in the workspace.
    """
    path = store_path(config.workspace_dir)
    with (
        owner_only(),
        Scratch() as scratch,
        open_validation(path) as session,
    ):
        checked = check_rounds(
            session, config, used_sources(config), _time(loaded_at), scratch, progress, to_the_end=True
        )
        checked.findings += printed_findings(session, config)
    report = IngestReport(checked.findings, files=checked.files)
    _write_findings(config, report)
    return report


def used_sources(config: Config) -> list[tuple[Table, Source]]:
    """Return the sources that may be opened, in the order in which they are loaded.

    Health visits and meal programs are among them as features; meal programs also where the audit names
    meal eligibility. What nothing reads is not opened.
    """
    pairs = [(table, getattr(config.sources, table.name)) for table in TABLES]
    return [(table, source) for table, source in pairs if source is not None and _is_read(source, config)]


def _is_read(source: Source, config: Config) -> bool:
    if not isinstance(source, MealSource | NurseSource) or source.use == "feature":
        return True
    audited = isinstance(source, MealSource) and MEAL_STATUS in config.audit.sensitive
    return audited and source.use == "audit"


def _time(loaded_at: dt.datetime | None) -> dt.datetime:
    return (loaded_at or dt.datetime.now(dt.UTC).replace(tzinfo=None)).replace(microsecond=0)


def _bring_up_to_date(path: Path) -> None:
    from ews.store.schema import open_store

    open_store(path).close()


def _write_findings(config: Config, report: IngestReport) -> None:
    content = {"findings": [each.as_dict() for each in report.findings], "files": report.files}
    try:
        write_private(config.workspace_dir / FINDINGS, canonical_json(content))
    except OSError:
        sentence = f"{FINDINGS} could not be written into the workspace"
        report.findings.append(found("findings not written", "all", sentence))


def _store(
    session: Session, checked: Checked, accept_withdrawals: bool, report: IngestReport
) -> list[TableLoad]:
    done = []
    for number, delivery in enumerate(checked.deliveries):
        facts = delivery.facts
        if number >= checked.first_round:
            # Against what the deliveries before it have brought; the first round was judged before.
            facts = with_changes(session, facts)
            refused = missing_facts(session, facts, accepted=accept_withdrawals)
            report.findings += refused
            refuse_if_any(refused)
        if isinstance(facts.source, AttendanceSource):
            add_coverage(session, facts, facts.source.covers_to)
        withdrawn = withdraw_missing(session, facts)
        new = add_versions(session, facts)
        done.append(
            TableLoad(
                facts.table.name,
                len(delivery.files),
                delivery.rows_read,
                new,
                withdrawn,
                delivery.rows_set_aside,
            )
        )
        _log(session, facts, done[-1])
        _remember_files(session, facts, delivery.files)
    _keep_aside(session, checked)
    return _by_table(done)


def _by_table(done: Sequence[TableLoad]) -> list[TableLoad]:
    tables = dict.fromkeys(each.table for each in done)
    return [
        TableLoad(
            name,
            *(
                sum(getattr(each, column) for each in done if each.table == name)
                for column in ("files", "rows_read", "rows_new", "rows_withdrawn", "rows_set_aside")
            ),
        )
        for name in tables
    ]


def _log(session: Session, facts: Facts, done: TableLoad) -> None:
    session.execute(
        f"INSERT INTO store.loads VALUES ({facts.load.load_id}, {facts.load.sql_time}, ?, ?, ?, ?, ?, ?, ?)",
        (
            done.table,
            facts.source.delivery,
            done.files,
            done.rows_read,
            done.rows_new,
            done.rows_withdrawn,
            done.rows_set_aside,
        ),
    )


def _remember_files(session: Session, facts: Facts, files: Sequence[tuple[str, str]]) -> None:
    for file, digest in files:
        if digest:
            session.execute(
                f"INSERT INTO store.deliveries VALUES (?, ?, ?, {facts.load.load_id})",
                (facts.table.name, file, digest),
            )


def _keep_aside(session: Session, checked: Checked) -> None:
    """Put the rows that were set aside into the quarantine, each once."""
    for delivery in checked.deliveries:
        session.execute(
            f"INSERT INTO store.quarantine SELECT {delivery.facts.load.load_id}, a.* FROM {delivery.aside} a "
            f"WHERE a.table_name = {literal(delivery.facts.table.name)} AND NOT EXISTS ("
            "FROM store.quarantine q WHERE q.table_name = a.table_name AND q.reason = a.reason "
            "AND q.content = a.content)"
        )
