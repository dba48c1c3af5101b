"""A source that is read without line numbers first says, loads and refuses exactly what a small one does."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from ews.engine import open_reader
from ews.errors import DataRefused
from ews.extracts import deliveries
from ews.extracts.schema import TABLES
from ews.store.ingest import ingest
from tests.data.faults import Workspace
from tests.data.test_faults import FAULTS, SET_ASIDE, rows

FIRST = dt.datetime(2025, 10, 6, 4)


def contents(workspace: Workspace) -> dict[str, list[Any]]:
    """Every row of every table of a store."""
    with open_reader(workspace.store) as session:
        names = [table.name for table in TABLES] + ["coverage", "quarantine"]
        return {name: session.rows(f"SELECT * FROM store.{name} ORDER BY ALL") for name in names}


def refusal(workspace: Workspace) -> str:
    with pytest.raises(DataRefused) as refused:
        ingest(workspace.configured(), loaded_at=FIRST)
    return str(refused.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_in_the_same_words_however_large_the_file(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path)
    workspace.write()
    FAULTS[fault][0](workspace)
    small = refusal(workspace)
    monkeypatch.setattr(deliveries, "LINES_UP_TO_BYTES", 0)
    assert refusal(workspace) == small


@pytest.mark.parametrize("fault", [*SET_ASIDE, "nothing", "exact duplicates", "blanks around an id"])
@pytest.mark.parametrize("reporting", ["exceptions", "daily"])
def test_what_is_stored_does_not_depend_on_how_it_was_read(
    fault: str, reporting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = []
    for size in (2**25, 0):
        monkeypatch.setattr(deliveries, "LINES_UP_TO_BYTES", size)
        workspace = Workspace(tmp_path / str(size))
        workspace.write()
        if fault in SET_ASIDE:
            FAULTS[fault][0](workspace)
        elif fault == "exact duplicates":
            workspace.with_rows("attendance", rows("attendance") * 2)
        elif fault == "blanks around an id":
            padded = [row | {"student_id": f" {row['student_id']} "} for row in rows("attendance")]
            workspace.with_rows("attendance", padded)
        config = workspace.configured(checks={"max_quarantined": 0.1}, attendance={"reporting": reporting})
        report = ingest(config, loaded_at=FIRST)
        stored.append((contents(workspace), report.as_dict()))
    assert stored[0] == stored[1]


def test_a_sound_large_source_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "LINES_UP_TO_BYTES", 0)
    workspace = Workspace(tmp_path)
    seen: list[bool] = []
    checked = deliveries._checked

    def counted(*arguments: Any, lines: bool) -> Any:
        seen.append(lines)
        return checked(*arguments, lines=lines)

    monkeypatch.setattr(deliveries, "_checked", counted)
    ingest(workspace.write(), loaded_at=FIRST)
    assert seen == [False] * 7


def test_a_line_break_inside_a_cell_does_not_shift_the_lines_that_messages_name(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write()
    file = workspace.folder / "schools.csv"
    file.write_text('school_id,school_name\ns1,"School\none"\ns2,School\n,nameless\n', encoding="utf-8")
    assert "schools.csv, line 5" in refusal(workspace)
