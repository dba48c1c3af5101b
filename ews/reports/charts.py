"""The figures of evaluation and model card, each a function from plain data to inline SVG.

They are told apart by marker, line and hatching as well as by color, so that they survive a
black-and-white printer; the figures themselves always stand in a table too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ews.reports.canvas import (
    ACCENT,
    BAR,
    INK,
    LINE,
    SOFT,
    drawn,
    new_figure,
    percent_axis,
    to_svg,
    write_beside,
)
from ews.reports.in_words import outcome_words
from ews.reports.numbers import count, number_of, percent, value_of

if TYPE_CHECKING:
    from ews.reports.canvas import Axes

SECTION_TITLES = {
    "prevent": "Reach out first",
    "intensive": "Already chronically absent",
    "both": "Both sections",
}
_THIN_MARKERS = ("v", "^", "<", ">", "d", "p")


@drawn
def auc_by_date(evaluation: Mapping[str, Any]) -> Markup:
    """Draw the AUC among students not yet chronic at each as-of date.

    Model, best rule of thumb and regression are drawn with 95% intervals, the other rules as thin lines.

    Parameters
    ----------
    evaluation : mapping
        ``evaluation.json``.
    """
    figure, (axes,) = new_figure(7.8, 3.7)
    periods = [each for each in evaluation["periods"] if each["as_of"] != "pooled"]
    best = evaluation["lift"]["best_rule"]
    for order, predictor in enumerate(evaluation["predictors"]):
        name = predictor["name"]
        figures = [each["populations"]["not_yet_chronic"]["predictors"][name]["auc"] for each in periods]
        _draw_line(axes, figures, predictor, order, is_best=name == best)
    days = [dt.date.fromisoformat(each["as_of"]) for each in periods]
    axes.set_xticks(range(len(days)), [f"{day:%b} {day.day}" for day in days])
    axes.set_ylabel("AUC, students not yet chronic")
    axes.grid(axis="y", color=LINE)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8.5, handlelength=3, frameon=False)
    title = f"How well each ranking sees who will {outcome_words(evaluation.get('label')).do}, by date"
    return to_svg(figure, "auc-by-date", title, "One point per as-of date; the table holds the figures.")


@drawn
def calibration_curve(evaluation: Mapping[str, Any]) -> Markup:
    """Draw the observed share with the outcome against the risk they were given, in bins."""
    figure, (axes,) = new_figure(4.6, 4.2)
    bins = [each for each in evaluation["calibration"]["curve"] if number_of(each["observed"]) is not None]
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle=(0, (4, 3)), linewidth=1)
    for each in bins:
        low, high = number_of(each["low"]), number_of(each["high"])
        if low is not None and high is not None:
            axes.plot([each["predicted"]] * 2, [low, high], color=ACCENT, linewidth=1.6)
    predicted, observed = ([each[key] for each in bins] for key in ("predicted", "observed"))
    axes.plot(predicted, observed, "o-", color=ACCENT, linewidth=1, markersize=5)
    top = 1.06 * max([0.1, *predicted, *observed, *(number_of(each["high"]) or 0 for each in bins)])
    axes.set(xlim=(0, top), ylim=(0, top), aspect="equal")
    percent_axis(axes.xaxis)
    percent_axis(axes.yaxis)
    axes.set_xlabel("risk given by the model")
    did = outcome_words(evaluation.get("label")).did
    axes.set_ylabel("\n".join(wrap(f"share who {did}", 44)))
    axes.grid(color=LINE)
    title = "Do the risks mean what they say? On the dashed line they do"
    return to_svg(figure, "calibration", title, f"{len(bins)} groups of students, lowest to highest risk.")


@drawn
def precision_at_capacity(evaluation: Mapping[str, Any]) -> Markup:
    """Draw, pooled over dates, the share of listed students with the outcome, by section and predictor."""
    pooled = next(each for each in evaluation["periods"] if each["as_of"] == "pooled")
    predictors = pooled["populations"]["all"]["predictors"]
    rows = list(reversed(evaluation["predictors"]))
    figure, panels = new_figure(7.8, 0.4 * len(rows) + 1.0, columns=2)
    for axes, section in zip(panels, ("prevent", "intensive"), strict=True):
        axes.set_title(SECTION_TITLES[section], fontsize=10, loc="left")
        for row, predictor in enumerate(rows):
            _draw_bar(axes, row, predictors[predictor["name"]]["at_capacity"][section], predictor["kind"])
        axes.set_yticks(range(len(rows)), [each["title"] for each in rows])
        axes.set_xlim(0, 1.12)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        percent_axis(axes.xaxis)
    panels[1].set_yticklabels([])
    did = outcome_words(evaluation.get("label")).did
    title = f"Of the students on lists of equal length, the share who {did}"
    return to_svg(figure, "precision", title, "The line through a bar's end is the 95% interval.")


@drawn
def families_chart(importances: Sequence[tuple[str, float]]) -> Markup:
    """Draw which share of the model's reasoning rests on each family of features.

    Parameters
    ----------
    importances : sequence of (family, share)
        Shares of the mean absolute contribution, 0 to 1, largest first.
    """
    figure, (axes,) = new_figure(6.4, 0.4 * len(importances) + 0.7)
    rows = list(reversed(importances))
    axes.barh(range(len(rows)), [share for _, share in rows], height=0.6, color=ACCENT)
    for row, (_, share) in enumerate(rows):
        write_beside(axes, share, row, percent(share))
    axes.set_yticks(range(len(rows)), [family for family, _ in rows])
    axes.set_xlim(0, 1.15 * max([0.01, *(share for _, share in rows)]))
    percent_axis(axes.xaxis)
    return to_svg(figure, "families", "What the risks rest on", "Share of the mean absolute contribution.")


def _draw_line(
    axes: Axes, figures: Sequence[Any], predictor: Mapping[str, Any], order: int, *, is_best: bool
) -> None:
    style: dict[str, Any]
    if predictor["kind"] == "model":
        style = {"color": ACCENT, "marker": "o", "linewidth": 2.2, "linestyle": "-"}
    elif is_best:
        style = {"color": INK, "marker": "s", "linewidth": 1.4, "linestyle": "--"}
    elif predictor["kind"] == "regression":
        style = {"color": SOFT, "marker": "D", "linewidth": 1.4, "linestyle": ":"}
    else:
        marker = _THIN_MARKERS[order % len(_THIN_MARKERS)]
        style = {"color": BAR, "marker": marker, "linewidth": 0.9, "linestyle": "-", "zorder": 1.5}
    label = f"{predictor['title']} (best rule)" if is_best else predictor["title"]
    with_interval = predictor["kind"] != "rule" or is_best
    # Side by side, not on top of one another.
    shift = {"model": -0.08, "rule": 0.0, "regression": 0.08}[predictor["kind"]]
    points = [
        (at + shift, value, each) for at, each in enumerate(figures) if (value := number_of(each)) is not None
    ]
    axes.plot([x for x, _, _ in points], [y for _, y, _ in points], label=label, markersize=5, **style)
    for x, _, each in points if with_interval else []:
        low, high = number_of(each, "low"), number_of(each, "high")
        if low is not None and high is not None:
            axes.plot([x, x], [low, high], color=style["color"], linewidth=1.1)


def _draw_bar(axes: Axes, row: int, at_capacity: Mapping[str, Any], kind: str) -> None:
    figure = at_capacity["precision"]
    value, listed = number_of(figure), count(at_capacity["listed"])
    if value is None:
        why = str(value_of(figure) or "n/a")
        write_beside(axes, 0, row, f"{why} (n {listed})")
        return
    color = ACCENT if kind == "model" else BAR
    axes.barh(
        row, value, height=0.62, color=color, hatch="" if kind != "regression" else "///", edgecolor="white"
    )
    low, high = number_of(figure, "low"), number_of(figure, "high")
    if low is not None and high is not None:
        axes.plot([low, high], [row, row], color=INK, linewidth=1.6)
    write_beside(axes, max(value, high or value), row, f"{percent(value)} (n {listed})")
