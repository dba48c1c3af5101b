"""What is withheld because too few students stand behind it; applied last, before anything is written.

Primary: a group of fewer than the minimum of students is not shown. Complementary: totals are known, so
a single hidden group could be worked out by subtraction; the next smallest is hidden with it, and the
next, until at least two groups and at least the minimum of students are hidden together. Tables share
their margins, so this is done for all of them together: :mod:`ews.equity.margins`. A name tells too: those
of small groups are pooled (:mod:`ews.equity.pooled_names`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np

from ews.equity.margins import Margin, withheld_in
from ews.equity.pooled_names import pool_names
from ews.equity.withheld import SCHOOLS, Withheld, known_at_least, withheld_of

_BANDS = ((300, 1), (100, 2), (40, 5), (20, 10), (10, 20))
"""From how many students on, and how many percent are then the lowest and (from 100) the highest shown."""


LEAST_BAND: Final = _BANDS[-1][0]
"""Of fewer students no percentage is shown, whatever the minimum."""


class Suppressed(str):
    """A value of its own for what is withheld: never 0, never blank; text, so that JSON can hold it."""

    __slots__ = ()

    def __new__(cls) -> Suppressed:
        """Return the one suppressed value."""
        return super().__new__(cls, "suppressed")

    def __repr__(self) -> str:
        return "SUPPRESSED"


SUPPRESSED: Final = Suppressed()


def hidden_groups(students: Mapping[str, int], minimum: int) -> set[str]:
    """Return the groups of one margin that must not be shown.

    Parameters
    ----------
    students : mapping of group to int
        Distinct students of every group of one attribute.
    minimum : int
        The smallest group that may be shown (``audit.min_cell``).

    Examples
    --------
    >>> sorted(hidden_groups({"A": 4, "B": 20, "C": 300}, 10))
    ['A', 'B']
    """
    groups = {group: np.array([float(number)]) for group, number in students.items()}
    return withheld_in(Margin(groups), minimum, at_least=known_at_least(groups, minimum))


def banded_percent(part: float, whole: float) -> str:
    """Return a share in percent, its extremes in a band that widens as n falls (DOMAIN: small cells).

    n of 300 or more: 1/99; 100 to 299: 2/98; 40 to 99: 5/95; 20 to 39: 10/90; 10 to 19: 20/80; below 10
    suppressed. So that "0%" or "100%" never says something about every single student.

    Examples
    --------
    >>> banded_percent(0, 25), banded_percent(13, 25), banded_percent(3, 9)
    ('10% or less', '52%', SUPPRESSED)
    """
    for least, band in _BANDS:
        if whole >= least:
            percent = 100 * part / whole
            if percent <= band:
                return f"{band}% or less"
            return f"{100 - band}% or more" if percent >= 100 - band else f"{percent:.0f}%"
    return SUPPRESSED


def bands(minimum: int) -> list[dict[str, str]]:
    """Return the bands of :func:`banded_percent` in words, for at least a minimum of students.

    Examples
    --------
    >>> bands(40)[0], bands(40)[-1]["students"]
    ({'students': '300 or more', 'lowest': '1% or less', 'highest': '99% or more'}, '40 to 99')
    """
    rows, above = [], None
    for least, band in _BANDS:
        if above is None or above > minimum:
            first = max(least, minimum)
            students = f"{first} or more" if above is None else f"{first} to {above - 1}"
            rows.append(
                {"students": students, "lowest": f"{band}% or less", "highest": f"{100 - band}% or more"}
            )
        above = least
    return rows


def suppress_fairness(report: Mapping[str, Any], minimum: int) -> dict[str, Any]:
    """Return ``fairness.json`` with the figures and the names of small groups suppressed; verdicts stay.

    A group that is withheld is withheld in every table: on the whole, at each date, in pairs, beside the
    rule of thumb and among the candidates. One that is itself small has no name either, see
    :mod:`ews.equity.pooled_names`; one that is withheld to protect it keeps its name. Tables that a report
    does not have are not asked for.

    Parameters
    ----------
    report : mapping
        What :func:`ews.equity.audit.audit` returned (with district and run), not changed.
    minimum : int
        ``audit.min_cell``: groups of fewer distinct students are hidden; of groups of which fewer had one
        of the two outcomes, every figure that rests on outcomes is.
    """
    withheld = withheld_of(report, minimum)
    # The share of those not judged is a count of a small group in another dress.
    share = SUPPRESSED if withheld.any() else report["not_judged_share_of_positives"]
    shown = {
        **report,
        "attributes": [_attribute(each, withheld, minimum) for each in report["attributes"]],
        "comparisons": [
            _figures_of(each, ("value", "low", "high", "p_value", "holm_p_value"))
            if each["group"] in withheld.outcomes[each["attribute"]]
            else dict(each)
            for each in report["comparisons"]
        ],
        "not_judged_share_of_positives": share,
    }
    if report.get("intersections"):
        shown["intersections"] = _intersections(report, withheld)
    if report.get("schools"):
        shown["schools"] = {
            **report["schools"],
            "groups": _groups(report["schools"]["groups"], withheld, SCHOOLS),
        }
    if report.get("simple_rule"):
        shown["simple_rule"] = _simple_rule(report["simple_rule"], withheld)
    if report.get("candidates"):
        shown["candidates"] = _candidates(report, withheld)
    return pool_names(shown, withheld.nameless)


def _attribute(attribute: Mapping[str, Any], withheld: Withheld, minimum: int) -> dict[str, Any]:
    name, groups = attribute["attribute"], attribute["groups"]
    shown = {**attribute, "groups": _groups(groups, withheld, name)}
    if attribute.get("by_date"):
        shown["by_date"] = _by_date(attribute, withheld)
    if "coverage" in attribute:
        shown["coverage"] = _coverage(attribute["coverage"], attribute, withheld)
    return shown


def _by_date(attribute: Mapping[str, Any], withheld: Withheld) -> list[dict[str, Any]]:
    return [
        {
            **day,
            "groups": _groups(
                _nobody_missing(day["groups"], attribute, withheld), withheld, attribute["attribute"]
            ),
        }
        for day in attribute["by_date"]
    ]


def _groups(groups: Sequence[Mapping[str, Any]], withheld: Withheld, name: str) -> list[dict[str, Any]]:
    return [
        _group(g, hide=g["group"] in withheld.sizes[name], thin=g["group"] in withheld.outcomes[name])
        for g in groups
    ]


def _nobody_missing(
    groups: Sequence[Mapping[str, Any]], attribute: Mapping[str, Any], withheld: Withheld
) -> list[Mapping[str, Any]]:
    """Return one date's groups, and with them the hidden ones that have nobody then: absent would tell."""
    present = {g["group"]: g for g in groups}
    hidden = withheld.sizes[attribute["attribute"]]
    like: Mapping[str, Any] = next((g for day in attribute["by_date"] for g in day["groups"]), {})
    order = [g["group"] for g in attribute["groups"]]
    listed = [group for group in order if group in present or group in hidden]
    return [present.get(group, {**like, "group": group}) for group in listed]


