"""What is delivered later is newer, what is gone is withdrawn, and what comes back counts again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from ews.config import Config
from ews.engine import open_reader
from ews.store.ingest import ingest
from ews.store.schema import store_path
from tests.data.faults import CANARY, Workspace
from tests.data.test_faults import rows

LOADED = [dt.datetime(2025, 10, 6, 4) + dt.timedelta(days=days) for days in range(6)]
STUDENT = f"{CANARY}-001"


def absence(code: str, recorded_at: str = "") -> dict[str, str]:
    time = f"2025-09-10 {recorded_at}" if recorded_at else ""
    return {"student_id": STUDENT, "school_id": "s1", "date": "2025-09-10", "code": code, "recorded_at": time}


def everyone() -> list[dict[str, str]]:
    """Rows of others, so that what is withdrawn is a small part."""
    return [row for row in rows("attendance") if row["student_id"] != STUDENT]


def load(workspace: Workspace, at: dt.datetime, *given: dict[str, str], **source: Any) -> Config:
    workspace.with_rows("attendance", [*everyone(), *given])
    config = workspace.configured(attendance=source)
    ingest(config, loaded_at=at, accept_withdrawals=True)
    return config


def counts(config: Config) -> list[str]:
    """The kinds that count now for the student's day."""
    with open_reader(store_path(config.workspace_dir)) as session:
        found = session.rows(
            "SELECT kind FROM store.attendance WHERE student_id = ? AND date = DATE '2025-09-10' "
            "AND known_until > TIMESTAMP '9000-01-01' AND NOT withdrawn",
            (STUDENT,),
        )
    return [kind for (kind,) in found]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path)
    made.write()
    return made


def test_a_load_that_is_given_an_earlier_time_is_still_the_newer_word(workspace: Workspace) -> None:
    """`nightly --as-of` after a morning's `ingest` states a time that lies before it."""
    load(workspace, LOADED[0], delivery="delta")
    load(workspace, LOADED[2], absence("A"), delivery="delta")
    config = load(workspace, LOADED[1], absence("E"), delivery="delta")
    assert counts(config) == ["absent_excused"]


def test_what_was_withdrawn_replaces_nothing_that_is_delivered_after_it(workspace: Workspace) -> None:
    load(workspace, LOADED[0], absence("E", "10:00"))
    load(workspace, LOADED[1])
    config = load(workspace, LOADED[2], absence("A", "09:00"))
    assert counts(config) == ["absent_unexcused"]


def test_a_row_that_comes_back_as_it_was_counts_again(workspace: Workspace) -> None:
    load(workspace, LOADED[0], absence("A", "09:00"), absence("E", "10:00"))
    load(workspace, LOADED[1])
    config = load(workspace, LOADED[2], absence("A", "09:00"))
    assert counts(config) == ["absent_unexcused"]
    before = store_path(config.workspace_dir)
    report = ingest(config, loaded_at=LOADED[3])
    assert {each.table: each.rows_new for each in report.tables}["attendance"] == 0
    assert counts(config) == ["absent_unexcused"], before.name


def test_a_full_extract_takes_back_a_correction_that_it_no_longer_contains(workspace: Workspace) -> None:
    load(workspace, LOADED[0], absence("A", "09:00"), absence("E", "10:00"))
    config = load(workspace, LOADED[1], absence("A", "09:00"))
    assert counts(config) == ["absent_unexcused"]


