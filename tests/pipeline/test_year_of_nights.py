"""A year of nights that nobody watches: complete, verifiable, quiet without a cause and awake to a shift.

The whole (200 nights in a row, 50 of them killed at a random moment first) is slow; a slice of it on the
district of the other tests is not.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.pipeline.at_work import AtWork
from tests.pipeline.lived_nights import QUIET_AT_FIRST, live, nights_to_notice, plan_of, table_of
from tests.pipeline.year_of_nights import SHIFTS, YearOfNights

NEXT = dt.date(2026, 1, 16)
THREE_DAYS_BEFORE = "2026-01-13"
NIGHTS, KILLS = 200, 50


@pytest.mark.slow
def test_200_nights_in_a_row(tmp_path: Path) -> None:
    year = YearOfNights(tmp_path, students=700, seed=61)
    year.train()
    days = year.school_days[2 : NIGHTS + 2]
    first_of = min(number for number, day in enumerate(days) if day >= dt.date(2025, 8, 1))
    quiet = [*range(QUIET_AT_FIRST), *range(first_of, first_of + QUIET_AT_FIRST)]
    plan = plan_of(NIGHTS, seed=61, kills=KILLS, quiet=quiet)

    nights = list(live(year, days, plan, seed=61))

    told = table_of(nights, plan)
    without_cause = [each for number, each in enumerate(nights) if not plan.has_cause(number)]
    assert len(without_cause) > NIGHTS / 3
    assert sum(each.called for each in without_cause) <= 0.05 * len(without_cause), told
    assert all(nights_to_notice(nights, plan).values()), told
    assert all(each.outcome == "published" for each in without_cause), told


# --- a slice of it: one night of the fixture's district


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        ("excused arrives as unexcused", "The share of unexcused days among the absences is"),
        pytest.param(
            "tardies no longer arrive",
            "Hardly any tardies arrived in the last 3 school days: 0",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "a school's absences no longer arrive", "Hardly any absences at", marks=pytest.mark.slow
        ),
    ],
)
def test_a_planted_shift_calls_somebody(
    shift: str, said: str, moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    table, change = SHIFTS[shift]
    moved.change_extract(table, lambda rows: change(rows, THREE_DAYS_BEFORE))

    moved.into_a_fresh_store()
    capsys.readouterr()

    assert moved.run("score", "--as-of", NEXT.isoformat(), "--json") == 10

    answer = json.loads(capsys.readouterr().out)
    assert answer["outcome"] == "published"
    assert said in " ".join(answer["degraded"])
