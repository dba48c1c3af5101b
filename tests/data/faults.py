"""A district that loads, to be broken in one place at a time; ids and values that must never be shown."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ews.config import Config
from tests.data.small import SETTINGS, enrolled, small_district
from tests.generators.district import COLUMNS, District
from tests.generators.writing import configuration, write_config, write_load, write_rows
from tests.reference.settings import Row

CANARY = "CANARY"
"""In every id and value of a student: no message may quote it."""


def district() -> District:
    """Forty students with an absence, a visit and a meal program each."""
    students = [f"{CANARY}-{number:03d}" for number in range(40)]
    return small_district(
        enrollments=[enrolled(student) for student in students],
        attendance=[
            {"student_id": student, "school_id": "s1", "date": "2025-09-09", "code": "A"}
            for student in students
        ],
        nurse_visits=[
            {
                "visit_id": f"visit-{student}",
                "student_id": student,
                "date": "2025-09-09",
                "category": "illness",
                "disposition": "other",
            }
            for student in students
        ],
        meal_programs=[
            {"student_id": student, "program": "lunch", "start_date": "2025-09-08", "eligibility": "free"}
            for student in students
        ],
        settings=replace(SETTINGS),
    )


@dataclass(frozen=True)
class Workspace:
    """The extracts and the configuration of :func:`district` in a folder, to be edited."""

    folder: Path

    @property
    def store(self) -> Path:
        """Where its store is."""
        return self.folder / "workspace" / "store.duckdb"

    def copied_to(self, folder: Path) -> Workspace:
        """The same in another folder, the store with it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Workspace(folder)

    def write(self) -> Config:
        """Write everything as it should be."""
        whole = district()
        return write_load(whole.loads[0], whole.settings, self.folder)

    def configured(self, **changes: Any) -> Config:
        """The configuration with other top-level keys; ``attendance`` changes its source."""
        whole = district()
        document = configuration(whole.settings, whole.loads[0])
        document["sources"]["attendance"] |= changes.pop("attendance", {})
        return write_config(self.folder, document | changes)

    def with_cells(self, table: str, number: int, **cells: str) -> None:
        """Overwrite cells of one row; row 0 is on line 2."""
        rows = [dict(row) for row in district().rows[table]]
        rows[number] |= cells
        self.with_rows(table, rows)

    def with_rows(self, table: str, rows: list[Row], columns: tuple[str, ...] = ()) -> None:
        """Write a table with other rows, or other columns."""
        write_rows(self.folder / f"{table}.csv", columns or COLUMNS[table], rows)
