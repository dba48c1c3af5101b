"""Reasons: the student's own figures, only of signals the policy names, never a meal.

A test of every sentence on generated students is tests/outreach/test_every_sentence.py; here the words.
"""

from __future__ import annotations

import pytest

from ews.features.matrix import FEATURES
from ews.model.families import FAMILIES
from ews.outreach.reasons import SENTENCES
from tests.outreach.one_student import (
    BACK_SINCE_4,
    LEFT_EARLY,
    ONE_EXEMPT,
    RECENT,
    SPARE,
    TOTAL,
    YEAR,
    reasons,
    row,
    well,
)


@pytest.mark.parametrize(
    ("feature", "figures", "sentence"),
    [
        ("absence_days", YEAR, "Absent 9 of 60 school days this year (15%)"),
        ("absence_rate", {**YEAR, "absence_days": 9.5}, "Absent 9.5 of 60 school days this year (15%)"),
        (
            "absence_beyond_peers",
            {**YEAR, "absence_beyond_peers": 0.141, "grade_absence_rate": 0.05},
            "Absent 9 of 60 school days this year (15%); 94% of the grade at school on those days",
        ),
        ("excused_rate", {**YEAR, "excused_rate": 0.1}, "Excused absence on 6 of 60 school days this year"),
        (
            "absences_left",
            SPARE,
            "5 absences to spare in the 45 school days that remain; about 7 at this pace",
        ),
        (
            "spare_in_spreads",
            {"absences_left": 1, "days_remaining": 1, "spare_at_this_pace": 0.4},
            "1 absence to spare in the 1 school day that remains; about 1 at this pace",
        ),
        (
            "spare_rate",
            {**SPARE, "absences_left": 0},
            "No absence to spare in the 45 school days that remain",
        ),
        (
            "usual_pace",
            {"absence_rate": 0.15, "last_year_rate": 0.12},
            "Absent 15% of school days this year and 12% last year",
        ),
        ("absence_rate_last_20", RECENT, "Absent 6 of the last 20 school days; 2 of the 20 before"),
        ("absence_trend", RECENT, "Absent 6 of the last 20 school days; 2 of the 20 before"),
        (
            "absence_rate_last_20",
            {**RECENT, "absence_rate_last_40": 0.15},
            "Absent 6 of the last 20 school days; none of the 20 before",
        ),
        (
            "absence_rate_last_20",
            {**RECENT, "days_enrolled": 33.0, "clock_days": 33.0, "absence_rate_last_40": 7.5 / 33},
            "Absent 6 of the last 20 school days; 1.5 of the 13 before",
        ),
        (
            "absence_rate_last_20",
            {**RECENT, "absence_rate_last_40": 0.4},
            "Absent 6 of the last 20 school days",
        ),
        (
            "absence_rate_last_20",
            {**RECENT, **ONE_EXEMPT, "unbroken_days": 20.0},
            "Absent 6 of the last 20 school days",
        ),
        (
            "absence_rate_last_20",
            {**YEAR, **RECENT, **BACK_SINCE_4},
            "Absent 9 of 60 school days enrolled this year (15%)",
        ),
        (
            "absence_rate_last_20",
            {**RECENT, "absence_rate_last_40": 0.15, "part_day_rate": 0.02},
            "Absent 6 of the last 20 school days",
        ),
        (
            "absence_rate",
            {**YEAR, "clock_days": 76.0, "unbroken_days": 3.0},
            "Absent 9 of 60 school days enrolled this year (15%; 16 exempt days not counted)",
        ),
        (
            "unexcused_rate",
            {**YEAR, **ONE_EXEMPT, "unexcused_rate": 0.05, "unbroken_days": 3.0},
            "Unexcused absence on 3 of 60 school days enrolled this year (1 exempt day not counted)",
        ),
        (
            "last_year_same_period_rate",
            {"last_year_same_period_rate": 0.33, "last_year_rate": 0.06, "days_missed_before_entry": 60},
            "Absent 6% of school days last year",
        ),
        (
            "last_year_same_weeks_rate",
            {"last_year_same_weeks_rate": 0.33, "last_year_rate": 0.06, **BACK_SINCE_4},
            "Absent 6% of school days last year",
        ),
        (
            "last_year_last_40_rate",
            {"last_year_last_40_rate": 0.28, "last_year_rate": 0.22, **LEFT_EARLY},
            "Absent 22% of school days enrolled last year",
        ),
        (
            "change_from_last_year",
            {**YEAR, "last_year_same_period_rate": 0.004, "last_year_rate": 0.004, **LEFT_EARLY},
            "Absent 9 of 60 school days this year (15%)",
        ),
        (
            "days_since_absence",
            {"absence_rate_last_5": 0.4, "days_enrolled": TOTAL},
            "Absent 2 of the last 5 school days",
        ),
        (
            "unexcused_rate",
            {**YEAR, "unexcused_rate": 0.05},
            "Unexcused absence on 3 of 60 school days this year",
        ),
        (
            "unexcused_trend",
            {**YEAR, "unexcused_rate": 0.05, "unexcused_rate_last_20": 0.1, "unexcused_trend": 0.075},
            "Unexcused absence on 2 of the last 20 school days; 1 of the 40 before",
        ),
        (
            "first_month_rate",
            {**YEAR, "first_month_rate": 0.15, "days_missed_before_entry": 0},
            "Absent 3 of the first 20 school days",
        ),
        (
            "first_month_rate",
            {**YEAR, "first_month_rate": 0.15, "days_missed_before_entry": 3},
            "Absent 3 of the first 20 school days enrolled",
        ),
        ("current_streak", {"current_streak": 3}, "Absence on each of the last 3 school days"),
        (
            "absence_spells",
            {**YEAR, "absence_spells": 4, "longest_streak": 5},
            "4 separate absences this year, the longest 5 school days",
        ),
        (
            "spell_rate",
            {**YEAR, "absence_spells": 4, "longest_streak": 1},
            "4 separate absences this year, each a single school day",
        ),
        (
            "longest_streak",
            {**YEAR, "absence_spells": 1, "longest_streak": 9},
            "One absence of 9 school days in a row this year",
        ),
        (
            "monday_friday_share",
            {**YEAR, "monday_friday_share": 2 / 3},
            "6 of the 9 days absent this year fell on Mondays or Fridays",
        ),
        (
            "around_break_share",
            {**YEAR, "around_break_share": 1 / 3},
            "3 of the 9 days absent this year were next to a holiday or break",
        ),
        ("tardy_rate", {**YEAR, "tardy_rate": 0.1}, "Tardy on 6 of 60 school days this year"),
        (
            "part_day_rate",
            {**YEAR, "part_day_rate": 0.05},
            "Missed part of the day on 3 of 60 school days this year",
        ),
        (
            "suspension_rate",
            {**YEAR, "suspension_rate": 1 / 60},
            "Out of class through suspension on 1 of 60 school days this year",
        ),
        ("last_year_rate", {"last_year_rate": 0.14}, "Absent 14% of school days last year"),
        (
            "change_from_last_year",
            {**YEAR, "last_year_same_period_rate": 0.004},
            "Absent 15% of school days this year; less than 1% up to this point of last year",
        ),
        (
            "last_year_same_weeks_rate",
            {"last_year_same_weeks_rate": 0.2},
            "Absent 20% of school days around this point of last year",
        ),
        ("year_before_rate", {"year_before_rate": 0.09}, "Absent 9% of school days the year before last"),
        (
            "nurse_visits",
            {"nurse_visits": 4, "nurse_sent_home": 2},
            "4 visits to the school nurse this year; sent home after 2 of them",
        ),
        (
            "nurse_mental_health",
            {"nurse_visits": 1, "nurse_sent_home": 0, "nurse_mental_health": 1},
            "1 visit to the school nurse this year",
        ),
        (
            "nurse_visits_before_absence",
            {"nurse_visits_before_absence": 3},
            "Visits to the school nurse on 3 days this year with an absence in the 3 school days after",
        ),
        (
            "nurse_sent_home_last_20",
            {"nurse_sent_home_last_20": 1},
            "Sent home after 1 visit to the school nurse in the last 20 school days",
        ),
        (
            "nurse_visits_last_20",
            {"nurse_visits": 2, "nurse_sent_home": 0, "nurse_visits_last_20": 2, "clock_days": 21.0},
            "2 visits to the school nurse in the last 20 school days",
        ),
        (
            "nurse_visits_last_20",
            {"nurse_visits": 2, "nurse_sent_home": 0, "nurse_visits_last_20": 2, "clock_days": 20.0},
            "2 visits to the school nurse this year",
        ),
        (
            "nurse_visits_last_20",
            {"nurse_visits": 2, "nurse_sent_home": 0, "nurse_visits_last_20": 2, **BACK_SINCE_4},
            "2 visits to the school nurse this year",
        ),
        (
            "nurse_sent_home_last_20",
            {"nurse_visits": 1, "nurse_sent_home": 1, "nurse_sent_home_last_20": 1, "clock_days": 20.0},
            "1 visit to the school nurse this year; sent home after it",
        ),
        (
            "nurse_visits_before_absence",
            {"nurse_visits": 1, "nurse_sent_home": 0, "nurse_visits_before_absence": 1, **BACK_SINCE_4},
            "1 visit to the school nurse this year",
        ),
        ("schools_this_year", {"schools_this_year": 2}, "2 schools this year"),
        (
            "days_missed_before_entry",
            {"days_missed_before_entry": 1},
            "Entered after 1 school day of the year",
        ),
        ("enrolled_last_year", {"enrolled_last_year": 0}, "Not enrolled in the district last year"),
    ],
)
def test_a_reason_says_the_students_own_figures(
    feature: str, figures: dict[str, float], sentence: str
) -> None:
    assert reasons({feature: 1.0}, figures) == [sentence]


