"""Sentences made from figures: each can be checked by hand, and none says more than the figures do."""

from __future__ import annotations

from typing import Any

import pytest

from ews.reports.in_words import coverage_sentence, in_one_minute, in_students, one_sided
from ews.reports.numbers import fewer_or_more, per_hundred_interval, points
from ews.reports.rule_beside import nearer_to_equal, rule_beside
from ews.reports.sorted_chart import by_evidence, side_of
from tests.reports import samples
from tests.reports.full_audit import full_audit

EVALUATION = samples.evaluation(dates=1)


def excess(low: Any, value: Any, high: Any) -> dict[str, Any]:
    return {"measure": "excess_fnr", "low": low, "value": value, "high": high}


def row(long: tuple[float, float], verdict: str = "pass", missed: tuple[float, float] = (0.4, 0.5)) -> Any:
    """A group whose long-list miss rate lies so far from the rest by model and by rule; else both alike."""

    def both(model: float, rule: float) -> dict[str, Any]:
        return {
            "model": {"value": missed[0]},
            "rule": {"value": missed[1]},
            "model_difference": {"value": model},
            "rule_difference": {"value": rule},
        }

    return {"verdict": verdict, "deployed": both(0.02, 0.02), "long": both(*long), "auc": both(0.03, 0.03)}


def test_an_interval_is_told_in_students_of_a_hundred() -> None:
    said = in_students(excess(-0.031, 0.05, 0.142), 0.10)
    assert said == (
        "Of 100, between 3.1 fewer and 14.2 more were left off than their risks account for; "
        "tolerated: 10 more."
    )
    assert "between 0.3 and 19 more were" in in_students(excess(0.003, 0.1, 0.19), 0.1)
    assert "between 1 and 20 fewer were" in in_students(excess(-0.2, -0.1, -0.01), 0.1)
    assert "between 0 and 10.3 more were" in in_students(excess(-0.0001, 0.05, 0.103), 0.1)
    assert in_students(excess(None, 0.1, None), 0.1) == "The figures do not allow an interval."
    assert in_students(excess("suppressed", "suppressed", "suppressed"), 0.1) == "Withheld: few students."


def test_differences_are_signed_and_rounded_to_no_sign_at_zero() -> None:
    assert points({"value": -0.0001, "low": -0.0312, "high": 0.031}) == "0.0 (−3.1 to +3.1)"
    assert points("suppressed") == "suppressed"
    assert points(None) == "not defined"
    assert per_hundred_interval({"value": 0.5, "low": 0.25, "high": 0.75}) == "50 (25–75)"
    assert [fewer_or_more(each) for each in (0.2, -0.2, 0.0)] == ["20 more", "20 fewer", "as many"]


def test_coverage_is_told_as_it_is() -> None:
    full = {"students": 50, "known": 50, "unknown": 0, "left_out": 0, "note": ""}
    assert coverage_sentence(full) == "Known for 50 of 50 students (100%)."
    nearly = full | {"students": 1000, "known": 999, "unknown": 1}
    assert "(more than 99%); 1 are counted as Unknown" in coverage_sentence(nearly)
    withheld = full | {"known": "suppressed", "unknown": "suppressed", "left_out": 7}
    assert coverage_sentence(withheld) == (
        "Known for suppressed of 50 students; suppressed are counted as Unknown. Left out: 7 students."
    )
    assert coverage_sentence(None) == ""


def test_intervals_to_one_side_are_counted_beside_what_chance_would_give() -> None:
    names = [f"S{at}" for at in range(41)]
    sides = ["above", "below", "below", "hidden", *["around"] * 37]
    assert one_sided(names, sides, "schools") == (
        "In 1 of 40 schools (S0) the whole interval lies above 0, in 2 below it; where nothing differs, "
        "about 2 in all are to be expected by chance."
    )
    assert one_sided(["A"], ["hidden"], "schools") == "No schools can be shown."


@pytest.mark.parametrize(
    ("figure", "side"),
    [
        (excess(0.01, 0.05, 0.1), "above"),
        (excess(-0.2, -0.1, -0.01), "below"),
        (excess(-0.2, 0.0, 0.2), "around"),
        (excess(None, 0.1, None), "hidden"),
        ("suppressed", "hidden"),
    ],
)
def test_the_side_of_an_interval(figure: Any, side: str) -> None:
    assert side_of(figure) == side


def test_the_clearest_evidence_comes_first_whatever_its_side_and_the_hidden_last() -> None:
    bounds = {
        "far": (0.2, 0.4),
        "near": (0.01, 0.9),
        "below": (-0.5, -0.1),
        "around": (-0.3, 0.3),
        "tight": (-0.01, 0.02),
    }
    groups: list[dict[str, Any]] = [
        {"group": name, "lists": {"long": {"excess_fnr": excess(low, (low + high) / 2, high)}}}
        for name, (low, high) in bounds.items()
    ]
    groups.insert(0, {"group": "hidden", "lists": {"long": {"excess_fnr": "suppressed"}}})
    assert [each["group"] for each in by_evidence(groups)] == [
        "far",
        "below",
        "near",
        "tight",
        "around",
        "hidden",
    ]


