"""Taking a student, or everything before a day, out of the store so that no byte of it is left in the file.

Deleting rows leaves their bytes in the file's free blocks, so the store is written anew without them and
switched in place: a reader sees the old file or the new one.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ews.engine import Session, identifier, literal, open_reader, open_session
from ews.errors import DataRefused
from ews.extracts.known import prepare_known
from ews.extracts.schema import STUDENTS, TABLES, Table
from ews.store.periods import DATED, SPELLS, lies_before
from ews.store.schema import check_version
from ews.store.tombstones import add_purged_period, add_tombstone, keep_copy

_NEWEST_FIRST = "ordered_at DESC, load_id DESC, recorded_at DESC NULLS LAST"
_SHORTEST_WORD = 5
"""Shorter ids are searched for as student_id only: in other cells they stand by chance."""


@dataclass(frozen=True)
class Subject:
    """What is to be purged: one student, or everything before a day that begins in the district's zone.

    Attributes
    ----------
    cut : datetime
        The start of the day ``before``, as naive UTC.
    """

    student: str | None = field(default=None, repr=False)
    before: dt.date | None = None
    cut: dt.datetime = dt.datetime.min

    @property
    def kind(self) -> str:
        """``student`` or ``period``."""
        return "student" if self.student is not None else "period"


def stored_rows(session: Session, subject: Subject) -> dict[str, int]:
    """Return how many rows of each table of the attached store would go; tables without any left out."""
    counts = {
        name: int(session.value(f"SELECT count(*) FROM store.{identifier(name)} t WHERE {condition}"))
        for name, condition in _gone(session, subject).items()
    }
    return {name: count for name, count in counts.items() if count}


def school_years(session: Session, subject: Subject) -> list[int]:
    """Return the school years that rows of the subject lie in: a student's, or those before the day."""
    if subject.before is None:
        years = (
            f"SELECT school_year FROM store.enrollments WHERE student_id = {literal(subject.student or '')}"
        )
    else:
        years = f"SELECT school_year FROM store.calendar WHERE date < DATE {literal(str(subject.before))}"
    return [int(year) for (year,) in session.rows(f"SELECT DISTINCT school_year FROM ({years}) ORDER BY 1")]


def years_cut_in_two(session: Session, day: dt.date) -> list[int]:
    """Return the school years that a day divides: instruction lies before it and from it on."""
    rows = session.rows(
        "SELECT school_year FROM store.calendar WHERE instructional GROUP BY 1 "
        f"HAVING min(date) < DATE {literal(str(day))} AND max(date) >= DATE {literal(str(day))} ORDER BY 1"
    )
    return [int(year) for (year,) in rows]


def rewrite_store(path: Path, subject: Subject, *, key: bytes, at: dt.datetime) -> dict[str, int]:
    """Write the store anew without the subject, and with its tombstone; return the rows gone by table.

    Parameters
    ----------
    key : bytes
        The workspace's key, for the tombstone.
    at : datetime
        When the purge was asked for, naive UTC.

    Raises
    ------
    DataRefused
        If the disk has no room for a second copy, or the copy does not hold what it should.
    RunLocked
        If another process is writing to the store.
    """
    _fold_in_log(path)
    _check_room(path)
    fresh = path.with_name(f".{path.name}.partial")
    for left_over in (fresh, _log_of(fresh)):
        left_over.unlink(missing_ok=True)
    with open_reader(path) as session:
        check_version(session)
        gone = _copy_without(session, subject, fresh)
        with session.transaction():
            if subject.student is not None:
                add_tombstone(session, key, subject.student, at, database="fresh")
            if subject.before is not None:
                add_purged_period(session, subject.before, at, database="fresh")
        keep_copy(session, path.parent, database="fresh")
        session.execute("CHECKPOINT fresh")
        session.execute("DETACH fresh")
    switch(fresh, path)
    return gone


def switch(fresh: Path, path: Path) -> None:
    """Put a finished file in another's place, on the disk and not only in memory."""
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    fresh.replace(path)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def backups(workspace: Path) -> list[Path]:
    """Return the copies of older stores that migrations left."""
    return sorted(workspace.glob("store.v*.backup.duckdb*"))


def _copy_without(session: Session, subject: Subject, fresh: Path) -> dict[str, int]:
    conditions = _gone(session, subject)
    session.execute(f"ATTACH {literal(str(fresh))} AS fresh")
    session.execute("COPY FROM DATABASE store TO fresh (SCHEMA)")
    gone = {}
    with session.transaction():
        for name in _tables(session):
            rows = f"store.{identifier(name)} t"
            before = int(session.value(f"SELECT count(*) FROM {rows}"))
            kept = f"WHERE NOT coalesce({conditions[name]}, false)" if name in conditions else ""
            session.execute(f"INSERT INTO fresh.{identifier(name)} SELECT t.* FROM {rows} {kept}")
            copied = int(session.value(f"SELECT count(*) FROM fresh.{identifier(name)}"))
            if name in conditions:
                gone[name] = int(session.value(f"SELECT count(*) FROM {rows} WHERE {conditions[name]}"))
            if copied + gone.get(name, 0) != before:
                raise _not_the_same(name)
    return {name: count for name, count in gone.items() if count}


def _gone(session: Session, subject: Subject) -> dict[str, str]:
    """Return table -> SQL that is true for a row ``t`` that goes; makes the temporary tables it needs."""
    if subject.student is not None:
        return _gone_with_student(session, subject.student)
    if subject.before is None:
        msg = "a subject is a student or a day"
        raise ValueError(msg)
    return _gone_with_period(session, subject.before, subject.cut)


