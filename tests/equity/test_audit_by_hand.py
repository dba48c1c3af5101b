"""An audit of forty students, worked out on paper.

One school, one date; the list in use has room for six, eighteen became chronically absent:

    group  risk 0.9           risk 0.5           risk 0.1            positives
    A      4 students, 4 pos  6 students, 3 pos  10 students, 1 pos   8 of 20
    B      2 students, 2 pos  6 students, 4 pos  12 students, 4 pos  10 of 20

So B's need is under-estimated at the bottom. The list in use holds those at 0.9; the long one, of 18,
those at 0.9 and 0.5.
"""

import datetime as dt

import pandas as pd
import pytest

from ews.config import Capacities
from ews.equity.audit import audit
from ews.model.intervals import wilson

CELLS = [  # group, risk, students, of whom positive
    ("A", 0.9, 4, 4),
    ("A", 0.5, 6, 3),
    ("A", 0.1, 10, 1),
    ("B", 0.9, 2, 2),
    ("B", 0.5, 6, 4),
    ("B", 0.1, 12, 4),
]
SIX = Capacities.model_validate({"prevent": {"per_school": 6}, "intensive": {"per_school": 0}})


def forty_students() -> pd.DataFrame:
    people = [
        {"group": group, "risk": risk, "label": int(at < positive)}
        for group, risk, students, positive in CELLS
        for at in range(students)
    ]
    frame = pd.DataFrame(people)
    return frame.assign(
        student_id=[f"s{at:02d}" for at in range(len(frame))],
        school_id="north",
        as_of_date=dt.date(2024, 10, 1),
        already_chronic=False,
        absences_left=5,
    )


@pytest.fixture
def report(audit_settings) -> dict:
    frame = forty_students()
    groups = frame[["student_id"]].assign(race_ethnicity=frame["group"])
    settings = audit_settings(min_group=5, min_cell=5)
    return audit(frame, groups, settings=settings, capacities=SIX, enrolled={}, seed=1)


@pytest.fixture
def of(report) -> dict:
    return {each["group"]: each for each in report["attributes"][0]["groups"]}


def test_the_counts_stand_beside_every_rate(of):
    for group, positives in (("A", 8), ("B", 10)):
        assert of[group]["n"] == of[group]["students"] == 20
        assert of[group]["positives"] == of[group]["positive_students"] == positives


@pytest.mark.parametrize(
    ("list_name", "rate", "a", "b"),
    [
        ("deployed", "selection_rate", (4, 20), (2, 20)),
        ("deployed", "fnr", (4, 8), (8, 10)),
        ("deployed", "fpr", (0, 12), (0, 10)),
        ("deployed", "precision", (4, 4), (2, 2)),
        ("deployed", "false_omission_rate", (4, 16), (8, 18)),
        ("long", "selection_rate", (10, 20), (8, 20)),
        ("long", "fnr", (1, 8), (4, 10)),
        ("long", "fpr", (3, 12), (2, 10)),
        ("long", "precision", (7, 10), (6, 8)),
        ("long", "false_omission_rate", (1, 10), (4, 12)),
    ],
)
def test_a_rate_is_its_count_and_its_interval_is_wilson_s(of, list_name, rate, a, b):
    for group, (part, whole) in (("A", a), ("B", b)):
        found = of[group]["lists"][list_name][rate]
        assert found["value"] == pytest.approx(part / whole)
        assert (found["low"], found["high"]) == pytest.approx(wilson(part, whole))


@pytest.mark.parametrize(
    ("list_name", "rate", "a", "b"),
    [
        ("deployed", "selection_rate", 4 / 20, 2 / 20),
        ("deployed", "fnr", 4.0 / 7.6, 4.2 / 6.0),
        ("deployed", "fpr", 0.4 / 12.4, 0.2 / 14.0),
        ("deployed", "precision", 0.9, 0.9),
        ("deployed", "false_omission_rate", 4.0 / 16, 4.2 / 18),
        ("long", "fnr", 1.0 / 7.6, 1.2 / 6.0),
        ("long", "precision", 6.6 / 10, 4.8 / 8),
        ("long", "false_omission_rate", 0.1, 0.1),
    ],
)
def test_beside_it_stands_what_the_risks_alone_would_give(of, list_name, rate, a, b):
    assert of["A"]["lists"][list_name][rate]["expected"] == pytest.approx(a)
    assert of["B"]["lists"][list_name][rate]["expected"] == pytest.approx(b)


def test_the_excess_miss_rate_is_the_need_missed_beyond_what_the_risks_said(of):
    # In use: A misses 4 - 4.0 = 0 of 8; B misses 8 - 4.2 = 3.8 of 10.
    assert of["A"]["lists"]["deployed"]["excess_fnr"]["value"] == pytest.approx(0 / 8 - 3.8 / 10)
    assert of["B"]["lists"]["deployed"]["excess_fnr"]["value"] == pytest.approx(3.8 / 10 - 0 / 8)
    # Long: A misses 1 - 1.0 = 0 of 8; B misses 4 - 1.2 = 2.8 of 10.
    assert of["B"]["lists"]["long"]["excess_fnr"]["value"] == pytest.approx(2.8 / 10 - 0 / 8)


def test_the_auc_counts_pairs_and_its_difference_is_the_rest_minus_the_group(of):
    # A: 4×12 + 3×(9 + 3/2) + 1×(9/2) = 84 of 8×12 pairs; B: 2×10 + 4×(8 + 2/2) + 4×(8/2) = 72 of 10×10.
    assert of["A"]["auc"]["value"] == pytest.approx(84 / 96)
    assert of["B"]["auc"]["value"] == pytest.approx(0.72)
    assert of["B"]["auc_difference"]["value"] == pytest.approx(84 / 96 - 0.72)


def test_every_comparison_is_listed_and_holds_the_group_s_figures(report, of):
    declared = [(each["group"], each["list"], each["measure"]) for each in report["comparisons"]]
    assert declared == [
        (group, *each)
        for group in ("A", "B")
        for each in (("deployed", "excess_fnr"), ("long", "excess_fnr"), (None, "auc_difference"))
    ]
    b_long = next(each for each in report["comparisons"] if (each["group"], each["list"]) == ("B", "long"))
    assert {key: b_long[key] for key in ("value", "low", "high")} == of["B"]["lists"]["long"]["excess_fnr"]
    assert b_long["low"] < b_long["value"] < b_long["high"]


def test_forty_students_are_too_few_to_show_that_nobody_is_harmed(report, of):
    assert of["B"]["verdict"] in {"insufficient_evidence", "fail"}
    assert report["verdict"] != "pass"


def test_the_list_in_use_and_the_long_one_are_described(report):
    assert set(report["lists"]) == {"deployed", "long"}
    assert report["tolerance"] == {"excess_fnr": 0.10, "auc_difference": 0.10}
    assert (report["min_group"], report["min_cell"], report["resamples"]) == (5, 5, 300)
