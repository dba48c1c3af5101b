"""The first half of a load: every delivery read and checked against the store, which is only read.

Most sources deliver once. Where files arrive one by one (``arrival: one_by_one``) each that was not
loaded yet is a delivery of its own, in order: the first belongs to the first round, the next to the
second, and so on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ews.config import Config
from ews.engine import Session, literal
from ews.errors import UsageError
from ews.extracts.checks import found
from ews.extracts.deliveries import Delivered, DropPurged, Read, read_delivery
from ews.extracts.facts import add_earlier, facts_name, prepare_earlier
from ews.extracts.findings import Finding
from ews.extracts.inputs import Opened, open_inputs
from ews.extracts.known import add_known, prepare_known
from ews.extracts.plausible.whole import plausibility_findings
from ews.extracts.profiles import Recipe, resolve
from ews.extracts.rows import ASIDE, prepare_aside
from ews.extracts.schema import ATTENDANCE, CALENDAR, SCHOOLS, STUDENTS, Table
from ews.extracts.typed import PROBLEMS, prepare
from ews.progress import Progress
from ews.school_calendar import start_of_day_utc
from ews.sources import AttendanceSource, Source
from ews.store.changed_keys import with_changes
from ews.store.delivered import Facts, Load, is_first_load
from ews.store.tombstones import drop_purged, purge_key
from ews.store.versions import forget_missing, missing_facts
from ews.store.volume import volume_findings

_REFERRED_TO = (SCHOOLS, CALENDAR, STUDENTS)
"""Tables that the rows of the others refer to."""


@dataclass(frozen=True)
class Delivery:
    """One delivery of one table, ready to be stored: its facts, its files, its rows."""

    facts: Facts
    files: tuple[tuple[str, str], ...]
    rows_read: int
    rows_set_aside: int
    aside: str


@dataclass
class Checked:
    """What checking found, and what it made ready to be stored."""

    findings: list[Finding] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    first_round: int = 0


@dataclass(frozen=True)
class _Pending:
    """A source with what was opened of it, one entry per delivery."""

    table: Table
    source: Source
    recipe: Recipe | None
    opened: tuple[Opened, ...]
    first: bool


def check_rounds(
    session: Session,
    config: Config,
    sources: Sequence[tuple[Table, Source]],
    loaded_at: dt.datetime,
    scratch: Path,
    progress: Progress,
    *,
    accept_withdrawals: bool = False,
    to_the_end: bool = False,
) -> Checked:
    """Read and check every delivery; make the temporary tables with their facts.

    Parameters
    ----------
    session : Session
        With the store attached as ``store``; nothing is written to it.
    to_the_end : bool
        Go on after a refusal, as far as what follows does not rest on it.
    """
    work = _Work(session, config, loaded_at, accept_withdrawals)
    prepare(session)
    prepare_aside(session)
    prepare_known(session)
    prepare_earlier(session)
    for number, (table, source) in enumerate(sources):
        progress(f"Reading {table.name}", 0.9 * number / len(sources))
        pending = _open(session, table, source, config, scratch)
        refused = work.read(pending)
        if refused and not to_the_end:
            return work.checked
        if refused and table in _REFERRED_TO:
            # What refers to this table would only be found faulty for its sake.
            work.checked.findings += _not_checked(sources[number + 1 :])
            return work.checked
    progress("Checking the whole", 0.88)
    work.finish()
    return work.checked


class _Work:
    """One run of the checks: what it has found so far."""

    def __init__(
        self, session: Session, config: Config, loaded_at: dt.datetime, accept_withdrawals: bool
    ) -> None:
        self._session = session
        self._config = config
        self._loaded_at = loaded_at
        self._accepted = accept_withdrawals
        self._load_id = int(session.value("SELECT coalesce(max(load_id), 0) + 1 FROM store.loads"))
        self._drop = _dropping(session, config)
        self._later: list[Delivery] = []
        self._attendance: AttendanceSource | None = None
        self.checked = Checked()

    def read(self, pending: _Pending) -> bool:
        """Read every delivery of a source; return whether one was refused."""
        if isinstance(pending.source, AttendanceSource):
            self._attendance = pending.source
        for number, opened in enumerate(pending.opened):
            load_id = self._load_id + number
            delivered = Delivered(pending.table, pending.source, pending.recipe, opened)
            done = read_delivery(self._session, delivered, self._config, self._drop)
            self.checked.findings += done.findings
            self.checked.files += _file_counts(self._session, pending.table, opened, done)
            if done.is_refused:
                return True
            if done.rows_purged:
                self.checked.findings.append(_purged(pending.table, done.rows_purged))
            facts = self._keep(pending, opened, number, load_id)
            if number == 0:
                refusals = missing_facts(self._session, facts, accepted=self._accepted)
                self.checked.findings += refusals
                if refusals:
                    return True
            files = tuple((each.place, each.digest) for each in opened.inputs)
            delivery = Delivery(facts, files, done.rows_read, done.rows_set_aside, ASIDE)
            (self._later if number else self.checked.deliveries).append(delivery)
        return False

    def finish(self) -> None:
        """Check each extract as a whole, and beside those before it."""
        attendance = self._attendance
        self._join_rounds()
        read = [delivery.facts.table.name for delivery in self.checked.deliveries]
        plausible = plausibility_findings(self._session, read, attendance, self._loaded_at)
        if attendance is not None and attendance.profile is not None:
            # A profile knows every code of its system; that most do not occur says nothing.
            plausible = [each for each in plausible if each.name != "code that never occurs"]
        self.checked.findings += plausible
        delivered = {
            each.facts.table.name: (each.facts.source.delivery, each.rows_read)
            for each in self.checked.deliveries
        }
        self.checked.findings += volume_findings(
            self._session, delivered, self._loaded_at, self._config.timezone
        )
        self.checked.first_round = len(self.checked.deliveries)
        self.checked.deliveries += self._later

    def _join_rounds(self) -> None:
        """Put the attendance of several deliveries together, to be looked at as a whole."""
        parts = [each.facts for each in (*self.checked.deliveries, *self._later)]
        parts = [each for each in parts if each.table is ATTENDANCE]
        if len(parts) < 2:
            return
        days = " UNION ALL ".join(f"FROM {each.days}" for each in parts)
        self._session.execute(
            "CREATE OR REPLACE TEMP TABLE attendance_days AS SELECT school_id, date, sum(rows) AS rows, "
            "sum(absences) AS absences, min(first_recorded) AS first_recorded, sum(untimed) AS untimed "
            f"FROM ({days}) GROUP BY school_id, date"
        )
        facts = " UNION ALL ".join(f"FROM {each.name}" for each in parts)
        self._session.execute(f"CREATE OR REPLACE TEMP TABLE {facts_name(ATTENDANCE)} AS {facts}")

    def _keep(self, pending: _Pending, opened: Opened, number: int, load_id: int) -> Facts:
        """Give a delivery's facts a name of their own where others of the table follow."""
        table = pending.table
        add_known(self._session, table)
        name, days = facts_name(table), "attendance_days" if table is ATTENDANCE else ""
        if len(pending.opened) > 1:
            if table is ATTENDANCE:
                add_earlier(self._session)
                days = f"{days}_{number}"
                self._session.execute(f"CREATE TEMP TABLE {days} AS SELECT * FROM attendance_days")
            name = f"{name}_{number}"
            self._session.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {facts_name(table)}")
        # In a first load a delivery whose name states its date counts as loaded then, as if it had been.
        arrived = (
            [each.arrived for each in opened.inputs if each.arrived is not None] if pending.first else []
        )
        loaded_at = self._not_before_the_last(table)
        if arrived:
            loaded_at = min(loaded_at, start_of_day_utc(max(arrived), self._config.timezone))
        load = Load(
            load_id=load_id,
            loaded_at=loaded_at,
            timezone=self._config.timezone,
            fresh=pending.first and number == 0,
            backlog=pending.first and (number == 0 or not arrived),
            arrived=bool(arrived) and number > 0,
        )
        repeats = table is not ATTENDANCE or bool(
            self._session.value("SELECT EXISTS (FROM attendance_students WHERE rows > days)")
        )
        facts = Facts(table, pending.source, load, name, days, repeats)
        if number == 0:  # what comes after it is held against what it brings
            facts = with_changes(self._session, facts)
        forget_missing(self._session, facts)
        return facts

    def _not_before_the_last(self, table: Table) -> dt.datetime:
        """Return the load's time, or that of the table's last load where it is later.

        What is delivered after something else is newer, whatever time the load was given.
        """
        last = self._session.value(
            f"SELECT max(loaded_at) FROM store.loads WHERE table_name = {literal(table.name)}"
        )
        return self._loaded_at if last is None else max(self._loaded_at, last)


