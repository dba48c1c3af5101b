"""Small groups: what is withheld, what is withheld with it, and that it is never a zero."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ews.equity.pooled_names import POOLED
from ews.equity.suppression import SUPPRESSED, Suppressed, banded_percent, hidden_groups, suppress_fairness


@pytest.mark.parametrize(
    ("students", "hidden"),
    [
        ({"A": 10, "B": 20}, set()),
        ({"A": 9, "B": 20, "C": 300}, {"A", "B"}),  # one alone could be worked out from the total
        ({"A": 9, "B": 8, "C": 300}, {"A", "B"}),
        ({"A": 2, "B": 3, "C": 40, "D": 300}, {"A", "B", "C"}),  # two of five in all are still too few
        ({"A": 5, "B": 900}, {"A", "B"}),
        ({"A": 2, "B": 10, "C": 40, "D": 300}, {"A", "B", "C"}),  # B has a name, so it is known to have ten
        ({"A": 5}, {"A"}),
        ({"A": 0, "B": 20, "C": 300}, set()),
        ({}, set()),
    ],
)
def test_who_is_hidden_at_a_minimum_of_ten(students, hidden):
    assert hidden_groups(students, 10) == hidden


@given(st.dictionaries(st.sampled_from("ABCDEFG"), st.integers(1, 60)), st.integers(2, 30))
def test_no_hidden_group_can_be_worked_out_from_the_total(students, minimum):
    hidden = hidden_groups(students, minimum)
    assert {group for group, number in students.items() if number < minimum} <= hidden
    if hidden and hidden != set(students):
        assert len(hidden) >= 2, "a single hidden group is the total minus the rest"
        assert sum(students[group] for group in hidden) >= minimum, "together they are enough"


def test_suppressed_is_a_value_of_its_own():
    assert json.dumps({"n": SUPPRESSED}) == '{"n": "suppressed"}'
    assert f"{SUPPRESSED}" == "suppressed"
    assert repr(SUPPRESSED) == "SUPPRESSED"
    assert Suppressed() == SUPPRESSED
    assert SUPPRESSED != 0
    with pytest.raises(TypeError):
        SUPPRESSED + 1


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (3, 300, "1% or less"),
        (4, 300, "1%"),
        (297, 300, "99% or more"),
        (2, 100, "2% or less"),
        (50, 100, "50%"),
        (98, 100, "98% or more"),
        (2, 40, "5% or less"),
        (38, 40, "95% or more"),
        (0, 20, "10% or less"),
        (20, 20, "90% or more"),
        (2, 10, "20% or less"),
        (8, 10, "80% or more"),
        (5, 9, "suppressed"),
        (0, 0, "suppressed"),
    ],
)
def test_percentages_are_banded_by_how_many_stand_behind_them(part, whole, shown):
    assert banded_percent(part, whole) == shown


def group(name: str, students: int) -> dict:
    interval = {"value": 0.5, "low": 0.4, "high": None}
    return {
        "group": name,
        "n": 8 * students,
        "students": students,
        "positives": 3 * (students // 2),
        "positive_students": students // 2,
        "verdict": "not_judged",
        "note": "No student of this group …",
        "auc": interval,
        "lists": {
            "long": {
                "fnr": {**interval, "expected": 0.3},
                "selection_rate": {**interval, "expected": 0.2},
            }
        },
    }


@pytest.fixture
def report() -> dict:
    names = {"Asian": 4, "Black": 30, "White": 500}
    comparison = {"attribute": "race_ethnicity", "list": "long", "measure": "excess_fnr", "value": 0.1}
    rest = {"low": 0.0, "high": 0.2, "p_value": 0.4, "holm_p_value": None, "verdict": "not_judged"}
    return {
        "verdict": "pass",
        "not_judged_share_of_positives": 0.011,
        "attributes": [
            {"attribute": "race_ethnicity", "title": "…", "groups": [group(*each) for each in names.items()]},
            {"attribute": "sex", "title": "…", "groups": [group("F", 300), group("M", 234)]},
        ],
        "comparisons": [{**comparison, "group": name, **rest} for name in names],
    }


def figures_in(value: object) -> list[object]:
    if isinstance(value, dict):
        return [each for part in value.values() for each in figures_in(part)]
    return [value]


def test_every_figure_of_a_hidden_group_is_suppressed_and_its_verdict_stays(report):
    black, white, small = suppress_fairness(report, 10)["attributes"][0]["groups"]
    for each, name in ((small, POOLED), (black, "Black")):
        assert (each["group"], each["verdict"]) == (name, "not_judged")
        shown = {key: part for key, part in each.items() if key not in {"group", "verdict", "note"}}
        assert set(figures_in(shown)) == {SUPPRESSED}, "null would say that there was nobody"
        assert each["note"].startswith("Withheld")
        assert list(shown) == [key for key in group("x", 1) if key in shown]
    assert white == report["attributes"][0]["groups"][2]


def test_comparisons_of_a_hidden_group_keep_no_figure(report):
    _, white, small = suppress_fairness(report, 10)["comparisons"]
    figures = ("value", "low", "high", "p_value", "holm_p_value")
    assert {small[key] for key in figures} == {SUPPRESSED}
    assert (small["group"], small["measure"], small["verdict"]) == (POOLED, "excess_fnr", "not_judged")
    assert white == report["comparisons"][2]


def test_the_share_not_judged_goes_too_because_it_is_a_small_count_in_disguise(report):
    assert suppress_fairness(report, 10)["not_judged_share_of_positives"] == SUPPRESSED
    assert suppress_fairness(report, 2)["not_judged_share_of_positives"] == 0.011


def test_with_groups_large_enough_nothing_changes_and_the_report_itself_never_does(report):
    before = json.dumps(report)
    assert suppress_fairness(report, 2) == report
    suppress_fairness(report, 10)
    assert json.dumps(report) == before


def test_of_a_group_with_too_few_positives_its_size_is_shown_and_no_outcome(report):
    """60 students of whom 2 became chronically absent: 2 is as telling as a group of 2."""
    groups = report["attributes"][0]["groups"]
    groups[0] |= {"students": 60, "positive_students": 2, "positives": 4}
    asian, black, white = suppress_fairness(report, 10)["attributes"][0]["groups"]
    assert (asian["students"], asian["n"]) == (60, 32)
    assert asian["lists"]["long"]["selection_rate"] == groups[0]["lists"]["long"]["selection_rate"]
    assert {asian["positives"], asian["positive_students"]} == {SUPPRESSED}
    assert set(figures_in(asian["lists"]["long"]["fnr"])) == {SUPPRESSED}
    assert set(figures_in(asian["auc"])) == {SUPPRESSED}
    # With totals known, one hidden count could be worked out: the next smallest goes with it.
    assert black["positive_students"] == SUPPRESSED
    assert white == groups[2]


def test_of_a_group_in_which_almost_everyone_became_chronic_no_outcome_is_shown_either(report):
    report["attributes"][1]["groups"][0] |= {"positive_students": 297}
    f, m = suppress_fairness(report, 10)["attributes"][1]["groups"]
    assert f["positive_students"] == SUPPRESSED
    assert m["positive_students"] == SUPPRESSED


def test_suppressing_twice_is_suppressing_once(report):
    once = suppress_fairness(report, 10)
    assert json.loads(json.dumps(once)) == once
