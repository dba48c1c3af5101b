"""The name of a small group can be one student's own words: it stands nowhere, and its row tells nothing."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from ews.equity.audit import audit
from ews.equity.gate import open_verdicts
from ews.equity.pooled_names import POOLED
from ews.equity.public_edition import public_edition
from ews.equity.suppression import SUPPRESSED, suppress_fairness
from ews.model.predictors import RULES
from ews.reports.fairness import render_fairness
from ews.reports.fairness_public import render_fairness_public
from tests.equity.districts import audit_of
from tests.equity.districts import district as made_up

WORDS = "see file of Maria Lopez 123"


@pytest.fixture
def report(district, audit_settings, capacities) -> dict[str, Any]:
    """An audit in which one student's race is a sentence, and another's a misspelling."""
    rows, groups = district(5, students=900, dates=2)
    rows = rows.assign(rule_larger_of_both=rows["risk"])
    groups = groups.assign(sex=["F", "M"] * 450)
    groups.loc[0, "race_ethnicity"] = WORDS
    groups.loc[1, "race_ethnicity"] = f"{WORDS}4"
    settings = audit_settings(sensitive=["race_ethnicity", "sex"], resamples=200)
    rule = next(each for each in RULES if each.name == "larger_of_both")
    found = audit(rows, groups, settings=settings, capacities=capacities, enrolled={}, seed=1, rule=rule)
    point = {"name": "as_configured", "worst_excess_fnr": 0.2, "lift": {"value": 0.1, "standard_error": 0.1}}
    named = [f"{title}: {WORDS}" for title in ("race_ethnicity", "Race and ethnicity")]
    frontier = [{**point, "worst_group": each} for each in [*named, "Sex: F", None]]
    return found | {
        "district": "Riverbend",
        "run": "2025-07-14-1",
        "test_year": 2025,
        "candidates": {"frontier": frontier},
    }


def tables_of(shown: dict[str, Any], name: str) -> list[list[dict[str, Any]]]:
    race = next(each for each in shown["attributes"] if each["attribute"] == name)
    rule = next(each for each in shown["simple_rule"]["attributes"] if each["attribute"] == name)
    return [race["groups"], *(day["groups"] for day in race["by_date"]), rule["groups"]]


def test_the_name_of_a_group_of_one_stands_nowhere_in_the_audit(report: dict[str, Any]) -> None:
    assert "Maria Lopez" in json.dumps(report), "else nothing is shown by this test"
    assert "Maria" not in json.dumps(suppress_fairness(report, 10))


def test_nor_in_anything_that_is_made_from_it(report: dict[str, Any]) -> None:
    shown = suppress_fairness(report, 10)
    evaluation = {"lift": {"verdict": "pass"}}
    told = [
        json.dumps(open_verdicts(evaluation, shown)),
        json.dumps(edition := public_edition(shown, 10)),
        render_fairness_public(edition),
        render_fairness({**shown, "candidates": None}, evaluation),
    ]
    for each in told:
        assert POOLED in each
        assert "Maria" not in each


def test_all_small_groups_of_an_attribute_are_one_row_at_the_end_of_each_table(
    report: dict[str, Any],
) -> None:
    shown = suppress_fairness(report, 10)
    for groups in tables_of(shown, "race_ethnicity"):
        names = [each["group"] for each in groups]
        assert names[-1] == POOLED, "its place would tell where in the alphabet it belongs"
        assert names.count(POOLED) == 1
    for groups in tables_of(shown, "sex"):
        assert POOLED not in [each["group"] for each in groups]
    own = [each for each in shown["comparisons"] if each["group"] == POOLED]
    assert [(each["list"], each["measure"]) for each in own] == [
        ("deployed", "excess_fnr"),
        ("long", "excess_fnr"),
        (None, "auc_difference"),
    ]
    assert {(each["verdict"], each["value"], each["holm_p_value"]) for each in own} == {
        ("not_judged", SUPPRESSED, SUPPRESSED)
    }


def test_pairs_have_one_row_of_them_beside_each_other_group(report: dict[str, Any]) -> None:
    (table,) = suppress_fairness(report, 10)["intersections"]
    own = [each for each in table["groups"] if POOLED in each["parts"]]
    assert [each["parts"] for each in own] == [[POOLED, "F"], [POOLED, "M"]]
    assert [each["group"] for each in own] == [f"{POOLED} × F", f"{POOLED} × M"]
    assert table["groups"][-2:] == own


def test_a_pooled_row_tells_nothing_but_that_it_is_not_judged(report: dict[str, Any]) -> None:
    def figures(value: object) -> list[object]:
        return (
            [each for part in value.values() for each in figures(part)]
            if isinstance(value, dict)
            else [value]
        )

    shown = suppress_fairness(report, 10)
    for groups in tables_of(shown, "race_ethnicity"):
        row = {key: each for key, each in groups[-1].items() if key not in ("group", "note", "verdict")}
        assert set(figures(row)) == {SUPPRESSED}
    assert tables_of(shown, "race_ethnicity")[0][-1]["verdict"] == "not_judged"
    assert tables_of(shown, "race_ethnicity")[0][-1]["note"].startswith("Withheld")


def test_a_group_that_is_hidden_to_protect_another_keeps_its_name(report: dict[str, Any]) -> None:
    race = tables_of(suppress_fairness(report, 10), "race_ethnicity")[0]
    hidden = [each["group"] for each in race if each["students"] == SUPPRESSED]
    assert len(hidden) == 2
    assert set(hidden) - {POOLED} < {"A", "B", "C"}


def test_a_candidate_s_worst_group_has_its_name_only_where_the_group_has(report: dict[str, Any]) -> None:
    frontier = suppress_fairness(report, 10)["candidates"]["frontier"]
    assert [each["worst_group"] for each in frontier] == [
        f"race_ethnicity: {POOLED}",
        f"Race and ethnicity: {POOLED}",
        "Sex: F",
        None,
    ]


def test_names_of_groups_of_the_minimum_stay_and_schools_keep_theirs() -> None:
    report = audit_of(made_up(13, students=6_000))
    names = {
        (each["attribute"], g["group"])
        for each in report["attributes"]
        for g in each["groups"]
        if g["students"] >= 10
    }
    shown = suppress_fairness(report, 10)
    kept = {(each["attribute"], g["group"]) for each in shown["attributes"] for g in each["groups"]}
    assert {each for each in kept if each[1] != POOLED} == names
    assert [g["group"] for g in shown["schools"]["groups"]] == [
        g["group"] for g in report["schools"]["groups"]
    ]


def test_where_even_all_together_are_too_few_to_hide_each_other_none_has_a_name() -> None:
    """38 students in groups of 12, 12, 11 and 3: those with names have ten each, the last at most 8."""
    report = audit_of(made_up(0, attributes=1, students=800))
    attribute = report["attributes"][0]
    one, sizes = attribute["groups"][0], {"A": 12, "B": 12, "C": 11, "D": 3}
    attribute["groups"] = [
        {**deepcopy(one), "group": name, "students": size, "n": size, "positives": 0, "positive_students": 0}
        for name, size in sizes.items()
    ]
    attribute["by_date"] = []
    (shown,) = suppress_fairness(report, 10)["attributes"]
    assert [each["group"] for each in shown["groups"]] == [POOLED]
    attribute["groups"][0] |= {"students": 20, "n": 20}
    (shown,) = suppress_fairness(report, 10)["attributes"]
    assert [each["group"] for each in shown["groups"]] == ["A", "B", "C", POOLED]
