"""The names of small groups, which are not shown: they are all called the same.

An attribute's values are what the students extract holds, be it a code or what somebody once typed. A name
that few students have can be about one of them ("see the file of …"), and would be read on every report and
list. So groups of fewer than the minimum of students are pooled under one name, in one row of each table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

POOLED: Final = "Groups too small to show"
"""The name under which the small groups of an attribute stand."""

_SEVERITY = ("not_judged", "insufficient_evidence", "fail")

Row = Mapping[str, Any]


def pool_names(shown: Mapping[str, Any], small: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """Return ``fairness.json`` with one row, of one name, for all small groups of an attribute.

    Parameters
    ----------
    shown : mapping
        The audit with the figures of small groups suppressed already: one row is then like another.
    small : mapping of attribute to groups
        Whose names are not shown.
    """
    if not any(small.values()):
        return dict(shown)
    pooled = {
        **shown,
        "attributes": [_attribute(each, small[each["attribute"]]) for each in shown["attributes"]],
        "comparisons": _comparisons(shown["comparisons"], small),
    }
    if shown.get("intersections"):
        order = {each["attribute"]: [g["group"] for g in each["groups"]] for each in pooled["attributes"]}
        pooled["intersections"] = [_pairs(table, order, small) for table in shown["intersections"]]
    if shown.get("simple_rule"):
        pooled["simple_rule"] = {
            **shown["simple_rule"],
            "attributes": [
                {**each, "groups": _pool(each["groups"], small[each["attribute"]])}
                for each in shown["simple_rule"]["attributes"]
            ],
        }
    if shown.get("candidates"):
        pooled["candidates"] = _candidates(shown, small)
    return pooled


def _attribute(attribute: Row, small: Collection[str]) -> dict[str, Any]:
    pooled = {**attribute, "groups": _pool(attribute["groups"], small)}
    if attribute.get("by_date"):
        pooled["by_date"] = [{**day, "groups": _pool(day["groups"], small)} for day in attribute["by_date"]]
    return pooled


def _pool(
    rows: Sequence[Row],
    small: Collection[str],
    kind: Callable[[Row], object] = lambda row: None,
) -> list[dict[str, Any]]:
    """Return the rows of named groups and, last, one row of the small ones for each kind of row."""
    named = [dict(row) for row in rows if row["group"] not in small]
    kinds: dict[object, list[Row]] = {}
    for row in rows:
        if row["group"] in small:
            kinds.setdefault(kind(row), []).append(row)
    return [*named, *(_one_row(alike) for alike in kinds.values())]


def _one_row(rows: Sequence[Row]) -> dict[str, Any]:
    one = {**rows[0], "group": POOLED}
    if "verdict" in one:
        # What is open stays to be seen; a pass of a few says nothing about the others.
        known = [row["verdict"] for row in rows if row["verdict"] in _SEVERITY]
        one["verdict"] = max(known, key=_SEVERITY.index, default="not_judged")
    return one


def _comparisons(comparisons: Sequence[Row], small: Mapping[str, Collection[str]]) -> list[dict[str, Any]]:
    attributes = dict.fromkeys(each["attribute"] for each in comparisons)
    return [
        row
        for name in attributes
        for row in _pool(
            [each for each in comparisons if each["attribute"] == name],
            small[name],
            lambda each: (each["list"], each["measure"]),
        )
    ]


def _pairs(
    table: Row, order: Mapping[str, Sequence[str]], small: Mapping[str, Collection[str]]
) -> dict[str, Any]:
    first, second = table["attributes"]
    if not small[first] and not small[second]:
        return dict(table)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in table["groups"]:
        one, two = row["parts"]
        between = row["group"].removeprefix(one).removesuffix(two)
        parts = (POOLED if one in small[first] else one, POOLED if two in small[second] else two)
        found.setdefault(parts, {**row, "group": between.join(parts), "parts": list(parts)})
    # In the order of the names as they are shown: another would tell where in the alphabet a name stands.
    listed = sorted(found, key=lambda parts: (order[first].index(parts[0]), order[second].index(parts[1])))
    return {**table, "groups": [found[parts] for parts in listed]}


def _candidates(shown: Mapping[str, Any], small: Mapping[str, Collection[str]]) -> dict[str, Any]:
    renamed = {
        f"{name}: {group}": f"{name}: {POOLED}"
        for each in shown["attributes"]
        for name in (each["attribute"], each["title"])
        for group in small[each["attribute"]]
    }
    return {
        **shown["candidates"],
        "frontier": [
            {**each, "worst_group": renamed.get(each["worst_group"], each["worst_group"])}
            if "worst_group" in each
            else dict(each)
            for each in shown["candidates"]["frontier"]
        ],
    }
