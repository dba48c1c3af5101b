"""The figure of the fairness report: every group's measures against the tolerance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ews.reports.canvas import ACCENT, BAR, INK, LINE, SOFT, drawn, new_figure, to_svg
from ews.reports.numbers import count, number_of, part, value_of

if TYPE_CHECKING:
    from ews.reports.canvas import Axes

MEASURES = (
    ("deployed", "excess_fnr", "Excess miss rate,\ndeployed list"),
    ("long", "excess_fnr", "Excess miss rate,\nlong list"),
    (None, "auc_difference", "AUC below\nthe rest"),
)
"""The declared comparisons: list, measure, heading."""

_MARKERS = {
    "pass": ("o", ACCENT, ACCENT),
    "insufficient_evidence": ("o", "white", INK),
    "fail": ("X", INK, INK),
    "not_judged": ("D", "white", SOFT),
}
"""Verdict -> marker, fill, edge: filled circle, hollow circle, cross, small gray diamond."""


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
        _draw_panel(axes, points, judged, tolerance[measure])
        axes.set_yticks(range(len(groups)), [_label(each) for each in groups])
    for axes in panels[1:]:
        axes.set_yticklabels([])
    title = f"{attribute['title']}: is any group's need missed more often, or seen less well?"
    said = (
        "Each mark with its 95% interval; in the hatched area, to the right, lies what is out of tolerance."
    )
    return to_svg(figure, f"forest-{attribute['attribute']}", title, said)


def measure_of(group: Mapping[str, Any], list_name: str | None, measure: str) -> Any:
    """Return a group's figure for one measure, on a list or (None) over all students."""
    return group[measure] if list_name is None else part(part(group["lists"], list_name), measure)


def _label(group: Mapping[str, Any]) -> str:
    size = f"{group['group']} (n {count(group['n'])})"
    return f"{size}, not judged" if group["verdict"] == "not_judged" else size


def _draw_panel(axes: Axes, points: Sequence[Any], judged: Sequence[str], tolerance: float) -> None:
    reach = _reach(points, judged, tolerance)
    axes.axvspan(tolerance, reach, facecolor="none", edgecolor=LINE, hatch="////", linewidth=0)
    axes.axvline(tolerance, color=SOFT, linewidth=1, linestyle=":")
    axes.axvline(0, color=SOFT, linewidth=0.8)
    for row, (point, verdict) in enumerate(zip(points, judged, strict=True)):
        _draw_point(axes, row, point, verdict)
    axes.set_xlim(-reach, reach)
    # The lower tolerance decides nothing, and where intervals are wide its label would run into the others.
    axes.set_xticks([0, tolerance], ["0", f"{tolerance:.2f}"])
    axes.set_ylim(-0.6, len(points) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _reach(points: Sequence[Any], judged: Sequence[str], tolerance: float) -> float:
    # Wide enough for every mark and for the intervals that count; an interval of a group too small to
    # judge may leave the panel, or it alone would set the scale.
    shown = [number_of(point) for point in points]
    for point, verdict in zip(points, judged, strict=True):
        if verdict != "not_judged":
            shown += [number_of(point, "low"), number_of(point, "high")]
    return 1.08 * max(2 * tolerance, *(abs(each) for each in shown if each is not None), 0.0)


def _draw_point(axes: Axes, row: int, point: Any, verdict: str) -> None:
    value = number_of(point)
    if value is None:
        why = str(value_of(point) or "not defined")
        axes.text(
            0, row, why, va="center", ha="center", fontsize=8.5, style="italic", backgroundcolor="white"
        )
        return
    marker, fill, edge = _MARKERS[verdict]
    low, high = number_of(point, "low"), number_of(point, "high")
    if low is not None and high is not None:
        quiet = verdict == "not_judged"
        axes.plot(
            [low, high],
            [row, row],
            color=BAR if quiet else edge,
            linewidth=1.6,
            linestyle=":" if quiet else "-",
        )
    size = 5 if verdict == "not_judged" else 7
    axes.plot([value], [row], marker=marker, markersize=size, markerfacecolor=fill, markeredgecolor=edge)
