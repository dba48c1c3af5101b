"""How old tonight's data is, in school days: per source, and for attendance per school.

Some lateness is told and the lists go out; beyond a limit they do not: a list made of old absences sends a
counselor to the wrong child. What is judged was known before the day, so that a night can be repeated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ews.config import Config
from ews.engine import Session
from ews.errors import DataRefused
from ews.school_calendar import school_year_of, start_of_day_utc
from ews.snapshot import calendar_frame
from ews.store.frames import newest_known_day, newest_known_day_by_school
from ews.store.ingest import used_sources

EVERY_DAY = {"attendance": "attendance records", "nurse_visits": "nurse visits"}
"""Sources in which something new is expected on every school day."""

_LEADING = "attendance"
"""Without it there is nothing to rank by: only its age refuses a night. The others are told of."""

_NAMED = 3


@dataclass(frozen=True)
class Freshness:
    """What is late tonight.

    Attributes
    ----------
    sources : dict
        For each source: ``newest`` (ISO date of its newest event known before the day, or null) and
        ``school_days_since`` (the district's school days after it and before the day, or null). A source
        without dates of its own has nulls.
    silent_schools : dict of str to int
        School days without attendance, by the school_id of every school of the roster for which more have
        passed than the district tolerates.
    sentences : list of str
        What people have to be told.
    """

    sources: dict[str, dict[str, Any]]
    silent_schools: dict[str, int]
    sentences: list[str]


def freshness(session: Session, day: dt.date, config: Config, roster: Mapping[str, str]) -> Freshness:
    """Return how late the sources are on a day.

    Parameters
    ----------
    roster : mapping of str to str
        The name of every school with students, by school_id.

    Raises
    ------
    DataRefused
        If more school days have passed since the newest attendance than the district accepts
        (``nightly.refuse_after_school_days``).
    """
    calendar = calendar_frame(session)
    year = school_year_of(calendar, day)
    if year is not None:
        calendar = calendar.loc[calendar["school_year"] == year]
    sources = _sources(session, day, config, calendar)
    _refuse_old(sources[_LEADING], config)
    limit = config.nightly.stale_after_school_days
    silent = _silent(session, day, config, calendar, roster, limit)
    return Freshness(sources, silent, [*_stale(sources, limit), *_silence(silent, roster, limit)])


def _sources(
    session: Session, day: dt.date, config: Config, calendar: pd.DataFrame
) -> dict[str, dict[str, Any]]:
    cut = start_of_day_utc(day, config.timezone)
    open_days = calendar.loc[calendar["instructional"], "date"].drop_duplicates()
    found: dict[str, dict[str, Any]] = {}
    for table, _ in used_sources(config):
        found[table.name] = {"newest": None, "school_days_since": None}
        newest = newest_known_day(session, table, day, cut) if table.date else None
        if newest is not None:
            found[table.name] = {
                "newest": newest.isoformat(),
                "school_days_since": _passed(open_days, newest, day),
            }
    return found


def _passed(open_days: pd.Series[Any], newest: dt.date, day: dt.date) -> int:
    """Return how many school days lie between two days, neither counted."""
    return int(((open_days > pd.Timestamp(newest)) & (open_days < pd.Timestamp(day))).sum())


def _refuse_old(attendance: Mapping[str, Any], config: Config) -> None:
    limit, passed = config.nightly.refuse_after_school_days, attendance["school_days_since"]
    if passed is None or passed <= limit:
        return
    raise DataRefused(
        f"the newest attendance is of {attendance['newest']}: {passed} school days have passed since",
        expected=f"at most {limit} (nightly.refuse_after_school_days)",
        where="the attendance extract",
        next_step="deliver newer attendance; until then the last complete lists stay as they are",
    )


def _silent(
    session: Session,
    day: dt.date,
    config: Config,
    calendar: pd.DataFrame,
    roster: Mapping[str, str],
    limit: int,
) -> dict[str, int]:
    """Return the schools of the roster whose attendance is late, each by its own calendar."""
    cut = start_of_day_utc(day, config.timezone)
    newest = newest_known_day_by_school(session, day, cut)
    silent = {}
    for school_id, own in calendar.loc[calendar["instructional"]].groupby("school_id"):
        if str(school_id) not in roster:
            continue
        since = newest.get(str(school_id), dt.date.min)
        before = own["date"].min().date() - dt.timedelta(days=1)
        passed = _passed(own["date"], max(since, before), day)
        if passed > limit:
            silent[str(school_id)] = passed
    return silent


def _stale(sources: Mapping[str, Mapping[str, Any]], limit: int) -> list[str]:
    return [
        f"The newest {words} are of {sources[source]['newest']}: "
        f"{sources[source]['school_days_since']} school days have passed since."
        for source, words in EVERY_DAY.items()
        if source in sources and (sources[source]["school_days_since"] or 0) > limit
    ]


def _silence(silent: Mapping[str, int], roster: Mapping[str, str], limit: int) -> list[str]:
    """Say which schools are silent, unless every one is: then the source is late, and that is said."""
    if not silent or len(silent) == len(roster):
        return []
    return [f"{_these(silent, roster)} sent no attendance for more than {limit} school days."]


def _these(silent: Mapping[str, int], roster: Mapping[str, str]) -> str:
    names: Sequence[str] = [roster[school_id] for school_id in sorted(silent)]
    if len(names) > _NAMED:
        return f"{len(names)} of {len(roster)} schools have"
    return f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'}"
