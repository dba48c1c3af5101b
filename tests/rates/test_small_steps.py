"""Figures of a reconciliation that are withheld: small ones, and those that would tell them."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import combinations, pairwise

import numpy as np
import pytest
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


STATES = 5


@st.composite
def reconciliations(draw: st.DrawFn) -> tuple[list[Walk], tuple[int, ...]]:
    """Walks from the first of five states to others, which share steps, and the states with a shown total."""
    totals = [0, *(draw(st.sampled_from((0, 3, -4, 12, -12, 40, -40))) for _ in range(STATES - 1))]
    both_ways = {
        (before, after): draw(st.sampled_from((0, 0, 2, 7, 15)))
        for before in range(STATES)
        for after in range(before + 1, STATES)
    }
    walks = []
    for _ in range(draw(st.integers(1, 3))):
        middle = draw(st.sets(st.integers(1, STATES - 2)))
        path = (0, *sorted(middle), STATES - 1) if draw(st.booleans()) else (0, *sorted(middle | {1}))
        moves = []
        for before, after in pairwise(path):
            net, more = totals[after] - totals[before], both_ways[before, after]
            moves.append((max(net, 0) + more, max(-net, 0) + more))
        walks.append(walk_of(*moves, path=path))
    asked = draw(st.sets(st.integers(1, STATES - 1)))
    return walks, (0, *(each for each in sorted(asked) if _may_be_known(walks, each, {0, *asked})))


def _may_be_known(walks: list[Walk], place: int, known: set[int]) -> bool:
    """As in the tables: a total gives way where it differs from another by one small group."""
    for walk in walks:
        for first in sorted(known):
            stretch = _stretch(walk, first, place)
            came, went = (sum(getattr(step, name) for step in stretch) for name in ("became", "ceased"))
            if stretch and not (came and went) and 0 < came + went < MINIMUM:
                return False
    return True


def _stretch(walk: Walk, first: int, last: int) -> list[Step]:
    places = [0, *(_place(step) for step in walk.steps)]
    if first not in places or last not in places or places.index(first) > places.index(last):
        return []
    return list(walk.steps[places.index(first) : places.index(last)])


def _place(step: Step) -> int:
    return step.after.rules.min_enrolled_days - 1


def worked_out(walks: list[Walk], known: tuple[int, ...]) -> list[str]:
    """The small figures that are shown, or that the shown totals and figures leave no choice about."""
    keys: frozenset[Hashable] = frozenset(state(each).key for each in known)
    found = shown_steps(walks, dict.fromkeys(KINDS, keys), MINIMUM)
    true: dict[tuple[Hashable, ...], int] = {}
    shown: set[tuple[Hashable, ...]] = set()
    for walk, steps in zip(walks, found, strict=True):
        for step, each in zip(walk.steps, steps, strict=True):
            for name in ("became", "ceased"):
                key = (step.before.key, step.after.key, name)
                true[key] = getattr(step, name)
                if each.figures[name] != "suppressed":
                    shown.add(key)
    order = {key: number for number, key in enumerate(true)}
    equations = [_unit(order, {key: 1}) for key in shown]
    for walk in walks:
        for first, last in combinations(sorted(known), 2):
            weights = {
                (step.before.key, step.after.key, name): sign
                for step in _stretch(walk, first, last)
                for name, sign in (("became", 1), ("ceased", -1))
            }
            equations.append(_unit(order, weights))
    system = np.array(equations).reshape(len(equations), len(order))
    rank = np.linalg.matrix_rank(system) if equations else 0
    return [
        f"{name} of a step: {value}"
        for key, value in true.items()
        for name in (key[2],)
        if 0 < value < MINIMUM and np.linalg.matrix_rank(np.vstack([system, _unit(order, {key: 1})])) == rank
    ]


def _unit(order: dict[tuple[Hashable, ...], int], weights: dict[tuple[Hashable, ...], int]) -> np.ndarray:
    vector = np.zeros(len(order))
    for key, weight in weights.items():
        vector[order[key]] = weight
    return vector


@settings(max_examples=60, deadline=None, derandomize=True)
@given(reconciliations())
def test_an_attacker_who_solves_the_steps_finds_no_small_figure(
    case: tuple[list[Walk], tuple[int, ...]],
) -> None:
    assert worked_out(*case) == []


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, derandomize=True)
@given(reconciliations())
def test_an_attacker_finds_no_small_figure_in_many_reconciliations(
    case: tuple[list[Walk], tuple[int, ...]],
) -> None:
    assert worked_out(*case) == []
