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


def days_of_year(text: Groups, figures: Figures) -> bool:
    """Whether the days of the year are those that count, said to be the student's own where they are."""
    exempt = figures["clock_days"] - figures["days_enrolled"]
    named = exempt == 0 if text["x"] is None else number(text["x"], exempt) and exempt > 0
    return (
        named and number(text["b"], figures["days_enrolled"]) and bool(text["own"]) != whole_so_far(figures)
    )


def whole_so_far(figures: Figures) -> bool:
    """Whether this year's clock is the school's."""
    return figures["unbroken_days"] == figures["clock_days"] and figures["days_missed_before_entry"] == 0


def own_last_year(text: Groups, figures: Figures) -> bool:
    return bool(text["own"]) != (figures["last_year_whole"] == 1)


def none_of(text: Groups, rate: float, part_day_rate: float) -> bool:
    """Whether there was no absence, with no part of a day missed or few and said so."""
    return rate == 0 and (0 < part_day_rate < BOUND if text["part"] else part_day_rate == 0)


def counted_over_year(text: Groups, figures: Figures, rate: str) -> bool:
    return number(text["a"], figures[rate] * figures["days_enrolled"]) and days_of_year(text, figures)


def this_year(text: Groups, figures: Figures) -> bool:
    return (
        number(text["a"], figures["absence_days"])
        and days_of_year(text, figures)
        and in_percent(text["p"], figures["absence_rate"])
    )


def earlier_year(text: Groups, figures: Figures) -> bool:
    """Whether a rate of an earlier year, or none, is the student's, and of days that were the school's."""
    when = text["when"]
    rate = figures[WHEN[when]]
    year = "year_before" if when == "the year before last" else "last_year"
    if when in ("last year", "the year before last"):
        right = bool(text["own"]) != (figures[f"{year}_whole"] == 1)
    elif when == "toward the end of last year":
        right = not text["own"] and figures["last_year_unbroken_days"] >= 40
    else:
        right = not text["own"] and whole_so_far(figures) and figures["last_year_whole"] == 1
    if text["p"] is None:
        return right and none_of(text, rate, figures[f"{year}_part_day_rate"])
    return right and in_percent(text["p"], rate)


def with_the_grade(text: Groups, figures: Figures) -> bool:
    share = figures["absence_beyond_peers"] / figures["absence_rate"]
    return this_year(text, figures) and share >= 0.9 and in_percent(text["q"], min(share, 1.0))


def window(text: Groups, figures: Figures, rate: float, days: float) -> bool:
    """A count is only said of days without a gap or an exempt day, fewer than the year so far has."""
    sayable = days < figures["clock_days"] and days <= figures["unbroken_days"]
    return sayable and number(text["a"], rate * days)


def last_days(text: Groups, figures: Figures) -> bool:
    days = float(text["b"])
    rate = figures[f"absence_rate_last_{text['b']}"]
    if not window(text, figures, rate, days):
        return False
    if text["d"] is None:
        return True
    before = min(figures["clock_days"] - 20, 20)
    both = figures["absence_rate_last_40"] * (20 + before)
    plain = before + 20 <= figures["unbroken_days"] and (text["c"] or figures["part_day_rate"] == 0)
    return plain and days == 20 and number(text["d"], before) and number(text["c"] or "0", both - 20 * rate)


def last_days_rise(text: Groups, figures: Figures) -> bool:
    rate = figures[f"absence_rate_last_{text['b']}"]
    if text["d"] is not None and not rate > float(text["c"] or 0) / float(text["d"]):
        return False
    return rate >= BOUND


def last_days_fall(text: Groups, figures: Figures) -> bool:
    rate = figures[f"absence_rate_last_{text['b']}"]
    if text["d"] is not None:
        return rate <= BOUND and rate <= float(text["c"] or 0) / float(text["d"]) / 2
    return rate < BOUND and figures["part_day_rate"] < BOUND


def first_days(text: Groups, figures: Figures) -> bool:
    return _first(text, figures) and number(text["a"], figures["first_month_rate"] * 20)


def none_in_window(text: Groups, figures: Figures) -> bool:
    if text["first"] == "first":
        none = none_of(text, figures["first_month_rate"], figures["part_day_rate"])
        return none and text["b"] == "20" and _first(text, figures)
    days, rate = float(text["b"]), figures[f"absence_rate_last_{text['b']}"]
    none = none_of(text, rate, figures["part_day_rate"]) and not text["own"]
    return none and days < figures["clock_days"] and days <= figures["unbroken_days"]


def _first(text: Groups, figures: Figures) -> bool:
    none_exempt = figures["clock_days"] == figures["days_enrolled"]
    return figures["clock_days"] > 20 and none_exempt and bool(text["own"]) != whole_so_far(figures)


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
        return True
    if not (
        figures["unbroken_days"] == figures["clock_days"] and (text["c"] or figures["part_day_rate"] == 0)
    ):
        return False
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
    if figures["unbroken_days"] != figures["clock_days"]:
        return False
    longest = figures["longest_streak"]
    runs = number(text["b"], longest) if text["b"] else longest == 1
    return runs and number(text["a"], figures["absence_spells"]) and figures["absence_spells"] > 1


def in_a_row(text: Groups, figures: Figures) -> bool:
    whole_run = figures["unbroken_days"] == figures["clock_days"] and figures["absence_spells"] == 1
    return whole_run and number(text["a"], figures["longest_streak"])


def lately(text: Groups, figures: Figures, feature: str, days: float) -> bool:
    """Whether a count of visits is that of the school's last days, and these are not all of the year."""
    return days < figures["clock_days"] and days <= figures["unbroken_days"] and count(feature)(text, figures)


def count(feature: str) -> Callable[[Groups, Figures], bool]:
    return lambda text, figures: number(text["a"], figures[feature]) and figures[feature] > 0


def nurse_visits(text: Groups, figures: Figures) -> bool:
    home = figures["nurse_sent_home"]
    said = {"it": "1", None: "0"}.get(text["home"], (text["home"] or "").removesuffix(" of them"))
    return number(text["a"], figures["nurse_visits"]) and number(said, home)
