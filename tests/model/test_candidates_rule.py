"""The rule that chooses: as good a ranking as any, then the smallest worst excess miss rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ews.config import CandidateName
from ews.model.lift_side_by_side import Lift
from ews.model.recipes import RECIPES
from ews.training.candidates_by_group import WorstGroup
from ews.training.candidates_rule import (
    RULE,
    Judged,
    chosen_by_rule,
    record_of,
    sentence_of,
    within_one_standard_error,
)

NAMES: tuple[CandidateName, ...] = tuple(RECIPES)


def judged(*figures: tuple[float, float], error: float = 0.01) -> list[Judged]:
    """Candidates in the configured order from (lift, worst excess miss rate)."""
    highest = max(lift for lift, _ in figures)
    return [
        Judged(name, Lift(lift, error, highest - lift, error / 5), WorstGroup(worst, "Disability: yes"))
        for name, (lift, worst) in zip(NAMES, figures, strict=False)
    ]


def chosen(candidates: Sequence[Judged]) -> str:
    return chosen_by_rule(candidates).name


TABLE = [
    # (lift, worst excess miss rate) of each candidate, in the configured order; which is chosen
    ("one that is as good and misses less is chosen", [(0.060, 0.09), (0.055, 0.04)], 1),
    ("one that ranks worse by more than one standard error is not", [(0.060, 0.09), (0.049, 0.01)], 0),
    ("exactly one standard error below is still as good", [(0.06, 0.09), (0.05, 0.04)], 1),
    ("the model as configured has no privilege if it ranks worse", [(0.03, 0.01), (0.06, 0.09)], 1),
    ("a better ranking alone does not win", [(0.060, 0.04), (0.069, 0.05)], 0),
    ("of equals, the first", [(0.06, 0.05), (0.06, 0.04), (0.061, 0.04)], 1),
    ("equal to four decimals is equal", [(0.06, 0.04004), (0.06, 0.03996)], 0),
    ("one more in the fourth decimal is not", [(0.06, 0.0401), (0.06, 0.0400)], 1),
    ("no excess at all is better than some", [(0.06, 0.01), (0.06, -0.01), (0.06, 0.0)], 1),
]


@pytest.mark.parametrize(("_what", "figures", "winner"), TABLE, ids=[row[0] for row in TABLE])
def test_the_rule_by_hand(_what: str, figures: list[tuple[float, float]], winner: int) -> None:
    # A hair above 0.01, because 0.06 - 0.05 is not quite 0.01 in floating point.
    assert chosen(judged(*figures, error=0.01 + 1e-12)) == NAMES[winner]


def test_the_standard_error_is_that_of_the_highest_lift() -> None:
    two = judged((0.060, 0.09), (0.055, 0.04))
    assert two[0].lift is not None
    assert two[1].lift is not None
    sure = [replace(two[0], lift=replace(two[0].lift, standard_error=0.001)), two[1]]
    unsure_of_the_other = [two[0], replace(two[1], lift=replace(two[1].lift, standard_error=0.0001))]

    assert chosen(sure) == NAMES[0]
    assert chosen(unsure_of_the_other) == NAMES[1]


def test_without_a_group_to_judge_the_model_as_configured_is_kept_and_it_is_said() -> None:
    alone = [replace(each, worst=None) for each in judged((0.03, 0.0), (0.09, 0.0))]

    assert chosen(alone) == "as_configured"
    assert "no group of the validation year is large enough to judge" in sentence_of(alone)


def test_without_a_lift_the_model_as_configured_is_kept_and_it_is_said() -> None:
    unknown = [replace(each, lift=None) for each in judged((0.03, 0.09), (0.09, 0.0))]

    assert chosen(unknown) == "as_configured"
    assert "no date of the validation year had both outcomes" in sentence_of(unknown)


figures = st.tuples(st.floats(-0.1, 0.2, allow_nan=False), st.floats(-0.05, 0.5, allow_nan=False))


@given(st.lists(figures, min_size=2, max_size=6), st.floats(0, 0.05))
def test_nothing_as_good_misses_less_than_the_chosen(rows: list[tuple[float, float]], error: float) -> None:
    candidates = judged(*rows, error=error)
    winner = chosen_by_rule(candidates)
    near = within_one_standard_error(candidates)

    assert winner in near
    assert winner.worst is not None
    assert all(each.worst is not None and each.worst.value > winner.worst.value - 1e-4 for each in near)


@given(st.lists(figures, min_size=3, max_size=6), st.floats(0, 0.05))
def test_taking_away_another_changes_nothing_unless_its_lift_was_the_highest(
    rows: list[tuple[float, float]], error: float
) -> None:
    candidates = judged(*rows, error=error)
    winner = chosen_by_rule(candidates)
    highest = max(rows, key=lambda row: row[0])[0]

    for each in candidates:
        if each is not winner and each.lift is not None and each.lift.value < highest:
            assert chosen_by_rule([other for other in candidates if other is not each]) is winner


def test_the_record_has_every_candidate_in_the_configured_order_and_one_that_is_chosen() -> None:
    candidates = judged((0.060, 0.09004), (0.055, 0.04), (0.03, 0.01))
    record = record_of(candidates, "the board")

    assert record["approved_by"] == "the board"
    assert record["rule"] == RULE
    assert record["chosen"] == NAMES[1]
    assert [each["name"] for each in record["frontier"]] == list(NAMES[:3])
    assert [each["chosen"] for each in record["frontier"]] == [False, True, False]
    assert [each["within_one_standard_error"] for each in record["frontier"]] == [True, True, False]
    first = record["frontier"][0]
    assert first["lift"] == {"value": 0.060, "standard_error": 0.01}
    assert first["behind_highest"] == {"value": 0.0, "standard_error": 0.002}
    assert (first["worst_excess_fnr"], first["worst_group"]) == (0.09, "Disability: yes")
    assert first["what"] == RECIPES["as_configured"].what


def test_the_sentence_says_that_group_outcomes_chose_and_between_what() -> None:
    other = sentence_of(judged((0.060, 0.09), (0.055, 0.04)))
    kept = sentence_of(judged((0.060, 0.04), (0.055, 0.09)))
    too_low = sentence_of(judged((0.030, 0.04), (0.055, 0.09)))

    assert other.startswith("Group outcomes of the validation year chose among 2 candidates")
    assert "“Without health signals” was chosen. It misses less in the worst-off group" in other
    assert other.endswith("0.055 against 0.060 of the model as configured.")
    assert "the model as configured was kept" in kept
    assert "ranks less well: a lift of 0.055 against 0.030" in too_low
    # What a small group's figure is may have to be withheld, so no sentence repeats it.
    assert not any("0.04" in each or "0.09" in each for each in (other, kept, too_low))


def test_the_rule_stands_in_the_documents_word_for_word() -> None:
    page = Path(__file__).parents[2] / "docs" / "choices.md"

    assert RULE in " ".join(page.read_text(encoding="utf-8").replace("> ", "").split())
