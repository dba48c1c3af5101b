"""A sentence held against the school's calendar: which of its days it speaks of, and what lay on them."""

from __future__ import annotations

import re
from itertools import groupby

from tests.outreach.sentence_numbers import in_percent, number
from tests.outreach.student_histories import (
    AWAY,
    AWAY_FROM_DISTRICT,
    EXEMPT,
    HALF,
    LITTLE,
    UNEXCUSED,
    History,
    away,
    own_clock,
)


def by_the_calendar(text: str, history: History) -> None:
    """Count the school's days that a sentence speaks of one by one."""
    _window(text, history.this)
    _this_year(text, history.this)
    _runs(text, history.this)
    if re.search("(last year|the year before last)$", text) and re.match("Absent|No|Unexc|Tardy", text):
        _earlier_year(text, history)


def _on_every(days: str, text: str) -> None:
    assert AWAY_FROM_DISTRICT not in days, f"not enrolled on each of the days: {text}"
    assert EXEMPT not in days, f"some of the days were exempt: {text}"


def _nothing(text: str, days: str) -> None:
    """No absence is said of days of which no part was missed, or no whole day of those with a part."""
    assert away(days) == 0, text
    if "whole day" not in text:
        assert not set(days) & {LITTLE, HALF}, f"a part of a day was missed: {text}"


def _window(text: str, year: str) -> None:
    if not (match := re.search(r"the (last|first) (\d+) school days?( enrolled)?", text)):
        return
    size, source = int(match[2]), own_clock(year) if match[3] else year
    days = source[-size:] if match[1] == "last" else source[:size]
    assert len(days) == size, text
    _on_every(days, text)
    if text.startswith("No "):
        _nothing(text, days)
    if found := re.match(r"(Absent|Unexcused absence on) ([\d.]+%?) of the (?:last|first)", text):
        kind = away if found[1] == "Absent" else _unexcused
        assert number(found[2], kind(days)), text
        if before := re.search(r"; (none|[\d.]+) of the (\d+) before", text):
            earlier = year[:-size][-int(before[2]) :]
            assert len(earlier) == int(before[2]), text
            _on_every(earlier, text)
            assert number(before[1].replace("none", "0"), kind(earlier)), text
            assert before[1] != "none" or not set(earlier) & {LITTLE, HALF}, text


def _unexcused(days: str) -> float:
    return float(days.count(UNEXCUSED))


def _this_year(text: str, year: str) -> None:
    if not (match := re.search(r"(\d+) school days?( enrolled)? this year", text)):
        return
    exempt = re.search(r"(\d+) exempt days? not counted", text)
    assert year.count(EXEMPT) == (int(exempt[1]) if exempt else 0), text
    assert int(match[1]) == len(own_clock(year)) - year.count(EXEMPT), text
    assert match[2] or AWAY_FROM_DISTRICT not in year, f"not enrolled on each of the days: {text}"
    if re.match("No (whole day of )?absence", text):
        _nothing(text, year)
    if re.match("No unexcused absence", text):
        assert not set(year) & {LITTLE, HALF}, f"a part of a day was missed: {text}"


def _runs(text: str, year: str) -> None:
    runs = [len(list(run)) for gone, run in groupby(year, AWAY.__contains__) if gone]
    if match := re.match(r"Absence on each of the last (\d+) school days", text):
        assert set(year[-int(match[1]) :]) <= set(AWAY), text
    if match := re.match(r"One absence of (\d+) school days in a row", text):
        assert runs == [int(match[1])], text
    if match := re.match(r"(\d+) separate absences this year, (?:the longest (\d+))?", text):
        assert (len(runs), max(runs)) == (int(match[1]), int(match[2] or 1)), text


def _earlier_year(text: str, history: History) -> None:
    """A share of an earlier year is one of the school's days then, or says that it is of those enrolled."""
    here, last = len(history.this), history.last
    when = {
        "up to this point of last year": last[:here],
        "around this point of last year": last[max(here - 10, 0) : here + 10],
        "after this point of last year": last[here:],
        "toward the end of last year": last[-40:],
        "the year before last": history.before,
    }
    days = next((part for name, part in when.items() if text.endswith(name)), last)
    if "enrolled" in text:
        days = own_clock(days)
    else:
        _on_every(days, text)
    if text.startswith("No "):
        _nothing(text, days)
    elif match := re.match(r"Absent (less than 1%|\S+) of school days (?!this year)", text):
        assert in_percent(match[1], _rate(days)), text


def _rate(days: str) -> float:
    counted = len(days) - days.count(EXEMPT) - days.count(AWAY_FROM_DISTRICT)
    return away(days) / counted if counted else 0.0
