"""DuckDB, opened in one place: sessions, atomic work, and errors that quote no cell value.

This is the only module that imports duckdb. Time is stored as naive UTC; the session's zone is UTC
so that no result depends on where the server stands.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import duckdb
import narwhals as nw

from ews.errors import DataRefused, RunLocked
from ews.scratch import Scratch

Frame = nw.LazyFrame[Any]
"""A lazy frame on whatever engine: features and rules are written against this and nothing else."""

_FULL = ("no space left", "disk quota", "not enough space", "file too large")

NumberReader = Callable[[Any, dt.date], int]
"""Reads a whole number that belongs to a day from a pandas frame."""

_MEMORY_LIMIT = os.environ.get("EWS_MEMORY_LIMIT", "1400MB")


class Engine(Protocol):
    """What snapshot, rules and features ask of an engine: DuckDB's :class:`Session`, or Spark."""

    def stored(self, table: str, columns: Sequence[str], days: Mapping[str, str]) -> Frame:
        """Return columns of a table of the store, every version.

        ``days`` maps dates to the names under which they come, as days since 1970-01-01.
        """

    def loaded_tables(self) -> set[str]:
        """Return the names of the tables that were ever loaded."""

    def materialize(self, frame: Frame, name: str) -> Frame:
        """Compute a lazy frame once, and return it lazily."""

    def number(self, frame: Frame, name: str, read: NumberReader, as_of: dt.date) -> int:
        """Compute a lazy frame of few rows, and return the number that ``read`` finds in it for a day."""

    def beside(self, frame: Frame, parts: Sequence[Frame]) -> Frame:
        """Return a frame with the columns of others beside it, by ``student_id``; null where one has no row.

        No column but the id may have a name that another has.
        """

    def collect(self, frame: Frame) -> Any:
        """Compute a lazy frame into a pandas frame."""


class Session:
    """One DuckDB connection with a private folder to spill into.

    Use it as a context manager; what it spilled is gone when it closes.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, spill: Scratch) -> None:
        self._connection = connection
        self._spill = spill

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and remove what it spilled."""
        self._connection.close()
        self._spill.cleanup()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement; its result is thrown away."""
        with _translated():
            self._connection.execute(sql, parameters or None)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a query and return its rows."""
        with _translated():
            return self._connection.execute(sql, parameters or None).fetchall()

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run a query and return the first column of its first row."""
        return self.rows(sql, parameters)[0][0]

    def pandas(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run a query and return a pandas frame."""
        with _translated():
            return self._connection.execute(sql, parameters or None).df()

    def columns(self, sql: str) -> list[str]:
        """Return the column names of a query without running it."""
        with _translated():
            return [str(row[0]) for row in self._connection.execute(f"DESCRIBE {sql}").fetchall()]

    def frame(self, sql: str) -> Frame:
        """Return a query as a lazy frame."""
        with _translated():
            return nw.from_native(self._connection.sql(sql))

    def stored(self, table: str, columns: Sequence[str], days: Mapping[str, str]) -> Frame:
        """Return columns of a table of the attached store, dates as day numbers; see :class:`Engine`."""
        numbers = [
            f"CAST({date} - DATE '1970-01-01' AS INTEGER) AS {identifier(day)}" for date, day in days.items()
        ]
        listed = ", ".join([*map(identifier, columns), *numbers])
        return self.frame(f"SELECT {listed} FROM store.{identifier(table)}")

    def loaded_tables(self) -> set[str]:
        """Return the names of the tables that were ever loaded into the attached store."""
        return {name for (name,) in self.rows("SELECT DISTINCT table_name FROM store.loads")}

    def materialize(self, frame: Frame, name: str) -> Frame:
        """Compute a lazy frame once, into a temporary table of this session, and return it lazily."""
        return self.keep(self.text_of(frame), name)

    def text_of(self, frame: Frame) -> str:
        """Return the query that a lazy frame of this session stands for."""
        return str(frame.to_native().sql_query())

    def keep(self, sql: str, name: str) -> Frame:
        """Run a query once, into a temporary table of this session, and return the table lazily."""
        return self._made(name, f"AS {sql}")

    def without_rows(self, frame: Frame, name: str) -> Frame:
        """Return the table that :meth:`materialize` would make of a lazy frame, lazily and without rows.

        Its columns are those that the frame knows of: DuckDB need not plan the query for them.
        """
        native = frame.to_native()
        columns = zip(native.columns, native.types, strict=True)
        return self._made(name, f"({', '.join(f'{identifier(column)} {kind}' for column, kind in columns)})")

    def _made(self, name: str, content: str) -> Frame:
        with _translated():
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} {content}")
            return nw.from_native(self._connection.table(name))

    def number(self, frame: Frame, name: str, read: NumberReader, as_of: dt.date) -> int:
        """Compute a lazy frame of few rows, and return the number that ``read`` finds in it for a day."""
        return read(self.collect(frame), as_of)

    def beside(self, frame: Frame, parts: Sequence[Frame]) -> Frame:
        """Return a frame with the columns of others beside it, as one query; see :class:`Engine`.

        Through narwhals every join is five steps that DuckDB looks at, each over all columns.
        """
        joins = [f"LEFT JOIN ({self.text_of(part)}) USING (student_id)" for part in parts]
        return self.frame(" ".join([f"FROM ({self.text_of(frame)})", *joins]))

    def collect(self, frame: Frame) -> Any:
        """Compute a lazy frame of this session into a pandas frame."""
        with _translated():
            return frame.to_native().df()

    def attach(self, path: Path, *, read_only: bool = False) -> None:
        """Attach a database file as ``store``; made when missing, unless it is only to be read."""
        self.execute(f"ATTACH {literal(str(path))} AS store{' (READ_ONLY)' if read_only else ''}")

    def is_aborted(self) -> bool:
        """Return whether a failed statement has ended the current transaction for good."""
        try:
            self._connection.execute("SELECT 1")
        except duckdb.TransactionException:
            return True
        return False

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """Run a block as one transaction: all of it or, on any exception or without ``keep``, nothing."""
        self.execute("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT" if keep else "ROLLBACK")


