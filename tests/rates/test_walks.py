"""From one definition to another: one rule at a time, and the steps add up exactly to the difference."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ews.definitions import PRESETS, Grain, NamedDefinition, Rules
from ews.rates.counts import CHRONIC, COUNTED, NOT_CHRONIC, Column, count
from ews.rates.students import students_of
from ews.rates.walks import ORDER, Judge, State, Walk, states_between, walk
from ews.rates.wording import reason_of
from ews.school_days import SchoolDays
from tests.rates.hand_made import definition, school_year
from tests.rates.long_years import LongYear, long_years
from tests.rates.people import people, same

RELAXED = tuple(HealthCheck)


def walked(placed: SchoolDays, start: State, end: State) -> tuple[Walk, Judge]:
    """The walk between two states, and the judge who counted it."""
    between = states_between(start, end)
    judge = Judge(students_of(placed, [start.rules, *[state.rules for _, state in between], end.rules]))
    columns = [Column(state.rules.name, state.grain) for state in (start, end)]
    return walk(*columns, between, judge, start), judge


def told(found: Walk) -> list[dict[str, str]]:
    """The steps of a walk as printed rows."""
    return [
        {
            "rule": each.rule,
            "in": str(each.entered),
            "out": str(each.left),
            "more": str(each.became),
            "fewer": str(each.ceased),
            "because": reason_of(each.rule, each.before, each.after),
        }
        for each in found.steps
    ]


def test_every_difference_between_two_definitions_has_its_rule() -> None:
    """From the federal definition to California: who is counted first, then what a day is."""
    pupils = people("""
        student          | enrolled | marks     | grade
        twelve days      | 120      | 12 A      | 05
        twelve halves    | 120      | 12 A 0.5  | 05
        thirteen halves  | 120      | 13 A 0.5  | 05
        30 days          | 30       | 10 A      | 05
        20 days, present | 20       |           | 05
        prekindergarten  | 120      | 12 A      | PK
        never came       | 40       | 40 A      | 05
    """)
    with school_year(*pupils) as placed:
        start, end = (State(PRESETS[name], "district") for name in ("edfacts", "california"))
        found, _ = walked(placed, start, end)
    same(
        told(found),
        """
        rule              | in | out | more | fewer | because
        prekindergarten   | 0  | 1   | 0    | 1     | prekindergarten is not counted
        min_enrolled_days | 0  | 2   | 0    | 1     | students with fewer than 31 days enrolled are left out
        partial_day       | 0  | 0   | 0    | 2     | a day counts only when all of it was missed
        min_attended_days | 0  | 1   | 0    | 1     | students who attended no day are left out
        """,
    )


def test_between_the_grains_transfers_are_the_difference() -> None:
    """Chronic at both schools is one more; chronic in all and at neither school is one fewer."""
    pupils = people("""
        student             | school | from | enrolled | marks
        stayed              | s1     | 1    | 120      | 12 A
        chronic at both     | s1     | 1    | 60       | 6 A
        chronic at both     | s2     | 61   | 60       | 6 A
        chronic at one      | s1     | 1    | 40       | 8 A
        chronic at one      | s2     | 41   | 80       | 4 A
        only at the first   | s1     | 1    | 20       | 2 A
        only at the first   | s2     | 21   | 100      |
        all nine days there | s1     | 1    | 9        | 9 A
        all nine days there | s2     | 10   | 111      | 3 A
    """)
    with school_year(*pupils) as placed:
        start, end = (State(PRESETS["edfacts"], grain) for grain in ("district", "school"))
        found, _ = walked(placed, start, end)
    same(told(found), "rule | in | out | more | fewer\n grain | 3 | 0 | 2 | 1")


def test_one_definition_contains_another_where_students_only_cease_to_be_chronic() -> None:
    """Of parts and halves neither contains the other; New Jersey's minimum only takes students away."""
    pupils = people("""
        student         | school | from | enrolled | marks
        twelve halves   | s1     | 1    | 120      | 12 A 0.5
        thirty tenths   | s1     | 1    | 120      | 120 A 0.1
        twenty days     | s1     | 1    | 20       | 4 A
        moved           | s1     | 1    | 60       | 6 A
        moved           | s2     | 61   | 60       | 6 A
        moved, and not  | s1     | 1    | 20       | 2 A
        moved, and not  | s2     | 21   | 100      |
        at the first    | s1     | 1    | 60       | 12 A
        at the first    | s2     | 61   | 60       |
    """)
    parts = definition("parts", partial_day="fraction")
    federal, jersey = PRESETS["edfacts"], PRESETS["new_jersey"]
    with school_year(*pupils) as placed:
        judge = Judge(students_of(placed, [federal, jersey, parts]))
        found = [
            judge.contained(State(federal, "district"), State(jersey, "district")),
            judge.contained(State(federal, "district"), State(parts, "district")),
            judge.contained(State(federal, "district"), State(federal, "school")),
            judge.contained(State(federal, "district"), State(jersey, "school")),
        ]
    everything = {COUNTED, CHRONIC, NOT_CHRONIC}
    assert found == [everything, {COUNTED}, everything, set()]


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_definition_is_no_step_from_itself_whatever_its_name(name: str) -> None:
    rules = PRESETS[name]
    renamed = rules.model_copy(update={"name": "another"})
    assert states_between(State(rules, "school"), State(renamed, "school")) == []
    assert State(rules, "school").key == State(renamed, "school").key


