"""Profiles themselves: how they are named and merged, what a district's own may hold, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ews.errors import UsageError
from ews.extracts.profile_document import packaged, read_document
from ews.extracts.profiles import Recipe, profile_names, resolve
from ews.extracts.schema import TABLES
from ews.sources import AttendanceSource, Source
from tests.profiles.reading import canonical, config_in, is_as_printed, source_of, table_named, write_tables

NURSE_PROFILE = """
title: The health office's program
tables:
  nurse_visits:
    date_format: "%d/%m/%Y"
    columns: {visit_id: VisitNo, student_id: Pupil, date: Day, category: Why, disposition: Where}
    codes:
      category: {ILL: illness, INJ: injury}
      disposition: {RTC: returned_to_class, HOME: sent_home}
"""


def resolved(table: str, folder: Path = Path(), **keys: Any) -> tuple[Source, Recipe | None]:
    return resolve(table_named(table), source_of(table, **keys), config_in(folder))


def refused(table: str, folder: Path = Path(), **keys: Any) -> UsageError:
    with pytest.raises(UsageError) as refusal:
        resolved(table, folder, **keys)
    return refusal.value


def own_profile(folder: Path, text: str) -> Path:
    (folder / "ours.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("profile", [None, "mapped"])
def test_without_a_profile_or_with_mapped_a_source_stays_as_it_is(profile: str | None) -> None:
    stated = source_of("schools", path="schools.csv", profile=profile, columns={"school_id": "Number"})
    assert resolve(table_named("schools"), stated, config_in(Path())) == (stated, None)


def test_an_unknown_profile_is_refused_with_the_ones_that_there_are() -> None:
    refusal = refused("schools", path="x", profile="edfi")
    assert refusal.found == "there is no profile edfi"
    assert all(name in refusal.expected for name in profile_names())
    assert refusal.where == "sources.schools.profile"


def test_an_unknown_variant_is_refused_with_the_ones_that_there_are() -> None:
    refusal = refused("attendance", path="x", profile="powerschool:periods")
    assert refusal.found == "the profile powerschool has no variant periods"
    assert refusal.expected == "one of attendance-codes"


def test_a_variant_has_the_other_tables_of_its_profile() -> None:
    plain = resolved("schools", path="x", profile="powerschool")[1]
    variant = resolved("schools", path="x", profile="powerschool:attendance-codes")[1]
    assert plain is not None
    assert variant is not None
    assert plain.select == variant.select


def test_codes_that_the_district_states_go_before_the_profiles_and_add_to_them() -> None:
    source, _ = resolved(
        "attendance",
        path="x",
        profile="edfi-5.2",
        codes={"Tardy": "absent_unexcused", "Partial": "absent_excused"},
    )
    assert source.codes["Tardy"] == "absent_unexcused"
    assert source.codes["Partial"] == "absent_excused"
    assert source.codes["Excused Absence"] == "absent_excused"


def test_codes_of_one_column_are_merged_one_by_one() -> None:
    grade = {"Ungraded": "12", "First grade": "02"}
    source, _ = resolved("enrollments", path="x", profile="edfi-5.2", codes={"grade": grade})
    assert source.codes["grade"]["Ungraded"] == "12"
    assert source.codes["grade"]["First grade"] == "02"
    assert source.codes["grade"]["Kindergarten"] == "KG"


def test_reporting_comes_from_the_profile_unless_the_district_states_it() -> None:
    reported = []
    for keys in ({}, {"reporting": "daily"}):
        source, _ = resolved("attendance", path="x", profile="edfi-5.2", **keys)
        assert isinstance(source, AttendanceSource)
        reported.append(source.reporting)
    assert reported == ["exceptions", "daily"]


def test_a_query_of_the_districts_own_goes_before_the_profiles() -> None:
    database = {"url": "postgresql://reader@server/ods"}
    query = "SELECT 'own' AS student_id"
    source, recipe = resolved("students", database=database, query=query, profile="edfi-6.1")
    assert source.query == query
    assert recipe is not None
    assert recipe.query == query


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (
            {"profile": "oneroster-1.1", "database": {"url": "postgresql://server/x"}},
            "reads files, not a database",
        ),
        ({"profile": "edfi-6.1", "path": "xml"}, "reads a database, not files"),
        ({"profile": "edfi-5.2", "path": "xml", "columns": {"student_id": "Pupil"}}, "nothing to rename"),
        ({"profile": "edfi-5.2", "path": "xml", "date_format": "%m/%d/%Y"}, "dates in one form"),
    ],
)
def test_what_a_profile_cannot_do_is_refused_and_not_ignored(keys: dict[str, Any], found: str) -> None:
    refusal = refused("students", **keys)
    assert found in refusal.found
    assert refusal.where == "sources.students"
    assert refusal.next_step


def test_a_district_can_write_a_profile_of_its_own(tmp_path: Path) -> None:
    """Here a mapping for the health office's program, which has no derivations; the path is the config's."""
    own_profile(tmp_path, NURSE_PROFILE)
    write_tables(
        tmp_path,
        visits="""
            VisitNo | Pupil | Day        | Why | Where
            1       | ana   | 15/09/2025 | ILL | HOME
            2       | ben   | 16/09/2025 | INJ | RTC
        """,
    )
    is_as_printed(
        canonical("nurse_visits", tmp_path, path="visits.csv", profile="./ours.yaml"),
        """
        visit_id | student_id | date       | category | disposition
        1        | ana        | 2025-09-15 | illness  | sent_home
        2        | ben        | 2025-09-16 | injury   | returned_to_class
        """,
    )


def test_a_profile_of_ones_own_can_derive_and_have_variants(tmp_path: Path) -> None:
    own_profile(
        tmp_path,
        """
        title: Two lists of schools
        tables:
          schools:
            inputs: {our_list: {file: "list*.csv", columns: [number, title]}}
            select: SELECT number AS school_id, title AS school_name, _file, _line FROM our_list
        variants:
          numbered:
            tables:
              schools:
                inputs: {our_list: {file: "list*.csv", columns: [number]}}
                select: SELECT number AS school_id, 'School ' || number AS school_name FROM our_list
        """,
    )
    write_tables(tmp_path / "lists", list_a="number | title\n1 | North", list_b="number | title\n2 | South")
    names = [
        [row["school_name"] for row in canonical("schools", tmp_path, path="lists", profile=profile)]
        for profile in ("ours.yaml", "ours.yaml:numbered")
    ]
    assert names == [["North", "South"], ["School 1", "School 2"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("title: x\ntables: {schools: {colums: {school_id: a}}}", "tables.schools.colums: unknown key"),
        ("tables: {}", "title: missing key"),
        ("- a list", "tables: missing key; title: missing key"),
        ("title: x\ntables: {buses: {}}", "tables: buses is not a canonical table"),
        ("title: x\ntables: {schools: {columns: {principal: a}}}", "tables: schools has no column principal"),
        (
            "title: x\ntables: {attendance: {codes: {A: sick}}}",
            "tables: attendance's codes map a code to one of present",
        ),
        (
            "title: x\ntables: {schools: {codes: {E: elementary}}}",
            "tables: schools's codes are given by column",
        ),
        ("title: x\ntables: {schools: {reporting: daily}}", "tables: reporting is for attendance"),
        (
            "title: x\ntables: {enrollments: {codes: {grade: {1: '01'}}}}",
            "tables.enrollments.codes: codes and what they mean have to be text: put 1 in quotes",
        ),
        (
            "title: x\ntables: {attendance: {codes: {No: absent_excused}}}",
            "tables.attendance.codes: codes and what they mean have to be text: put False in quotes",
        ),
        (
            "title: x\ntables: {schools: {select: SELECT 1}}",
            "tables.schools: inputs and select belong together",
        ),
        (
            "title: x\ntables: {schools: {inputs: {schools: {file: a, columns: [b]}}, select: SELECT 1}}",
            "tables.schools.inputs: an input may not be called schools",
        ),
        (
            "title: x\ntables: {schools: {inputs: {a: {file: a.xml, element: School}}, select: SELECT 1}}",
            "tables.schools.inputs.a: XML needs both element and fields",
        ),
        (
            "title: x\ntables: {schools: {inputs: {a: {file: a.csv}}, select: SELECT 1}}",
            "tables.schools.inputs.a: give columns",
        ),
        (
            "title: x\ntables: {schools: {query: SELECT 1, columns: {school_id: a}}}",
            "tables.schools: columns is for a plain mapping",
        ),
        (
            "title: x\ntables: {schools: {query: SELECT 1, query_of: edfi-5.2}}",
            "tables.schools: give query or query_of",
        ),
        ("title: x\nvariants: {a: {tables: {buses: {}}}}\ntables: {}", "variants.a.tables: buses is not a"),
    ],
)
def test_a_mistake_in_a_profile_is_named_by_file_and_key(tmp_path: Path, text: str, found: str) -> None:
    own_profile(tmp_path, text)
    refusal = refused("schools", tmp_path, path="x", profile="./ours.yaml")
    assert found in refusal.found
    assert refusal.where == "./ours.yaml"


def test_a_profile_that_is_no_yaml_is_named_by_its_line(tmp_path: Path) -> None:
    own_profile(tmp_path, "title: x\ntables: [unclosed\n")
    refusal = refused("schools", tmp_path, path="x", profile="./ours.yaml")
    assert (refusal.found, refusal.where) == ("the profile is not valid YAML", "./ours.yaml, line 3")


def test_a_profile_whose_file_is_missing_is_refused() -> None:
    refusal = refused("schools", path="x", profile="elsewhere/ours.yml")
    assert (refusal.found, refusal.where) == ("the profile's file is missing", "elsewhere/ours.yml")


def test_a_query_of_an_unknown_profile_or_table_is_refused(tmp_path: Path) -> None:
    database = {"url": "postgresql://server/x"}
    own_profile(tmp_path, "title: x\ntables: {schools: {query_of: edfi}, nurse_visits: {query_of: edfi-5.2}}")
    for table in ("schools", "nurse_visits"):
        refusal = refused(table, tmp_path, database=database, profile="./ours.yaml")
        assert "query_of" in refusal.found
        assert refusal.where == f"./ours.yaml, tables.{table}.query_of"


def test_attendance_without_a_meaning_of_its_rows_is_refused(tmp_path: Path) -> None:
    own_profile(tmp_path, "title: x\ntables: {attendance: {codes: {A: absent_excused}}}")
    refusal = refused("attendance", tmp_path, path="x", profile="./ours.yaml")
    assert "what an attendance row means" in refusal.found
    assert "./ours.yaml" in refusal.where


@pytest.mark.parametrize("name", packaged())
def test_a_profile_says_for_every_table_that_it_lacks_what_to_do_instead(name: str) -> None:
    document = read_document(packaged()[name], name)
    assert {*document.tables, *document.refusals} == {table.name for table in TABLES}
    assert not set(document.tables) & set(document.refusals)


def test_a_profile_names_no_nurse_visit_and_so_opens_no_health_record() -> None:
    assert not [
        name for name, file in packaged().items() if "nurse_visits" in read_document(file, name).tables
    ]
