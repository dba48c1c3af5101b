"""Tombstones: what keeps a purged student, or a purged period, from coming back with the next extract.

A tombstone is the HMAC-SHA256 of a student's id under a key that lies in the workspace. Without the key
nothing can be learnt from it; whoever has both can test whether an id that they know was purged, and no
more. One tombstone more than there are purged students is that of the empty id: it tells whether the key
is the one that the others were made with.

A copy of all of them lies beside the store, so that a store that is made anew still knows them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
from collections.abc import Collection
from pathlib import Path

from ews.digests import canonical_json
from ews.engine import Session, identifier, literal
from ews.errors import DataRefused
from ews.extracts.schema import STUDENTS, Table
from ews.extracts.typed import PROBLEMS, typed_name
from ews.private_files import write_private
from ews.store.periods import DATED, SPELLS, lies_before

KEY_FILE = "purge.key"
COPY_FILE = "tombstones.json"

_KEY_BYTES = 32
_HASHES, _PERIODS, _IDS = "purged_hashes", "purged_before", "purged_ids"
_IS_PURGED = (
    "sha256(from_hex(?) || from_hex(sha256(from_hex(?) || encode(tried)))) "
    f"IN (SELECT student_hash FROM {_HASHES})"
)
"""HMAC in SQL, for millions of ids; its parameters are the outer and the inner pad in hex."""

_LONGEST_ID = 20
"""Ids that lost their zeros are tried with zeros up to this length."""


def purge_key(session: Session, workspace: Path) -> bytes | None:
    """Make the tombstones ready in a session for :func:`drop_purged`; return their key, None without any.

    Parameters
    ----------
    session : Session
        With the store attached as ``store``; only temporary tables are made.

    Raises
    ------
    DataRefused
        If there are tombstones, and the key is missing or is not the one they were made with.
    """
    students, periods = read_copy(workspace)
    _make_ready(session, list(students), list(periods))
    hashes = {text for (text,) in session.rows(f"SELECT student_hash FROM {_HASHES}")}
    if not hashes:
        return None
    key = read_key(workspace)
    if key is None:
        raise _no_key()
    if student_hash(key, "") not in hashes:
        raise _wrong_key()
    return key


def drop_purged(session: Session, table: Table, key: bytes | None) -> int:
    """Delete the rows of purged students and periods from ``typed_<table>``; return how many they were.

    Their entries in the list of problems go with them, so that none is set aside. A row whose student is
    unknown, and would be a purged one if its id had not lost its zeros, is dropped too. A spell that is
    still in the store is not: what the extract says of it is a correction.

    Parameters
    ----------
    session : Session
        With the store attached as ``store``, and the rows in ``typed_<table>``.
    key : bytes or None
        From :func:`purge_key`.

    Raises
    ------
    DataRefused
        If there are tombstones and no key.
    """
    if not _has_temporary(session, _HASHES):
        _make_ready(session, [], [])
    dropped = 0
    if "student_id" in table.column_names and session.value(f"SELECT count(*) FROM {_HASHES}"):
        if key is None:
            raise _no_key()
        dropped += _drop_students(session, table, key)
    before = session.value(f"SELECT max(before) FROM {_PERIODS}")
    if before is not None and table in (*DATED, *SPELLS):
        dropped += _drop(session, table, f"{lies_before(table, before)} AND NOT {_is_stored(table)}")
    return dropped


def student_hash(key: bytes, student: str) -> str:
    """Return the HMAC-SHA256 of an id, in hex.

    Examples
    --------
    >>> student_hash(bytes(32), "00123")[:16]
    '68ae7b771d4b2c80'
    """
    return hmac.digest(key, student.encode(), "sha256").hex()


def without_purged(workspace: Path, students: Collection[str]) -> set[str]:
    """Return those of some ids that no tombstone stands for.

    Raises
    ------
    DataRefused
        If there are tombstones, and the file with their key does not hold one.
    """
    purged, _ = read_copy(workspace)
    key = read_key(workspace) if purged else None
    return {each for each in students if key is None or student_hash(key, each) not in purged}


def read_key(workspace: Path) -> bytes | None:
    """Return the workspace's key, None before the first purge.

    Raises
    ------
    DataRefused
        If the file does not hold a key.
    """
    path = workspace / KEY_FILE
    if not path.exists():
        return None
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise _wrong_key()
    return key


def ensure_key(workspace: Path) -> bytes:
    """Return the workspace's key, made now if there is none."""
    key = read_key(workspace)
    if key is None:
        key = os.urandom(_KEY_BYTES)
        write_private(workspace / KEY_FILE, key)
    return key


