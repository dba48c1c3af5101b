"""Days are counted by bits, for spans of any length, as if they were counted one by one."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from ews.engine import open_session
from ews.extracts.attendance_groups import _rows_and_days

FIRST = dt.date(2025, 8, 25)


@pytest.mark.parametrize("span", [0, 1, 63, 64, 65, 180, 511, 512, 513, 1_100, 3_000, 50_000])
def test_bits_count_what_counting_counts(span: int) -> None:
    chance = random.Random(span)  # noqa: S311 - dates, not secrets
    days = [FIRST, FIRST + dt.timedelta(days=span)]
    days += [FIRST + dt.timedelta(days=chance.randint(0, span)) for _ in range(200)]
    rows = ", ".join(f"('{chance.choice('abc')}', '{chance.choice('st')}', DATE '{day}')" for day in days)
    with open_session() as session:
        session.execute(
            f"CREATE TABLE rows AS FROM (VALUES {rows}, ('a', 's', NULL)) t(student_id, school_id, date)"
        )
        counted = session.rows(f"FROM ({_rows_and_days('rows', min(days), max(days))}) ORDER BY ALL")
        one_by_one = session.rows(
            "SELECT student_id, school_id, count(*), count(DISTINCT date), min(date), max(date) FROM rows "
            "GROUP BY ALL ORDER BY ALL"
        )
    assert counted == one_by_one


def test_rows_without_a_date_are_in_no_day() -> None:
    with open_session() as session:
        session.execute(
            "CREATE TABLE rows AS SELECT 'a' AS student_id, 's' AS school_id, CAST(NULL AS DATE) AS date"
        )
        assert session.rows(f"FROM ({_rows_and_days('rows', None, None)})") == [("a", "s", 1, 0, None, None)]
