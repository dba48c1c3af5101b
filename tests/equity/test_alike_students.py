"""Students who are alike in every grouping are numbered alike, however their numbers are found."""

from __future__ import annotations

import numpy as np
import pytest

from ews.equity.alike_students import Cells, _numbered
from ews.equity.judged_rows import Grouping


@pytest.mark.parametrize("most", [1, 5, 300, 10**12])
@pytest.mark.parametrize("rows", [0, 1, 200])
def test_values_are_numbered_in_their_order(most: int, rows: int) -> None:
    values = np.random.default_rng(most).integers(0, most, rows)
    assert _numbered(values).tolist() == np.unique(values, return_inverse=True)[1].tolist()


def test_a_cell_holds_who_is_in_the_same_group_of_every_grouping() -> None:
    chance = np.random.default_rng(2)
    student = chance.integers(0, 40, 300)
    groupings = [
        Grouping(tuple(f"group {at}" for at in range(count)), chance.integers(-1, count, 300), compared=True)
        for count in (2, 7, 30)
    ]
    cells = Cells(student, groupings)
    cell_of_unit = np.repeat(np.arange(len(cells.starts) - 1), np.diff(cells.starts))
    assert (cells.student_of_unit[cells.unit_of_row] == student).all()
    by_cell: dict[int, tuple[int, ...]] = {}
    for row, cell in enumerate(cell_of_unit[cells.unit_of_row]):
        codes = tuple(int(each.codes[row]) for each in groupings)
        assert by_cell.setdefault(int(cell), codes) == codes
    assert len(set(by_cell.values())) == len(by_cell) == len(cells.starts) - 1
    for at, grouping in enumerate(groupings):
        belongs = cells.belongs(at, len(grouping.names))
        for cell, codes in by_cell.items():
            assert np.flatnonzero(belongs[:, cell]).tolist() == ([codes[at]] if codes[at] >= 0 else [])
