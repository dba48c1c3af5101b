"""A day begins at the same instant for the store, for the barrier and for the reference."""

from __future__ import annotations

import datetime as dt

import pytest

from ews.engine import open_session
from ews.school_calendar import start_of_day_utc
from ews.store.delivered import Load
from tests.reference.cells import midnight

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "Pacific/Guam",
    "America/Santiago",
)
"""American districts, and a place where the clocks change at midnight itself."""


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_begins_at_one_instant_for_everyone(zone: str) -> None:
    load = Load(1, dt.datetime(2026, 1, 1), zone)
    days = [dt.date(2025, 1, 1) + dt.timedelta(days=ahead) for ahead in range(730)]
    with open_session() as session:
        rows = session.rows(
            f"SELECT {load.local_midnight('day')} FROM (SELECT DATE '2025-01-01' + i AS day "
            "FROM (SELECT CAST(unnest(range(730)) AS INTEGER) AS i)) ORDER BY day"
        )
    stored = [row[0] for row in rows]
    assert stored == [start_of_day_utc(day, zone) for day in days] == [midnight(day, zone) for day in days]
