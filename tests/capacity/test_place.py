"""Who is on a list: the order, the sections, and what a school can reach."""

import datetime as dt
import hashlib
from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ews.capacity import place, section_capacity
from ews.config import Capacities, Capacity
from ews.errors import UsageError

DAY = dt.date(2024, 10, 1)


def capacities(prevent: dict, intensive: dict) -> Capacities:
    return Capacities.model_validate({"prevent": prevent, "intensive": intensive})


def students(text: str) -> pd.DataFrame:
    """Read a printed table: student, school, risk, already chronic, absences left."""
    rows = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame(
        rows, columns=["student_id", "school_id", "risk", "already_chronic", "absences_left"]
    )
    frame["as_of_date"] = DAY
    return frame.astype({"risk": float, "absences_left": int}).assign(
        already_chronic=frame["already_chronic"] == "yes"
    )


def test_each_section_is_filled_from_the_highest_risk_down_to_what_the_school_can_reach():
    rows = students(
        """
        s1  north  0.90  yes  0
        s2  north  0.80  no   4
        s3  north  0.70  no   6
        s4  north  0.60  no   9
        s5  north  0.50  yes  0
        s6  south  0.10  no   9
        """
    )
    placed = place(rows, capacities({"per_school": 2}, {"per_school": 1}), {})
    assert placed["section"].tolist() == [
        "intensive",
        "prevent",
        "prevent",
        "prevent",
        "intensive",
        "prevent",
    ]
    assert placed["rank_in_section"].tolist() == [1, 1, 2, 3, 2, 1]
    assert placed["rank_in_school"].tolist() == [1, 2, 3, 4, 5, 1]
    assert placed["selected"].tolist() == [True, True, True, False, False, True]


def test_equal_risks_are_ordered_by_fewer_absences_left_and_then_by_the_digest_of_the_id():
    rows = students(
        """
        s1  north  0.50  no  7
        s2  north  0.50  no  3
        s3  north  0.50  no  7
        s4  north  0.50  no  7
        """
    )
    tied = sorted(["s1", "s3", "s4"], key=lambda each: hashlib.sha256(each.encode()).hexdigest())
    placed = place(rows, capacities({"per_school": 2}, {"per_school": 0}), {})
    by_rank = rows["student_id"][placed["rank_in_section"].sort_values().index].tolist()
    assert by_rank == ["s2", *tied]
    assert tied != ["s1", "s3", "s4"], "the example must tell the digest's order from the order of rows"


def test_every_date_has_its_own_list():
    first = students("s1 north 0.9 no 1\n s2 north 0.8 no 1")
    second = first.assign(as_of_date=dt.date(2024, 11, 1), risk=[0.1, 0.2])
    rows = pd.concat([first, second], ignore_index=True)
    placed = place(rows, capacities({"per_school": 1}, {"per_school": 1}), {})
    assert placed["selected"].tolist() == [True, False, False, True]


def test_a_percentage_is_of_the_school_s_enrollment_and_rounded_up():
    rows = students("\n".join(f"s{i} north 0.{i + 10} no 1" for i in range(9)))
    placed = place(rows, capacities({"percent": 4}, {"percent": 0}), {(DAY, "north"): 51})
    assert placed["selected"].sum() == 3  # 2.04 rounded up


@pytest.mark.parametrize(
    ("percent", "enrolled", "expected"),
    [
        (4, 25, 1),
        (4, 26, 2),
        (4.1, 1000, 41),
        (0.1, 1, 1),
        (0, 900, 0),
        (100, 7, 7),
        (7, 100, 7),
        (29, 100, 29),
    ],
)
def test_a_percentage_is_exact(percent: float, enrolled: int, expected: int):
    # In floating point 0.07 × 100 is 7 and a hair, which would be rounded up to 8.
    assert section_capacity(Capacity(percent=percent), "north", enrolled) == expected


def test_a_percentage_without_enrollment_is_a_defect():
    with pytest.raises(ValueError, match="needs the number of students"):
        section_capacity(Capacity(percent=4), "north")


