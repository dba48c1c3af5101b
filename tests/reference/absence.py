"""The rules of absence on one student's events: days, rates, the threshold, absences left."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tests.reference.cells import WHOLE_DAY
from tests.reference.clock import Event
from tests.reference.settings import Settings

CAN_BE_ABSENCE = ("tardy", "absent_excused", "absent_unexcused", "absent_suspension")


def absence(event: Event, settings: Settings) -> Fraction:
    """What an event adds to the numerator, in days."""
    if event.kind not in CAN_BE_ABSENCE:
        return Fraction(0)
    if settings.partial_day == "half":
        return Fraction(int(2 * event.part >= WHOLE_DAY))
    return Fraction(event.part, WHOLE_DAY)


def is_exempt_day(event: Event) -> bool:
    """Whether an event takes its day out of the denominator."""
    return event.kind == "exempt" and 2 * event.part >= WHOLE_DAY


def days_absent(events: Iterable[Event], settings: Settings, *kinds: str) -> Fraction:
    """Absence in days, of all kinds or of the kinds named."""
    return sum(
        (absence(event, settings) for event in events if not kinds or event.kind in kinds), Fraction(0)
    )


def days_enrolled(clock_days: int, events: Iterable[Event]) -> int:
    """Counted clock days minus exempt days."""
    return clock_days - sum(is_exempt_day(event) for event in events)


def share(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    """A share; None where there is nothing to take it of."""
    return Fraction(part) / whole if whole else None


def reaches(absent: Fraction, enrolled: int, settings: Settings) -> bool:
    """Whether absence over days enrolled is at the threshold."""
    if not enrolled:
        return False
    rate = absent / enrolled
    return rate >= settings.bound if settings.inclusive else rate > settings.bound


def is_chronic(absent: Fraction, enrolled: int, settings: Settings) -> bool:
    """The rate at the threshold, and the minimum of days enrolled."""
    return reaches(absent, enrolled, settings) and enrolled >= settings.min_enrolled_days


def absences_left(absent: Fraction, enrolled: int, remaining: int, settings: Settings) -> int:
    """The most further whole days of absence with which the year ends below the threshold, by trying."""
    below = [
        further
        for further in range(remaining + 1)
        if not reaches(absent + further, enrolled + remaining, settings)
    ]
    return max(below, default=0)
