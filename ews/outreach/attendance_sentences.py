"""Sentences about absence: this year, lately, to spare, in earlier years, unexcused, in which pattern."""

from __future__ import annotations

from collections.abc import Callable

from ews.outreach.figures import (
    SATISFACTORY,
    Figures,
    amount,
    as_last_year,
    counted,
    days_of_year,
    days_this_year,
    exempt,
    in_window,
    no_absence,
    of_last,
    of_year,
    percent,
    school_days,
    shorter_than_year,
    unbroken,
    whole_so_far,
)
from ews.outreach.sentence import Sentence, Words, little, much, nothing, telling

MOSTLY = 0.9
"""So much of a grade at school on the days of absence: no outbreak kept it at home."""

_LONG_RUN = 3


def _absent_this_year(figures: Figures) -> str:
    days, enrolled = figures["absence_days"], school_days(figures["days_enrolled"])
    if not days > 0:
        none = no_absence(figures["part_day_rate"])
        return f"{none} in {days_this_year(figures)}" if none else ""
    of_these = enrolled if whole_so_far(figures) else f"{enrolled} enrolled"
    share = "; ".join(filter(None, (percent(figures["absence_rate"]), exempt(figures))))
    return f"Absent {amount(days)} of {of_these} this year ({share})"


def _this_year(figures: Figures) -> str:
    return _absent_this_year(figures) if much(figures["absence_rate"]) else ""


def _this_year_well(figures: Figures) -> str:
    well = little(figures["absence_rate"]) and not much(figures["part_day_rate"])
    return _absent_this_year(figures) if well else ""


def _with_grade_present(figures: Figures) -> str:
    rate = figures["absence_rate"]
    if not much(rate) or not figures["grade_absence_rate"] >= 0:
        return ""
    there = figures["absence_beyond_peers"] / rate
    if not there >= MOSTLY:
        return ""
    return f"{_absent_this_year(figures)}; {percent(min(there, 1.0))} of the grade at school on those days"


def _excused(figures: Figures) -> str:
    rate = figures["excused_rate"]
    return f"Excused absence on {of_year(rate, figures)}" if much(rate) else ""


def _first_month(figures: Figures) -> str:
    rate, first = figures["first_month_rate"], _first_days(figures)
    return f"Absent {amount(round(20 * rate, 4))} of {first}" if first and much(rate) else ""


def _first_month_well(figures: Figures) -> str:
    none, first = no_absence(figures["part_day_rate"]), _first_days(figures)
    return f"{none} in {first}" if none and first and figures["first_month_rate"] == 0 else ""


def _first_days(figures: Figures) -> str:
    """Return of which first days is spoken; "" where there are no more, or one of the year was exempt."""
    if not figures["clock_days"] > 20 or figures["clock_days"] != figures["days_enrolled"]:
        return ""
    # Someone who came later, or left in between, has first days of their own.
    return f"the first 20 school days{'' if whole_so_far(figures) else ' enrolled'}"


def _last(window: int) -> Sentence:
    def raises(figures: Figures) -> str:
        rate = figures[f"absence_rate_last_{window}"]
        said = of_last(rate, window, figures) if much(rate) else ""
        return f"Absent {said}{_before(figures) if window == 20 else ''}" if said else ""

    return Sentence(frozenset({"recent"}), raises)


def _before(figures: Figures) -> str:
    """Return "; 2 of the 20 before" where there was less absence before than in the last 20 days."""
    found = _twenties(figures)
    if found is None:
        return ""
    last, before, days = found
    return _of_before(before, days, figures) if last / 20 > before / days else ""


def _of_before(before: float, days: float, figures: Figures) -> str:
    if before == 0 and figures["part_day_rate"] != 0:
        return ""
    return f"; {'none' if before == 0 else amount(before)} of the {amount(days)} before"


