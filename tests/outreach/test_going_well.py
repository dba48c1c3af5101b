"""What goes well: a figure that is satisfactory, and no worry beside it; and what is no reason."""

from __future__ import annotations

import pytest

from tests.outreach.one_student import LEFT_EARLY, RECENT, SPARE, YEAR, reasons, well


@pytest.mark.parametrize(
    ("feature", "figures", "sentence"),
    [
        (
            "absence_rate",
            {**YEAR, "absence_days": 0, "absence_rate": 0},
            "No absence in 60 school days this year",
        ),
        (
            "absence_rate_last_10",
            {**RECENT, "absence_rate_last_20": 0, "absence_rate_last_10": 0},
            "No absence in the last 20 school days",
        ),
        (
            "absence_trend",
            {**RECENT, "absence_rate_last_20": 0.05, "absence_rate_last_40": 0.15},
            "Absent 1 of the last 20 school days; 5 of the 20 before",
        ),
        (
            "spare_rate",
            {"absences_left": 12, "days_remaining": 90, "spare_at_this_pace": 9, "spare_at_usual_pace": 8},
            "12 absences to spare in the 90 school days that remain",
        ),
        (
            "absence_rate",
            {**YEAR, "absence_days": 0, "absence_rate": 0, "part_day_rate": 0.02},
            "No whole day of absence in 60 school days this year",
        ),
        (
            "absence_rate",
            {**YEAR, "absence_days": 0, "absence_rate": 0, "clock_days": 100.0, "unbroken_days": 0.0},
            "No absence in 60 school days enrolled this year (40 exempt days not counted)",
        ),
        (
            "unexcused_rate",
            {**YEAR, "unexcused_rate": 0, "part_day_rate": 0.02},
            "No whole day of unexcused absence in 60 school days this year",
        ),
        ("last_year_rate", {"last_year_rate": 0.03}, "Absent 3% of school days last year"),
        ("last_year_rate", {"last_year_rate": 0.0, **LEFT_EARLY}, "No absence while enrolled last year"),
        (
            "last_year_rate",
            {"last_year_rate": 0.0, "last_year_part_day_rate": 0.02},
            "No whole day of absence last year",
        ),
        (
            "change_from_last_year",
            {**YEAR, "absence_rate": 0.04, "last_year_same_period_rate": 0.22},
            "Absent 4% of school days this year; 22% up to this point of last year",
        ),
        ("year_before_rate", {"year_before_rate": 0.0}, "No absence the year before last"),
        ("unexcused_rate", {**YEAR, "unexcused_rate": 0}, "No unexcused absence in 60 school days this year"),
        ("tardy_rate", {**YEAR, "tardy_rate": 0}, "Never tardy in 60 school days this year"),
    ],
)
def test_what_lowered_the_place_goes_well_and_is_no_reason(
    feature: str, figures: dict[str, float], sentence: str
) -> None:
    assert well({feature: -1.0}, figures) == [sentence]
    assert reasons({feature: -1.0}, figures) == []
    assert sentence not in reasons({feature: 1.0}, figures)


@pytest.mark.parametrize(
    ("feature", "figures"),
    [
        ("absence_rate", {**YEAR, "absence_days": 1, "absence_rate": 1 / 60}),
        ("last_year_rate", {"last_year_rate": 0.03}),
        ("absence_rate_last_20", {**RECENT, "absence_rate_last_20": 0, "absence_rate_last_40": 0.02}),
        ("spare_rate", {**SPARE, "absences_left": 20, "spare_at_this_pace": 18, "spare_at_usual_pace": 17}),
        ("enrolled_last_year", {"enrolled_last_year": 1}),
    ],
)
def test_a_figure_that_speaks_against_its_push_is_no_reason(feature: str, figures: dict[str, float]) -> None:
    assert reasons({feature: 1.0}, figures) == []


@pytest.mark.parametrize(
    ("feature", "figures"),
    [
        ("absence_rate", YEAR),
        ("last_year_rate", {"last_year_rate": 0.08}),
        ("change_from_last_year", {"absence_rate": 0.1, "last_year_same_period_rate": 0.22}),
        ("absence_trend", {**RECENT, "absence_rate_last_20": 0.5, "absence_rate_last_40": 0.75}),
        ("absence_rate", {**YEAR, "absence_days": 0, "absence_rate": 0, "part_day_rate": 0.3}),
        ("absence_rate", {**YEAR, "absence_days": 1, "absence_rate": 0.02, "part_day_rate": 0.3}),
        ("unexcused_rate", {**YEAR, "unexcused_rate": 0, "part_day_rate": 0.3}),
        ("first_month_rate", {**YEAR, "first_month_rate": 0, "part_day_rate": 0.3}),
        ("absence_rate_last_40", {"absence_rate_last_40": 0.02, "part_day_rate": 0.3}),
        ("absence_rate_last_40", {"absence_rate_last_40": 0.0, "part_day_rate": 0.3}),
        ("last_year_rate", {"last_year_rate": 0.0, "last_year_part_day_rate": 0.3}),
        ("year_before_rate", {"year_before_rate": 0.01, "year_before_part_day_rate": 0.3}),
    ],
)
def test_a_worry_never_goes_well(feature: str, figures: dict[str, float]) -> None:
    assert well({feature: -1.0}, figures) == []
