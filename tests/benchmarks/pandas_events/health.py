"""Visits to the nurse and meal programs in pandas."""

from __future__ import annotations

import pandas as pd

_CATEGORIES = ("illness", "injury", "chronic_condition", "mental_health", "medication")
_ELIGIBILITY = {"free": 0, "reduced": 1, "paid": 2}


def nurse_features(
    visits: pd.DataFrame,
    spells: pd.DataFrame,
    calendar: pd.DataFrame,
    clock: pd.Series,
    away: pd.DataFrame,
) -> pd.DataFrame:
    """Return the features of visits to the nurse by student_id, of all students that there are.

    Parameters
    ----------
    clock : Series
        Instructional days of this year by student_id, of all students that there are; 0 without any.
    away : DataFrame
        The days absent of this year: student_id and clock.
    """
    counted = _on_the_clock(visits, spells, calendar)
    this_year = counted[counted["years_ago"] == 0]
    found = _counts(this_year, clock)
    found["nurse_visits_before_absence"] = _before_absence(this_year, away)
    found = found.astype("float64") if len(this_year) else found.astype("float64") * float("nan")
    newest = this_year.groupby("student_id", observed=False)["clock"].max()
    found["nurse_days_since_visit"] = clock - newest
    last_year = counted[counted["years_ago"] == 1]
    then = spells.loc[spells["years_ago"] == 1, "student_id"]
    visits_then = last_year.groupby("student_id", observed=False).size()
    known = visits_then.index.isin(then) & bool(len(last_year))
    found["nurse_visits_last_year"] = visits_then.where(known)
    return found[clock > 0]


def _on_the_clock(visits: pd.DataFrame, spells: pd.DataFrame, calendar: pd.DataFrame) -> pd.DataFrame:
    """Return visits inside a spell, with years_ago and the student's clock."""
    found = pd.merge_asof(
        visits.sort_values("date"),
        spells.sort_values("start"),
        left_on="date",
        right_on="start",
        by="student_id",
    )
    found = found[found["date"] <= found["stop"]]
    found = found.merge(calendar[["school_id", "date", "number"]], on=["school_id", "date"])
    return found.assign(clock=(found["before"] + found["number"] - found["missed"]).astype("int64"))


def _counts(visits: pd.DataFrame, clock: pd.Series) -> pd.DataFrame:
    since = clock.to_numpy()[visits["student_id"].cat.codes] - visits["clock"]
    home, category = visits["disposition"] == "sent_home", visits["category"]
    flags = {
        "nurse_visits": since.notna(),
        "nurse_visits_last_20": since < 20,
        "nurse_visits_last_40": since < 40,
        "nurse_sent_home": home,
        "nurse_sent_home_last_20": home & (since < 20),
        **{f"nurse_{name}": category == name for name in _CATEGORIES},
        "nurse_mental_health_last_40": (category == "mental_health") & (since < 40),
    }
    return pd.DataFrame(flags).groupby(visits["student_id"], observed=False).sum()


def _before_absence(visits: pd.DataFrame, away: pd.DataFrame) -> pd.Series:
    """Return on how many days a visit was followed by an absence within three."""
    days = visits[["student_id", "clock"]].drop_duplicates().sort_values("clock")
    followed = pd.merge_asof(
        days,
        away.sort_values("clock").assign(absent=True),
        on="clock",
        by="student_id",
        direction="forward",
        allow_exact_matches=False,
        tolerance=3,
    )
    return followed["absent"].notna().groupby(followed["student_id"], observed=False).sum()


def meal_features(
    meals: pd.DataFrame, roster: pd.DataFrame, schools: pd.DataFrame, day: pd.Timestamp
) -> pd.DataFrame:
    """Return the features of meal programs by student_id of the roster.

    Of several programs the one begun last tells eligibility, of those the smallest code.
    """
    active = meals[meals["end_date"].isna() | (meals["end_date"] >= day)]
    active = active.assign(code=active["eligibility"].astype("object").map(_ELIGIBILITY).astype("float64"))
    newest = active.sort_values(["start_date", "code"], ascending=[False, True]).drop_duplicates("student_id")
    cep = schools.set_index("school_id")["cep"].reindex(roster["school_id"]).astype("float64")
    found = pd.DataFrame({"school_cep": cep.to_numpy()}, index=roster.index)
    code = newest.set_index("student_id")["code"].reindex(roster.index)
    found["meal_eligibility"] = code.where(found["school_cep"] == 0)
    for program in ("breakfast", "lunch"):
        takes = active.loc[active["program"] == program, "student_id"]
        found[f"meal_{program}"] = roster.index.isin(takes).astype("int64")
    return found
