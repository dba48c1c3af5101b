"""The page about profiles: what can be copied from it works, and it says what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ews.extracts.profile_document import ProfileDocument, TableEntry, packaged, read_document
from ews.extracts.profiles import profile_names, resolve
from ews.sources import AttendanceSource
from tests.profiles.reading import canonical, config_in, is_as_printed, source_of, table_named, write_tables

PAGE = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
CONFIGURATIONS = [block["sources"] for block in BLOCKS if "sources" in block]
(OWN_PROFILE,) = [block for block in BLOCKS if "title" in block]


def sources() -> list[tuple[str, dict[str, Any]]]:
    return [each for configuration in CONFIGURATIONS for each in configuration.items()]


@pytest.mark.parametrize(("table", "keys"), sources())
def test_every_source_on_the_page_can_be_copied(table: str, keys: dict[str, Any]) -> None:
    source, _ = resolve(table_named(table), source_of(table, **keys), config_in(Path()))
    assert not isinstance(source, AttendanceSource) or source.codes


def test_the_page_names_every_profile_and_shows_how_to_use_it() -> None:
    shown = {keys.get("profile") for _, keys in sources()} | {"edfi-6.1", "powerschool:attendance-codes"}
    assert shown >= set(profile_names())
    assert all(f"`{name}`" in PAGE for name in profile_names() if ":" not in name)


@pytest.mark.parametrize("name", packaged())
def test_the_page_names_every_file_that_a_profile_reads(name: str) -> None:
    document = read_document(packaged()[name], name)
    tables = [*document.tables.values(), *(t for v in document.variants.values() for t in v.tables.values())]
    files = {each.file for table in tables for each in table.inputs.values()}
    stems = {re.sub(r"\[(.)(.)\]", r"\1", file).split("*")[0].split(".")[0] for file in files}
    assert not [stem for stem in stems if stem.lower() not in PAGE.lower()]


def test_the_page_explains_every_key_of_a_profile() -> None:
    keys = {*ProfileDocument.model_fields, *TableEntry.model_fields}
    assert not [key for key in keys if f"{key}:" not in PAGE]


def test_the_profile_on_the_page_works(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump(OWN_PROFILE), encoding="utf-8")
    write_tables(
        tmp_path / "marks",
        marks_2025="""
            pupil | school | day        | mark
            ana   | north  | 09/15/2025 | Sick
        """,
        marks_2026="""
            pupil | school | day        | mark | part
            ana   | north  | 09/16/2025 | Late | 0.2
        """,
    )
    is_as_printed(
        canonical("attendance", tmp_path, path="marks", profile="./ours.yaml"),
        """
        student_id | school_id | date       | code | absent_fraction
        ana        | north     | 2025-09-15 | Sick | -
        ana        | north     | 2025-09-16 | Late | 0.2
        """,
    )
