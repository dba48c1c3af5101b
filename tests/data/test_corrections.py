"""A correction counts from the day after it was recorded, and not a day earlier."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tests.data.matrices import standings
from tests.data.small import enrolled, small_district
from tests.generators.district import District
from tests.reference.settings import Load, Row

BETWEEN, LATER = dt.date(2025, 9, 15), dt.date(2025, 9, 26)


def absent(code: str = "A", recorded_at: str = "2025-09-09 15:00", date: str = "2025-09-09") -> Row:
    return {"student_id": "1", "school_id": "s1", "date": date, "code": code, "recorded_at": recorded_at}


def absences(district: District, *days: dt.date) -> list[float]:
    found = standings(replace(district, as_of_dates=days))
    return [float(found[day]["absences"].iloc[0]) for day in days]


def of(*rows: Row) -> District:
    everyday = [
        {"student_id": "2", "school_id": "s1", "date": date, "code": "T"}
        for date in ("2025-09-12", "2025-09-25")
    ]
    return small_district(
        enrollments=[enrolled("1"), enrolled("2")], attendance=[*rows, *everyday], covers_to=None
    )


def test_an_absence_withdrawn_ten_days_later_is_seen_in_between_and_not_afterwards() -> None:
    district = of(absent(), absent("P", "2025-09-19 15:00"))
    days = (dt.date(2025, 9, 9), BETWEEN, dt.date(2025, 9, 19), dt.date(2025, 9, 20), LATER)
    assert absences(district, *days) == [0, 1, 1, 0, 0]


def test_an_absence_entered_late_is_not_seen_before_it_was_entered() -> None:
    district = of(absent(recorded_at="2025-09-19 15:00"))
    assert absences(district, BETWEEN, dt.date(2025, 9, 19), dt.date(2025, 9, 20)) == [0, 0, 1]


def test_an_older_record_that_arrives_last_does_not_undo_the_newer_one() -> None:
    first = of(absent("P", "2025-09-10 08:00"), absent("A", "2025-09-09 08:00"))
    late = [*first.rows["attendance"], absent("E", "2025-09-09 12:00")]
    loads = (
        replace(first.loads[0], at=dt.datetime(2025, 9, 12, 10)),
        Load(dt.datetime(2025, 9, 20, 10), {**first.rows, "attendance": late}),
    )
    assert absences(replace(first, loads=loads), BETWEEN, LATER) == [0, 0]


def test_a_correction_outlives_the_next_delivery_of_the_same_rows() -> None:
    """The first row has no time of recording; delivering both again must not bring the absence back."""
    district = of(absent(recorded_at=""), absent("P", "2025-09-11 15:00"))
    again = Load(dt.datetime(2025, 9, 20, 10), district.rows)
    loads = (replace(district.loads[0], at=dt.datetime(2025, 9, 13, 10)), again)
    assert absences(replace(district, loads=loads), BETWEEN, LATER) == [0, 0]


def test_two_records_of_one_moment_do_not_depend_on_their_order() -> None:
    """A row without a time of recording is known from the next midnight on: the moment of the other."""
    rows = [absent("A", ""), absent("P", "2025-09-10")]
    assert absences(of(*rows), BETWEEN) == absences(of(*reversed(rows)), BETWEEN)


def test_a_full_extract_withdraws_what_it_no_longer_contains() -> None:
    district = of(absent(), *[absent(date=f"2025-09-{day}") for day in (10, 11)])
    kept = [row for row in district.rows["attendance"] if row["date"] != "2025-09-10"]
    loads = (
        replace(district.loads[0], at=dt.datetime(2025, 9, 12, 10)),
        Load(dt.datetime(2025, 9, 20, 10), {**district.rows, "attendance": kept}),
    )
    assert absences(replace(district, loads=loads), BETWEEN, LATER) == [3, 2]


def test_a_full_extract_of_a_few_days_leaves_the_others_alone() -> None:
    district = of(absent(), *[absent(date=f"2025-09-{day}") for day in (10, 11)])
    recent = [row for row in district.rows["attendance"] if row["date"] >= "2025-09-11"]
    loads = (
        replace(district.loads[0], at=dt.datetime(2025, 9, 12, 10)),
        Load(dt.datetime(2025, 9, 20, 10), {**district.rows, "attendance": recent}),
    )
    assert absences(replace(district, loads=loads), LATER) == [3]


def test_a_correction_delivered_before_the_first_row_counts_as_known_holds() -> None:
    """The absence of today, delivered at 3 pm, is corrected in the delivery of 6 pm; neither has a time."""
    taken_back = of(absent("P", recorded_at=""))
    loads = (
        replace(of(absent(recorded_at="")).loads[0], at=dt.datetime(2025, 9, 9, 19)),
        replace(taken_back.loads[0], at=dt.datetime(2025, 9, 9, 22)),
        replace(taken_back.loads[0], at=dt.datetime(2025, 9, 20, 10)),
    )
    assert absences(replace(taken_back, loads=loads), BETWEEN, LATER) == [0, 0]
