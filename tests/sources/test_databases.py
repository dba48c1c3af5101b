"""A database is read like a file: by the district's query, with a password that never shows."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ews.errors import UsageError
from ews.extracts.databases import fetch
from ews.extracts.delivered_bytes import FileFault
from ews.sources import Database
from tests.sources.delivery import CANARY, ROWS, Read, configured, read, recipe_of
from tests.sources.postgres_server import PostgresServer

SCHEMA = f"""
CREATE SCHEMA sis;
CREATE TABLE sis.att (
  student text, school text, day date, code char(3), half numeric(4,2), minutes integer,
  entered timestamptz, ref uuid, flags text[]);
INSERT INTO sis.att VALUES
  ('{CANARY}-1', 's1', '2025-09-09', 'A', 0.50, 30, '2025-09-09 10:00-05',
   '0b0e3b0e-0000-0000-0000-000000000001', '{{a,b}}'),
  ('{CANARY}-2', 's1', '2025-09-10', 'E', 1.00, NULL, NULL, NULL, NULL),
  ('{CANARY}-3', 's1', '2025-09-11', 'A', NULL, NULL, NULL, NULL, NULL);
"""
QUERY = "SELECT student AS student_id, school AS school_id, day AS date, code FROM sis.att ORDER BY day"
VARIABLE = "SIS_PASSWORD"


@pytest.fixture(scope="module")
def url(server: PostgresServer) -> str:
    """A database of a school information system, without a password in the URL."""
    return server.new_database("sis", SCHEMA)


@pytest.fixture
def guest_url(server: PostgresServer, url: str) -> str:
    """The same for a user without a password."""
    return url.replace(server.user, server.guest)


def from_database(
    folder: Path, url: str, query: str = QUERY, *, variable: str | None = None, file: str | None = None
) -> Read:
    """Read attendance from a database, the password from an environment variable or a file."""
    database = {"url": url, "password_env": variable, "password_file": file}
    return read(configured(folder, database=database, query=query))


def test_a_table_is_read_with_the_password_from_the_environment(
    server: PostgresServer, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, server.password)
    done = from_database(tmp_path, url, variable=VARIABLE)
    assert done.findings == []
    assert done.rows == ROWS


def test_a_table_is_read_with_the_password_from_a_file(
    server: PostgresServer, url: str, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text(server.password + "\n", encoding="utf-8")
    secret.chmod(0o600)
    assert from_database(tmp_path, url, file="password").rows == ROWS
    secret.chmod(0o640)
    with pytest.raises(UsageError) as error:
        from_database(tmp_path, url, file="password")
    assert "read by others" in error.value.found
    assert "chmod 600" in error.value.next_step
    assert server.password not in str(error.value)


def test_a_wrong_password_is_refused_and_never_shown(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "wrong-and-secret")
    refusal = from_database(tmp_path, url, variable=VARIABLE).only_refusal
    assert refusal.sentence == "the database does not accept the user's password"
    assert "wrong-and-secret" not in str(refusal.as_dict())
    assert refusal.where == "the database"
    missing = from_database(tmp_path, url).only_refusal
    assert "none is configured" in missing.sentence


def test_a_password_that_is_not_where_it_should_be_is_a_mistake_in_the_configuration(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(UsageError, match=VARIABLE):
        from_database(tmp_path, url, variable=VARIABLE)
    with pytest.raises(UsageError, match="password file"):
        from_database(tmp_path, url, file="nowhere")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("/sis", "/nowhere"), "does not have the database or user"),
        (("127.0.0.1:", "127.0.0.1:1/sis?x="), "cannot be connected to"),
        (("127.0.0.1", "nohost.invalid"), "name is not known"),
        (("ews_guest", "nobody_here"), "asks for a password"),
    ],
)
def test_a_server_that_does_not_let_us_in_is_refused_with_its_reason(
    change: tuple[str, str], found: str, guest_url: str, tmp_path: Path
) -> None:
    assert found in from_database(tmp_path, guest_url.replace(*change)).only_refusal.sentence


def test_a_server_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refusal = from_database(tmp_path, "postgresql://reader@127.0.0.1:1/sis").only_refusal
    assert refusal.sentence == "the server does not answer"


def test_another_system_than_postgresql_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="PostgreSQL"):
        from_database(tmp_path, "mysql://reader@127.0.0.1/sis")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT * FROM sis.attendance", "not there: sis.attendance"),
        ("SELECT pupil FROM sis.att", "not there: pupil"),
        ("SELECT * FROM nowhere.att", "not there: nowhere.att"),
        ("SELEC * FROM sis.att", "not SQL"),
        ("SELECT 1 AS a; SELECT 2 AS b", "not SQL"),
        ("DELETE FROM sis.att RETURNING *", "not SQL"),
        ("SELECT student AS student_id, student AS student_id FROM sis.att", "given twice: student_id"),
        ("SELECT student::integer AS student_id FROM sis.att", "broke off"),
        (f"SELECT 1/(CASE student WHEN '{CANARY}-3' THEN 0 ELSE 1 END) AS n FROM sis.att", "broke off"),
        ("SELECT pg_terminate_backend(pg_backend_pid()) AS a", "broke off"),
    ],
)
def test_a_query_that_the_server_does_not_run_is_refused_without_a_value(
    query: str, found: str, server: PostgresServer, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, server.password)
    refusal = from_database(tmp_path, url, query, variable=VARIABLE).only_refusal
    assert found in refusal.sentence
    assert server.password not in str(refusal.as_dict())


def test_a_query_cannot_change_the_database(
    server: PostgresServer, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.run("CREATE SEQUENCE sis.numbers", "sis")
    monkeypatch.setenv(VARIABLE, server.password)
    assert from_database(tmp_path, url, "SELECT nextval('sis.numbers') AS a", variable=VARIABLE).only_refusal
    assert server.run("SELECT is_called FROM sis.numbers", "sis").strip() == "f"


def test_what_a_user_may_not_read_is_named(server: PostgresServer, tmp_path: Path) -> None:
    server.run("CREATE ROLE ews_limited LOGIN PASSWORD 'x'; REVOKE ALL ON SCHEMA public FROM ews_limited")
    url = server.new_database("closed", "CREATE TABLE private (a int)")
    secret = tmp_path / "password"
    secret.write_text("x", encoding="utf-8")
    secret.chmod(0o600)
    done = from_database(
        tmp_path, url.replace(server.user, "ews_limited"), "SELECT * FROM private", file="password"
    )
    assert done.only_refusal.sentence == "the user may not read what the query names: private"


def test_every_type_arrives_as_the_text_that_the_database_has_for_it(guest_url: str, tmp_path: Path) -> None:
    query = "SELECT day, code, half, minutes, entered, ref, flags, day > '2025-09-09' AS late FROM sis.att; "
    done = fetch(Database(url=guest_url), query, "attendance", configured(tmp_path), tmp_path)
    first = list(pq.read_table(done.path).to_pylist()[0].values())
    assert first == [
        "2025-09-09",
        "A",
        "0.50",
        "30",
        "2025-09-09 15:00:00+00",
        "0b0e3b0e-0000-0000-0000-000000000001",
        "{a,b}",
        "false",
    ]
    assert done.rows == 3
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600


def test_dates_without_an_end_are_text_and_not_a_day_before_history(guest_url: str, tmp_path: Path) -> None:
    query = "SELECT 'infinity'::date AS exit_date -- open spells"
    done = fetch(Database(url=guest_url), query, "enrollments", configured(tmp_path), tmp_path)
    assert pq.read_table(done.path).to_pylist() == [{"exit_date": "infinity"}]


def test_a_query_without_rows_is_an_empty_table(guest_url: str, tmp_path: Path) -> None:
    done = from_database(tmp_path, guest_url, QUERY.replace("ORDER BY", "WHERE false ORDER BY"))
    assert done.rows == []
    assert done.opened.inputs[0].header == ("student_id", "school_id", "date", "code")


def test_a_connection_that_is_lost_half_way_leaves_no_rows(
    server: PostgresServer, guest_url: str, tmp_path: Path
) -> None:
    # The last row ends the session of the query that returns it.
    query = (
        "SELECT n, CASE WHEN n = 2000000 THEN pg_terminate_backend(pg_backend_pid()) END AS ended "
        "FROM generate_series(1, 2000000) AS n"
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(FileFault, match="broke off"):
        fetch(Database(url=guest_url), query, "attendance", configured(tmp_path), scratch)
    assert list(scratch.iterdir()) == []


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(guest_url: str, tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        program = f"""
import re
from pathlib import Path
from ews.extracts.databases import fetch
from ews.sources import Database
from tests.sources.delivery import configured
query = "SELECT 'student-' || n AS student_id, n AS minutes FROM generate_series(1, {rows}) AS n"
folder = Path({str(tmp_path)!r})
fetch(Database(url={guest_url!r}), query, "attendance", configured(folder), folder)
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return int(re.findall(r"\d+", done.stdout)[-1]) // 1024

    assert peak(4_000_000) < peak(1_000_000) + 40


def test_a_profiles_query_is_run_where_the_source_has_none(guest_url: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"database": {"url": guest_url}, "profile": "edfi-5.2"}
    done = read(configured(tmp_path, **settings), recipe=recipe_of((), "", QUERY))
    assert done.rows == ROWS
