"""The rules of absence, each exactly once, as expressions on whole numbers.

Absence is counted in ten-thousandths of a day (``units``) and thresholds are ratios of whole numbers,
so that exactly 10% is exactly 10% on every engine. Sources: EDFacts FS195 (half a day or more is a
day; at least 10 days enrolled; any reason) and DOMAIN 2.
"""

from __future__ import annotations

import narwhals as nw

from ews.config import Definition
from ews.engine import Frame
from ews.extracts.facts import DAY_UNITS, KIND_RANKS
from ews.school_days import SchoolDays

HALF_DAY = DAY_UNITS // 2

_ABSENT_RANKS = [rank for kind, rank in KIND_RANKS.items() if kind.startswith("absent_") or kind == "tardy"]


def is_kind(*kinds: str) -> nw.Expr:
    """Return whether a placed event is of one of these kinds."""
    return nw.col("kind_rank").is_in([KIND_RANKS[kind] for kind in kinds])


def absent_units(definition: Definition) -> nw.Expr:
    """Return what a placed event adds to the numerator, in ten-thousandths of a day.

    With ``partial_day: half`` a day of which half or more was missed is a whole day and less is none;
    with ``fraction`` a part of a day counts as that part. A tardy counts only through a stated part of
    the day; in-school suspension is attendance; an exempt day is in neither numerator nor denominator.
    """
    units = nw.col("units")
    if definition.partial_day == "half":
        units = nw.when(units >= HALF_DAY).then(DAY_UNITS).otherwise(0)
    return nw.when(nw.col("kind_rank").is_in(_ABSENT_RANKS)).then(units).otherwise(0).cast(nw.Int64)


def exempt_days() -> nw.Expr:
    """Return what a placed event takes out of the denominator: 1 for an exempt day, of half or more."""
    exempt = is_kind("exempt") & (nw.col("units") >= HALF_DAY)
    return nw.when(exempt).then(1).otherwise(0).cast(nw.Int64)


def totals(school_days: SchoolDays, definition: Definition, *, by_school: bool = False) -> Frame:
    """Return days enrolled and absent so far.

    Grain: one row per student and school year (with ``by_school`` also per school): ``enrolled_days``
    and ``absence_units``. The rate follows the student across schools unless asked by school.
    """
    keys = ["student_id", "school_year", *(["school_id"] if by_school else [])]
    enrolled = school_days.spells.group_by(*keys).agg(nw.col("days").sum().cast(nw.Int64).alias("spell_days"))
    missed = (
        school_days.events.with_columns(absent=absent_units(definition), exempt=exempt_days())
        .group_by(*keys)
        .agg(
            nw.col("absent").sum().cast(nw.Int64).alias("absence_units"),
            nw.col("exempt").sum().cast(nw.Int64).alias("exempt_days"),
        )
    )
    return (
        enrolled.join(missed, on=keys, how="left")
        .with_columns(
            enrolled_days=nw.col("spell_days") - nw.col("exempt_days").fill_null(0),
            absence_units=nw.col("absence_units").fill_null(0),
        )
        .select(*keys, "enrolled_days", "absence_units")
    )


def rate(units: nw.Expr, days: nw.Expr) -> nw.Expr:
    """Return absence as a fraction of days in [0, 1]; null without a day (missing is not zero)."""
    return nw.when(days > 0).then(units / (days * float(DAY_UNITS)))


def is_at_threshold(definition: Definition) -> nw.Expr:
    """Return whether ``absence_units`` over ``enrolled_days`` reaches the threshold, exactly."""
    threshold = definition.exact_threshold
    missed = nw.col("absence_units") * threshold.denominator
    bound = nw.col("enrolled_days") * (threshold.numerator * DAY_UNITS)
    reached = missed >= bound if definition.inclusive else missed > bound
    return reached & (nw.col("enrolled_days") > 0)


def is_chronic(definition: Definition) -> nw.Expr:
    """Return chronic absence: the rate at the threshold and the minimum of days enrolled."""
    return is_at_threshold(definition) & (nw.col("enrolled_days") >= definition.min_enrolled_days)


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
    # Below the bound (inclusive definition) or at it (exclusive): one unit of room decides.
    most = (room - 1) // step if definition.inclusive else room // step
    return nw.max_horizontal(nw.min_horizontal(most, nw.col("days_remaining")), nw.lit(0)).cast(nw.Int64)
