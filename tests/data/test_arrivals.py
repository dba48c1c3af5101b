"""Files that arrive one by one are loaded in order, each once, as if each had been loaded on its own day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from ews.config import Config
from ews.engine import open_reader
from ews.errors import DataRefused
from ews.store.ingest import ingest
from ews.store.schema import store_path
from tests.data.faults import Workspace
from tests.generators.writing import write_rows

COLUMNS = ("student_id", "school_id", "date", "code")
NOW = dt.datetime(2025, 10, 6, 4)
WEEK = {
    "2025-09-09": [("001", "2025-09-08", "A"), ("002", "2025-09-08", "E"), ("003", "2025-09-08", "A")],
    "2025-09-10": [("001", "2025-09-08", "E"), ("004", "2025-09-09", "A")],
    "2025-09-11": [("004", "2025-09-09", "P"), ("002", "2025-09-10", "A")],
}
"""Deliveries by the day they arrived: absences, one that is excused later, one that is taken back."""


class Folder(Workspace):
    """A district whose attendance arrives in a folder, one file a day."""

    def arrive(self, day: str, rows: list[tuple[str, str, str]]) -> None:
        named = [
            {"student_id": f"CANARY-{student}", "school_id": "s1", "date": date, "code": code}
            for student, date, code in rows
        ]
        write_rows(self.folder / "attendance" / f"att_{day}.csv", COLUMNS, named)

    def config(self, **changes: Any) -> Config:
        arriving = {"path": "attendance/*.csv", "delivery": "delta", "arrival": "one_by_one"}
        return self.configured(attendance=arriving | changes)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    workspace = Folder(tmp_path)
    workspace.write()
    return workspace


def stored(config: Config) -> list[tuple[Any, ...]]:
    """The versions of attendance, and when each was known."""
    with open_reader(store_path(config.workspace_dir)) as session:
        return session.rows(
            "SELECT student_id, date, kind, known_from, known_until FROM store.attendance ORDER BY ALL"
        )


def current(config: Config) -> set[tuple[str, str]]:
    """Who is absent on what day, as known at the end."""
    rows = [row for row in stored(config) if row[4].year == 9999 and row[2] != "present"]
    return {(row[0].removeprefix("CANARY-"), f"{row[1]:%d} {row[2]}") for row in rows}


AT_THE_END = {
    ("001", "08 absent_excused"),
    ("002", "08 absent_excused"),
    ("003", "08 absent_unexcused"),
    ("002", "10 absent_unexcused"),
}


def test_a_backlog_of_files_is_read_in_order_and_the_newest_word_counts(folder: Folder) -> None:
    for day, rows in WEEK.items():
        folder.arrive(day, rows)
    config = folder.config()
    report = ingest(config, loaded_at=NOW)
    assert current(config) == AT_THE_END
    assert {each.table: each.files for each in report.tables}["attendance"] == 3


def test_a_backlog_with_dates_in_its_names_equals_a_load_on_every_one_of_those_days(tmp_path: Path) -> None:
    at_once, night_by_night = Folder(tmp_path / "at once"), Folder(tmp_path / "night by night")
    dated = {"name_date": "att_%Y-%m-%d.csv"}
    for workspace in (at_once, night_by_night):
        workspace.write()
    for day, rows in WEEK.items():
        at_once.arrive(day, rows)
        night_by_night.arrive(day, rows)
        midnight = dt.datetime.fromisoformat(day) + dt.timedelta(hours=4)
        ingest(night_by_night.config(**dated), loaded_at=midnight)
    ingest(at_once.config(**dated), loaded_at=NOW)
    assert stored(at_once.config(**dated)) == stored(night_by_night.config(**dated))
    assert current(at_once.config(**dated)) == AT_THE_END


def test_a_file_is_loaded_once(folder: Folder) -> None:
    days = list(WEEK)
    for day in days[:2]:
        folder.arrive(day, WEEK[day])
    config = folder.config()
    ingest(config, loaded_at=NOW)
    again = ingest(config, loaded_at=NOW + dt.timedelta(days=1))
    assert "attendance" not in {each.table for each in again.tables}
    folder.arrive(days[2], WEEK[days[2]])
    third = ingest(config, loaded_at=NOW + dt.timedelta(days=2))
    assert {each.table: each.files for each in third.tables}["attendance"] == 1
    assert current(config) == AT_THE_END


def test_a_file_that_changes_after_a_later_one_was_loaded_is_refused(folder: Folder) -> None:
    for day, rows in WEEK.items():
        folder.arrive(day, rows)
    config = folder.config()
    ingest(config, loaded_at=NOW)
    before = stored(config)
    folder.arrive("2025-09-09", [("005", "2025-09-08", "A")])
    with pytest.raises(DataRefused, match="lie before one that was loaded") as refusal:
        ingest(config, loaded_at=NOW + dt.timedelta(days=1))
    assert "att_2025-09-09.csv" in str(refusal.value)
    assert stored(config) == before


def test_one_refused_file_of_a_backlog_loads_none_of_them(folder: Folder) -> None:
    for day, rows in WEEK.items():
        folder.arrive(day, rows)
    folder.arrive("2025-09-11", [("004", "2025-09-09", "?")])
    config = folder.config()
    with pytest.raises(DataRefused, match="not mapped"):
        ingest(config, loaded_at=NOW)
    assert not store_path(config.workspace_dir).exists()


def test_a_full_file_a_day_withdraws_what_the_newest_no_longer_contains(folder: Folder) -> None:
    everyone = [(f"{number:03d}", "2025-09-08", "A") for number in range(40)]
    folder.arrive("2025-09-09", everyone)
    folder.arrive("2025-09-10", everyone[1:])
    config = folder.config(delivery="full")
    ingest(config, loaded_at=NOW)
    assert len(current(config)) == 39
    folder.arrive("2025-09-11", everyone[9:])
    with pytest.raises(DataRefused, match="no longer contains 8 of the 39"):
        ingest(config, loaded_at=NOW + dt.timedelta(days=1))
    assert len(current(config)) == 39
