"""Whether the newest records are such as the weeks before brought: what stops arriving, what is coded anew.

A spread over a year, or over twenty days, changes slowly: a fault that began this week shows in it in two. So
the records of the last three school days are held against those of the weeks before, each window as it was
known on the morning after it (later corrections would make the newest days look odd).

What students of a school have in common (weather, a wave of flu, a field trip) moves all of them at once, so
days are the sample, not students: the spread of the earlier windows is the yardstick. More absences than
usual are never a finding, they are what winters are made of. Findings are what no common shock does: hardly
anything of one kind arrives any more, or unexcused days stand where excused ones did (or the reverse).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ews.config import Config
from ews.engine import Session
from ews.school_calendar import district_days, school_year_of, start_of_day_utc
from ews.snapshot import calendar_frame
from ews.store.window_counts import Window, attendance_by_window, visits_by_window

WINDOW = 3
"""School days: what goes wrong is seen on the third night."""
_BEFORE = 40
_LEAST_WINDOWS = 12

_HARDLY_ANY, _HARDLY_ANY_AT_A_SCHOOL = 1 / 4, 1 / 10
_SHARE_MOVED = 0.20
_BY_CHANCE = 0.002
"""The share of nights with a finding that normal deviations would bring, over all comparisons of a night."""
_QUARTILE = 0.6745
"""Of the normal distribution, in standard deviations."""
_WIDER = 1.15
"""Deviations between simulated windows without a cause are so much wider than normal ones."""

_VISITS = "visits"
_GONE = {"absences": "absences", "part_days": "part days", "tardies": "tardies", _VISITS: "nurse visits"}
_SHARES = {"unexcused": "unexcused days among the absences"}


@dataclass(frozen=True)
class LastDays:
    """One comparison of the newest records with those of the weeks before.

    Attributes
    ----------
    figure : str
        What was counted.
    school_id : str or None
        None for the district.
    now, usual : float
        Records of the last three school days and of an earlier window like them; or shares.
    deviations : float
        The distance in standard deviations between windows.
    limit : float
        The number of deviations that all comparisons of a night together rarely reach by chance.
    rarer : bool
        Of a share: whether the kind that lost some has itself become rare. In a wave of flu excused days
        are most absences, and there are as many unexcused ones as ever.
    """

    figure: str
    school_id: str | None
    now: float
    usual: float
    deviations: float
    limit: float
    rarer: bool = True

    @property
    def alarms(self) -> bool:
        """Whether somebody has to look at what is delivered."""
        if abs(self.deviations) <= self.limit:
            return False
        if self.figure in _SHARES:
            return self.rarer and abs(self.now - self.usual) > _SHARE_MOVED
        return self.now < self.usual * (_HARDLY_ANY if self.school_id is None else _HARDLY_ANY_AT_A_SCHOOL)

    @property
    def stands_out(self) -> bool:
        """Whether it is told of: here, only what calls somebody."""
        return self.alarms

    @property
    def key(self) -> str:
        """A name by which two nights are compared."""
        return f"last days: {self.figure} {self.school_id or ''}".strip()

    def sentence(self, names: Mapping[str, str]) -> str:
        """Say it for people."""
        where = f" at {names.get(self.school_id, 'a school')}" if self.school_id is not None else ""
        if self.figure in _SHARES:
            return (
                f"The share of {_SHARES[self.figure]}{where} is {100 * self.now:.0f}% in the last {WINDOW} "
                f"school days; it was {100 * self.usual:.0f}% in the weeks before. "
                "Look at what the codes mean now."
            )
        return (
            f"Hardly any {_GONE[self.figure]}{where} arrived in the last {WINDOW} school days: "
            f"{self.now:,.0f}; {self.usual:,.0f} are usual. Look at what is delivered."
        )


def last_days(session: Session, day: dt.date, config: Config, late: int = 0) -> list[LastDays]:
    """Compare the newest records with those of the weeks before, in the district and at every school.

    Early in a school year, before there are enough weeks, nothing is compared; nor is a school without any
    record in the last days: that one is late, which :mod:`ews.nightly.freshness` tells of.

    Parameters
    ----------
    late : int
        School days after the newest attendance and before the day: every window is looked at so much later.
    """
    calendar = calendar_frame(session)
    year = school_year_of(calendar, day)
    days = [each for each in district_days(calendar, year) if each < day][-_BEFORE - late :] if year else []
    if len(days) < _LEAST_WINDOWS + 2 * WINDOW + late:
        return []
    windows = _windows(days, day, late, config.timezone)
    counted = _counted(session, windows)
    found = [_gone(name, None, counted[name].sum(axis=1)) for name in _GONE if name in counted]
    found += [_share(None, counted["unexcused"].sum(axis=1), counted["absences"].sum(axis=1))]
    open_windows = _open(calendar, days[: len(days) - late])
    for school in sorted({str(each) for each in counted["absences"]} & set(open_windows)):
        usable = open_windows[school][counted["absences"].index]
        if usable[-1] and usable.sum() > _LEAST_WINDOWS + WINDOW and _any_record(counted, school):
            absences, unexcused = (counted[name][school][usable] for name in ("absences", "unexcused"))
            found += [_gone("absences", school, absences), _share(school, unexcused, absences)]
    return judged(found)


def _windows(days: Sequence[dt.date], day: dt.date, late: int, timezone: str) -> list[Window]:
    mornings = [*days[1:], day]
    ends = range(WINDOW - 1, len(days) - late)
    return [(days[e - WINDOW + 1], days[e], start_of_day_utc(mornings[e + late], timezone)) for e in ends]


def _any_record(counted: Mapping[str, pd.DataFrame], school: str) -> bool:
    return any(counted[name][school].iloc[-1] > 0 for name in ("absences", "tardies"))


def _counted(session: Session, windows: Sequence[Window]) -> dict[str, pd.DataFrame]:
    """Return records by window (rows) and school (columns), for every kind; visits have no school."""
    index = range(len(windows))
    rows = attendance_by_window(session, windows)
    found = {
        name: rows.pivot_table(name, "number", "school_id", "sum").reindex(index).fillna(0.0)
        for name in ("absences", "unexcused", "part_days", "tardies")
    }
    if "nurse_visits" in session.loaded_tables():
        visits = visits_by_window(session, windows).set_index("number")[["visits"]]
        found[_VISITS] = visits.reindex(index).fillna(0.0)
    # Nothing was known of a window on whose morning nothing had been loaded; the newest one stays.
    loaded = (found["absences"].sum(axis=1) > 0).to_numpy(copy=True)
    loaded[-1] = True
    return {name: counts[loaded] for name, counts in found.items()}


def _open(calendar: pd.DataFrame, days: Sequence[dt.date]) -> dict[str, np.ndarray]:
    """Return for every school which windows consist of its own school days alone."""
    own = calendar.loc[calendar["instructional"] & calendar["date"].isin(pd.to_datetime(list(days)))]
    opened = own.pivot_table(index="date", columns="school_id", aggfunc="size", fill_value=0)
    whole = (opened.reindex(pd.to_datetime(list(days)), fill_value=0) > 0).rolling(WINDOW).sum() == WINDOW
    return {str(school): whole[school].to_numpy()[WINDOW - 1 :] for school in whole}


def _gone(figure: str, school: str | None, counts: pd.Series[Any]) -> LastDays:
    """Hold the newest count against the earlier ones that share no day with it, on the scale of its root."""
    now, before = float(counts.iloc[-1]), counts.iloc[:-WINDOW].to_numpy(dtype=float)
    if len(before) < _LEAST_WINDOWS:
        return LastDays(figure, school, now, 0.0, 0.0, 0.0)
    roots = np.sqrt(before + 3 / 8)
    middle = float(np.median(roots))
    # Of the lower side, for a wave of flu widens the other; and no wider than its quarter, for a few windows
    # that were looked at before their records had come would widen it until nothing stands out.
    below = float(np.sqrt(((roots[roots <= middle] - middle) ** 2).mean()))
    quarter = (middle - float(np.quantile(roots, 0.25))) / _QUARTILE
    spread = max(0.5, min(below, quarter))  # 1/2 is that of a Poisson count
    return LastDays(figure, school, now, middle**2, (float(np.sqrt(now + 3 / 8)) - middle) / spread, 0.0)


def _share(school: str | None, parts: pd.Series[Any], wholes: pd.Series[Any]) -> LastDays:
    """Hold a share against that of the earlier windows, which differ by more than a coin's luck."""
    part, whole = float(parts.iloc[-1]), float(wholes.iloc[-1])
    earlier, all_ = parts.iloc[:-WINDOW].to_numpy(dtype=float), wholes.iloc[:-WINDOW].to_numpy(dtype=float)
    earlier, all_ = earlier[all_ > 0], all_[all_ > 0]
    if len(all_) < _LEAST_WINDOWS or whole == 0:
        return LastDays("unexcused", school, 0.0, 0.0, 0.0, 0.0)
    usual = (earlier.sum() + 0.5) / (all_.sum() + 1)
    luck = usual * (1 - usual)
    more = max(1.0, float(((earlier - all_ * usual) ** 2 / (all_ * luck)).mean()))
    now = part / whole
    losing, lost = (part, earlier) if now < usual else (whole - part, all_ - earlier)
    rarer = bool(losing < np.median(lost) / 2)
    deviations = float((now - usual) / np.sqrt(more * luck / whole))
    return LastDays("unexcused", school, now, usual, deviations, 0.0, rarer)


def judged(found: Sequence[LastDays]) -> list[LastDays]:
    """Give every comparison the limit that all of them together rarely reach."""
    from scipy.stats import norm

    limit = float(norm.isf(_BY_CHANCE / max(1, len(found)) / 2)) * _WIDER
    return [replace(each, limit=limit) for each in found]
