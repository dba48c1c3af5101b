"""Which figures of a reconciliation may be shown.

The steps between two totals that are both shown add up to a known difference. So a single small figure could
be worked out from the others: it is withheld together with the next smallest, until at least two and at
least the minimum are withheld together, and until the sums of all walks, solved together, leave every small
figure open. A figure that two walks share is withheld in both; between totals of which one is withheld, no
figure is shown, because together they would tell that total.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ews.equity.suppression import SUPPRESSED, Suppressed
from ews.rates.walks import State, Step, Walk

KINDS: Mapping[str, tuple[str, str]] = {"counted": ("entered", "left"), "chronic": ("became", "ceased")}
"""What is walked: how many are counted, and how many are chronic; in and out."""


_SIGNS = {name: sign for names in KINDS.values() for name, sign in zip(names, (1, -1), strict=True)}

Key = tuple[Hashable, Hashable, str]
"""One figure: of the step from one state to another, what it counts."""

Figures = Mapping[Key, int]
"""Figures that add up, those of one sign minus those of the other, to a difference that is known."""


@dataclass(frozen=True)
class ShownStep:
    """A step as it may be shown: its rule, and figures that are numbers or suppressed."""

    rule: str
    before: State
    after: State
    figures: Mapping[str, int | Suppressed]


def shown_steps(
    walks: Sequence[Walk], known: Mapping[str, frozenset[Hashable]], minimum: int
) -> list[list[ShownStep]]:
    """Return the steps of every walk with small figures suppressed.

    Parameters
    ----------
    known : mapping of "counted" or "chronic" to a set of state keys
        The states whose total is shown.
    minimum : int
        The smallest figure that may be shown.
    """
    closed = {kind: [list(_closed(each, known[kind])) for each in walks] for kind in KINDS}
    withheld: set[Key] = set()
    for kind, names in KINDS.items():
        equations = [_figures(part, names) for parts in closed[kind] for part in parts]
        withheld |= _withheld(equations, minimum)

    def figure(walk: int, step: Step, kind: str, name: str) -> int | Suppressed:
        may = any(step in part for part in closed[kind][walk]) and _key(step, name) not in withheld
        return int(getattr(step, name)) if may else SUPPRESSED

    return [
        [
            ShownStep(
                step.rule,
                step.before,
                step.after,
                {name: figure(number, step, kind, name) for kind in KINDS for name in KINDS[kind]},
            )
            for step in walk.steps
        ]
        for number, walk in enumerate(walks)
    ]


def _closed(walk: Walk, known: frozenset[Hashable]) -> Iterator[tuple[Step, ...]]:
    """Yield the stretches of a walk that lie between two totals that are shown."""
    part: list[Step] = []
    for step in walk.steps:
        part.append(step)
        if step.after.key in known:
            if part[0].before.key in known:
                yield tuple(part)
            part = []


def _figures(part: Sequence[Step], names: Sequence[str]) -> Figures:
    return {_key(step, name): getattr(step, name) for step in part for name in names}


def _key(step: Step, name: str) -> Key:
    return (step.before.key, step.after.key, name)


def _withheld(stretches: Sequence[Figures], minimum: int) -> set[Key]:
    """Return the figures to withhold: the small ones, and those from which they could be worked out."""
    small = {key for figures in stretches for key, value in figures.items() if 0 < value < minimum}
    withheld = set(small)
    before = -1
    while len(withheld) > before:
        before = len(withheld)
        for figures in stretches:
            withheld |= _completed(figures, withheld, minimum)
        if small & _worked_out(stretches, withheld):
            withheld |= _next_smallest(stretches, withheld)
    return withheld


def _completed(figures: Figures, withheld: set[Key], minimum: int) -> set[Key]:
    """Return the figures of one stretch to withhold, so that at least two and at least the minimum are."""
    hidden = [key for key in figures if key in withheld]
    others = sorted((key for key in figures if figures[key] and key not in withheld), key=figures.__getitem__)
    while hidden and others and (len(hidden) < 2 or sum(figures[key] for key in hidden) < minimum):
        hidden.append(others.pop(0))
    return set(hidden)


def _worked_out(stretches: Sequence[Figures], withheld: set[Key]) -> set[Key]:
    """Return the withheld figures that the sums of all stretches together leave no choice about."""
    unknown = [key for figures in stretches for key in figures if key in withheld]
    unknown = list(dict.fromkeys(unknown))
    system = np.array([[_SIGNS[key[-1]] * (key in figures) for key in unknown] for figures in stretches])
    if not unknown:
        return set()
    rank = np.linalg.matrix_rank(system)
    units = np.eye(len(unknown))
    return {
        key
        for key, unit in zip(unknown, units, strict=True)
        if np.linalg.matrix_rank(np.vstack([system, unit])) == rank
    }


def _next_smallest(stretches: Sequence[Figures], withheld: set[Key]) -> set[Key]:
    """Return the smallest figure that is still shown beside a withheld one; zeros, which tell too, last."""
    beside = {
        key: (value == 0, value)
        for figures in stretches
        if withheld & figures.keys()
        for key, value in figures.items()
        if key not in withheld
    }
    return {min(beside, key=beside.__getitem__)} if beside else set()
