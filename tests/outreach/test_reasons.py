"""Reasons: the student's own figures, only of signals the policy names, never a meal, never a cause."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from ews.features.matrix import FEATURES
from ews.model.families import FAMILIES
from ews.outreach.reasons import reasons_of

ALL = ("attendance", "nurse", "meals", "roster")


def _reasons(pushed: dict[str, float], figures: dict[str, float], policy: tuple[str, ...] = ALL) -> list[str]:
    """Give each family's first feature a contribution and return the sentences."""
    features = pd.DataFrame([{name: figures.get(name, float("nan")) for name in FEATURES}])
    shares = np.zeros((1, len(FEATURES)))
    for family, weight in pushed.items():
        shares[0, FEATURES.index(FAMILIES[family][0])] = weight
    return [text for text in reasons_of(features, shares, policy).iloc[0] if text]


YEAR = {"absence_days": 9.0, "days_enrolled": 60.0, "absence_rate": 0.15}
RECENT = {"days_enrolled": 60.0, "absence_rate_last_20": 0.3, "absence_trend": 0.25}


@pytest.mark.parametrize(
    ("family", "figures", "sentence"),
    [
        ("absence this year", YEAR, "Absent 9 of 60 school days this year (15%)"),
        ("absence this year", {**YEAR, "absence_days": 9.5}, "Absent 9.5 of 60 school days this year (15%)"),
        (
            "absences to spare",
            {"absences_left": 5, "days_remaining": 45},
            "5 absences to spare in the 45 school days that remain",
        ),
        (
            "absences to spare",
            {"absences_left": 0, "days_remaining": 45},
            "No absence to spare in the 45 school days that remain",
        ),
        (
            "usual pace",
            {"absence_rate": 0.15, "last_year_rate": 0.12},
            "Absent 15% of school days this year and 12% last year",
        ),
        ("recent absence", RECENT, "Absent 6 of the last 20 school days; 5% of those before"),
        ("recent absence", {**RECENT, "absence_trend": -0.1}, "Absent 6 of the last 20 school days"),
        (
            "recent absence",
            {**RECENT, "absence_rate_last_20": 3 / 19, "absence_trend": float("nan")},
            "Absent 16% of the last 20 school days",
        ),
        ("unexcused absence", {"unexcused_rate": 0.08}, "Unexcused absence on 8% of school days this year"),
        ("first month", {"first_month_rate": 0.15}, "Absent 15% of the first 20 school days"),
        (
            "runs of absence",
            {"current_streak": 3, "absence_spells": 4},
            "Absent the last 3 school days in a row",
        ),
        (
            "runs of absence",
            {"current_streak": 0, "absence_spells": 4, "longest_streak": 5},
            "4 separate absences this year, the longest 5 school days",
        ),
        (
            "Mondays and Fridays",
            {"monday_friday_share": 0.6},
            "60% of the absence fell on Mondays and Fridays",
        ),
        ("tardies and part days", {"tardy_rate": 0.12}, "Tardy on 12% of school days this year"),
        ("last year", {"last_year_rate": 0.14}, "Absent 14% of school days last year"),
        (
            "the year before",
            {"year_before_rate": 0.004},
            "Absent less than 1% of school days the year before last",
        ),
        (
            "nurse visits",
            {"nurse_visits": 4, "nurse_sent_home": 2},
            "4 visits to the school nurse this year, sent home after 2",
        ),
        ("moves and entry", {"schools_this_year": 2}, "2 schools this year"),
    ],
)
def test_a_reason_says_the_students_own_figures(
    family: str, figures: dict[str, float], sentence: str
) -> None:
    assert _reasons({family: 1.0}, figures) == [sentence]


def test_the_strongest_come_first_and_at_most_three() -> None:
    figures = {**YEAR, **RECENT, "last_year_rate": 0.2, "year_before_rate": 0.1, "first_month_rate": 0.1}
    pushed = {"last year": 0.9, "absence this year": 0.5, "the year before": 0.7, "first month": 0.1}
    assert [text.split(" school")[0] for text in _reasons(pushed, figures)] == [
        "Absent 20% of",
        "Absent 10% of",
        "Absent 9 of 60",
    ]


def test_what_lowered_the_place_is_no_reason() -> None:
    assert _reasons({"last year": -0.5}, {"last_year_rate": 0.2}) == []


def test_health_is_spoken_of_only_where_the_policy_says_so() -> None:
    figures = {"nurse_visits": 4, "nurse_sent_home": 2}
    assert _reasons({"nurse visits": 1.0}, figures, ("attendance", "roster")) == []


def test_meal_status_is_never_a_reason_whatever_the_policy_says() -> None:
    figures = {"meal_lunch": 1.0, "meal_eligibility": 0.0, "meal_breakfast": 1.0, "school_cep": 0.0}
    assert _reasons({"meal programs": 5.0}, figures) == []


def test_no_sentence_claims_a_cause() -> None:
    figures = dict.fromkeys(FEATURES, 2.0)
    sentences = [text for family in FAMILIES for text in _reasons({family: 1.0}, figures)]
    assert sentences
    for text in sentences:
        assert not re.search(
            r"because|due to|caus|leads? to|result|meal|lunch|free|reduced", text, flags=re.I
        ), text
