"""A generated district: declared settings, the loads it delivers, and the days it is looked at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from tests.reference.settings import Load, Row, Settings

TABLES = ("schools", "calendar", "students", "enrollments", "attendance", "nurse_visits", "meal_programs")

COLUMNS = {
    "schools": ("school_id", "school_name", "level", "cep"),
    "calendar": ("school_id", "date", "school_year", "instructional", "minutes"),
    "students": (
        "student_id",
        "sex",
        "race_ethnicity",
        "english_learner",
        "disability",
        "economically_disadvantaged",
        "homeless",
        "foster",
    ),
    "enrollments": ("student_id", "school_id", "entry_date", "exit_date", "school_year", "grade"),
    "attendance": (
        "student_id",
        "school_id",
        "date",
        "code",
        "absent_fraction",
        "minutes_absent",
        "recorded_at",
    ),
    "nurse_visits": ("visit_id", "student_id", "date", "category", "disposition", "recorded_at"),
    "meal_programs": ("student_id", "program", "start_date", "end_date", "eligibility", "recorded_at"),
}


@dataclass(frozen=True)
class District:
    """Everything the engine and the reference are given."""

    settings: Settings
    loads: tuple[Load, ...]
    as_of_dates: tuple[dt.date, ...]

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(rows)} {table}" for table, rows in self.rows.items())
        return f"District({len(self.loads)} loads, {counts}, {self.settings})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # Hypothesis would print every row of every extract.
        printer.text(repr(self))

    @property
    def rows(self) -> dict[str, list[Row]]:
        """The rows of the last load."""
        return self.loads[-1].rows
