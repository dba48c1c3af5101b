"""Small printed tables: what goes into a rule, and what comes out of it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ews.features.matrix import FEATURES
from ews.label import outcomes
from tests.data.matrices import loaded, matrices, standings
from tests.generators.district import District
from tests.reference.settings import Row


def rows(text: str, **constants: str) -> list[Row]:
    """A table with cells between bars, its first line the names, as rows; ``constants`` are added to each."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header = lines[0]
    assert all(len(line) == len(header) for line in lines), "every line has as many cells as the first"
    return [constants | dict(zip(header, line, strict=True)) for line in lines[1:]]


def marks(text: str, **constants: str) -> list[Row]:
    """Attendance: student, a list of dates (month-day, comma between), code; more columns as they are."""
    found = []
    for row in rows(text, **{"school_id": "s1", **constants}):
        for day in row.pop("days").split(","):
            date = f"2025-{day.strip()}" if day.strip() >= "08" else f"2026-{day.strip()}"
            found.append({"student_id": row["student"], "date": date, **row})
    return [{name: cell for name, cell in row.items() if name != "student"} for row in found]


def standing(district: District, text: str) -> None:
    """Assert what the engine says of the students and columns of a printed table."""
    (as_of,) = district.as_of_dates
    if not set(rows(text)[0]) & set(FEATURES) - {"absence_rate", "absences_left", "days_remaining", "grade"}:
        _compare(standings(district)[as_of].rename(columns={"student_id": "student"}), text)
        return
    matrix = matrices(district)[as_of]
    twice = [name for name in matrix.features if name in matrix.standing]
    people = matrix.standing.join(matrix.features.drop(columns=twice))
    _compare(people.rename(columns={"student_id": "student"}), text)


def labels(frame: pd.DataFrame, text: str) -> None:
    """Assert which labels the engine gives; a student without one is not in the table."""
    _compare(frame.rename(columns={"student_id": "student"}), text)


def outcomes_of(district: District) -> pd.DataFrame:
    """The engine's outcomes of a district."""
    with loaded(district) as (session, config):
        return outcomes(session, config)


def _compare(frame: pd.DataFrame, text: str) -> None:
    expected = rows(text)
    names = list(expected[0])
    got = [{name: _printed(row[name]) for name in names} for row in frame.to_dict("records")]
    assert sorted(got, key=repr) == sorted(expected, key=repr)


def _printed(value: Any) -> str:
    if value is None or pd.isna(value):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
