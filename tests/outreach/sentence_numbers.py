"""How every number of a sentence on a list is worked out again from the student's figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isclose
from typing import Any

Figures = Mapping[str, Any]
Groups = dict[str, str]
"""The numbers of a sentence by the names in its form."""

BOUND = 0.05
"""Absence on 5% of school days or more speaks for a contact, less than that does not."""

WHEN = {
    "last year": "last_year_rate",
    "the year before last": "year_before_rate",
    "up to this point of last year": "last_year_same_period_rate",
    "toward the end of last year": "last_year_last_40_rate",
    "around this point of last year": "last_year_same_weeks_rate",
    "after this point of last year": "last_year_rest_rate",
}


def number(text: str | None, value: float) -> bool:
    """Whether a number as printed, with at most two decimals, is a value."""
    return text is not None and isclose(float(text), value, abs_tol=0.005 + 1e-6)


def in_percent(text: str | None, share: float) -> bool:
    """Whether a percentage as printed is a share."""
    if text == "less than 1%":
        return 0 < share < 0.01
    printed = text is not None and text.endswith("%")
    return printed and not 0 < share < 0.01 and abs(float(text[:-1]) - 100 * share) <= 0.5 + 1e-6


def always(_: Groups, __: Figures) -> bool:
    return True


def rate_at_least(name: str) -> Callable[[Groups, Figures], bool]:
    return lambda _, figures: figures[name] >= BOUND


def rate_below(name: str) -> Callable[[Groups, Figures], bool]:
    return lambda _, figures: 0 <= figures[name] < BOUND


def counted_over_year(text: Groups, figures: Figures, rate: str) -> bool:
    return number(text["a"], figures[rate] * figures["days_enrolled"]) and number(
        text["b"], figures["days_enrolled"]
    )


def this_year(text: Groups, figures: Figures) -> bool:
    return (
        number(text["a"], figures["absence_days"])
        and number(text["b"], figures["days_enrolled"])
        and in_percent(text["p"], figures["absence_rate"])
    )


def with_the_grade(text: Groups, figures: Figures) -> bool:
    share = figures["absence_beyond_peers"] / figures["absence_rate"]
    return this_year(text, figures) and share >= 0.9 and in_percent(text["q"], min(share, 1.0))


def window(text: Groups, figures: Figures, rate: float, days: float) -> bool:
    """A count is only said where no day was exempt, and then is the rate times the days; else a share."""
    if not days < figures["clock_days"]:
        return False
    if text["a"] is None:
        return in_percent(text["p"], rate) and figures["clock_days"] > figures["days_enrolled"]
    return number(text["a"], rate * days) and figures["clock_days"] == figures["days_enrolled"]


def last_days(text: Groups, figures: Figures) -> bool:
    days = float(text["b"])
    rate = figures[f"absence_rate_last_{text['b']}"]
    if not window(text, figures, rate, days):
        return False
    if text["q"] is not None:
        return days == 20 and in_percent(text["q"], rate - figures["absence_trend"])
    if text["d"] is None:
        return True
    before = min(figures["clock_days"] - 20, 20)
    both = figures["absence_rate_last_40"] * (20 + before)
    return days == 20 and number(text["d"], before) and number(text["c"] or "0", both - 20 * rate)


def last_days_rise(text: Groups, figures: Figures) -> bool:
    rate = figures[f"absence_rate_last_{text['b']}"]
    if text["d"] is not None and not rate > float(text["c"] or 0) / float(text["d"]):
        return False
    return rate >= BOUND and (text["q"] is None or figures["absence_trend"] > 0)


def last_days_fall(text: Groups, figures: Figures) -> bool:
    rate = figures[f"absence_rate_last_{text['b']}"]
    halved = text["d"] is not None and rate <= float(text["c"] or 0) / float(text["d"]) / 2
    return halved or (text["d"] is None and text["q"] is None and rate < BOUND)


def first_days(text: Groups, figures: Figures) -> bool:
    from_the_first_day = figures["days_missed_before_entry"] == 0
    return from_the_first_day != bool(text["enrolled"]) and window(
        text, figures, figures["first_month_rate"], 20
    )


def none_in_window(text: Groups, figures: Figures) -> bool:
    if text["first"] == "last":
        return figures[f"absence_rate_last_{text['b']}"] == 0 and figures["clock_days"] > float(text["b"])
    from_the_first_day = figures["days_missed_before_entry"] == 0
    early = figures["first_month_rate"] == 0 and text["b"] == "20" and figures["clock_days"] > 20
    return early and from_the_first_day != bool(text["enrolled"])


def to_spare(text: Groups, figures: Figures) -> bool:
    own = number("0" if text["a"] is None else text["a"], figures["absences_left"])
    pace = text["c"] is None or abs(float(text["c"]) - at_this_pace(figures)) <= 0.5 + 1e-6
    return own and pace and number(text["b"], figures["days_remaining"])


def at_this_pace(figures: Figures) -> float:
    return figures["absences_left"] - figures["spare_at_this_pace"]


def little_to_spare(text: Groups, figures: Figures) -> bool:
    left = figures["absences_left"]
    return left == 0 or (text["c"] is not None and at_this_pace(figures) >= left / 2)


def enough_to_spare(text: Groups, figures: Figures) -> bool:
    left = figures["absences_left"]
    at_usual_pace = left - figures["spare_at_usual_pace"]
    return text["c"] is None and 2 * max(at_this_pace(figures), at_usual_pace) < left


def unexcused_lately(text: Groups, figures: Figures) -> bool:
    rate, days = figures["unexcused_rate_last_20"], figures["clock_days"] - 20
    if not window(text, figures, rate, 20):
        return False
    if text["d"] is None:
        return text["q"] is None
    before = figures["unexcused_rate"] * figures["days_enrolled"] - 20 * rate
    risen = rate > before / days
    return risen and number(text["d"], days) and number(text["c"] or "0", before)


def some_of_absence(feature: str, least: float) -> Callable[[Groups, Figures], bool]:
    def holds(text: Groups, figures: Figures) -> bool:
        days = figures[feature] * figures["absence_days"]
        right = number(text["a"], days) and number(text["b"], figures["absence_days"])
        return right and days >= 2 and figures[feature] >= least

    return holds


def separate(text: Groups, figures: Figures) -> bool:
    longest = figures["longest_streak"]
    runs = number(text["b"], longest) if text["b"] else longest == 1
    return runs and number(text["a"], figures["absence_spells"]) and figures["absence_spells"] > 1


def count(feature: str) -> Callable[[Groups, Figures], bool]:
    return lambda text, figures: number(text["a"], figures[feature]) and figures[feature] > 0


def nurse_visits(text: Groups, figures: Figures) -> bool:
    home = figures["nurse_sent_home"]
    said = {"it": "1", None: "0"}.get(text["home"], (text["home"] or "").removesuffix(" of them"))
    return number(text["a"], figures["nurse_visits"]) and number(said, home)
