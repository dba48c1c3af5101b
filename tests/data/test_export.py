"""`ews store export`: what a snapshot reads, by school year, for this account alone; all of it or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ews.cli import run_command
from ews.config import Config
from ews.engine import open_reader
from ews.errors import DataRefused, UsageError
from ews.store import export as module
from ews.store.export import DATA_LOG, export
from ews.store.layout import ALWAYS, AUDIT, MANIFEST, check_columns, check_manifest
from ews.store.schema import SCHEMA_VERSION, store_path
from tests.generators.district import District
from tests.generators.writing import load_district
from tests.spark.local_spark import rich_districts


@pytest.fixture(scope="module")
def district() -> District:
    return rich_districts()[1]


@pytest.fixture
def config(district: District, tmp_path: Path) -> Config:
    return load_district(district, tmp_path / "district")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_every_version_of_every_table_is_there_with_when_it_was_known(config: Config, tmp_path: Path) -> None:
    rows = export(config, tmp_path / "out", by="a test").rows
    with open_reader(store_path(config.workspace_dir)) as session:
        for table, count in rows.items():
            assert count == session.value(f"SELECT count(*) FROM store.{table}"), table
            own = pq.read_table(tmp_path / "out" / table)
            assert own.num_rows == count
            assert {"known_from", "known_until"} <= set(own.column_names)
    assert set(rows) == {each.name for each in ALWAYS} | {"nurse_visits", "meal_programs"}
    assert rows["attendance"] > 0


def test_a_year_lies_in_a_folder_of_its_own(config: Config, tmp_path: Path) -> None:
    export(config, tmp_path / "out", by="a test")
    years = {path.name for path in (tmp_path / "out" / "calendar").iterdir()}
    assert years >= {"school_year=2025", "school_year=2026"}
    for path in (tmp_path / "out" / "attendance").iterdir():
        dates = pq.read_table(path / "part-0.parquet")["date"].to_pylist()
        assert {f"school_year={day.year + (day.month >= 7)}" for day in dates} == {path.name}


def test_demographics_and_what_may_not_be_a_feature_stay_at_home(district: District, tmp_path: Path) -> None:
    config = load_district(district, tmp_path / "district")
    sources = config.sources.model_copy(
        update={
            name: getattr(config.sources, name).model_copy(update={"use": "audit"})
            for name in ("nurse_visits", "meal_programs")
        }
    )
    export(config.model_copy(update={"sources": sources}), tmp_path / "out", by="a test")
    assert {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()} == {
        each.name for each in ALWAYS
    }


def test_who_students_are_is_written_when_it_is_asked_for_and_no_more_than_is_audited(
    district: District, tmp_path: Path
) -> None:
    """The newest known value of what `audit.sensitive` names, in a table that only training opens."""
    config = load_district(district, tmp_path / "district")
    rows = export(config, tmp_path / "out", by="A. Person", with_audit_attributes=True).rows
    table = pq.read_table(tmp_path / "out" / AUDIT)
    assert table.column_names == ["student_id", "race_ethnicity"]
    stated = {row["student_id"]: row["race_ethnicity"] for row in district.rows["students"]}
    assert dict(zip(*(column.to_pylist() for column in table.columns), strict=True)) == stated
    assert rows[AUDIT] == len(stated) == check_manifest((tmp_path / "out" / MANIFEST).read_text(), "")[AUDIT]
    line = json.loads((config.workspace_dir / DATA_LOG).read_text(encoding="utf-8"))
    assert AUDIT in line["tables"]
    assert AUDIT not in export(config, tmp_path / "out", by="A. Person").rows
    assert not (tmp_path / "out" / AUDIT).exists()


def test_the_same_store_gives_the_same_bytes(config: Config, tmp_path: Path) -> None:
    export(config, tmp_path / "one", by="a test")
    export(config, tmp_path / "other", by="a test")
    assert files(tmp_path / "one") == files(tmp_path / "other")


def test_nobody_else_can_read_it_and_the_log_says_who_took_what(config: Config, tmp_path: Path) -> None:
    export(config, tmp_path / "out", by="A. Person")
    for path in (tmp_path / "out", *(tmp_path / "out").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path.name
    line = json.loads((config.workspace_dir / DATA_LOG).read_text(encoding="utf-8"))
    assert line["by"] == "A. Person"
    assert line["what"] == str(tmp_path / "out")
    assert line["rows"] > 0


def test_an_export_that_breaks_off_leaves_the_one_before(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(config, tmp_path / "out", by="a test")
    before = files(tmp_path / "out")
    write, written = module._write, []

    def breaks(session: Any, table: Any, folder: Path) -> int:
        if len(written) == 3:
            raise DataRefused("the disk is full")
        written.append(table.name)
        return write(session, table, folder)

    monkeypatch.setattr(module, "_write", breaks)
    with pytest.raises(DataRefused):
        export(config, tmp_path / "out", by="a test")
    assert files(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["district", "out"]


def test_a_folder_with_something_else_in_it_is_left_alone(config: Config, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match="not an export"):
        export(config, tmp_path / "out", by="a test")
    assert list(files(tmp_path / "out")) == ["thesis.txt"]


def test_the_command_says_what_it_wrote(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config.folder / "district.yaml"
    done = run_command(["store", "export", "-c", str(path), "--to", str(tmp_path / "out"), "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert done == 0
    assert printed["folder"] == str(tmp_path / "out")
    assert printed["rows"]["attendance"] > 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "not an export"),
        ("", "not an export"),
        ("[1]", "not an export"),
        ('{"format": "another"}', "not an export"),
        ('{"format": "ews-store", "schema_version": 1, "tables": {}}', "schema version 1"),
        (
            f'{{"format": "ews-store", "schema_version": {SCHEMA_VERSION}, "tables": {{"schools": 1}}}}',
            "no table calendar",
        ),
    ],
)
def test_what_is_not_an_export_of_this_version_is_refused(content: str | None, says: str) -> None:
    with pytest.raises(DataRefused, match=says) as refused:
        check_manifest(content, "a folder")
    assert {"found", "expected", "where", "next"} == {label for label, _ in refused.value.lines()}


def test_a_table_without_a_column_or_with_one_of_another_type_is_refused_by_name() -> None:
    attendance = next(each for each in ALWAYS if each.name == "attendance")
    check_columns(attendance, {**attendance.columns, "absent_minutes": "integer", "more": "text"}, "there")
    found = {**attendance.columns, "known_from": "text"}
    del found["kind"]
    with pytest.raises(DataRefused) as refused:
        check_columns(attendance, found, "there")
    assert refused.value.found == "table attendance: kind is missing, known_from is text, not time"