def add_tombstone(session: Session, key: bytes, student: str, at: dt.datetime, *, database: str) -> None:
    """Add a student's tombstone, and that of the empty id, to an attached store unless they are there."""
    for text in ("", student):
        digest = student_hash(key, text)
        session.execute(
            f"INSERT INTO {database}.tombstones SELECT ?, ? WHERE NOT EXISTS "
            f"(FROM {database}.tombstones WHERE student_hash = ?)",
            (digest, at, digest),
        )


def add_purged_period(session: Session, before: dt.date, at: dt.datetime, *, database: str) -> None:
    """Remember in an attached store that everything before a day was purged."""
    session.execute(f"INSERT INTO {database}.purged_periods VALUES (?, ?)", (before, at))


def purged_at(session: Session, workspace: Path, *, hashed: str = "", before: dt.date | None = None) -> str:
    """Return when a student, by the hash, or everything before a day was purged; "" if it was not."""
    students, periods = read_copy(workspace)
    students |= {text: str(at) for text, at in session.rows("FROM store.tombstones")}
    periods |= {str(day): str(at) for day, at in session.rows("FROM store.purged_periods")}
    if before is None:
        return students.get(hashed, "")
    return next((at for day, at in sorted(periods.items()) if day >= before.isoformat()), "")


def is_in_store(session: Session, *, hashed: str = "", before: dt.date | None = None) -> bool:
    """Return whether the attached store itself has a tombstone, or a purged period that long."""
    if before is None:
        found = session.rows("SELECT 1 FROM store.tombstones WHERE student_hash = ?", (hashed,))
    else:
        found = session.rows("SELECT 1 FROM store.purged_periods WHERE before >= ?", (before,))
    return bool(found)


