"""An absence on a day without an enrollment is told of; a gap in which nobody is at school is none."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ews.store.ingest import check
from tests.data.small import enrolled, small_district, weekdays
from tests.generators.writing import load_district
from tests.reference.settings import Row

FIRST, LAST = dt.date(2025, 9, 8), dt.date(2025, 10, 3)


def _absent(student: str, day: str) -> Row:
    return {"student_id": student, "school_id": "s1", "date": day, "code": "A"}


OTHERS = [_absent("2", day.isoformat()) for day in weekdays(FIRST, LAST)]
"""Somebody is absent on every day, so that every day has rows."""


@pytest.mark.parametrize(
    ("spells", "days", "said"),
    [
        pytest.param(
            [("2025-09-08", "2025-09-12"), ("2025-09-29", "")],
            ["2025-09-10", "2025-09-22", "2025-10-01"],
            "1 of 23 absences, of 1 student,",
            id="two weeks away",
        ),
        pytest.param(
            [("2025-09-08", "2025-09-12"), ("2025-09-16", "")],
            ["2025-09-12", "2025-09-15", "2025-09-16"],
            "1 of 23 absences, of 1 student,",
            id="one day away",
        ),
        pytest.param(
            [("2025-09-08", "2025-09-12"), ("2025-09-15", "")],
            ["2025-09-12", "2025-09-15"],
            "",
            id="over a weekend",
        ),
        pytest.param(
            [("2025-09-08", "2025-10-03"), ("2025-09-10", "2025-09-12")],
            ["2025-09-30"],
            "",
            id="a short spell inside a long one",
        ),
        pytest.param([("2025-09-15", "")], ["2025-09-10"], "1 of 21 absences, of 1 student,", id="before"),
    ],
)
def test_only_absences_outside_every_spell_count(
    spells: list[tuple[str, str]], days: list[str], said: str, tmp_path: Path
) -> None:
    enrollments = [enrolled("1", entry=entry, exit_date=end) for entry, end in spells]
    absences = [_absent("1", day) for day in days]
    district = small_district(enrollments=[*enrollments, enrolled("2")], attendance=[*absences, *OTHERS])
    config = load_district(district, tmp_path)

    found = [each for each in check(config).findings if each.name == "attendance outside enrollment"]

    assert [said in each.sentence for each in found] == ([True] if said else [])
