"""One panel of a fairness figure: marks with their intervals, and the hatched area beyond the tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ews.reports.canvas import ACCENT, BAR, INK, LINE, SOFT
from ews.reports.numbers import MISSING, number_of, value_of

if TYPE_CHECKING:
    from ews.reports.canvas import Axes

MARKERS = {
    "pass": ("o", ACCENT, ACCENT),
    "insufficient_evidence": ("o", "white", INK),
    "fail": ("X", INK, INK),
    "not_judged": ("D", "white", SOFT),
}
"""Verdict -> marker, fill, edge: filled circle, hollow circle, cross, small gray diamond."""


def draw_panel(axes: Axes, points: Sequence[Any], judged: Sequence[str], tolerance: float) -> None:
    """Draw one row per figure, from the bottom up, with the verdict that gives each its marker."""
    reach = reach_of(points, judged, tolerance)
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


def reach_of(points: Sequence[Any], judged: Sequence[str], tolerance: float) -> float:
    """Return how far a panel reaches to either side of 0.

    Wide enough for every mark and for the intervals that count; an interval of a group too small to
    judge may leave the panel, or it alone would set the scale.
    """
    shown = [number_of(point) for point in points]
    for point, verdict in zip(points, judged, strict=True):
        if verdict != "not_judged":
            shown += [number_of(point, "low"), number_of(point, "high")]
    return 1.08 * max(2 * tolerance, *(abs(each) for each in shown if each is not None), 0.0)


def _draw_point(axes: Axes, row: int, point: Any, verdict: str) -> None:
    value = number_of(point)
    if value is None:
        why = str(value_of(point) or MISSING)
        axes.text(
            0, row, why, va="center", ha="center", fontsize=8.5, style="italic", backgroundcolor="white"
        )
        return
    marker, fill, edge = MARKERS[verdict]
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
