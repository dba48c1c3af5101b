"""What a definition asks and what a step changes, in words that an equity officer can read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ews.definitions import USUAL_COUNTING, Grain, NamedDefinition, Rules
from ews.rates.walks import State

_PARTS = {
    "half": "half a day or more counts as a day",
    "fraction": "a part of a day counts as that part",
    "whole": "a day counts only when all of it was missed",
    "thirds": "a day is attended whole (66% or more), half (33% or more) or not",
}
_KINDS = {
    "tardy": "tardies with a stated part of the day",
    "in_school_suspension": "in-school suspensions",
    "absent_excused": "excused absences",
    "absent_unexcused": "unexcused absences",
    "absent_suspension": "suspensions",
    "exempt": "exempt days",
}
_COUNTING = {
    "absence": "count as absence",
    "attendance": "count as attendance",
    "neither": "count as neither enrolled nor absent",
}
GRAIN_NAMES: Mapping[Grain, str] = {"district": "following the student", "school": "at each school"}
GRAINS: Mapping[Grain, str] = {
    "district": "the rate follows the student across schools",
    "school": "each school counts its own days, and who changed schools is counted at each of them",
}


def named_year(school_year: int) -> str:
    """Return a school year as schools write it.

    Examples
    --------
    >>> named_year(2026)
    '2025-26'
    """
    return f"{school_year - 1}-{school_year % 100:02d}"


def percent(share: Decimal) -> str:
    """Return a share in percent without needless zeros.

    Examples
    --------
    >>> percent(Decimal("0.10")), percent(Decimal("0.125"))
    ('10%', '12.5%')
    """
    return f"{(share * 100).normalize():f}%"


def bound_of(rules: Rules) -> str:
    """Return the bound: how much absence is chronic."""
    if rules.measure == "days":
        return _bound(f"{rules.days} days", rules)
    if rules.measure == "hours":
        hours = ((rules.hours_in_year, "in the year"), (rules.hours_in_month, "in a school month"))
        return ", or ".join(f"{_bound(f'{count} hours', rules)} {within}" for count, within in hours if count)
    of_what = "the hours" if rules.measure == "minutes" else "the days enrolled"
    return f"{_bound(percent(rules.threshold), rules)} of {of_what}"


def _bound(amount: str, rules: Rules) -> str:
    return f"{amount} or more" if rules.inclusive else f"more than {amount}"


def meaning_of(rules: NamedDefinition) -> str:
    """Return a definition in one sentence.

    Examples
    --------
    >>> meaning_of(NamedDefinition(name="ours", threshold=Decimal("0.05")))
    '5% or more of the days enrolled; half a day or more counts as a day; at least 10 days enrolled'
    """
    parts = [bound_of(rules)]
    if not rules.needs_minutes:
        parts.append(_PARTS[rules.partial_day])
    if rules.min_enrolled_days > 1:
        parts.append(f"at least {rules.min_enrolled_days} days enrolled")
    if rules.min_attended_days:
        parts.append(f"at least {_days(rules.min_attended_days)} attended")
    parts += [
        f"{_KINDS[kind]} {_COUNTING[rules.counting(kind)]}"
        for kind, usual in USUAL_COUNTING.items()
        if rules.counting(kind) != usual
    ]
    parts += [_left_out(key) for key in ("leavers", "prekindergarten") if getattr(rules, key) == "out"]
    return "; ".join(parts)


def reason_of(rule: str, before: State, after: State) -> str:
    """Return what one step changes: the rule as it is after it."""
    old, new = before.rules, after.rules
    if rule == "grain":
        return GRAINS[after.grain]
    if rule == "kinds":
        changed = [kind for kind in USUAL_COUNTING if old.counting(kind) != new.counting(kind)]
        return "; ".join(f"{_KINDS[kind]} {_COUNTING[new.counting(kind)]}" for kind in changed)
    if rule == "min_enrolled_days":
        return _minimum(old.min_enrolled_days, new.min_enrolled_days, "enrolled")
    if rule == "min_attended_days":
        return _minimum(old.min_attended_days, new.min_attended_days, "attended")
    if rule == "partial_day":
        return _PARTS[new.partial_day]
    if rule == "inclusive":
        return f"exactly at the bound is {'' if new.inclusive else 'not '}chronic"
    if rule == "bound":
        return f"the bound is {bound_of(new)}"
    return _left_out(rule) if getattr(new, rule) == "out" else _taken_in(rule)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _minimum(old: int, new: int, what: str) -> str:
    if what == "attended" and max(old, new) == 1:
        return f"students who attended no day are {'left out' if new else 'counted too'}"
    if new > old:
        return f"students with fewer than {new} days {what} are left out"
    return f"students with {new} to {old - 1} days {what} are counted too"


def _left_out(key: str) -> str:
    return "students who left are not counted" if key == "leavers" else "prekindergarten is not counted"


def _taken_in(key: str) -> str:
    return "students who left are counted" if key == "leavers" else "prekindergarten is counted"
