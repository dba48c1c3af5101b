"""What each role may be given, and what a district may say: next steps, folders, no more."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from ews.allowed_columns import ALLOWED, check_columns
from ews.nightly.history_of_lists import SINCE_COLUMNS
from ews.nightly.score import EXCLUDED_COLUMNS, SCORE_COLUMNS
from ews.outreach import columns
from ews.outreach.lists import write_lists
from ews.outreach.next_steps import legend, letter_of
from ews.outreach_settings import Delivery, NextSteps, Tier, each_school_its_own
from ews.rates.csv_file import CSV_COLUMNS
from tests.outreach.page_reading import check_page
from tests.outreach.sample_lists import context, student

NEVER = ("eligibility", "meal_status", "program", "race_ethnicity", "disability", "category", "disposition")


@pytest.mark.parametrize("column", NEVER)
def test_no_role_may_have_meal_status_a_protected_attribute_or_a_visit(column: str) -> None:
    for role in ALLOWED:
        with pytest.raises(ValueError, match=f"may not be written for {role}: {column}"):
            check_columns(role, ["student_id" if role != "equity" else "group", column])


def test_what_is_written_is_what_is_allowed_and_no_more() -> None:
    shown = columns.sheet_columns(show_names=True, show_counselors=True)
    assert {*shown, *columns.leaving_columns(show_names=True)} == ALLOWED["counselor"]
    assert {*SCORE_COLUMNS, *EXCLUDED_COLUMNS, *SINCE_COLUMNS} == ALLOWED["data_team"]
    assert set(CSV_COLUMNS) == ALLOWED["equity"]


def test_names_are_for_counselors_risks_for_the_data_team_and_students_never_for_equity() -> None:
    assert not {"risk", "model_version", "school_id"} & ALLOWED["counselor"]
    assert not {"first_name", "last_name", "homeroom", "contact"} & ALLOWED["data_team"]
    assert not {"student_id", "risk", "first_name", "reason_1"} & ALLOWED["equity"]


def test_a_list_with_a_column_too_many_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "BESIDE_THE_CONTRACT", (*columns.BESIDE_THE_CONTRACT, "eligibility"))
    rows = pd.DataFrame([student("1", eligibility="free")])
    with pytest.raises(ValueError, match="eligibility"):
        write_lists(tmp_path, rows, context=context())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("rate", "letter"),
    [(0.0, "A"), (0.0499, "A"), (1 / 20, "B"), (3 / 30, "C"), (0.1999, "C"), (2 / 10, "D"), (1.0, "D")],
)
def test_the_tiers_are_those_of_attendance_works_and_a_bound_belongs_to_the_tier_above(
    rate: float, letter: str
) -> None:
    steps = NextSteps()
    assert letter_of(steps, steps.step_of(rate)) == letter


def test_without_a_rate_there_is_no_step() -> None:
    assert NextSteps().step_of(None) == ""
    assert NextSteps().step_of(float("nan")) == ""
    assert letter_of(NextSteps(), "") == ""


def test_the_defaults_are_about_support() -> None:
    text = " ".join(tier.step for tier in NextSteps().tiers).lower()
    for word in ("warn", "refer", "court", "truan", "punish", "detention", "must", "fail", "risk"):
        assert word not in text


@pytest.mark.parametrize(
    "tiers",
    [
        [],
        [{"below": 0.1, "step": "a"}],
        [{"step": "a"}, {"step": "b"}],
        [{"below": 0.2, "step": "a"}, {"below": 0.1, "step": "b"}, {"step": "c"}],
        [{"below": 0.1, "step": "a"}, {"below": 0.1, "step": "b"}, {"step": "c"}],
        [{"below": 0, "step": "a"}, {"step": "b"}],
        [{"step": "x" * 161}],
        [{"step": " "}],
        [{"step": "two\nlines"}],
        [{"step": "turned \u202e around"}],
        [{"step": "a", "colour": "red"}],
    ],
)
def test_a_table_that_is_not_one_is_refused(tiers: list[dict[str, object]]) -> None:
    with pytest.raises(ValidationError):
        NextSteps.model_validate({"tiers": tiers})


def test_the_districts_own_table_is_what_the_page_shows(tmp_path: Path) -> None:
    steps = NextSteps(tiers=(Tier(below=0.08, step="Say <hello>"), Tier(step="Ask & listen")))
    write_lists(tmp_path, pd.DataFrame([student("1")]), context=context(next_steps=steps))
    page = check_page((tmp_path / "s1.html").read_text())
    assert "Next step: Ask & listen" in page.words
    assert "A, below 8% absent: Say <hello> B, 8% and more: Ask & listen" in page.words
    assert pd.read_excel(tmp_path / "s1.xlsx")["next_step"].tolist() == ["Ask & listen"]
    assert [letter for letter, *_ in legend(steps)] == ["A", "B"]


@pytest.mark.parametrize("paths", [("/a", "/a"), ("/a", "/a/b"), ("/a/b", "/a"), ("x/", "x"), ("./x", "x")])
def test_two_schools_never_share_a_folder(paths: tuple[str, str]) -> None:
    deliver = {f"s{at}": Delivery(path=path) for at, path in enumerate(paths)}
    with pytest.raises(ValueError, match="give each its own"):
        each_school_its_own(deliver)
    each_school_its_own({"s1": Delivery(path="/a/b"), "s2": Delivery(path="/a/c")})