def _gone_with_student(session: Session, student: str) -> dict[str, str]:
    named = session.rows(
        "SELECT table_name FROM duckdb_columns() WHERE database_name = 'store' AND column_name = 'student_id'"
    )
    conditions = {name: f"t.student_id = {literal(student)}" for (name,) in sorted(named)}
    return {**conditions, "quarantine": _quarantine_naming(session, student)}


def _quarantine_naming(session: Session, student: str) -> str:
    """Find the quarantined rows that name a student in any cell, also with the zeros of the id lost."""
    text, bare = literal(student), literal(student.lstrip("0"))
    same = [f"(name = 'student_id' AND trim(cell) = {text})"]
    if student.isdecimal() and student.strip("0"):
        number = "regexp_full_match(trim(cell), '[0-9]+')"
        same.append(f"(name = 'student_id' AND {number} AND ltrim(trim(cell), '0') = {bare})")
    if len(student) >= _SHORTEST_WORD:
        # Inside a longer id a number may stand between hyphens; what has letters may be part of another.
        around = "[^0-9A-Za-z]" if student.isdecimal() else "[^0-9A-Za-z_-]"
        word = f"'(^|{around})' || regexp_escape({text}) || '({around}|$)'"
        same.append(f"(name NOT IN ('_file', '_line') AND regexp_matches(cell, {word}))")
    session.execute(
        "CREATE OR REPLACE TEMP TABLE gone_quarantine AS SELECT DISTINCT number FROM ("
        "SELECT q.rowid AS number, c.key AS name, json_extract_string(c.value, '$') AS cell "
        "FROM store.quarantine q, json_each(q.content) c WHERE json_valid(q.content) "
        "UNION ALL SELECT rowid, 'student_id', content FROM store.quarantine WHERE NOT json_valid(content)) "
        f"WHERE {' OR '.join(same)}"
    )
    return "t.rowid IN (SELECT number FROM gone_quarantine)"


def _gone_with_period(session: Session, before: dt.date, cut: dt.datetime) -> dict[str, str]:
    prepare_known(session)
    conditions = {table.name: lies_before(table, before) for table in DATED}
    conditions["coverage"] = f"t.date < DATE {literal(str(before))}"
    conditions |= {table.name: _spells_over(session, table, before) for table in SPELLS}
    conditions[STUDENTS.name] = _attributes_left_over(session, conditions, cut)
    conditions["quarantine"] = _quarantine_before(before)
    return conditions


def _spells_over(session: Session, table: Table, before: dt.date) -> str:
    """Find the spells that were over: each goes with all its versions, and its newest version decides."""
    key, name = ", ".join(identifier(each) for each in table.key), f"gone_{table.name}"
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {key} FROM (SELECT * FROM store.{table.name} "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {_NEWEST_FIRST}) = 1) t "
        f"WHERE {lies_before(table, before)}"
    )
    same = " AND ".join(f"g.{identifier(each)} = t.{identifier(each)}" for each in table.key)
    return f"EXISTS (FROM {name} g WHERE {same})"


def _attributes_left_over(session: Session, conditions: dict[str, str], cut: dt.datetime) -> str:
    """Find the attributes that go: with a student's last row, or replaced by others before the day."""
    own = [table.name for table in TABLES if "student_id" in table.column_names and table is not STUDENTS]
    gone = " UNION ".join(f"SELECT student_id FROM store.{name} t WHERE {conditions[name]}" for name in own)
    left = " UNION ".join(
        f"SELECT student_id FROM store.{name} t WHERE NOT coalesce({conditions[name]}, false)" for name in own
    )
    session.execute(f"CREATE OR REPLACE TEMP TABLE gone_students AS ({gone}) EXCEPT ({left})")
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE gone_attributes AS SELECT rowid AS number FROM store.students "
        f"QUALIFY row_number() OVER (PARTITION BY student_id ORDER BY {_NEWEST_FIRST}) > 1 "
        f"AND known_until <= TIMESTAMP {literal(cut.isoformat(sep=' '))}"
    )
    return (
        "(t.student_id IN (SELECT student_id FROM gone_students) "
        "OR t.rowid IN (SELECT number FROM gone_attributes))"
    )


def _quarantine_before(before: dt.date) -> str:
    """Place a quarantined row at its newest readable date or, without one, at its load."""
    columns = sorted({name for table in TABLES for name in (table.date, table.end) if name})
    dates = ", ".join(f"TRY_CAST(json_extract_string(t.content, '$.{name}') AS DATE)" for name in columns)
    loaded = "(SELECT max(CAST(l.loaded_at AS DATE)) FROM store.loads l WHERE l.load_id = t.load_id)"
    own = f"CASE WHEN json_valid(t.content) THEN greatest({dates}) END"
    return f"coalesce({own}, {loaded}) < DATE {literal(str(before))}"


def _tables(session: Session) -> Sequence[str]:
    rows = session.rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'store' ORDER BY 1")
    return [str(name) for (name,) in rows]


def _fold_in_log(path: Path) -> None:
    """Take what a killed run left in the write-ahead log into the file: the log would outlive the switch."""
    if not _log_of(path).exists():
        return
    with open_session(path) as session:
        session.execute("CHECKPOINT")


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _check_room(path: Path) -> None:
    needed, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    if free > needed:
        return
    raise DataRefused(
        "the disk has no room to write the store anew",
        expected=f"{needed / 2**20:,.0f} MiB free; there are {free / 2**20:,.0f}",
        where=path.name,
        next_step="make room, then run the command again",
    )


def _not_the_same(name: str) -> DataRefused:
    return DataRefused(
        f"the new store does not hold the rows of {name} that it should; the old one was left as it is",
        expected="every row but those that were to go",
        where=name,
        next_step="check the disk, then run the command again",
    )
