"""Under ``use: audit`` meal status moves the audit's own files and verdict, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.pipeline.at_work import AtWork, copy_of

# Two trainings; in the default run test_gate.py holds that meal status kept for audits moves no list.
pytestmark = pytest.mark.slow


def trained_with(extracts: AtWork, folder: Path, *, swapped: bool) -> AtWork:
    district = copy_of(extracts, folder)
    district.edit("    use: feature\n    authorization:", "    use: audit\n    authorization:")
    district.edit("sensitive: [", "sensitive: [meal_status, ")
    if swapped:
        district.change_extract("meal_programs", _swap)
    assert district.run("ingest") == 0
    assert district.run("train", "--by", "Trainer") in (0, 50)
    return district


def _swap(rows: pd.DataFrame) -> pd.DataFrame:
    """Give every student with free or reduced-price meals the status paid, and the others free."""
    other = {"free": "paid", "reduced": "paid", "paid": "free", "cep": "cep"}
    return rows.assign(eligibility=rows["eligibility"].map(other))


@pytest.fixture(scope="module")
def both(extracts: AtWork, tmp_path_factory: pytest.TempPathFactory) -> tuple[AtWork, AtWork]:
    folder = tmp_path_factory.mktemp("meals")
    return (
        trained_with(extracts, folder / "as delivered", swapped=False),
        trained_with(extracts, folder / "swapped", swapped=True),
    )


def meal_groups(district: AtWork) -> dict[str, dict]:
    (attribute,) = [
        each for each in district.figures("fairness.json")["attributes"] if each["attribute"] == "meal_status"
    ]
    return {each["group"]: each for each in attribute["groups"]}


def test_meal_status_is_audited_and_cep_students_are_left_out_of_it(both: tuple[AtWork, AtWork]) -> None:
    fairness = both[0].figures("fairness.json")
    (attribute,) = [each for each in fairness["attributes"] if each["attribute"] == "meal_status"]
    assert {"Free or reduced price", "Paid"} <= {each["group"] for each in attribute["groups"]}
    assert attribute["coverage"]["left_out"] > 0
    assert "Community Eligibility Provision" in attribute["coverage"]["note"]


def test_swapping_every_status_swaps_the_groups_of_the_audit(both: tuple[AtWork, AtWork]) -> None:
    before, after = (meal_groups(each) for each in both)
    assert before["Paid"]["n"] == after["Free or reduced price"]["n"]
    assert before["Paid"]["n"] != after["Paid"]["n"]


def test_swapping_every_status_changes_no_byte_of_model_and_evaluation(both: tuple[AtWork, AtWork]) -> None:
    digests = [json.loads((each.reports() / "model_card.json").read_text())["digests"] for each in both]
    assert digests[0] == digests[1]
    evaluations = [each.figures("evaluation.json") for each in both]
    for each in evaluations:
        each.pop("gate")  # the audit's verdict is in it
    assert evaluations[0] == evaluations[1]
    others = [
        [
            each
            for each in district.figures("fairness.json")["attributes"]
            if each["attribute"] != "meal_status"
        ]
        for district in both
    ]
    verdict = ("verdict", "note", "holm_p_value")
    assert [{k: v for k, v in g.items() if k not in verdict} for a in others[0] for g in a["groups"]] == [
        {k: v for k, v in g.items() if k not in verdict} for a in others[1] for g in a["groups"]
    ]
