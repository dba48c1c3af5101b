"""What was done already: the first contact of a school year, and the days absent before and after it.

Days are counted on the student's own clock, with everything known before ``as_of`` and nothing else: the
same barrier and the same rules of absence that the figures on the list have. Before and after is no cause.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import narwhals as nw
import pandas as pd

from ews.attendance_rules import absent_units, exempt_days
from ews.config import Config
from ews.engine import Session
from ews.extracts.facts import DAY_UNITS
from ews.outreach.figures import amount
from ews.school_days import SchoolDays, place
from ews.snapshot import snapshot
from ews.store.frames import day_number

WINDOW = 20
"""School days before and after a contact: about a month."""

_TRIED = ("not_reached", "message_left")


@dataclass(frozen=True)
class FirstContact:
    """The contact that a student's row tells of.

    Attributes
    ----------
    day : date
        Its day.
    kind, outcome : str
        As the district's codes are mapped; outcome is "" where none is given.
    reached : bool
        Whether the family may have been reached; otherwise it was tried.
    count : int
        All contacts and tries of the school year so far.
    """

    day: dt.date
    kind: str
    outcome: str
    reached: bool
    count: int


@dataclass(frozen=True)
class Around:
    """Days absent of days counted, in the window before a contact and in that after it."""

    absent_before: float
    days_before: int
    absent_after: float
    days_after: int


def contact_sentences(
    session: Session, as_of: dt.date, config: Config, contacts: pd.DataFrame, students: pd.Series[str]
) -> dict[str, str]:
    """Return student_id -> what a list says of the contacts with a student.

    Parameters
    ----------
    session : Session
        A session with the store attached.
    contacts : DataFrame
        What :func:`ews.extracts.contacts.read_contacts` returned.
    students : Series
        The listed students.
    """
    theirs = contacts.loc[contacts["student_id"].isin(set(students))]
    if theirs.empty:
        return {}
    known = snapshot(session, as_of, config)
    some = nw.col("student_id").is_in(sorted(set(theirs["student_id"])))
    few = replace(known, enrollments=known.enrollments.filter(some), attendance=known.attendance.filter(some))
    school_days = place(few, first_year=known.school_year)
    begins = _first_days(school_days, known.school_year)
    firsts = first_contacts(theirs, begins)
    found = _around(school_days, config, {student: first.day for student, first in firsts.items()})
    return {student: sentence(first, found.get(student)) for student, first in firsts.items()}


def first_contacts(contacts: pd.DataFrame, begins: Mapping[str, dt.date]) -> dict[str, FirstContact]:
    """Return the first contact of every student on or after the first day of the year at school.

    The first in which somebody may have been reached; where there is none, the first try.
    """
    found = {}
    ordered = contacts.sort_values(["student_id", "date", "kind", "outcome"])
    for student, rows in ordered.groupby("student_id"):
        begin = begins.get(str(student))
        these = rows.loc[rows["date"] >= begin] if begin is not None else rows.iloc[:0]
        if these.empty:
            continue
        reached = these.loc[~these["outcome"].isin(_TRIED)]
        first = (these if reached.empty else reached).iloc[0]
        found[str(student)] = FirstContact(
            first["date"], first["kind"], first["outcome"], not reached.empty, len(these)
        )
    return found


def sentence(first: FirstContact, around: Around | None) -> str:
    """Say it for one row of a list.

    Examples
    --------
    >>> contact = FirstContact(dt.date(2025, 10, 3), "call", "reached", True, 1)
    >>> sentence(contact, Around(4.0, 20, 1.0, 7))
    'In contact since Oct 3 (call, reached): absent 4 of the 20 school days before, 1 of 7 so far after'
    """
    verb = "In contact" if first.reached else "Tried"
    how = ", ".join(each.replace("_", " ") for each in (first.kind, first.outcome) if each)
    more = f"; {first.count} contacts so far" if first.count > 1 else ""
    begun = f"{verb} since {first.day:%b} {first.day.day} ({how}{more})"
    if around is None or not (around.days_before or around.days_after):
        return begun
    return f"{begun}: {_before(around)}, {_after(around)}"


def _before(around: Around) -> str:
    if not around.days_before:
        return "no school day before"
    days = "school day" if around.days_before == 1 else "school days"
    return f"absent {amount(around.absent_before)} of the {around.days_before} {days} before"


def _after(around: Around) -> str:
    if not around.days_after:
        return "no school day counted since"
    missed = "none" if around.absent_after == 0 else amount(around.absent_after)
    if around.days_after < WINDOW:
        return f"{missed} of {around.days_after} so far after"
    return f"{missed} of the {around.days_after} after"


def _first_days(school_days: SchoolDays, school_year: int) -> dict[str, dt.date]:
    """Return the first day of the school year of every student's first school in it."""
    spells = school_days.spells.filter(nw.col("school_year") == school_year)
    years = school_days.school_years.filter(nw.col("school_year") == school_year)
    joined = spells.join(years.select("school_id", "first_day"), on="school_id", how="inner")
    rows = school_days.snapshot.session.collect(
        joined.group_by("student_id").agg(nw.col("first_day").min().alias("first_day"))
    )
    days = pd.to_datetime(rows["first_day"], unit="D").dt.date
    return dict(zip(rows["student_id"], days, strict=True))


def _around(school_days: SchoolDays, config: Config, days: Mapping[str, dt.date]) -> dict[str, Around]:
    """Return the days around a contact; the day of the contact itself is in neither window."""
    counted = _counted_days(school_days, config)
    counted = counted.loc[counted["student_id"].isin(set(days))].sort_values(["student_id", "day"])
    at = counted["student_id"].map({student: day_number(day) for student, day in days.items()})
    each = counted["student_id"]
    number = counted.groupby("student_id").cumcount()
    earlier = (counted["day"] < at).groupby(each).transform("sum")
    reached = (counted["day"] <= at).groupby(each).transform("sum")
    before = counted.loc[(number < earlier) & (number >= earlier - WINDOW)]
    after = counted.loc[(number >= reached) & (number < reached + WINDOW)]
    sums = [part.groupby("student_id")[["absent", "counts"]].sum() for part in (before, after)]
    students = sorted({*sums[0].index, *sums[1].index})
    table = pd.concat([each.reindex(students, fill_value=0) for each in sums], axis=1)
    rows: list[list[float]] = table.to_numpy(dtype=float).tolist()
    return {
        str(student): Around(missed / DAY_UNITS, int(of), missed_after / DAY_UNITS, int(of_after))
        for student, (missed, of, missed_after, of_after) in zip(table.index, rows, strict=True)
    }


def _counted_days(school_days: SchoolDays, config: Config) -> pd.DataFrame:
    """Return every day of the students' clocks: student_id, day, absent (units), counts (0 if exempt)."""
    session = school_days.snapshot.session
    spells = session.collect(school_days.spells.select("student_id", "school_id", "start", "end"))
    numbers = session.collect(
        school_days.days.filter(nw.col("instructional") == 1).select("school_id", "day")
    )
    events = session.collect(
        school_days.events.with_columns(
            absent=absent_units(config.definition), exempt=exempt_days(config.definition)
        ).select("student_id", "day", "absent", "exempt")
    )
    rows = spells.merge(numbers, on="school_id")
    rows = rows.loc[(rows["day"] >= rows["start"]) & (rows["day"] <= rows["end"]), ["student_id", "day"]]
    found: pd.DataFrame = rows.merge(events, on=["student_id", "day"], how="left").fillna(
        {"absent": 0, "exempt": 0}
    )
    return found.assign(counts=1 - found["exempt"])
