"""The calendar of a simulated school year: which days there are, and what is special about each.

All schools share one list of days; some are off at a level (parent conferences, grading days), and a
school may be closed on a day of its own (a failed boiler), which :mod:`ews.simulate.schools` draws.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ews.simulate import parameters as p

_DAY = np.timedelta64(1, "D")
_LENGTH = 178


@dataclass(frozen=True)
class SchoolYear:
    """One school year; T is its number of days with school at any level.

    Attributes
    ----------
    dates : (T,) datetime64[D]
    in_session : (3, T) bool, by level (elementary, middle, high)
    factor : (T,) season and weekday, multiplying the hazards of absence
    planned_shock : (T,) added to the hazard of a single day (eves of breaks, the last day)
    snow_chance : (T,) chance that the day turns out a snow day with school open
    gap : (T,) calendar days since the day of school before
    moving : (T,) whether students may move after the day (October to May)
    weekdays : every weekday from the first day to the last, holidays included
    data_days : number of leading days whose events are in the files (T in a finished year)
    """

    school_year: int
    dates: NDArray[Any]
    in_session: NDArray[np.bool_]
    factor: NDArray[np.float32]
    planned_shock: NDArray[np.float32]
    snow_chance: NDArray[np.float32]
    gap: NDArray[np.int64]
    moving: NDArray[np.bool_]
    weekdays: NDArray[Any]
    data_days: int

    @property
    def finished(self) -> bool:
        """Whether the files hold the year to its end."""
        return self.data_days == len(self.dates)


def school_year(year: int) -> SchoolYear:
    """Return the calendar of the school year that ends in the spring of ``year``.

    178 days from the Tuesday after Labor Day; elementary schools teach 176 of them, middle schools 177.
    """
    weekdays = _weekdays(year)
    dates = weekdays[~np.isin(weekdays, _holidays(year))][:_LENGTH]
    weekdays = weekdays[weekdays <= dates[-1]]
    month = dates.astype("datetime64[M]").astype(int) % 12 + 1
    gap = np.diff(dates, prepend=dates[0] - 60 * _DAY).astype(int)
    return SchoolYear(
        school_year=year,
        dates=dates,
        in_session=_in_session(dates),
        factor=_factor(dates, month),
        planned_shock=_planned_shock(dates, year),
        snow_chance=np.array([p.SNOW_BY_MONTH.get(int(each), 0.0) for each in month], dtype=np.float32),
        gap=gap,
        moving=(month >= 10) | (month <= 5),
        weekdays=weekdays,
        data_days=int((dates <= p.DATA_END).sum()),
    )


def _nth_weekday(year: int, month: int, weekday: int, n: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _weekdays(year: int) -> NDArray[Any]:
    start = _nth_weekday(year - 1, 9, 0, 1) + dt.timedelta(days=1)
    every = np.arange(np.datetime64(start), np.datetime64(f"{year}-06-30"))
    return every[np.is_busday(every)]


def _thanksgiving(year: int) -> np.datetime64:
    return np.datetime64(_nth_weekday(year - 1, 11, 3, 4))


def _holidays(year: int) -> NDArray[Any]:
    thursday = _thanksgiving(year)
    february = np.datetime64(_nth_weekday(year, 2, 0, 3))
    spring = np.datetime64(_nth_weekday(year, 4, 0, 2))
    memorial = np.datetime64(f"{year}-05-31")
    while not np.is_busday(memorial, weekmask="Mon"):
        memorial -= _DAY
    single = [
        np.datetime64(_nth_weekday(year - 1, 10, 0, 2)),
        np.datetime64(f"{year - 1}-11-11"),
        thursday,
        thursday + _DAY,
        np.datetime64(_nth_weekday(year, 1, 0, 3)),
        memorial,
        np.datetime64(f"{year}-06-19"),
    ]
    winter = np.arange(np.datetime64(f"{year - 1}-12-24"), np.datetime64(f"{year}-01-02"))
    weeks = [monday + np.arange(5) * _DAY for monday in (february, spring)]
    return np.concatenate([np.array(single), winter, *weeks])


def _in_session(dates: NDArray[Any]) -> NDArray[np.bool_]:
    in_session = np.ones((3, len(dates)), dtype=bool)
    in_session[0, [46, 118]] = False  # parent conferences
    in_session[1, 118] = False
    return in_session


def _factor(dates: NDArray[Any], month: NDArray[Any]) -> NDArray[np.float32]:
    weekday = (dates.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    by_month = np.array([p.MONTH_FACTOR[int(each)] for each in month])
    return np.asarray(by_month * np.array(p.WEEKDAY_FACTOR)[weekday], dtype=np.float32)


def _planned_shock(dates: NDArray[Any], year: int) -> NDArray[np.float32]:
    shock = np.zeros(len(dates), dtype=np.float32)
    shock[np.searchsorted(dates, _thanksgiving(year)) - 1] = p.EVE_OF_THANKSGIVING
    shock[np.searchsorted(dates, np.datetime64(f"{year - 1}-12-24")) - 1] = p.EVE_OF_WINTER_BREAK
    shock[-1] = p.LAST_DAY
    return shock
