"""OneRoster 1.1: schools, students, and spells made of class enrollments."""

from __future__ import annotations

from pathlib import Path

import pytest

from ews.errors import UsageError
from ews.extracts.profiles import resolve
from tests.profiles.reading import (
    canonical,
    config_in,
    is_as_printed,
    read,
    source_of,
    table_named,
    write_tables,
)

USERS = """
    sourcedId | status      | role    | grades
    ana       | -           | student | 09
    ben       | active      | student | KG
    cara      | -           | student | TK
    dan       | -           | student | 5
    eve       | tobedeleted | student | 10
    fay       | -           | student | 11
    staff     | -           | teacher | -
"""
CLASSES = """
    sourcedId | status | termSourcedIds
    algebra   | -      | fall
    biology   | -      | fall,spring
    chess     | -      | -
    history   | -      | past-spring
"""
SESSIONS = """
    sourcedId   | status      | type     | startDate  | endDate    | schoolYear
    fall        | -           | semester | 2025-08-25 | 2026-01-16 | 2026
    spring      | -           | semester | 2026-01-20 | 2026-06-05 | 2026
    past-spring | -           | semester | 2025-01-20 | 2025-06-06 | 2025
"""


def spells(folder: Path, enrollments: str, expected: str) -> None:
    """Assert which spells class enrollments become."""
    where = write_tables(
        folder / "oneroster", enrollments=enrollments, users=USERS, classes=CLASSES, academicSessions=SESSIONS
    )
    is_as_printed(canonical("enrollments", folder, path=where.name, profile="oneroster-1.1"), expected)


def test_a_spell_is_the_earliest_begin_to_the_latest_end_of_a_students_classes_at_a_school(
    tmp_path: Path,
) -> None:
    spells(
        tmp_path,
        """
        classSourcedId | schoolSourcedId | userSourcedId | role    | status | beginDate  | endDate
        algebra        | north           | ana           | student | -      | 2025-08-25 | 2026-01-16
        biology        | north           | ana           | student | -      | 2025-09-02 | 2026-03-06
        biology        | south           | ana           | student | -      | 2026-03-09 | 2026-06-05
        algebra        | north           | ben           | student | -      | 2025-10-01 | 2026-01-16
        """,
        """
        student_id | school_id | entry_date | exit_date  | school_year | grade
        ana        | north     | 2025-08-25 | 2026-03-06 | 2026        | 09
        ana        | south     | 2026-03-09 | 2026-06-05 | 2026        | 09
        ben        | north     | 2025-10-01 | 2026-01-16 | 2026        | KG
        """,
    )


def test_each_school_year_has_its_own_spell(tmp_path: Path) -> None:
    spells(
        tmp_path,
        """
        classSourcedId | schoolSourcedId | userSourcedId | role    | beginDate  | endDate
        history        | north           | dan           | student | 2025-01-20 | 2025-06-06
        biology        | north           | dan           | student | 2025-08-25 | 2026-06-05
        """,
        """
        student_id | entry_date | exit_date  | school_year | grade
        dan        | 2025-01-20 | 2025-06-06 | 2025        | 05
        dan        | 2025-08-25 | 2026-06-05 | 2026        | 05
        """,
    )


def test_a_class_without_dates_has_those_of_its_terms_and_else_the_spell_stays_open(tmp_path: Path) -> None:
    """The school year of a class without terms is that of its date: July begins one."""
    spells(
        tmp_path,
        """
        classSourcedId | schoolSourcedId | userSourcedId | role    | beginDate  | endDate
        biology        | north           | ana           | student | -          | -
        chess          | north           | ben           | student | 2025-09-01 | -
        algebra        | north           | ben           | student | 2025-08-25 | 2026-01-16
        chess          | north           | cara          | student | 2025-07-01 | -
        chess          | north           | fay           | student | 2025-06-30 | -
        """,
        """
        student_id | entry_date | exit_date  | school_year | grade
        ana        | 2025-08-25 | 2026-06-05 | 2026        | 09
        ben        | 2025-08-25 | -          | 2026        | KG
        cara       | 2025-07-01 | -          | 2026        | KG
        fay        | 2025-06-30 | -          | 2025        | 11
        """,
    )


