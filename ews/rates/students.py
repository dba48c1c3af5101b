"""Every student's days and minutes in one school year, and who is chronic under which definition."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from ews.attendance_rules import is_chronic, is_counted, tallies
from ews.definitions import USUAL_COUNTING, Grain, Rules
from ews.rates.minutes import minute_tallies
from ews.school_days import SchoolDays

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Judgement:
    """Who is in the rate, and who is chronically absent: one flag per row of the grain."""

    counted: Flags
    chronic: Flags


@dataclass(frozen=True)
class Students:
    """Everyone with a counted day in one school year.

    Attributes
    ----------
    rows : dict of grain to DataFrame
        One row per student (``district``) or per student and school (``school``): student_id, ``student``
        (a number for it), school_id and grade (those of the last spell), stays (enrolled on the last
        counted day), and the tallies of every way to count a day.
    day_ways, minute_ways : dict
        The number under which the tallies of a definition's way to count stand.
    """

    rows: dict[Grain, pd.DataFrame]
    day_ways: dict[Hashable, int]
    minute_ways: dict[Hashable, int]

    def judge(self, rules: Rules, grain: Grain) -> Judgement:
        """Return who is counted and chronic under one definition at one grain."""
        day, minute = self.day_ways[_day_way(rules)], self.minute_ways.get(_minute_way(rules))
        columns = [
            nw.col("stays"),
            nw.col("grade"),
            *[nw.col(f"{name}_{day}").alias(name) for name in ("enrolled_days", "absence_units")],
        ]
        if rules.needs_minutes:
            kinds = ("enrolled_minutes", "absence_minutes", "month_minutes")
            columns += [nw.col(f"{name}_{minute}").alias(name) for name in kinds]
        frame = nw.from_native(self.rows[grain], eager_only=True).select(*columns)
        judged = frame.select(counted=is_counted(rules), chronic=is_chronic(rules))
        return Judgement(judged["counted"].to_numpy().astype(bool), judged["chronic"].to_numpy().astype(bool))


def students_of(school_days: SchoolDays, definitions: Sequence[Rules]) -> Students:
    """Count days and minutes once for all the ways in which the definitions count them."""
    day_ways = {_day_way(each): each for each in definitions}
    minute_ways = {_minute_way(each): each for each in definitions if each.needs_minutes}
    places = _places(school_days)
    rows = {
        grain: _rows(school_days, list(day_ways.values()), list(minute_ways.values()), grain, places[grain])
        for grain in ("district", "school")
    }
    return Students(
        {"district": rows["district"], "school": rows["school"]},
        {way: number for number, way in enumerate(day_ways)},
        {way: number for number, way in enumerate(minute_ways)},
    )


def _minute_way(rules: Rules) -> Hashable:
    return tuple(rules.counting(kind) for kind in USUAL_COUNTING)


def _day_way(rules: Rules) -> Hashable:
    return (rules.partial_day, _minute_way(rules))


def _rows(
    school_days: SchoolDays, day_ways: list[Rules], minute_ways: list[Rules], grain: str, places: pd.DataFrame
) -> pd.DataFrame:
    session, by_school = school_days.snapshot.session, grain == "school"
    keys = ["student_id", *(["school_id"] if by_school else [])]
    days = session.collect(tallies(school_days, day_ways, by_school=by_school)).drop(columns="school_year")
    found = places.merge(days, on=keys, how="left", validate="one_to_one")
    if minute_ways:
        minutes = session.collect(minute_tallies(school_days, minute_ways, by_school=by_school))
        found = found.merge(minutes, on=keys, how="left", validate="one_to_one")
    return found


def _places(school_days: SchoolDays) -> dict[str, pd.DataFrame]:
    """Return the school and grade in which every student (and student and school) was last."""
    ends = school_days.school_years.select("school_id", "counted_days")
    spells = (
        school_days.spells.filter(nw.col("days") > 0)
        .join(ends, on="school_id", how="inner")
        .with_columns(stays=nw.col("number_before") + nw.col("days") == nw.col("counted_days"))
        .select("student_id", "school_id", "grade", "start", "stays")
    )
    frame = school_days.snapshot.session.collect(spells).sort_values(
        ["student_id", "start"], ignore_index=True
    )
    frame["student"] = pd.factorize(frame["student_id"])[0]
    found = {}
    for grain, keys in (("district", ["student_id"]), ("school", ["student_id", "school_id"])):
        stays = frame.groupby(keys, sort=False)["stays"].transform("any")
        last = frame.assign(stays=stays).drop_duplicates(keys, keep="last")
        found[grain] = last.drop(columns="start").reset_index(drop=True)
    return found
