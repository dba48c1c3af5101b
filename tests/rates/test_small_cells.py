"""No small group can be worked out from what is shown: by examples, and by an attacker who solves for it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ews.rates.cells import Cell, cells_of, coarse_share
from ews.rates.counts import COUNTED, Column, Count, Counts
from ews.rates.small_cells import Status, statuses
from tests.spec.tables import rows

MINIMUM = 10


def columns(text: str) -> dict[Column, Counts]:
    """Definitions of a printed table: a row per school, ``chronic/n`` in a column per definition."""
    table = rows(text)
    found = {}
    for name in [each for each in table[0] if each != "school"]:
        cells = {row["school"]: Count(*map(int, reversed(row[name].split("/")))) for row in table}
        total = Count(sum(each.n for each in cells.values()), sum(each.chronic for each in cells.values()))
        found[Column(name, "district")] = Counts(total, {"school": cells, "grade": {"05": total}})
    return found


def shown(text: str) -> str:
    """What of such a table may be shown, as a table."""
    given = columns(text)
    status = statuses(given, MINIMUM)
    schools = [row["school"] for row in rows(text)]
    lines = [["school", *[column.definition for column in given]]]
    for school in [*schools, "all"]:
        key = ("district", "") if school == "all" else ("school", school)
        lines.append([school, *[_told(given[column], status[column], key) for column in given]])
    return "\n".join(" | ".join(line) for line in lines)


def _told(counts: Counts, status: dict[tuple[str, str], Status], key: tuple[str, str]) -> str:
    count = counts.total if key[0] == "district" else counts.by[key[0]][key[1]]
    return {
        "exact": f"{count.chronic}/{count.n}",
        "counted": f"?/{count.n}",
        "coarse": "about",
        "hidden": "?",
    }[status[key]]


def assert_shown(text: str, expected: str) -> None:
    assert rows(shown(text)) == rows(expected)


def test_a_small_school_is_hidden_together_with_the_next_smallest() -> None:
    """Alone it would be the total minus the others."""
    assert_shown(
        """
        school | edfacts
        Alder  | 3/9
        Birch  | 20/60
        Cedar  | 30/200
        """,
        """
        school | edfacts
        Alder  | ?
        Birch  | ?
        Cedar  | 30/200
        all    | 53/269
        """,
    )


def test_where_few_are_chronic_or_few_are_not_only_the_students_are_counted() -> None:
    assert_shown(
        """
        school | edfacts
        Alder  | 9/100
        Birch  | 31/40
        Cedar  | 60/200
        Dogwood | 50/210
        """,
        """
        school | edfacts
        Alder  | ?/100
        Birch  | ?/40
        Cedar  | 60/200
        Dogwood | 50/210
        all    | 150/550
        """,
    )


def test_a_school_where_nobody_is_counted_has_nothing_to_hide() -> None:
    assert_shown(
        """
        school | wisconsin
        Alder  | 0/0
        Birch  | 20/60
        """,
        """
        school | wisconsin
        Alder  | 0/0
        Birch  | 20/60
        all    | 20/60
        """,
    )


def test_in_a_district_of_few_everything_is_hidden() -> None:
    assert_shown(
        """
        school | edfacts
        Alder  | 2/4
        Birch  | 1/5
        """,
        """
        school | edfacts
        Alder  | ?
        Birch  | ?
        all    | ?
        """,
    )


def test_two_definitions_that_agree_are_shown_alike() -> None:
    table = """
        school | edfacts | ours
        Alder  | 3/9     | 3/9
        Birch  | 20/60   | 20/60
        Cedar  | 30/200  | 30/200
        """
    assert_shown(
        table,
        """
        school | edfacts | ours
        Alder  | ?       | ?
        Birch  | ?       | ?
        Cedar  | 30/200  | 30/200
        all    | 53/269  | 53/269
        """,
    )


def test_a_school_where_definitions_differ_by_few_students_shows_counts_of_the_first_only() -> None:
    """Four students at Alder have too few days for New Jersey: a second school gives way with it."""
    assert_shown(
        """
        school | edfacts | new_jersey
        Alder  | 40/200  | 30/196
        Birch  | 60/300  | 30/250
        Cedar  | 80/400  | 40/300
        """,
        """
        school | edfacts | new_jersey
        Alder  | 40/200  | about
        Birch  | 60/300  | about
        Cedar  | 80/400  | 40/300
        all    | 180/900 | 100/746
        """,
    )


def test_if_the_whole_district_differs_by_few_students_the_whole_column_gives_way() -> None:
    assert_shown(
        """
        school | edfacts | new_jersey
        Alder  | 40/200  | 40/200
        Birch  | 60/300  | 57/295
        """,
        """
        school | edfacts | new_jersey
        Alder  | 40/200  | about
        Birch  | 60/300  | about
        all    | 100/500 | about
        """,
    )


def test_schools_that_are_hidden_do_not_tell_a_small_difference_in_sum() -> None:
    """Hidden: Alder and Birch, together 9 + 20 students before and 5 + 20 after: four fewer."""
    assert_shown(
        """
        school | edfacts | ours
        Alder  | 4/9     | 2/5
        Birch  | 10/20   | 10/20
        Cedar  | 60/300  | 30/250
        Dogwood | 80/400 | 40/350
        """,
        """
        school | edfacts | ours
        Alder  | ?       | ?
        Birch  | ?       | ?
        Cedar  | 60/300  | about
        Dogwood | 80/400 | 40/350
        all    | 154/729 | 82/625
        """,
    )


def test_definitions_of_which_neither_contains_the_other_may_differ_by_few() -> None:
    """Twelve became chronic and nine ceased to be: a difference of three is the size of no group."""
    given = columns("school | half | thirds\n Alder | 40/200 | 43/200\n Birch | 60/300 | 80/300")
    apart = statuses(given, MINIMUM)
    beside = statuses(given, MINIMUM, lambda _one, _other: frozenset({COUNTED}))
    column = Column("thirds", "district")
    assert apart[column]["school", "Alder"] == "coarse"
    assert {*beside[column].values()} == {"exact"}


def test_nor_do_schools_that_only_the_first_definition_hides() -> None:
    """The sum of Alder and Birch is known of both: 69 students before, 74 after, five more."""
    assert_shown(
        """
        school | edfacts | ours
        Alder  | 3/9     | 12/24
        Birch  | 20/60   | 12/50
        Cedar  | 60/300  | 90/400
        """,
        """
        school | edfacts | ours
        Alder  | ?       | about
        Birch  | ?       | about
        Cedar  | 60/300  | about
        all    | 83/369  | 114/474
        """,
    )


def test_suppressed_is_a_word_and_never_zero() -> None:
    given = columns("school | edfacts\n Alder | 3/9\n Birch | 9/60\n Cedar | 60/200\n Dogwood | 0/0")
    (column,) = given
    cells = cells_of(given[column], statuses(given, MINIMUM)[column])
    assert cells["school", "Alder"] == Cell("suppressed", "suppressed", "suppressed")  # type: ignore[arg-type]
    assert cells["school", "Dogwood"] == Cell(0, 0, None)
    assert cells["school", "Cedar"] == Cell(200, 60, 0.3)
    assert cells["district", ""] == Cell(269, 72, 72 / 269)


@pytest.mark.parametrize("n", [60, 61, 99, 100, 299, 300, 301, 1_000, 2_999, 3_000, 3_001, 20_000])
def test_at_least_three_counts_give_the_same_coarse_share(n: int) -> None:
    shares = [coarse_share(Count(n, chronic)) for chronic in range(n + 1)]
    assert min(shares.count(each) for each in set(shares)) >= 3
    assert "" not in shares


def test_below_sixty_students_there_is_no_coarse_share() -> None:
    assert {coarse_share(Count(59, chronic)) for chronic in range(60)} == {""}


CELL = st.one_of(
    st.just((0, 0)),
    st.tuples(st.integers(0, 30), st.integers(0, 30)),
    st.tuples(st.integers(0, 60), st.integers(0, 200)),
)


@st.composite
def tables(draw: st.DrawFn) -> dict[Column, Counts]:
    """A few definitions over a few schools; later ones are often close to the first."""
    schools = [f"s{number}" for number in range(draw(st.integers(1, 4)))]
    found: dict[Column, Counts] = {}
    base = {school: draw(CELL) for school in schools}
    for number in range(draw(st.integers(1, 3))):
        own = {
            school: draw(st.sampled_from((base[school], _near(base[school], draw), draw(CELL))))
            for school in schools
        }
        cells = {school: Count(chronic + other, chronic) for school, (chronic, other) in own.items()}
        total = Count(sum(each.n for each in cells.values()), sum(each.chronic for each in cells.values()))
        found[Column(f"d{number}", "district")] = Counts(total, {"school": cells, "grade": {"05": total}})
    return found


def _near(cell: tuple[int, int], draw: st.DrawFn) -> tuple[int, int]:
    chronic, other = cell
    return (chronic + draw(st.integers(0, 12)), other + draw(st.integers(0, 12)))


def worked_out(given: dict[Column, Counts], minimum: int) -> list[str]:
    """What an attacker can solve for: small counts, and small differences between two definitions."""
    status = statuses(given, minimum)
    found = []
    for figure in ("n", "chronic", "other"):
        system = _System(given, status, figure)
        for column in given:
            found += [
                f"{figure} of {column.definition} in {group}"
                for group in system.groups
                if 0 < system.value({(column, group): 1}) < minimum and system.is_known({(column, group): 1})
            ]
        for one, other in combinations(given, 2):
            found += [
                f"{figure} of {one.definition} minus {other.definition} in {groups}"
                for groups in system.minimal_differences(one, other)
                if 0 < abs(system.difference(one, other, groups)) < minimum
            ]
    return found


class _System:
    """The linear equations that the shown cells are, in the unknown cells of one figure."""

    def __init__(
        self, given: dict[Column, Counts], status: dict[Column, dict[tuple[str, str], Status]], figure: str
    ) -> None:
        self.groups = sorted(next(iter(given.values())).by["school"])
        self._given, self._figure = given, figure
        self._index = {key: n for n, key in enumerate((c, g) for c in given for g in self.groups)}
        equations = [
            self._vector({(column, group): 1})
            for column in given
            for group in self.groups
            if _is_shown(status[column]["school", group], figure)
        ]
        totals = (("district", ""), ("grade", "05"))
        equations += [
            self._vector({(column, group): 1 for group in self.groups})
            for column in given
            if any(_is_shown(status[column][total], figure) for total in totals)
        ]
        self._equations = np.array(equations).reshape(len(equations), len(self._index))
        self._rank = np.linalg.matrix_rank(self._equations) if equations else 0

    def _vector(self, weights: dict[tuple[Column, str], int]) -> np.ndarray:
        vector = np.zeros(len(self._index))
        for key, weight in weights.items():
            vector[self._index[key]] = weight
        return vector

    def is_known(self, weights: dict[tuple[Column, str], int]) -> bool:
        extended = np.vstack([self._equations, self._vector(weights)])
        return bool(np.linalg.matrix_rank(extended) == self._rank)

    def value(self, weights: dict[tuple[Column, str], int]) -> int:
        total = 0
        for (column, group), weight in weights.items():
            count = self._given[column].by["school"][group]
            total += (
                weight
                * {"n": count.n, "chronic": count.chronic, "other": count.n - count.chronic}[self._figure]
            )
        return total

    def difference(self, one: Column, other: Column, groups: tuple[str, ...]) -> int:
        return self.value(_weights(one, other, groups))

    def minimal_differences(self, one: Column, other: Column) -> list[tuple[str, ...]]:
        """The sets of schools over which two definitions can be compared, and no part of which can."""
        found: list[tuple[str, ...]] = []
        for size in range(1, len(self.groups) + 1):
            for groups in combinations(self.groups, size):
                minimal = not any(set(smaller) < set(groups) for smaller in found)
                if minimal and self.is_known(_weights(one, other, groups)):
                    found.append(groups)
        return [
            *found,
            *([tuple(self.groups)] if self.is_known(_weights(one, other, tuple(self.groups))) else []),
        ]


def _weights(one: Column, other: Column, groups: tuple[str, ...]) -> dict[tuple[Column, str], int]:
    return {(one, group): 1 for group in groups} | {(other, group): -1 for group in groups}


def _is_shown(status: Status, figure: str) -> bool:
    return status == "exact" or (status == "counted" and figure == "n")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tables(), st.sampled_from((5, 10)))
def test_an_attacker_who_solves_the_tables_finds_no_small_group(
    given: dict[Column, Counts], minimum: int
) -> None:
    assert worked_out(given, minimum) == []


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None, derandomize=True)
@given(tables(), st.sampled_from((2, 5, 10)))
def test_an_attacker_finds_no_small_group_in_many_tables(given: dict[Column, Counts], minimum: int) -> None:
    assert worked_out(given, minimum) == []
