"""Students made up on a school calendar, and their figures counted from it as docs/features.md defines them.

A year is a text with one letter for every school day from the school's first to its newest, and a dot where
the student was not enrolled: so a sentence can be held against the school's days, which are not always the
days of the student's own clock. What lies at the nurse or in no calendar is drawn as figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

import numpy as np

from ews.features.matrix import FEATURES

PRESENT, ABSENT, UNEXCUSED, HALF, LITTLE, EXEMPT, TARDY, AWAY_FROM_DISTRICT = "PAUHLXT."
AWAY = {ABSENT: 1.0, UNEXCUSED: 1.0, HALF: 0.5}
"""How much of a day counts as absence; of a little part of a day nothing does."""
NAN = float("nan")


@dataclass(frozen=True)
class History:
    """One student's school days: of this year up to the newest, of last year, and of the year before."""

    this: str
    last: str = ""
    before: str = ""


def own_clock(year: str) -> str:
    """The days of the student's own clock."""
    return year.replace(AWAY_FROM_DISTRICT, "")


def figures_of(history: History, seed: int) -> dict[str, float]:
    """Return the features of one student, and those beside them, from a history and a seed for the rest."""
    random = np.random.default_rng(seed)
    days = own_clock(history.this)
    found = dict.fromkeys(FEATURES, NAN) | _other_years(history, random) | _nurse(random)
    found |= _roster(history.this, random)
    if days:
        found |= _this_year(days, random)
    else:
        found |= dict.fromkeys([each for each in FEATURES if "nurse" in each or "same_period" in each], NAN)
    found["change_from_last_year"] = found["absence_rate"] - found["last_year_same_period_rate"]
    return found | _to_spare(found, random) | _beside(history)


def _beside(history: History) -> dict[str, float]:
    return {
        "clock_days": float(len(own_clock(history.this))) or NAN,
        "unbroken_days": _unbroken(history.this),
        "last_year_unbroken_days": _unbroken(history.last),
        "last_year_whole": _whole(history.last),
        "year_before_whole": _whole(history.before),
        "last_year_part_day_rate": _part_day_rate(history.last),
        "year_before_part_day_rate": _part_day_rate(history.before),
    }


def _unbroken(year: str) -> float:
    latest = takewhile(lambda day: day not in (AWAY_FROM_DISTRICT, EXEMPT), reversed(year))
    return float(len(list(latest))) if own_clock(year) else NAN


def _whole(year: str) -> float:
    whole = AWAY_FROM_DISTRICT not in year and EXEMPT not in year
    return float(whole) if own_clock(year) else NAN


def _part_day_rate(year: str) -> float:
    days = own_clock(year)
    return (days.count(HALF) + days.count(LITTLE)) / len(days) if days else NAN


def away(days: Sequence[str]) -> float:
    return sum(AWAY.get(day, 0.0) for day in days)


def _enrolled(days: Sequence[str]) -> int:
    return sum(day != EXEMPT for day in days)


def _rate(amount: float, days: Sequence[str]) -> float:
    return amount / _enrolled(days) if _enrolled(days) else NAN


def _this_year(days: Sequence[str], random: np.random.Generator) -> dict[str, float]:
    rate, absent = _rate(away(days), days), away(days)
    unexcused = [day if day == UNEXCUSED else PRESENT for day in days]
    runs = [(gone, len(list(run))) for gone, run in groupby(days, AWAY.__contains__)]
    spells = [length for gone, length in runs if gone]
    last = {f"absence_rate_last_{size}": _rate(away(days[-size:]), days[-size:]) for size in (5, 10, 20, 40)}
    lately = _rate(away(unexcused[-20:]), days[-20:])
    back = [at for at, day in enumerate(reversed(days)) if day in AWAY]
    return {
        "days_enrolled": _enrolled(days),
        "absence_days": absent,
        "absence_rate": rate,
        "excused_rate": _rate(absent - away(unexcused), days),
        "unexcused_rate": _rate(away(unexcused), days),
        "tardy_rate": _rate(days.count(TARDY), days),
        "part_day_rate": _rate(days.count(HALF) + days.count(LITTLE), days),
        "suspension_rate": _rate(float(random.integers(0, min(3, _enrolled(days) + 1))), days),
        **last,
        "absence_trend": last["absence_rate_last_20"] - _rate(away(days[:-20]), days[:-20]),
        "unexcused_rate_last_20": lately,
        "unexcused_trend": lately - _rate(away(unexcused[:-20]), days[:-20]),
        "first_month_rate": _rate(away(days[:20]), days[:20]),
        "monday_friday_share": away(days[::2]) / absent if absent else NAN,
        "around_break_share": away(days[::5]) / absent if absent else NAN,
        "current_streak": runs[-1][1] if runs[-1][0] else 0,
        "longest_streak": max(spells, default=0),
        "absence_spells": len(spells),
        "spell_rate": _rate(len(spells), days),
        "days_since_absence": float(back[0]) if back else NAN,
        "absence_beyond_peers": rate * random.uniform(0.7, 1.0),
    }


def _other_years(history: History, random: np.random.Generator) -> dict[str, float]:
    clock, last, before = map(own_clock, (history.this, history.last, history.before))
    here = len(clock)
    so_far, around, rest = (
        (last[:here], last[max(here - 10, 0) : here + 10], last[here:]) if here else ("",) * 3
    )
    parts = {"": last, "same_period_": so_far, "same_weeks_": around, "rest_": rest, "last_40_": last[-40:]}
    return {
        **{f"last_year_{name}rate": _rate(away(days), days) for name, days in parts.items()},
        "last_year_unexcused_rate": _rate(float(last.count(UNEXCUSED)), last),
        "last_year_tardy_rate": _rate(last.count(TARDY), last),
        "year_before_rate": _rate(away(before), before),
        "usual_pace": float(random.uniform(0, 0.3)),
    }


def _nurse(random: np.random.Generator) -> dict[str, float]:
    names = [name for name in FEATURES if name.startswith("nurse")]
    if random.random() < 0.1:
        return dict.fromkeys(names, NAN)
    counts = {name: float(random.integers(0, 4)) for name in names}
    return counts | {"nurse_visits": counts["nurse_visits"] + counts["nurse_sent_home"]}


def _roster(year: str, random: np.random.Generator) -> dict[str, float]:
    return {
        "grade": 3.0,
        "schools_this_year": float(random.integers(1, 4)),
        "schools_last_year": float(random.choice([NAN, 1.0, 2.0])),
        "days_missed_before_entry": float(len(year) - len(year.lstrip("."))) if own_clock(year) else NAN,
        "enrolled_last_year": float(random.integers(0, 2)),
        "grade_absence_rate": float(random.choice([NAN, 0.06])),
        "meal_lunch": 1.0,
        "meal_eligibility": float(random.integers(0, 3)),
    }


def _to_spare(figures: dict[str, float], random: np.random.Generator) -> dict[str, float]:
    days = int(random.choice([0, 1, 2, 45, 120]))
    left = int(random.integers(0, min(days, 15) + 1))
    return {
        "days_remaining": float(days),
        "absences_left": float(left),
        "spare_rate": left / days if days else NAN,
        "spare_at_this_pace": left - figures["absence_rate"] * days,
        "spare_at_usual_pace": left - figures["usual_pace"] * days,
        "spare_in_spreads": float(random.normal()),
    }
