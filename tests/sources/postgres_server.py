"""A PostgreSQL server of the tests' own: started in an empty folder, gone without a trace afterwards.

Needs the server's programs, as Debian's package `postgresql` brings them; without them the tests that
ask for a server are skipped and say so. PostgreSQL refuses to run as root, so a test run as root gives
the server to an account without rights.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

OWNER = "ews_owner"
PASSWORD = "correct horse: battery/staple@7%"  # noqa: S105 - of a server that lives for one test run
GUEST = "ews_guest"

_ACCOUNTS = ("postgres", "nobody", "daemon")
_RULES = f"""\
host all {GUEST} 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True)
class PostgresServer:
    """A running server on this machine.

    ``user`` owns everything and needs ``password``; ``guest`` may read everything and needs none.
    """

    port: int
    programs: Path
    user: str = OWNER
    password: str = PASSWORD
    guest: str = GUEST

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        """The URL of a database, without a password, as a configuration names it."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def run(self, sql: str, database: str = "postgres") -> str:
        """Run a script (`COPY ... FROM stdin` with its rows too) as the owner; return what psql wrote."""
        done = subprocess.run(
            [
                str(self.programs / "psql"),
                *("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"),
                *("--host", "127.0.0.1", "--port", str(self.port)),
                *("--username", self.user, "--dbname", database),
            ],
            input=sql,
            text=True,
            capture_output=True,
            env={**os.environ, "PGPASSWORD": self.password, "PGCLIENTENCODING": "UTF8"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def new_database(self, name: str, sql: str = "") -> str:
        """Make a database, anew if it is there, run a script in it and return its URL."""
        self.run(f"DROP DATABASE IF EXISTS {name};\nCREATE DATABASE {name};")
        if sql:
            self.run(sql, name)
        return self.url(name)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server for the length of the block; skip the test where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed here (Debian: apt-get install postgresql)")
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="ews-postgres-"))
    try:
        if account:
            shutil.chown(folder, account["user"], account["group"])
        _make_cluster(programs, folder, account)
        with _running(programs, folder, account) as port:
            server = PostgresServer(port, programs)
            server.run(f"CREATE ROLE {GUEST} LOGIN; GRANT pg_read_all_data TO {GUEST};")
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """The folder with initdb, postgres and psql: on the path, or where Debian keeps them (newest first)."""
    on_path = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    folders = ([Path(on_path).resolve().parent] if on_path else []) + debian
    needed = ("initdb", "postgres", "psql")
    return next((each for each in folders if all((each / name).exists() for name in needed)), None)


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


def _account() -> dict[str, Any]:
    """The account to give the server to, as subprocess takes it; empty where ours may run it."""
    if os.geteuid() != 0:
        return {}
    known = {each.pw_name: each for each in pwd.getpwall()}
    chosen = next((known[name] for name in _ACCOUNTS if name in known), None)
    if chosen is None:
        pytest.skip("PostgreSQL does not run as root, and there is no account without rights to give it to")
    return {"user": chosen.pw_uid, "group": chosen.pw_gid, "extra_groups": []}


def _make_cluster(programs: Path, folder: Path, account: dict[str, Any]) -> None:
    data = folder / "data"
    secret = folder / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    if account:
        shutil.chown(secret, account["user"], account["group"])
    made = subprocess.run(
        [
            str(programs / "initdb"),
            *("--pgdata", str(data), "--username", OWNER, "--pwfile", str(secret)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
        ],
        cwd=folder,
        text=True,
        capture_output=True,
        check=False,
        **account,
    )
    assert made.returncode == 0, made.stderr
    (data / "pg_hba.conf").write_text(_RULES, encoding="utf-8")


@contextmanager
def _running(programs: Path, folder: Path, account: dict[str, Any]) -> Iterator[int]:
    """Run the server and yield its port; without its safeguards against power cuts it starts in no time."""
    port = _free_port()
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
    }
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(folder / "data"), *options],
            cwd=folder,
            stdout=log,
            stderr=log,
            **account,
        )
        try:
            _wait_until_ready(server, port, folder / "log")
            yield port
        finally:
            server.send_signal(signal.SIGQUIT)  # at once; nothing in it is kept
            server.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait for the word in the log: the port answers a moment before connections are let in."""
    until = time.monotonic() + 30
    while time.monotonic() < until and server.poll() is None:
        if b"ready to accept connections" in log.read_bytes():
            return
        time.sleep(0.02)
    raise AssertionError(f"PostgreSQL did not start on port {port}: {log.read_text(errors='replace')}")
