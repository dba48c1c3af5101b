"""The model and the rule of thumb beside one another, group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ews.reports.canvas import ACCENT, INK, LINE, SOFT, drawn, new_figure, percent_axis, to_svg
from ews.reports.numbers import MISSING, count, number_of, value_of

if TYPE_CHECKING:
    from ews.reports.canvas import Axes

_PANELS = (
    ("deployed", "Missed,\ndeployed list"),
    ("long", "Missed,\nlong list"),
    ("auc", "AUC"),
)
_SIDES = {"model": ("o", ACCENT, ACCENT, 0.13), "rule": ("s", "white", INK, -0.13)}
"""Who -> marker, fill, edge, shift upward: filled circle and hollow square."""


@drawn
def rule_chart(attributes: Sequence[Mapping[str, Any]], rule_title: str) -> Markup:
    """Draw miss rates on both lists and the AUC of every group, for the model and for the rule.

    Parameters
    ----------
    attributes : sequence of mappings
        As :func:`ews.reports.rule_beside.rule_beside` gives them.
    rule_title : str
        What the rule is called.
    """
    lines = _lines(attributes)
    figure, panels = new_figure(7.9, 0.36 * len(lines) + 1.2, columns=len(_PANELS))
    heights = range(len(lines) - 1, -1, -1)
    for axes, (where, heading) in zip(panels, _PANELS, strict=True):
        axes.set_title(heading, fontsize=9.5, loc="left")
        for height, (_, row) in zip(heights, lines, strict=True):
            if row is not None:
                _draw_row(axes, height, row[where])
        axes.set_ylim(-0.6, len(lines) - 0.4)
        axes.set_yticks(heights, [""] * len(lines))
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=LINE)
        axes.spines["left"].set_visible(False)
        if where != "auc":
            percent_axis(axes.xaxis)
    panels[0].set_yticklabels([label for label, _ in lines])
    for tick, (_, row) in zip(panels[0].get_yticklabels(), lines, strict=True):
        tick.set_fontweight("bold" if row is None else "normal")
    for who, name in (("model", "Model"), ("rule", rule_title)):
        marker, fill, edge, _ = _SIDES[who]
        panels[0].plot([], [], marker, markerfacecolor=fill, markeredgecolor=edge, label=name)
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    title = f"Missed students and AUC by group: the model beside {rule_title}"
    said = (
        "Filled circle: model. Hollow square: rule of thumb. Lines: 95% intervals. Tables hold the figures."
    )
    return to_svg(figure, "rule-beside", title, said)


def _lines(attributes: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any] | None]]:
    """Return a line for each attribute's title (without a row) and for each of its groups."""
    lines: list[tuple[str, Mapping[str, Any] | None]] = []
    for each in attributes:
        lines.append((each["title"], None))
        lines += [(f"{row['group']} (n {count(row['n'])})", row) for row in each["rows"]]
    return lines


def _draw_row(axes: Axes, height: int, figures: Mapping[str, Any]) -> None:
    for who, (marker, fill, edge, shift) in _SIDES.items():
        figure = figures[who]
        value, low, high = (number_of(figure, key) for key in ("value", "low", "high"))
        if value is None:
            why = str(value_of(figure) or MISSING)
            if who == "model" or number_of(figures["model"]) is not None:
                # In the middle of the panel, wherever its scale ends up.
                axes.text(
                    0.5,
                    height + (shift if number_of(figures["model"]) is not None else 0),
                    why,
                    transform=axes.get_yaxis_transform(),
                    ha="center",
                    va="center",
                    fontsize=8.5,
                    style="italic",
                    color=SOFT,
                )
            continue
        if low is not None and high is not None:
            axes.plot([low, high], [height + shift] * 2, color=edge, linewidth=1.3)
        axes.plot(
            [value],
            [height + shift],
            marker,
            markersize=5.5,
            markerfacecolor=fill,
            markeredgecolor=edge,
        )
