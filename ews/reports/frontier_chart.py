"""What each candidate would give and cost: its lift against the excess miss rate of the worst-off group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ews.reports.canvas import ACCENT, INK, LINE, SOFT, drawn, new_figure, to_svg
from ews.reports.numbers import number_of

if TYPE_CHECKING:
    from ews.reports.canvas import Axes


def lettered(frontier: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the candidates with the letter that names each in figure and table."""
    return [{**each, "letter": ascii_uppercase[at % 26]} for at, each in enumerate(frontier)]


def drawable(frontier: Sequence[Mapping[str, Any]]) -> list[tuple[dict[str, Any], float, float]]:
    """Return the candidates that have both figures: each with its letter, worst excess miss rate and lift."""
    return [
        (each, worst, lift)
        for each in lettered(frontier)
        if (worst := number_of(each["worst_excess_fnr"])) is not None
        and (lift := number_of(each["lift"])) is not None
    ]


@drawn
def frontier_chart(frontier: Sequence[Mapping[str, Any]], tolerance: float) -> Markup:
    """Draw lift with its standard error against the worst excess miss rate; the chosen candidate is filled.

    Parameters
    ----------
    frontier : sequence of mappings
        ``fairness["candidates"]["frontier"]``; candidates without either figure are not drawn.
    tolerance : float
        Of the excess miss rate.
    """
    figure, (axes,) = new_figure(6.2, 3.6)
    points = drawable(frontier)
    right = 1.15 * max([1.3 * tolerance, *(worst for _, worst, _ in points)])
    left = min([0.0, *(worst - 0.02 for _, worst, _ in points)])
    axes.axvspan(tolerance, right, facecolor="none", edgecolor=LINE, hatch="////", linewidth=0)
    axes.axvline(tolerance, color=SOFT, linewidth=1, linestyle=":")
    _draw_bound(axes, points)
    for each, worst, lift in points:
        _draw_candidate(axes, each, worst, lift)
    axes.set_xlim(left, right)
    axes.margins(y=0.18)
    axes.set_xlabel("excess miss rate of the worst-off group (further left: need is missed less)")
    axes.set_ylabel("lift (further up: better)")
    chosen = next((each for each in frontier if each["chosen"]), None)
    title = "Candidates: lift against the excess miss rate of the worst-off group"
    said = f"{len(points)} of {len(frontier)} candidates are drawn" + (
        f"; the chosen one is {chosen['title']}." if chosen else "."
    )
    return to_svg(figure, "frontier", title, said)


def _draw_bound(axes: Axes, points: Sequence[tuple[Mapping[str, Any], float, float]]) -> None:
    if not points:
        return
    best, _, lift = max(points, key=lambda each: each[2])
    error = number_of(best["lift"], "standard_error") or 0.0
    axes.axhline(lift - error, color=SOFT, linewidth=1, linestyle=(0, (4, 3)))


def _draw_candidate(axes: Axes, candidate: Mapping[str, Any], worst: float, lift: float) -> None:
    chosen = candidate["chosen"]
    error = number_of(candidate["lift"], "standard_error")
    if error is not None:
        axes.plot([worst] * 2, [lift - error, lift + error], color=ACCENT if chosen else INK, linewidth=1.3)
    axes.plot(
        [worst],
        [lift],
        "D" if chosen else "o",
        markersize=9 if chosen else 7,
        markerfacecolor=ACCENT if chosen else "white",
        markeredgecolor=ACCENT if chosen else INK,
    )
    text = f"{candidate['letter']} chosen" if chosen else candidate["letter"]
    axes.annotate(
        text,
        (worst, lift),
        xytext=(7, 5),
        textcoords="offset points",
        fontsize=9.5,
        fontweight="bold" if chosen else "normal",
    )
