"""The one order of students on a list, looked at once for every score that fills it."""

import datetime as dt
import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ews.capacity import listed, place
from ews.config import Capacities
from ews.list_order import ListOrder, places_within

DAYS = (dt.date(2024, 10, 1), dt.date(2024, 11, 5))
LIMITS = Capacities.model_validate({"prevent": {"per_school": 2}, "intensive": {"per_school": 1}})


@st.composite
def competing(draw: st.DrawFn) -> pd.DataFrame:
    """Rows of a few students on two days, with scores that are often equal."""
    keys = draw(
        st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(DAYS)), min_size=1, unique=True)
    )
    return pd.DataFrame(
        {
            "student_id": [student for student, _ in keys],
            "as_of_date": [day for _, day in keys],
            "school_id": draw(st.lists(st.sampled_from("xyz"), min_size=len(keys), max_size=len(keys))),
            "already_chronic": draw(st.lists(st.booleans(), min_size=len(keys), max_size=len(keys))),
            "absences_left": draw(st.lists(st.integers(0, 2), min_size=len(keys), max_size=len(keys))),
            "risk": draw(st.lists(st.sampled_from([0.1, 0.5]), min_size=len(keys), max_size=len(keys))),
            "rule": draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=len(keys), max_size=len(keys))),
        }
    )


@settings(deadline=None)
@given(competing())
def test_the_order_is_score_then_absences_left_then_the_digest_of_the_id(rows: pd.DataFrame):
    found = rows.iloc[ListOrder.of(rows).by(rows["risk"])]
    keys = [
        (-each.risk, each.absences_left, hashlib.sha256(each.student_id.encode()).hexdigest())
        for each in found.itertuples()
    ]
    assert keys == sorted(keys)
    assert len(found) == len(rows)


@settings(deadline=None)
@given(competing(), st.sampled_from(["risk", "rule"]))
def test_an_order_that_is_known_already_changes_nothing(rows: pd.DataFrame, score: str):
    order = ListOrder.of(rows)
    pd.testing.assert_frame_equal(place(rows, LIMITS, {}, score, order), place(rows, LIMITS, {}, score))
    on_lists = listed(rows, order, order.by(rows[score]), LIMITS, {})
    assert on_lists.tolist() == place(rows, LIMITS, {}, score)["selected"].tolist()


def test_students_and_dates_are_numbered_in_their_order_and_schools_as_they_occur():
    rows = pd.DataFrame(
        {
            "student_id": ["c", "a", "c"],
            "as_of_date": [DAYS[1], DAYS[1], DAYS[0]],
            "school_id": ["y", "x", "y"],
            "absences_left": [1, 1, 1],
        }
    )
    order = ListOrder.of(rows)
    assert (order.student.tolist(), order.students) == ([1, 0, 1], 2)
    assert (order.date.tolist(), order.dates) == ([1, 1, 0], DAYS)
    assert order.list_of_school.tolist() == [2, 3, 0]
    assert order.schools == ("y", "x")


def test_places_by_date_alone_pay_no_attention_to_schools():
    rows = pd.DataFrame(
        {
            "student_id": ["s1", "s2", "s3", "s4"],
            "as_of_date": DAYS[0],
            "school_id": ["north", "north", "south", "south"],
            "absences_left": [0, 4, 0, 3],
            "risk": [0.90, 0.80, 0.85, 0.80],
        }
    )
    order = ListOrder.of(rows)
    assert places_within(order.date, order.by(rows["risk"])).tolist() == [1, 4, 2, 3]


def test_places_are_counted_within_each_group():
    assert places_within(np.array([7, 3, 7, 3]), np.array([2, 1, 0, 3])).tolist() == [2, 1, 1, 2]


def test_a_score_that_is_missing_cannot_be_ordered():
    rows = pd.DataFrame(
        {"student_id": ["a"], "as_of_date": [DAYS[0]], "absences_left": [0], "risk": [np.nan]}
    )
    with pytest.raises(ValueError, match="1 rows have no risk"):
        ListOrder.of(rows).by(rows["risk"])


def test_lists_of_schools_need_schools():
    rows = pd.DataFrame({"student_id": ["a"], "as_of_date": [DAYS[0]], "absences_left": [0]})
    with pytest.raises(ValueError, match="school_id"):
        _ = ListOrder.of(rows).list_of_school
