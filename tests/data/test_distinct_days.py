"""Days are counted by bits, for spans of any length, as if they were counted one by one."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from ews.engine import open_session
from ews.extracts.attendance_groups import _distinct_days

FIRST = dt.date(2025, 8, 25)


@pytest.mark.parametrize("span", [1, 63, 64, 65, 180, 511, 512, 3_000, 50_000])
def test_bits_count_what_counting_counts(span: int) -> None:
    chance = random.Random(span)  # noqa: S311 - dates, not secrets
    days = [FIRST, FIRST + dt.timedelta(days=span)]
    days += [FIRST + dt.timedelta(days=chance.randint(0, span)) for _ in range(200)]
    rows = ", ".join(f"('{chance.choice('abc')}', DATE '{day}')" for day in days)
    with open_session() as session:
        counted = session.rows(
            f"SELECT who, count(DISTINCT date), {_distinct_days(min(days), max(days))} "
            f"FROM (VALUES {rows}) t(who, date) GROUP BY who"
        )
    assert counted
    assert all(distinct == bits for _, distinct, bits in counted)


def test_a_typed_row_without_a_date_is_in_no_day() -> None:
    assert _distinct_days(None, None) == "count(DISTINCT date)"
