"""Absence with decay: this year and the two before, the older the less.

Ages are on the student's own clock, run through the years one after the other: a summer has no days. The
weight halves every :data:`HALF_LIFE_DAYS`, in steps, so that sums are of whole numbers and do not depend
on their order.
"""

from __future__ import annotations

import narwhals as nw

from ews.attendance_rules import rate
from ews.engine import Frame
from ews.extracts.facts import DAY_UNITS

HALF_LIFE_DAYS = 40
STEPS = 14
"""Longer ago than so many half-lives (560 school days) nothing counts: the weight would be below 1."""

DECAYED_FEATURES = ("decayed_rate", "decayed_unexcused_rate", "decayed_spell_rate")


def decayed_sums(events: Frame, clocks: Frame) -> Frame:
    """Return weighted sums over the events of three years: one row per student that has any."""
    this, last, before = (nw.col(f"clock_{ago}").fill_null(0) for ago in (0, 1, 2))
    ago = nw.col("years_ago")
    # The clock of a year stands behind those of the years after it.
    ended = (
        nw.when(ago == 0)
        .then(this)
        .otherwise(nw.when(ago == 1).then(this + last).otherwise(this + last + before))
    )
    step = (ended - nw.col("clock")) // HALF_LIFE_DAYS
    weighed = (
        events.join(clocks, on="student_id", how="inner")
        .with_columns(step=step)
        .filter(nw.col("step") < STEPS)
        .with_columns(weight=(2.0 ** (STEPS - 1 - nw.col("step"))).cast(nw.Int64))
    )
    return weighed.group_by("student_id").agg(
        *[
            (nw.col(name) * nw.col("weight")).sum().cast(nw.Int64).alias(f"decayed_{name}")
            for name in ("absent", "unexcused", "begins", "exempt")
        ]
    )


def decayed_rates() -> list[nw.Expr]:
    """Return :data:`DECAYED_FEATURES` from the sums and the clocks; null without any counted day."""
    this, last, before = (nw.col(f"clock_{ago}").fill_null(0) for ago in (0, 1, 2))
    clock = nw.min_horizontal(this + last + before, nw.lit(STEPS * HALF_LIFE_DAYS))
    whole, rest = clock // HALF_LIFE_DAYS, clock % HALF_LIFE_DAYS
    # Whole steps: H (2^13 + 2^12 + ...); the step that is not whole: what is left at its weight.
    weighed = HALF_LIFE_DAYS * (2.0**STEPS - 2.0 ** (STEPS - whole)) + rest * 2.0 ** (STEPS - 1 - whole)
    days = weighed - nw.col("decayed_exempt").fill_null(0)
    absent, unexcused, begins = (
        nw.col(f"decayed_{name}").fill_null(0) for name in ("absent", "unexcused", "begins")
    )
    return [
        rate(absent, days).alias("decayed_rate"),
        rate(unexcused, days).alias("decayed_unexcused_rate"),
        rate(begins * DAY_UNITS, days).alias("decayed_spell_rate"),
    ]
