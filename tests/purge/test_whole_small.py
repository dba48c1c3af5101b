"""A purge removes a student from everything, says what it cannot remove, and touches nothing else."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ews.engine import open_session
from ews.errors import DataRefused, RunLocked, UsageError
from ews.nightly.verify import verify
from ews.purge.report import PurgeReport
from ews.purge.run import purge
from ews.store.ingest import ingest
from ews.store.lock import workspace_lock
from tests.purge.workspace import CANARY, NIGHTS, OTHERS, Small, every_byte, naming

OWN = ("students", "enrollments", "attendance", "nurse_visits", "meal_programs")
SHARED = ("schools", "calendar", "loads", "coverage", "deliveries", "store_version")


def test_after_a_purge_no_file_of_the_workspace_names_the_student(untouched: Small, after: Small) -> None:
    named_before = naming(untouched.workspace, CANARY)
    assert {name.rsplit(".", 1)[-1] for name in named_before} == {"duckdb", "parquet", "csv", "xlsx", "html"}
    assert naming(after.workspace, CANARY) == []
    assert naming(after.workspace, OTHERS[0]) == named_before


@pytest.mark.usefixtures("model_in_name")
def test_a_purged_workspace_verifies(untouched: Small, after: Small) -> None:
    assert verify(untouched.config).problems == []
    assert verify(after.config).problems == []


def test_a_dry_run_says_what_would_go_and_changes_no_byte(small: Small) -> None:
    before = every_byte(small.folder)

    report = purge(small.config, student=CANARY)

    assert every_byte(small.folder) == before
    assert report.counts["store"] == {
        "attendance": 1,
        "enrollments": 1,
        "meal_programs": 1,
        "nurse_visits": 1,
        "quarantine": 2,
        "students": 1,
    }
    assert [(each["night"], each["rows"], each["schools"]) for each in report.counts["nights"]] == [
        (day.isoformat(), {"scores": 1, "excluded": 0}, 1) for day in NIGHTS
    ]
    assert report.in_words()[0].startswith("This is a dry run: nothing was changed.")


def test_a_purge_does_what_its_dry_run_said(untouched: Small, report: PurgeReport) -> None:
    said = purge(untouched.config, student=CANARY)
    assert said.counts == report.counts
    assert report.purge
    assert not said.purge


def test_the_other_students_keep_every_row_and_version(untouched: Small, after: Small) -> None:
    before, now = untouched.tables(*OWN, *SHARED), after.tables(*OWN, *SHARED)
    for table in OWN:
        assert now[table] == [row for row in before[table] if CANARY not in row], table
        assert len(now[table]) == len(before[table]) - 1, table
    for table in SHARED:
        assert now[table] == before[table], table


def test_the_new_store_has_the_same_tables_with_the_same_columns_and_constraints(
    untouched: Small, after: Small
) -> None:
    tables = "SELECT table_name, sql FROM duckdb_tables() WHERE database_name = 'store' ORDER BY 1"
    assert after.rows(tables) == untouched.rows(tables)


def test_the_log_says_when_who_what_and_why_and_never_whom(after: Small) -> None:
    (line,) = (after.workspace / "purges.jsonl").read_text(encoding="utf-8").splitlines()
    record = json.loads(line)
    assert CANARY not in line
    assert record["kind"] == "student"
    assert record["reason"] == "Request 12"
    assert record["tombstone"] is True
    assert record["store"]["attendance"] == 1
    assert dt.datetime.fromisoformat(record["at"]).tzinfo is not None
    assert record["by"]


def test_what_a_purge_writes_only_its_owner_can_read(after: Small) -> None:
    open_to_others = [
        path.name for path in after.workspace.rglob("*") if path.is_file() and path.stat().st_mode & 0o077
    ]
    assert open_to_others == []


def test_a_second_purge_of_the_same_student_finds_nothing_and_says_so(purged: Small) -> None:
    before = every_byte(purged.workspace)
    again = purge(purged.config, student=CANARY, yes=True)
    assert again.in_words()[0].startswith("Nothing is left to remove: it was purged on ")
    assert every_byte(purged.workspace) == before


def test_a_second_student_can_be_purged_after_the_first(purged: Small) -> None:
    purge(purged.config, student=OTHERS[3], yes=True)

    assert naming(purged.workspace, CANARY) == naming(purged.workspace, OTHERS[3]) == []
    # One tombstone each, and the one that tells whether the key is the right one.
    assert purged.rows("SELECT count(*) FROM store.tombstones") == [(3,)]
    assert len((purged.workspace / "purges.jsonl").read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize("yes", [False, True])
def test_a_student_whom_nothing_names_is_a_usage_error_and_changes_nothing(small: Small, yes: bool) -> None:
    before = every_byte(small.folder)
    with pytest.raises(UsageError, match="nothing in this workspace names that student") as refusal:
        purge(small.config, student="S-000", yes=yes)
    assert refusal.value.exit_code == 2
    assert "S-000" not in str(refusal.value)
    assert every_byte(small.folder) == before


@pytest.mark.parametrize("student", ["6", "a.csv", "2025", "09"])
def test_a_short_id_is_not_found_in_other_cells_of_the_quarantine(small: Small, student: str) -> None:
    """A line number, a school, part of a date: they are not the student."""
    content = '{"student_id": "77", "school_id": "6", "date": "2025-09-09", "_line": 6, "_file": "a.csv"}'
    small.change_store(f"INSERT INTO quarantine VALUES (1, 'attendance', 'a.csv', 6, 'reason', '{content}')")
    with pytest.raises(UsageError, match="nothing in this workspace"):
        purge(small.config, student=student)


def test_a_quarantined_row_is_found_by_an_id_that_lost_its_zeros(small: Small) -> None:
    content = '{"student_id": " 77 ", "date": "2025-09-09"}'
    small.change_store(f"INSERT INTO quarantine VALUES (1, 'attendance', 'a.csv', 6, 'reason', '{content}')")
    assert purge(small.config, student="00077").counts["store"] == {"quarantine": 1}


def test_a_student_in_published_nights_alone_is_purged_too(small: Small) -> None:
    empty(small.store)
    report = purge(small.config, student=CANARY, yes=True)
    assert report.counts["store"] == {}
    assert naming(small.workspace / "published", CANARY) == []
    assert small.rows("SELECT count(*) FROM store.tombstones") == [(2,)]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, "one of --student and --before"),
        ({"student": CANARY, "before": NIGHTS[0]}, "one of --student and --before"),
        ({"student": "  "}, "--student is empty"),
        ({"before": dt.date(2999, 1, 1)}, "lies ahead"),
        ({"student": CANARY, "reason": f"asked for {CANARY}."}, "--reason names the student"),
    ],
)
def test_a_purge_that_cannot_be_meant_is_refused(small: Small, arguments: dict[str, Any], found: str) -> None:
    before = every_byte(small.folder)
    with pytest.raises(UsageError, match=found) as refusal:
        purge(small.config, yes=True, **arguments)
    assert CANARY not in str(refusal.value)
    assert every_byte(small.folder) == before


def test_a_purge_waits_for_nobody(small: Small) -> None:
    with workspace_lock(small.workspace), pytest.raises(RunLocked):
        purge(small.config, student=CANARY, yes=True)
    assert naming(small.workspace, CANARY)


def test_a_workspace_without_a_store_is_refused_and_not_made(small: Small) -> None:
    small.store.unlink()
    with pytest.raises(DataRefused, match="no store"):
        purge(small.config, student=CANARY, yes=True)
    assert not small.store.exists()


def test_copies_of_older_stores_that_name_the_student_are_removed_and_others_stay(small: Small) -> None:
    named, other, broken = (small.workspace / f"store.v{number}.backup.duckdb" for number in (1, 0, 9))
    named.write_bytes(small.store.read_bytes())
    other.write_bytes(small.store.read_bytes())
    empty(other)
    broken.write_bytes(b"not a database")

    report = purge(small.config, student=CANARY, yes=True)

    assert report.counts["backups"] == [named.name, broken.name]
    assert not named.exists()
    assert not broken.exists()
    assert other.exists()


def empty(store: Path) -> None:
    with open_session(store) as session:
        for table in (*OWN, "quarantine"):
            session.execute(f"DELETE FROM {table}")


def test_what_killed_runs_have_left_is_removed(small: Small) -> None:
    published = small.workspace / "published"
    copy = published / ".2025-10-06.partial"
    copy.mkdir()
    (copy / "0001.csv").write_text(f"{CANARY}\n")
    (small.workspace / ".store.duckdb.partial").write_text(CANARY)
    small.night().rename(published / ".2025-10-06.replaced")

    purge(small.config, student=CANARY, yes=True)

    assert naming(small.workspace, CANARY) == []
    assert small.night().is_dir(), "a night that was moved aside and not replaced is put back"
    assert not [path.name for path in published.iterdir() if path.name.startswith(".")]


def test_the_next_load_brings_back_neither_rows_nor_faulty_rows_of_the_student(purged: Small) -> None:
    """A row with a fault is set aside with all its cells; not if it is a purged student's."""
    settings = json.loads((purged.folder / "district.yaml").read_text())
    settings["checks"] = {"max_quarantined": 0.5}
    (purged.folder / "district.yaml").write_text(json.dumps(settings))
    with (purged.folder / "attendance.csv").open("a", encoding="utf-8") as file:
        for student in (CANARY, OTHERS[0]):
            file.write(f"{student},s1,not a date,A,,,\n")
    before = purged.tables(*OWN)

    report = ingest(purged.config, loaded_at=dt.datetime(2025, 10, 7, 4))

    assert naming(purged.workspace, CANARY) == []
    assert purged.tables(*OWN) == before
    assert purged.rows("SELECT count(*) FROM store.quarantine WHERE reason LIKE 'unreadable date%'") == [(1,)]
    dropped = {each.table: each.count for each in report.findings if each.name == "purged rows"}
    assert dropped == {**dict.fromkeys(OWN, 1), "attendance": 2}


WRITE_AND_DIE = """
import os, sys
from ews.engine import open_session
from pathlib import Path
session = open_session(Path(sys.argv[1]))
session.execute("PRAGMA disable_checkpoint_on_shutdown")
session.execute("INSERT INTO quarantine VALUES (1, 'attendance', 'a.csv', 9, 'reason', ?)", (sys.argv[2],))
os._exit(9)
"""


def test_the_write_ahead_log_of_a_killed_load_does_not_outlive_the_purge(small: Small) -> None:
    row = json.dumps({"student_id": CANARY})
    subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(small.store), row], check=False)
    log = small.store.with_name("store.duckdb.wal")
    assert CANARY.encode() in log.read_bytes()

    report = purge(small.config, student=CANARY, yes=True)

    assert report.counts["store"]["quarantine"] == 3
    assert naming(small.workspace, CANARY) == []
    assert not log.exists()
