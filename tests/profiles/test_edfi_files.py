"""Ed-Fi 5.2 from its interchange files: the profile's rules, and Ed-Fi's own sample of a district."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ews.errors import UsageError
from ews.extracts.profiles import resolve
from tests.profiles.edfi_district import invented_district
from tests.profiles.edfi_files import read_files, write_files
from tests.profiles.reading import (
    SAMPLE,
    Rows,
    canonical,
    config_in,
    is_as_printed,
    needs_sample,
    places,
    read,
    sample_rows,
    source_of,
    table_named,
)


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder above the invented district's files."""
    folder = tmp_path_factory.mktemp("district")
    write_files(invented_district(), folder / "edfi")
    return folder


def of(table: str, district: Path) -> Rows:
    return canonical(table, district, path="edfi", profile="edfi-5.2")


def test_a_school_has_the_level_of_its_category_and_several_levels_are_other(district: Path) -> None:
    is_as_printed(
        of("schools", district),
        """
        school_id | school_name             | level      | cep
        101       | Adams & Bell Elementary | elementary | -
        102       | Cole High               | other      | -
        103       | Dunn Academy            | -          | -
        104       | Ely Middle              | middle     | -
        105       | Ford High               | high       | -
        """,
    )


def test_a_day_is_instructional_if_it_is_one_in_any_of_the_schools_calendars(district: Path) -> None:
    """Not in its teachers' calendar, and not in one student's unless the school has no other."""
    is_as_printed(
        [row for row in of("calendar", district) if row["school_id"] == "101"],
        """
        school_id | date       | school_year | instructional | minutes
        101       | 2025-09-01 | 2026        | false         | -
        101       | 2025-09-02 | 2026        | true          | 390
        101       | 2025-09-03 | 2026        | true          | 390
        101       | 2025-09-04 | 2026        | true          | 300
        101       | 2025-09-05 | 2026        | true          | -
        101       | 2025-09-08 | 2026        | true          | -
        """,
    )


def test_a_date_in_two_school_years_belongs_to_the_one_that_teaches_on_it(district: Path) -> None:
    """In 2025-26 the school has a calendar of its own, so that of a single student does not count."""
    is_as_printed(
        [row for row in of("calendar", district) if row["school_id"] == "102"],
        """
        school_id | date       | school_year | instructional
        102       | 2026-06-15 | 2027        | true
        102       | 2026-06-16 | 2026        | true
        """,
    )


def test_hispanic_comes_first_then_two_or_more_races_then_the_one_race(district: Path) -> None:
    is_as_printed(
        of("students", district),
        """
        student_id      | sex        | race_ethnicity            | english_learner
        hispanic-white  | Female     | Hispanic or Latino        | yes
        two-races       | Male       | Two or more races         | no
        one-race        | Female     | Black or African American | no
        race-hispanic   | -          | Hispanic or Latino        | -
        no-answer       | Non-binary | -                         | -
        two-schools     | -          | Two or more races         | yes
        own-code        | Male       | Hmong                     | Newcomer
        characteristics | -          | -                         | -
        unrecorded      | -          | -                         | -
        in-programs     | -          | -                         | yes
        declined        | -          | -                         | -
        """,
    )


def test_a_characteristic_is_no_only_of_recorded_students_and_where_it_is_recorded_of_anyone(
    district: Path,
) -> None:
    """Nobody is recorded as in foster care, so foster care is unknown of everyone."""
    is_as_printed(
        of("students", district),
        """
        student_id      | disability | economically_disadvantaged | homeless | foster
        hispanic-white  | no         | no                         | no       | -
        two-races       | no         | no                         | no       | -
        one-race        | no         | no                         | no       | -
        race-hispanic   | no         | no                         | no       | -
        no-answer       | no         | no                         | no       | -
        two-schools     | no         | no                         | no       | -
        own-code        | no         | no                         | no       | -
        characteristics | yes        | yes                        | yes      | -
        unrecorded      | -          | -                          | -        | -
        in-programs     | yes        | -                          | yes      | -
        declined        | -          | -                          | -        | -
        """,
    )


def test_a_spell_has_the_stated_school_year_else_its_calendars_else_that_of_its_entry(district: Path) -> None:
    """A no-show is no enrollment; transitional kindergarten counts as kindergarten."""
    is_as_printed(
        of("enrollments", district),
        """
        student_id      | school_id | entry_date | exit_date  | school_year | grade
        two-races       | 101       | 2025-08-25 | -          | 2026        | KG
        one-race        | 101       | 2025-08-25 | 2025-10-31 | 2026        | 05
        one-race        | 102       | 2025-11-03 | -          | 2026        | 05
        characteristics | 102       | 2025-06-16 | -          | 2026        | 11
        own-code        | 102       | 2025-08-25 | -          | 2026        | 12
        unrecorded      | 102       | 2026-01-12 | -          | 2026        | 09
        declined        | 101       | 2025-08-25 | -          | 2026        | KG
        """,
    )