def _open(session: Session, table: Table, source: Source, config: Config, scratch: Path) -> _Pending:
    resolved, recipe = resolve(table, source, config)
    if resolved.arrival == "one_by_one" and recipe is not None and len(recipe.inputs) > 1:
        raise UsageError(
            f"sources.{table.name}: files of this profile belong together and cannot arrive one by one",
            expected="arrival: together",
            where=f"sources.{table.name}.arrival",
            next_step="leave `arrival` out, and keep only the newest delivery in the folder",
        )
    opened = open_inputs(table, resolved, recipe, config, scratch)
    first = is_first_load(session, table)
    if resolved.arrival == "together" or any(f.severity == "refused" for f in opened.findings):
        return _Pending(table, resolved, recipe, (opened,), first)
    return _Pending(table, resolved, recipe, _in_order(session, table, opened), first)


def _in_order(session: Session, table: Table, opened: Opened) -> tuple[Opened, ...]:
    """Return one delivery per file that was not loaded yet; none may lie before one that was."""
    stored = session.rows(
        f"SELECT file, digest FROM store.deliveries WHERE table_name = {literal(table.name)} ORDER BY load_id"
    )
    places = [each.place for each in opened.inputs]
    last = dict(stored)
    pending = [each for each in opened.inputs if last.get(each.place) != each.digest]
    reached = max((places.index(file) for file, _ in stored if file in places), default=-1)
    archived = max((file for file, _ in stored if file not in places), default="")
    late = [
        each.place
        for each in pending
        if places.index(each.place) < reached or (each.place < archived and each.place not in last)
    ]
    findings = list(opened.findings)
    if late:
        findings.append(
            found(
                "file out of order",
                table.name,
                f"{len(late)} files lie before one that was loaded already, and are new or have changed",
                expected="files that arrive in the order of their names",
                where=late[0],
            )
        )
    if late or not pending:
        return (replace(opened, inputs=[], findings=findings),) if late else ()
    return tuple(
        replace(
            opened,
            inputs=[each],
            findings=findings if number == 0 else [],
            expected_rows={
                place: rows for place, rows in opened.expected_rows.items() if place == each.place
            },
        )
        for number, each in enumerate(pending)
    )


