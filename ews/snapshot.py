"""The barrier: what the district knew before the start of one day, and nothing else.

This is the only module that cuts rows by time. Training and nightly scoring both start here, so they
cannot differ, and features never receive a row that had not arrived.

*Known at* ``as_of`` means strictly before 00:00 local time of ``as_of``. Events dated on or after
``as_of`` are left out even when they were recorded in advance. An exit, or the end of a meal program,
is seen only once it is known; until then the spell is open.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import narwhals as nw
import pandas as pd

from ews.config import Config
from ews.engine import Engine, Frame
from ews.extracts.profiles import resolve
from ews.extracts.schema import (
    ATTENDANCE,
    CALENDAR,
    ENROLLMENTS,
    MEAL_PROGRAMS,
    NURSE_VISITS,
    SCHOOLS,
    Table,
)
from ews.school_calendar import school_year_of, start_of_day_utc
from ews.sources import AttendanceSource
from ews.store.frames import KNOWN, coverage, date_of, day_number, versions

_HINDSIGHT = dt.datetime(9999, 12, 1)
"""After everything that was ever recorded, and before the end that an open version carries."""

_WHERE = {"workspace", "mlflow", "district"}
"""Of a configuration, what says only whose and where (the folder it was read from is never dumped)."""


@dataclass(frozen=True)
class Snapshot:
    """The canonical tables as known at one ``as_of``.

    Attributes
    ----------
    as_of, as_of_day : date, int
        The decision day, and its day number.
    school_year : int
        The school year that ``as_of`` falls in (a summer day: the year to come).
    schools, calendar, enrollments, attendance, coverage : Frame
        One row per key: the version that was current.
    nurse_visits, meal_programs : Frame or None
        None where the district has no such source or does not let it be a feature.
    """

    session: Engine
    as_of: dt.date
    as_of_day: int
    school_year: int
    schools: Frame
    calendar: Frame
    enrollments: Frame
    attendance: Frame
    coverage: Frame
    nurse_visits: Frame | None
    meal_programs: Frame | None


def snapshot(session: Engine, as_of: dt.date, config: Config) -> Snapshot:
    """Return what was known strictly before 00:00 local time of ``as_of``.

    Parameters
    ----------
    session : Engine
        A session with the store attached, or a cluster that holds its tables.
    """
    return _snapshot(session, as_of, start_of_day_utc(as_of, config.timezone), config)


def hindsight(session: Engine, as_of: dt.date, config: Config) -> Snapshot:
    """Return events before ``as_of`` with everything the store knows today: for labels only."""
    return _snapshot(session, as_of, _HINDSIGHT, config)


def _snapshot(session: Engine, as_of: dt.date, cut: dt.datetime, config: Config) -> Snapshot:
    as_of_day = day_number(as_of)
    covered = _known(coverage(session), cut).filter(nw.col("day") < as_of_day)
    known = _known(versions(session, CALENDAR), cut)
    calendar = session.materialize(_taken(known, covered, config), "calendar_as_known")
    return Snapshot(
        session=session,
        as_of=as_of,
        as_of_day=as_of_day,
        school_year=_school_year(session, calendar, as_of),
        schools=_known(versions(session, SCHOOLS), cut),
        calendar=calendar,
        enrollments=_spells(session, cut, as_of_day),
        attendance=_events(session, ATTENDANCE, cut, as_of_day).filter(nw.col("kind") != "present"),
        coverage=covered,
        nurse_visits=_health_events(session, config, cut, as_of_day),
        meal_programs=_meal_spells(session, config, cut, as_of_day),
    )


def beside_the_day(session: Engine, config: Config) -> tuple[str, str, frozenset[str]]:
    """Return what the frames of a snapshot, and of features, depend on besides the day.

    The configuration; how attendance is reported, which a profile in a file of its own may say; and which
    tables there are.
    """
    source, _ = resolve(ATTENDANCE, config.sources.attendance, config)
    return (
        config.model_dump_json(exclude=_WHERE),
        source.model_dump_json(),
        frozenset(session.loaded_tables()),
    )


def calendar_frame(session: Engine) -> pd.DataFrame:
    """Return the newest known calendar: one row per school_id and date, with school_year, instructional."""
    frame: pd.DataFrame = session.collect(_known(versions(session, CALENDAR), _HINDSIGHT))
    frame["date"] = pd.to_datetime(frame["day"], unit="D")
    return frame[["school_id", "date", "school_year", "instructional"]]


def covered_days(session: Engine) -> pd.DataFrame:
    """Return the days for which attendance was ever delivered: one row per school_id and date."""
    frame: pd.DataFrame = session.collect(covered_in_hindsight(session))
    return frame.assign(date=pd.to_datetime(frame["day"], unit="D"))[["school_id", "date"]]


def covered_in_hindsight(session: Engine) -> Frame:
    """Return the days of :func:`covered_days` as a lazy frame: ``school_id`` and ``day``, for labels only."""
    return _known(coverage(session), _HINDSIGHT).select("school_id", "day").unique()


def newest_attendance_day(session: Engine) -> dt.date | None:
    """Return the newest day for which any school delivered attendance; None before the first load."""
    newest = session.collect(coverage(session).select(nw.col("day").max()))["day"].iloc[0]
    return None if pd.isna(newest) else date_of(newest)


def _taken(calendar: Frame, covered: Frame, config: Config) -> Frame:
    """Leave out, under daily reporting, the days on which a school took no attendance.

    Such a day, before the newest one that the school delivered, is neither enrolled nor absent: a day that
    was not recorded is not a day on which everybody came. Where only exceptions are reported a day without
    a row cannot be told from a day without an absence, and counts.
    """
    source, _ = resolve(ATTENDANCE, config.sources.attendance, config)
    if not isinstance(source, AttendanceSource) or source.reporting != "daily":
        return calendar
    newest = covered.group_by("school_id").agg(nw.col("day").max().alias("newest"))
    days = covered.filter(~nw.col("stated")).select("school_id", "day").unique()
    marked = (
        calendar.join(newest, on="school_id", how="left")
        .join(days.with_columns(taken=nw.lit(1)), on=["school_id", "day"], how="left")
        .with_columns(
            counts=nw.col("taken").is_null().__invert__()
            | nw.col("newest").is_null()
            | (nw.col("day") > nw.col("newest"))
        )
    )
    return marked.with_columns(instructional=nw.col("instructional") & nw.col("counts")).drop(
        "newest", "taken", "counts"
    )


def _known(frame: Frame, cut: dt.datetime) -> Frame:
    # A version ceases at known_until, so the one that replaced it there counts only from then on.
    at = _moment(cut)
    return frame.filter(nw.col("known_from") < at, nw.col("known_until") >= at).drop(*KNOWN)


def _moment(cut: dt.datetime) -> nw.Expr:
    # As text: an engine that knows zones would move a naive time by the one that its process runs in.
    return nw.lit(cut.isoformat(sep=" ")).cast(nw.Datetime("us"))


def _events(session: Engine, table: Table, cut: dt.datetime, as_of_day: int) -> Frame:
    return _known(versions(session, table), cut).filter(nw.col("day") < as_of_day)


def _spells(session: Engine, cut: dt.datetime, as_of_day: int) -> Frame:
    known = _known(versions(session, ENROLLMENTS), cut)
    return _open_until_known(known, "exit_day", cut).filter(nw.col("entry_day") < as_of_day)


def _open_until_known(frame: Frame, end: str, cut: dt.datetime) -> Frame:
    seen = nw.when(nw.col("end_known_from") < _moment(cut)).then(nw.col(end))
    return frame.with_columns(seen.alias(end)).drop("end_known_from")


def _health_events(session: Engine, config: Config, cut: dt.datetime, as_of_day: int) -> Frame | None:
    source = config.sources.nurse_visits
    if source is None or source.use != "feature" or NURSE_VISITS.name not in session.loaded_tables():
        return None
    return _events(session, NURSE_VISITS, cut, as_of_day)


def _meal_spells(session: Engine, config: Config, cut: dt.datetime, as_of_day: int) -> Frame | None:
    source = config.sources.meal_programs
    if source is None or source.use != "feature" or MEAL_PROGRAMS.name not in session.loaded_tables():
        return None
    known = _known(versions(session, MEAL_PROGRAMS), cut)
    return _open_until_known(known, "end_day", cut).filter(nw.col("start_day") < as_of_day)


def _school_year(session: Engine, calendar: Frame, as_of: dt.date) -> int:
    ends = calendar.group_by("school_year").agg(nw.col("day").max())
    return session.number(ends, "school_year", _year_of, as_of)


def _year_of(ends: pd.DataFrame, as_of: dt.date) -> int:
    ends["date"] = pd.to_datetime(ends["day"], unit="D")
    year = school_year_of(ends, as_of)
    # Past the last calendar the newest year is over: nobody is enrolled in the one after it yet.
    return int(ends["school_year"].max()) + 1 if year is None else year
