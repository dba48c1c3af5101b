"""A group that is withheld is withheld in every table of the audit; what no table may tell, none tells."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ews.equity.pooled_names import POOLED
from ews.equity.suppression import SUPPRESSED, suppress_fairness
from tests.equity.districts import audit_of, district


@pytest.fixture
def report() -> dict[str, Any]:
    """400 students of whom few are Native American, and few of unknown race."""
    audit = audit_of(district(1, attributes=2, students=400))
    names = [each["attribute"] for each in audit["attributes"]]
    assert "race_ethnicity" in names, names
    return audit


def by_group(groups: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["group"]: each for each in groups}


def attribute(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in report["attributes"] if each["attribute"] == name)


def hidden_of(report: dict[str, Any], name: str) -> set[str]:
    return {g["group"] for g in attribute(report, name)["groups"] if g["students"] == SUPPRESSED}


def small_of(report: dict[str, Any], name: str) -> set[str]:
    return {g["group"] for g in attribute(report, name)["groups"] if g["students"] < 10}


def shown_figures(value: object) -> list[object]:
    if isinstance(value, dict):
        kept = ("group", "parts", "verdict", "note")
        return [each for key, part in value.items() if key not in kept for each in shown_figures(part)]
    return [] if value == SUPPRESSED else [value]


def test_a_hidden_group_shows_nothing_at_any_date(report: dict[str, Any]) -> None:
    shown = suppress_fairness(report, 10)
    hidden = hidden_of(shown, "race_ethnicity")
    assert hidden
    for day in attribute(shown, "race_ethnicity")["by_date"]:
        groups = by_group(day["groups"])
        assert hidden <= groups.keys(), "a date at which it has nobody would be told by a missing row"
        assert not [figure for name in hidden for figure in shown_figures(groups[name])]


def test_a_group_that_is_small_at_one_date_is_hidden_at_all_of_them(report: dict[str, Any]) -> None:
    black = by_group(attribute(report, "race_ethnicity")["groups"])["Black"]
    first = by_group(attribute(report, "race_ethnicity")["by_date"][0]["groups"])["Black"]
    assert "Black" not in hidden_of(suppress_fairness(report, 10), "race_ethnicity")
    black["n"] -= first["n"] - 3
    first["n"] = 3
    first["positives"] = 0
    assert "Black" in hidden_of(suppress_fairness(report, 10), "race_ethnicity")


def test_pairs_of_a_hidden_group_are_listed_whether_or_not_anybody_is_in_them(report: dict[str, Any]) -> None:
    shown = suppress_fairness(report, 10)
    hidden = hidden_of(shown, "race_ethnicity")
    (table,), (before,) = shown["intersections"], report["intersections"]
    at = table["attributes"].index("race_ethnicity")
    (other,) = [each for each in shown["attributes"] if each["attribute"] != "race_ethnicity"]
    for group in hidden:
        own = [each for each in table["groups"] if each["parts"][at] == group]
        assert len(own) == len(other["groups"])
        assert not [figure for each in own for figure in shown_figures(each)]
    small = small_of(report, "race_ethnicity")
    assert hidden - {POOLED} <= hidden_of(shown, "race_ethnicity") - small
    names = {each["group"] for each in before["groups"] if each["parts"][at] not in small}
    assert {each["group"] for each in table["groups"]} >= names
    assert all(each["group"] == " × ".join(each["parts"]) for each in table["groups"])


def test_pairs_of_a_group_whose_outcomes_are_withheld_are_withheld_too() -> None:
    """Its pairs add up to the group."""
    for seed in range(8):
        shown = suppress_fairness(audit_of(district(seed)), 10)
        thin = {
            (each["attribute"], g["group"])
            for each in shown["attributes"]
            for g in each["groups"]
            if g["positive_students"] == SUPPRESSED
        }
        for table in shown["intersections"]:
            for each in table["groups"]:
                if thin & set(zip(table["attributes"], each["parts"], strict=True)):
                    assert not shown_figures(each)


def test_no_pair_that_is_shown_has_a_small_count(report: dict[str, Any]) -> None:
    shown = suppress_fairness(audit_of(district(13, students=6_000)), 10)
    pairs = [g for table in shown["intersections"] for g in table["groups"] if g["n"] != SUPPRESSED]
    assert pairs
    for each in pairs:
        for count in (each["positive_students"], each["students"] - each["positive_students"]):
            assert count == 0 or count >= 10


def test_coverage_does_not_tell_how_many_are_unknown_when_that_group_is_hidden(
    report: dict[str, Any],
) -> None:
    own = attribute(report, "race_ethnicity")["coverage"]
    own["note"] = "Left out: 4 students of schools where everyone eats free."
    coverage = attribute(suppress_fairness(report, 10), "race_ethnicity")["coverage"]
    assert (coverage["known"], coverage["unknown"], coverage["left_out"]) == (SUPPRESSED,) * 3
    assert coverage["students"] == own["students"]
    assert not any(letter.isdigit() for letter in coverage["note"])


def test_a_rule_of_thumb_says_of_a_hidden_group_as_little_as_the_model(report: dict[str, Any]) -> None:
    race = attribute(report, "race_ethnicity")
    figure = {"value": 0.7, "low": 0.6, "high": 0.8}
    report["simple_rule"] = {
        "predictor": "year_to_date_rate",
        "title": "This year's rate",
        "attributes": [
            {
                "attribute": "race_ethnicity",
                "title": "Race",
                "groups": [
                    {"group": g["group"], "auc": figure, "lists": {"long": {"fnr": figure}}}
                    for g in race["groups"]
                ],
            }
        ],
    }
    shown = suppress_fairness(report, 10)
    withheld = {
        g["group"]
        for g in attribute(shown, "race_ethnicity")["groups"]
        if g["positive_students"] == SUPPRESSED
    }
    for each in shown["simple_rule"]["attributes"][0]["groups"]:
        assert bool(shown_figures(each)) == (each["group"] not in withheld)


@pytest.mark.parametrize("named", ["race_ethnicity: {}", "Race and ethnicity: {}"])
def test_a_candidates_worst_group_has_no_figure_when_it_is_hidden(report: dict[str, Any], named: str) -> None:
    attribute(report, "race_ethnicity")["title"] = "Race and ethnicity"
    small = sorted(small_of(report, "race_ethnicity"))[0]
    point = {"name": "as_configured", "worst_excess_fnr": 0.2, "worst_group": named.format(small)}
    report["candidates"] = {"frontier": [point, {**point, "worst_group": named.format("Nobody")}]}
    first, second = suppress_fairness(report, 10)["candidates"]["frontier"]
    assert first == {**point, "worst_excess_fnr": SUPPRESSED, "worst_group": named.format(POOLED)}
    assert second["worst_excess_fnr"] == 0.2


def test_a_small_school_is_hidden_with_the_next(report: dict[str, Any]) -> None:
    schools = [{**g, "students": 300, "positive_students": 90} for g in report["schools"]["groups"][:2]]
    small = {**schools[0], "group": "tiny", "parts": ["tiny"], "students": 6, "positive_students": 2}
    report["schools"]["groups"] = [*schools, small]
    shown = by_group(suppress_fairness(report, 10)["schools"]["groups"])
    assert shown["tiny"]["students"] == SUPPRESSED
    assert [each["students"] for each in shown.values()].count(SUPPRESSED) == 2


def test_students_left_out_of_an_attribute_are_protected_like_a_group() -> None:
    """Four students of schools where everyone eats free: the district less those who are free or paid."""
    report = audit_of(district(0, attributes=1, students=800))
    race = attribute(report, report["attributes"][0]["attribute"])
    other = json.loads(json.dumps(race)) | {"attribute": "other", "title": "Other"}
    largest = max(other["groups"], key=lambda g: g["students"])
    largest["students"] -= 4
    largest["positive_students"] -= 4
    report["attributes"].append(other)
    shown = attribute(suppress_fairness(report, 4), "other")
    before = attribute(suppress_fairness(report, 3), "other")
    assert [g["group"] for g in shown["groups"] if g["positive_students"] == SUPPRESSED] == [
        g["group"] for g in before["groups"] if g["positive_students"] == SUPPRESSED
    ]
    shown = attribute(suppress_fairness(report, 5), "other")
    assert [g for g in shown["groups"] if g["positive_students"] == SUPPRESSED]
    assert {shown["coverage"][key] for key in ("known", "unknown", "left_out")} == {SUPPRESSED}


def test_a_district_of_a_handful_shows_no_count_at_all() -> None:
    report = audit_of(district(3, students=11))
    shown = suppress_fairness(report, 10)
    tables = [each["groups"] for each in [*shown["attributes"], *shown["intersections"], shown["schools"]]]
    assert not [figure for groups in tables for g in groups for figure in shown_figures(g)]
    assert {each["coverage"]["students"] for each in shown["attributes"]} == {SUPPRESSED}


def test_an_audit_of_before_these_tables_is_suppressed_as_it_was(report: dict[str, Any]) -> None:
    for key in ("intersections", "schools", "simple_rule", "candidates"):
        del report[key]
    for each in report["attributes"]:
        del each["by_date"], each["coverage"]
    shown = suppress_fairness(report, 10)
    assert shown.keys() == report.keys()
    assert [each.keys() for each in shown["attributes"]] == [each.keys() for each in report["attributes"]]
    assert hidden_of(shown, "race_ethnicity")


def test_the_audit_itself_is_not_changed(report: dict[str, Any]) -> None:
    before = json.dumps(report)
    suppress_fairness(report, 10)
    assert json.dumps(report) == before
