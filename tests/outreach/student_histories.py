"""Students made up day by day, and their figures counted from those days as docs/features.md defines them.

Absence this year is drawn as days (present, absent, half a day, exempt), so that a count in a sentence can be
held against the days themselves; what lies in other years or at the nurse is drawn as figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from ews.features.matrix import FEATURES

PRESENT, ABSENT, UNEXCUSED, HALF, EXEMPT, TARDY = "PAUHXT"
AWAY = {ABSENT: 1.0, UNEXCUSED: 1.0, HALF: 0.5}
NAN = float("nan")


def figures_of(days: Sequence[str], seed: int) -> dict[str, float]:
    """Return the features of one student, and the clock, from this year's days and a seed for the rest."""
    random = np.random.default_rng(seed)
    found = dict.fromkeys(FEATURES, NAN) | _other_years(random) | _nurse(random) | _roster(random)
    if days:
        found |= _this_year(days, random)
    else:
        found |= dict.fromkeys([each for each in FEATURES if "nurse" in each or "same_period" in each], NAN)
    found["change_from_last_year"] = found["absence_rate"] - found["last_year_same_period_rate"]
    return found | _to_spare(found, random) | {"clock_days": float(len(days)) if days else NAN}


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
        "part_day_rate": _rate(days.count(HALF), days),
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


def _other_years(random: np.random.Generator) -> dict[str, float]:
    names = [name for name in FEATURES if name.startswith(("last_year", "year_before"))]
    rates = random.choice([0.0, 0.004, 0.02, 0.05, 0.145, 0.5, NAN], len(names))
    return {**dict(zip(names, rates, strict=True)), "usual_pace": float(random.uniform(0, 0.3))}


def _nurse(random: np.random.Generator) -> dict[str, float]:
    names = [name for name in FEATURES if name.startswith("nurse")]
    if random.random() < 0.1:
        return dict.fromkeys(names, NAN)
    counts = {name: float(random.integers(0, 4)) for name in names}
    return counts | {"nurse_visits": counts["nurse_visits"] + counts["nurse_sent_home"]}


def _roster(random: np.random.Generator) -> dict[str, float]:
    return {
        "grade": 3.0,
        "schools_this_year": float(random.integers(1, 4)),
        "schools_last_year": float(random.choice([NAN, 1.0, 2.0])),
        "days_missed_before_entry": float(random.choice([0, 0, 1, 12])),
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
