"""A query of a PostgreSQL database into a private Parquet file of text.

Read through ADBC: beside connectorx as fast or faster, and an eighth of its size (docs/choices.md). The
server turns every column into text, so that a date is ISO, a uuid is whole and a decimal keeps its
digits, whatever its type. Rows are streamed, so memory does not grow with them. Passwords never stand
in a message, and neither does what the server says about values.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ews.config import Config
from ews.engine import identifier
from ews.errors import UsageError
from ews.extracts.delivered_bytes import FileFault, private_file
from ews.sources import Database

_SETTINGS = (
    "SET TRANSACTION READ ONLY",
    "SET LOCAL DateStyle = ISO",
    "SET LOCAL TimeZone = UTC",
)
"""Of the transaction only, as they also hold behind a pool of connections."""

_SECONDS_TO_CONNECT = "15"
_BATCH_BYTES = "4194304"
_ABOUT_THE_STATEMENT = {
    "42P01": r'relation "([^"]*)" does not exist',
    "42703": r'column "?([\w.]+)"? does not exist',
    "42501": r"permission denied for \w+ ([\w.]+)",
    "3F000": r'schema "([^"]*)" does not exist',
}
"""Of these errors the server names a part of the query; all others could quote a value."""


@dataclass(frozen=True)
class Fetched:
    """What a query returned, as a private Parquet file of text."""

    path: Path
    header: tuple[str, ...]
    rows: int


def fetch(database: Database, query: str, table: str, config: Config, scratch: Path) -> Fetched:
    """Run a query and write what it returns, in batches, to a new file in ``scratch``.

    Raises
    ------
    FileFault
        If the server cannot be reached, does not let us in, or does not take the query.
    UsageError
        If the URL is not of PostgreSQL, or the password is not where the configuration says.
    """
    where = f"sources.{table}.database"
    uri = _uri(database, _password(database, where, config), where)
    import pyarrow as pa
    from adbc_driver_postgresql import dbapi

    try:
        connection = dbapi.connect(uri)
    except dbapi.Error as error:
        raise _no_connection(str(error)) from None
    try:
        with connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": _BATCH_BYTES})
            for setting in _SETTINGS:
                cursor.execute(setting)
            return _copy(cursor, query, scratch)
    except dbapi.Error as error:
        raise _refused(str(error), error.sqlstate, table) from None
    except (pa.ArrowException, OSError) as error:  # how the driver says that the stream broke off
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of this machine: no room for the copy
        raise _refused(str(error), None, table) from None


def _copy(cursor: Any, query: str, scratch: Path) -> Fetched:
    import pyarrow as pa
    import pyarrow.parquet as pq

    inner = (
        f"({query.strip().rstrip(';')}\n) AS delivered"  # a line of its own: the query may end in a comment
    )
    cursor.execute(f"SELECT * FROM {inner} LIMIT 0")
    header = tuple(str(column[0]) for column in cursor.description)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice or not header:
        raise FileFault("columns", f"columns given twice: {', '.join(twice)}", expected="a name of its own")
    cells = ", ".join(f"CAST({identifier(name)} AS text) AS {identifier(name)}" for name in header)
    cursor.execute(f"SELECT {cells} FROM {inner}")
    schema = pa.schema([(name, pa.string()) for name in header])
    rows = 0
    with private_file(scratch, ".parquet") as (path, out), pq.ParquetWriter(out, schema) as writer:
        for batch in cursor.fetch_record_batch():
            writer.write_batch(pa.record_batch(batch.columns, schema=schema))
            rows += batch.num_rows
    return Fetched(path, header, rows)


def _uri(database: Database, password: str | None, where: str) -> str:
    parts = urlsplit(database.url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise UsageError(
            "the database's URL is not one of PostgreSQL",
            expected="postgresql://user@server:5432/database",
            where=f"{where}.url",
            next_step="mend the URL, or export the table to a file and give its path",
        )
    settings = {"connect_timeout": _SECONDS_TO_CONNECT, **dict(parse_qsl(parts.query))}
    if password is not None:
        settings["password"] = password
    # Not urlunsplit: it drops the slashes of a URL that names no server.
    return f"{database.url.partition('?')[0]}?{urlencode(settings, quote_via=quote)}"


def _password(database: Database, where: str, config: Config) -> str | None:
    if database.password_env is not None:
        password = os.environ.get(database.password_env)
        if password is None:
            raise UsageError(
                f"the environment variable {database.password_env} is not set",
                where=f"{where}.password_env",
                next_step="set it to the database's password for this command",
            )
        return password
    if database.password_file is None:
        return None
    return _password_in(config.resolve(database.password_file), f"{where}.password_file")


def _password_in(path: Path, where: str) -> str:
    try:
        mode = path.stat().st_mode
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        raise UsageError(
            "the password file cannot be read",
            expected="a text file with the password in its first line",
            where=f"{where}: {path}",
            next_step="write it, or mend the path",
        ) from None
    if os.name == "posix" and stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(
            "the password file can be read by others than its owner",
            expected="a file that only its owner can read",
            where=f"{where}: {path}",
            next_step=f"chmod 600 {path}, and change the password if others may have seen it",
        )
    return content.partition("\n")[0].rstrip("\r")


def _no_connection(text: str) -> FileFault:
    """Return what is known about a connection that failed; the server's words are matched, not passed on."""
    causes = {
        "password authentication failed": ("the database does not accept the user's password", "password"),
        "no password supplied": ("the database asks for a password and none is configured", "password"),
        "does not exist": ("the server does not have the database or user that the URL names", "url"),
        "could not translate host name": ("the server's name is not known", "url"),
        "refused": ("the server does not answer", "server"),
        "timeout": ("the server does not answer", "server"),
        "no pg_hba.conf entry": ("the server does not let this user in from this machine", "server"),
    }
    steps = {
        "password": "set password_env or password_file to the right password",
        "url": "mend the URL of the database",
        "server": "check that the server runs and may be reached from here, and the URL",
    }
    found, step = next(
        (each for sign, each in causes.items() if sign in text),
        ("the database cannot be connected to", "server"),
    )
    return FileFault(
        "unreadable source",
        found,
        expected="a PostgreSQL server that lets us in",
        next_step=steps[step],
    )


def _refused(text: str, sqlstate: str | None, table: str) -> FileFault:
    named = re.search(_ABOUT_THE_STATEMENT.get(sqlstate or "", "(?!)"), text)
    sentences = {
        "42P01": "the query names a table that is not there",
        "42703": "the query names a column that is not there",
        "42501": "the user may not read what the query names",
        "3F000": "the query names a schema that is not there",
        "42601": "the query is not SQL that the server understands",
    }
    if sqlstate is None:
        sentence = (
            "the database broke off while rows were read (a lost connection, or a value it cannot convert)"
        )
    else:
        sentence = sentences.get(sqlstate, "the database does not run the query")
    detail = f": {named[1]}" if named else f" (SQLSTATE {sqlstate})" if sqlstate else ""
    return FileFault(
        "unreadable source",
        f"{sentence}{detail}",
        expected="one SELECT that the user may run",
        next_step=f"mend sources.{table}.query, and try it with psql",
    )
