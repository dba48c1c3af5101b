"""Cells into values: dates, times in the district's zone, and parts of a day in ten-thousandths."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.reference.settings import Row, Settings

WHOLE_DAY = 10_000

_STATED_BY_KIND = {"absent_excused", "absent_unexcused", "absent_suspension", "exempt"}


def date_of(cell: str) -> dt.date | None:
    """An ISO date, or None for an empty cell."""
    return dt.date.fromisoformat(cell) if cell else None


def midnight(day: dt.date, timezone: str) -> dt.datetime:
    """00:00 of a day in the district's zone, as naive UTC."""
    return _utc(dt.datetime.combine(day, dt.time(), tzinfo=ZoneInfo(timezone)))


def time_of(cell: str, timezone: str) -> dt.datetime | None:
    """A time as naive UTC: without a zone it is in the district's, a bare date is the start of the day."""
    if not cell:
        return None
    moment = dt.datetime.fromisoformat(cell)
    return _utc(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone)))


def is_true(cell: str) -> bool:
    """A boolean as the test's extracts write it."""
    return cell == "true"


def part_of_day(row: Row, kind: str, minutes_of_instruction: str) -> int:
    """What an attendance row misses of its day, in ten-thousandths, rounded down."""
    if kind == "present":
        return 0
    if row.get("absent_fraction"):
        return int(Fraction(row["absent_fraction"]) * WHOLE_DAY)
    if row.get("minutes_absent"):
        part = Fraction(row["minutes_absent"]) / Fraction(minutes_of_instruction)
        return min(WHOLE_DAY, int(part * WHOLE_DAY))
    return WHOLE_DAY if kind in _STATED_BY_KIND else 0


def attendance_content(
    row: Row, settings: Settings, minutes: dict[tuple[str, str], str]
) -> tuple[tuple[str, object], ...]:
    """The kind and the part of the day: all that is kept of an attendance row."""
    kind = settings.codes[row["code"]]
    part = part_of_day(row, kind, minutes.get((row["school_id"], row["date"]), ""))
    return (("kind", kind), ("part", part))


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)
