"""Codes that never occur or always do, ids that lost their zeros, values out of range."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ews.engine import Session
from ews.extracts.findings import Finding
from ews.extracts.plausible.codes import code_findings
from ews.extracts.plausible.ranges import minutes_above_the_day
from ews.extracts.plausible.zeros import lost_zeros
from ews.extracts.schema import ATTENDANCE, ENROLLMENTS
from ews.sources import AttendanceSource
from tests.checks.by_hand import derive, give, new_extracts, open_schools, school_days
from tests.checks.temp_tables import source


@pytest.fixture
def session() -> Iterator[Session]:
    with new_extracts() as made:
        yield made


def of_codes(session: Session, attendance: AttendanceSource, **rows: int) -> dict[str, Finding]:
    values = ", ".join(f"('{code}', {count})" for code, count in rows.items())
    session.execute(f"CREATE OR REPLACE TEMP TABLE attendance_codes AS FROM (VALUES {values}) v(code, rows)")
    return {each.name: each for each in code_findings(session, attendance)}


def test_mapped_codes_that_no_row_has_are_named(session: Session) -> None:
    findings = of_codes(session, source("exceptions"), A=600, E=300, T=100, P=5)
    assert list(findings) == ["code that never occurs"]
    assert findings["code that never occurs"].sentence == "no row has the mapped codes I, S, X"


def test_of_a_small_extract_or_a_delta_nothing_is_said(session: Session) -> None:
    assert of_codes(session, source("exceptions"), A=999, P=10_000) == {}
    assert of_codes(session, source("exceptions", "delta"), A=5_000) == {}


@pytest.mark.parametrize(("of_one", "told"), [(900, False), (901, True)])
def test_one_code_for_more_than_nine_in_ten_entries_is_a_default(
    of_one: int, told: bool, session: Session
) -> None:
    findings = of_codes(session, source("daily"), E=of_one, A=1_000 - of_one, P=90_000)
    assert ("one code for nearly everything" in findings) == told


def test_a_district_with_two_codes_may_use_one_of_them(session: Session) -> None:
    few = source("exceptions").model_copy(update={"codes": {"A": "absent_unexcused", "T": "tardy"}})
    assert of_codes(session, few, A=5_000, T=1) == {}


@pytest.mark.parametrize(
    ("known", "unknown", "says"),
    [
        (
            ["00012345"],
            ["12345"],
            "1 of 1 unknown id in student_id would be known with zeros put in front: enrollments lost them",
        ),
        (
            ["12345"],
            ["00012345"],
            "1 of 1 unknown id in student_id would be known without the zeros in front: students lost them",
        ),
        (["0100", "0200", "0300"], ["100", "200", "999"], "2 of 3 unknown ids"),
        (["0A7"], ["A7"], "1 of 1 unknown id "),
        (["12345"], ["12346"], None),
        (["10"], ["1"], None),
    ],
)
def test_ids_that_differ_by_zeros_in_front_are_counted_and_never_shown(
    known: list[str], unknown: list[str], says: str | None, session: Session
) -> None:
    give(session, "students", [{"student_id": each} for each in known])
    derive(session)
    session.execute("CREATE TEMP TABLE unknown_ids (id VARCHAR)")
    for each in unknown:
        session.execute("INSERT INTO unknown_ids VALUES (?)", (each,))
    finding = lost_zeros(session, ENROLLMENTS, "student_id")
    assert (finding is None) == (says is None)
    if finding is not None and says is not None:
        assert finding.sentence.startswith(says)
        assert finding.table == "enrollments"
        assert not {*known, *unknown} & set(finding.sentence.replace(":", " ").split())


def test_which_side_lost_the_zeros_is_said(session: Session) -> None:
    give(session, "schools", [{"school_id": "17"}])
    derive(session)
    session.execute("CREATE TEMP TABLE unknown_ids AS SELECT '0017' AS id")
    finding = lost_zeros(session, ATTENDANCE, "school_id")
    assert finding is not None
    assert finding.sentence.endswith("without the zeros in front: schools lost them")


@pytest.mark.parametrize(("minutes", "told"), [(400, False), (401, True)])
def test_nobody_misses_more_minutes_than_were_taught(minutes: int, told: bool, session: Session) -> None:
    days = school_days(3)
    open_schools(session, ["s1"], days)
    row = {"student_id": "a", "school_id": "s1", "date": days[1], "code": "A", "minutes_absent": minutes}
    give(session, "attendance", [row])
    derive(session)
    assert [each.where for each in minutes_above_the_day(session)] == (
        ["school s1, 2025-09-09"] if told else []
    )
