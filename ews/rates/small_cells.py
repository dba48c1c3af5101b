"""Which cells of the tables may be shown, so that no small group can be worked out from the others.

Every column (a definition at a grain) is one total and two ways to split it, by school and by grade.
With m the minimum (``audit.min_cell``), a count may be known only if it is 0 or at least m: students
counted, chronic ones, and those who are not.

1. *A cell.* Fewer than m students: nothing is shown. Fewer than m chronic, or not chronic: only how many
   were counted.
2. *Rows and total.* Rows add up to the total, so hidden ones are known in sum: at least two are hidden, and
   together at least m students (beside the one that each is known to have), chronic and not. The next
   smallest are hidden until that holds.
3. *Side by side.* Where one definition contains the other, their difference is a group of its own ("three
   students with fewer than 45 days"). So of two exact cells of one row, and of two exact totals, every
   such difference is 0 or at least m; otherwise the later column shows a coarse share instead of counts.
   What a column hides is known in sum (total minus rows), so over the rows that either hides the two can
   be compared; that difference too must be 0 or at least m: rows are coarsened, the smallest first, until
   it is. Where neither contains the other, a difference is that of two groups and tells the size of
   neither.

Known limits: the argument is about exact values, for every column and every pair of columns that are
comparable. Ranges can be narrowed (a coarse share leaves at least three counts), and what three or more
columns together imply, or two different days of printing, is not covered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ews.config import GRADES
from ews.rates.counts import CHRONIC, COUNTED, NOT_CHRONIC, Column, Count, Counts

Status = Literal["exact", "counted", "coarse", "hidden"]
"""``counted``: students, but not how many of them are chronic; ``coarse``: a rounded share alone."""

_STATUSES: tuple[Status, ...] = ("exact", "counted", "coarse", "hidden")
_EXACT, _OUTCOMES_HIDDEN, _COARSE, _HIDDEN = range(4)

_FIGURES = (COUNTED, CHRONIC, NOT_CHRONIC)
"""The columns of ``_Margin.values``."""

Comparable = Callable[[Column, Column], Collection[int]]
"""Of which figures one of two columns contains the other."""


def all_comparable(_column: Column, _other: Column) -> Collection[int]:
    """Take every column for one that contains every other, or is contained in it."""
    return _FIGURES


@dataclass(frozen=True)
class _Margin:
    """One split of one column: its rows, and its total as the last one; ``status`` is changed in place."""

    values: npt.NDArray[np.int64]
    status: npt.NDArray[np.int64]

    def shown(self, figure: int) -> npt.NDArray[np.bool_]:
        """Return which rows, and whether the total, show a figure."""
        return self.status <= _OUTCOMES_HIDDEN if figure == COUNTED else self.status == _EXACT

    def coarsen(self, place: int) -> None:
        """Withhold the counts of a row, or of the total; a row of nobody has nothing to withhold."""
        if self.values[place, 0]:
            self.status[place] = _COARSE if self.status[place] in (_EXACT, _COARSE) else _HIDDEN

    def coarsen_all(self) -> None:
        """Withhold the counts of a whole column."""
        for place in range(len(self.status)):
            self.coarsen(place)

    def next_smallest(self, figure: int) -> int | None:
        """Return the row that could be withheld too; None when no row with a student is left."""
        values = self.values[:-1, figure]
        open_rows = self.shown(figure)[:-1] & (self.values[:-1, 0] > 0)
        return int(np.flatnonzero(open_rows)[np.argmin(values[open_rows])]) if open_rows.any() else None


def statuses(
    columns: Mapping[Column, Counts], minimum: int, comparable: Comparable = all_comparable
) -> dict[Column, dict[tuple[str, str], Status]]:
    """Return what may be shown of every cell.

    Parameters
    ----------
    columns : mapping of Column to Counts
        In the order in which they have precedence: of two that are too close the later gives way.
    minimum : int
        The smallest count that may be shown.
    comparable : callable
        Which figures of two columns are compared.

    Returns
    -------
    dict of Column to dict
        The status by ``(by, group)``; the total is ``("district", "")``.
    """
    groups = groups_of(columns)
    done: dict[str, list[_Margin]] = {kind: [] for kind in groups}
    found: dict[Column, dict[tuple[str, str], Status]] = {}
    for column, counts in columns.items():
        figures = [comparable(column, other) for other in found]
        margins = {kind: _primary(counts, kind, groups[kind], minimum) for kind in groups}
        for kind, margin in margins.items():
            _keep_apart(margin, list(zip(done[kind], figures, strict=True)), minimum)
        # The total is one cell of both splits: withheld in one, it is withheld in the other.
        if any(margin.status[-1] >= _COARSE for margin in margins.values()):
            for margin in margins.values():
                margin.coarsen_all()
        for kind, margin in margins.items():
            done[kind].append(margin)
        found[column] = _named(margins, groups)
    return found


_Earlier = tuple[_Margin, Collection[int]]
"""An earlier column, and the figures of it that are compared."""


def groups_of(columns: Mapping[Column, Counts]) -> dict[str, list[str]]:
    """Return every school and every grade that occurs in any column, in order."""
    kinds = sorted({kind for counts in columns.values() for kind in counts.by}, reverse=True)
    return {
        kind: sorted({group for counts in columns.values() for group in counts.by[kind]}, key=_in_order)
        for kind in kinds
    }


def _in_order(group: str) -> tuple[int, str]:
    return (GRADES.index(group) if group in GRADES else len(GRADES), group)


def _named(
    margins: Mapping[str, _Margin], groups: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], Status]:
    found = {}
    for kind, margin in margins.items():
        found[("district", "")] = _STATUSES[margin.status[-1]]
        for group, status in zip(groups[kind], margin.status[:-1], strict=True):
            found[(kind, group)] = _STATUSES[status]
    return found


def _primary(counts: Counts, kind: str, groups: Sequence[str], minimum: int) -> _Margin:
    """Apply the rule of a cell, and that of rows and total."""
    cells = [*(counts.by[kind].get(group, Count(0, 0)) for group in groups), counts.total]
    values = np.array([(each.n, each.chronic, each.n - each.chronic) for each in cells], dtype=np.int64)
    n, fewer = values[:, 0], values[:, 1:].min(axis=1)
    status = np.where(
        n == 0, _EXACT, np.where(n < minimum, _HIDDEN, np.where(fewer < minimum, _OUTCOMES_HIDDEN, _EXACT))
    )
    margin = _Margin(values, status.astype(np.int64))
    for figure in _FIGURES:
        while not _adds_up(margin, figure, minimum):
            place = margin.next_smallest(figure)
            if place is None:
                break
            margin.status[place] = _HIDDEN if figure == COUNTED else _OUTCOMES_HIDDEN
    return margin


def _adds_up(margin: _Margin, figure: int, minimum: int) -> bool:
    """Whether the withheld rows of a margin hide each other; one alone is below the minimum, so two do.

    Everybody knows that a row has a student, since a row of nobody is shown as such.
    """
    withheld = ~margin.shown(figure)[:-1]
    known = withheld.sum() if figure == COUNTED else 0
    return not withheld.any() or bool(margin.values[:-1, figure][withheld].sum() - known >= minimum)


def _keep_apart(margin: _Margin, earlier: Sequence[_Earlier], minimum: int) -> None:
    """Withhold counts until no small difference to an earlier column can be worked out."""
    for other, figures in earlier:
        for figure in figures:
            both = margin.shown(figure) & other.shown(figure)
            apart = np.abs(margin.values[:, figure] - other.values[:, figure])
            for place in np.flatnonzero(both & (apart > 0) & (apart < minimum)):
                margin.coarsen(int(place))
    if margin.status[-1] >= _COARSE:
        return
    while (figure_open := _open_figure(margin, earlier, minimum)) is not None:
        row = margin.next_smallest(figure_open)
        if row is None:
            margin.coarsen_all()
            return
        margin.coarsen(row)


def _open_figure(margin: _Margin, earlier: Sequence[_Earlier], minimum: int) -> int | None:
    """Return a figure of which something small can still be worked out; None when there is none."""
    for figure in _FIGURES:
        if not margin.shown(figure)[-1]:
            continue
        if not _adds_up(margin, figure, minimum):
            return figure
        for other, figures in earlier:
            if figure in figures and other.shown(figure)[-1] and _tells(margin, other, figure, minimum):
                return figure
    return None


def _tells(margin: _Margin, other: _Margin, figure: int, minimum: int) -> bool:
    """Whether a small difference is known over the rows that one or the other column withholds.

    Of each column the withheld rows are known in sum, and the others one by one; so two columns can be
    compared over what either withholds, and, where nothing is withheld by both, over what each does.
    """
    own, theirs = (~each.shown(figure)[:-1] for each in (margin, other))
    stretches = [own | theirs] if (own & theirs).any() else [own, theirs]
    apart = margin.values[:-1, figure] - other.values[:-1, figure]
    return any(0 < abs(int(apart[each].sum())) < minimum for each in stretches)
