"""The edition of the fairness audit for everybody: banded percentages and verdicts, no counts.

It is made from the *suppressed* audit, so that nothing which the audit's own edition withholds can be
published here, whatever this module does: what is not in the file cannot leak from it. What is left to
withhold follows from the percentages. Readers know how large groups are (state report cards say so); with a
group's size, the share of it on the list, the share reached and the precision tell how many students became
chronically absent and how many were listed. So a row is shown whole or not at all: where at least the
minimum of students stands behind every one of its percentages. And a row that is not shown must not be
the district less the rows that are: :mod:`ews.equity.margins`, over all tables together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from ews.equity.margins import Counts, Margin, withheld_in, without_pairs
from ews.equity.suppression import LEAST_BAND, SUPPRESSED, banded_percent

PERCENTAGES: Final = {
    "selected": ("deployed", "selection_rate"),
    "reached": ("deployed", "fnr"),
    "reached_long": ("long", "fnr"),
    "precision": ("deployed", "precision"),
    "false_alarms": ("deployed", "fpr"),
}
"""What is published of a group: the list and the rate it comes from; reached is 1 - fnr."""

_WITHOUT_AUDIT = "The audit could not be made."


def public_edition(report: Mapping[str, Any], minimum: int) -> dict[str, Any]:
    """Return what may be published of an audit.

    Parameters
    ----------
    report : mapping
        ``fairness.json``, small groups suppressed by :func:`ews.equity.suppression.suppress_fairness`.
    minimum : int
        ``audit.min_cell``; percentages are never published of fewer than 10.

    Returns
    -------
    dict
        ``district``, ``test_year``, ``as_of_dates``, ``minimum``, ``verdict``, ``sentence``; ``attributes``
        with every group's verdict and its percentages in bands (or suppressed); ``pairs`` and ``schools``
        with those rows only that may be shown, so that a row which is not there tells nothing; and of each
        table ``withheld``: whether something is. No number of students anywhere.
    """
    least = max(minimum, LEAST_BAND)
    days = max(1, len(report["as_of_dates"]))
    rows = {name: _rows(groups, least, days) for name, groups in _tables(report)}
    hidden = _hidden(report, rows, least)
    return {
        **{key: report.get(key) for key in ("district", "test_year", "as_of_dates", "verdict")},
        "sentence": report["sentence"] if report["attributes"] else _WITHOUT_AUDIT,
        "minimum": least,
        "attributes": [
            _attribute(each, rows[each["attribute"]], hidden[each["attribute"]])
            for each in report["attributes"]
        ],
        "pairs": [_pairs(table, rows[_name(table)], hidden) for table in report.get("intersections") or []],
        "schools": _schools(report, rows, hidden),
    }


def students_behind(group: Mapping[str, Any], days: int) -> dict[str, float] | None:
    """Return how many distinct students stand behind each percentage of a group, at least.

    None where the audit withholds that. Of those on the list only the number of student-dates is known; at
    no date is a student on it twice, so there are at least as many as on the average date.
    """
    selected = group["lists"]["deployed"]["selection_rate"]["value"]
    known = (group["students"], group["positive_students"], selected)
    if any(isinstance(each, str) or each is None for each in known):
        return None
    students, chronic = group["students"], group["positive_students"]
    return {
        "selected": students,
        "reached": chronic,
        "reached_long": chronic,
        "precision": group["n"] * selected / days,
        "false_alarms": students - chronic,
    }


class _Row:
    """A group with its percentages, and the counts that they tell together with its size."""

    def __init__(self, group: Mapping[str, Any], least: int, days: int) -> None:
        behind = students_behind(group, days)
        self.percentages: dict[str, str] = dict.fromkeys(PERCENTAGES, SUPPRESSED)
        self.counts: Counts | None = None
        shares = {name: _share(group, *rate) for name, rate in PERCENTAGES.items()}
        if behind is None or min(behind.values()) < least or None in shares.values():
            return
        told = {name: float(share) for name, share in shares.items() if share is not None}
        self.percentages = {
            name: banded_percent(share * behind[name], behind[name]) for name, share in told.items()
        }
        self.counts = _told_by(told, group["n"] / days, group["positives"] / days)


_JUDGED = 4
"""Of the counts that a row tells, so many must not be small themselves: who is chronic, who is listed."""


def _told_by(shares: Mapping[str, float], students: float, chronic: float) -> Counts:
    """Return what a row tells to somebody who knows the size of the group, students on an average date.

    Each count beside what it leaves: chronic or not, listed or not, found or missed, on either list; those
    listed without need, or left alone.
    """
    listed, others = shares["selected"] * students, students - chronic
    found, found_long = shares["reached"] * chronic, shares["reached_long"] * chronic
    return np.array(
        [
            *(chronic, others, listed, students - listed, found, chronic - found),
            *(listed - found, others - listed + found, found_long, chronic - found_long),
        ]
    )


def _share(group: Mapping[str, Any], list_name: str, rate: str) -> float | None:
    value = group["lists"][list_name][rate]["value"]
    if isinstance(value, str) or value is None:
        return None
    return 1.0 - float(value) if rate == "fnr" else float(value)


def _name(table: Mapping[str, Any]) -> tuple[str, str]:
    return (table["attributes"][0], table["attributes"][1])


_SCHOOLS = "schools"


def _tables(report: Mapping[str, Any]) -> Iterator[tuple[Any, Sequence[Mapping[str, Any]]]]:
    for each in report["attributes"]:
        yield each["attribute"], each["groups"]
    for table in report.get("intersections") or []:
        yield _name(table), table["groups"]
    yield _SCHOOLS, (report.get("schools") or {"groups": []})["groups"]


def _rows(groups: Sequence[Mapping[str, Any]], least: int, days: int) -> dict[str, _Row]:
    return {g["group"]: _Row(g, least, days) for g in groups}


def _hidden(
    report: Mapping[str, Any], rows: Mapping[Any, Mapping[str, _Row]], least: int
) -> dict[Any, set[str]]:
    """Return, by table, the groups that are not shown; of a table of pairs by the names of the pairs."""
    singles = [each["attribute"] for each in report["attributes"]]
    partial = {each["attribute"] for each in report["attributes"] if _leaves_out(each)}
    counts = {name: {g: row.counts for g, row in rows[name].items()} for name in [*singles, _SCHOOLS]}
    # What all have together can be worked out where a table shows everybody.
    whole = [Margin(groups) for name, groups in counts.items() if groups and name not in partial]
    known = [margin.everything() for margin in whole if margin.is_known()]
    total = max(known, key=lambda each: float(each[:2].sum())) if known else None
    margins = {
        name: Margin(groups, None if name in partial else total, judged=_JUDGED)
        for name, groups in counts.items()
    }
    hidden: dict[Any, set[str]] = {name: withheld_in(margin, least) for name, margin in margins.items()}
    tables = {
        _name(table): {
            (g["parts"][0], g["parts"][1]): rows[_name(table)][g["group"]].counts for g in table["groups"]
        }
        for table in report.get("intersections") or []
    }
    taken = without_pairs(
        {name: margins[name] for name in singles}, tables, least, {name: hidden[name] for name in singles}
    )
    for table in report.get("intersections") or []:
        a, b = _name(table)
        hidden[a, b] = {
            g["group"] for g in table["groups"] if g["parts"][0] in taken[a] or g["parts"][1] in taken[b]
        }
    return hidden


def _leaves_out(attribute: Mapping[str, Any]) -> bool:
    return bool((attribute.get("coverage") or {}).get("left_out", 0))


def _attribute(attribute: Mapping[str, Any], rows: Mapping[str, _Row], hidden: set[str]) -> dict[str, Any]:
    groups = [
        {"group": g["group"], "verdict": g["verdict"], **_shown(rows[g["group"]], g["group"] in hidden)}
        for g in attribute["groups"]
    ]
    return {
        "attribute": attribute["attribute"],
        "title": attribute["title"],
        "groups": groups,
        "withheld": any(each["selected"] == SUPPRESSED for each in groups),
    }


def _shown(row: _Row, hide: bool) -> dict[str, str]:
    return dict.fromkeys(PERCENTAGES, SUPPRESSED) if hide else dict(row.percentages)


def _pairs(
    table: Mapping[str, Any], rows: Mapping[str, _Row], hidden: Mapping[Any, set[str]]
) -> dict[str, Any]:
    shown = [g for g in table["groups"] if g["group"] not in hidden[_name(table)]]
    return {
        "attributes": list(table["attributes"]),
        "title": table["title"],
        "groups": [
            {"group": g["group"], "parts": list(g["parts"]), **rows[g["group"]].percentages} for g in shown
        ],
        "withheld": len(shown) < len(table["groups"]),
    }


def _schools(
    report: Mapping[str, Any], rows: Mapping[Any, Mapping[str, _Row]], hidden: Mapping[Any, set[str]]
) -> dict[str, Any]:
    schools = report.get("schools") or {"title": "School", "groups": []}
    shown = [g["group"] for g in schools["groups"] if g["group"] not in hidden[_SCHOOLS]]
    return {
        "title": schools["title"],
        "groups": [{"group": name, **rows[_SCHOOLS][name].percentages} for name in shown],
        "withheld": len(shown) < len(schools["groups"]),
    }
