"""The rules of absence, each exactly once, as expressions on whole numbers.

Absence is counted in ten-thousandths of a day (``units``), minutes in thousandths, and thresholds are
ratios of whole numbers, so that exactly 10% is exactly 10% on every engine. Sources: EDFacts FS195 (half
a day or more is a day; at least 10 days enrolled; any reason), DOMAIN 2, and docs/definitions.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from ews.definitions import USUAL_COUNTING, Definition, Rules
from ews.engine import Frame
from ews.extracts.facts import DAY_UNITS, KIND_RANKS
from ews.school_days import MINUTE_UNITS, SchoolDays

HALF_DAY = DAY_UNITS // 2
SCHOOL_MONTH_DAYS = 20
"""Four school weeks of five days (Ohio Revised Code 3313.62), counted from a school's first day."""

_MISSED_MORE_THAN = (3_400, 6_700)
"""Wisconsin: attended less than 66% is half a day of absence, attended less than 33% a whole one."""

_WHOLE_UNLESS_STATED = "in_school_suspension"


def is_kind(*kinds: str) -> nw.Expr:
    """Return whether a placed event is of one of these kinds."""
    return nw.col("kind_rank").is_in([KIND_RANKS[kind] for kind in kinds])


def absent_units(definition: Rules) -> nw.Expr:
    """Return what a placed event adds to the numerator, in ten-thousandths of a day.

    With ``partial_day: half`` a day of which half or more was missed is a whole day and less is none;
    with ``fraction`` a part of a day counts as that part, with ``whole`` only a day missed whole, and
    with ``thirds`` a day is attended whole, half or not. A tardy counts only through a stated part of the
    day; unless a definition says otherwise, in-school suspension is attendance and an exempt day is in
    neither numerator nor denominator.
    """
    counted = nw.when(_counts_as("absence", definition)).then(_part_of_day(definition)).otherwise(0)
    return counted.cast(nw.Int64)


def exempt_days(definition: Rules | None = None) -> nw.Expr:
    """Return what a placed event takes out of the denominator: 1 for an exempt day, of half or more."""
    neither = is_kind("exempt") if definition is None else _counts_as("neither", definition)
    return nw.when(neither & (_missed(definition) >= HALF_DAY)).then(1).otherwise(0).cast(nw.Int64)


def absent_minutes(definition: Rules) -> nw.Expr:
    """Return the minutes that a placed event adds to the numerator, in thousandths.

    Needs ``minutes`` (delivered, or null) and ``day_minutes`` (the day's, in thousandths) beside the
    event. Without minutes the part of the day stands for them, rounded down to a thousandth.
    """
    counted = nw.when(_counts_as("absence", definition)).then(_missed_minutes(definition)).otherwise(0)
    return counted.cast(nw.Int64)


def exempt_minutes(definition: Rules) -> nw.Expr:
    """Return the minutes that a placed event takes out of the denominator, in thousandths."""
    counted = nw.when(_counts_as("neither", definition)).then(_missed_minutes(definition)).otherwise(0)
    return counted.cast(nw.Int64)


def totals(school_days: SchoolDays, definition: Definition, *, by_school: bool = False) -> Frame:
    """Return days enrolled and absent so far.

    Grain: one row per student and school year (with ``by_school`` also per school): ``enrolled_days``
    and ``absence_units``. The rate follows the student across schools unless asked by school.
    """
    keys = ["student_id", "school_year", *(["school_id"] if by_school else [])]
    return tallies(school_days, [definition], by_school=by_school).select(
        *keys,
        nw.col("enrolled_days_0").alias("enrolled_days"),
        nw.col("absence_units_0").alias("absence_units"),
    )


def tallies(school_days: SchoolDays, definitions: Sequence[Rules], *, by_school: bool) -> Frame:
    """Return days enrolled and absent under several definitions, in one pass over the events.

    Grain as in :func:`totals`; ``enrolled_days_<i>`` and ``absence_units_<i>`` of the i-th definition.
    """
    keys = ["student_id", "school_year", *(["school_id"] if by_school else [])]
    enrolled = school_days.spells.group_by(*keys).agg(nw.col("days").sum().cast(nw.Int64).alias("spell_days"))
    numbered = list(enumerate(definitions))
    weighed = school_days.events.with_columns(
        *[absent_units(each).alias(f"absent_{i}") for i, each in numbered],
        *[exempt_days(each).alias(f"exempt_{i}") for i, each in numbered],
    )
    sums = [nw.col(f"{name}_{i}").sum().cast(nw.Int64) for i, _ in numbered for name in ("absent", "exempt")]
    return (
        enrolled.join(weighed.group_by(*keys).agg(*sums), on=keys, how="left")
        .with_columns(
            *[
                (nw.col("spell_days") - nw.col(f"exempt_{i}").fill_null(0)).alias(f"enrolled_days_{i}")
                for i, _ in numbered
            ],
            *[nw.col(f"absent_{i}").fill_null(0).alias(f"absence_units_{i}") for i, _ in numbered],
        )
        .select(*keys, *[f"{name}_{i}" for i, _ in numbered for name in ("enrolled_days", "absence_units")])
    )


def rate(units: nw.Expr, days: nw.Expr) -> nw.Expr:
    """Return absence as a fraction of days in [0, 1]; null without a day (missing is not zero)."""
    return nw.when(days > 0).then(units / (days * float(DAY_UNITS)))


