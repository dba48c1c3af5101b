"""Ed-Fi's sample district through its profile into the store: its holes, and what fills them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from ews.config import Config, load_config
from ews.errors import DataRefused
from ews.extracts.findings import Finding
from ews.store.ingest import check, ingest
from ews.store.schema import read_store, store_path
from tests.profiles.edfi_files import read_files
from tests.profiles.reading import SAMPLE, needs_sample

pytestmark = needs_sample

FIRST_DAY, LAST_DAY = dt.date(2021, 8, 23), dt.date(2022, 5, 27)
GRADES = {255901001: "10", 255901044: "07", 255901107: "03"}
"""A grade for each of the three schools: the sample says nothing of its students' grades."""


def configured(folder: Path, **sources: dict[str, Any]) -> Config:
    """A configuration in which every source is the sample by its profile, but for what is stated."""
    sample = {"path": str(SAMPLE.resolve()), "profile": "edfi-5.2", "delivery": "full"}
    document = {
        "district": "Grand Bend",
        "timezone": "America/Chicago",
        "sources": {
            table: sources.get(table, {})
            if "path" in sources.get(table, {})
            else sample | sources.get(table, {})
            for table in ("schools", "calendar", "students", "enrollments", "attendance")
        },
        "audit": {"sensitive": ["disability"], "tolerance": {"excess_fnr": 0.1, "auc_difference": 0.1}},
        "outreach": {"capacity": {"prevent": {"per_school": 5}, "intensive": {"per_school": 5}}},
    }
    file = folder / "district.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return load_config(file)


def supplied(folder: Path) -> dict[str, dict[str, Any]]:
    """A small enrollment and calendar file beside the sample, and what the profile leaves to say."""
    spells = sorted({(event.student, event.school) for event in read_files(SAMPLE).events})
    lines = [f"{student},{school},{FIRST_DAY},,2022,{GRADES[school]}" for student, school in spells]
    header = "student_id,school_id,entry_date,exit_date,school_year,grade"
    (folder / "enrollments.csv").write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    days = [FIRST_DAY + dt.timedelta(days=ahead) for ahead in range((LAST_DAY - FIRST_DAY).days + 1)]
    lines = [f"{school},{day},2022,{day.weekday() < 5},420" for school in GRADES for day in days]
    header = "school_id,date,school_year,instructional,minutes"
    (folder / "calendar.csv").write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return {
        "enrollments": {"path": "enrollments.csv", "delivery": "full"},
        "calendar": {"path": "calendar.csv", "delivery": "full"},
        "attendance": {"codes": {"Partial": "absent_excused"}, "same_day": "largest_absence"},
    }


def about(findings: list[Finding], table: str, severity: str) -> str:
    """All that findings of a severity say of a table."""
    return " ".join(
        " ".join([each.sentence, each.expected, each.where, each.next_step])
        for each in findings
        if (each.table, each.severity) == (table, severity)
    )


def test_the_samples_real_holes_are_named_with_what_the_district_must_add(tmp_path: Path) -> None:
    findings = check(configured(tmp_path)).findings
    assert "StudentEnrollment*.xml" in about(findings, "enrollments", "refused")
    partial = about(findings, "attendance", "refused")
    assert "Partial" in partial
    assert "sources.attendance.codes" in partial
    assert "has 2" in about(findings, "calendar", "warning")


def test_a_sample_with_holes_changes_nothing(tmp_path: Path) -> None:
    config = configured(tmp_path)
    with pytest.raises(DataRefused):
        ingest(config)
    assert not store_path(config.workspace_dir).exists()


def test_two_events_of_one_day_ask_for_a_rule(tmp_path: Path) -> None:
    """The one partial event lies on a day on which the student was absent as a whole."""
    sources = supplied(tmp_path)
    del sources["attendance"]["same_day"]
    findings = check(configured(tmp_path, **sources)).findings
    assert "same_day" in about(findings, "attendance", "refused")


def test_with_enrollments_and_a_calendar_beside_it_the_sample_loads_and_every_event_counts(
    tmp_path: Path,
) -> None:
    """1,917 events are 1,916 days: the partial event's ten minutes are part of a whole day missed."""
    config = configured(tmp_path, **supplied(tmp_path))
    report = ingest(config)
    assert not [each for each in report.findings if each.severity in ("refused", "set aside")]
    with read_store(config.workspace_dir) as session:
        kinds = session.rows(
            "SELECT kind, count(*), sum(absent_units) FILTER (kind <> 'tardy') FROM store.attendance "
            "GROUP BY kind"
        )
        students = session.value("SELECT count(DISTINCT student_id) FROM store.attendance")
    assert sorted(kinds) == [
        ("absent_excused", 1077, 10_770_000),
        ("absent_unexcused", 773, 7_730_000),
        ("tardy", 66, None),
    ]
    assert students == 227
