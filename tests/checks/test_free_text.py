"""A remark in place of a group's name is pointed out, and never quoted; codes and programs are no remarks."""

from __future__ import annotations

import pytest

from ews.extracts.plausible.free_text import free_text_findings
from tests.checks.temp_tables import derive, give, new_extracts

REMARK = "see file of Maria Lopez 123"


@pytest.mark.parametrize(
    ("value", "students", "told"),
    [
        (REMARK, 1, True),
        (REMARK, 9, True),
        ("504 plan", 10, False),
        ("504", 1, False),
        ("Native Hawaiian or Other Pacific Islander", 1, False),
        ("x" * 60, 1, False),
        ("x" * 61, 10, True),
        ("", 1, False),
    ],
)
def test_what_is_taken_for_a_remark(value: str, students: int, told: bool) -> None:
    with new_extracts() as session:
        give(session, "students", [{"student_id": f"s{at}", "disability": value} for at in range(students)])
        derive(session)
        findings = free_text_findings(session)
    assert bool(findings) == told
    for each in findings:
        assert (each.table, each.count, each.where) == ("students", students, "students.csv, line 2")
        assert "disability" in each.sentence
        assert value not in f"{each.sentence} {each.where} {each.next_step}"


def test_a_program_of_which_a_delta_brings_few_is_known_from_the_store() -> None:
    with new_extracts() as session:
        give(session, "students", [{"student_id": "s1", "disability": "504 plan"}])
        derive(session)
        assert free_text_findings(session)
        session.execute(
            "INSERT INTO store.students BY NAME SELECT 't' || unnest(range(9)) AS student_id, "
            "'504 plan' AS disability, TIMESTAMP '2025-09-01 00:00:00' AS known_from, "
            "TIMESTAMP '9999-12-31 00:00:00' AS known_until, 1 AS load_id, "
            "TIMESTAMP '2025-09-01 00:00:00' AS ordered_at, false AS withdrawn"
        )
        assert free_text_findings(session) == []
