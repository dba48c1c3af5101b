"""Which groups to withhold so that no published table tells what another withholds.

Tables share their margins: the groups of every attribute add up to the district, the pairs of two
attributes add up to the groups of either. So what is withheld is withheld as whole groups, never as single
cells, and the proof is always the same: *the students of the withheld groups of one attribute could trade
places in that attribute*, everything else about them unchanged, and every published figure would be what it
is. How far a withheld count can move is then a matter of counting that pool:

1. *A margin.* Groups with a count from 1 to the minimum - 1 are withheld, then the next smallest, until
   what the total leaves for the withheld ones is at least the minimum in every count.
2. *Pairs.* A pair with so small a count takes one of its two groups out of all tables of pairs (the one
   with the most such pairs, so that few are taken out). Of an attribute the next smallest group follows
   until those taken out together hold, within every group of the other attributes that is still shown,
   at least the minimum, and outside it too.

Students whom an attribute leaves out are a group without a name: where they are few, other groups are
withheld with them; where they are many, they are taken to be known, and hide nobody.
The rule is proved by an attacker who solves all tables together: ``tests/equity/test_attacker.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float64]
"""Several counts of one cell, each of which adds up over cells: those who became chronic, and who did not."""

Pairs = Mapping[tuple[str, str], Mapping[tuple[str, str], Counts | None]]
"""By two attributes, and then by two groups; a pair that is absent has nobody; None is not known."""

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Margin:
    """Groups that add up to a total.

    Parameters
    ----------
    groups : mapping of group to Counts or None
        None where the counts are not known: such a group is withheld.
    total : Counts or None
        What all students together have; may exceed the sum of the groups. None if nobody can know it.
    judged : int or None
        How many counts, the first ones, must not be small in a cell that is shown; None for all.
    """

    groups: Mapping[str, Counts | None]
    total: Counts | None = None
    judged: int | None = None

    def is_small(self, counts: Counts | None, minimum: int) -> bool:
        """Whether a cell may not be shown: not known, or a count from 1 to the minimum - 1."""
        if counts is None:
            return True
        judged = counts[: self.judged]
        return bool(((judged > _ROUNDING) & (judged < minimum - _ROUNDING)).any())

    def left(self, withheld: Collection[str]) -> Counts:
        """Return what the withheld groups have together, as far as it is known."""
        if self.total is None or all(self.groups[group] is not None for group in withheld):
            return self.sum_of(withheld)
        return self.total - self.sum_of(self.shown(withheld))

    def outside(self) -> Counts:
        """Return what the total has beyond the groups: students whom an attribute leaves out."""
        return self.everything() - self.sum_of(self.groups) if self.is_known() else np.zeros(self.layers)

    def is_known(self) -> bool:
        """Whether the counts of every group are known."""
        return all(counts is not None for counts in self.groups.values())

    def shown(self, withheld: Collection[str]) -> list[str]:
        """Return the groups that are not withheld."""
        return [group for group in self.groups if group not in withheld]

    def sum_of(self, groups: Collection[str]) -> Counts:
        """Return the counts of some groups together, all of which are known."""
        return sum((self.of(group) for group in groups), np.zeros(self.layers))

    def of(self, group: str) -> Counts:
        """Return the counts of a group, zeros where they are not known."""
        counts = self.groups[group]
        return np.zeros(self.layers) if counts is None else counts

    @property
    def layers(self) -> int:
        """How many counts a cell has."""
        known = [self.total, *self.groups.values()]
        return next((len(counts) for counts in known if counts is not None), 1)

    def from_smallest(self) -> list[str]:
        """Return the groups that have anybody, by their smallest count."""
        somebody = [group for group in self.groups if self.of(group).any()]
        return sorted(
            somebody, key=lambda group: (self.of(group)[: self.judged].min(), self.of(group).sum(), group)
        )

    def everything(self) -> Counts:
        """Return the total, or as much of it as is known."""
        return self.sum_of(self.groups) if self.total is None else self.total


def withheld_in(
    margin: Margin,
    minimum: int,
    also: Collection[str] = (),
    at_least: Mapping[str, Counts] | None = None,
) -> set[str]:
    """Return the groups of one margin to withhold.

    Parameters
    ----------
    also : collection of str
        Groups that are withheld for another reason.
    at_least : mapping of group to Counts, optional
        What everybody knows each group to have, as that it has somebody because it is listed.
    """
    withheld = {
        *also,
        *(group for group, counts in margin.groups.items() if margin.is_small(counts, minimum)),
    }
    for group in margin.from_smallest():
        if is_closed(margin, withheld, minimum, at_least):
            break
        withheld.add(group)
    return withheld


def is_closed(
    margin: Margin,
    withheld: Collection[str],
    minimum: int,
    at_least: Mapping[str, Counts] | None = None,
) -> bool:
    """Whether the withheld groups have enough together to hide each other."""
    if not withheld:
        return not margin.is_small(margin.outside(), minimum)
    left = margin.left(withheld)
    whole = left + margin.sum_of(margin.shown(withheld))
    known = sum((at_least[group] for group in withheld), np.zeros(margin.layers)) if at_least else 0
    return _enough(left - known, whole, minimum)


def without_pairs(
    margins: Mapping[str, Margin], pairs: Pairs, minimum: int, also: Mapping[str, Collection[str]]
) -> dict[str, set[str]]:
    """Return, by attribute, the groups of which no pair may be shown.

    Parameters
    ----------
    margins : mapping of attribute to Margin
    pairs : Pairs
        Tables of two attributes of ``margins``.
    also : mapping of attribute to collection of str
        Groups that are themselves withheld, in whole or in part.
    """
    taken = {attribute: set(also.get(attribute, ())) for attribute in margins}
    _cover(margins, pairs, minimum, taken)
    grown = True
    while grown:
        grown = False
        for attribute in margins:
            grown |= _grow(attribute, margins, pairs, minimum, taken, also.get(attribute, ()))
    return taken


def _cover(margins: Mapping[str, Margin], pairs: Pairs, minimum: int, taken: Mapping[str, set[str]]) -> None:
    """Take out groups until every small pair has lost one of its two."""
    while small := [
        ((a, g), (b, h))
        for (a, b), cells in pairs.items()
        for (g, h), counts in cells.items()
        if g not in taken[a] and h not in taken[b] and margins[a].is_small(counts, minimum)
    ]:
        times = Counter(end for ends in small for end in ends)
        attribute, group = min(times, key=lambda end: (-times[end], margins[end[0]].of(end[1]).sum(), end))
        taken[attribute].add(group)


def _grow(
    attribute: str,
    margins: Mapping[str, Margin],
    pairs: Pairs,
    minimum: int,
    taken: Mapping[str, set[str]],
    also: Collection[str],
) -> bool:
    """Take out the next smallest group of an attribute if those taken out do not hide each other."""
    own = taken[attribute]
    left = [group for group in margins[attribute].from_smallest() if group not in own]
    if not left or _hide_each_other(attribute, margins, pairs, minimum, taken, also):
        return False
    own.add(left[0])
    return True


def _hide_each_other(
    attribute: str,
    margins: Mapping[str, Margin],
    pairs: Pairs,
    minimum: int,
    taken: Mapping[str, set[str]],
    also: Collection[str],
) -> bool:
    margin, own = margins[attribute], taken[attribute]
    for other, cells in _tables_of(attribute, pairs):
        split = {
            h: _beside(cells, margin, own, h, margins[other].of(h))
            for h in margins[other].shown(taken[other])
        }
        if not own:
            if any(margin.is_small(left, minimum) for left, _ in split.values()):
                return False
            continue
        pool = margin.left(own) if margin.is_known() or margin.total is not None else _sum_of_left(split)
        everything = pool + margin.sum_of(margin.shown(own))
        for left, shown in split.values():
            outside = everything - left - shown
            if not (_enough(left, left + shown, minimum) and _enough(pool - left, outside, minimum)):
                return False
    # A group whose own counts are withheld need not keep them when it trades places.
    return _nobody_weighs_all(margin, own, own - set(also), minimum)


def _beside(
    cells: Mapping[tuple[str, str], Counts | None],
    margin: Margin,
    own: Collection[str],
    beside: str,
    whole: Counts,
) -> tuple[Counts, Counts]:
    """Return what the groups taken out have within a group of the other attribute, and what the others have.

    Where nothing is taken out, what the attribute leaves out of that group.
    """
    inside = [cells.get((group, beside), np.zeros(margin.layers)) for group in own]
    known = [counts for counts in inside if counts is not None]
    shown = [cells.get((group, beside)) for group in margin.shown(own)]
    others = sum((counts for counts in shown if counts is not None), np.zeros(margin.layers))
    if own and len(known) == len(inside):
        return sum(known, np.zeros(margin.layers)), others
    return whole - others, others


def _sum_of_left(split: Mapping[str, tuple[Counts, Counts]]) -> Counts:
    return np.asarray(np.sum([left for left, _ in split.values()], axis=0))


def _nobody_weighs_all(margin: Margin, own: Collection[str], fixed: Collection[str], minimum: int) -> bool:
    """Whether each of the groups whose own counts are shown has enough others to trade places with."""
    pool = margin.left(own)
    everything = pool + margin.sum_of(margin.shown(own))
    return all(_enough(pool - margin.of(g), everything - margin.of(g), minimum) for g in fixed)


def _tables_of(attribute: str, pairs: Pairs) -> Iterator[tuple[str, Mapping[tuple[str, str], Counts | None]]]:
    """Yield the other attribute and the cells, the own group first, of every table of an attribute."""
    for (a, b), cells in pairs.items():
        if a == attribute:
            yield b, cells
        if b == attribute:
            yield a, {(h, g): counts for (g, h), counts in cells.items()}


def _enough(left: Counts, whole: Counts, minimum: int) -> bool:
    """Whether what is left is at least the minimum in every count, or all of it where all is less."""
    return bool((left >= np.minimum(minimum, whole) - _ROUNDING).all())