def read_copy(workspace: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the copy beside the store: hash -> when, and first day kept -> when.

    Raises
    ------
    DataRefused
        If the file was cut short or edited: nobody knows then who has to be kept out.
    """
    path = workspace / COPY_FILE
    if not path.exists():
        return {}, {}
    try:
        copy = json.loads(path.read_bytes())
        return dict(copy["students"]), {
            dt.date.fromisoformat(day).isoformat(): at for day, at in copy["periods"].items()
        }
    except (ValueError, LookupError, TypeError, AttributeError):
        raise _no_copy() from None


def keep_copy(session: Session, workspace: Path, *, database: str) -> None:
    """Make an attached store and the copy beside it know the same: each gets what the other has.

    A store that was made anew, or restored from a backup, has lost tombstones that the copy still has.
    """
    students, periods = read_copy(workspace)
    for column, table, known in (
        ("student_hash", "tombstones", students),
        ("before", "purged_periods", periods),
    ):
        stored = {str(what): str(at) for what, at in session.rows(f"FROM {database}.{table}")}
        for what in sorted(set(known) - set(stored)):
            session.execute(
                f"INSERT INTO {database}.{table} ({column}, purged_at) VALUES (?, ?)", (what, known[what])
            )
        known |= stored
    write_private(workspace / COPY_FILE, canonical_json({"students": students, "periods": periods}))


def back_again(session: Session, workspace: Path) -> tuple[int, int]:
    """Return how many purged students, and how many purged days of attendance, the attached store holds.

    None, unless the store was restored from a backup that is older than the purge.
    """
    key = purge_key(session, workspace)
    students = 0
    if key is not None:
        inner, outer = _pads(key)
        students = session.value(
            "SELECT count(*) FROM (SELECT student_id AS tried FROM store.students "
            f"UNION SELECT student_id FROM store.enrollments) WHERE {_IS_PURGED}",
            (outer.hex(), inner.hex()),
        )
    days = session.value(
        f"SELECT count(DISTINCT date) FROM store.attendance WHERE date < (SELECT max(before) FROM {_PERIODS})"
    )
    return int(students), int(days)


def _make_ready(session: Session, hashes: list[str], periods: list[str]) -> None:
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {_HASHES} AS SELECT DISTINCT student_hash FROM store.tombstones"
    )
    session.execute(f"CREATE OR REPLACE TEMP TABLE {_PERIODS} AS SELECT before FROM store.purged_periods")
    if hashes:
        session.execute(f"INSERT INTO {_HASHES} SELECT unnest(?)", (hashes,))
    if periods:
        session.execute(f"INSERT INTO {_PERIODS} SELECT CAST(unnest(?) AS DATE)", (periods,))


def _drop_students(session: Session, table: Table, key: bytes) -> int:
    inner, outer = _pads(key)
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {_IDS} AS SELECT student_id FROM ({_tried(session, table)}) "
        f"WHERE {_IS_PURGED}",
        (outer.hex(), inner.hex()),
    )
    try:
        if not session.value(f"SELECT count(*) FROM {_IDS}"):
            return 0
        return _drop(session, table, f"t.student_id IN (SELECT student_id FROM {_IDS})")
    finally:
        session.execute(f"DROP TABLE {_IDS}")


def _tried(session: Session, table: Table) -> str:
    """Return SQL for the distinct ids of a table, each as it is and, if unknown, with more zeros."""
    distinct = f"(SELECT DISTINCT student_id FROM {typed_name(table)} WHERE student_id IS NOT NULL)"
    plain = f"SELECT student_id, student_id AS tried FROM {distinct}"
    if table is STUDENTS or not _has_temporary(session, "known_students"):
        return plain
    return (
        f"{plain} UNION ALL SELECT student_id, lpad(student_id, CAST(n AS INTEGER), '0') FROM {distinct} d, "
        f"range(2, {_LONGEST_ID + 1}) lengths(n) WHERE n > length(student_id) "
        "AND regexp_full_match(student_id, '[0-9]+') "
        "AND NOT EXISTS (FROM known_students k WHERE k.student_id = d.student_id)"
    )


def _pads(key: bytes) -> tuple[bytes, bytes]:
    """Return the key with the inner and the outer pad of HMAC (RFC 2104), for SHA-256's blocks of 64."""
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def _drop(session: Session, table: Table, condition: str) -> int:
    rows = f"{typed_name(table)} t WHERE {condition}"
    count = int(session.value(f"SELECT count(*) FROM {rows}"))
    if count and _has_temporary(session, PROBLEMS):
        session.execute(
            f"DELETE FROM {PROBLEMS} WHERE table_name = {literal(table.name)} "
            f"AND number IN (SELECT _row FROM {rows})"
        )
    if count:
        session.execute(f"DELETE FROM {rows}")
    return count


def _is_stored(table: Table) -> str:
    if table not in SPELLS:
        return "false"
    same = " AND ".join(f"s.{identifier(name)} = t.{identifier(name)}" for name in table.key)
    return f"EXISTS (FROM store.{table.name} s WHERE {same})"


def _has_temporary(session: Session, name: str) -> bool:
    found = session.value(f"SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = '{name}'")
    return bool(found)


def _no_key() -> DataRefused:
    return DataRefused(
        "the store has tombstones of purged students, and the key they were made with is missing",
        expected=f"{KEY_FILE} in the workspace",
        where=KEY_FILE,
        next_step="restore the key from a backup; without it purged students would come back",
    )


def _no_copy() -> DataRefused:
    return DataRefused(
        "the copy of the tombstones of purged students cannot be read",
        expected=f"{COPY_FILE} as the last purge wrote it",
        where=COPY_FILE,
        next_step="restore it from a backup; or, if the store is the one of the last purge, remove it",
    )


def _wrong_key() -> DataRefused:
    return DataRefused(
        "the key is not the one that the tombstones of purged students were made with",
        expected=f"the {KEY_FILE} that the first purge made",
        where=KEY_FILE,
        next_step="restore the key from a backup; with another one purged students would come back",
    )
