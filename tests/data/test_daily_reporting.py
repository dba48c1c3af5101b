"""A row per student and day says the same as a row per exception."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings

from tests.data.matrices import matrices, same_matrix
from tests.data.small import AS_OF, enrolled, small_district
from tests.generators.district import District
from tests.generators.districts import districts, with_rows
from tests.reference.settings import Row

RELAXED = tuple(HealthCheck)
WITNESS = "witness"


def open_days(district: District) -> set[tuple[str, str]]:
    return {
        (row["school_id"], row["date"]) for row in district.rows["calendar"] if row["instructional"] == "true"
    }


def with_witnesses(district: District) -> District:
    """Somebody is late every day at every school, so that both ways of reporting cover the same days."""
    schools = sorted(row["school_id"] for row in district.rows["schools"])
    names = {school: f"{WITNESS}-{school}" for school in schools}
    late = [
        {"student_id": names[school], "school_id": school, "date": date, "code": "T", "recorded_at": ""}
        for school, date in sorted(open_days(district))
    ]
    people = [{"student_id": name} for name in names.values()]
    marked = district.rows["attendance"] + late
    return with_rows(
        with_rows(district, "students", district.rows["students"] + people), "attendance", marked
    )


def daily(district: District) -> District:
    """The same truth with a row for every student, school and instructional day of a spell."""
    marked = {(row["student_id"], row["school_id"], row["date"]) for row in district.rows["attendance"]}
    present: dict[tuple[str, str, str], Row] = {}
    for spell in district.rows["enrollments"]:
        for school, date in open_days(district):
            key = (spell["student_id"], school, date)
            during = spell["entry_date"] <= date <= (spell["exit_date"] or "9999-12-31")
            if school == spell["school_id"] and during and key not in marked:
                present[key] = {"student_id": key[0], "school_id": school, "date": date, "code": "P"}
    rows = district.rows["attendance"] + [present[key] for key in sorted(present)]
    reporting = replace(district.settings, reporting="daily")
    return replace(with_rows(district, "attendance", rows), settings=reporting)


@settings(
    max_examples=2, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)
@given(districts(loads=1, looks=1))
def test_daily_reporting_equals_reporting_of_exceptions(district: District) -> None:
    exceptions = with_witnesses(district)
    as_of = district.as_of_dates[0]
    assert same_matrix(matrices(exceptions)[as_of], matrices(daily(exceptions))[as_of])


def test_a_day_without_attendance_is_not_a_day_of_perfect_attendance() -> None:
    present = [
        {"student_id": "1", "school_id": "s1", "date": f"2025-09-{day:02d}", "code": "P"}
        for day in (8, 9, 10, 11, 12)
    ]
    district = small_district(enrollments=[enrolled("1")], attendance=present, covers_to=None)
    taken = replace(district, settings=replace(district.settings, reporting="daily"))
    people = matrices(taken)[AS_OF].standing
    assert list(people["enrolled_days"]) == [5]


def test_a_day_that_was_not_taken_in_between_is_neither_enrolled_nor_absent() -> None:
    """Nobody took attendance on the 10th; under daily reporting that day is in no rate."""
    codes = {8: "A", 9: "P", 11: "P", 12: "P"}
    rows = [
        {"student_id": "1", "school_id": "s1", "date": f"2025-09-{day:02d}", "code": code}
        for day, code in codes.items()
    ]
    district = small_district(enrollments=[enrolled("1")], attendance=rows, covers_to=None)
    reported = {
        reporting: matrices(replace(district, settings=replace(district.settings, reporting=reporting)))[
            AS_OF
        ].standing
        for reporting in ("daily", "exceptions")
    }
    assert list(reported["daily"]["enrolled_days"]) == [4]
    assert list(reported["daily"]["absence_rate"]) == [0.25]
    assert list(reported["exceptions"]["enrolled_days"]) == [5], "a row per exception cannot tell"