def test_the_part_of_a_day_is_the_stated_share_and_only_without_one_the_minutes(district: Path) -> None:
    """A tardy of a whole day contradicts itself, and what was attended was not missed."""
    is_as_printed(
        of("attendance", district),
        """
        student_id | date       | code              | absent_fraction | minutes_absent
        two-races  | 2025-09-02 | Excused Absence   | 1               | -
        one-race   | 2025-09-02 | Unexcused Absence | 0.5             | -
        one-race   | 2025-09-03 | Unexcused Absence | -               | -
        own-code   | 2025-09-02 | Tardy             | -               | 15
        own-code   | 2025-09-03 | Tardy             | -               | -
        own-code   | 2025-09-05 | Tardy             | -               | 20
        own-code   | 2025-09-08 | Early departure   | 0.25            | -
        unrecorded | 2025-09-02 | In Attendance     | -               | -
        unrecorded | 2025-09-03 | Present           | -               | -
        no-answer  | 2025-09-02 | Partial           | -               | 10
        no-answer  | 2025-09-02 | Excused Absence   | 1               | -
        declined   | 2025-09-02 | Religious         | 1               | -
        declined   | 2025-09-03 | Excused Absence   | 1               | -
        declined   | 2025-09-03 | Excused Absence   | 1               | -
        """,
    )


def test_a_meal_service_is_a_program_with_its_own_dates_within_the_associations(district: Path) -> None:
    """Snacks are no meal program here; a service of the district's own naming is left for it to map."""
    is_as_printed(
        of("meal_programs", district),
        """
        student_id | program         | start_date | end_date   | eligibility
        two-races  | breakfast       | 2025-08-25 | 2026-05-29 | free
        two-races  | lunch           | 2025-08-25 | 2026-05-29 | free
        one-race   | lunch           | 2025-10-01 | 2026-01-09 | reduced
        own-code   | lunch           | 2025-08-25 | 2025-12-19 | paid
        own-code   | District Plan B | 2025-09-15 | 2025-12-19 | District Plan B
        declined   | lunch           | 2025-08-25 | 2026-01-30 | free
        declined   | breakfast       | 2025-08-25 | -          | free
        """,
    )


def test_what_partial_means_is_left_for_the_district_to_say() -> None:
    source, _ = resolve(
        table_named("attendance"),
        source_of("attendance", path="edfi", profile="edfi-5.2"),
        config_in(Path()),
    )
    assert source.codes == {
        "Excused Absence": "absent_excused",
        "Unexcused Absence": "absent_unexcused",
        "Tardy": "tardy",
        "Early departure": "tardy",
        "In Attendance": "present",
        "Present": "present",
    }


def test_nurse_visits_are_refused_with_what_to_do_instead() -> None:
    with pytest.raises(UsageError) as refusal:
        resolve(
            table_named("nurse_visits"),
            source_of("nurse_visits", path="edfi", profile="edfi-5.2"),
            config_in(Path()),
        )
    assert "Ed-Fi has no nurse visits: bring them as a mapped file" in str(refusal.value)


def test_an_unreadable_date_in_a_file_is_named_by_its_line(tmp_path: Path) -> None:
    district = invented_district()
    district.events[1].date = "2025-13-02"
    file = write_files(district, tmp_path / "edfi") / "StudentSchoolAttendance.xml"
    lines = file.read_text(encoding="utf-8").splitlines()
    second = [n for n, line in enumerate(lines, start=1) if "<StudentSchoolAttendanceEvent>" in line][1]
    _, problems = read("attendance", tmp_path, path="edfi", profile="edfi-5.2")
    assert problems == [
        (
            "edfi/StudentSchoolAttendance.xml",
            second,
            "unreadable date: expected a date in the declared format",
        )
    ]


@needs_sample
def test_every_event_of_the_sample_is_accounted_for() -> None:
    """1,917 events of 227 students, each read here in plain Python beside it, each at a line of its own."""
    expected = [
        (each.student, str(each.school), each.date, each.category, each.share or "-", each.minutes or "-")
        for each in read_files(SAMPLE).events
    ]
    rows = sample_rows("attendance")
    columns = ("student_id", "school_id", "date", "code", "absent_fraction", "minutes_absent")
    assert sorted(tuple(row[name] for name in columns) for row in rows) == sorted(expected)
    assert len({row["student_id"] for row in rows}) == 227
    assert Counter(row["code"] for row in rows) == {
        "Excused Absence": 1077,
        "Unexcused Absence": 773,
        "Tardy": 66,
        "Partial": 1,
    }


@needs_sample
def test_every_event_of_the_sample_says_the_line_where_it_stands() -> None:
    file = SAMPLE / "StudentSchoolAttendance.xml"
    lines = file.read_text(encoding="utf-8").splitlines()
    stated = places("attendance", SAMPLE.parent, path=SAMPLE.name, profile="edfi-5.2")
    assert {place for place, _ in stated} == {f"{SAMPLE.name}/{file.name}"}
    assert [line for _, line in stated] == [
        number for number, line in enumerate(lines, start=1) if "<StudentSchoolAttendanceEvent>" in line
    ]


@needs_sample
def test_the_sample_has_three_schools_960_students_82_meal_services_and_a_calendar_of_two_dates() -> None:
    counts = {
        table: len(sample_rows(table)) for table in ("schools", "students", "meal_programs", "calendar")
    }
    assert counts == {"schools": 3, "students": 960, "meal_programs": 82, "calendar": 2}
