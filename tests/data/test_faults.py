"""What is wrong with an extract is refused before anything changes, by file and line, quoting no student."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from ews.engine import open_reader
from ews.errors import DataRefused, UsageError
from ews.store.ingest import check, ingest
from tests.data.faults import CANARY, Workspace, district
from tests.generators.district import COLUMNS

FIRST, AGAIN = dt.datetime(2025, 10, 6, 4), dt.datetime(2025, 10, 7, 4)

Break = Callable[[Workspace], None]


def rows(table: str) -> list[dict[str, str]]:
    return [dict(row) for row in district().rows[table]]


def cell(table: str, **cells: str) -> Break:
    """Break one row: the one on line 7."""
    return lambda workspace: workspace.with_cells(table, 5, **cells)


def repeated(table: str, **cells: str) -> Break:
    """Add a second row for the key on line 7, with other content: it stands on line 42."""
    return lambda workspace: workspace.with_rows(table, [*rows(table), rows(table)[5] | cells])


def without_column(workspace: Workspace) -> None:
    columns = tuple(name for name in COLUMNS["attendance"] if name != "code")
    kept = [{name: text for name, text in row.items() if name != "code"} for row in rows("attendance")]
    workspace.with_rows("attendance", kept, columns)


def with_free_text(workspace: Workspace) -> None:
    told = [row | {"notes": f"{CANARY} has a cough"} for row in rows("nurse_visits")]
    workspace.with_rows("nurse_visits", told, (*COLUMNS["nurse_visits"], "notes"))


def cut_short(workspace: Workspace) -> None:
    file = workspace.folder / "attendance.csv"
    file.write_text(file.read_text(encoding="utf-8") + f'{CANARY}-001,"s1\n', encoding="utf-8")


FAULTS: dict[str, tuple[Break, str, str]] = {
    "a missing file": (
        lambda workspace: (workspace.folder / "attendance.csv").unlink(),
        "no file is there",
        "attendance.csv",
    ),
    "a missing column": (without_column, "columns missing: code", "attendance.csv, line 1"),
    "an unmapped code": (cell("attendance", code="Q"), "not mapped", "attendance.csv, line 7"),
    "free text for a code": (
        cell("attendance", code=f"{CANARY} was ill"),
        "not mapped",
        "attendance.csv, line 7",
    ),
    "an unreadable date": (cell("attendance", date=CANARY), "unreadable date", "attendance.csv, line 7"),
    "an unknown student": (
        cell("attendance", student_id=f"{CANARY}-999"),
        "unknown student",
        "attendance.csv, line 7",
    ),
    "an unknown school": (
        cell("attendance", school_id=f"{CANARY} School"),
        "unknown school",
        "attendance.csv, line 7",
    ),
    "a day outside the calendar": (
        cell("attendance", date="2025-12-25"),
        "a day outside the calendar",
        "attendance.csv, line 7",
    ),
    "an exit before the entry": (
        cell("enrollments", exit_date="2025-09-01"),
        "an exit before the entry",
        "enrollments.csv, line 7",
    ),
    "a repeated key": (repeated("enrollments", grade="06"), "different content", "enrollments.csv, line 42"),
    "several rows for a student and day": (
        repeated("attendance", code="T"),
        "several rows",
        "attendance.csv, line 42",
    ),
    "a file without a byte": (
        lambda workspace: (workspace.folder / "enrollments.csv").write_text("", encoding="utf-8"),
        "the file is empty",
        "enrollments.csv",
    ),
    "a header without rows": (
        lambda workspace: workspace.with_rows("enrollments", []),
        "a header and no rows",
        "enrollments.csv",
    ),
    "a nurse's free text": (with_free_text, "may not bring along: notes", "nurse_visits.csv, line 1"),
    "a file that was cut short": (cut_short, "cannot be read", "attendance.csv"),
}

SET_ASIDE = {
    "an unreadable date": "attendance",
    "an unknown student": "attendance",
    "an unknown school": "attendance",
    "a day outside the calendar": "attendance",
    "an exit before the entry": "enrollments",
}
"""Faults of single rows, which a district may allow to be set aside."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A district that has been loaded once."""
    workspace = Workspace(tmp_path_factory.mktemp("sound"))
    ingest(workspace.write(), loaded_at=FIRST)
    return workspace


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_by_file_and_line_and_the_store_keeps_every_byte(
    fault: str, sound: Workspace, tmp_path: Path
) -> None:
    workspace = sound.copied_to(tmp_path)
    broken, found, where = FAULTS[fault]
    broken(workspace)
    before = workspace.store.read_bytes()
    with pytest.raises(DataRefused) as refusal:
        ingest(workspace.configured(), loaded_at=AGAIN)
    message = str(refusal.value)
    assert refusal.value.exit_code == 20
    assert found in message
    assert where in message
    assert refusal.value.next_step, "a refusal says what to do next"
    assert CANARY not in message
    assert workspace.store.read_bytes() == before