def _twenties(figures: Figures) -> tuple[float, float, float] | None:
    """Return days absent in the last 20, in those before (at most 20), and how many those are."""
    days = min(figures["clock_days"] - 20, 20)
    last = in_window(figures["absence_rate_last_20"], 20, figures)
    both = in_window(figures["absence_rate_last_40"], days + 20, figures)
    if last is None or both is None or not days > 0:
        return None
    return last, round(both - last, 4), days


def _little_lately(figures: Figures) -> str:
    none = no_absence(figures["part_day_rate"])
    for window in (40, 20, 10):
        if figures[f"absence_rate_last_{window}"] == 0 and shorter_than_year(window, figures):
            return f"{none} in the last {window} school days" if none else ""
    rate = figures["absence_rate_last_40"]
    said = of_last(rate, 40, figures) if little(rate) and not much(figures["part_day_rate"]) else ""
    return f"Absent {said}" if said else ""


def _less_lately(figures: Figures) -> str:
    found = _twenties(figures)
    if found is None:
        return ""
    last, before, days = found
    # Half of much may still be much.
    if not 0 < last / 20 <= min(before / days / 2, SATISFACTORY):
        return ""
    return f"Absent {amount(last)} of the last 20 school days; {amount(before)} of the {amount(days)} before"


def _spare(figures: Figures) -> str:
    left, days = figures["absences_left"], figures["days_remaining"]
    absences = "No absence" if left == 0 else counted(left, "absence", "absences")
    remain = "that remains" if days == 1 else "that remain"
    return f"{absences} to spare in the {school_days(days)} {remain}"


def _to_spare(figures: Figures) -> str:
    left = figures["absences_left"]
    if not figures["days_remaining"] > 0:
        return ""
    if left == 0:
        return _spare(figures)
    expected = left - figures["spare_at_this_pace"]
    return f"{_spare(figures)}; about {int(expected + 0.5)} at this pace" if expected >= left / 2 else ""


def _to_spare_well(figures: Figures) -> str:
    left = figures["absences_left"]
    if not (figures["days_remaining"] > 0 and left > 0):
        return ""
    expected = [left - figures[f"spare_at_{pace}_pace"] for pace in ("this", "usual")]
    return _spare(figures) if all(days < left / 2 for days in expected) else ""


def _of_whole_year(year: str, when: str) -> Sentence:
    """Return the sentence of an earlier year: where its days were not the school's, of those enrolled."""

    def said(figures: Figures) -> str:
        rate, whole = figures[f"{year}_rate"], figures[f"{year}_whole"] == 1
        if rate > 0:
            return f"Absent {percent(rate)} of school days {'' if whole else 'enrolled '}{when}"
        none = no_absence(figures[f"{year}_part_day_rate"])
        return f"{none} {'' if whole else 'while enrolled '}{when}" if none else ""

    return _either_way(frozenset({when}), f"{year}_rate", f"{year}_part_day_rate", said)


def _of_last_year(feature: str, when: str, true_of: Callable[[Figures], bool]) -> Sentence:
    """Return the sentence of a part of last year, said of those whose clock was the school's then."""

    def said(figures: Figures) -> str:
        if not true_of(figures):
            return ""
        rate, none = figures[feature], no_absence(figures["last_year_part_day_rate"])
        if rate > 0:
            return f"Absent {percent(rate)} of school days {when}"
        return f"{none} {when}" if none else ""

    return _either_way(frozenset({when}), feature, "last_year_part_day_rate", said)


def _either_way(facts: frozenset[str], feature: str, part_days: str, said: Words) -> Sentence:
    def well(figures: Figures) -> str:
        return said(figures) if little(figures[feature]) and not much(figures[part_days]) else ""

    return Sentence(facts, lambda figures: said(figures) if much(figures[feature]) else "", well)


def _end_was_the_schools(figures: Figures) -> bool:
    return figures["last_year_unbroken_days"] >= 40


def _both_years(figures: Figures) -> str:
    this, last = figures["absence_rate"], figures["last_year_rate"]
    return f"Absent {percent(this)} of school days this year and {percent(last)} last year"