def open_session(path: Path | None = None) -> Session:
    """Open a database file, made when missing, or an in-memory database without a path.

    Raises
    ------
    RunLocked
        If another process is writing to the file.
    DataRefused
        If the file is not a database that this version of DuckDB can read.
    """
    spill = Scratch()
    options: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(spill.path),
        "memory_limit": _MEMORY_LIMIT,
    }
    try:
        with _translated():
            connection = duckdb.connect(str(path) if path else ":memory:", config=options)
            connection.execute("SET TimeZone = 'UTC'")
            _silence(connection)
    except BaseException:
        spill.cleanup()
        raise
    return Session(connection, spill)


def _silence(connection: duckdb.DuckDBPyConnection) -> None:
    """Switch the progress bar off: it would be written into what ``--json`` prints.

    In a notebook DuckDB has a bar of another kind there, in the page, and refuses to be told.
    """
    with suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")


def open_reader(path: Path) -> Session:
    """Open an in-memory session that can read, and never write, a store attached as ``store``."""
    session = open_session()
    try:
        session.attach(path, read_only=True)
    except BaseException:
        session.close()
        raise
    return session


def literal(text: str) -> str:
    """Return text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _translated() -> Iterator[None]:
    """Turn DuckDB's expected failures into refusals; its texts quote cell values, so none is passed on."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise DataRefused(
            "DuckDB ran out of memory or of room to spill",
            expected=f"the work to fit in {_MEMORY_LIMIT} and the temporary folder",
            next_step="set EWS_MEMORY_LIMIT higher (for example 8GB), or free disk space",
        ) from None
    except duckdb.IOException as error:
        raise _io_refusal(str(error)) from None
    except (duckdb.TransactionException, duckdb.FatalException) as error:
        if "commit" not in str(error).lower():
            raise
        raise _io_refusal("") from None


def _io_refusal(text: str) -> DataRefused | RunLocked:
    told = text.lower()
    if "set lock on file" in told or "conflicting lock" in told:
        return RunLocked(
            "the store is in use by another run",
            next_step="wait until it ends, then run the command again",
        )
    if "not a valid duckdb database" in told or "serialization" in told:
        return DataRefused(
            "the store is not a DuckDB database that this version can read",
            next_step="restore it from a backup, or ingest the extracts into a new workspace",
        )
    if any(each in told for each in _FULL):
        return DataRefused(
            "the disk is full",
            expected=f"room for the store, and in the temporary folder for what {_MEMORY_LIMIT} do not hold",
            next_step="free disk space, let TMPDIR name a folder on a larger disk, or set EWS_MEMORY_LIMIT "
            "higher (for example 8GB)",
        )
    return DataRefused(
        "a file could not be read or written",
        expected="room on the disk and permission for this account",
        next_step="check the disk and the permissions, then run the command again",
    )
