"""The pages of districts of every kind: what was predicted, nothing to find, one date, hardly anybody."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

import pytest

from ews.reports.evaluation import render_evaluation
from ews.reports.fairness import render_fairness
from ews.reports.in_words import in_these_words, outcome_words
from ews.reports.model_card import render_model_card
from ews.reports.summary import render_summary
from ews.reports.verdict_words import health_claims, not_shown
from tests.outreach.page_reading import Page, check_page
from tests.reports import samples
from tests.reports.full_evaluation import DAYS, LABELS, full_evaluation, judged
from tests.reports.page_structure import check_structure

WORDS = {
    "chronic_by_end": "became chronically absent",
    "chronic_over_the_rest": "went on to be chronically absent over the rest of the year",
    "absences_within": "missed at least 5 of the next 20 school days",
}
PRAISE = r"\b(earned|gains?|improves?|better|helps?|valuable|useful|contributes?|pays?)\b"
HEALTH = r"\b(health|nurse|meals?)\b"


def tiny() -> dict[str, Any]:
    """A district of which nearly nothing can be told: nobody had the outcome."""
    rows = judged(40, 1, DAYS)
    return full_evaluation(rows=rows.assign(label=0, already_chronic=False))


DISTRICTS = {
    "usual": full_evaluation,
    "no signal": lambda: full_evaluation(signal=False, label="chronic_over_the_rest"),
    "one date": lambda: full_evaluation(300, days=DAYS[:1]),
    "300 students": lambda: full_evaluation(300),
    "nothing defined": tiny,
    "older run": lambda: samples.evaluation(dates=2),
}


@cache
def evaluation_of(district: str) -> dict[str, Any]:
    return DISTRICTS[district]()


@cache
def one_attribute() -> dict[str, Any]:
    fairness = samples.fairness()
    kept = fairness["attributes"][1]
    comparisons = [each for each in fairness["comparisons"] if each["attribute"] == kept["attribute"]]
    return fairness | {"attributes": [kept], "comparisons": comparisons}


def pages_of(evaluation: dict[str, Any]) -> dict[str, str]:
    fairness = one_attribute()
    card = samples.card() | {"label": evaluation.get("label")}
    return {
        "evaluation": render_evaluation(evaluation),
        "summary": render_summary(evaluation, fairness),
        "fairness": render_fairness(fairness, evaluation),
        "model_card": render_model_card(card, [], evaluation, fairness),
    }


@pytest.mark.parametrize("district", DISTRICTS)
def test_every_page_can_be_drawn_and_says_what_is_not_defined_in_words(district: str) -> None:
    for html in pages_of(evaluation_of(district)).values():
        page = check_page(html)
        check_structure(html)
        assert not re.search(r"\b(nan|NaN|None|null|inf|undefined)\b", page.words)


def test_a_page_of_which_nothing_is_defined_says_so() -> None:
    pages = {name: Page(html).words for name, html in pages_of(evaluation_of("nothing defined")).items()}
    assert "n/a" in pages["evaluation"]
    assert "there is no lift to report" in pages["evaluation"]
    assert "too few to say" in pages["summary"]
    assert "There are too few students on the lists" in pages["summary"]
    assert not re.search(r"finds \d", pages["summary"])


# What was predicted -------------------------------------------------------------------------------


@pytest.mark.parametrize("label", LABELS)
def test_every_page_speaks_of_what_was_predicted(label: str) -> None:
    evaluation = evaluation_of("300 students") | {"label": {"name": label, "sentence": LABELS[label]}}
    for name, html in pages_of(evaluation).items():
        words = Page(html).words
        assert WORDS[label] in words, name
        others = [each for each in WORDS.values() if each != WORDS[label]]
        assert not [each for each in others if each in words], name


def test_what_the_audit_says_is_put_into_the_words_of_the_label() -> None:
    label = {"name": "chronic_over_the_rest", "sentence": LABELS["chronic_over_the_rest"]}
    said = {"a": ["Of 12 who became chronically absent, 3."], "n": 3}
    found = in_these_words(said, outcome_words(label))
    assert found == {
        "a": ["Of 12 who went on to be chronically absent over the rest of the year, 3."],
        "n": 3,
    }
    assert in_these_words(said, outcome_words(None)) == said


# Nothing to praise --------------------------------------------------------------------------------


def sentences_on_health(html: str) -> list[str]:
    spoken = re.split(r"(?<=[.?!:;])\s+", Page(html).words)
    return [each for each in spoken if re.search(HEALTH, each, re.IGNORECASE)]


def praised(html: str) -> list[str]:
    """Return what a page says in favor of health data; a gain that is denied is no praise."""
    denied = r"No gain shown|does not earn|not shown to add|Did health data earn their place\?"
    return [
        each
        for each in sentences_on_health(html)
        if re.search(PRAISE, re.sub(denied, "", each), re.IGNORECASE)
    ]


def test_health_data_that_added_nothing_are_praised_on_no_page() -> None:
    evaluation = evaluation_of("usual")
    assert "No gain shown from nurse visits" in evaluation["ablation"]["sentence"]
    pages = pages_of(evaluation)
    assert not [said for html in pages.values() for said in praised(html)]
    for name in ("evaluation", "summary"):
        assert "No gain shown from nurse visits in this district" in Page(pages[name]).words


def test_health_data_that_earned_their_place_are_said_to_have() -> None:
    evaluation = full_evaluation(300, gain=(0.004, 0.008, 0.012))
    assert health_claims(evaluation["ablation"]) == ["Nurse visits earned their place in this district."]
    assert praised(render_summary(evaluation, one_attribute()))


@pytest.mark.parametrize(
    ("sentence", "claims"),
    [
        ("No health signal is a feature in this district: there is nothing to compare.", 1),
        ("What nurse visits add cannot be told: no date had both outcomes.", 1),
        ("No gain shown from nurse visits in this district: -0.0 (a). Meals make it worse: -0.1 (b).", 2),
        ("No gain shown from nurse visits in this district.", 1),
        ("", 0),
    ],
)
def test_claims_are_told_without_their_figures(sentence: str, claims: int) -> None:
    found = health_claims({"sentence": sentence})
    assert len(found) == claims
    assert not re.search(r"\d", " ".join(found))
    assert health_claims(None) == []


@pytest.mark.parametrize("verdict", ["fail", "insufficient_evidence"])
def test_without_a_gain_the_pages_say_which_comparison_did_not_hold(verdict: str) -> None:
    evaluation = copy.deepcopy(evaluation_of("no signal"))
    evaluation["lift"]["verdict"] = evaluation["gate"] = verdict
    pages = {name: Page(html).words for name, html in pages_of(evaluation).items()}
    assert "What did not hold The model beside the best rule of thumb" in pages["evaluation"]
    assert "nothing below speaks for using this model in its place" in pages["evaluation"]
    assert "Do not use this list" in pages["summary"]
    rule = {
        "fail": "It does not order students better than",
        "insufficient_evidence": "It is not shown to be",
    }
    assert rule[verdict] in pages["summary"]
    assert "It orders students better" not in pages["summary"]


def test_a_model_of_which_all_holds_has_no_such_box() -> None:
    evaluation = copy.deepcopy(evaluation_of("usual"))
    evaluation["lift"]["regression"] |= {"low": 0.01, "high": 0.02}
    for period in evaluation["periods"]:
        beside = period["populations"]["not_yet_chronic"]["beside"]
        for key in ("auc_to_rule", "auc_to_regression"):
            beside[key] = {"value": 0.02, "low": 0.01, "high": 0.03}
    assert not_shown(evaluation) == []
    assert "What did not hold" not in Page(render_evaluation(evaluation)).words
    evaluation["base_rates"]["drift"] = {"value": 0.03, "low": 0.02, "high": 0.04}
    assert "on average they were too low" in not_shown(evaluation)[0]


def test_dates_on_which_the_model_is_not_ahead_are_named() -> None:
    evaluation = copy.deepcopy(evaluation_of("usual"))
    dates = [each for each in evaluation["periods"] if each["as_of"] != "pooled"]
    for number, period in enumerate(dates):
        beside = period["populations"]["not_yet_chronic"]["beside"]
        beside["auc_to_regression"] = {"value": 0.02, "low": 0.01, "high": 0.03}
        low = -0.028 if number == 1 else 0.01
        beside["auc_to_rule"] = {"value": 0.02, "low": low, "high": 0.03}
    said = [each for each in not_shown(evaluation) if "dates the model is not shown" in each]
    assert len(said) == 1
    assert said[0].startswith(f"On 1 of {len(dates)} dates")
    assert said[0].endswith("that date's best rule of thumb: Nov 1, 2024: 0.020 (\u22120.028 to 0.030).")
    assert said[0] in Page(render_evaluation(evaluation)).words
