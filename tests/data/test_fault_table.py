"""The table of faults: each fault in each table gives its finding, its exit code, and an unchanged store."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ews.errors import DataRefused
from ews.extracts.schema import TABLES
from ews.store.ingest import FINDINGS, check, ingest
from tests.data.faults import CANARY, Workspace

FIRST, AGAIN = dt.datetime(2025, 10, 6, 4), dt.datetime(2025, 10, 7, 4)
NAMES = [table.name for table in TABLES]
MAY_BE_EMPTY = ("attendance", "nurse_visits", "meal_programs")

OTHER_CONTENT = {
    "schools": {"school_name": "Another name"},
    "calendar": {"instructional": "false"},
    "students": {"sex": "X"},
    "enrollments": {"grade": "06"},
    "attendance": {"code": "T"},
    "nurse_visits": {"category": "injury"},
    "meal_programs": {"eligibility": "paid"},
}
"""A cell outside the key, changed: the same key with different content."""


@dataclass
class File:
    """One extract as text, taken apart."""

    header: list[str]
    rows: list[list[str]]

    @classmethod
    def read(cls, path: Path) -> File:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        return cls(rows[0], rows[1:])

    def text(self) -> str:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.header, *self.rows])
        return out.getvalue()

    def with_cell(self, row: int, column: str, value: str) -> str:
        self.rows[row][self.header.index(column)] = value
        return self.text()


Break = Callable[[str, File], bytes]


def encoded(change: Callable[[str, File], str]) -> Break:
    return lambda table, file: change(table, file).encode()


def without_key(table: str, file: File) -> str:
    key = next(each for each in TABLES if each.name == table).key[0]
    at = file.header.index(key)
    return File([*file.header[:at], *file.header[at + 1 :]], [r[:at] + r[at + 1 :] for r in file.rows]).text()


def with_key_twice(table: str, file: File) -> str:
    key = next(each for each in TABLES if each.name == table).key[0]
    at = file.header.index(key)
    return File([*file.header, key], [[*row, row[at]] for row in file.rows]).text()


def with_other_content(table: str, file: File) -> str:
    again = list(file.rows[0])
    for column, value in OTHER_CONTENT[table].items():
        if column not in file.header:
            file.header.append(column)
            file.rows = [[*row, ""] for row in file.rows]
            again.append("")
        again[file.header.index(column)] = value
    return File(file.header, [*file.rows, again]).text()


def with_empty_key(table: str, file: File) -> str:
    key = next(each for each in TABLES if each.name == table).key[0]
    return file.with_cell(0, key, "")


FAULTS: dict[str, tuple[Break, str]] = {
    "zero bytes": (lambda table, file: b"", "empty file"),
    "a header and no rows": (encoded(lambda table, file: File(file.header, []).text()), "no rows"),
    "no final newline": (encoded(lambda table, file: file.text()[:-1]), "no final newline"),
    "cut inside the last row": (encoded(lambda table, file: file.text()[:-4]), "no final newline"),
    "cut inside the header": (encoded(lambda table, file: file.text()[:6]), "no final newline"),
    "a NUL byte": (encoded(lambda table, file: file.text().replace(",", ",\0", 9)), "NUL bytes"),
    "UTF-16 that was not declared": (lambda table, file: file.text().encode("utf-16"), "wrong encoding"),
    "Latin-1 that was not declared": (
        lambda table, file: file.text().replace("\n", "\né", 2).encode("latin-1"),
        "wrong encoding",
    ),
    "another delimiter": (encoded(lambda table, file: file.text().replace(",", ";")), "unreadable source"),
    "a missing column": (encoded(without_key), "columns"),
    "a column twice": (encoded(with_key_twice), "columns"),
    "a cell too many": (
        encoded(lambda table, file: File(file.header, [[*file.rows[0], "x"], *file.rows[1:]]).text()),
        "unreadable source",
    ),
    "a cell too few": (
        encoded(lambda table, file: File(file.header, [file.rows[0][:-1], *file.rows[1:]]).text()),
        "unreadable source",
    ),
    "a quote that never ends": (
        encoded(lambda table, file: file.text() + ",".join(['"x'] * len(file.header)) + "\n"),
        "unreadable source",
    ),
    "an empty key": (encoded(with_empty_key), "empty cell"),
    "one key with different content": (encoded(with_other_content), "repeated key"),
}

UNREADABLE = {
    "calendar": ("instructional", "maybe"),
    "enrollments": ("entry_date", f"{CANARY}-day"),
    "attendance": ("date", "13/32/2025"),
    "nurse_visits": ("date", f"{CANARY}"),
    "meal_programs": ("start_date", "soon"),
}
UNMAPPED = {
    "enrollments": "grade",
    "attendance": "code",
    "nurse_visits": "disposition",
    "meal_programs": "program",
}
UNKNOWN = {
    "calendar": ("school_id", "unknown school"),
    "enrollments": ("student_id", "unknown student"),
    "attendance": ("school_id", "unknown school"),
    "nurse_visits": ("student_id", "unknown student"),
    "meal_programs": ("student_id", "unknown student"),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("sound"))
    ingest(workspace.write(), loaded_at=FIRST)
    return workspace


def judged(workspace: Workspace, expected: str, table: str, *, refused: bool = True) -> None:
    """What a check names is what a load refuses; the store keeps every byte; no student is quoted."""
    config = workspace.configured()
    before = workspace.store.read_bytes()
    found = check(config, loaded_at=AGAIN).findings
    names = [each.name for each in found if each.table == table and (each.severity == "refused") == refused]
    assert expected in names, [each.as_dict() for each in found]
    assert all(each.next_step for each in found)
    written = (config.workspace_dir / FINDINGS).read_text(encoding="utf-8")
    assert expected in [each["name"] for each in json.loads(written)["findings"]]
    assert CANARY not in written
    if refused:
        with pytest.raises(DataRefused) as refusal:
            ingest(config, loaded_at=AGAIN)
        assert refusal.value.exit_code == 20
        assert CANARY not in str(refusal.value)
    assert workspace.store.read_bytes() == before


@pytest.mark.parametrize("table", NAMES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_gives_its_finding_and_leaves_the_store(
    fault: str, table: str, sound: Workspace, tmp_path: Path
) -> None:
    workspace = sound.copied_to(tmp_path)
    path = workspace.folder / f"{table}.csv"
    broken, expected = FAULTS[fault]
    path.write_bytes(broken(table, File.read(path)))
    if table == "attendance" and expected == "repeated key":
        expected = "several rows for one student and day"
    judged(workspace, expected, table, refused=not (expected == "no rows" and table in MAY_BE_EMPTY))


@pytest.mark.parametrize("table", UNREADABLE)
def test_a_cell_that_cannot_be_read_is_named_by_its_line(
    table: str, sound: Workspace, tmp_path: Path
) -> None:
    workspace = sound.copied_to(tmp_path)
    path = workspace.folder / f"{table}.csv"
    path.write_text(File.read(path).with_cell(1, *UNREADABLE[table]), encoding="utf-8")
    judged(workspace, "unreadable cell", table)
    found = check(workspace.configured(), loaded_at=AGAIN).findings
    assert f"{table}.csv, line 3" in [each.where for each in found]


@pytest.mark.parametrize("table", UNMAPPED)
def test_a_code_that_nothing_maps_stops_the_load(table: str, sound: Workspace, tmp_path: Path) -> None:
    workspace = sound.copied_to(tmp_path)
    path = workspace.folder / f"{table}.csv"
    path.write_text(File.read(path).with_cell(1, UNMAPPED[table], "ZZ"), encoding="utf-8")
    judged(workspace, "unmapped code", table)


@pytest.mark.parametrize("table", UNKNOWN)
def test_a_row_that_refers_to_nobody_is_named(table: str, sound: Workspace, tmp_path: Path) -> None:
    workspace = sound.copied_to(tmp_path)
    path = workspace.folder / f"{table}.csv"
    column, expected = UNKNOWN[table]
    path.write_text(File.read(path).with_cell(1, column, f"{CANARY}-nobody"), encoding="utf-8")
    judged(workspace, expected, table)


@pytest.mark.parametrize("table", NAMES)
def test_rows_that_repeat_exactly_are_dropped_and_counted(
    table: str, sound: Workspace, tmp_path: Path
) -> None:
    workspace = sound.copied_to(tmp_path)
    path = workspace.folder / f"{table}.csv"
    file = File.read(path)
    path.write_text(File(file.header, [*file.rows, file.rows[0]]).text(), encoding="utf-8")
    judged(workspace, "exact duplicates", table, refused=False)
    report = ingest(workspace.configured(), loaded_at=AGAIN)
    assert {each.table: each.rows_new for each in report.tables}[table] == 0


@pytest.mark.parametrize("table", NAMES)
@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""], ids=["a byte order mark", "Windows line ends"])
def test_what_other_systems_write_around_the_text_is_no_fault(
    table: str, mark: bytes, sound: Workspace, tmp_path: Path
) -> None:
    workspace = sound.copied_to(tmp_path)
    path = workspace.folder / f"{table}.csv"
    path.write_bytes(mark + path.read_bytes() if mark else path.read_bytes().replace(b"\n", b"\r\n"))
    report = ingest(workspace.configured(), loaded_at=AGAIN)
    assert {each.table: each.rows_new for each in report.tables}[table] == 0
