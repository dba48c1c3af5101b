"""A file that was cut never loads silently: inside a row it is refused, between rows it is reported."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
from pathlib import Path

import pytest

from ews.config import Config
from ews.errors import DataRefused
from ews.store.ingest import check, ingest
from tests.data.faults import Workspace
from tests.data.test_faults import rows

FIRST, AGAIN = dt.datetime(2025, 10, 6, 4), dt.datetime(2025, 10, 7, 4)
KEPT = 30
"""Rows of attendance: few enough that a cut shows in the volume before it shows as withdrawals."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("sound"))
    workspace.write()
    workspace.with_rows("attendance", rows("attendance")[:KEPT])
    ingest(workspace.configured(), loaded_at=FIRST)
    return workspace


def names(config: Config, severity: str) -> set[str]:
    found = check(config, loaded_at=AGAIN).findings
    return {each.name for each in found if each.table == "attendance" and each.severity == severity}


def whole(sound: Workspace) -> bytes:
    return (sound.folder / "attendance.csv").read_bytes()


def offsets(content: bytes, step: int) -> list[int]:
    """Every ``step``-th place at which a cut leaves part of a row behind."""
    inside = [at for at in range(1, len(content)) if content[at - 1 : at] != b"\n"]
    return inside[::step]


def refused_at(workspace: Workspace, content: bytes, cuts: list[int], file: str = "attendance.csv") -> None:
    config = workspace.configured(attendance={"path": file})
    before = workspace.store.read_bytes()
    for at in cuts:
        (workspace.folder / file).write_bytes(content[:at])
        with pytest.raises(DataRefused):
            ingest(config, loaded_at=AGAIN)
    assert workspace.store.read_bytes() == before


def test_a_cut_inside_a_row_is_refused(sound: Workspace, tmp_path: Path) -> None:
    content = whole(sound)
    refused_at(sound.copied_to(tmp_path), content, offsets(content, 53))


@pytest.mark.slow
def test_a_cut_inside_a_row_is_refused_at_every_byte(sound: Workspace, tmp_path: Path) -> None:
    content = whole(sound)
    refused_at(sound.copied_to(tmp_path), content, offsets(content, 1))


@pytest.mark.parametrize("step", [23, pytest.param(1, marks=pytest.mark.slow)])
def test_a_compressed_file_is_refused_wherever_it_was_cut(
    step: int, sound: Workspace, tmp_path: Path
) -> None:
    content = gzip.compress(whole(sound), mtime=0)
    workspace = sound.copied_to(tmp_path)
    (workspace.folder / "attendance.csv").unlink()
    refused_at(workspace, content, list(range(0, len(content), step)), "attendance.csv.gz")


def test_a_cut_between_two_rows_is_reported_by_the_volume_check(sound: Workspace, tmp_path: Path) -> None:
    lines = whole(sound).splitlines(keepends=True)
    workspace = sound.copied_to(tmp_path)
    config = workspace.configured()
    assert "fewer rows than before" not in names(config, "warning")
    for kept in (len(lines) - 1, len(lines) - 2, len(lines) // 2, 2):
        (workspace.folder / "attendance.csv").write_bytes(b"".join(lines[:kept]))
        told = names(config, "warning") | names(config, "refused")
        assert told & {"fewer rows than before", "withdrawals"}, f"{kept - 1} of {KEPT} rows"


def with_manifest(workspace: Workspace, *columns: str) -> Config:
    """A manifest of every extract, with the hash or the number of rows or both."""
    listed = []
    for file in sorted(workspace.folder.glob("*.csv")):
        content = file.read_bytes()
        facts = {"rows": str(content.count(b"\n") - 1), "sha256": hashlib.sha256(content).hexdigest()}
        listed.append({"file": file.name} | {name: facts[name] for name in columns})
    with (workspace.folder / "manifest.txt").open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, ("file", *columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)
    return workspace.configured(checks={"manifest": "manifest.txt"})


@pytest.mark.parametrize("columns", [("rows",), ("sha256",), ("rows", "sha256")], ids="+".join)
@pytest.mark.parametrize("step", [97, pytest.param(1, marks=pytest.mark.slow)])
def test_with_a_manifest_a_cut_is_refused_at_every_offset(
    columns: tuple[str, ...], step: int, sound: Workspace, tmp_path: Path
) -> None:
    workspace = sound.copied_to(tmp_path)
    config = with_manifest(workspace, *columns)
    content = whole(sound)
    ingest(config, loaded_at=AGAIN)
    boundaries = [at for at in range(1, len(content)) if content[at - 1 : at] == b"\n"]
    for at in sorted({*range(0, len(content), step), *boundaries[:: max(1, step // 8)]}):
        (workspace.folder / "attendance.csv").write_bytes(content[:at])
        with pytest.raises(DataRefused):
            ingest(config, loaded_at=AGAIN)


def test_a_missing_final_newline_may_be_allowed(sound: Workspace, tmp_path: Path) -> None:
    workspace = sound.copied_to(tmp_path)
    (workspace.folder / "attendance.csv").write_bytes(whole(sound)[:-1])
    config = workspace.configured(attendance={"final_newline": "optional"})
    report = ingest(config, loaded_at=AGAIN)
    assert {each.table: each.rows_read for each in report.tables}["attendance"] == KEPT
