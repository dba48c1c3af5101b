"""A district's own rules beside the others: which kinds count, who is counted, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ews.definitions import PRESETS, Definition
from tests.rates.hand_made import definition, judged, judged_by, school_year
from tests.rates.people import people, same


def test_a_kind_may_count_as_absence_as_attendance_or_not_at_all() -> None:
    """Of 120 days twelve are ten percent; with ten days in neither, eleven of 110."""
    pupils = people("""
        student                    | enrolled | marks
        suspended in school        | 120      | 12 I
        suspended for part of it   | 120      | 12 I 0.4
        excused                    | 120      | 12 E
        exempt, eleven absent      | 120      | 10 X, 11 A
        late for half a day        | 120      | 12 T 0.5
    """)
    rules: dict[str, dict[str, Any]] = {
        "as usual": {},
        "in-school suspension is absence": {"kinds": {"in_school_suspension": "absence"}},
        "excused is attendance": {"kinds": {"absent_excused": "attendance"}},
        "excused is in neither": {"kinds": {"absent_excused": "neither"}},
        "exempt is attendance": {"kinds": {"exempt": "attendance"}},
        "exempt is absence": {"kinds": {"exempt": "absence"}},
        "tardies never count": {"kinds": {"tardy": "attendance"}},
    }
    with school_year(*pupils) as placed:
        found = judged_by(placed, [definition(name, **given) for name, given in rules.items()])
    chronic = {
        name: ", ".join(row["student"] for row in rows if row["chronic"] == "yes")
        for name, rows in found.items()
    }
    assert chronic == {
        "as usual": "excused, exempt, eleven absent, late for half a day",
        "in-school suspension is absence": "excused, exempt, eleven absent, late for half a day, "
        "suspended in school",
        "excused is attendance": "exempt, eleven absent, late for half a day",
        "excused is in neither": "exempt, eleven absent, late for half a day",
        "exempt is attendance": "excused, late for half a day",
        "exempt is absence": "excused, exempt, eleven absent, late for half a day",
        "tardies never count": "excused, exempt, eleven absent",
    }


def test_students_who_left_before_the_last_counted_day_may_be_left_out() -> None:
    """A student who moved on is a leaver of the first school, and none of the district."""
    pupils = people("""
        student            | school | from | enrolled | marks
        stayed             | s1     | 1    | 120      | 12 A
        left a day early   | s1     | 1    | 119      | 12 A
        moved              | s1     | 1    | 60       | 12 A
        moved              | s2     | 61   | 60       |
        left, came back    | s1     | 1    | 30       | 12 A
        left, came back    | s1     | 100  | 21       |
    """)
    stayers = definition("stayers", leavers="out")
    with school_year(*pupils) as placed:
        district, schools = judged(placed, stayers), judged(placed, stayers, "school")
    same(
        district,
        """
        student            | counted
        stayed             | yes
        left a day early   | no
        moved              | yes
        left, came back    | yes
        """,
    )
    same(
        schools,
        """
        student            | school | counted
        stayed             | s1     | yes
        left a day early   | s1     | no
        moved              | s1     | no
        moved              | s2     | yes
        left, came back    | s1     | yes
        """,
    )


def test_a_transfer_counts_once_following_the_student_and_twice_by_school() -> None:
    """Six of the first forty days and six of the other eighty: 10% in all, 15% and 7.5% at the schools."""
    pupils = people("""
        student            | school | from | enrolled | marks
        moved              | s1     | 1    | 40       | 6 A
        moved              | s2     | 41   | 80       | 6 A
        60% then 95%       | s1     | 1    | 40       | 16 A
        60% then 95%       | s2     | 41   | 80       | 4 A
        too short at first | s1     | 1    | 9        | 9 A
        too short at first | s2     | 10   | 111      | 3 A
    """)
    with school_year(*pupils) as placed:
        district = judged(placed, definition("edfacts"))
        schools = judged(placed, definition("edfacts"), "school")
    same(
        district,
        """
        student            | school | counted | chronic
        moved              | s2     | yes     | yes
        60% then 95%       | s2     | yes     | yes
        too short at first | s2     | yes     | yes
        """,
    )
    same(
        schools,
        """
        student            | school | counted | chronic
        moved              | s1     | yes     | yes
        moved              | s2     | yes     | no
        60% then 95%       | s1     | yes     | yes
        60% then 95%       | s2     | yes     | no
        too short at first | s1     | no      | no
        too short at first | s2     | yes     | no
        """,
    )


def test_a_custom_definition_may_be_like_a_known_one() -> None:
    beside = Definition.model_validate(
        {"beside": ["edfacts", "california", {"name": "ours", "like": "wisconsin", "inclusive": True}]}
    ).beside
    assert [each.name for each in beside] == ["edfacts", "california", "ours"]
    assert beside[1] == PRESETS["california"]
    assert (beside[2].inclusive, beside[2].min_enrolled_days, beside[2].partial_day) == (True, 90, "thirds")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"beside": ["edfact"]}, "no such definition (did you mean 'edfacts'?)"),
        ({"beside": ["edfacts", "edfacts"]}, "two definitions are named 'edfacts'"),
        ({"name": "ours", "beside": [{"name": "ours"}]}, "two definitions are named 'ours'"),
        ({"beside": [{"name": "california", "threshold": 0.05}]}, "give yours another name"),
        ({"name": "edfacts"}, "give yours another name"),
        ({"beside": [{"threshold": 0.05}]}, "Field required"),
        ({"beside": [{"name": "ours", "treshold": 0.05}]}, "Extra inputs are not permitted"),
        ({"beside": [{"name": "ours", "days": 15}]}, "days is for measure: days"),
        ({"beside": [{"name": "ours", "measure": "days"}]}, "measure: days needs days"),
        ({"beside": [{"name": "ours", "measure": "hours"}]}, "needs hours_in_year or hours_in_month"),
        ({"beside": [{"name": "ours", "kinds": {"present": "absence"}}]}, "Input should be"),
        ({"beside": [{"name": "ours", "grain": "state"}]}, "Input should be"),
        ({"threshold": "0.1234567891"}, "at most 9 decimal places"),
        ({"measure": "minutes"}, "can only stand in definition.beside"),
        ({"leavers": "out"}, "can only stand in definition.beside"),
        ({"kinds": {"exempt": "absence"}}, "for the model exempt days"),
        ({"kinds": {"absent_excused": "neither"}}, "for the model exempt days"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Definition.model_validate(given)
    assert message in str(refused.value)


def test_what_stands_beside_it_changes_nothing_about_the_definition_that_a_model_learnt() -> None:
    """A model carries a digest of its definition: it still holds when others are put beside."""
    contract = {
        "threshold": "0.10",
        "inclusive": True,
        "min_enrolled_days": 10,
        "grain": "district",
        "partial_day": "half",
    }
    plain = Definition.model_validate(contract)
    beside = Definition.model_validate(
        {**contract, "name": "ours", "beside": ["edfacts", "days_15"], "kinds": {"exempt": "neither"}}
    )
    assert plain.model_dump(mode="json") == beside.model_dump(mode="json") == contract
    changed = Definition.model_validate({**contract, "kinds": {"in_school_suspension": "absence"}})
    assert changed.model_dump(mode="json") == {**contract, "kinds": {"in_school_suspension": "absence"}}
