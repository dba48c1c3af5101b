"""``ews check`` also says what would be wrong with names and contacts, before a night needs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ews.config import Config
from ews.store.ingest import check
from tests.data.small import EVERYTHING_ARRIVED, enrolled, small_district
from tests.generators.writing import configuration, write_config, write_load

NAMES = "student_id,first_name,last_name\n1,Coral,Finch\n"
CONTACTS = "student_id,date,kind,outcome\n1,2025-10-01,call,\n"


def district(folder: Path, files: dict[str, str]) -> Config:
    """A district with these files beside its extracts; ``""`` for one that is not there."""
    small = small_district(enrollments=[enrolled("1")])
    write_load(small.loads[0], small.settings, folder)
    document = configuration(small.settings, small.loads[0])
    for name, text in files.items():
        document["sources"][name] = {"path": f"{name}.csv"}
        if text:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return write_config(folder, document)


def told(folder: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    report = check(district(folder, files), loaded_at=EVERYTHING_ARRIVED)
    return [
        (each.severity, each.sentence)
        for each in report.findings
        if each.table in ("directory", "contacts") and each.name == each.table
    ]


def test_nothing_is_said_of_files_that_can_be_used(tmp_path: Path) -> None:
    assert told(tmp_path, {"directory": NAMES, "contacts": CONTACTS}) == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"directory": ""}, "no file"),
        ({"directory": "student_id,first_name\n1,Coral\n"}, "columns missing: last_name"),
        ({"contacts": ""}, "printed without contacts"),
        ({"contacts": "student_id,when\n1,2025-10-01\n"}, "columns missing"),
        ({"contacts": CONTACTS + "9,2025-10-01,call,\n"}, "1 of students whom the store does not know"),
        ({"contacts": CONTACTS + "1,soon,call,\n"}, "1 with a cell that is empty or cannot be read"),
    ],
)
def test_what_a_night_would_trip_over_is_a_warning(files: dict[str, str], said: str, tmp_path: Path) -> None:
    ((severity, sentence),) = told(tmp_path, files)
    assert severity == "warning"
    assert said in sentence
    assert "Coral" not in sentence
