"""The store survives other versions of the program, other runs, and being killed."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ews.engine import open_reader, open_session
from ews.errors import DataRefused, RunLocked
from ews.store import schema
from ews.store.ingest import check, ingest
from ews.store.lock import workspace_lock
from tests.data.faults import Workspace

FIRST = dt.datetime(2025, 10, 6, 4)
NOW, NEXT = schema.SCHEMA_VERSION, schema.SCHEMA_VERSION + 1


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("sound"))
    ingest(workspace.write(), loaded_at=FIRST)
    return workspace


@contextmanager
def other_process(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A second run that says when it has come to its point, and is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "there"
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def contents(store: Path) -> dict[str, int]:
    with open_reader(store) as session:
        return {
            table: session.value(f"SELECT count(*) FROM store.{table}")
            for table in ("loads", "attendance", "enrollments", "coverage", "quarantine")
        }


def test_a_store_written_by_a_newer_program_is_refused(sound: Workspace, tmp_path: Path) -> None:
    workspace = sound.copied_to(tmp_path)
    with open_session(workspace.store) as session:
        session.execute("UPDATE store_version SET version = 99")
    before = workspace.store.read_bytes()
    with pytest.raises(DataRefused, match="newer"):
        ingest(workspace.configured(), loaded_at=FIRST)
    with open_reader(workspace.store) as session, pytest.raises(DataRefused, match="newer"):
        schema.check_version(session)
    assert workspace.store.read_bytes() == before


def test_an_older_store_is_backed_up_and_then_migrated(
    sound: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = sound.copied_to(tmp_path)
    monkeypatch.setattr(schema, "SCHEMA_VERSION", NEXT)
    monkeypatch.setitem(
        schema.MIGRATIONS, NEXT, ("ALTER TABLE store.quarantine ADD COLUMN resolved BOOLEAN",)
    )
    with open_reader(workspace.store) as session, pytest.raises(DataRefused, match=f"schema version {NOW}"):
        schema.check_version(session)
    schema.open_store(workspace.store).__exit__()
    backup = workspace.store.with_name(f"store.v{NOW}.backup.duckdb")
    with open_reader(workspace.store) as session:
        assert session.value("SELECT version FROM store.store_version") == NEXT
        assert "resolved" in session.columns("SELECT * FROM store.quarantine")
    with open_reader(backup) as session:
        assert session.value("SELECT version FROM store.store_version") == NOW
    assert contents(backup) == contents(workspace.store) == contents(sound.store)


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    sound: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = sound.copied_to(tmp_path)
    monkeypatch.setattr(schema, "SCHEMA_VERSION", NEXT)
    statements = ("ALTER TABLE store.quarantine ADD COLUMN resolved BOOLEAN", "SELECT * FROM nothing")
    monkeypatch.setitem(schema.MIGRATIONS, NEXT, statements)
    with pytest.raises(Exception, match="nothing"):
        schema.open_store(workspace.store)
    with open_reader(workspace.store) as session:
        assert session.value("SELECT version FROM store.store_version") == NOW
        assert "resolved" not in session.columns("SELECT * FROM store.quarantine")


HOLD_LOCK = """
import sys, pathlib
from ews.store.lock import workspace_lock
with workspace_lock(pathlib.Path(sys.argv[1])):
    print("there", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_in_a_workspace_is_refused_at_once_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    with other_process(HOLD_LOCK, str(tmp_path)):
        with pytest.raises(RunLocked) as refusal, workspace_lock(tmp_path):
            pass
        assert refusal.value.exit_code == 30
    with workspace_lock(tmp_path):
        assert (tmp_path / ".lock").exists()


HOLD_STORE = """
import sys, pathlib
from ews.store.schema import open_store
with open_store(pathlib.Path(sys.argv[1])):
    print("there", flush=True)
    sys.stdin.read()
"""


def test_a_store_that_another_process_writes_to_is_refused(sound: Workspace, tmp_path: Path) -> None:
    workspace = sound.copied_to(tmp_path)
    with other_process(HOLD_STORE, str(workspace.store)), pytest.raises(RunLocked):
        ingest(workspace.configured(), loaded_at=FIRST)


STOP_IN_THE_MIDDLE = """
import sys, pathlib, datetime
from ews.config import load_config
from ews.store.ingest import check, ingest
def progress(step, share):
    if step == "Reading nurse_visits":
        print("there", flush=True)
        sys.stdin.read()
ingest(load_config(pathlib.Path(sys.argv[1])), loaded_at=datetime.datetime(2025, 10, 7, 4), progress=progress)
"""


def test_a_load_that_is_killed_leaves_the_old_state_and_the_next_one_works(
    sound: Workspace, tmp_path: Path
) -> None:
    workspace = sound.copied_to(tmp_path)
    workspace.with_cells("attendance", 5, code="E")
    before = contents(workspace.store)
    with other_process(STOP_IN_THE_MIDDLE, str(tmp_path / "district.yaml")):
        pass
    assert contents(workspace.store) == before
    report = ingest(workspace.configured(), loaded_at=FIRST + dt.timedelta(days=1))
    assert {table.table: table.rows_new for table in report.tables}["attendance"] == 1


def test_checking_leaves_the_store_byte_for_byte(tmp_path: Path) -> None:
    from tests.data.faults import district as forty
    from tests.generators.writing import write_load

    config = write_load(forty().loads[0], forty().settings, tmp_path)
    ingest(config)
    store = config.workspace_dir / "store.duckdb"
    before = store.read_bytes()
    report = check(config)
    assert not [each for each in report.findings if each.severity == "refused"]
    assert store.read_bytes() == before


def test_a_session_writes_no_progress_bar_into_what_is_printed() -> None:
    with open_session() as session:
        assert session.value("SELECT current_setting('enable_progress_bar')") is False
