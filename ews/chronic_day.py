"""The day from which a student stays chronically absent: before it, a list could still have come in time."""

from __future__ import annotations

import datetime as dt

import narwhals as nw
import numpy as np
import pandas as pd

from ews.attendance_rules import absent_units, exempt_days
from ews.config import Config
from ews.definitions import Definition
from ews.engine import Engine, Frame
from ews.extracts.facts import DAY_UNITS
from ews.school_days import SchoolDays, place
from ews.snapshot import calendar_frame, hindsight
from ews.store.frames import date_of


def chronic_for_good(
    session: Engine, config: Config, school_year: int, students: Frame | None = None
) -> pd.DataFrame:
    """Return since when students were chronically absent without a day below the threshold after it.

    Grain: one row per student who ended a complete school year chronically absent (across schools, whatever
    the grain of the definition): ``student_id``, ``day`` (date). A rate falls on every day attended, so a
    student may be over the threshold and under it again; the last time of getting over it counts.

    Parameters
    ----------
    students : Frame, optional
        The only ones to look at: a frame of the same engine with their ``student_id``.
    """
    calendar = calendar_frame(session)
    last = pd.Timestamp(calendar.loc[calendar["school_year"] == school_year, "date"].max()).date()
    school_days = place(hindsight(session, last + dt.timedelta(days=1), config), first_year=school_year)
    spells, events = _of_year(session, school_days, school_year, config.definition, students)
    clocks = _clocks(spells, events, config.definition)
    return _dated(session, school_days, school_year, clocks, spells)


def _of_year(
    session: Engine, school_days: SchoolDays, year: int, definition: Definition, students: Frame | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    own, absences = (
        each if students is None else each.join(students, on="student_id", how="semi")
        for each in (school_days.spells, school_days.events)
    )
    spells = session.collect(own.filter(nw.col("school_year") == year))
    events = absences.filter(nw.col("school_year") == year).with_columns(
        absent=absent_units(definition), exempt=exempt_days(definition)
    )
    kept = session.collect(events.select("student_id", "clock", "absent", "exempt"))
    return spells, kept.sort_values(["student_id", "clock"], ignore_index=True)


def _clocks(spells: pd.DataFrame, events: pd.DataFrame, definition: Definition) -> pd.DataFrame:
    """Return student_id and the clock on which it began, for those who ended the year chronically absent."""
    total = spells.groupby("student_id")["days"].sum()
    own = events.groupby("student_id", sort=False)
    units, exempt = own["absent"].cumsum().to_numpy(), own["exempt"].cumsum().to_numpy()
    end = events["student_id"].map(total).to_numpy()
    # A rate falls until the next exception: it is lowest on the day before it.
    until = own["clock"].shift(-1).fillna(pd.Series(end + 1)).to_numpy(dtype=np.int64) - 1
    stays = _is_chronic(units, until - exempt, definition)
    frame = events.assign(stays=stays, exempt=exempt, last=until == end)
    ended = frame.groupby("student_id")["stays"].transform("last").to_numpy()
    # After the last exception that did not stay, every one stays: the first of these is the day.
    falls_later = (~frame["stays"])[::-1].groupby(frame["student_id"][::-1]).cumsum()[::-1] > 0
    first = frame.loc[ended & ~falls_later.to_numpy()].drop_duplicates("student_id")
    clock = np.maximum(first["clock"], definition.min_enrolled_days + first["exempt"])
    return pd.DataFrame({"student_id": first["student_id"], "clock": clock}).reset_index(drop=True)


def _is_chronic(units: np.ndarray, enrolled: np.ndarray, definition: Definition) -> np.ndarray:
    """Whether absence is at the threshold on the minimum of days; whole numbers, as everywhere."""
    if definition.measure == "days":
        missed, bound = units, np.full(len(units), (definition.days or 0) * DAY_UNITS)
    else:
        share = definition.exact_threshold
        missed, bound = units * share.denominator, enrolled * DAY_UNITS * share.numerator
    reached = missed >= bound if definition.inclusive else missed > bound
    return np.asarray(reached & (enrolled >= definition.min_enrolled_days))


def _dated(
    session: Engine, school_days: SchoolDays, year: int, clocks: pd.DataFrame, spells: pd.DataFrame
) -> pd.DataFrame:
    instructional = school_days.days.filter(nw.col("school_year") == year, nw.col("instructional") == 1)
    numbers = session.collect(instructional.select("school_id", "number", "day"))
    placed = clocks.merge(spells, on="student_id")
    placed = placed.loc[placed["clock"].between(placed["before"] + 1, placed["before"] + placed["days"])]
    placed = placed.assign(number=placed["number_before"] + placed["clock"] - placed["before"])
    dated = placed.merge(numbers, on=["school_id", "number"])
    found = pd.DataFrame({"student_id": dated["student_id"], "day": [date_of(each) for each in dated["day"]]})
    return found.sort_values("student_id", ignore_index=True)
