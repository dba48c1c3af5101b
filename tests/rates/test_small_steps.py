"""Figures of a reconciliation that are withheld: small ones, and those that would tell them."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ews.rates.counts import Column
from ews.rates.small_steps import KINDS, shown_steps
from ews.rates.walks import State, Step, Walk
from tests.rates.hand_made import definition

MINIMUM = 10
START, END = Column("edfacts", "district"), Column("ours", "district")


def state(number: int) -> State:
    """A state on the way, told apart by its minimum of days."""
    return State(definition("on the way", min_enrolled_days=number + 1), "district")


def walk_of(*moves: tuple[int, int], path: tuple[int, ...] = ()) -> Walk:
    """A walk whose steps make so many chronic, and so many not; through the states of ``path``."""
    places = path or tuple(range(len(moves) + 1))
    steps = [
        Step("min_enrolled_days", state(places[n]), state(places[n + 1]), 0, 0, came, went)
        for n, (came, went) in enumerate(moves)
    ]
    return Walk(START, END, tuple(steps))


def told(*walks: Walk, known: tuple[int, ...]) -> list[list[tuple[str, str]]]:
    """The shown figures of every walk as text, in and out."""
    keys: frozenset[Hashable] = frozenset(state(each).key for each in known)
    found = shown_steps(walks, dict.fromkeys(KINDS, keys), MINIMUM)
    return [[(str(s.figures["became"]), str(s.figures["ceased"])) for s in steps] for steps in found]


def test_a_small_step_is_withheld_with_the_next_smallest_because_the_total_tells_their_sum() -> None:
    found = told(walk_of((0, 9), (0, 12), (0, 30)), known=(0, 3))
    assert found == [[("0", "suppressed"), ("0", "suppressed"), ("0", "30")]]


def test_several_small_steps_that_add_up_to_enough_need_no_other() -> None:
    found = told(walk_of((3, 9), (0, 12)), known=(0, 2))
    assert found == [[("suppressed", "suppressed"), ("0", "12")]]


def test_steps_of_ten_and_more_are_shown() -> None:
    assert told(walk_of((10, 57), (0, 0)), known=(0, 2)) == [[("10", "57"), ("0", "0")]]


def test_no_step_is_shown_where_a_total_is_withheld() -> None:
    """Together with the other total the steps would tell it."""
    found = told(walk_of((15, 11), (0, 0)), known=(0,))
    assert found == [[("suppressed", "suppressed"), ("suppressed", "suppressed")]]


def test_a_definition_on_the_way_that_is_shown_too_is_an_end_of_its_own() -> None:
    """Its total tells what the first step did, so the first step alone hides nothing."""
    found = told(walk_of((0, 12), (4, 8), (0, 20)), known=(0, 1, 3))
    assert found == [[("0", "12"), ("suppressed", "suppressed"), ("0", "20")]]


def test_a_step_that_two_walks_share_is_withheld_in_both() -> None:
    """The second walk needs its 12 hidden beside a 9; the first would have shown the same 12."""
    first = walk_of((0, 12), (0, 40), (0, 11), path=(0, 1, 2, 3))
    second = walk_of((0, 12), (0, 9), path=(0, 1, 4))
    found = told(first, second, known=(0, 3, 4))
    assert found[1] == [("0", "suppressed"), ("0", "suppressed")]
    assert found[0] == [("0", "suppressed"), ("0", "40"), ("0", "suppressed")]


FIGURE = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 60))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.tuples(FIGURE, FIGURE), min_size=1, max_size=4), min_size=1, max_size=3),
)
def test_an_attacker_who_adds_up_the_steps_finds_no_small_figure(
    moves: list[list[tuple[int, int]]],
) -> None:
    """Totals that differ by few students are not both shown, as in the tables."""
    walks = [walk_of(*each, path=_path(number, len(each))) for number, each in enumerate(moves)]
    known = {0, *(each.steps[-1].after.rules.min_enrolled_days - 1 for each in walks)}
    known = {each for each in known if each == 0 or not _net_is_small(walks, each)}
    found = told(*walks, known=tuple(known))
    for walk, figures in zip(walks, found, strict=True):
        flat = [value for pair in figures for value in pair]
        true = [value for step in walk.steps for value in (step.became, step.ceased)]
        assert all(value == "suppressed" or int(value) == 0 or int(value) >= MINIMUM for value in flat)
        last = walk.steps[-1].after.rules.min_enrolled_days - 1
        unknown = [n for n, value in enumerate(flat) if value == "suppressed" and true[n]]
        if last in known and unknown:
            signs = np.array([[1 if n % 2 == 0 else -1 for n in unknown]])
            assert len(unknown) > 1, "one unknown figure would follow from the total"
            assert np.linalg.matrix_rank(signs) < len(unknown)


def _path(number: int, steps: int) -> tuple[int, ...]:
    return (0, *(10 * (number + 1) + step for step in range(steps)))


def _net_is_small(walks: list[Walk], end: int) -> bool:
    walk = next(each for each in walks if each.steps[-1].after.rules.min_enrolled_days - 1 == end)
    return 0 < abs(sum(step.became - step.ceased for step in walk.steps)) < MINIMUM
