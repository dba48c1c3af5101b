"""Each fault that is planted in a sound district is found by its name, and nothing else is cried."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from ews.engine import Session
from ews.extracts.checks import CHECKS
from ews.extracts.findings import Finding
from ews.extracts.plausible.whole import plausibility_findings
from ews.simulate.district import simulate
from ews.store.volume import volume_findings
from tests.checks.planted_faults import BOTH, FAULTS
from tests.checks.temp_tables import TABLES, as_daily, derive, read_extracts, source

LOADED_AT = dt.datetime(2026, 1, 17, 4)


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "district"
    simulate(folder, students=600, years=2, seed=1)
    return folder


@pytest.fixture(scope="module", params=BOTH)
def sound(request: pytest.FixtureRequest, district: Path) -> Iterator[tuple[str, Session]]:
    """A sound district in one form of reporting; what a test does to it is rolled back."""
    with read_extracts(district) as session:
        if request.param == "daily":
            as_daily(session)
        for name, pick in (("largest", "arg_max"), ("smallest", "arg_min")):
            session.execute(
                f"SET VARIABLE {name} = (SELECT {pick}(school_id, n) FROM (SELECT school_id, count(*) AS n "
                "FROM given_enrollments WHERE school_year = 2026 GROUP BY 1))"
            )
        yield request.param, session


def found_in(session: Session, reporting: str) -> list[Finding]:
    derive(session)
    attendance = ("full", int(session.value("SELECT count(*) FROM given_attendance")))
    return [
        *plausibility_findings(session, TABLES, source(reporting), LOADED_AT),
        *volume_findings(session, {"attendance": attendance}, LOADED_AT, "America/New_York"),
    ]


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_by_its_name_and_quotes_no_student(
    name: str, sound: tuple[str, Session]
) -> None:
    fault, (reporting, session) = FAULTS[name], sound
    if reporting not in fault.reporting:
        pytest.skip(f"a fault of {fault.reporting[0]} reporting")
    with session.transaction(keep=False):
        for statement in fault.statements:
            session.execute(statement)
        findings = found_in(session, reporting)
        students = {student for (student,) in session.rows("SELECT student_id FROM given_enrollments")}
    told = [each for each in findings if each.name == fault.check]
    assert len(told) == 1
    assert fault.says in f"{told[0].sentence}; {told[0].where}"
    assert told[0].count > 0
    assert {each.name for each in findings} - {fault.check} <= set(fault.also)
    words = set(" ".join(f"{each.sentence} {each.where}" for each in findings).replace(",", " ").split())
    assert not words & students


def test_a_sound_district_gives_neither_warnings_nor_notes(sound: tuple[str, Session]) -> None:
    reporting, session = sound
    with session.transaction(keep=False):
        assert found_in(session, reporting) == []


def test_a_closure_that_is_in_the_calendar_is_none_of_the_faults(sound: tuple[str, Session]) -> None:
    reporting, session = sound
    with session.transaction(keep=False):
        session.execute("DELETE FROM given_attendance WHERE date = DATE '2025-11-18'")
        session.execute("UPDATE given_calendar SET instructional = false WHERE date = DATE '2025-11-18'")
        assert found_in(session, reporting) == []


def test_every_check_of_whole_extracts_has_a_planted_fault() -> None:
    """Those that need rows which were set aside, or earlier loads, have tests of their own."""
    elsewhere = {"lost zeros", "attendance after the calendar", "calendar has ended", "overlapping spells"}
    earlier = {"fewer rows than before", "unusually small delta", "unusually large delta"}
    warnings = {name for name, check in CHECKS.items() if check.severity == "warning"}
    assert warnings - elsewhere - earlier <= {fault.check for fault in FAULTS.values()}
