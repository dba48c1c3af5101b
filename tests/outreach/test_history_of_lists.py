"""Weeks on the list and who left: from the night before alone, within one school."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from ews.nightly.history_of_lists import (
    ON_LIST_SINCE,
    SINCE_COLUMNS,
    leaving_since,
    since_before,
    with_history,
)

MONDAY = dt.date(2025, 10, 6)


def scores(*rows: tuple[str, str, bool, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["student_id", "school_id", "selected", "already_chronic"])


def listed(*places: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(places, columns=["student_id", "school_id"])


def a_night(folder: Path, day: dt.date, now: pd.DataFrame, before: Path | None) -> pd.DataFrame:
    """Keep what a night keeps, told from the night before."""
    known = since_before(before, day) if before is not None else {}
    found = with_history(now, day, known)
    folder.mkdir()
    found[list(SINCE_COLUMNS)].to_parquet(folder / ON_LIST_SINCE)
    return found


def test_a_presence_is_counted_from_night_to_night_and_starts_anew_after_a_gap(tmp_path: Path) -> None:
    a, b, c = ("1", "s1"), ("2", "s1"), ("3", "s2")
    nights = [listed(a, b), listed(a, c), listed(a, b), listed(a, b, c)]
    before, weeks = None, []
    for number, now in enumerate(nights):
        folder = tmp_path / str(number)
        found = a_night(folder, MONDAY + dt.timedelta(days=7 * number), now, before)
        weeks.append(found.set_index("student_id")["weeks_on_list"].to_dict())
        before = folder
    assert weeks == [{"1": 0, "2": 0}, {"1": 1, "3": 0}, {"1": 2, "2": 0}, {"1": 3, "2": 1, "3": 0}]


@pytest.mark.parametrize(("days", "weeks"), [(0, 0), (6, 0), (7, 1), (13, 1), (14, 2)])
def test_a_week_counts_when_it_is_whole(days: int, weeks: int) -> None:
    found = with_history(listed(("1", "s1")), MONDAY + dt.timedelta(days=days), {("1", "s1"): MONDAY})
    assert found["weeks_on_list"].tolist() == [weeks]


def test_another_school_is_another_list() -> None:
    found = with_history(listed(("1", "s2")), MONDAY + dt.timedelta(days=30), {("1", "s1"): MONDAY})
    assert found["weeks_on_list"].tolist() == [0]
    assert found["on_list_since"].tolist() == [MONDAY + dt.timedelta(days=30)]


def test_a_night_of_an_earlier_version_counts_from_itself(tmp_path: Path) -> None:
    scores(("1", "s1", True, False), ("2", "s1", False, False)).to_parquet(tmp_path / "scores.parquet")
    assert since_before(tmp_path, MONDAY) == {("1", "s1"): MONDAY}


def test_nobody_listed_is_no_trouble() -> None:
    found = with_history(listed(), MONDAY, {})
    assert found.empty
    assert {"weeks_on_list", "on_list_since"} <= set(found)


def test_who_left_is_told_by_the_section_and_school_of_the_list_before() -> None:
    before = scores(
        ("stays", "s1", True, False),
        ("left", "s1", True, True),
        ("excluded now", "s1", True, False),
        ("moved", "s1", True, False),
        ("gone", "s2", True, False),
        ("never listed", "s2", False, False),
    )
    now = scores(
        ("stays", "s1", True, True),
        ("left", "s1", False, True),
        ("moved", "s2", True, False),
        ("never listed", "s2", False, False),
    )
    excluded = listed(("excluded now", "s1"))
    found = leaving_since(before, now, excluded).set_index("student_id")
    assert found["section"].to_dict() == {
        "left": "intensive",
        "excluded now": "prevent",
        "moved": "prevent",
        "gone": "prevent",
    }
    assert set(found.index[found["elsewhere"]]) == {"moved", "gone"}
    assert set(found["school_id"]) == {"s1", "s2"}


def test_without_a_list_before_nobody_left() -> None:
    assert leaving_since(None, scores(), listed()).empty