def _over_years(figures: Figures) -> str:
    rates = (figures["absence_rate"], figures["last_year_rate"])
    return _both_years(figures) if all(much(rate) for rate in rates) and as_last_year(figures) else ""


def _over_years_well(figures: Figures) -> str:
    this, last = figures["absence_rate"], figures["last_year_rate"]
    well = 0 < this < SATISFACTORY and 0 < last < SATISFACTORY and not much(figures["part_day_rate"])
    return _both_years(figures) if well and as_last_year(figures) else ""


def _compared(figures: Figures) -> str:
    this, last = figures["absence_rate"], figures["last_year_same_period_rate"]
    return f"Absent {percent(this)} of school days this year; {percent(last)} up to this point of last year"


def _more_than_last_year(figures: Figures) -> str:
    more = figures["absence_rate"] > figures["last_year_same_period_rate"] and as_last_year(figures)
    return _compared(figures) if more and much(figures["absence_rate"]) else ""


def _less_than_last_year(figures: Figures) -> str:
    this, last = figures["absence_rate"], figures["last_year_same_period_rate"]
    well = 0 < this <= last / 2 and little(this) and not much(figures["part_day_rate"])
    return _compared(figures) if well and as_last_year(figures) else ""


def _unexcused_last_year(figures: Figures) -> str:
    rate = figures["last_year_unexcused_rate"]
    enrolled = "" if figures["last_year_whole"] == 1 else " enrolled"
    return f"Unexcused absence on {percent(rate)} of school days{enrolled} last year" if much(rate) else ""


def _unexcused(figures: Figures) -> str:
    rate = figures["unexcused_rate"]
    return f"Unexcused absence on {of_year(rate, figures)}" if rate > 0 else ""


def _unexcused_well(figures: Figures) -> str:
    none = no_absence(figures["part_day_rate"], "unexcused absence")
    if not (none and figures["unexcused_rate"] == 0 and figures["absence_days"] > 0):
        return ""
    return f"{none} in {days_this_year(figures)}"


def _unexcused_lately(figures: Figures) -> str:
    rate, days = figures["unexcused_rate_last_20"], figures["clock_days"] - 20
    said, last = of_last(rate, 20, figures), in_window(rate, 20, figures)
    if not (rate > 0 and said) or last is None:
        return ""
    if not (figures["unexcused_trend"] > 0 and unbroken(figures)):
        return f"Unexcused absence on {said}"
    before = round(days_of_year(figures["unexcused_rate"], figures) - last, 4)
    return f"Unexcused absence on {said}{_of_before(before, days, figures)}"


def _running(figures: Figures) -> str:
    streak = figures["current_streak"]
    school_days_all = 2 <= streak <= figures["unbroken_days"]
    return f"Absence on each of the last {amount(streak)} school days" if school_days_all else ""


def _separate(figures: Figures) -> str:
    spells, longest = figures["absence_spells"], figures["longest_streak"]
    # Over a gap, days far apart are one run of the clock.
    if not (much(figures["absence_rate"]) and unbroken(figures)):
        return ""
    if spells >= 2:
        runs = f"the longest {school_days(longest)}" if longest >= 2 else "each a single school day"
        return f"{amount(spells)} separate absences this year, {runs}"
    return f"One absence of {school_days(longest)} in a row this year" if longest >= _LONG_RUN else ""


def _of_absence(feature: str, least: float, were: str) -> Sentence:
    def raises(figures: Figures) -> str:
        share, total = figures[feature], figures["absence_days"]
        days = round(share * total, 4)
        if not (share >= least and days >= 2 and much(figures["absence_rate"])):
            return ""
        return f"{amount(days)} of the {counted(total, 'day', 'days')} absent this year {were}"

    return Sentence(frozenset({feature}), raises)