def test_the_strongest_come_first_and_at_most_three_and_two() -> None:
    figures = {**YEAR, **RECENT, "last_year_rate": 0.2, "current_streak": 2, "tardy_rate": 0.0}
    figures |= {"unexcused_rate": 0.0, "absences_left": 6, "days_remaining": 9, "spare_at_this_pace": 5}
    figures |= {"spare_at_usual_pace": 5}
    pushed = {"last_year_rate": 0.9, "absence_rate": 0.5, "absence_trend": 0.7, "current_streak": 0.1}
    lowered = {"spare_rate": -0.2, "unexcused_rate": -0.3, "tardy_rate": -0.1}
    assert reasons({**pushed, **lowered}, figures) == [
        "Absent 20% of school days last year",
        "Absent 6 of the last 20 school days; 2 of the 20 before",
        "Absent 9 of 60 school days this year (15%)",
    ]
    assert well({**pushed, **lowered}, figures) == [
        "No unexcused absence in 60 school days this year",
        "6 absences to spare in the 9 school days that remain",
    ]


def test_within_a_family_the_feature_that_pushed_most_chooses_the_sentence() -> None:
    figures = {"last_year_rate": 0.2, "year_before_rate": 0.1}
    heavier = {"last_year_rate": 0.1, "year_before_rate": 0.2}
    assert reasons(heavier, figures) == ["Absent 10% of school days the year before last"]
    assert reasons({**heavier, "last_year_rate": 0.3}, figures) == ["Absent 20% of school days last year"]


