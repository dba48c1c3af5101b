"""The figure of the fairness report: every group's measures against the tolerance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ews.reports.canvas import drawn, new_figure, to_svg
from ews.reports.numbers import VERDICTS, count, part
from ews.reports.tolerance_panel import draw_panel

MEASURES = (
    ("deployed", "excess_fnr", "Excess miss rate,\ndeployed list"),
    ("long", "excess_fnr", "Excess miss rate,\nlong list"),
    (None, "auc_difference", "AUC below\nthe rest"),
)
"""The declared comparisons: list, measure, heading."""


@drawn
def forest(
    attribute: Mapping[str, Any], comparisons: Sequence[Mapping[str, Any]], tolerance: Mapping[str, float]
) -> Markup:
    """Draw, for the groups of one attribute, each measure with its interval against the tolerance.

    Parameters
    ----------
    attribute : mapping
        One entry of ``fairness["attributes"]``.
    comparisons : sequence of mappings
        ``fairness["comparisons"]``; the verdict on each measure gives its marker.
    tolerance : mapping
        ``excess_fnr`` and ``auc_difference``.
    """
    groups = list(reversed(attribute["groups"]))
    figure, panels = new_figure(7.9, 0.42 * len(groups) + 1.0, columns=len(MEASURES))
    verdicts = {
        (each["group"], each["list"], each["measure"]): each["verdict"]
        for each in comparisons
        if each["attribute"] == attribute["attribute"]
    }
    for axes, (list_name, measure, heading) in zip(panels, MEASURES, strict=True):
        axes.set_title(heading, fontsize=9.5, loc="left")
        points = [measure_of(each, list_name, measure) for each in groups]
        judged = [
            "not_judged"
            if each["verdict"] == "not_judged"
            else verdicts.get((each["group"], list_name, measure), "not_judged")
            for each in groups
        ]
        draw_panel(axes, points, judged, tolerance[measure])
        axes.set_yticks(range(len(groups)), [_label(each) for each in groups])
    for axes in panels[1:]:
        axes.set_yticklabels([])
    title = f"{attribute['title']}: is any group's need missed more often, or seen less well?"
    return to_svg(figure, f"forest-{attribute['attribute']}", title, _in_words(attribute["groups"]))


def measure_of(group: Mapping[str, Any], list_name: str | None, measure: str) -> Any:
    """Return a group's figure for one measure, on a list or (None) over all students."""
    return group[measure] if list_name is None else part(part(group["lists"], list_name), measure)


def _label(group: Mapping[str, Any]) -> str:
    size = f"{group['group']} (n {count(group['n'])})"
    return f"{size}, not judged" if group["verdict"] == "not_judged" else size


def _in_words(groups: Sequence[Mapping[str, Any]]) -> str:
    verdicts = "; ".join(f"{each['group']}: {VERDICTS[each['verdict']][1].lower()}" for each in groups)
    return (
        "Each mark with its 95% interval; in the hatched area, to the right, lies what is out of tolerance. "
        f"{verdicts}. The figures stand in the table of declared comparisons."
    )
