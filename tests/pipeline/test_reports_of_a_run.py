"""What a training run leaves to read: every figure of the contract, and pages that open on their own."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.pipeline.at_work import AtWork

PREDICTORS = {
    "model": "model",
    "prior_year_rate": "rule",
    "year_to_date_rate": "rule",
    "larger_of_both": "rule",
    "school_grade_rate": "rule",
    "logistic_regression": "regression",
}
INTERVAL = {"value", "low", "high"}
GROUP_RATES = {"selection_rate", "fnr", "fpr", "precision", "false_omission_rate"}
VERDICTS = {"pass", "fail", "insufficient_evidence", "not_judged"}


def check_interval(figure: dict[str, Any]) -> None:
    assert set(figure) >= INTERVAL
    if None not in (figure["low"], figure["value"], figure["high"]):
        noise = 1e-12
        assert figure["low"] - noise <= figure["value"] <= figure["high"] + noise


@pytest.fixture(scope="module")
def evaluation(challenger: AtWork) -> dict[str, Any]:
    return challenger.figures("evaluation.json")


@pytest.fixture(scope="module")
def fairness(challenger: AtWork) -> dict[str, Any]:
    return challenger.figures("fairness.json")


def test_reports_stand_where_the_contract_says(challenger: AtWork) -> None:
    found = {path.name for path in challenger.reports().iterdir()}

    assert {"summary.html", "evaluation.html", "fairness.html", "model_card.html"} <= found
    assert {"shap_beeswarm.png", "shap_dependence.png"} <= found
    assert {"evaluation.json", "fairness.json"} <= found
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-1", challenger.reports().name)
    assert challenger.figures("evaluation.json")["run"] == challenger.reports().name


def test_pages_need_nothing_from_elsewhere_and_name_no_student(challenger: AtWork) -> None:
    ids = re.findall(r'^"(\d{8})"', (challenger.folder / "extracts" / "students.csv").read_text(), re.M)
    assert len(ids) > 700

    for name in ("summary.html", "evaluation.html", "fairness.html", "model_card.html"):
        page = (challenger.reports() / name).read_text(encoding="utf-8")
        assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)\s*=\s*.?(https?:)?//", page)
        assert not re.search(r"@import|url\(\s*['\"]?https?:", page)
        assert set(re.findall(r"\b\d{8}\b", page)).isdisjoint(ids)


def test_the_years_are_those_of_the_plan(evaluation: dict[str, Any]) -> None:
    assert evaluation["train_years"] == [2023]
    assert evaluation["validation_year"] == 2024
    assert evaluation["test_year"] == 2025
    assert evaluation["as_of_dates"] == ["2024-10-01", "2025-01-02"]


def test_every_date_and_the_pool_have_every_figure_for_every_predictor(evaluation: dict[str, Any]) -> None:
    assert {each["name"]: each["kind"] for each in evaluation["predictors"]} == PREDICTORS
    assert [period["as_of"] for period in evaluation["periods"]] == [*evaluation["as_of_dates"], "pooled"]

    for period in evaluation["periods"]:
        assert set(period["populations"]) == {"all", "not_yet_chronic"}
        for name, population in period["populations"].items():
            assert 0 < population["positives"] < population["n"]
            assert set(population["predictors"]) == set(PREDICTORS)
            for predictor, figures in population["predictors"].items():
                check_predictor(predictor, name, figures)


def check_predictor(predictor: str, population: str, figures: dict[str, Any]) -> None:
    for measure in ("auc", "average_precision"):
        check_interval(figures[measure])
        assert 0 <= figures[measure]["value"] <= 1
    for measure in ("brier", "calibration_error"):
        if PREDICTORS[predictor] == "rule":
            assert figures[measure] is None
        else:
            check_interval(figures[measure])
    sections = figures["at_capacity"]
    assert set(sections) == (
        {"prevent"} if population == "not_yet_chronic" else {"prevent", "intensive", "both"}
    )
    for section in sections.values():
        assert 0 <= section["found"] <= section["listed"]
        assert section["precision"]["value"] == pytest.approx(section["found"] / section["listed"])
        check_interval(section["precision"])
        check_interval(section["recall"])


def test_all_students_are_those_not_yet_chronic_and_the_others(evaluation: dict[str, Any]) -> None:
    for period in evaluation["periods"]:
        everyone, early = period["populations"]["all"], period["populations"]["not_yet_chronic"]
        assert early["n"] < everyone["n"]
        assert early["positives"] < everyone["positives"]
    by_date, pooled = evaluation["periods"][:-1], evaluation["periods"][-1]
    assert (
        sum(each["populations"]["all"]["n"] for each in by_date)
        == pooled["populations"]["all"]["n"]
        > pooled["populations"]["all"]["students"]
    )


def test_every_predictor_is_given_lists_of_the_same_length(evaluation: dict[str, Any]) -> None:
    for period in evaluation["periods"]:
        predictors = period["populations"]["all"]["predictors"].values()
        assert len({each["at_capacity"]["both"]["listed"] for each in predictors}) == 1


def test_the_lift_is_averaged_over_dates_against_the_best_rule(evaluation: dict[str, Any]) -> None:
    lift = evaluation["lift"]
    by_date = [
        period["populations"]["not_yet_chronic"]["predictors"] for period in evaluation["periods"][:-1]
    ]

    def mean(name: str) -> float:
        return sum(float(each[name]["auc"]["value"]) for each in by_date) / len(by_date)

    rules = [name for name, kind in PREDICTORS.items() if kind == "rule"]
    assert lift["best_rule"] == max(rules, key=mean)
    assert lift["estimate"] == pytest.approx(mean("model") - mean(lift["best_rule"]))
    assert lift["low"] < lift["estimate"] < lift["high"]
    expected = "pass" if lift["low"] > 0 else "fail" if lift["high"] <= 0 else "insufficient_evidence"
    assert lift["verdict"] == expected
    assert lift["regression"]["estimate"] == pytest.approx(mean("model") - mean("logistic_regression"))


def test_the_gate_has_the_worse_of_the_two_verdicts(
    evaluation: dict[str, Any], fairness: dict[str, Any]
) -> None:
    from_best = ("pass", "insufficient_evidence", "fail")
    both = (evaluation["lift"]["verdict"], fairness["verdict"])

    assert evaluation["gate"] == max(both, key=from_best.index)


def test_every_group_has_every_figure_or_is_withheld_whole(
    challenger: AtWork, fairness: dict[str, Any]
) -> None:
    shown = 0
    assert [each["attribute"] for each in fairness["attributes"]] == list(challenger.config.audit.sensitive)
    for attribute in fairness["attributes"]:
        for group in attribute["groups"]:
            assert group["verdict"] in VERDICTS
            if group["n"] == "suppressed":
                assert {value for key, value in figures_in(group) if key != "group"} <= {"suppressed"}
                continue
            if group["positives"] == "suppressed":  # its size is shown, and nothing that rests on outcomes
                assert group["students"] >= challenger.config.audit.min_cell
                assert set(figures_in({"auc": group["auc"]})) <= {(key, "suppressed") for key in INTERVAL}
                continue
            shown += 1
            check_group(group)
    assert shown >= 8


def figures_in(group: dict[str, Any]) -> list[tuple[str, Any]]:
    """Every leaf of a group but its words."""
    leaves: list[tuple[str, Any]] = []
    for key, value in group.items():
        if isinstance(value, dict):
            leaves += figures_in(value)
        elif key not in ("group", "verdict", "note"):
            leaves.append((key, value))
    return leaves


def check_group(group: dict[str, Any]) -> None:
    assert 0 <= group["positives"] <= group["n"]
    assert group["students"] <= group["n"]
    for measure in ("auc", "auc_difference"):
        check_interval(group[measure])
    for measure in ("in_the_large", "slope"):
        check_interval(group["calibration"][measure])
    assert set(group["lists"]) == {"deployed", "long"}
    for figures in group["lists"].values():
        assert set(figures) == GROUP_RATES | {"excess_fnr"}
        check_interval(figures["excess_fnr"])
        for rate in GROUP_RATES:
            assert set(figures[rate]) >= {*INTERVAL, "expected"}
            check_interval(figures[rate])


def test_small_groups_are_withheld_everywhere(challenger: AtWork, fairness: dict[str, Any]) -> None:
    withheld = {
        (each["attribute"], group["group"])
        for each in fairness["attributes"]
        for group in each["groups"]
        if group["positives"] == "suppressed"
    }
    for comparison in fairness["comparisons"]:
        hidden = (comparison["attribute"], comparison["group"]) in withheld
        assert (comparison["value"] == "suppressed") == hidden
    smallest = [
        group["students"]
        for each in fairness["attributes"]
        for group in each["groups"]
        if group["n"] != "suppressed"
    ]
    assert min(smallest) >= challenger.config.audit.min_cell
    too_few = [
        group["positive_students"]
        for each in fairness["attributes"]
        for group in each["groups"]
        if group["positive_students"] != "suppressed"
    ]
    assert min(too_few) >= challenger.config.audit.min_cell
    assert withheld, "no group of this district is small enough to show the rule"


def test_the_figures_are_plain_json_without_infinities(challenger: AtWork) -> None:
    for name in ("evaluation.json", "fairness.json"):
        text = (challenger.reports() / name).read_text(encoding="utf-8")
        assert not re.search(r"\b(NaN|-?Infinity)\b", text)
        assert json.loads(text)
