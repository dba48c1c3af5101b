"""The extracts as files: UTF-8 CSV in the contract's canonical columns, written as the years go by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import pyarrow as pa
from pyarrow import csv

COLUMNS: Mapping[str, tuple[str, ...]] = {
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
    "attendance": ("student_id", "school_id", "date", "code", "absent_fraction", "recorded_at"),
    "nurse_visits": ("visit_id", "student_id", "date", "category", "disposition", "recorded_at"),
    "meal_programs": ("student_id", "program", "start_date", "end_date", "eligibility", "recorded_at"),
    "directory": ("student_id", "first_name", "last_name", "homeroom", "counselor"),
}


class ExtractFiles:
    """The open files of one simulation, in a folder; a context manager that closes them.

    Rows are appended in the order given, so equal input gives equal bytes.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._files: dict[str, BinaryIO] = {}
        for table, columns in COLUMNS.items():
            self._files[table] = (folder / f"{table}.csv").open("wb")
            self._files[table].write((",".join(columns) + "\n").encode())

    def __enter__(self) -> Self:
        """Return the files themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every file."""
        for file in self._files.values():
            file.close()

    def append(self, table: str, columns: Mapping[str, Any]) -> None:
        """Append rows: arrays (numpy or arrow) of one length under the table's canonical columns."""
        names = list(COLUMNS[table])
        arrays = [_array(columns[name]) for name in names]
        options = csv.WriteOptions(include_header=False, quoting_style="needed")
        csv.write_csv(pa.table(arrays, names=names), self._files[table], options)


def _array(values: Any) -> Any:
    return values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
