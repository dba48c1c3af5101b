"""One small chart per group: its excess miss rate on the long list, from date to date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ews.reports.canvas import INK, LINE, SOFT, drawn, new_figure, to_svg
from ews.reports.forest import measure_of
from ews.reports.numbers import count, number_of, value_of
from ews.reports.tolerance_panel import MARKERS

if TYPE_CHECKING:
    from ews.reports.canvas import Axes

_HALF = 0.42
"""Half the height of a band, of which there is one for each group, 1 apart."""


@drawn
def by_date_chart(attribute: Mapping[str, Any], tolerance: float) -> Markup:
    """Draw a band per group: the dates from left to right, intervals upright, the tolerance hatched above.

    Parameters
    ----------
    attribute : mapping
        One entry of ``fairness["attributes"]``, with ``by_date``.
    tolerance : float
        Of the excess miss rate.
    """
    periods, groups = attribute["by_date"], attribute["groups"]
    figure, (axes,) = new_figure(7.8, 0.78 * len(groups) + 0.5)
    by_group = [_of_group(periods, each["group"]) for each in groups]
    reach = _reach(by_group, groups, tolerance)
    for row, (group, found) in enumerate(zip(groups, by_group, strict=True)):
        base = len(groups) - 1 - row
        _draw_band(axes, base, len(periods), tolerance / reach)
        _draw_dates(axes, base, [_excess(each) for each in found], group["verdict"], reach)
    axes.set_yticks(
        range(len(groups) - 1, -1, -1),
        [_label(group, found) for group, found in zip(groups, by_group, strict=True)],
    )
    axes.set_ylim(-0.55, len(groups) - 0.45)
    axes.set_xlim(-0.5, len(periods) - 0.5)
    days = [dt.date.fromisoformat(each["as_of"]) for each in periods]
    axes.set_xticks(range(len(days)), [f"{day:%b} {day.day}" for day in days])
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    _write_scale(axes, len(groups), len(periods), tolerance, reach)
    title = f"{attribute['title']}: excess miss rate on the long list, date by date"
    return to_svg(figure, f"by-date-{attribute['attribute']}", title, _in_words(groups, by_group, tolerance))


def _of_group(periods: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """Return the group's entry at every date; None at a date at which it has nobody."""
    return [next((each for each in period["groups"] if each["group"] == name), None) for period in periods]


def _excess(entry: Any) -> Any:
    return None if entry is None else measure_of(entry, "long", "excess_fnr")


def _reach(by_group: Sequence[Sequence[Any]], groups: Sequence[Mapping[str, Any]], tolerance: float) -> float:
    # One date holds few students: intervals may leave the band, and say so by an arrowhead.
    values = [
        abs(value)
        for group, found in zip(groups, by_group, strict=True)
        for each in found
        if group["verdict"] != "not_judged" and (value := number_of(_excess(each))) is not None
    ]
    return 1.1 * min(4 * tolerance, max([2 * tolerance, *values]))


def _draw_band(axes: Axes, base: int, dates: int, tolerance: float) -> None:
    left, right = -0.42, dates - 0.58
    axes.fill_between(
        [left, right],
        base + _HALF * tolerance,
        base + _HALF,
        facecolor="none",
        edgecolor=LINE,
        hatch="////",
        linewidth=0,
    )
    axes.plot([left, right], [base + _HALF * tolerance] * 2, color=SOFT, linewidth=1, linestyle=":")
    axes.plot([left, right], [base, base], color=SOFT, linewidth=0.8)


def _draw_dates(axes: Axes, base: int, figures: Sequence[Any], verdict: str, reach: float) -> None:
    quiet = verdict == "not_judged"
    marker, fill, edge = MARKERS["not_judged"] if quiet else ("o", INK, INK)
    if all(value_of(each) is not None and number_of(each) is None for each in figures):
        axes.text((len(figures) - 1) / 2, base, "suppressed", va="center", ha="center", **_ITALIC)
        return
    for at, figure in enumerate(figures):
        value = number_of(figure)
        if value is None:
            mark = "–" if value_of(figure) is None else "s"
            axes.text(at, base, mark, va="center", ha="center", **_ITALIC)
            continue
        low, high = (number_of(figure, key) for key in ("low", "high"))
        ends = [base + _HALF * _cut(each, reach) for each in (low, high) if each is not None]
        axes.plot([at] * len(ends), ends, color=edge, linewidth=1.4, linestyle=":" if quiet else "-")
        for end, arrow in ((high, "^"), (low, "v")):
            if end is not None and abs(end) > reach:
                axes.plot([at], [base + _HALF * _cut(end, reach)], arrow, color=edge, markersize=4)
        height = base + _HALF * _cut(value, reach)
        size = 4
        axes.plot([at], [height], marker, markersize=size, markerfacecolor=fill, markeredgecolor=edge)


_ITALIC: dict[str, Any] = {"fontsize": 8.5, "style": "italic", "backgroundcolor": "white"}


def _cut(value: float, reach: float) -> float:
    return max(-1.0, min(1.0, value / reach))


def _write_scale(axes: Axes, groups: int, dates: int, tolerance: float, reach: float) -> None:
    for base in range(groups):
        for value, text in ((0.0, "0"), (tolerance, f"{tolerance:.2f}")):
            axes.annotate(
                text,
                (dates - 0.55, base + _HALF * value / reach),
                annotation_clip=False,
                va="center",
                fontsize=8,
                color=SOFT,
            )


def _label(group: Mapping[str, Any], found: Sequence[Any]) -> str:
    sizes = [number for each in found if each is not None and (number := number_of(each["n"])) is not None]
    if not sizes:
        return f"{group['group']} (n suppressed)"
    low, high = count(min(sizes)), count(max(sizes))
    return f"{group['group']} (n {low if low == high else f'{low} to {high}'})"


def _in_words(
    groups: Sequence[Mapping[str, Any]], by_group: Sequence[Sequence[Any]], tolerance: float
) -> str:
    def beyond(found: Sequence[Any]) -> int:
        values = [number_of(_excess(each)) for each in found]
        return sum(value is not None and value > tolerance for value in values)

    said = [f"{group['group']}: {beyond(found)}" for group, found in zip(groups, by_group, strict=True)]
    return (
        f"Number of dates, of {len(by_group[0]) if by_group else 0}, at which the figure itself lies beyond "
        f"the tolerance of {tolerance:.2f}. {'; '.join(said)}. The folded table holds the figures."
    )