def _dropping(session: Session, config: Config) -> DropPurged:
    key = purge_key(session, config.workspace_dir)
    return lambda work, table: drop_purged(work, table, key)


def _purged(table: Table, rows: int) -> Finding:
    return found(
        "purged rows", table.name, f"{rows} rows of students or periods that were purged", count=rows
    )


def _file_counts(session: Session, table: Table, opened: Opened, done: Read) -> list[dict[str, Any]]:
    """Return what every file brought: its rows, and how many of them each check concerns."""
    aside: list[tuple[str, str, int]] = []
    if done.rows_read:
        aside = session.rows(
            f"SELECT file, reason, count(*) FROM {PROBLEMS} WHERE table_name = {literal(table.name)} "
            "GROUP BY ALL ORDER BY ALL"
        )
    return [
        {
            "table": table.name,
            "file": each.place,
            "bytes": each.size,
            "rows": int(done.rows_by_file.get(each.place, 0)),
            "findings": {reason.split(":")[0]: int(n) for file, reason, n in aside if file == each.place}
            | {f.name: f.count for f in done.findings if _concerns(f, each.place)},
        }
        for each in opened.inputs
    ]


def _concerns(finding: Finding, place: str) -> bool:
    at_row = finding.severity == "set aside"
    return not at_row and (finding.where == place or finding.where.startswith(f"{place}, line"))


def _not_checked(sources: Sequence[tuple[Table, Source]]) -> list[Finding]:
    names = ", ".join(table.name for table, _ in sources)
    if not names:
        return []
    sentence = f"not checked yet, because a source before them has to be mended first: {names}"
    return [found("not checked", names, sentence)]
