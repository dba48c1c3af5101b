"""Since when each student has been listed, and who left: told from the night before alone.

Every night keeps a small file, ``on_list_since.parquet``: its listed students and the first night of their
unbroken presence. So each night needs only the one before it, however long the year is, and a night that is
made again reads what it read the first time. A presence is unbroken within one school and school year, from
list to list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

ON_LIST_SINCE = "on_list_since.parquet"

SINCE_COLUMNS = {"student_id": "string", "school_id": "string", "on_list_since": "date32"}
"""The columns of ``on_list_since.parquet`` and their Arrow types."""


def since_before(folder: Path, day: dt.date) -> dict[tuple[str, str], dt.date]:
    """Return since when the students of a night's lists had been listed, by student and school.

    A night of an earlier version of ews has no such file: its listed students count from that night.

    Parameters
    ----------
    folder : Path
        ``published/<day>``.
    """
    path = folder / ON_LIST_SINCE
    if path.is_file():
        rows = pd.read_parquet(path)
        pairs = zip(rows["student_id"], rows["school_id"], strict=True)
        return dict(zip(pairs, rows["on_list_since"], strict=True))
    rows = pd.read_parquet(folder / "scores.parquet", columns=["student_id", "school_id", "selected"])
    rows = rows.loc[rows["selected"].astype(bool)]
    return dict.fromkeys(zip(rows["student_id"], rows["school_id"], strict=True), day)


def with_history(
    listed: pd.DataFrame, day: dt.date, before: Mapping[tuple[str, str], dt.date]
) -> pd.DataFrame:
    """Add ``on_list_since`` (date) and ``weeks_on_list`` (whole weeks) to the listed students.

    Parameters
    ----------
    before : mapping
        What :func:`since_before` returned for the night before in this school year; empty without one.
    """
    keys = zip(listed["student_id"], listed["school_id"], strict=True)
    since = [before.get((str(student), str(school)), day) for student, school in keys]
    weeks = [(day - first).days // 7 for first in since]
    return listed.assign(
        on_list_since=pd.Series(since, index=listed.index, dtype=object),
        weeks_on_list=pd.Series(weeks, index=listed.index, dtype="int64"),
    )


def leaving_since(previous: pd.DataFrame | None, scores: pd.DataFrame, excluded: pd.DataFrame) -> Any:
    """Return who was on the list before and is on none of that school now.

    Parameters
    ----------
    previous, scores, excluded : DataFrame
        ``scores.parquet`` of the night before (None without one), and tonight's two tables.

    Returns
    -------
    DataFrame
        One row per student: student_id, school_id (of the list before), section (there), elsewhere
        (whether the student is no longer at that school).
    """
    columns = ["student_id", "school_id", "section", "elsewhere"]
    if previous is None or previous.empty:
        return pd.DataFrame(columns=columns, dtype=object)
    was = previous.loc[previous["selected"].astype(bool)]
    now = scores.loc[scores["selected"].astype(bool)]
    here = {*_places(scores), *_places(excluded)}
    still = set(_places(now))
    places = list(_places(was))
    section = was["already_chronic"].map({True: "intensive", False: "prevent"})
    found = was.assign(
        section=section,
        elsewhere=[place not in here for place in places],
        gone=[place not in still for place in places],
    )
    return found.loc[found["gone"]].sort_values("student_id", ignore_index=True)[columns]


def _places(rows: pd.DataFrame) -> Any:
    return zip(rows["student_id"].astype(str), rows["school_id"].astype(str), strict=True)
