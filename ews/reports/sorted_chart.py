"""Many groups in one figure: excess miss rates from lowest to highest, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ews.reports.canvas import ACCENT, BAR, INK, LINE, SOFT, drawn, new_figure, to_svg
from ews.reports.forest import measure_of
from ews.reports.numbers import number_of

if TYPE_CHECKING:
    from ews.reports.canvas import Axes

MOST_NAMED = 60
"""Up to so many, every group is named below the figure."""

_MARKS = {
    "above": ("^", INK, "whole interval above 0"),
    "below": ("v", "white", "whole interval below 0"),
    "around": ("o", ACCENT, "interval includes 0"),
}
_LONGEST_NAME = 16


def side_of(figure: Any) -> str:
    """Say on which side of 0 a figure's interval lies: above, below, around; hidden where there is none."""
    low, high = number_of(figure, "low"), number_of(figure, "high")
    if number_of(figure) is None or low is None or high is None:
        return "hidden"
    return "above" if low > 0 else "below" if high < 0 else "around"


def by_evidence(groups: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return groups ordered by how far the near end of their interval lies from 0, the farthest first.

    An interval that includes 0 counts by how far it reaches beyond 0 on its shorter side, those without
    a figure come last; the name settles ties.
    """

    def place(group: Mapping[str, Any]) -> tuple[bool, float, str]:
        figure = long_excess(group)
        low, high = number_of(figure, "low"), number_of(figure, "high")
        if number_of(figure) is None or low is None or high is None:
            return True, 0.0, str(group["group"])
        return False, -max(low, -high), str(group["group"])

    return sorted(groups, key=place)


def long_excess(group: Mapping[str, Any]) -> Any:
    """Return a group's excess miss rate on the long list, where differences have room to show."""
    return measure_of(group, "long", "excess_fnr")


@drawn
def sorted_chart(
    groups: Sequence[Mapping[str, Any]],
    tolerance: float,
    *,
    name: str,
    title: str,
    noun: str,
    named: bool = True,
) -> Markup:
    """Draw the excess miss rate on the long list of many groups, sorted, against the tolerance.

    Parameters
    ----------
    groups : sequence of mappings
        With ``group`` (its name) and figures; those without one are not drawn.
    tolerance : float
        Of the excess miss rate; here for comparison only.
    name, title : str
        Of the figure.
    noun : str
        What the groups are, in the plural.
    named : bool
        Whether up to :data:`MOST_NAMED` groups are named below the figure.
    """
    shown = [(each, value) for each in groups if (value := number_of(long_excess(each))) is not None]
    shown.sort(key=lambda pair: (pair[1], str(pair[0]["group"])))
    figures = [long_excess(each) for each, _ in shown]
    figure, (axes,) = new_figure(7.8, 3.4)
    reach = _reach(figures, tolerance)
    axes.axhspan(tolerance, reach, facecolor="none", edgecolor=LINE, hatch="////", linewidth=0)
    axes.axhline(tolerance, color=SOFT, linewidth=1, linestyle=":")
    axes.axhline(0, color=SOFT, linewidth=0.8)
    _draw_intervals(axes, figures, reach)
    _draw_marks(axes, figures, reach)
    names = [_short(str(each["group"])) for each, _ in shown] if named and len(shown) <= MOST_NAMED else []
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7.5)
    axes.set_xlim(-1, max(len(shown), 1))
    axes.set_ylim(-reach, reach)
    _write_scale(axes, tolerance, reach)
    axes.set_ylabel("excess miss rate, long list")
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0)
    if shown:
        axes.legend(loc="upper left", bbox_to_anchor=(0, 1.16), ncols=3, fontsize=8.5, handletextpad=0.2)
    return to_svg(figure, name, title, _in_words(figures, len(groups), noun))


def _reach(figures: Sequence[Any], tolerance: float) -> float:
    # The tenth with the widest intervals does not set the scale for all.
    bounds = sorted(
        abs(bound)
        for each in figures
        for key in ("low", "high")
        if (bound := number_of(each, key)) is not None
    )
    widest = bounds[int(0.9 * (len(bounds) - 1))] if bounds else 0.0
    return 1.08 * max(2 * tolerance, min(widest, 1.0))


def _write_scale(axes: Axes, tolerance: float, reach: float) -> None:
    step = tolerance * max(1, round(reach / tolerance / 4))
    above = [at * step for at in range(1, int(reach / step) + 1)]
    ticks = sorted({tolerance, 0.0, *above, *(-each for each in above)})
    axes.set_yticks(ticks, [f"{tick:.2f}".replace("-", "−") if tick else "0" for tick in ticks])


def _draw_intervals(axes: Axes, figures: Sequence[Any], reach: float) -> None:
    # One line with gaps: a thousand lines would make a heavy page.
    xs: list[float] = []
    ys: list[float] = []
    for at, each in enumerate(figures):
        low, high = number_of(each, "low"), number_of(each, "high")
        if low is not None and high is not None:
            xs += [at, at, float("nan")]
            ys += [max(low, -reach), min(high, reach), float("nan")]
    axes.plot(xs, ys, color=BAR if len(figures) > MOST_NAMED else SOFT, linewidth=1.2, solid_capstyle="butt")


def _draw_marks(axes: Axes, figures: Sequence[Any], reach: float) -> None:
    size = 5 if len(figures) <= MOST_NAMED else 3
    for side, (marker, fill, words) in _MARKS.items():
        of_side = [at for at, each in enumerate(figures) if side_of(each) == side]
        heights = [max(-reach, min(reach, number_of(figures[at]) or 0.0)) for at in of_side]
        edge = ACCENT if side == "around" else INK
        face: dict[str, Any] = {"markersize": size, "markerfacecolor": fill, "markeredgecolor": edge}
        axes.plot(of_side, heights, marker, label=words, clip_on=False, **face)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _in_words(figures: Sequence[Any], everyone: int, noun: str) -> str:
    sides = [side_of(each) for each in figures]
    return (
        f"{len(figures)} of {everyone} {noun} are drawn, from lowest to highest, each with its 95% interval. "
        f"In {sides.count('above')} the whole interval lies above 0, in {sides.count('below')} below it."
    )
