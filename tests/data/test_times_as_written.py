"""When something was recorded, as districts write it: the usual form is read as any other, only sooner."""

from __future__ import annotations

import datetime as dt

import pytest

from ews.engine import literal, open_session
from ews.extracts.schema import Column
from ews.extracts.typed import _typed
from ews.sources import AttendanceSource

SOURCE = AttendanceSource.model_validate(
    {"path": "a.csv", "delivery": "full", "reporting": "exceptions", "codes": {"A": "absent_unexcused"}}
)


def utc(hour: int, minute: int = 0, day: int = 6, month: int = 10) -> dt.datetime:
    return dt.datetime(2025, month, day, hour, minute)


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("2025-10-06 10:00:00", utc(14)),
        (" 2025-10-06 10:00:00", utc(14)),
        ("\t2025-10-06 10:00:00\n", utc(14)),
        ("2025-10-06T10:00:00", utc(14)),
        ("2025-10-06 10:00:00Z", utc(10)),
        ("2025-10-06T10:00:00Z", utc(10)),
        ("2025-10-06 10:00:00+02", utc(8)),
        ("2025-10-06 10:00:0Z", utc(10)),  # as long as the usual form, and in UTC
        ("2025-10-06 10:00:0 ", utc(14)),
        ("2025-10-06", utc(4)),
        ("2025-11-02 01:30:00", utc(6, 30, day=2, month=11)),  # twice on that night: the later one
        (" 025-10-06 10:00:00", None),
        ("2025-02-30 10:00:00", None),
        ("2025-10-06 10:00:0a", None),
        ("yesterday", None),
    ],
)
def test_a_time_is_read_as_it_is_written(cell: str, read: dt.datetime | None) -> None:
    time = _typed(Column("recorded_at", "time"), SOURCE, "America/New_York")
    with open_session() as session:
        assert session.value(f"SELECT {time} FROM (SELECT {literal(cell)} AS recorded_at)") == read
