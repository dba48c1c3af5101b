"""``ews train`` with candidates: chosen on the validation year, judged on the test year, and reported."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.at_work import AtWork, copy_of
from tests.pipeline.test_demographics_change_nothing import permuted

pytestmark = pytest.mark.slow

NAMES = ["as_configured", "attendance_only", "smaller_trees"]
SEARCH = f"resamples: 100, candidates: {{approved_by: Ada Officer, among: [{', '.join(NAMES)}]}}"


def _trained(district: AtWork) -> AtWork:
    district.edit("resamples: 100", SEARCH)
    # Small enough that a district of 700 students has groups to judge.
    district.edit("min_group: 30", "min_group: 10")
    assert district.run("train", "--by", "Trainer") in (0, 50)
    return district


@pytest.fixture(scope="module")
def searched(challenger: AtWork, tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    return _trained(copy_of(challenger, tmp_path_factory.mktemp("candidates") / "district"))


@pytest.fixture(scope="module")
def candidates(searched: AtWork) -> dict[str, Any]:
    found: dict[str, Any] = searched.figures("fairness.json")["candidates"]
    return found


def _run(district: AtWork) -> Any:
    """The newest run in the registry."""
    client = district.registry_client()
    experiment = client.get_experiment_by_name(district.config.mlflow.experiment)
    runs = client.search_runs([experiment.experiment_id])
    return next(run for run in runs if run.info.run_name == district.reports().name)


def test_the_report_names_every_candidate_the_rule_and_who_approved_it(candidates: dict[str, Any]) -> None:
    assert candidates["approved_by"] == "Ada Officer"
    assert candidates["rule"].startswith("On the validation year, never on the test year")
    assert [each["name"] for each in candidates["frontier"]] == NAMES
    assert [each["name"] for each in candidates["frontier"] if each["chosen"]] == [candidates["chosen"]]
    assert all(isinstance(each["lift"]["standard_error"], float) for each in candidates["frontier"])
    assert all(each["worst_excess_fnr"] is not None for each in candidates["frontier"])


def test_the_chosen_bytes_are_the_ones_that_were_judged(searched: AtWork, candidates: dict[str, Any]) -> None:
    (chosen,) = (each for each in candidates["frontier"] if each["chosen"])

    assert searched.figures("model_card.json")["digests"]["model"] == chosen["model_digest"]
    assert _run(searched).data.tags["model_digest"] == chosen["model_digest"]


def test_the_model_as_configured_is_the_one_of_a_training_without_candidates(
    challenger: AtWork, candidates: dict[str, Any]
) -> None:
    assert challenger.figures("fairness.json")["candidates"] is None
    digest = challenger.figures("model_card.json")["digests"]["model"]
    assert candidates["frontier"][0]["model_digest"] == digest


def test_the_choice_is_in_the_registry_and_on_the_card(searched: AtWork, candidates: dict[str, Any]) -> None:
    run = _run(searched)

    assert run.data.tags["candidate"] == candidates["chosen"]
    assert run.data.tags["candidates_approved_by"] == "Ada Officer"
    for name, each in zip(NAMES, candidates["frontier"], strict=True):
        assert run.data.metrics[f"candidate_{name}_lift"] == pytest.approx(each["lift"]["value"])
    assert candidates["sentence"] in searched.figures("model_card.json")["limits"]


def test_the_page_says_that_group_outcomes_chose_among_candidates(
    searched: AtWork, candidates: dict[str, Any]
) -> None:
    page = " ".join((searched.reports() / "fairness.html").read_text(encoding="utf-8").split())

    assert candidates["sentence"] in page
    assert candidates["rule"] in page
    assert all(each["what"] in page for each in candidates["frontier"])


@pytest.mark.slow
def test_who_students_are_changes_no_candidate(
    searched: AtWork, candidates: dict[str, Any], challenger: AtWork, tmp_path: Any
) -> None:
    other = copy_of(challenger, tmp_path / "permuted")
    other.change_extract("students", permuted)
    other.into_a_fresh_store()
    found = _trained(other).figures("fairness.json")["candidates"]

    for one, two in zip(candidates["frontier"], found["frontier"], strict=True):
        assert one["model_digest"] == two["model_digest"]
        assert one["lift"] == two["lift"]
    assert [each["worst_excess_fnr"] for each in candidates["frontier"]] != [
        each["worst_excess_fnr"] for each in found["frontier"]
    ]


def test_without_a_validation_year_nothing_is_fitted(
    challenger: AtWork, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    district = copy_of(challenger, tmp_path / "three years")
    before = sorted(each.name for each in (district.workspace / "reports").iterdir())
    district.edit("resamples: 100", f"exclude_school_years: [2022, 2023], {SEARCH}")

    assert district.run("train") == 20
    told = capsys.readouterr().err
    assert "no complete school year is left for one" in told
    assert "Training" not in told
    assert "Computing" not in told
    assert sorted(each.name for each in (district.workspace / "reports").iterdir()) == before