# The rule of thumb --------------------------------------------------------------------------------


def test_nearer_to_equal_is_decided_by_mean_distance_and_told_with_it() -> None:
    attributes = [{"rows": [row((0.01, -0.05)), row((-0.03, 0.07))]}]
    said = nearer_to_equal(attributes)
    assert said.startswith("The model is the nearer to equal where the two differ: ")
    assert "on the long list the model is nearer (2.0 in 100 from the rest on average with the model" in said
    assert "model, 6.0 in 100 with the rule)" in said
    assert "on the deployed list they are alike (2.0 in 100" in said
    assert "in AUC they are alike (0.030 from the rest" in said


def test_the_rule_is_said_to_be_nearer_when_it_is() -> None:
    said = nearer_to_equal([{"rows": [row((0.08, 0.01))]}])
    assert said.startswith("The rule of thumb is the nearer to equal where the two differ: ")
    assert "on the long list the rule is nearer" in said


def test_when_each_is_nearer_somewhere_neither_is_called_nearer() -> None:
    split = row((0.08, 0.01))
    split["deployed"] |= {"model_difference": {"value": 0.0}, "rule_difference": {"value": 0.2}}
    assert nearer_to_equal([{"rows": [split]}]).startswith("Neither model nor rule of thumb is nearer")


def test_within_one_in_a_hundred_they_are_alike() -> None:
    assert nearer_to_equal([{"rows": [row((0.020, 0.030))]}]).startswith("Model and rule of thumb are about")
    assert not nearer_to_equal([{"rows": [row((0.020, 0.0311))]}]).startswith("Model and rule of thumb are")


def test_an_attribute_counts_once_however_many_groups_it_has() -> None:
    many, two = {"rows": [row((0.00, 0.06))] * 8}, {"rows": [row((0.06, 0.00))] * 2}
    assert nearer_to_equal([many, two]).startswith("Model and rule of thumb are about equally")


def test_groups_that_are_not_judged_do_not_count() -> None:
    assert nearer_to_equal([{"rows": [row((0.0, 0.5), "not_judged")]}]) == (
        "The groups that can be judged do not allow a comparison of the two."
    )


def test_who_misses_fewer_is_told_apart_from_who_is_nearer_to_equal() -> None:
    audit = full_audit()
    section = rule_beside(audit)
    assert section is not None
    judged = [
        each for part in section["attributes"] for each in part["rows"] if each["verdict"] != "not_judged"
    ]
    fewer = sum(each["long"]["model"]["value"] < each["long"]["rule"]["value"] for each in judged)
    assert f"in {fewer} of {len(judged)} groups on the long list" in section["reached"]
    assert rule_beside(samples.fairness()) is None


# In one minute ------------------------------------------------------------------------------------


def test_one_minute_names_counts_and_the_widest_open_question() -> None:
    fairness = samples.fairness()
    sentences = in_one_minute(fairness, EVALUATION)
    assert sentences[1] == "Of 39 comparisons 37 passed, 2 are open and none failed."
    assert sentences[2].startswith("Not judged, which is not a pass: Native American (Race and ethnicity), ")
    assert sentences[3].startswith("Widest open question (Homeless, Yes, deployed list): of 100 who became ")
    assert "✓ Pass; by both answers the model may be put in service only when an equity" in sentences[4]


def test_the_widest_open_question_is_the_one_that_reaches_farthest() -> None:
    fairness = samples.fairness()
    open_ones = [each for each in fairness["comparisons"] if each["verdict"] == "insufficient_evidence"]
    open_ones[0] |= {"low": 0.05, "value": 0.08, "high": 0.11}
    open_ones[1] |= {"low": -0.30, "value": 0.0, "high": 0.30}
    sentence = in_one_minute(fairness, EVALUATION)[3]
    assert sentence.startswith("Widest open question (Homeless, Yes, long list): of 100 who became")
    assert "between 30 fewer and 30 more" in sentence


def test_a_fail_is_named_before_anything_that_is_open() -> None:
    fairness = samples.fairness("fail")
    fairness["comparisons"][4] |= {"verdict": "fail", "low": 0.14, "value": 0.2, "high": 0.26}
    sentences = in_one_minute(fairness, EVALUATION)
    assert sentences[3] == (
        "Clearest beyond tolerance (Race and ethnicity, Black, long list): of 100 who became chronically "
        "absent, between 14 and 26 more were left off than their risks account for; tolerated: 10 more."
    )
    assert sentences[4].endswith("by both answers the model must not be put in service.")


def test_all_passed_is_said_only_when_all_did() -> None:
    fairness = samples.fairness("pass")
    for each in fairness["comparisons"]:
        each["verdict"] = "pass"
    for group in (group for each in fairness["attributes"] for group in each["groups"]):
        group["verdict"] = "pass"
    sentences = in_one_minute(fairness, EVALUATION)
    assert "All 48 comparisons passed." in sentences
    assert "Every group was large enough to judge." in sentences
    assert len(sentences) == 4