def is_at_threshold(definition: Rules) -> nw.Expr:
    """Return whether absence reaches the bound of the definition, exactly.

    Uses ``absence_units`` and ``enrolled_days``; for minutes ``absence_minutes`` and ``enrolled_minutes``,
    for hours ``absence_minutes`` and, with a bound for the month, ``month_minutes`` (the most of any).
    """
    if definition.measure == "days":
        reached = _reaches(nw.col("absence_units"), nw.lit((definition.days or 0) * DAY_UNITS), definition)
    elif definition.measure == "minutes":
        minutes = nw.col("enrolled_minutes")
        reached = (minutes > 0) & _reaches_share(nw.col("absence_minutes"), minutes, definition)
    elif definition.measure == "hours":
        reached = _reaches_hours(definition)
    else:
        reached = _reaches_share(nw.col("absence_units"), nw.col("enrolled_days") * DAY_UNITS, definition)
    return reached & (nw.col("enrolled_days") > 0)


def is_counted(definition: Rules) -> nw.Expr:
    """Return whether a student is in the rate at all: the minimum of days enrolled, and what else is asked.

    Uses ``grade`` only where prekindergarten is out, and ``stays`` only where leavers are.
    """
    counted = nw.col("enrolled_days") >= definition.min_enrolled_days
    if definition.min_attended_days:
        attended = nw.col("enrolled_days") * DAY_UNITS - nw.col("absence_units")
        counted = counted & (attended >= definition.min_attended_days * DAY_UNITS)
    if definition.leavers == "out":
        counted = counted & nw.col("stays")
    if definition.prekindergarten == "out":
        counted = counted & (nw.col("grade") != "PK")
    return counted


def is_chronic(definition: Rules) -> nw.Expr:
    """Return chronic absence: absence at the threshold, by a student who is in the rate."""
    return is_at_threshold(definition) & is_counted(definition)


def absences_left(definition: Definition) -> nw.Expr:
    """Return the most further whole days of absence with which the year ends below the threshold.

    Uses ``absence_units``, ``enrolled_days`` and ``days_remaining`` (the days to the last one of the
    school's year, if the student stays). With threshold p/q and E days in all, the rate after k more
    days is below p/q when (units + k·U)·q < p·E·U; 0 when no day is left.
    """
    threshold = definition.exact_threshold
    days = nw.col("enrolled_days") + nw.col("days_remaining")
    room = days * (threshold.numerator * DAY_UNITS) - nw.col("absence_units") * threshold.denominator
    step = DAY_UNITS * threshold.denominator
    if definition.measure == "days":
        room, step = (definition.days or 0) * DAY_UNITS - nw.col("absence_units"), DAY_UNITS
    # Below the bound (inclusive definition) or at it (exclusive): one unit of room decides.
    most = (room - 1) // step if definition.inclusive else room // step
    return nw.max_horizontal(nw.min_horizontal(most, nw.col("days_remaining")), nw.lit(0)).cast(nw.Int64)


def _counts_as(counting: str, definition: Rules) -> nw.Expr:
    return is_kind(*[kind for kind in USUAL_COUNTING if definition.counting(kind) == counting])


def _missed(definition: Rules | None) -> nw.Expr:
    """Return the part of the day that an event missed; attendance of all kinds has none of its own."""
    units = nw.col("units")
    if definition is None or definition.counting(_WHOLE_UNLESS_STATED) == "attendance":
        return units
    unstated = is_kind(_WHOLE_UNLESS_STATED) & (units == 0)
    return nw.when(unstated).then(DAY_UNITS).otherwise(units)


def _part_of_day(definition: Rules) -> nw.Expr:
    units = _missed(definition)
    if definition.partial_day == "half":
        return nw.when(units >= HALF_DAY).then(DAY_UNITS).otherwise(0)
    if definition.partial_day == "whole":
        return nw.when(units >= DAY_UNITS).then(DAY_UNITS).otherwise(0)
    if definition.partial_day == "thirds":
        some, most = _MISSED_MORE_THAN
        half = nw.when(units > some).then(HALF_DAY).otherwise(0)
        return nw.when(units > most).then(DAY_UNITS).otherwise(half)
    return units


def _missed_minutes(definition: Rules) -> nw.Expr:
    # The larger of the two: of several rows of a day one may state minutes and another a whole day.
    stated = nw.col("minutes").fill_null(0)
    derived = _missed(definition) * nw.col("day_minutes") // DAY_UNITS
    return nw.min_horizontal(nw.max_horizontal(stated, derived), nw.col("day_minutes"))


def _reaches(missed: nw.Expr, bound: nw.Expr, definition: Rules) -> nw.Expr:
    return missed >= bound if definition.inclusive else missed > bound


def _reaches_share(missed: nw.Expr, whole: nw.Expr, definition: Rules) -> nw.Expr:
    threshold = definition.exact_threshold
    return _reaches(missed * threshold.denominator, whole * threshold.numerator, definition)


def _reaches_hours(definition: Rules) -> nw.Expr:
    bounds = ((definition.hours_in_year, "absence_minutes"), (definition.hours_in_month, "month_minutes"))
    reached = [
        _reaches(nw.col(column), nw.lit(hours * 60 * MINUTE_UNITS), definition)
        for hours, column in bounds
        if hours is not None
    ]
    return nw.any_horizontal(*reached, ignore_nulls=False)
