"""The table of suggested next steps, as lists show it: a letter for each tier, its bounds, its step."""

from __future__ import annotations

from ews.outreach_settings import NextSteps

_LETTERS = "ABCDEFGH"


def legend(steps: NextSteps) -> list[tuple[str, str, str]]:
    """Return letter, bounds and step of every tier.

    Examples
    --------
    >>> [(letter, bounds) for letter, bounds, _ in legend(NextSteps())][:2]
    [('A', 'below 5% absent'), ('B', '5% to 10%')]
    """
    lower, rows = 0.0, []
    for letter, tier in zip(_LETTERS, steps.tiers, strict=False):
        rows.append((letter, _bounds(lower, tier.below), tier.step))
        lower = tier.below or lower
    return rows


def letter_of(steps: NextSteps, step: str) -> str:
    """Return the letter of a step as it stands on a row; "" where the row has none."""
    return next((letter for letter, _, text in legend(steps) if text == step), "")


def _bounds(lower: float, below: float | None) -> str:
    if below is None:
        return f"{100 * lower:g}% and more" if lower else "any absence"
    return f"{100 * lower:g}% to {100 * below:g}%" if lower else f"below {100 * below:g}% absent"
