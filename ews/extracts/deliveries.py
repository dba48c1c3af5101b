"""One delivery of one table from its files to its facts: read, typed, checked, reduced; nothing stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ews.config import Config
from ews.engine import Session
from ews.errors import DataRefused
from ews.extracts.attendance_groups import group_attendance, has_empty_or_padded_cells
from ews.extracts.checks import found
from ews.extracts.facts import make_facts
from ews.extracts.findings import Finding
from ews.extracts.inputs import Opened, changed_since
from ews.extracts.lines import LINES_UP_TO_BYTES, LinesNeeded
from ews.extracts.profiles import Recipe
from ews.extracts.read import check_headers, columns_present, read_rows, row_count_findings, typed_by_reader
from ews.extracts.rows import (
    after_calendar_findings,
    empty_finding,
    late_minutes_finding,
    list_reference_problems,
    lost_zero_findings,
    overlap_finding,
    set_aside,
)
from ews.extracts.schema import ENROLLMENTS, Table
from ews.extracts.typed import PROBLEMS, type_rows, typed_name, unmapped_codes
from ews.sources import AttendanceSource, Source

DropPurged = Callable[[Session, Table], int]
"""Takes the rows of purged students out of a table's typed rows and returns how many they were."""


@dataclass
class Read:
    """What reading a delivery found: its findings, and its rows read and set aside."""

    findings: list[Finding]
    rows_read: int = 0
    rows_set_aside: int = 0
    rows_purged: int = 0
    rows_by_file: dict[str, int] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        """Whether a finding stops the load."""
        return any(finding.severity == "refused" for finding in self.findings)


@dataclass(frozen=True)
class Delivered:
    """One delivery as it is read: of which table, from which source, by which derivation, and what of it."""

    table: Table
    source: Source
    recipe: Recipe | None
    opened: Opened


def read_delivery(session: Session, delivered: Delivered, config: Config, drop_purged: DropPurged) -> Read:
    """Make ``typed_<table>`` and ``facts_<table>`` of one delivery.

    Returns
    -------
    Read
        With a refusal among its findings the facts are not to be used.
    """
    table, opened = delivered.table, delivered.opened
    headers = check_headers(table, delivered.source, delivered.recipe, opened)
    if any(finding.severity == "refused" for finding in (*opened.findings, *headers)):
        return Read([*opened.findings, *headers])
    lines = sum(each.size for each in opened.inputs) <= LINES_UP_TO_BYTES
    try:
        try:
            done = _checked(session, delivered, config, drop_purged, lines=lines)
        except LinesNeeded:
            done = _checked(session, delivered, config, drop_purged, lines=True)
    except DataRefused as refusal:
        done = Read([_as_finding(refusal, table)])
    done.findings = [*opened.findings, *headers, *done.findings, *changed_since(table, opened)]
    return done


def _checked(
    session: Session, delivered: Delivered, config: Config, drop_purged: DropPurged, *, lines: bool
) -> Read:
    table, source = delivered.table, delivered.source
    session.execute(f"DELETE FROM {PROBLEMS} WHERE table_name = '{table.name}'")
    _type(session, delivered, config, lines=lines)
    rows_read = int(session.value(f"SELECT count(*) FROM {typed_name(table)}"))
    counts = row_count_findings(session, table, delivered.recipe, delivered.opened, typed_name(table))
    done = Read(counts, rows_read, rows_by_file=_rows_by_file(session, delivered, rows_read))
    done.rows_purged = drop_purged(session, table)
    done.findings += empty_finding(table, source, rows_read)
    if isinstance(source, AttendanceSource):
        group_attendance(session, source)
        if not lines and has_empty_or_padded_cells(session):
            raise LinesNeeded
    done.findings += unmapped_codes(session, table, source)
    if done.is_refused:
        return done
    list_reference_problems(session, table, source, lines=lines)
    done.findings += lost_zero_findings(session, table)
    if isinstance(source, AttendanceSource):
        done.findings += after_calendar_findings(session)
    aside, done.rows_set_aside = set_aside(session, table, config)
    if aside and isinstance(source, AttendanceSource):
        group_attendance(session, source)
    done.findings += aside + make_facts(session, table, source, lines=lines)
    if isinstance(source, AttendanceSource):
        done.findings += late_minutes_finding(session, source)
        # Half of the memory that a load is allowed; from here on only the facts are looked at.
        session.execute(f"DROP TABLE {typed_name(table)}")
    if table is ENROLLMENTS:
        done.findings += overlap_finding(session)
    return done


def _type(session: Session, delivered: Delivered, config: Config, *, lines: bool) -> None:
    table, source = delivered.table, delivered.source
    recipe, opened = delivered.recipe, delivered.opened
    rows = None
    if not lines:
        rows = typed_by_reader(table, source, opened, recipe, _names(session, source))
    if rows is None:
        read_rows(session, table, source, recipe, opened, lines=lines)
    present = columns_present(table, source, recipe, opened)
    type_rows(session, table, source, config, lines=lines, rows=rows, present=present)


def _rows_by_file(session: Session, delivered: Delivered, rows_read: int) -> dict[str, int]:
    """Return how many rows each file has; of a single one without counting them again."""
    inputs = delivered.opened.inputs
    if len(inputs) == 1:
        return {inputs[0].place: rows_read}
    return dict(session.rows(f"SELECT _file, count(*) FROM {typed_name(delivered.table)} GROUP BY 1"))


def _names(session: Session, source: Source) -> dict[str, Sequence[str]]:
    """Return the columns of attendance that hold one of a few names."""
    if not isinstance(source, AttendanceSource):
        return {}
    schools = [name for (name,) in session.rows("SELECT school_id FROM known_schools ORDER BY ALL")]
    return {"school_id": schools, "code": list(source.codes)}


def _as_finding(error: DataRefused, table: Table) -> Finding:
    sentence = error.found.removeprefix(f"{table.name}: ")
    return found(
        "unreadable source",
        table.name,
        sentence,
        expected=error.expected,
        where=error.where,
        next_step=error.next_step or None,
    )