@pytest.mark.parametrize("fault", ["a missing file", "an unmapped code", "an unknown student"])
def test_a_first_load_that_is_refused_leaves_no_store(fault: str, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    config = workspace.write()
    FAULTS[fault][0](workspace)
    with pytest.raises(DataRefused):
        ingest(config, loaded_at=FIRST)
    assert not workspace.store.exists()


@pytest.mark.parametrize("fault", ["an unmapped code", "an unknown student", "a nurse's free text"])
def test_checking_finds_what_loading_refuses_and_changes_nothing(
    fault: str, sound: Workspace, tmp_path: Path
) -> None:
    workspace = sound.copied_to(tmp_path)
    FAULTS[fault][0](workspace)
    before = workspace.store.read_bytes()
    report = check(workspace.configured(), loaded_at=AGAIN)
    refused = [finding for finding in report.findings if finding.severity == "refused"]
    assert [FAULTS[fault][1] in finding.sentence for finding in refused] == [True]
    assert CANARY not in str(report.as_dict())
    assert workspace.store.read_bytes() == before


@pytest.mark.parametrize("fault", SET_ASIDE)
def test_a_district_may_set_single_rows_aside(fault: str, tmp_path: Path) -> None:
    workspace, table = Workspace(tmp_path), SET_ASIDE[fault]
    workspace.write()
    broken, found, _ = FAULTS[fault]
    broken(workspace)
    report = ingest(workspace.configured(checks={"max_quarantined": 0.1}), loaded_at=FIRST)
    with open_reader(workspace.store) as session:
        aside = session.rows("SELECT table_name, file, line, reason FROM store.quarantine")
        stored = session.value(f"SELECT count(*) FROM store.{table}")
    # An enrollment that is set aside takes nothing else along: the student is still known.
    assert [row[:3] for row in aside] == [(table, f"{table}.csv", 7)]
    assert found in aside[0][3]
    assert stored == 39
    assert [each.severity for each in report.findings if found in each.sentence] == ["set aside"]


def test_more_rows_than_may_be_set_aside_are_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write()
    FAULTS["an unknown student"][0](workspace)
    with pytest.raises(DataRefused):
        ingest(workspace.configured(checks={"max_quarantined": 0.02}), loaded_at=FIRST)


def test_with_a_rule_for_them_several_rows_for_a_student_and_day_are_loaded(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write()
    FAULTS["several rows for a student and day"][0](workspace)
    ingest(workspace.configured(attendance={"same_day": "largest_absence"}), loaded_at=FIRST)
    with open_reader(workspace.store) as session:
        assert session.value("SELECT count(*) FROM store.attendance") == 40


@pytest.mark.parametrize("gone", [2, 3])
def test_withdrawing_more_than_a_twentieth_needs_to_be_accepted(
    gone: int, sound: Workspace, tmp_path: Path
) -> None:
    workspace = sound.copied_to(tmp_path)
    workspace.with_rows("attendance", rows("attendance")[gone:])
    before = workspace.store.read_bytes()
    if gone == 3:
        with pytest.raises(DataRefused, match="no longer contains 3 of the 40") as refusal:
            ingest(workspace.configured(), loaded_at=AGAIN)
        assert "--accept-withdrawals" in refusal.value.next_step
        assert workspace.store.read_bytes() == before
    report = ingest(workspace.configured(), loaded_at=AGAIN, accept_withdrawals=gone == 3)
    assert {table.table: table.rows_withdrawn for table in report.tables}["attendance"] == gone


def test_a_delta_without_news_is_not_a_fault(sound: Workspace, tmp_path: Path) -> None:
    """On most nights nobody enters and nobody leaves: the extract of changes is a header."""
    workspace = sound.copied_to(tmp_path)
    workspace.with_rows("enrollments", [])
    config = workspace.configured()
    sources = config.sources.model_copy(
        update={"enrollments": config.sources.enrollments.model_copy(update={"delivery": "delta"})}
    )
    report = ingest(config.model_copy(update={"sources": sources}), loaded_at=AGAIN)
    assert {table.table: table.rows_read for table in report.tables}["enrollments"] == 0


def test_an_unknown_key_is_refused_with_the_one_that_was_probably_meant(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        Workspace(tmp_path).configured(definition={"treshold": 0.1})
    assert refusal.value.exit_code == 2
    assert "definition.treshold: unknown key (did you mean 'threshold'?)" in str(refusal.value)
    assert "district.yaml" in refusal.value.where


def test_minutes_of_a_late_arrival_need_no_length_of_the_day_and_those_of_an_absence_do(
    tmp_path: Path,
) -> None:
    """Without minutes in the calendar a late arrival is presence, with a warning; an absence is set aside."""
    workspace = Workspace(tmp_path)
    workspace.write()
    unmeasured = [row | {"minutes": ""} for row in rows("calendar")]
    workspace.with_rows("calendar", unmeasured)
    late = [row | {"code": "T", "minutes_absent": "15"} for row in rows("attendance")[:2]]
    workspace.with_rows("attendance", late)
    report = ingest(workspace.configured(), loaded_at=FIRST)
    assert [each.severity for each in report.findings if each.name == "unmeasured minutes"] == ["warning"]
    with open_reader(workspace.store) as session:
        stored = session.rows("SELECT kind, absent_units, absent_minutes FROM store.attendance")
    assert stored == [("tardy", 0, 15.0)] * 2
    workspace.with_rows("attendance", [late[0] | {"code": "A"}, late[1]])
    with pytest.raises(DataRefused, match="minutes_absent on a day"):
        ingest(workspace.configured(), loaded_at=AGAIN)


def test_ids_that_lost_their_zeros_are_told_from_ids_nobody_knows(tmp_path: Path) -> None:
    """A spreadsheet made 12 of 00012: the load is refused as before, and the report says why."""
    workspace = Workspace(tmp_path)
    workspace.write()
    padded = [{"student_id": f"{number:05d}"} for number in range(40)]
    workspace.with_rows("students", padded)
    spells = [row | {"student_id": f"{number:05d}"} for number, row in enumerate(rows("enrollments"))]
    workspace.with_rows("enrollments", spells)
    bare = [row | {"student_id": str(number)} for number, row in enumerate(rows("attendance"))]
    workspace.with_rows("attendance", bare)
    found = {each.name: each for each in check(workspace.configured(), loaded_at=FIRST).findings}
    assert found["unknown student"].severity == "refused"
    assert "40 of 40 unknown ids" in found["lost zeros"].sentence


def test_a_row_with_two_faults_is_one_row_set_aside(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write()
    workspace.with_cells("attendance", 5, student_id=f"{CANARY}-999", date="someday")
    report = ingest(workspace.configured(checks={"max_quarantined": 0.1}), loaded_at=FIRST)
    loaded = {each.table: each for each in report.tables}["attendance"]
    assert (loaded.rows_read, loaded.rows_new, loaded.rows_set_aside) == (40, 39, 1)
    file = next(each for each in report.files if each["table"] == "attendance")
    assert file["rows"] == 40
    assert len(file["findings"]) == 2, "both reasons are told"
