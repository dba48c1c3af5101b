"""The figures of the evaluation's side studies: earlier years, base rates, and how early lists come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ews.reports.canvas import ACCENT, BAR, INK, LINE, SOFT, drawn, new_figure, percent_axis, to_svg
from ews.reports.canvas import write_beside as beside
from ews.reports.numbers import count, decimal, number_of, percent

if TYPE_CHECKING:
    from ews.reports.canvas import Axes


@drawn
def steadiness_chart(folds: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw the lift of every year with its interval, the year that decides last."""
    known = [each for each in folds if number_of(each["lift"]) is not None]
    figure, (axes,) = new_figure(6.4, 0.42 * max(1, len(known)) + 0.9)
    axes.axvline(0, color=INK, linewidth=1)
    for row, each in enumerate(reversed(known)):
        decides = each["is_test_year"]
        _interval_line(axes, row, each["lift"], ACCENT if decides else SOFT)
        axes.plot([each["lift"]["value"]], [row], "o" if decides else "s", color=ACCENT if decides else SOFT)
        beside(axes, number_of(each["lift"], "high") or each["lift"]["value"], row, decimal(each["lift"], 3))
    axes.set_yticks(range(len(known)), [_year(each) for each in reversed(known)])
    axes.set_ylim(-0.6, len(known) - 0.4)
    axes.margins(x=0.32)
    axes.grid(axis="x", color=LINE)
    axes.set_xlabel("lift: difference in AUC to the best rule of thumb")
    title = "Lift in every year that can be judged"
    return to_svg(figure, "steadiness", title, "One row per year; right of the line the model ranks better.")


@drawn
def base_rates_chart(base_rates: Mapping[str, Any]) -> Markup:
    """Draw the outcome's share by school year with intervals, and the mean risk of the test year."""
    years = [each for each in base_rates["years"] if number_of(each["rate"]) is not None]
    figure, (axes,) = new_figure(6.4, 3.0)
    for at, each in enumerate(years):
        low, high = number_of(each["rate"], "low"), number_of(each["rate"], "high")
        if low is not None and high is not None:
            axes.plot([at, at], [low, high], color=ACCENT, linewidth=1.6)
        axes.annotate(
            percent(each["rate"]["value"]),
            (at, high if high is not None else each["rate"]["value"]),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
        )
    axes.plot(range(len(years)), [each["rate"]["value"] for each in years], "o-", color=ACCENT, linewidth=1)
    tops = [number_of(each["rate"], "high") or each["rate"]["value"] for each in years]
    if base_rates["predicted"] is not None and years:
        at, risk = len(years) - 1, base_rates["predicted"]
        axes.plot([at], [risk], "D", color=INK, fillstyle="none", markersize=10, label="mean risk, test year")
        tops.append(risk)
        axes.legend(loc="lower left", fontsize=8.5)
    axes.set_xticks(range(len(years)), [_part(each) for each in years])
    axes.set_xlim(-0.4, max(1, len(years)) - 0.4)
    axes.set_ylim(0, 1.15 * max([0.01, *tops]))
    percent_axis(axes.yaxis)
    axes.grid(axis="y", color=LINE)
    title = "How common the outcome was in each year"
    return to_svg(figure, "base-rates", title, "Share of student-dates with the outcome, 95% intervals.")


@drawn
def lead_time_chart(lead_time: Mapping[str, Any], predictors: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw, for every ranking, how many school days before it was settled the middle half was listed."""
    rows = [
        (each, figures)
        for each in reversed(predictors)
        if (figures := lead_time["predictors"].get(each["name"]))
        and figures["days_before"]["median"] is not None
    ]
    figure, (axes,) = new_figure(7.8, 0.42 * max(1, len(rows)) + 0.9)
    axes.axvline(0, color=INK, linewidth=1)
    for row, (each, figures) in enumerate(rows):
        days = figures["days_before"]
        bar = ACCENT if each["kind"] == "model" else BAR
        axes.barh(row, days["p75"] - days["p25"], left=days["p25"], height=0.5, color=bar)
        axes.plot([days["median"]] * 2, [row - 0.25, row + 0.25], color=INK, linewidth=2.4)
        beside(axes, days["p75"], row, f"median {decimal(days['median'], 0)} (n {count(figures['listed'])})")
    axes.set_yticks(range(len(rows)), [each["title"] for each, _ in rows])
    axes.use_sticky_edges = False
    axes.margins(x=0.24)
    axes.grid(axis="x", color=LINE)
    axes.set_xlabel(
        "instructional days from first listing to the day it was settled; left of the line: too late"
    )
    title = "How early listed students were first listed"
    return to_svg(
        figure, "lead-time", title, "Bars: the middle half of those listed; the mark is the median."
    )


def _interval_line(axes: Axes, row: float, figure: Mapping[str, Any], color: str) -> None:
    low, high = number_of(figure, "low"), number_of(figure, "high")
    if low is not None and high is not None:
        axes.plot([low, high], [row, row], color=color, linewidth=1.8)


def _year(fold: Mapping[str, Any]) -> str:
    return f"{fold['test_year']} (decides)" if fold["is_test_year"] else str(fold["test_year"])


def _part(year: Mapping[str, Any]) -> str:
    words = {"train": "training", "validation": "validation", "test": "test"}
    return f"{year['school_year']}\n{words[year['part']]}, n {count(year['n'])}"
