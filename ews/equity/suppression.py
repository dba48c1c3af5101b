"""What is withheld because too few students stand behind it; applied last, before anything is written.

Primary: a group of fewer than the minimum of students is not shown. Complementary: totals are known, so
a single hidden group could be worked out by subtraction; the next smallest is hidden with it, and the
next, until at least two groups and at least the minimum of students are hidden together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

_BANDS = ((300, 1), (100, 2), (40, 5), (20, 10), (10, 20))
"""From how many students on, and how many percent are then the lowest and (from 100) the highest shown."""


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
    from_smallest = sorted(students, key=lambda group: (students[group], group))
    hidden = [group for group in from_smallest if 0 < students[group] < minimum]
    others = [group for group in from_smallest if students[group] >= minimum]
    # One alone is always below the minimum, so at least two are hidden. A group without students needs
    # no hiding, and hides nobody.
    while hidden and others and sum(students[each] for each in hidden) < minimum:
        hidden.append(others.pop(0))
    return set(hidden)


def banded_percent(part: int, whole: int) -> str:
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


def suppress_fairness(report: Mapping[str, Any], minimum: int) -> dict[str, Any]:
    """Return ``fairness.json`` with the figures of small groups suppressed; verdicts and names stay.

    Parameters
    ----------
    report : mapping
        What :func:`ews.equity.audit.audit` returned (with district and run), not changed.
    minimum : int
        ``audit.min_cell``: groups of fewer distinct students are hidden; of groups of which fewer had one
        of the two outcomes, every figure that rests on outcomes is.
    """
    hidden = {
        each["attribute"]: hidden_groups({g["group"]: g["students"] for g in each["groups"]}, minimum)
        for each in report["attributes"]
    }
    thin = {each["attribute"]: _thin_groups(each["groups"], minimum) for each in report["attributes"]}
    attributes = [
        {
            **each,
            "groups": [
                _group(
                    g,
                    hide=g["group"] in hidden[each["attribute"]],
                    thin=g["group"] in thin[each["attribute"]],
                )
                for g in each["groups"]
            ],
        }
        for each in report["attributes"]
    ]
    comparisons = [
        _comparison(each, hide=each["group"] in hidden[each["attribute"]] | thin[each["attribute"]])
        for each in report["comparisons"]
    ]
    # The share of those not judged is a count of a small group in another dress.
    withheld = any(hidden.values()) or any(thin.values())
    share = SUPPRESSED if withheld else report["not_judged_share_of_positives"]
    return {
        **report,
        "attributes": attributes,
        "comparisons": comparisons,
        "not_judged_share_of_positives": share,
    }


def _thin_groups(groups: Sequence[Mapping[str, Any]], minimum: int) -> set[str]:
    """Return groups large enough to show, of which too few had one of the two outcomes to say how many."""
    with_outcome = {g["group"]: g["positive_students"] for g in groups}
    without = {g["group"]: g["students"] - g["positive_students"] for g in groups}
    return hidden_groups(with_outcome, minimum) | hidden_groups(without, minimum)


_SIZES = ("group", "verdict", "n", "students")


def _group(group: Mapping[str, Any], *, hide: bool, thin: bool) -> dict[str, Any]:
    if not hide and not thin:
        return dict(group)
    kept = {key: group[key] for key in (_SIZES[:2] if hide else _SIZES)}
    note = (
        "Withheld: too few students in this group, or in another that could be worked out from it."
        if hide
        else "Withheld: too few students of this group, or of another that could be worked out from it, "
        "became chronically absent (or did not)."
    )
    figures = {key: _withheld(value) for key, value in group.items() if key not in {*kept, "note"}}
    if not hide:
        # Who is on a list does not tell who became chronically absent.
        for name, figure in group["lists"].items():
            figures["lists"][name]["selection_rate"] = dict(figure["selection_rate"])
    return {**figures, **kept, "note": note}


def _comparison(comparison: Mapping[str, Any], *, hide: bool) -> dict[str, Any]:
    if not hide:
        return dict(comparison)
    figures = ("value", "low", "high", "p_value", "holm_p_value")
    return {**comparison, **dict.fromkeys(figures, SUPPRESSED)}


def _withheld(value: Any) -> Any:
    """Replace every figure, however deep; null too, because "undefined" tells that there were none."""
    if isinstance(value, Mapping):
        return {key: _withheld(each) for key, each in value.items()}
    return SUPPRESSED
