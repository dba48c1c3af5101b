"""Attendance in pandas: a student's own days, this year and in the two before it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

WINDOWS = (5, 10, 20, 40)


def rate(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return part over whole, missing where the whole is nothing."""
    return (part / whole).where(whole > 0)


@dataclass(frozen=True)
class Year:
    """A school year: every student's days, and those on which something happened.

    Attributes
    ----------
    clock : Series
        Instructional days enrolled by student_id, of all students that there are; 0 without any.
    events : DataFrame
        Daily rows that are not of kind present, in the order of date, with the student's clock.
    """

    clock: pd.Series
    events: pd.DataFrame

    def sums(self, **flags: pd.Series) -> pd.DataFrame:
        """Return by student on how many events each flag holds; 0 for students without."""
        marked = pd.DataFrame(flags, index=self.events.index)
        return marked.groupby(self.events["student_id"], observed=False).sum().astype("int64")

    def of_student(self, values: pd.Series) -> pd.Series:
        """Return beside each event what is known of its student."""
        of_events = values.to_numpy()[self.events["student_id"].cat.codes]
        return pd.Series(of_events, index=self.events.index)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """By student: days absent and exempt, and of which kind."""
        absent, kind = self.events["absent"], self.events["kind"]
        return self.sums(
            absent=absent,
            exempt=self.events["exempt"],
            excused=absent & (kind == "excused"),
            unexcused=absent & (kind == "unexcused"),
            suspension=kind == "suspension",
            tardy=kind == "tardy",
            part_day=self.events["part_day"],
            weekend=absent & self.events["date"].dt.day_of_week.isin([0, 4]),
            around_break=absent & self.events["around_break"],
        )

    @cached_property
    def enrolled(self) -> pd.Series:
        """By student: days that count."""
        return self.clock - self.totals["exempt"]

    @property
    def pace(self) -> pd.DataFrame:
        """By student: days absent, days that count (days), and runs of absence (spells)."""
        return pd.DataFrame({"absent": self.totals["absent"], "days": self.enrolled, "spells": self.spells})

    @cached_property
    def runs(self) -> pd.DataFrame:
        """Runs of days of absence, their length and last clock.

        Along a run the clock and the number of the absence rise alike.
        """
        away = self.events.loc[self.events["absent"], ["student_id", "clock"]]
        run = away["clock"] - away.groupby("student_id", observed=False).cumcount()
        by_run = away.groupby(["student_id", run.rename("run")], observed=True)["clock"]
        return by_run.agg(["size", "max"]).reset_index()

    @cached_property
    def spells(self) -> pd.Series:
        """By student: how many runs."""
        return self.runs.groupby("student_id", observed=False).size()


def attendance_features(now: Year, last: Year, before: Year) -> pd.DataFrame:
    """Return the features of attendance by student_id, of all students that there are."""
    found = _this_year(now).join(_recent(now)).join(_streaks(now)).join(_earlier(now, last, before))
    found["change_from_last_year"] = found["absence_rate"] - found["last_year_same_period_rate"]
    return found


def _this_year(now: Year) -> pd.DataFrame:
    sums, days, has_days = now.totals, now.enrolled, now.clock > 0
    found = pd.DataFrame(
        {"days_enrolled": days.where(has_days), "absence_days": sums["absent"].where(has_days)}
    )
    found["absence_rate"] = rate(sums["absent"], days)
    for kind in ("excused", "unexcused", "suspension", "tardy", "part_day"):
        found[f"{kind}_rate"] = rate(sums[kind], days)
    found["monday_friday_share"] = rate(sums["weekend"], sums["absent"])
    found["around_break_share"] = rate(sums["around_break"], sums["absent"])
    first = now.events["clock"] <= 20
    away = now.sums(absent=now.events["absent"] & first, exempt=now.events["exempt"] & first)
    found["first_month_rate"] = rate(away["absent"], now.clock.clip(upper=20) - away["exempt"])
    return found


def _recent(now: Year) -> pd.DataFrame:
    """Rates of the last so many days, and those of 20 against what came before them."""
    events, found = now.events, {}
    since = now.of_student(now.clock) - events["clock"]
    unexcused = events["absent"] & (events["kind"] == "unexcused")
    for window in WINDOWS:
        within = since < window
        away = now.sums(
            absent=events["absent"] & within, exempt=events["exempt"] & within, unexcused=unexcused & within
        )
        days = now.clock.clip(upper=window) - away["exempt"]
        found[f"absence_rate_last_{window}"] = rate(away["absent"], days)
        if window == 20:
            earlier, earlier_days = now.totals - away, now.enrolled - days
            found["unexcused_rate_last_20"] = rate(away["unexcused"], days)
            found["absence_trend"] = rate(away["absent"], days) - rate(earlier["absent"], earlier_days)
            found["unexcused_trend"] = rate(away["unexcused"], days) - rate(
                earlier["unexcused"], earlier_days
            )
    return pd.DataFrame(found)


def _streaks(now: Year) -> pd.DataFrame:
    has_days = now.clock > 0
    by_student = now.runs.groupby("student_id", observed=False)
    newest = by_student["max"].max()
    ended = now.clock.to_numpy()[now.runs["student_id"].cat.codes] == now.runs["max"]
    current = now.runs[ended].groupby("student_id", observed=False)["size"].max()
    return pd.DataFrame(
        {
            "current_streak": current.fillna(0).where(has_days),
            "longest_streak": by_student["size"].max().fillna(0).where(has_days),
            "absence_spells": now.spells.where(has_days),
            "spell_rate": rate(now.spells, now.enrolled),
            "days_since_absence": now.clock - newest,
        }
    )


def _earlier(now: Year, last: Year, before: Year) -> pd.DataFrame:
    """Last year, as a whole and against where the student stands this year, and the year before it."""
    reached, clock = now.clock.where(now.clock > 0), last.clock.where(last.clock > 0)
    ahead = last.events["clock"] - last.of_student(reached)
    to_the_end = last.of_student(clock) - last.events["clock"]

    def part(among: pd.Series, days: pd.Series) -> pd.Series:
        away = last.sums(absent=last.events["absent"] & among, exempt=last.events["exempt"] & among)
        return rate(away["absent"], days - away["exempt"])

    around = np.minimum(reached + 10, clock) - np.maximum(reached - 10, 0)
    return pd.DataFrame(
        {
            "last_year_rate": rate(last.totals["absent"], last.enrolled),
            "last_year_unexcused_rate": rate(last.totals["unexcused"], last.enrolled),
            "last_year_tardy_rate": rate(last.totals["tardy"], last.enrolled),
            "last_year_spell_rate": rate(last.spells, last.enrolled),
            "last_year_same_period_rate": part(ahead <= 0, np.minimum(reached, clock)),
            "last_year_same_weeks_rate": part((ahead > -10) & (ahead <= 10), around),
            "last_year_rest_rate": part(ahead > 0, clock - reached),
            "last_year_last_40_rate": part(to_the_end < 40, clock.clip(upper=40)),
            "year_before_rate": rate(before.totals["absent"], before.enrolled),
        }
    )
