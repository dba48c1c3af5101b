"""A folder of eight unlabelled exports becomes a configuration; a person decides what is left open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ews.config import load_config
from ews.engine import open_reader
from ews.errors import UsageError
from ews.starter import starter_text, write_proposed
from ews.store.ingest import check, ingest
from ews.survey.proposal import Proposal
from tests.survey.small import document, proposed, source, written
from tests.survey.unlabelled import ATTENDANCE_CODES

DECISIONS = {
    "district": "Test District",
    "timezone": "America/New_York",
    "delivery": "full",
    **dict(ATTENDANCE_CODES.values()),
    **{"K": "KG", "RTC": "returned_to_class", "HOME": "sent_home", "EMS": "emergency"},
    **{"F": "free", "R": "reduced", "P": "paid", "C": "cep"},
}


def decide(path: Path, proposal: Proposal, decisions: dict[str, str]) -> dict[str, Any]:
    """Put a decision in the place of every TODO, of nothing else, and write the configuration again."""
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key in proposal.undecided_keys():
        *parts, last = key.split(".")
        place = read
        for part in parts:
            place = place[part]
        assert place[last] == "TODO", key
        place[last] = decisions[last]
    assert "TODO" not in yaml.safe_dump(read)
    path.write_text(yaml.safe_dump(read), encoding="utf-8")
    return read


def test_every_export_is_placed_by_its_columns_and_cells(eight: Proposal) -> None:
    paths = {table: entry["path"] for table, entry in document(eight)["sources"].items()}
    assert paths == {
        "schools": "exports/export1.csv",
        "calendar": "exports/export2.txt",
        "students": "exports/export3.csv",
        "enrollments": "exports/export4.csv.gz",
        "attendance": "exports/export5.csv",
        "nurse_visits": "exports/export6.csv",
        "meal_programs": "exports/export7.xlsx",
        "directory": "exports/export3.csv",
    }
    assert [each.file for each in eight.unplaced] == ["export8.csv"]
    assert eight.summary()[0].startswith("7 of 8 files placed; 24 things to decide")


def test_encodings_delimiters_and_dates_are_told_from_the_bytes(eight: Proposal) -> None:
    sources = document(eight)["sources"]
    told = {
        table: {key: entry[key] for key in ("encoding", "delimiter", "date_format") if key in entry}
        for table, entry in sources.items()
    }
    assert told == {
        "schools": {"encoding": "cp1252"},
        "calendar": {"delimiter": "\t", "date_format": "%m/%d/%Y"},
        "students": {"delimiter": ";"},
        "enrollments": {"date_format": "%d-%b-%Y"},
        "attendance": {"encoding": "utf-16", "date_format": "%m/%d/%Y"},
        "nurse_visits": {"delimiter": "|"},
        "meal_programs": {},
        "directory": {"delimiter": ";"},
    }


def test_columns_are_found_by_what_systems_call_them(eight: Proposal) -> None:
    assert source(eight, "enrollments")["columns"] == {
        "student_id": "Stu_ID",
        "school_id": "Building",
        "entry_date": "Entry Date",
        "exit_date": "Withdraw Date",
        "school_year": "SchYr",
        "grade": "Grade_Level",
    }
    assert source(eight, "attendance")["columns"]["absent_fraction"] == "DaysAbsent"
    assert "please confirm" in eight.tables["attendance"].columns["recorded_at"].remark


def test_a_school_year_is_the_year_in_which_it_ends(eight: Proposal) -> None:
    """Written with both years it says so itself; written with one, its dates say which one."""
    assert source(eight, "calendar")["codes"]["school_year"] == {"2024-25": "2025", "2025-26": "2026"}
    assert source(eight, "enrollments")["codes"]["school_year"] == {"2024": "2025", "2025": "2026"}
    confirmed = eight.tables["enrollments"].codes["school_year"]["2025"].remark
    assert "please confirm" in confirmed


def test_nothing_can_be_loaded_before_someone_has_decided(exports: Path, tmp_path: Path) -> None:
    path, proposal = write_proposed(tmp_path, exports)
    with pytest.raises(UsageError) as refusal:
        load_config(path)
    for key in proposal.undecided_keys():
        assert key in str(refusal.value), "each undecided key is named"


def test_deciding_the_open_things_gives_the_district_that_was_exported(
    extracts: Path, exports: Path, tmp_path: Path
) -> None:
    path, proposal = write_proposed(tmp_path, exports)
    decide(path, proposal, DECISIONS)
    refused = [each for each in check(load_config(path)).findings if each.severity == "refused"]
    assert refused == []
    theirs = ingest(load_config(path))

    canonical = tmp_path / "canonical"
    canonical.mkdir()
    (canonical / "extracts").symlink_to(extracts)
    zoned = starter_text().replace("America/Chicago", "America/New_York")
    (canonical / "district.yaml").write_text(zoned, encoding="utf-8")
    ours = ingest(load_config(canonical / "district.yaml"))
    assert {each.table: each.rows_new for each in theirs.tables} == {
        each.table: each.rows_new for each in ours.tables
    }
    assert _stored_attendance(path) == _stored_attendance(canonical / "district.yaml") != []


def _stored_attendance(path: Path) -> list[tuple[Any, ...]]:
    with open_reader(load_config(path).workspace_dir / "store.duckdb") as store:
        return store.rows(
            "SELECT student_id, school_id, date, kind, absent_units, known_from "
            "FROM store.attendance ORDER BY ALL"
        )


def test_the_rest_of_the_configuration_is_the_starter_s(eight: Proposal) -> None:
    text = written(eight)
    starter = starter_text()
    assert starter[starter.index("\noutreach:") :] == text[text.index("\noutreach:") :]
    assert document(eight)["audit"]["sensitive"] == [
        *["sex", "race_ethnicity", "english_learner", "disability", "economically_disadvantaged"],
        *["homeless", "foster"],
    ]


@pytest.mark.slow
def test_equal_folders_give_equal_bytes(eight: Proposal, exports: Path) -> None:
    assert written(proposed(exports)) == written(eight)


def test_the_summary_says_what_is_left_to_decide(eight: Proposal) -> None:
    lines = "\n".join(eight.summary())
    assert "attendance (export5.csv): delivery, 7 codes" in lines
    assert "enrollments (export4.csv.gz): delivery, 1 code of grade" in lines
    assert "export8.csv: the names in its first line are of no table" in lines
    assert "leave these columns out of the export" in lines


def test_a_proposal_is_data_too(eight: Proposal) -> None:
    data = eight.as_dict()
    assert data["placed"] == 7
    assert data["tables"]["attendance"]["codes"]["code"]["UNX"]["value"] == "TODO"
    assert "sources.attendance.codes.UNX" in data["undecided"]
    assert data["not_placed"] == [
        {"file": "export8.csv", "why": "the names in its first line are of no table"}
    ]


def test_a_configuration_is_never_overwritten(exports: Path, tmp_path: Path) -> None:
    (tmp_path / "district.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="there already"):
        write_proposed(tmp_path, exports)
    assert (tmp_path / "district.yaml").read_text(encoding="utf-8") == "mine"


def test_only_the_configuration_is_written_and_only_for_its_owner(exports: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in exports.iterdir()}
    path, _ = write_proposed(tmp_path / "new", exports)
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["district.yaml"]
    assert {each: each.read_bytes() for each in exports.iterdir()} == before
    assert path.stat().st_mode & 0o077 == 0
