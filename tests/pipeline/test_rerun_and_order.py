"""The same knowledge gives the same bytes: again, in another order, and whatever the future holds."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from tests.pipeline.at_work import AtWork, published_bytes, same_bytes

AUTUMN = dt.date(2025, 11, 20)
"""A Thursday in the middle of the last year."""

TABLES = ("schools", "calendar", "students", "enrollments", "attendance", "nurse_visits", "meal_programs")


def test_scoring_again_publishes_the_same_bytes(in_service: AtWork, moved: AtWork) -> None:
    assert moved.score() == 0

    assert same_bytes(published_bytes(in_service), published_bytes(moved)) == []


def test_loading_the_same_extracts_again_publishes_the_same_bytes(
    in_service: AtWork, moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert moved.run("ingest", "--json") == 0
    loaded = json.loads(capsys.readouterr().out)
    assert moved.score() == 0

    assert {table["table"]: table["rows_new"] for table in loaded["tables"]} == dict.fromkeys(TABLES, 0)
    assert same_bytes(published_bytes(in_service), published_bytes(moved)) == []


def test_the_order_of_rows_in_the_extracts_changes_no_published_byte(
    in_service: AtWork, moved: AtWork
) -> None:
    for number, table in enumerate((*TABLES, "directory")):
        moved.change_extract(table, lambda rows, seed=number: rows.sample(frac=1, random_state=seed))
    moved.into_a_fresh_store()

    assert moved.score() == 0
    assert same_bytes(published_bytes(in_service), published_bytes(moved)) == []


def poison_events(rows: pd.DataFrame) -> pd.DataFrame:
    """Half of what arrived on or after the day is removed, half of it turned into something else."""
    late = (rows["recorded_at"] >= AUTUMN.isoformat()).to_numpy()
    kept = rows.loc[~late | (np.arange(len(rows)) % 2 == 0)].copy()
    late = kept["recorded_at"] >= AUTUMN.isoformat()
    assert late.any()
    nonsense = {"code": "A", "absent_fraction": "1", "category": "mental_health", "disposition": "emergency"}
    for column, value in nonsense.items():
        if column in kept:
            kept.loc[late, column] = value
    return kept


def poison_meals(rows: pd.DataFrame) -> pd.DataFrame:
    kept = rows.loc[rows["recorded_at"] < AUTUMN.isoformat()].copy()
    kept.loc[kept["end_date"] >= yesterday(), "end_date"] = "2026-03-03"
    return kept


def poison_enrollments(rows: pd.DataFrame) -> pd.DataFrame:
    """Nobody enters from the day on, and every exit that was not known yet is another one."""
    kept = rows.loc[rows["entry_date"] < AUTUMN.isoformat()].copy()
    assert len(kept) < len(rows)
    unknown = kept["exit_date"] >= yesterday()
    assert unknown.any()
    kept.loc[unknown, "exit_date"] = "2026-03-03"
    still_there = kept.index[(kept["school_year"] == "2026") & (kept["exit_date"] == "")]
    kept.loc[still_there[::3], "exit_date"] = yesterday()
    return kept


def yesterday() -> str:
    """An exit of the day before is known only from the day itself on."""
    return (AUTUMN - dt.timedelta(days=1)).isoformat()


def test_what_was_not_known_yet_changes_no_published_byte(moved: AtWork) -> None:
    assert moved.score(AUTUMN) == 0
    before = published_bytes(moved, AUTUMN)

    moved.change_extract("attendance", poison_events)
    moved.change_extract("nurse_visits", poison_events)
    moved.change_extract("meal_programs", poison_meals)
    moved.change_extract("enrollments", poison_enrollments)
    moved.into_a_fresh_store()

    assert moved.score(AUTUMN) == 0
    assert same_bytes(before, published_bytes(moved, AUTUMN)) == []


@pytest.mark.slow
def test_how_late_a_source_is_does_not_depend_on_what_arrived_afterwards(moved: AtWork) -> None:
    """Nurse visits of the last days before the list reach the district only in December."""

    def arrive_late(rows: pd.DataFrame) -> pd.DataFrame:
        late = (rows["date"] >= "2025-11-10") & (rows["date"] < AUTUMN.isoformat())
        return rows.assign(recorded_at=rows["recorded_at"].mask(late, "2025-12-01 10:00:00"))

    moved.change_extract("nurse_visits", arrive_late)
    moved.into_a_fresh_store()
    assert moved.score(AUTUMN) in (0, 10)
    with_late_rows = published_bytes(moved, AUTUMN)

    moved.change_extract("nurse_visits", lambda rows: rows.loc[rows["recorded_at"] < "2025-12-01"])
    moved.into_a_fresh_store()
    assert moved.score(AUTUMN) in (0, 10)

    assert same_bytes(with_late_rows, published_bytes(moved, AUTUMN)) == []


def test_what_was_known_does_change_the_published_bytes(moved: AtWork) -> None:
    """The comparison above can fail: a day's absences that were known in time, taken away, are seen."""
    assert moved.score(AUTUMN) == 0
    before = published_bytes(moved, AUTUMN)

    def fewer_absences(rows: pd.DataFrame) -> pd.DataFrame:
        known = (rows["date"] == "2025-11-14") & (rows["recorded_at"] < AUTUMN.isoformat())
        assert known.any()
        return rows.loc[~known]

    moved.change_extract("attendance", fewer_absences)
    moved.into_a_fresh_store()
    assert moved.score(AUTUMN) == 10  # it says that it is another night than the one that was published
    assert "scores.parquet" in same_bytes(before, published_bytes(moved, AUTUMN))
