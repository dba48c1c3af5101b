"""The roster in pandas: who is enrolled where, what is left of the school's year, and the others there."""

from __future__ import annotations

import pandas as pd

from tests.benchmarks.pandas_events.attendance import Year, rate

CLASS_DAY = ["school_id", "grade", "date"]


def numbered(calendar: pd.DataFrame) -> pd.DataFrame:
    """Return the calendar in order of school and date, with the number of instructional days up to each."""
    ordered = calendar.sort_values(["school_id", "date"], ignore_index=True)
    by_year = ordered.groupby(["school_id", "school_year"], observed=True)
    ordered["number"] = by_year["instructional"].cumsum().astype("int64")
    return ordered


def school_year_of(calendar: pd.DataFrame, day: pd.Timestamp) -> int:
    """Return the first school year that is not over, or the one after the last."""
    last = calendar.groupby("school_year")["date"].max()
    not_over = last.index[last >= day]
    return int(not_over.min() if len(not_over) else last.index.max() + 1)


def placed(spells: pd.DataFrame, calendar: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return spells with years_ago, their instructional days, and the school's and student's days before.

    Adds years_ago, days, missed (by the school's own count, before the start) and before (on the clock).
    """
    by_day = calendar[["school_id", "date", "number", "instructional"]]
    found = spells.merge(by_day, left_on=["school_id", "start"], right_on=["school_id", "date"])
    found["missed"] = found["number"] - found["instructional"]
    found = found.drop(columns=["date", "number", "instructional"]).merge(
        by_day[["school_id", "date", "number"]], left_on=["school_id", "stop"], right_on=["school_id", "date"]
    )
    found["days"] = found.pop("number") - found["missed"]
    found["years_ago"] = year - found["school_year"]
    found = found.drop(columns="date").sort_values(["student_id", "start"], ignore_index=True)
    through = found.groupby(["student_id", "school_year"], observed=True)["days"].cumsum()
    return found.assign(before=through - found["days"])


def roster_of(enrollments: pd.DataFrame, year: int, day: pd.Timestamp) -> pd.DataFrame:
    """Return school_id, grade and entry_date of the newest entry of everyone enrolled, by student_id."""
    there = enrollments["exit_date"].isna() | (enrollments["exit_date"] >= day)
    current = enrollments[(enrollments["school_year"] == year) & there]
    ordered = current.sort_values(["student_id", "entry_date", "school_id"], ascending=[True, False, True])
    newest = ordered.drop_duplicates("student_id").set_index("student_id")
    return newest[["school_id", "grade", "entry_date"]]


def roster_features(
    roster: pd.DataFrame,
    counts: pd.DataFrame,
    spells: pd.DataFrame,
    calendar: pd.DataFrame,
    schools: pd.DataFrame,
    year: int,
) -> pd.DataFrame:
    """Return the features of the roster by student_id.

    Parameters
    ----------
    counts : DataFrame
        By student_id: days absent and days that count (days) of this year.
    """
    found = roster.join(_entered(spells))
    found["enrolled_last_year"] = found["schools_last_year"].notna().astype("int64")
    found["days_remaining"] = _days_remaining(roster, calendar[calendar["school_year"] == year], schools)
    counts = counts[["absent", "days"]].reindex(found.index, fill_value=0)
    absent, days = counts["absent"], counts["days"]
    # With 10%: the most k with (absent + k) / (days + remaining) below it.
    remaining = found["days_remaining"]
    found["absences_left"] = ((days + remaining - absent * 10 - 1) // 10).clip(upper=remaining).clip(lower=0)
    for name, among in (
        ("school_absence_rate", ["school_id"]),
        ("grade_absence_rate", ["school_id", "grade"]),
    ):
        everyone = counts.groupby([found[key] for key in among], observed=True).transform("sum")
        found[name] = rate(everyone["absent"] - absent, everyone["days"] - days)
    found["grade"] = pd.to_numeric(found["grade"].astype("str").replace({"PK": "-1", "KG": "0"}))
    return found.drop(columns=["school_id", "entry_date"])


def _entered(spells: pd.DataFrame) -> pd.DataFrame:
    """Return schools of this year and the last by student, and the days missed before the first of this."""
    schools = spells.groupby(["student_id", "years_ago"], observed=True)["school_id"].nunique()
    schools = schools.unstack("years_ago").reindex(columns=[0, 1])
    this_year = spells[spells["years_ago"] == 0]
    first = this_year.drop_duplicates("student_id").set_index("student_id")["missed"]
    return pd.DataFrame(
        {
            "schools_this_year": schools[0],
            "schools_last_year": schools[1],
            "days_missed_before_entry": first.reindex(schools.index),
        }
    )


def _days_remaining(roster: pd.DataFrame, calendar: pd.DataFrame, schools: pd.DataFrame) -> pd.Series:
    """Return instructional days of each one's school after its last counted one, or from the entry on."""
    years = calendar.groupby("school_id", observed=False).agg(days=("number", "max"), last=("date", "max"))
    by_day = calendar.assign(passed=calendar["number"] - calendar["instructional"])
    counted = schools.merge(by_day, left_on=["school_id", "counted_to"], right_on=["school_id", "date"])
    years["counted"] = counted.set_index("school_id")["number"]
    found = roster.reset_index().merge(years.reset_index(), on="school_id", how="left")
    found = found.merge(
        by_day[["school_id", "date", "passed"]],
        left_on=["school_id", "entry_date"],
        right_on=["school_id", "date"],
        how="left",
    ).set_index("student_id")
    done = found[["counted", "passed"]].max(axis=1).fillna(0)
    return (found["days"] - done).where(found["entry_date"] <= found["last"], 0).fillna(0)


def peer_features(
    roster: pd.DataFrame, now: Year, last: Year, spells: pd.DataFrame, classes: pd.Series
) -> pd.DataFrame:
    """Return what the others of school and grade did, by student_id.

    Parameters
    ----------
    classes : Series
        Students by school_id, grade and date of this year.
    """
    beyond = rate(_absence_beyond_peers(now, classes), now.enrolled).reindex(roster.index)
    return pd.DataFrame(
        {
            "absence_beyond_peers": beyond,
            "school_rate_last_year": _school_rate_last_year(roster, last, spells),
        }
    )


def _absence_beyond_peers(now: Year, classes: pd.Series) -> pd.Series:
    """Return days of absence, each weighed by the share of the others who came."""
    away = now.events.loc[now.events["absent"], ["student_id", *CLASS_DAY]]
    absent = away.groupby(CLASS_DAY, observed=True)["student_id"].transform("size")
    away = away.merge(classes.rename("others").reset_index(), on=CLASS_DAY, how="left")
    others = away["others"] - 1
    weighed = 10_000 * (others - absent.to_numpy() + 1) // others.where(others > 0)
    return weighed.fillna(10_000).groupby(away["student_id"], observed=False).sum() / 10_000


def _school_rate_last_year(roster: pd.DataFrame, last: Year, spells: pd.DataFrame) -> pd.Series:
    """Return last year's rate of all others who were then at the school of each of the roster."""
    own = ["student_id", "school_id"]
    days = spells[spells["years_ago"] == 1].groupby(own, observed=True)["days"].sum()
    away = (
        last.events.groupby(own, observed=True)[["absent", "exempt"]].sum().reindex(days.index, fill_value=0)
    )
    one = pd.DataFrame({"absent": away["absent"], "days": days - away["exempt"]})
    everyone = one.groupby("school_id", observed=False).sum()
    keys = roster.reset_index()[own]
    mine = keys.merge(one.reset_index(), on=own, how="left").fillna({"absent": 0, "days": 0})
    school = everyone.reindex(keys["school_id"]).reset_index(drop=True)
    found = rate(school["absent"] - mine["absent"], school["days"] - mine["days"])
    return found.set_axis(roster.index)