def test_every_rule_of_a_definition_has_its_place_in_the_order() -> None:
    placed = {key for _, keys in ORDER for key in keys}
    assert placed | {"name"} == set(Rules.model_fields)


@st.composite
def states(draw: st.DrawFn) -> State:
    """A preset, or any mixture of rules, at a grain."""
    grain: Grain = draw(st.sampled_from(("district", "school")))
    if draw(st.booleans()):
        return State(PRESETS[draw(st.sampled_from(sorted(PRESETS)))], grain)
    rules: dict[str, Any] = {
        "partial_day": draw(st.sampled_from(("half", "fraction", "whole", "thirds"))),
        "min_enrolled_days": draw(st.sampled_from((1, 10, 31, 46))),
        "min_attended_days": draw(st.sampled_from((0, 1, 9))),
        "inclusive": draw(st.booleans()),
        "leavers": draw(st.sampled_from(("in", "out"))),
        "prekindergarten": draw(st.sampled_from(("in", "out"))),
        "kinds": draw(
            st.sampled_from(
                ({}, {"in_school_suspension": "absence"}, {"absent_excused": "neither", "exempt": "absence"})
            )
        ),
        **draw(st.sampled_from(BOUNDS)),
    }
    return State(definition("mixed", **rules), grain)


BOUNDS: tuple[dict[str, Any], ...] = (
    {"threshold": "0.05"},
    {"threshold": "0.10"},
    {"measure": "days", "days": 5},
    {"measure": "minutes", "threshold": "0.10"},
    {"measure": "hours", "hours_in_month": 20},
    {"measure": "hours", "hours_in_year": 65, "hours_in_month": 38},
)


def assert_adds_up(year: LongYear, start: State, end: State) -> None:
    with school_year(year.enrollments, year.attendance) as placed:
        found, judge = walked(placed, start, end)
        first, last = (count(judge.students, each.grain, judge.of(each)).total for each in (start, end))
    assert last.chronic - first.chronic == sum(each.became - each.ceased for each in found.steps)
    assert last.n - first.n == sum(each.entered - each.left for each in found.steps)
    path = [start.key, *[each.after.key for each in found.steps]]
    assert path[-1] == end.key
    assert len(set(path)) == len(path), "every step changes something"
    assert all(min(each.entered, each.left, each.became, each.ceased) >= 0 for each in found.steps)


def test_each_step_changes_one_rule_and_every_state_on_the_way_is_a_valid_definition() -> None:
    start, end = State(PRESETS["wisconsin"], "district"), State(PRESETS["ohio_excessive"], "school")
    before = start.rules
    for rule, after in states_between(start, end):
        NamedDefinition.model_validate(after.rules.model_dump() | {"name": "on the way"})
        changed = {key for key in Rules.model_fields if getattr(before, key) != getattr(after.rules, key)}
        assert changed <= set(dict(ORDER).get(rule, ()))
        before = after.rules
    assert before.model_copy(update={"name": "ohio_excessive"}) == PRESETS["ohio_excessive"]


@settings(
    max_examples=2, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)
@given(long_years(), states(), states())
def test_the_steps_add_up_exactly_to_the_difference(year: LongYear, start: State, end: State) -> None:
    assert_adds_up(year, start, end)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=RELAXED)
@given(long_years(max_students=25), states(), states())
def test_the_steps_add_up_in_many_years(year: LongYear, start: State, end: State) -> None:
    assert_adds_up(year, start, end)