def test_teachers_and_deleted_enrollments_are_left_out(tmp_path: Path) -> None:
    spells(
        tmp_path,
        """
        classSourcedId | schoolSourcedId | userSourcedId | role    | status      | beginDate  | endDate
        algebra        | north           | ana           | student | active      | 2025-09-02 | 2026-01-16
        algebra        | north           | ana           | student | tobedeleted | 2025-08-25 | 2026-06-05
        algebra        | north           | staff         | teacher | -           | 2025-08-25 | 2026-06-05
        """,
        """
        student_id | entry_date | exit_date
        ana        | 2025-09-02 | 2026-01-16
        """,
    )


def test_an_unreadable_date_is_named_by_its_line_and_hides_in_no_spell(tmp_path: Path) -> None:
    where = write_tables(
        tmp_path / "oneroster",
        enrollments="""
            classSourcedId | schoolSourcedId | userSourcedId | role    | beginDate  | endDate
            algebra        | north           | ana           | student | 2025-08-25 | 2026-01-16
            biology        | north           | ana           | student | 09/02/2025 | 2026-06-05
        """,
        users=USERS,
        classes=CLASSES,
        academicSessions=SESSIONS,
    )
    _, problems = read("enrollments", tmp_path, path=where.name, profile="oneroster-1.1")
    assert problems == [
        ("oneroster/enrollments.csv", 3, "unreadable entry_date: expected a date in the declared format")
    ]


def test_races_in_separate_columns_become_one_race_and_ethnicity(tmp_path: Path) -> None:
    where = write_tables(
        tmp_path / "oneroster",
        users=USERS,
        demographics="""
            sourcedId | sex    | asian | white | demographicRaceTwoOrMoreRaces | hispanicOrLatinoEthnicity
            ana       | female | false | true  | false                         | true
            ben       | male   | true  | true  | false                         | false
            cara      | Female | -     | -     | true                          | -
            dan       | -      | true  | false | false                         | false
            staff     | male   | -     | true  | -                             | -
        """,
    )
    is_as_printed(
        canonical("students", tmp_path, path=where.name, profile="oneroster-1.1"),
        """
        student_id | sex    | race_ethnicity
        ana        | Female | Hispanic or Latino
        ben        | Male   | Two or more races
        cara       | Female | Two or more races
        dan        | -      | Asian
        fay        | -      | -
        """,
    )


def test_students_need_no_demographics_file(tmp_path: Path) -> None:
    where = write_tables(tmp_path / "oneroster", users=USERS)
    students = canonical("students", tmp_path, path=where.name, profile="oneroster-1.1")
    assert [row["student_id"] for row in students] == ["ana", "ben", "cara", "dan", "fay"]


def test_schools_are_organizations_of_that_type(tmp_path: Path) -> None:
    where = write_tables(
        tmp_path / "oneroster",
        orgs="""
            sourcedId | status      | name         | type
            north     | -           | North School | school
            closed    | tobedeleted | Old School   | school
            all       | -           | The District | district
        """,
    )
    is_as_printed(
        canonical("schools", tmp_path, path=where.name, profile="oneroster-1.1"),
        """
        school_id | school_name  | level
        north     | North School | -
        """,
    )


@pytest.mark.parametrize("table", ["calendar", "attendance", "nurse_visits", "meal_programs"])
def test_what_oneroster_does_not_have_is_refused_with_what_to_do(table: str) -> None:
    with pytest.raises(UsageError) as refusal:
        resolve(
            table_named(table), source_of(table, path="oneroster", profile="oneroster-1.1"), config_in(Path())
        )
    assert f"the profile oneroster-1.1 has no {table}" in refusal.value.found
    assert "mapped file" in refusal.value.next_step
