"""What of an audit is withheld: read from its counts, in all of its tables together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ews.equity.margins import Counts, Margin, is_closed, withheld_in, without_pairs

SCHOOLS = "schools"


@dataclass(frozen=True)
class Withheld:
    """The groups of an audit that are withheld; by attribute, and the schools under ``SCHOOLS``.

    Attributes
    ----------
    sizes : mapping of str to set of str
        Groups of which nothing is shown.
    outcomes : mapping of str to set of str
        Groups of which no figure that rests on outcomes is shown; contains ``sizes``.
    pairs : mapping of str to set of str
        Groups of which no pair is shown; contains ``outcomes``.
    nameless : mapping of str to set of str
        Groups of which not even the name is shown; contained in ``sizes``. Schools keep their names.
    """

    sizes: Mapping[str, set[str]]
    outcomes: Mapping[str, set[str]]
    pairs: Mapping[str, set[str]]
    nameless: Mapping[str, set[str]]

    def any(self) -> bool:
        """Whether anything is withheld of an attribute."""
        return any(groups for name, groups in self.outcomes.items() if name != SCHOOLS)

    def pair(self, attributes: Sequence[str], groups: Sequence[str]) -> bool:
        """Whether a pair of groups is withheld."""
        return any(
            group in self.pairs[attribute] for attribute, group in zip(attributes, groups, strict=True)
        )


def withheld_of(report: Mapping[str, Any], minimum: int) -> Withheld:
    """Return what is withheld of ``fairness.json`` as :func:`ews.equity.audit.audit` returned it.

    Two counts of every group: its students, on the whole and at each date; and those who became chronically
    absent and those who did not, likewise. A group that is too small at one date is withheld at all of them.
    """
    attributes = {each["attribute"]: each for each in report["attributes"]}
    days = [day["as_of"] for each in report["attributes"][:1] for day in each.get("by_date") or []]
    sizes = _margins({name: _sizes(each, days) for name, each in attributes.items()})
    outcomes = _margins({name: _outcomes(each, days) for name, each in attributes.items()})
    schools = (report.get("schools") or {}).get("groups", [])
    sizes |= _margins({SCHOOLS: {g["group"]: _array([g["students"]]) for g in schools}})
    outcomes |= _margins({SCHOOLS: {g["group"]: _both(g) for g in schools}})
    least = {name: known_at_least(sizes[name].groups, minimum) for name in attributes}
    least[SCHOOLS] = known_at_least(sizes[SCHOOLS].groups, 1)
    hidden = {name: withheld_in(margin, minimum, at_least=least[name]) for name, margin in sizes.items()}
    if not all(
        is_closed(sizes[name], groups, minimum, known_at_least(sizes[name].groups, 1))
        for name, groups in hidden.items()
    ):
        # So few students in all that their sum itself would tell: nothing is left to show.
        hidden = {name: set(margin.groups) for name, margin in sizes.items()}
    thin = {name: withheld_in(margin, minimum, hidden[name]) for name, margin in outcomes.items()}
    nameless = {
        name: _nameless(each, minimum, hidden[name])
        if is_closed(sizes[name], hidden[name], minimum, least[name])
        else hidden[name]
        for name, each in attributes.items()
    }
    return Withheld(hidden, thin, _pairs(report, minimum, thin), nameless)


def known_at_least(groups: Mapping[str, Counts | None], minimum: int) -> dict[str, Counts]:
    """Return what everybody knows each group of one margin to have at least; the first count is of students.

    Who is withheld and has a name is not small; who is small has somebody.
    """
    known = {}
    for group, counts in groups.items():
        if counts is not None:
            known[group] = np.ones(len(counts))
            known[group][0] = minimum if counts[0] >= minimum else 1
    return known


def _nameless(attribute: Mapping[str, Any], minimum: int, hidden: set[str]) -> set[str]:
    return {g["group"] for g in attribute["groups"] if g["students"] < minimum} & hidden


def _pairs(report: Mapping[str, Any], minimum: int, thin: Mapping[str, set[str]]) -> dict[str, set[str]]:
    days = max(1, len(report.get("as_of_dates") or []))
    margins = _margins(
        {
            each["attribute"]: {g["group"]: _present_too(g, days) for g in each["groups"]}
            for each in report["attributes"]
        },
        judged=2,
    )
    tables = {
        (table["attributes"][0], table["attributes"][1]): {
            (g["parts"][0], g["parts"][1]): _present_too(g, days) for g in table["groups"]
        }
        for table in report.get("intersections") or []
    }
    return without_pairs(margins, tables, minimum, thin)


def _margins(counted: Mapping[str, Mapping[str, Counts]], judged: int | None = None) -> dict[str, Margin]:
    """Return margins of the same students; the total is that of the attribute that leaves out the fewest."""
    sums = [np.sum(list(groups.values()), axis=0) for groups in counted.values() if groups]
    total = np.max(sums, axis=0) if sums else None
    return {name: Margin(groups, total if groups else None, judged) for name, groups in counted.items()}


def _sizes(attribute: Mapping[str, Any], days: Sequence[str]) -> dict[str, Counts]:
    at_days = _by_day(attribute, days)
    return {
        g["group"]: _array([g["students"], *(at_days[day].get(g["group"], _NOBODY)["n"] for day in days)])
        for g in attribute["groups"]
    }


def _outcomes(attribute: Mapping[str, Any], days: Sequence[str]) -> dict[str, Counts]:
    at_days = _by_day(attribute, days)
    found = {}
    for g in attribute["groups"]:
        at = [at_days[day].get(g["group"], _NOBODY) for day in days]
        each_day = [count for one in at for count in (one["positives"], one["n"] - one["positives"])]
        found[g["group"]] = np.concatenate([_both(g), _array(each_day)])
    return found


_NOBODY = {"n": 0, "positives": 0}


def _by_day(attribute: Mapping[str, Any], days: Sequence[str]) -> dict[str, dict[str, Any]]:
    told = {day["as_of"]: {g["group"]: g for g in day["groups"]} for day in attribute.get("by_date") or []}
    return {day: told.get(day, {}) for day in days}


def _both(group: Mapping[str, Any]) -> Counts:
    """Return the distinct students who became chronically absent, and who did not."""
    return _array([group["positive_students"], group["students"] - group["positive_students"]])


def _present_too(group: Mapping[str, Any], days: int) -> Counts:
    """Return both outcomes in students, and how many of them are there at a date of few.

    Who is absent at a date may be known to be of one group, where another has nobody absent then; only those
    present can trade places. Of a pair the dates are not told apart: at the worst, twice as many are taken
    to be absent as on the average date, which is exact for up to two dates.
    """
    students = _both(group)
    on_average = _array([group["positives"], group["n"] - group["positives"]]) / days
    return np.concatenate([students, 2 * on_average - students])


def _array(counts: Sequence[float]) -> Counts:
    return np.array(counts, dtype=np.float64)
