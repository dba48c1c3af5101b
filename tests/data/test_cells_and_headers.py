"""Cells and headers as other systems write them: read as meant, or refused; never read as something else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ews.engine import open_reader
from ews.errors import DataRefused
from ews.extracts import deliveries
from ews.store.ingest import check, ingest
from tests.data.faults import CANARY, Workspace
from tests.data.test_faults import rows

AT = dt.datetime(2025, 10, 6, 4)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path)
    made.write()
    return made


def stored(workspace: Workspace, query: str) -> list[tuple[Any, ...]]:
    with open_reader(workspace.store) as session:
        return session.rows(query)


def as_parquet(workspace: Workspace, table: str, frame: pd.DataFrame, **source: Any) -> Any:
    """Deliver a table as Parquet, with the types of its own."""
    frame.to_parquet(workspace.folder / f"{table}.parquet", index=False)
    config = workspace.configured()
    sources = config.sources
    changed = getattr(sources, table).model_copy(update={"path": f"{table}.parquet", **source})
    return config.model_copy(update={"sources": sources.model_copy(update={table: changed})})


@pytest.mark.parametrize("cell", ["nan", "inf", "-5", "1e999"])
def test_minutes_that_are_no_number_are_not_read_as_one(cell: str, workspace: Workspace) -> None:
    workspace.with_cells("attendance", 5, code="T", minutes_absent=cell)
    with pytest.raises(DataRefused, match="unreadable minutes_absent"):
        ingest(workspace.configured(), loaded_at=AT)


@pytest.mark.parametrize(("cell", "is_read"), [("2026", True), ("2026.0", True), ("2025.6", False)])
def test_a_school_year_is_a_whole_number(cell: str, is_read: bool, workspace: Workspace) -> None:
    workspace.with_cells("enrollments", 5, school_year=cell)
    refused = [
        each.name
        for each in check(workspace.configured(), loaded_at=AT).findings
        if each.severity == "refused"
    ]
    assert (refused == []) == is_read


def test_years_of_two_digits_are_read_as_declared_also_from_typed_files(workspace: Workspace) -> None:
    frame = pd.DataFrame(rows("enrollments"))
    frame["entry_date"] = pd.to_datetime(frame["entry_date"]).dt.strftime("%m/%d/%y")
    config = as_parquet(workspace, "enrollments", frame, date_format="%m/%d/%y")
    ingest(config, loaded_at=AT)
    assert stored(workspace, "SELECT DISTINCT entry_date FROM store.enrollments") == [(dt.date(2025, 9, 8),)]


def test_a_moment_with_a_zone_is_of_the_districts_day(workspace: Workspace) -> None:
    """Half past nine in the evening in New York is the next day in UTC."""
    frame = pd.DataFrame(rows("nurse_visits"))
    local = pd.Series(pd.Timestamp("2025-09-09 21:30", tz="America/New_York"), index=frame.index)
    config = as_parquet(workspace, "nurse_visits", frame.assign(date=local))
    ingest(config, loaded_at=AT)
    assert stored(workspace, "SELECT DISTINCT date FROM store.nurse_visits") == [(dt.date(2025, 9, 9),)]


@pytest.mark.parametrize("size", [2**25, 0], ids=["with line numbers", "without"])
@pytest.mark.parametrize(
    "cell", ["2025-09-10T14:00:00Z ", "2025-09-10 14:00:00+00:00\t", " 2025-09-10 10:00"]
)
def test_blanks_after_a_time_do_not_hide_its_zone(
    cell: str, size: int, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "LINES_UP_TO_BYTES", size)
    workspace.with_cells("attendance", 5, recorded_at=cell)
    ingest(workspace.configured(), loaded_at=AT)
    times = stored(workspace, "SELECT recorded_at FROM store.attendance WHERE recorded_at IS NOT NULL")
    assert times == [(dt.datetime(2025, 9, 10, 14),)]


@pytest.mark.parametrize("cell", ["2025-09-10 10:00:00 UTC", "infinity", "epoch", "10:00"])
def test_a_time_that_is_not_plain_is_not_read(cell: str, workspace: Workspace) -> None:
    workspace.with_cells("attendance", 5, recorded_at=cell)
    with pytest.raises(DataRefused, match="unreadable recorded_at"):
        ingest(workspace.configured(), loaded_at=AT)


def test_two_columns_that_differ_in_capitals_are_refused(workspace: Workspace) -> None:
    columns = ("student_id", "school_id", "date", "Code", "code")
    doubled = [
        {name: text for name, text in row.items() if name in columns} | {"Code": "E"}
        for row in rows("attendance")
    ]
    workspace.with_rows("attendance", doubled, columns)
    with pytest.raises(DataRefused, match="given twice: code"):
        ingest(workspace.configured(), loaded_at=AT)


def test_rows_without_line_numbers_of_their_own_are_set_aside_one_by_one(workspace: Workspace) -> None:
    """A file may bring lines of its own, equal or missing: a faulty row takes no sound one along."""
    frame = pd.DataFrame(rows("attendance"))[["student_id", "school_id", "date", "code"]]
    frame.loc[3, "student_id"] = f"{CANARY}-nobody"
    frame["_line"] = pd.Series([None, 5, 5, 5] + [6] * 36, dtype="Int64")
    config = as_parquet(workspace, "attendance", frame)
    config = config.model_copy(update={"checks": config.checks.model_copy(update={"max_quarantined": 0.1})})
    report = ingest(config, loaded_at=AT)
    loaded = {each.table: each for each in report.tables}["attendance"]
    assert (loaded.rows_read, loaded.rows_new, loaded.rows_set_aside) == (40, 39, 1)
    assert stored(workspace, "SELECT count(*) FROM store.quarantine") == [(1,)]


def test_ids_in_the_column_of_codes_are_not_shown(workspace: Workspace) -> None:
    padded = [{"student_id": f"{number:04d}"} for number in range(40)]
    workspace.with_rows("students", padded)
    for table in ("enrollments", "attendance", "nurse_visits", "meal_programs"):
        named = [row | padded[number] for number, row in enumerate(rows(table))]
        workspace.with_rows(table, named)
    config = workspace.configured(attendance={"columns": {"code": "student_id"}})
    with pytest.raises(DataRefused, match="not shown") as refusal:
        ingest(config, loaded_at=AT)
    assert "0012" not in str(refusal.value)


def test_a_calendar_row_that_is_withdrawn_is_not_known_to_the_load_that_withdraws_it(
    workspace: Workspace,
) -> None:
    """Else the load would accept an absence on that day which the very next load refuses."""
    ingest(workspace.configured(), loaded_at=AT)
    shorter = [
        row for row in rows("calendar") if not (row["school_id"] == "s1" and row["date"] == "2025-10-31")
    ]
    workspace.with_rows("calendar", shorter)
    workspace.with_cells("attendance", 5, date="2025-10-31")
    with pytest.raises(DataRefused, match="a day outside the calendar"):
        ingest(workspace.configured(), loaded_at=AT + dt.timedelta(days=40))
