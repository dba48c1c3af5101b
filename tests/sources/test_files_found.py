"""Which files a source is read from, in which order, and what a message calls them."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
from pathlib import Path

import pandas as pd
import pytest

from ews.extracts.inputs import changed_since, open_inputs
from ews.extracts.profiles import InputSpec
from ews.extracts.schema import ATTENDANCE, DIRECTORY
from ews.sources import DirectorySource
from tests.sources.delivery import CSV, ROWS, configured, delivered, read, read_table, recipe_of

HEADER = "student_id,school_id,date,code\n"
COLUMNS = ("student_id", "school_id", "date", "code")


def deliver(folder: Path, *names: str) -> None:
    """Put files in place, each with one row whose student is named after the file."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{HEADER}{name},s1,2025-09-09,A\n", encoding="utf-8")


def test_a_path_is_a_file_or_a_pattern_and_files_go_by_their_names(tmp_path: Path) -> None:
    deliver(tmp_path, "b/attendance_2.csv", "b/attendance_10.csv", "a/attendance_9.csv", "attendance[1].csv")
    found = [each.place for each in read(configured(tmp_path, path="*/attendance*.csv")).opened.inputs]
    assert found == ["a/attendance_9.csv", "b/attendance_10.csv", "b/attendance_2.csv"]
    assert len(read(configured(tmp_path, path="attendance[1].csv")).rows) == 1


@pytest.mark.parametrize("folder", ["plain", "with blanks [and] signs*", "ümlaut"])
def test_a_folder_may_have_any_name(folder: str, tmp_path: Path) -> None:
    deliver(tmp_path / folder / "extracts", "attendance_1.csv")
    (tmp_path / folder / "configs").mkdir()
    for path in ("../extracts/attendance*.csv", str(tmp_path / folder / "extracts" / "attendance_1.csv")):
        done = read(configured(tmp_path / folder / "configs", path=path))
        assert [each.place for each in done.opened.inputs] == ["../extracts/attendance_1.csv"]


def test_nothing_there_is_refused_and_says_where_it_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "attendance.csv").mkdir()
    refusal = read(configured(tmp_path, path="attendance*.csv")).only_refusal
    assert (refusal.name, refusal.where) == ("no file", "attendance*.csv")
    assert "put the extract there" in refusal.next_step


def test_every_damaged_file_is_named_and_not_only_the_first(tmp_path: Path) -> None:
    deliver(tmp_path, "attendance_1.csv")
    (tmp_path / "attendance_2.csv").write_bytes(b"")
    (tmp_path / "attendance_3.csv").write_text(CSV[:-1], encoding="utf-8")
    done = read(configured(tmp_path))
    assert [(each.name, each.where) for each in done.refusals] == [
        ("empty file", "attendance_2.csv"),
        ("no final newline", "attendance_3.csv, line 4"),
    ]


def test_parquet_is_read_by_name_and_keeps_its_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS, columns=list(COLUMNS))
    frame["date"] = pd.to_datetime(frame["date"]).dt.date
    frame[["code", "date", "school_id", "student_id"]].to_parquet(tmp_path / "attendance.parquet")
    done = read(configured(tmp_path, path="attendance.parquet"))
    assert done.rows == ROWS
    assert done.opened.inputs[0].path == tmp_path / "attendance.parquet"


def test_files_that_arrive_one_by_one_come_in_the_order_of_the_dates_in_their_names(tmp_path: Path) -> None:
    names = ["att_10012025.csv", "att_09302025.csv", "att_01052026.csv"]
    deliver(tmp_path, *names)
    config = configured(tmp_path, path="att_*.csv", arrival="one_by_one", name_date="att_%m%d%Y.csv")
    inputs = read(config).opened.inputs
    assert [(each.place, each.arrived) for each in inputs] == [
        ("att_09302025.csv", dt.date(2025, 9, 30)),
        ("att_10012025.csv", dt.date(2025, 10, 1)),
        ("att_01052026.csv", dt.date(2026, 1, 5)),
    ]
    by_name = read(configured(tmp_path, path="att_*.csv", arrival="one_by_one")).opened.inputs
    assert [each.place for each in by_name] == sorted(names)


def test_files_that_arrive_one_by_one_have_a_digest_of_their_bytes(tmp_path: Path) -> None:
    pd.DataFrame(ROWS, columns=list(COLUMNS)).to_parquet(tmp_path / "att_3.parquet")
    (tmp_path / "att_2.csv.gz").write_bytes(gzip.compress(CSV.encode(), mtime=0))
    deliver(tmp_path, "att_1.csv")
    inputs = read(configured(tmp_path, path="att_*", arrival="one_by_one")).opened.inputs
    assert [each.digest for each in inputs] == [
        hashlib.sha256((tmp_path / each.place).read_bytes()).hexdigest() for each in inputs
    ]
    assert {each.digest for each in read(configured(tmp_path, path="att_*")).opened.inputs} == {""}