_YEAR = telling("this year", _this_year, _this_year_well)
_PEERS = telling("this year", _with_grade_present)
_EXCUSED = telling("excused", _excused)
_FIRST = telling("first month", _first_month, _first_month_well)
_LATELY = {window: _last(window) for window in (20, 10, 40, 5)}
_FALLEN = telling("recent", nothing, _less_lately)
_LITTLE_LATELY = telling("recent", nothing, _little_lately)
_SPARE = telling("spare", _to_spare, _to_spare_well)
_LAST_YEAR = _of_whole_year("last_year", "last year")
_TWO_YEARS = Sentence(frozenset({"this year", "last year"}), _over_years, _over_years_well)
_YEAR_BEFORE = _of_whole_year("year_before", "the year before last")
_SO_FAR = _of_last_year("last_year_same_period_rate", "up to this point of last year", as_last_year)
_AROUND = _of_last_year("last_year_same_weeks_rate", "around this point of last year", as_last_year)
_AFTER = _of_last_year("last_year_rest_rate", "after this point of last year", as_last_year)
_AT_ITS_END = _of_last_year("last_year_last_40_rate", "toward the end of last year", _end_was_the_schools)
_CHANGED = Sentence(
    frozenset({"this year", "up to this point of last year"}), _more_than_last_year, _less_than_last_year
)
_UNEXCUSED = telling("unexcused", _unexcused, _unexcused_well)
_UNEXCUSED_LATELY = telling("unexcused", _unexcused_lately)
_STREAK = telling("streak", _running)
_SPELLS = telling("spells", _separate)
_EITHER = (*_LATELY.values(), _LITTLE_LATELY, _FALLEN, _YEAR)

ATTENDANCE_SENTENCES: dict[str, tuple[Sentence, ...]] = {
    "absence_days": (_YEAR,),
    "absence_rate": (_YEAR,),
    "absence_beyond_peers": (_PEERS, _YEAR),
    "excused_rate": (_EXCUSED, _YEAR),
    "first_month_rate": (_FIRST, _YEAR),
    **{f"absence_rate_last_{window}": (_LATELY[window], *_EITHER) for window in _LATELY},
    "absence_trend": (_LATELY[20], _FALLEN, *_EITHER),
    "days_since_absence": (_LATELY[5], *_EITHER),
    **dict.fromkeys(
        ("absences_left", "spare_rate", "spare_at_this_pace", "spare_at_usual_pace", "spare_in_spreads"),
        (_SPARE,),
    ),
    "usual_pace": (_TWO_YEARS, _LAST_YEAR, _YEAR_BEFORE, _YEAR),
    "last_year_rate": (_LAST_YEAR,),
    "last_year_unexcused_rate": (telling("unexcused last year", _unexcused_last_year), _LAST_YEAR),
    "last_year_same_period_rate": (_SO_FAR, _LAST_YEAR),
    "last_year_last_40_rate": (_AT_ITS_END, _LAST_YEAR),
    "last_year_same_weeks_rate": (_AROUND, _LAST_YEAR),
    "last_year_rest_rate": (_AFTER, _LAST_YEAR),
    "last_year_spell_rate": (_LAST_YEAR,),
    "change_from_last_year": (_CHANGED, _LAST_YEAR, _YEAR),
    "year_before_rate": (_YEAR_BEFORE,),
    "unexcused_rate": (_UNEXCUSED,),
    "unexcused_rate_last_20": (_UNEXCUSED_LATELY, _UNEXCUSED),
    "unexcused_trend": (_UNEXCUSED_LATELY, _UNEXCUSED),
    "current_streak": (_STREAK, _SPELLS),
    **dict.fromkeys(("longest_streak", "absence_spells", "spell_rate"), (_SPELLS,)),
    "monday_friday_share": (_of_absence("monday_friday_share", 0.5, "fell on Mondays or Fridays"),),
    "around_break_share": (_of_absence("around_break_share", 0.2, "were next to a holiday or break"),),
}
"""Feature -> sentences, in the order in which they are tried."""
