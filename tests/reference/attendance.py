"""Attendance features of one student, sentence by sentence from docs/features.md."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tests.reference.absence import absence, days_absent, days_enrolled, share
from tests.reference.cells import WHOLE_DAY
from tests.reference.clock import Event, StudentYear
from tests.reference.settings import Settings

Value = Fraction | int | None


def attendance(
    this: StudentYear, last: StudentYear, before: StudentYear, settings: Settings
) -> dict[str, Value]:
    """All attendance features of a student."""
    return {
        **_this_year(this, settings),
        **_runs(this, settings),
        **_earlier(this, last, before, settings),
        **_compared(this, last, settings),
    }


def rate_within(
    year: StudentYear, settings: Settings, within: Callable[[int], bool], *kinds: str
) -> Fraction | None:
    """Absence over enrolled days of the clock values for which ``within`` holds."""
    events = [event for event in year.events if within(event.clock)]
    clock_days = sum(within(clock) for clock in range(1, year.clock + 1))
    return share(days_absent(events, settings, *kinds), days_enrolled(clock_days, events))


def _this_year(year: StudentYear, settings: Settings) -> dict[str, Value]:
    if not year.clock:
        return {}
    enrolled = days_enrolled(year.clock, year.events)
    absent = days_absent(year.events, settings)
    return {
        "days_enrolled": enrolled,
        "absence_days": absent,
        "absence_rate": share(absent, enrolled),
        "excused_rate": share(days_absent(year.events, settings, "absent_excused"), enrolled),
        "unexcused_rate": share(days_absent(year.events, settings, "absent_unexcused"), enrolled),
        **_shares_of_days(year, enrolled),
        **_windows(year, settings),
        "monday_friday_share": _monday_friday_share(year.events, absent, settings),
    }


def _shares_of_days(year: StudentYear, enrolled: int) -> dict[str, Value]:
    suspended = ("absent_suspension", "in_school_suspension")
    return {
        "suspension_rate": share(sum(event.kind in suspended for event in year.events), enrolled),
        "tardy_rate": share(sum(event.kind == "tardy" for event in year.events), enrolled),
        "part_day_rate": share(sum(0 < event.part < WHOLE_DAY for event in year.events), enrolled),
    }


def _windows(year: StudentYear, settings: Settings) -> dict[str, Value]:
    now = year.clock

    def last(days: int, *kinds: str) -> Fraction | None:
        return rate_within(year, settings, lambda clock: clock > now - days, *kinds)

    recent = last(20)
    earlier = rate_within(year, settings, lambda clock: clock <= now - 20)
    return {
        **{f"absence_rate_last_{days}": last(days) for days in (5, 10, 20, 40)},
        "unexcused_rate_last_20": last(20, "absent_unexcused"),
        "unexcused_trend": _difference(
            last(20, "absent_unexcused"),
            rate_within(year, settings, lambda clock: clock <= now - 20, "absent_unexcused"),
        ),
        "absence_trend": _difference(recent, earlier),
        "first_month_rate": rate_within(year, settings, lambda clock: clock <= 20),
    }


def _difference(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one - other


def clocks_missed(year: StudentYear, settings: Settings) -> set[int]:
    """The clock values with any absence."""
    return {event.clock for event in year.events if absence(event, settings) > 0}


def spells_begun(year: StudentYear, settings: Settings) -> list[int]:
    """The clock values on which a run of absence begins."""
    missed = clocks_missed(year, settings)
    return sorted(clock for clock in missed if clock - 1 not in missed)


def _monday_friday_share(events: list[Event], absent: Fraction, settings: Settings) -> Fraction | None:
    at_the_edge = [event for event in events if event.date.strftime("%a") in ("Mon", "Fri")]
    return share(days_absent(at_the_edge, settings), absent)


def _runs(year: StudentYear, settings: Settings) -> dict[str, Value]:
    if not year.clock:
        return {}
    missed = clocks_missed(year, settings)
    runs, current = [], 0
    for clock in range(1, year.clock + 1):
        current = current + 1 if clock in missed else 0
        if current and clock + 1 not in missed:
            runs.append(current)
    return {
        "current_streak": current,
        "longest_streak": max(runs, default=0),
        "absence_spells": len(runs),
        "days_since_absence": year.clock - max(missed) if missed else None,
    }


def _earlier(
    this: StudentYear, last: StudentYear, before: StudentYear, settings: Settings
) -> dict[str, Value]:
    def whole(clock: int) -> bool:
        return clock > 0

    enrolled = days_enrolled(last.clock, last.events)
    tardies = sum(event.kind == "tardy" for event in last.events)
    same = rate_within(last, settings, lambda clock: clock <= this.clock) if this.clock else None
    return {
        "last_year_rate": rate_within(last, settings, whole),
        "last_year_unexcused_rate": rate_within(last, settings, whole, "absent_unexcused"),
        "last_year_tardy_rate": share(tardies, enrolled),
        "last_year_same_period_rate": same,
        "last_year_last_40_rate": rate_within(last, settings, lambda clock: clock > last.clock - 40),
        "year_before_rate": rate_within(before, settings, whole),
    }


def _compared(this: StudentYear, last: StudentYear, settings: Settings) -> dict[str, Value]:
    now = this.clock
    spells_last = len(spells_begun(last, settings))
    found: dict[str, Value] = {
        "last_year_spell_rate": share(spells_last, days_enrolled(last.clock, last.events))
    }
    if not now:
        return found
    same = rate_within(last, settings, lambda clock: clock <= now)
    return found | {
        "change_from_last_year": _difference(rate_within(this, settings, lambda clock: True), same),
        "last_year_same_weeks_rate": rate_within(last, settings, lambda clock: now - 10 < clock <= now + 10),
        "last_year_rest_rate": rate_within(last, settings, lambda clock: clock > now),
        "spell_rate": share(len(spells_begun(this, settings)), days_enrolled(now, this.events)),
    }
