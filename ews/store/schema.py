"""The store's tables and its schema version; how an older store is brought up to date.

Every canonical table holds versions of facts: ``known_from`` (inclusive) and ``known_until``
(exclusive) say when the district took a version to be true, as naive UTC.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ews.engine import Session, open_reader, open_session
from ews.errors import DataRefused
from ews.extracts.facts import stored_columns
from ews.extracts.schema import TABLES, Table

SCHEMA_VERSION = 2

_DELIVERIES = (
    "CREATE TABLE store.deliveries (table_name VARCHAR, file VARCHAR, digest VARCHAR, load_id INTEGER)"
)
_TOMBSTONES = "CREATE TABLE store.tombstones (student_hash VARCHAR, purged_at TIMESTAMP)"
_PURGED_PERIODS = "CREATE TABLE store.purged_periods (before DATE, purged_at TIMESTAMP)"

MIGRATIONS: dict[int, tuple[str, ...]] = {
    2: (
        "ALTER TABLE store.attendance ADD COLUMN absent_minutes DOUBLE",
        "ALTER TABLE store.coverage ADD COLUMN known_until TIMESTAMP DEFAULT TIMESTAMP '9999-12-31 00:00:00'",
        "ALTER TABLE store.coverage ADD COLUMN stated BOOLEAN DEFAULT false",
        _DELIVERIES,
        _TOMBSTONES,
        _PURGED_PERIODS,
    )
}
"""Statements that take a store from the version before to the version named by the key."""

BEGINNING = "TIMESTAMP '0001-01-01 00:00:00'"
FOREVER = "TIMESTAMP '9999-12-31 00:00:00'"

_TYPES = {
    "text": "VARCHAR",
    "date": "DATE",
    "time": "TIMESTAMP",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "fraction": "DOUBLE",
    "number": "DOUBLE",
}

OWN_TYPES = {"kind": "text", "absent_units": "integer", "absent_minutes": "number"}
"""Columns of attendance that only the store has, and their types."""


def store_path(workspace: Path) -> Path:
    """Return where a workspace keeps its store."""
    return workspace / "store.duckdb"


def open_store(path: Path) -> Session:
    """Open a session with a store attached for writing as ``store``; see :func:`attach_store`."""
    session = open_session()
    try:
        attach_store(session, path)
    except BaseException:
        session.close()
        raise
    return session


def attach_store(session: Session, path: Path) -> None:
    """Attach a store for writing: made when missing, migrated (after a backup) when older.

    Raises
    ------
    DataRefused
        If the store was written by a newer version of ews.
    RunLocked
        If another run is writing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    session.attach(path)
    version = _version(session)
    if version == 0:
        create_tables(session)
    elif version > SCHEMA_VERSION:
        raise _newer(version)
    elif version < SCHEMA_VERSION:
        session.execute("CHECKPOINT store")
        shutil.copy2(path, path.with_name(f"store.v{version}.backup.duckdb"))
        _migrate(session, version)


def open_validation(path: Path) -> Session:
    """Open a session in which a load can be checked: the store is attached read-only, or empty if missing.

    Raises
    ------
    DataRefused
        If the store has another schema version.
    """
    if not path.exists():
        session = open_session()
        session.execute("ATTACH ':memory:' AS store")
        create_tables(session)
        return session
    session = open_reader(path)
    try:
        if _version(session) == 0:
            session.execute("DETACH store")
            session.execute("ATTACH ':memory:' AS store")
            create_tables(session)
        check_version(session)
    except BaseException:
        session.close()
        raise
    return session


def read_store(workspace: Path) -> Session:
    """Open a session that can read a workspace's store and never write it; use it in a ``with`` block.

    Raises
    ------
    DataRefused
        If there is no store, or it has another schema version.
    """
    path = store_path(workspace)
    if not path.exists():
        raise DataRefused(
            "there is no store yet",
            expected="a store with the district's extracts",
            where="workspace",
            next_step="run `ews ingest` first",
        )
    session = open_reader(path)
    try:
        check_version(session)
    except BaseException:
        session.close()
        raise
    return session


def check_version(session: Session) -> None:
    """Raise :class:`~ews.errors.DataRefused` unless the attached store has this program's version."""
    version = int(session.value("SELECT version FROM store.store_version"))
    if version > SCHEMA_VERSION:
        raise _newer(version)
    if version < SCHEMA_VERSION:
        raise _older(version)


def create_tables(session: Session) -> None:
    """Make an empty store in what is attached as ``store``, in one transaction."""
    with session.transaction():
        session.execute("CREATE TABLE store.store_version (version INTEGER NOT NULL)")
        session.execute(f"INSERT INTO store.store_version VALUES ({SCHEMA_VERSION})")
        session.execute(
            "CREATE TABLE store.loads (load_id INTEGER, loaded_at TIMESTAMP, table_name VARCHAR, "
            "delivery VARCHAR, files INTEGER, rows_read BIGINT, rows_new BIGINT, rows_withdrawn BIGINT, "
            "rows_set_aside BIGINT)"
        )
        session.execute(
            "CREATE TABLE store.quarantine (load_id INTEGER, table_name VARCHAR, file VARCHAR, line BIGINT, "
            "reason VARCHAR, content VARCHAR)"
        )
        session.execute(
            "CREATE TABLE store.coverage (school_id VARCHAR, date DATE, known_from TIMESTAMP, "
            f"known_until TIMESTAMP DEFAULT {FOREVER}, stated BOOLEAN DEFAULT false)"
        )
        for statement in (_DELIVERIES, _TOMBSTONES, _PURGED_PERIODS):
            session.execute(statement)
        for table in TABLES:
            session.execute(_create(table))


def _create(table: Table) -> str:
    names = (*table.key, *stored_columns(table))
    columns = [f"{name} {_TYPES[OWN_TYPES.get(name, table.column_type(name))]}" for name in names]
    if table.end:
        columns.append("end_known_from TIMESTAMP")
    bookkeeping = [
        "recorded_at TIMESTAMP",
        "known_from TIMESTAMP NOT NULL",
        "known_until TIMESTAMP NOT NULL",
        "ordered_at TIMESTAMP NOT NULL",
        "withdrawn BOOLEAN NOT NULL",
        "load_id INTEGER NOT NULL",
    ]
    return f"CREATE TABLE store.{table.name} ({', '.join(columns + bookkeeping)})"


def _version(session: Session) -> int:
    tables = {
        name
        for (name,) in session.rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'store'")
    }
    if "store_version" in tables:
        return int(session.value("SELECT version FROM store.store_version"))
    if tables:
        raise DataRefused(
            "the store's file holds tables of another program",
            expected="a store written by ews, or no file",
            next_step="choose another workspace",
        )
    return 0


def _migrate(session: Session, version: int) -> None:
    with session.transaction():
        for number in range(version + 1, SCHEMA_VERSION + 1):
            for statement in MIGRATIONS.get(number, ()):
                session.execute(statement)
        session.execute(f"UPDATE store.store_version SET version = {SCHEMA_VERSION}")


def _older(version: int) -> DataRefused:
    return DataRefused(
        f"the store has schema version {version}",
        expected=f"version {SCHEMA_VERSION}",
        next_step="run `ews ingest`, which backs the store up and migrates it",
    )


def _newer(version: int) -> DataRefused:
    return DataRefused(
        f"the store has schema version {version}, written by a newer ews",
        expected=f"version {SCHEMA_VERSION} or older",
        next_step="update ews, or use the ews that wrote it",
    )
