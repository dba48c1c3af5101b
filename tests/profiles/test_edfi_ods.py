"""An Ed-Fi ODS on PostgreSQL and the interchange files: the same students, the same canonical rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.profiles.edfi_district import EdFiDistrict, invented_district
from tests.profiles.edfi_files import read_files, write_files
from tests.profiles.edfi_ods import ods_script
from tests.profiles.reading import SAMPLE, Rows, canonical, needs_sample, sample_rows
from tests.sources.postgres_server import PostgresServer

TABLES = ("schools", "calendar", "students", "enrollments", "attendance", "meal_programs")
FREE_TEXT_CODES = {"meal_programs": {"program": {"District Plan B": "lunch"}}}

versions = pytest.mark.parametrize("version", ["5.2", "6.1"])


def from_ods(server: PostgresServer, district: EdFiDistrict, version: str, name: str) -> dict[str, Rows]:
    """The canonical rows of a district's ODS, by table, read by an account that may only read."""
    database = f"ods_{name}_{version.replace('.', '_')}"
    server.new_database(database, ods_script(district, version))
    url = server.url(database, server.guest)
    return {
        table: canonical(table, Path(), database={"url": url}, profile=f"edfi-{version}") for table in TABLES
    }


@versions
def test_an_ods_and_files_of_the_same_students_give_the_same_rows(
    postgres: PostgresServer, version: str, tmp_path: Path
) -> None:
    district = invented_district()
    write_files(district, tmp_path / "edfi")
    ods = from_ods(postgres, district, version, "invented")
    for table in TABLES:
        files = canonical(table, tmp_path, path="edfi", profile="edfi-5.2")
        assert files, table
        assert ods[table] == files, table


@needs_sample
@versions
def test_the_sample_district_in_an_ods_gives_the_rows_of_its_files(
    postgres: PostgresServer, version: str
) -> None:
    """All 1,917 events, 960 students and 82 meal services; the sample has no enrollments to compare."""
    ods = from_ods(postgres, read_files(SAMPLE), version, "sample")
    assert len(ods["attendance"]) == 1917
    for table in set(TABLES) - {"enrollments"}:
        assert ods[table] == sample_rows(table), table
