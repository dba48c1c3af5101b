"""Reads a simulated district back from its CSV files and counts absence anew, without code of `ews`.

An independent second opinion: the definition (half a day counts, 10% inclusive, 10 enrolled days, over
all schools of the district) is written out here once more in plain pandas.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

KINDS = {
    "A": "absent_unexcused",
    "E": "absent_excused",
    "S": "absent_suspension",
    "I": "in_school_suspension",
    "T": "tardy",
    "X": "exempt",
    "P": "present",
}


def read(folder: Path, table: str) -> pd.DataFrame:
    """One extract, every column as text."""
    return pd.read_csv(folder / "extracts" / f"{table}.csv", dtype=str, keep_default_na=False)


def final_events(folder: Path) -> pd.DataFrame:
    """One row per student, school and date: the version recorded last."""
    rows = read(folder, "attendance").sort_values("recorded_at", kind="stable")
    rows = rows.drop_duplicates(["student_id", "school_id", "date"], keep="last")
    rows["kind"] = rows["code"].map(KINDS)
    rows["fraction"] = rows["absent_fraction"].astype(float)
    rows["absent"] = rows["kind"].str.startswith("absent") & (rows["fraction"] >= 0.5)
    return rows


def school_days(folder: Path) -> pd.DataFrame:
    """One row per school and instructional date, with a number that counts them."""
    calendar = read(folder, "calendar")
    days = calendar[calendar["instructional"] == "true"].sort_values(["school_id", "date"])
    return days[["school_id", "date", "school_year"]]


def covered_spells(folder: Path) -> pd.DataFrame:
    """Enrollments with `days`: instructional days of the school between entry and exit, both included."""
    spells = read(folder, "enrollments")
    by_school = school_days(folder).groupby("school_id")["date"]
    days = {school: np.sort(pd.to_datetime(dates).to_numpy()) for school, dates in by_school}
    spells["exit_or_end"] = spells["exit_date"].where(spells["exit_date"] != "", "2099-12-31")
    spells["days"] = 0
    for school, rows in spells.groupby("school_id"):
        dates = days[school]
        last = np.minimum(
            pd.to_datetime(rows["exit_or_end"]).to_numpy(),
            pd.to_datetime(rows["school_year"] + "-07-31").to_numpy(),
        )
        first = pd.to_datetime(rows["entry_date"]).to_numpy()
        spells.loc[rows.index, "days"] = dates.searchsorted(last, "right") - dates.searchsorted(first, "left")
    return spells


def yearly(folder: Path) -> pd.DataFrame:
    """One row per student and finished school year: days, absences, rate, chronic, grade."""
    spells, events = covered_spells(folder), final_events(folder)
    spells = spells[spells["school_year"] != "2026"]
    year_of = read(folder, "calendar").drop_duplicates("date").set_index("date")["school_year"]
    events["school_year"] = events["date"].map(year_of)
    key = ["student_id", "school_year"]
    exempt = events[events["kind"] == "exempt"].groupby(key).size()
    absences = events[events["absent"]].groupby(key).size()
    table = spells.groupby(key).agg(
        days=("days", "sum"),
        grade=("grade", "last"),
        school_id=("school_id", "first"),
        spells=("days", "size"),
    )
    table["days"] -= exempt.reindex(table.index, fill_value=0)
    table["absences"] = absences.reindex(table.index, fill_value=0)
    table["rate"] = table["absences"] / table["days"].clip(lower=1)
    table["chronic"] = (10 * table["absences"] >= table["days"]) & (table["days"] >= 10)
    return table.reset_index()
