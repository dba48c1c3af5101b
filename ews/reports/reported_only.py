"""What is reported and never judged: intersections of two attributes, and schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ews.reports.in_words import one_sided
from ews.reports.sorted_chart import MOST_NAMED, by_evidence, long_excess, side_of, sorted_chart

MOST_IN_TABLE = 30
"""Of more than :data:`ews.reports.sorted_chart.MOST_NAMED` groups, so many stand in the table."""


def intersections(fairness: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the section on intersections of two attributes, None where the audit has none."""
    pairs = fairness.get("intersections") or []
    everyone = [group for each in pairs for group in each["groups"]]
    names = [_named(each, group) for each in pairs for group in each["groups"]]
    if not everyone:
        return None
    return {
        **_overview(everyone, names, fairness, name="intersections", title="Intersections of two attributes"),
        "tables": [_table(each["title"], each["groups"]) for each in pairs if each["groups"]],
    }


def schools(fairness: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the section on schools, None where the audit has none."""
    found = fairness.get("schools") or {"groups": []}
    if not found["groups"]:
        return None
    names = [str(each["group"]) for each in found["groups"]]
    return {
        **_overview(found["groups"], names, fairness, name="schools", title="Schools"),
        "tables": [_table(found["title"], found["groups"])],
    }


def _overview(
    groups: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    fairness: Mapping[str, Any],
    *,
    name: str,
    title: str,
) -> dict[str, Any]:
    tolerance = fairness["tolerance"]["excess_fnr"]
    heading = f"{title}: excess miss rate on the long list, from lowest to highest"
    sides = [side_of(long_excess(each)) for each in groups]
    return {
        "number": len(groups),
        "hidden": sides.count("hidden"),
        "figure": sorted_chart(
            groups, tolerance, name=name, title=heading, noun=name, named=name == "schools"
        ),
        "sentence": one_sided(names, sides, name),
    }


def _named(pair: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    """Return an intersection with its attributes, "Sex: F × Disability: Yes"."""
    titles, parts = str(pair["title"]).split(" × "), group["parts"]
    if len(titles) != len(parts):
        return str(group["group"])
    return " × ".join(f"{title}: {part}" for title, part in zip(titles, parts, strict=True))


def _table(title: str, groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    ordered = by_evidence(groups)
    kept = ordered if len(groups) <= MOST_NAMED else ordered[:MOST_IN_TABLE]
    return {"title": title, "groups": kept, "number": len(groups)}
