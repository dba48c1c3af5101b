"""A test year that has judged before says so, and bytes that failed an audit pass no laxer one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ews.config import Audit
from ews.registry import Run
from ews.training.earlier_runs import earlier_runs, failed_a_stricter_audit, history_note, tags_of


def settings(**changes: Any) -> Audit:
    usual = {
        "sensitive": ["race_ethnicity", "disability"],
        "tolerance": {"excess_fnr": 0.1, "auc_difference": 0.1},
    }
    return Audit.model_validate({**usual, **changes})


def run(name: str, verdict: str = "fail", model: str = "m", year: int = 2025, audited: bool = True) -> Run:
    tags = {"gate_verdict": verdict, "fairness_verdict": verdict, "model_digest": model}
    return Run(name, name, tags | tags_of(year, settings(), audited=audited), Path())


ASKS_LESS = [
    {"sensitive": ["disability"]},
    {"tolerance": {"excess_fnr": 0.11, "auc_difference": 0.1}},
    {"tolerance": {"excess_fnr": 0.1, "auc_difference": 0.2}},
    {"min_group": 31},
]
ASKS_NO_LESS = [
    {},
    {"sensitive": ["race_ethnicity", "disability", "sex"]},
    {"tolerance": {"excess_fnr": 0.05, "auc_difference": 0.1}},
    {"min_group": 20},
    {"economic_rests_on": "other"},
]


@pytest.mark.parametrize("changes", ASKS_LESS, ids=str)
def test_the_same_bytes_do_not_get_through_an_audit_that_asks_less(changes: dict[str, Any]) -> None:
    earlier = earlier_runs([run("first"), run("second", "pass", model="other")], 2025)
    found = failed_a_stricter_audit(earlier, "m", settings(**changes))
    assert found is not None
    assert found.name == "first"
    assert failed_a_stricter_audit(earlier, "other", settings(**changes)) is None


@pytest.mark.parametrize("changes", ASKS_NO_LESS, ids=str)
def test_an_audit_that_asks_no_less_may_come_to_another_verdict(changes: dict[str, Any]) -> None:
    earlier = earlier_runs([run("first")], 2025)
    assert failed_a_stricter_audit(earlier, "m", settings(**changes)) is None


def test_an_audit_that_could_not_be_made_asked_nothing() -> None:
    earlier = earlier_runs([run("first", audited=False)], 2025)
    assert failed_a_stricter_audit(earlier, "m", settings(sensitive=["sex"])) is None


def test_the_note_counts_what_the_same_year_has_judged_and_names_what_failed() -> None:
    runs = [run("a"), run("b", "pass"), run("c", "insufficient_evidence"), run("d", year=2024)]
    (note,) = history_note(earlier_runs(runs, 2025), 2025)
    assert "School year 2025 has judged 3 models before" in note
    assert "1 fail, 1 insufficient evidence, 1 pass" in note
    assert "Failed: a." in note
    assert history_note([], 2025) == []


def test_a_run_that_ended_without_a_judgement_judged_nothing() -> None:
    assert earlier_runs([Run("x", "x", {"test_year": "2025"}, Path())], 2025) == []