@pytest.mark.parametrize("at_once", [20_000_000, 1])
def test_a_first_load_brings_the_versions_of_a_day_in_the_order_in_which_each_was_known(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Without a time of its own a row counts as known a day after its date: after what is dated that day."""
    monkeypatch.setattr("ews.store.versions._SORTED_AT_ONCE", at_once)
    later = absence("A") | {"recorded_at": "2025-09-12 09:00"}
    config = load(workspace, LOADED[0], later, absence("S"), absence("A", "09:00"), absence("E", "10:00"))
    with open_reader(store_path(config.workspace_dir)) as session:
        found = session.rows(
            "SELECT kind, known_from, known_until FROM store.attendance "
            "WHERE student_id = ? AND date = DATE '2025-09-10' ORDER BY known_from",
            (STUDENT,),
        )
    kinds, known, until = zip(*found, strict=True)
    assert kinds == ("absent_unexcused", "absent_excused", "absent_suspension", "absent_unexcused")
    assert list(known) == sorted(set(known))
    assert until == (*known[1:], dt.datetime(9999, 12, 31))


@pytest.mark.parametrize("order", [("P", "A"), ("A", "P")])
def test_a_presence_counts_over_an_older_absence_in_whatever_order_they_arrive(
    order: tuple[str, str], workspace: Workspace
) -> None:
    times = {"P": "10:00", "A": "09:00"}
    load(workspace, LOADED[0], delivery="delta")
    for at, code in zip(LOADED[1:], order, strict=False):
        config = load(workspace, at, absence(code, times[code]), delivery="delta")
    assert counts(config) == ["present"]


def test_periods_missed_alike_are_summed_and_are_no_duplicates(workspace: Workspace) -> None:
    """Two rows that differ only in a column that is not read are two periods."""
    columns = ("student_id", "school_id", "date", "code", "absent_fraction", "period")
    periods = [
        absence("A") | {"absent_fraction": "0.25", "period": str(number), "recorded_at": ""}
        for number in (1, 2)
    ]
    for row in periods:
        row.pop("recorded_at")
    workspace.with_rows("attendance", periods, columns)
    config = workspace.configured(attendance={"same_day": "sum"})
    report = ingest(config, loaded_at=LOADED[0])
    assert "exact duplicates" not in {each.name for each in report.findings}
    with open_reader(store_path(config.workspace_dir)) as session:
        assert session.rows("SELECT absent_units FROM store.attendance") == [(5000,)]


def test_a_day_that_a_full_daily_extract_no_longer_has_was_not_taken(workspace: Workspace) -> None:
    daily = {"reporting": "daily"}
    present = [
        row | {"date": date, "code": "P"} for row in everyone() for date in ("2025-09-11", "2025-09-12")
    ]
    workspace.with_rows("attendance", [*everyone(), *present])
    config = workspace.configured(attendance=daily)
    ingest(config, loaded_at=LOADED[0])
    workspace.with_rows("attendance", [*everyone(), *[row for row in present if row["date"] != "2025-09-11"]])
    ingest(config, loaded_at=LOADED[1])
    with open_reader(store_path(config.workspace_dir)) as session:
        open_days = session.rows(
            "SELECT date FROM store.coverage WHERE known_until > TIMESTAMP '9000-01-01' AND NOT stated"
        )
    assert {f"{day:%m-%d}" for (day,) in open_days} == {"09-09", "09-12"}


def test_a_calendar_that_was_cut_in_the_middle_needs_to_be_accepted(workspace: Workspace) -> None:
    """The days it leaves out would read as days without instruction."""
    from ews.errors import DataRefused

    ingest(workspace.configured(), loaded_at=LOADED[0])
    whole = rows("calendar")
    workspace.with_rows("calendar", [*whole[:10], *whole[-4:]])
    with pytest.raises(DataRefused, match="no longer contains"):
        ingest(workspace.configured(), loaded_at=LOADED[1])


@pytest.mark.parametrize("recorded_at", ["", "15:00"])
def test_what_was_delivered_by_mistake_is_taken_back_by_delivering_the_old_word(
    recorded_at: str, workspace: Workspace
) -> None:
    """Also where the mistake did not touch the time of recording, as one of an export does not."""
    for at, code in zip(LOADED[:3], "AEA", strict=True):
        config = load(workspace, at, absence(code, recorded_at), delivery="full")
    assert counts(config) == ["absent_unexcused"]

    config = load(workspace, LOADED[3], absence("A", recorded_at), delivery="full")
    assert counts(config) == ["absent_unexcused"]
    with open_reader(store_path(config.workspace_dir)) as session:
        versions = session.value("SELECT count(*) FROM store.attendance WHERE student_id = ?", (STUDENT,))
    assert versions == 3, "the same word once more is no news"
