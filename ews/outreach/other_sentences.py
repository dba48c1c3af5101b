"""Sentences about tardies, suspension, visits to the school nurse, moves and entry."""

from __future__ import annotations

from ews.features.nurse import CATEGORIES
from ews.outreach.figures import (
    SATISFACTORY,
    Figures,
    amount,
    counted,
    days_this_year,
    of_year,
    percent,
    school_days,
    shorter_than_year,
    unbroken,
)
from ews.outreach.sentence import Sentence, Words, much, telling


def _share_of_year(feature: str, opening: str, least: float) -> Words:
    def raises(figures: Figures) -> str:
        rate = figures[feature]
        return f"{opening} {of_year(rate, figures)}" if rate > 0 and rate >= least else ""

    return raises


def _tardy_well(figures: Figures) -> str:
    never = figures["tardy_rate"] == 0
    return f"Never tardy in {days_this_year(figures)}" if never else ""


def _tardy_last_year(figures: Figures) -> str:
    rate = figures["last_year_tardy_rate"]
    enrolled = "" if figures["last_year_whole"] == 1 else " enrolled"
    return f"Tardy on {percent(rate)} of school days{enrolled} last year" if much(rate) else ""


def _visits(count: float) -> str:
    return f"{counted(count, 'visit', 'visits')} to the school nurse"


def _nurse(figures: Figures) -> str:
    visits, home = figures["nurse_visits"], figures["nurse_sent_home"]
    if not visits > 0:
        return ""
    after = "it" if visits == 1 else f"{amount(home)} of them"
    return f"{_visits(visits)} this year" + (f"; sent home after {after}" if home > 0 else "")


def _nurse_lately(window: int) -> Sentence:
    def raises(figures: Figures) -> str:
        visits = figures[f"nurse_visits_last_{window}"]
        if not (visits > 0 and shorter_than_year(window, figures)):
            return ""
        return f"{_visits(visits)} in the last {window} school days"

    return Sentence(frozenset({"nurse"}), raises)


def _sent_home_lately(figures: Figures) -> str:
    home = figures["nurse_sent_home_last_20"]
    if not (home > 0 and shorter_than_year(20, figures)):
        return ""
    return f"Sent home after {_visits(home)} in the last 20 school days"


def _before_absence(figures: Figures) -> str:
    days = figures["nurse_visits_before_absence"]
    # With a gap, the 3 days after may lie weeks after.
    if not (days > 0 and unbroken(figures)):
        return ""
    on = "1 day" if days == 1 else f"{amount(days)} days"
    return f"Visits to the school nurse on {on} this year with an absence in the 3 school days after"


def _nurse_last_year(figures: Figures) -> str:
    visits = figures["nurse_visits_last_year"]
    return f"{_visits(visits)} last year" if visits > 0 else ""


def _schools(feature: str, when: str) -> Sentence:
    def raises(figures: Figures) -> str:
        return f"{amount(figures[feature])} schools {when}" if figures[feature] > 1 else ""

    return Sentence(frozenset({feature}), raises)


def _entered(figures: Figures) -> str:
    missed = figures["days_missed_before_entry"]
    return f"Entered after {school_days(missed)} of the year" if missed > 0 else ""


def _new_here(figures: Figures) -> str:
    return "Not enrolled in the district last year" if figures["enrolled_last_year"] == 0 else ""


_TARDY = telling("tardy", _share_of_year("tardy_rate", "Tardy on", SATISFACTORY), _tardy_well)
_PART = telling("part days", _share_of_year("part_day_rate", "Missed part of the day on", SATISFACTORY))
_NURSE = telling("nurse", _nurse)

OTHER_SENTENCES: dict[str, tuple[Sentence, ...]] = {
    "tardy_rate": (_TARDY, _PART),
    "part_day_rate": (_PART, _TARDY),
    "last_year_tardy_rate": (telling("tardy last year", _tardy_last_year), _TARDY),
    "suspension_rate": (
        telling("suspension", _share_of_year("suspension_rate", "Out of class through suspension on", 0.0)),
    ),
    "nurse_visits": (_NURSE,),
    "nurse_visits_last_20": (_nurse_lately(20), _NURSE),
    "nurse_visits_last_40": (_nurse_lately(40), _NURSE),
    "nurse_sent_home": (_NURSE,),
    "nurse_sent_home_last_20": (telling("nurse", _sent_home_lately), _NURSE),
    "nurse_visits_before_absence": (telling("nurse", _before_absence), _NURSE),
    "nurse_days_since_visit": (_nurse_lately(20), _nurse_lately(40), _NURSE),
    "nurse_visits_last_year": (telling("nurse last year", _nurse_last_year),),
    # The kind of a visit is never told, nor its window: only how many visits there were in all.
    **dict.fromkeys((*(f"nurse_{each}" for each in CATEGORIES), "nurse_mental_health_last_40"), (_NURSE,)),
    "schools_this_year": (_schools("schools_this_year", "this year"),),
    "schools_last_year": (_schools("schools_last_year", "last year"),),
    "days_missed_before_entry": (telling("entry", _entered),),
    "enrolled_last_year": (telling("new", _new_here),),
}
"""Feature -> sentences, in the order in which they are tried."""
