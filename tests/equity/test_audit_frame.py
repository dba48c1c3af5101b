"""Meal status reaches the audit only where the district lets it, and says nothing about CEP students."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from ews.config import Config
from ews.engine import Session
from ews.store.schema import open_store
from ews.training.audit_frame import audit_frame

VERSION = "TIMESTAMP '2023-01-01', TIMESTAMP '9999-12-31', TIMESTAMP '2023-01-01', false, 1"
BOOKKEEPING = "known_from, known_until, ordered_at, withdrawn, load_id"

MEALS = [  # student, program, start, end, eligibility
    ("free", "lunch", "2023-09-01", None, "free"),
    ("reduced", "breakfast", "2023-09-01", None, "reduced"),
    ("paid", "lunch", "2023-09-01", None, "paid"),
    ("changed", "lunch", "2023-09-01", "2023-11-30", "free"),
    ("changed", "lunch", "2023-12-01", None, "paid"),
    ("lunch first", "lunch", "2023-09-01", None, "paid"),
    ("lunch first", "breakfast", "2023-10-01", None, "free"),
    ("last year", "lunch", "2022-09-01", "2023-06-30", "free"),
    ("fed by cep", "lunch", "2023-09-01", None, "cep"),
]
ROWS = pd.DataFrame(
    {
        "student_id": sorted({each[0] for each in MEALS} | {"at cep school", "no record"}),
        "school_id": "north",
        "as_of_date": dt.date(2024, 1, 8),
    }
)


@pytest.fixture
def session(tmp_path: Path):
    with open_store(tmp_path / "store.duckdb") as opened:
        opened.execute(
            f"INSERT INTO store.schools (school_id, school_name, cep, {BOOKKEEPING}) VALUES "
            f"('north', 'North', false, {VERSION}), ('south', 'South', true, {VERSION})"
        )
        for student in ROWS["student_id"]:
            opened.execute(
                f"INSERT INTO store.students (student_id, sex, {BOOKKEEPING}) VALUES (?, 'F', {VERSION})",
                (student,),
            )
        for student, program, start, end, eligibility in MEALS:
            opened.execute(
                f"INSERT INTO store.meal_programs (student_id, program, start_date, end_date, eligibility, "
                f"{BOOKKEEPING}) VALUES (?, ?, ?, ?, ?, {VERSION})",
                (student, program, start, end, eligibility),
            )
        opened.execute("INSERT INTO store.loads (load_id, table_name) VALUES (1, 'meal_programs')")
        yield opened


def configured(use: str = "audit", rests_on: str = "meal_status", sensitive: str = "meal_status") -> Config:
    source = {"path": "x.csv", "delivery": "full"}
    authorization = {
        "basis": "consent",
        "citation": "none",
        "approved_by": "board",
        "expires": dt.date(2099, 1, 1),
    }
    return Config.model_validate(
        {
            "district": "Test",
            "timezone": "America/New_York",
            "sources": {
                **dict.fromkeys(("schools", "calendar", "students", "enrollments"), source),
                "attendance": {**source, "reporting": "exceptions", "codes": {"A": "absent_unexcused"}},
                "meal_programs": {**source, "use": use}
                | ({"authorization": authorization} if use == "feature" else {}),
            },
            "outreach": {"capacity": {"prevent": {"per_school": 1}, "intensive": {"per_school": 1}}},
            "audit": {
                "sensitive": [sensitive, "economically_disadvantaged"],
                "tolerance": {"excess_fnr": 0.1, "auc_difference": 0.1},
                "economic_rests_on": rests_on,
            },
        }
    )


def test_status_is_the_newest_of_the_judged_dates_lunch_before_breakfast(session: Session) -> None:
    groups, left_out = audit_frame(session, ROWS, configured())
    status = groups.set_index("student_id")["meal_status"]
    assert status.dropna().to_dict() == {
        "free": "Free or reduced price",
        "reduced": "Free or reduced price",
        "paid": "Paid",
        "changed": "Paid",
        "lunch first": "Paid",
    }
    assert left_out["meal_status"].students == {"fed by cep"}


def test_cep_is_left_out_of_the_economic_attributes_and_of_no_other(session: Session) -> None:
    _, left_out = audit_frame(session, ROWS, configured())
    assert set(left_out) == {"meal_status", "economically_disadvantaged"}
    assert left_out["economically_disadvantaged"].schools == {"south"}
    assert "Community Eligibility Provision" in left_out["meal_status"].reason


def test_an_economic_attribute_that_rests_on_something_else_leaves_nobody_out(session: Session) -> None:
    _, left_out = audit_frame(session, ROWS, configured(rests_on="other"))
    assert set(left_out) == {"meal_status"}


@pytest.mark.parametrize(
    ("use", "sensitive"), [("none", "meal_status"), ("audit", "sex"), ("feature", "sex")]
)
def test_what_may_not_be_read_or_is_not_asked_for_is_not_read(
    session: Session, use: str, sensitive: str
) -> None:
    groups, left_out = audit_frame(session, ROWS, configured(use=use, sensitive=sensitive))
    assert "meal_status" not in groups
    assert left_out["economically_disadvantaged"].students == frozenset()
