"""Time and memory against size, both logarithmic: a line for each stage, readable without color too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figures, sizes_of
from tests.benchmarks.plan import BY_NAME

# Dark enough for print, told apart by marker and dash where color is lost (Okabe and Ito, 2008).
_LOOKS = (
    ("#000000", "o", "-"),
    ("#0072B2", "s", "-"),
    ("#D55E00", "^", "-"),
    ("#009E73", "D", "--"),
    ("#CC79A7", "v", "--"),
    ("#56B4E9", "P", "-."),
    ("#B8860B", "X", "-."),
    ("#7F7F7F", "<", ":"),
    ("#8B0000", "*", "-"),
)
_SHORT = {
    "simulate": "simulate",
    "ingest": "ingest",
    "features": "features",
    "train": "train",
    "audit": "audit",
    "score": "score",
    "reasons": "reasons",
    "publish": "publish",
    "night": "a whole night",
}
_BESIDE = {
    "by_hand": ("features: SQL by hand", ":"),
    "daily_rows": ("features: pandas, whole columns", "--"),
    "by_student": ("features: pandas, by student", "-."),
    "in_pandas": ("features: pandas, ews's idea", (0, (1, 3))),
}


def draw(every: Sequence[Figures], path: Path) -> None:
    """Write the plot as SVG or PNG, by the path's ending; equal figures give equal bytes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import LogLocator, NullFormatter

    years = max((each.years for each in every if each.stage in BY_NAME), default=0)
    with mpl.rc_context(
        {"svg.hashsalt": "ews", "svg.fonttype": "none", "font.size": 9, "font.family": "sans-serif"}
    ):
        figure, panels = plt.subplots(1, 2, figsize=(10, 5.2), layout="constrained")
        for panel, of, scale, label in (
            (panels[0], "seconds", 1.0, "seconds"),
            (panels[1], "mebibytes", 1 / 1024, "most memory held, GiB"),
        ):
            _lines(panel, every, years, of, scale)
            panel.set(xscale="log", yscale="log", xlabel="students", ylabel=label)
            panel.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
            panel.set_axisbelow(True)
            panel.spines[["top", "right"]].set_visible(False)
            panel.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            panel.yaxis.set_major_locator(LogLocator(subs=(1.0,) if of == "seconds" else (1.0, 2.0, 5.0)))
            panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            panel.yaxis.set_minor_formatter(NullFormatter())
        _proportional(panels[0])
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        figure.suptitle(f"Time and memory against size, {years} years of history (medians)", fontsize=10)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)
        plt.close(figure)


def _lines(panel: Any, every: Sequence[Figures], years: int, of: str, scale: float) -> None:
    for (name, short), (color, marker, dash) in zip(_SHORT.items(), _LOOKS, strict=True):
        sizes = sizes_of(every, name, years)
        panel.plot(
            [each.students for each in sizes],
            [getattr(each, of) * scale for each in sizes],
            color=color,
            marker=marker,
            linestyle=dash,
            markersize=5,
            linewidth=1.4,
            label=short,
        )
    for name, (title, dash) in _BESIDE.items():
        pairs = [
            (each.students, getattr(each.limits[name], of))
            for each in sizes_of(every, "features", years)
            if name in each.limits
        ]
        known = [(students, value * scale) for students, value in pairs if value is not None]
        if not known:  # nor is it in the legend
            continue
        panel.plot(
            [students for students, _ in known],
            [value for _, value in known],
            color="#D55E00",
            marker="1",
            markersize=8,
            linestyle=dash,
            linewidth=1.0,
            label=title,
        )


def _proportional(panel: Any) -> None:
    """Draw the slope of a cost that is proportional to size, as a yardstick."""
    low, high = panel.get_xlim()
    bottom, top = panel.get_ylim()
    start = bottom * 1.3
    end = start * (high / low)
    reach = high if end <= top else low * top / start
    panel.plot(
        [low, reach],
        [start, start * reach / low],
        color="#999999",
        linewidth=0.8,
        linestyle=(0, (1, 3)),
        label="proportional",
    )
    panel.set_xlim(low, high)
    panel.set_ylim(bottom, top)