def test_a_school_that_by_school_leaves_out_is_named_with_its_key():
    rows = students("s1 north 0.9 no 1\n s2 south 0.8 no 1")
    with pytest.raises(UsageError) as refused:
        place(rows, capacities({"by_school": {"north": 3}}, {"per_school": 1}), {})
    assert "outreach.capacity.prevent.by_school" in str(refused.value)
    assert "south" in refused.value.found
    assert refused.value.exit_code == 2


def test_a_school_left_out_of_a_section_that_is_empty_today_is_refused_all_the_same():
    rows = students("s1 north 0.9 no 1")
    with pytest.raises(UsageError, match="intensive"):
        place(rows, capacities({"by_school": {"north": 3}}, {"by_school": {}}), {})


def test_by_school_gives_each_school_its_own_number():
    rows = students("s1 north 0.9 no 1\n s2 north 0.8 no 1\n s3 south 0.8 no 1\n s4 south 0.7 no 1")
    limits = capacities({"by_school": {"north": 2, "south": 0, "unused": 5}}, {"per_school": 0})
    assert place(rows, limits, {})["selected"].tolist() == [True, True, False, False]


def test_another_score_can_fill_the_same_lists():
    rows = students("s1 north 0.9 no 1\n s2 north 0.1 no 1").assign(rule_prior_year=[0.0, 0.3])
    placed = place(rows, capacities({"per_school": 1}, {"per_school": 1}), {}, score="rule_prior_year")
    assert placed["selected"].tolist() == [False, True]


def test_a_row_without_a_score_is_a_defect_and_not_a_last_place():
    rows = students("s1 north nan no 1\n s2 north 0.1 no 1")
    with pytest.raises(ValueError, match="1 rows have no risk"):
        place(rows, capacities({"per_school": 1}, {"per_school": 1}), {})


def test_nobody_scored_gives_an_empty_list():
    rows = students("s1 north 0.9 no 1").iloc[:0]
    assert place(rows, capacities({"per_school": 1}, {"per_school": 1}), {}).empty


row = st.fixed_dictionaries(
    {
        "school_id": st.sampled_from(["north", "south", "west"]),
        "risk": st.sampled_from([0.0, 0.25, 0.5, 0.5000001, 1.0]),
        "already_chronic": st.booleans(),
        "absences_left": st.integers(0, 2),
        "as_of_date": st.sampled_from([DAY, dt.date(2024, 11, 1)]),
    }
)
limit = st.one_of(
    st.fixed_dictionaries({"per_school": st.integers(0, 4)}),
    st.fixed_dictionaries({"percent": st.sampled_from([0.0, 3.3, 50.0])}),
)


def frame_of(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows).assign(student_id=[f"s{at}" for at in range(len(rows))])


@settings(max_examples=60, deadline=None)
@given(st.lists(row, min_size=1, max_size=30), limit, limit, st.randoms(use_true_random=False))
def test_whatever_the_district_lists_obey_their_rules(rows, prevent, intensive, random):
    frame = frame_of(rows)
    limits = capacities(prevent, intensive)
    enrolled = dict.fromkeys(zip(frame["as_of_date"], frame["school_id"], strict=True), 40)
    placed = place(frame, limits, enrolled)
    joined = frame.join(placed)

    listed = Counter(
        map(tuple, joined.loc[joined["selected"], ["as_of_date", "school_id", "section"]].values)
    )
    held = Counter(map(tuple, joined[["as_of_date", "school_id", "section"]].values))
    for key, number in held.items():
        capacity = section_capacity(getattr(limits, key[2]), key[1], 40)
        assert listed[key] == min(capacity, number), "a list is as long as capacity and students allow"

    assert (joined["section"] == "intensive").tolist() == frame["already_chronic"].tolist()
    for _, school in joined.groupby(["as_of_date", "school_id"]):
        in_order = school.sort_values("rank_in_school")
        digests = [hashlib.sha256(each.encode()).hexdigest() for each in in_order["student_id"]]
        keys = list(zip(-in_order["risk"], in_order["absences_left"], digests, strict=True))
        assert keys == sorted(keys), "students stand in the one order, ties broken as stated"
        assert in_order["rank_in_school"].tolist() == list(range(1, len(school) + 1))

    shuffled = random.sample(range(len(frame)), len(frame))
    pd.testing.assert_frame_equal(place(frame.iloc[shuffled], limits, enrolled), placed.iloc[shuffled])
