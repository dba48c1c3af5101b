"""A file that was cut while it was written or sent never loads silently, wherever it was cut."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ews.extracts.profiles import InputSpec, Recipe
from tests.sources.delivery import CANARY, CSV, ROWS, Read, configured, manifest_of, read, recipe_of

TEXT = CSV.replace(f"{CANARY}-2,s1", f'{CANARY}-2,"s\n1"').encode()
"""With a line break inside a cell: after it, too, a cut is inside a row."""

WINDOWS_TEXT = TEXT.replace(b"\n", b"\r\n")
XML = (
    "<?xml version='1.0' encoding='UTF-8'?>\n<Interchange>\n"
    + "".join(
        f"<Event><Student>{student}</Student><School>{school}</School><Date>{date}</Date>"
        f"<Code>{code}</Code></Event>\n"
        for student, school, date, code in ROWS
    )
    + "</Interchange>\n"
).encode()
FIELDS = {"student_id": "Student", "school_id": "School", "date": "Date", "code": "Code"}
EVENTS = recipe_of(
    (InputSpec("events", "attendance.xml", tuple(FIELDS), element="Event", fields=FIELDS),),
    "SELECT * FROM events",
)


def excel() -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (("student_id", "school_id", "date", "code"), *ROWS):
        sheet.append(row)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def parquet() -> bytes:
    content = io.BytesIO()
    table = pa.table(dict(zip(FIELDS, zip(*ROWS, strict=True), strict=True)))
    pq.write_table(table, content, store_schema=False, write_statistics=False)
    return content.getvalue()


KINDS: dict[str, tuple[str, bytes, Recipe | None]] = {
    "CSV": ("attendance.csv", TEXT, None),
    "CSV of Windows": ("attendance.csv", WINDOWS_TEXT, None),
    "compressed CSV": ("attendance.csv.gz", gzip.compress(TEXT, mtime=0), None),
    "Excel": ("attendance.xlsx", excel(), None),
    "Parquet": ("attendance.parquet", parquet(), None),
    "XML": ("attendance.xml", XML, EVENTS),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def delivery_of(kind: str, folder: Path, **settings: Any) -> Callable[[int], Read]:
    """What delivers the first bytes of a file and reads what is there."""
    name, content, recipe = KINDS[kind]
    config = configured(folder, path=name, **settings)

    def cut(offset: int) -> Read:
        (folder / name).write_bytes(content[:offset])
        return read(config, recipe=recipe)

    return cut


def boundaries(kind: str) -> set[int]:
    """The offsets at which the file is whole up to there: what a manifest or the volume check must find."""
    _, content, _ = KINDS[kind]
    if kind == "XML":
        return {content.rindex(b">") + 1, len(content)}
    if not kind.startswith("CSV"):
        return {len(content)}
    ends = [at + 1 for at, byte in enumerate(content) if byte == ord("\n")]
    return {end for end in ends if content[:end].count(b'"') % 2 == 0}


@each_kind
def test_the_whole_file_is_read(kind: str, tmp_path: Path) -> None:
    done = delivery_of(kind, tmp_path)(10**6)
    assert done.findings == []
    assert [row[0] for row in done.rows] == [row[0] for row in ROWS]


@each_kind
def test_a_file_that_is_cut_inside_a_row_is_refused_at_every_byte(kind: str, tmp_path: Path) -> None:
    allowed, cut = boundaries(kind), delivery_of(kind, tmp_path)
    for offset in range(len(KINDS[kind][1])):
        done = cut(offset)
        assert bool(done.refusals) == (offset not in allowed), offset
        if done.refusals:
            assert done.only_refusal.where.startswith(KINDS[kind][0])


@each_kind
def test_with_a_digest_in_the_manifest_every_cut_is_refused(kind: str, tmp_path: Path) -> None:
    name, content, _ = KINDS[kind]
    manifest = manifest_of(tmp_path, {name: ("", hashlib.sha256(content).hexdigest())})
    cut = delivery_of(kind, tmp_path, manifest=manifest, final_newline="optional")
    assert cut(len(content)).findings == []
    # The larger kinds are refused at every byte without a manifest; here some offsets of them do.
    for offset in range(len(content) - 1, -1, -1 if len(content) < 1000 else -13):
        assert cut(offset).only_refusal, offset


@each_kind
def test_with_a_number_of_rows_in_the_manifest_no_row_is_lost(kind: str, tmp_path: Path) -> None:
    name, content, _ = KINDS[kind]
    manifest = manifest_of(tmp_path, {name: (3, "")})
    cut = delivery_of(kind, tmp_path, manifest=manifest)
    whole = {len(content), content.rindex(b">") + 1} if kind == "XML" else {len(content)}
    for offset in {*boundaries(kind), len(content) // 2}:
        done = cut(offset)
        assert bool(done.refusals) == (offset not in whole), offset
        assert len(done.rows) == 3 or done.only_refusal
