"""``around_break_share`` in weeks of four, five and six days, by calendars one can check on paper."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from tests.data.matrices import differences, matrices
from tests.data.small import AS_OF, FIRST_DAY, LAST_DAY, calendar_row, enrolled, small_district
from tests.reference.matrix import reference_matrix
from tests.reference.settings import Row

MON, TUE, WED, THU, FRI, SAT = range(6)
FOUR_DAYS, FIVE_DAYS, SIX_DAYS = (set(range(days)) for days in (4, 5, 6))


def _open(
    week: set[int], closed: list[str], first: dt.date = FIRST_DAY, last: dt.date = LAST_DAY
) -> list[dt.date]:
    """A school's days from 8 September on: these weekdays, but for the days closed."""
    days = [first + dt.timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return [day for day in days if day.weekday() in week and day.isoformat() not in closed]


# A school's days of two years, and those of this September that lie next to a break.
BEFORE = _open(FIVE_DAYS, [], dt.date(2024, 9, 9), dt.date(2024, 12, 20))
FOUR_BEFORE = _open(FOUR_DAYS, [], dt.date(2024, 9, 9), dt.date(2024, 12, 20))
"""Longer than this year: counted together with it, its weekends would be the commonest."""

SCHOOLS = {
    "five days": (BEFORE, _open(FIVE_DAYS, []), []),
    "five days, a Monday": (BEFORE, _open(FIVE_DAYS, ["2025-09-15"]), ["2025-09-12", "2025-09-16"]),
    "five days, two Wednesdays": (BEFORE, _open(FIVE_DAYS, ["2025-09-17", "2025-09-24"]), []),
    "no Fridays": (FOUR_BEFORE, _open(FOUR_DAYS, []), []),
    "no Fridays, a Monday": (FOUR_BEFORE, _open(FOUR_DAYS, ["2025-09-15"]), ["2025-09-11", "2025-09-16"]),
    # No longer than a weekend.
    "no Fridays, three days": (FOUR_BEFORE, _open(FOUR_DAYS, ["2025-09-16", "2025-09-17"]), []),
    "no Mondays": (FOUR_BEFORE, _open({TUE, WED, THU, FRI}, []), []),
    "no Mondays, a Friday": (
        FOUR_BEFORE,
        _open({TUE, WED, THU, FRI}, ["2025-09-26"]),
        ["2025-09-25", "2025-09-30"],
    ),
    # Most gaps are of two days, and a weekend of three is no break yet.
    "no Wednesdays, a Monday": (
        BEFORE,
        _open({MON, TUE, THU, FRI}, ["2025-09-22"]),
        ["2025-09-19", "2025-09-23"],
    ),
    "six days, a Monday": (BEFORE, _open(SIX_DAYS, ["2025-09-15"]), []),
    "six days, two days": (
        BEFORE,
        _open(SIX_DAYS, ["2025-09-15", "2025-09-16"]),
        ["2025-09-13", "2025-09-17"],
    ),
    # Three weekends, of four, of five and of six days: of equally common ones the smallest is the usual one.
    "equally common": (
        FOUR_BEFORE,
        _open(FOUR_DAYS, ["2025-09-22", "2025-09-29", "2025-09-30"], last=dt.date(2025, 10, 2)),
        ["2025-09-18", "2025-09-23", "2025-09-25", "2025-10-01"],
    ),
    "four days from now on": (BEFORE, _open(FOUR_DAYS, ["2025-09-22"]), ["2025-09-18", "2025-09-23"]),
    "five days from now on": (FOUR_BEFORE, _open(FIVE_DAYS, ["2025-09-22"]), ["2025-09-19", "2025-09-23"]),
}


def _calendar(school: str) -> list[Row]:
    before, now, _ = SCHOOLS[school]
    return [calendar_row(school, day, year) for year, days in ((2025, before), (2026, now)) for day in days]


@dataclass(frozen=True)
class Found:
    """What the engine found, and where it differs from the reference."""

    shares: dict[tuple[str, str], float]
    differences: list[str]


@pytest.fixture(scope="module")
def found() -> Found:
    """Students who were absent on one day each: the feature by their school and that day."""
    absent = {
        f"{number:02d} {day}": (school, day.isoformat())
        for number, (school, (_, days, _)) in enumerate(SCHOOLS.items())
        for day in days
        if day < AS_OF
    }
    district = small_district(
        schools=[{"school_id": school, "school_name": school} for school in SCHOOLS],
        calendar=[row for school in SCHOOLS for row in _calendar(school)],
        enrollments=[enrolled(student, school) for student, (school, _) in absent.items()],
        attendance=[
            {"student_id": student, "school_id": school, "date": day, "code": "A"}
            for student, (school, day) in absent.items()
        ],
    )
    matrix = matrices(district)[AS_OF]
    values = matrix.features["around_break_share"]
    return Found(
        {absent[who]: value for who, value in zip(matrix.standing["student_id"], values, strict=True)},
        differences(matrix, reference_matrix(district.loads, district.settings, AS_OF)),
    )


@pytest.mark.parametrize("school", SCHOOLS)
def test_a_break_is_longer_than_the_usual_weekend_of_the_school_and_year(school: str, found: Found) -> None:
    own = {day: share for (where, day), share in found.shares.items() if where == school}

    assert len(own) > 10
    assert set(own.values()) <= {0.0, 1.0}
    assert [day for day, share in sorted(own.items()) if share == 1.0] == SCHOOLS[school][2]


def test_the_reference_finds_the_same(found: Found) -> None:
    assert found.differences == []