def _coverage(
    coverage: Mapping[str, Any], attribute: Mapping[str, Any], withheld: Withheld
) -> dict[str, Any]:
    """Withhold how many are unknown or left out where that would tell the size of a hidden group."""
    hidden = withheld.sizes[attribute["attribute"]]
    if not hidden:
        return dict(coverage)
    counts = [key for key in coverage if key not in ("students", "note")]
    if all(g["group"] in hidden for g in attribute["groups"]):
        counts.append("students")
    note = coverage.get("note", "")
    if any(letter.isdigit() for letter in note):
        note = "Withheld: too few students in a group of this attribute."
    return {**_figures_of(coverage, counts), "note": note}


def _intersections(report: Mapping[str, Any], withheld: Withheld) -> list[dict[str, Any]]:
    order = {each["attribute"]: [g["group"] for g in each["groups"]] for each in report["attributes"]}
    return [_pairs_table(table, order, withheld) for table in report["intersections"]]


def _pairs_table(
    table: Mapping[str, Any], order: Mapping[str, Sequence[str]], withheld: Withheld
) -> dict[str, Any]:
    """Return a table of pairs; those withheld are listed whether or not anybody is in them."""
    attributes = table["attributes"]
    first, second = (order[name] for name in attributes)
    if not table["groups"] or not any(withheld.pairs[name] for name in attributes):
        return dict(table)
    present = {(g["parts"][0], g["parts"][1]): g for g in table["groups"]}
    groups = []
    for parts in ((g, h) for g in first for h in second):
        if withheld.pair(attributes, parts):
            groups.append(_group({**_like(table, parts), **present.get(parts, {})}, hide=True, thin=True))
        elif parts in present:
            groups.append(dict(present[parts]))
    return {**table, "groups": groups}


def _like(table: Mapping[str, Any], parts: tuple[str, str]) -> dict[str, Any]:
    """Return a group of the same shape as the others of a table, named as they are."""
    other = table["groups"][0]
    one, two = other["parts"]
    between = other["group"].removeprefix(one).removesuffix(two)
    return {**other, "group": between.join(parts), "parts": list(parts)}


def _simple_rule(rule: Mapping[str, Any], withheld: Withheld) -> dict[str, Any]:
    # Whom the rule finds rests on outcomes, and says as much of a group as whom the model finds.
    return {
        **rule,
        "attributes": [
            {
                **each,
                "groups": [
                    _group(g, hide=g["group"] in withheld.outcomes[each["attribute"]], thin=False)
                    for g in each["groups"]
                ],
            }
            for each in rule["attributes"]
        ],
    }


def _candidates(report: Mapping[str, Any], withheld: Withheld) -> dict[str, Any]:
    """Withhold the figure of a candidate's worst group where that group is withheld."""
    small = {
        f"{name}: {group}"
        for each in report["attributes"]
        for name in (each["attribute"], each["title"])
        for group in withheld.outcomes[each["attribute"]]
    }
    return {
        **report["candidates"],
        "frontier": [
            _figures_of(each, ["worst_excess_fnr"]) if each.get("worst_group") in small else dict(each)
            for each in report["candidates"]["frontier"]
        ],
    }


_NAMES = ("group", "parts", "verdict")
_SIZES = ("n", "students")


def _group(group: Mapping[str, Any], *, hide: bool, thin: bool) -> dict[str, Any]:
    if not hide and not thin:
        return dict(group)
    kept = {key: group[key] for key in (*_NAMES, *(() if hide else _SIZES)) if key in group}
    note = (
        "Withheld: too few students in this group, or in another that could be worked out from it."
        if hide
        else "Withheld: too few students of this group, or of another that could be worked out from it, "
        "became chronically absent (or did not)."
    )
    figures = {key: _withheld(value) for key, value in group.items() if key not in kept}
    if not hide:
        # Who is on a list does not tell who became chronically absent.
        for name, figure in group["lists"].items():
            figures["lists"][name]["selection_rate"] = dict(figure["selection_rate"])
    return {**figures, **kept, **({"note": note} if "note" in group else {})}


def _figures_of(record: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """Return a record with some of its figures suppressed."""
    return {**record, **{key: SUPPRESSED for key in keys if key in record}}


def _withheld(value: Any) -> Any:
    """Replace every figure, however deep; null too, because "undefined" tells that there were none."""
    if isinstance(value, Mapping):
        return {key: _withheld(each) for key, each in value.items()}
    return SUPPRESSED
