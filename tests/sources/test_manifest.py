"""A manifest vouches for a delivery: the files it names, their rows and their bytes, and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from ews.extracts.profiles import InputSpec
from tests.sources.delivery import CSV, Read, configured, manifest_of, read, recipe_of

SHA256 = hashlib.sha256(CSV.encode()).hexdigest()


def with_manifest(folder: Path, entries: str, **attendance: Any) -> Read:
    """Deliver the usual file beside a manifest with these lines."""
    (folder / "attendance.csv").write_text(CSV, encoding="utf-8")
    (folder / "manifest.csv").write_text(entries, encoding="utf-8")
    return read(configured(folder, manifest="manifest.csv", **attendance))


@pytest.mark.parametrize(
    "entries",
    [
        f"file,rows,sha256\nattendance.csv,3,{SHA256}\n",
        f"sha256,file\n{SHA256.upper()},attendance.csv\n",
        "file,rows\nattendance.csv,3",
        "\ufeffFile, Rows ,system\r\n./attendance.csv, 3 ,sis\r\n\r\nschools.csv,2,sis\r\n",
    ],
)
def test_a_delivery_that_is_as_its_manifest_says_is_read(entries: str, tmp_path: Path) -> None:
    done = with_manifest(tmp_path, entries)
    assert done.findings == []
    assert len(done.rows) == 3


@pytest.mark.parametrize(
    ("entries", "check", "where"),
    [
        (f"file,sha256\nattendance.csv,{SHA256[::-1]}\n", "manifest hash", "attendance.csv"),
        ("file,rows\nattendance.csv,4\n", "manifest rows", "attendance.csv"),
        ("file,rows\nattendance.csv,2\n", "manifest rows", "attendance.csv"),
        ("file,rows\nschools.csv,4\n", "manifest file extra", "attendance.csv"),
        (
            "file,rows\nattendance.csv,3\nattendance_2.csv,3\n",
            "manifest file missing",
            "manifest.csv, line 3",
        ),
    ],
)
def test_a_delivery_that_is_not_as_its_manifest_says_is_refused(
    entries: str, check: str, where: str, tmp_path: Path
) -> None:
    refusal = with_manifest(tmp_path, entries).only_refusal
    assert (refusal.name, refusal.where) == (check, where)


def test_a_listed_file_that_alone_would_hold_the_table_is_missing_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("file,rows\nattendance.csv,3\n", encoding="utf-8")
    refusal = read(configured(tmp_path, manifest="manifest.csv")).only_refusal
    assert refusal.name == "manifest file missing"
    assert "attendance.csv" in refusal.sentence


@pytest.mark.parametrize(
    ("entries", "line"),
    [
        ("", ", line 1"),
        ("file\nattendance.csv\n", ", line 1"),
        ("name,rows\nattendance.csv,3\n", ", line 1"),
        ("file,rows,rows\nattendance.csv,3,3\n", ", line 1"),
        ("file,rows\nattendance.csv,three\n", ", line 2"),
        ("file,rows\nattendance.csv,-3\n", ", line 2"),
        ("file,rows\nattendance.csv,\n", ", line 2"),
        ("file,rows\nattendance.csv,3,4\n", ", line 2"),
        ("file,rows\nattendance.csv\n", ", line 2"),
        ("file,rows\n,3\n", ", line 2"),
        ("file,rows\nschools.csv,1\n\nattendance.csv,3\n./attendance.csv,3\n", ", line 5"),
        (f"file,sha256\nattendance.csv,{SHA256[:-1]}\n", ", line 2"),
        ('file,rows\n"attendance.csv,3\n', ""),
    ],
)
def test_a_manifest_that_cannot_be_understood_is_refused_by_its_line(
    entries: str, line: str, tmp_path: Path
) -> None:
    refusal = with_manifest(tmp_path, entries).only_refusal
    assert refusal.name == "malformed manifest"
    assert refusal.where == f"manifest.csv{line}"


def test_a_manifest_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "attendance.csv").write_text(CSV, encoding="utf-8")
    refusal = read(configured(tmp_path, manifest="delivery/manifest.csv")).only_refusal
    assert (refusal.name, refusal.where) == ("malformed manifest", "delivery/manifest.csv")


def test_a_manifest_in_another_folder_names_files_from_there_or_by_name_alone(tmp_path: Path) -> None:
    for folder in ("october", "november"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "attendance.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "october" / "manifest.csv").write_text(
        "file,rows\n../november/attendance.csv,4\nattendance.csv,3\n", encoding="utf-8"
    )
    config = configured(tmp_path, manifest="october/manifest.csv", path="*/attendance.csv")
    assert read(config).only_refusal.where == "november/attendance.csv"
    (tmp_path / "october" / "manifest.csv").write_text("file,rows\nattendance.csv,3\n", encoding="utf-8")
    assert len(read(config).rows) == 6


def test_the_rows_of_a_profiles_files_are_compared_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "events.xml").write_text("<All><A/><A/><B/></All>", encoding="utf-8")
    columns = ("student_id", "school_id", "date", "code")
    recipe = recipe_of(
        (
            InputSpec("events", "*.csv", columns),
            InputSpec("marks", "*.xml", ("a",), element="A", fields={"a": "@a"}),
        ),
        "SELECT * FROM events LIMIT 1",
    )
    for csv_rows, xml_rows, refused in ((3, 3, []), (4, 3, ["events.csv"]), (3, 2, ["events.xml"])):
        manifest = manifest_of(tmp_path, {"events.csv": (csv_rows, ""), "events.xml": (xml_rows, "")})
        done = read(configured(tmp_path, path=".", manifest=manifest), recipe=recipe)
        assert [each.where for each in done.refusals] == refused
