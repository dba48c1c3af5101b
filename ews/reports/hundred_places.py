"""A hundred places on a list as a hundred dots: filled where the student had the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ews.reports.canvas import ACCENT, INK, drawn, new_figure, to_svg
from ews.reports.in_words import Outcome

_ROWS, _COLUMNS = 5, 20


@drawn
def hundred_places(rankings: Sequence[Mapping[str, Any]], outcome: Outcome) -> Markup:
    """Draw every ranking's list as 100 dots; one that may not be shown is left out.

    Parameters
    ----------
    rankings : sequence of mapping
        ``name``, ``words`` and ``figure`` (a share with interval, or None).
    outcome : Outcome
        What was predicted.
    """
    shown = [each for each in rankings if each["figure"] is not None]
    figure, panels = new_figure(7.8, 1.35, columns=max(1, len(shown)))
    for axes, each in zip(panels, shown, strict=True):
        filled = round(100 * each["figure"]["value"])
        color = ACCENT if each["name"] == "model" else INK
        for full in (True, False):
            at = [place for place in range(100) if (place < filled) == full]
            x, y = [place // _ROWS for place in at], [-(place % _ROWS) for place in at]
            axes.scatter(x, y, s=26, linewidths=0.9, edgecolors=color, facecolors=color if full else "none")
        axes.set_xlim(-0.7, _COLUMNS - 0.3)
        axes.set_ylim(-_ROWS + 0.3, 0.7)
        axes.set_axis_off()
        axes.set_title(f"{each['words']}: {filled} of 100", fontsize=8.6, loc="left", color=color)
    title = f"Of 100 places on the list, those whose student {outcome.did}"
    counts = "; ".join(f"{each['words']}: {round(100 * each['figure']['value'])}" for each in shown)
    return to_svg(figure, "hundred-places", title, f"Filled dots of 100. {counts}.")