def test_a_name_without_the_date_that_it_should_have_is_refused(tmp_path: Path) -> None:
    deliver(tmp_path, "att_20250930.csv", "att_final.csv")
    settings = {"path": "att_*.csv", "arrival": "one_by_one", "name_date": "att_%Y%m%d.csv"}
    refusal = read(configured(tmp_path, **settings)).only_refusal
    assert refusal.where == "att_final.csv"
    assert refusal.expected == "a name like att_%Y%m%d.csv"


def test_a_profiles_files_are_found_in_its_folder_and_optional_ones_may_be_missing(tmp_path: Path) -> None:
    deliver(tmp_path, "sis/Att_1.csv", "sis/Att_2.csv")
    inputs = (
        InputSpec("marks", "Att_*.csv", COLUMNS, ("note",)),
        InputSpec("notes", "Notes.csv", ("note",), optional=True),
    )
    done = read(configured(tmp_path, path="sis"), recipe=recipe_of(inputs, "SELECT * FROM marks"))
    assert [row[0] for row in done.rows] == ["sis/Att_1.csv", "sis/Att_2.csv"]
    assert {each.name for each in done.opened.inputs} == {"marks"}
    required = recipe_of((inputs[0], InputSpec("notes", "Notes.csv", ("note",))), "SELECT * FROM marks")
    refusal = read(configured(tmp_path, path="sis"), recipe=required).only_refusal
    assert (refusal.name, refusal.where) == ("no file", "sis/Notes.csv")


def test_a_profile_with_one_input_may_be_given_its_file_by_name(tmp_path: Path) -> None:
    deliver(tmp_path, "export of today.csv")
    recipe = recipe_of((InputSpec("marks", "Att_*.csv", COLUMNS),), "SELECT * FROM marks")
    assert len(read(configured(tmp_path, path="export of *.csv"), recipe=recipe).rows) == 1


def test_a_profile_of_which_nothing_is_there_is_refused(tmp_path: Path) -> None:
    recipe = recipe_of((InputSpec("marks", "Att.csv", COLUMNS, optional=True),), "SELECT * FROM marks")
    assert read(configured(tmp_path, path="sis"), recipe=recipe).only_refusal.name == "no file"


def test_a_damaged_file_that_two_inputs_read_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "att.csv").write_bytes(b"")
    inputs = (InputSpec("marks", "*.csv", COLUMNS), InputSpec("schools", "*.csv", ("school_id",)))
    done = read(configured(tmp_path, path="."), recipe=recipe_of(inputs, "SELECT * FROM marks"))
    assert done.only_refusal.name == "empty file"


def test_the_columns_of_a_profile_are_found_in_any_case_and_missing_ones_are_named(tmp_path: Path) -> None:
    recipe = recipe_of((InputSpec("marks", "*.csv", COLUMNS, ("note",)),), "SELECT * FROM marks")
    (tmp_path / "att.csv").write_text(CSV.replace("student_id", "STUDENT_ID"), encoding="utf-8")
    assert read(configured(tmp_path, path="."), recipe=recipe).rows == ROWS
    (tmp_path / "att.csv").write_text(CSV.replace("code", "mark"), encoding="utf-8")
    refusal = read(configured(tmp_path, path="."), recipe=recipe).only_refusal
    assert (refusal.name, refusal.sentence) == ("columns", "columns missing: code")
    (tmp_path / "att.csv").write_text(CSV.replace("code\n", "code,Note,NOTE\n"), encoding="utf-8")
    assert "twice: note" in read(configured(tmp_path, path="."), recipe=recipe).only_refusal.sentence


def test_the_directory_of_names_is_read_as_a_source_is(tmp_path: Path) -> None:
    content = "student_id;first_name;last_name\n1;Zoë;Núñez\n"
    (tmp_path / "names.csv").write_bytes(content.encode("latin-1"))
    source = DirectorySource(path="names.csv", encoding="latin-1", delimiter=";")
    assert read_table(DIRECTORY, source, configured(tmp_path)).rows == [("1", "Zoë", "Núñez", None)]
    (tmp_path / "names.csv").write_bytes(content.encode("latin-1")[:-1])
    scratch = tmp_path / "scratch"
    refused = open_inputs(DIRECTORY, source, None, configured(tmp_path), scratch)
    assert refused.findings[0].name == "no final newline"


def test_a_file_that_is_still_being_written_is_noticed_after_it_was_read(tmp_path: Path) -> None:
    deliver(tmp_path, "attendance_1.csv", "attendance_2.csv")
    (tmp_path / "scratch").mkdir()
    config = configured(tmp_path)
    opened = open_inputs(ATTENDANCE, config.sources.attendance, None, config, tmp_path / "scratch")
    assert changed_since(ATTENDANCE, opened) == []
    with (tmp_path / "attendance_2.csv").open("a", encoding="utf-8") as growing:
        growing.write("attendance_2.csv,s1,2025-09-10,A\n")
    assert [each.where for each in changed_since(ATTENDANCE, opened)] == ["attendance_2.csv"]


def test_a_disk_without_room_for_a_copy_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    refusal = delivered(tmp_path, CSV.encode("utf-16"), encoding="utf-16").only_refusal
    assert "no space left" in refusal.sentence
