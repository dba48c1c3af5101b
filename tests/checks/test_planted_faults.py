"""Each fault that is planted in a sound district is found by its name, and nothing else is cried."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import pytest

from ews.engine import Session
from ews.extracts.checks import CHECKS
from ews.extracts.findings import Finding
from ews.extracts.plausible.whole import plausibility_findings
from ews.simulate.district import simulate
from ews.store.volume import volume_findings
from tests.checks.planted_faults import BOTH, FAULTS
from tests.checks.temp_tables import TABLES, as_daily, derive, new_extracts, read_extracts, source

LOADED_AT = dt.datetime(2026, 1, 17, 4)
ELSEWHERE = {
    "lost zeros",
    "attendance after the calendar",
    "overlapping spells",
    "fewer rows than before",
    "unusually small delta",
    "unusually large delta",
    "directory",
    "contacts",
}
"""Warnings that need rows set aside, earlier loads or printed sources: they have tests of their own."""

Sound = Mapping[str, Session]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sound]:
    """A sound district in both forms of reporting; what a test does to it is rolled back."""
    folder = tmp_path_factory.mktemp("simulated") / "district"
    simulate(folder, students=600, years=2, seed=1)
    with ExitStack() as stack:
        sessions = {reporting: stack.enter_context(read_extracts(folder)) for reporting in BOTH}
        as_daily(sessions["daily"])
        for session in sessions.values():
            remember_schools(session)
        yield sessions


def remember_schools(session: Session) -> None:
    for name, pick in (("largest", "arg_max"), ("smallest", "arg_min")):
        session.execute(
            f"SET VARIABLE {name} = (SELECT {pick}(school_id, n) FROM (SELECT school_id, count(*) AS n "
            "FROM given_enrollments WHERE school_year = 2026 GROUP BY 1))"
        )


def findings_of(session: Session, reporting: str) -> list[Finding]:
    derive(session)
    attendance = ("full", int(session.value("SELECT count(*) FROM given_attendance")))
    return [
        *plausibility_findings(session, TABLES, source(reporting), LOADED_AT),
        *volume_findings(session, {"attendance": attendance}, LOADED_AT, "America/New_York"),
    ]


@pytest.mark.parametrize(
    ("name", "reporting"), [(name, form) for name, fault in FAULTS.items() for form in fault.reporting]
)
def test_a_planted_fault_is_found_by_its_name_and_no_student_is_named(
    name: str, reporting: str, sound: Sound
) -> None:
    fault, session = FAULTS[name], sound[reporting]
    with session.transaction(keep=False):
        for statement in fault.statements:
            session.execute(statement)
        findings = findings_of(session, reporting)
        students = {student for (student,) in session.rows("SELECT student_id FROM given_enrollments")}
    told = [each for each in findings if each.name == fault.check]
    assert len(told) == len({each.table for each in told}) > 0, "one finding per check and table"
    assert fault.says in f"{told[0].sentence}; {told[0].where}"
    assert told[0].count > 0
    assert {each.name for each in findings} - {fault.check} <= set(fault.also)
    words = " ".join(f"{each.sentence} {each.where}" for each in findings).replace(",", " ").split()
    assert not students & set(words)


@pytest.mark.parametrize("reporting", BOTH)
def test_a_sound_district_gives_neither_warnings_nor_notes(reporting: str, sound: Sound) -> None:
    session = sound[reporting]
    with session.transaction(keep=False):
        assert findings_of(session, reporting) == []


@pytest.mark.parametrize("reporting", BOTH)
def test_a_closure_that_is_in_the_calendar_is_no_fault(reporting: str, sound: Sound) -> None:
    session = sound[reporting]
    with session.transaction(keep=False):
        session.execute("DELETE FROM given_attendance WHERE date = DATE '2025-11-18'")
        session.execute("UPDATE given_calendar SET instructional = false WHERE date = DATE '2025-11-18'")
        assert findings_of(session, reporting) == []


@pytest.mark.parametrize("reporting", BOTH)
@pytest.mark.parametrize("delivery", ["full", "delta"])
def test_extracts_without_a_row_have_nothing_implausible(reporting: str, delivery: str) -> None:
    with new_extracts() as session:
        derive(session)
        assert plausibility_findings(session, TABLES, source(reporting, delivery), LOADED_AT) == []
        empty = dict.fromkeys(TABLES, (delivery, 0))
        assert volume_findings(session, empty, LOADED_AT, "America/New_York") == []


def test_every_warning_has_a_planted_fault_here_or_tests_of_its_own() -> None:
    warnings = {name for name, check in CHECKS.items() if check.severity == "warning"}
    assert warnings - ELSEWHERE <= {fault.check for fault in FAULTS.values()}
    assert not ELSEWHERE & {fault.check for fault in FAULTS.values()}
