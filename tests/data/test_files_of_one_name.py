"""Two files of one name in different folders are two files: a row set aside takes no other with it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from ews.engine import open_reader
from ews.store.ingest import ingest
from tests.data.faults import CANARY, district
from tests.generators.writing import configuration, write_config, write_load

LOADED = dt.datetime(2025, 10, 6, 4)


def _split(folder: Path) -> None:
    """Deliver the attendance in two folders, with one unknown student on line 7 of the first file."""
    lines = (folder / "attendance.csv").read_text(encoding="utf-8").splitlines()
    header, rows = lines[0], lines[1:]
    rows[5] = rows[5].replace(f"{CANARY}-005", f"{CANARY}-999")
    for name, part in (("y1", rows[:20]), ("y2", rows[20:])):
        (folder / name).mkdir()
        (folder / name / "attendance.csv").write_text("\n".join([header, *part]) + "\n", encoding="utf-8")


def test_only_the_row_that_fails_is_set_aside(tmp_path: Path) -> None:
    write_load(district().loads[0], district().settings, tmp_path)
    _split(tmp_path)
    document = configuration(district().settings, district().loads[0])
    document["sources"]["attendance"]["path"] = "y*/attendance.csv"
    config = write_config(tmp_path, document | {"checks": {"max_quarantined": 0.1}})

    report = ingest(config, loaded_at=LOADED)

    found = next(each for each in report.tables if each.table == "attendance")
    assert (found.files, found.rows_read, found.rows_new, found.rows_set_aside) == (2, 40, 39, 1)
    with open_reader(config.workspace_dir / "store.duckdb") as session:
        assert session.rows("SELECT file, line FROM store.quarantine") == [("y1/attendance.csv", 7)]