def test_one_thing_is_said_once() -> None:
    figures = {**YEAR, "last_year_rate": 0.12}
    both = "Absent 15% of school days this year and 12% last year"
    assert reasons({"usual_pace": 1.0, "absence_rate": 0.5}, figures) == [both]
    assert reasons({"usual_pace": 0.5, "absence_rate": 1.0}, figures) == [
        "Absent 9 of 60 school days this year (15%)",
        "Absent 12% of school days last year",
    ]


def test_health_is_spoken_of_only_where_the_policy_says_so() -> None:
    figures = {"nurse_visits": 4, "nurse_sent_home": 2}
    assert reasons({"nurse_visits": 1.0}, figures, ("attendance", "roster")) == []


def test_meal_status_is_never_a_reason_whatever_the_policy_says() -> None:
    figures = {"meal_lunch": 1.0, "meal_eligibility": 0.0, "meal_breakfast": 1.0, "school_cep": 0.0}
    for name in FAMILIES["meal programs"]:
        assert name not in SENTENCES
        assert set(row({name: 5.0}, figures)) == set(row({name: -5.0}, figures)) == {""}


def test_every_feature_that_is_the_students_own_has_a_sentence() -> None:
    without = {*FAMILIES["meal programs"], *FAMILIES["school, grade and time of year"]}
    assert set(SENTENCES) == set(FEATURES) - without
