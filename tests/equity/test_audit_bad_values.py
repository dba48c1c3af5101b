"""Attribute values that are missing, new, misspelt or all alike: each has its message and its outcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ews.config import load_config
from ews.equity.audit import audit
from ews.errors import GateClosed, UsageError
from ews.starter import starter_text


def misspelt(groups: pd.DataFrame) -> pd.DataFrame:
    return groups.assign(
        race_ethnicity=groups["race_ethnicity"]
        .replace({"A": "Hispanic", "B": "White"})
        .mask(groups.index == 0, "Hispanik")
    )


def shouted(groups: pd.DataFrame) -> pd.DataFrame:
    return groups.assign(race_ethnicity=groups["race_ethnicity"].mask(groups.index < 200, "a "))


def unseen(groups: pd.DataFrame) -> pd.DataFrame:
    return groups.assign(race_ethnicity=groups["race_ethnicity"].mask(groups.index < 3, "Another"))


def some_missing(groups: pd.DataFrame) -> pd.DataFrame:
    return groups.assign(race_ethnicity=groups["race_ethnicity"].mask(groups.index % 2 == 0))


def one_attribute_empty(groups: pd.DataFrame) -> pd.DataFrame:
    return groups.assign(sex=None)


SHOWN = [  # what was done, groups of race, a note, words on a group
    (misspelt, {"C", "Hispanic", "Hispanik", "White"}, "If it is a misspelling", "too few to judge"),
    (shouted, {"A", "B", "C"}, "", ""),
    (unseen, {"A", "Another", "B", "C"}, "", "nobody can have been missed|too few to judge"),
    (some_missing, {"A", "B", "C", "Unknown"}, "", ""),
    (one_attribute_empty, {"A", "B", "C"}, "Sex: no student has a value", "nobody to compare it with"),
]


@pytest.mark.parametrize(("spoil", "names", "note", "words"), SHOWN, ids=[each[0].__name__ for each in SHOWN])
def test_the_audit_is_made_and_says_what_to_look_at(
    district, audit_settings, capacities, spoil: Callable, names: set[str], note: str, words: str
) -> None:
    rows, groups = district(1, students=800)
    sexes = ["F", "M"] * (len(groups) // 2)
    settings = audit_settings(sensitive=["race_ethnicity", "sex"], resamples=200)
    report = audit(
        rows, spoil(groups.assign(sex=sexes)), settings=settings, capacities=capacities, enrolled={}, seed=1
    )
    assert {each["group"] for each in report["attributes"][0]["groups"]} == names
    assert sum(each["n"] for each in report["attributes"][0]["groups"]) == len(rows)
    assert note in " ".join(report["notes"])
    assert bool(report["notes"]) == bool(note)
    said = [each["note"] for attribute in report["attributes"] for each in attribute["groups"]]
    assert any(part in text for part in words.split("|") for text in said)
    if spoil in (misspelt, unseen, one_attribute_empty):
        small = [g for a in report["attributes"] for g in a["groups"] if g["verdict"] == "not_judged"]
        assert small, "never a pass"


ONE = [
    (lambda groups: groups.assign(race_ethnicity="A"), "same group of every attribute"),
    (lambda groups: groups.assign(race_ethnicity=None), "same group of every attribute"),
    (lambda groups: groups.drop(columns="race_ethnicity"), "no column for race_ethnicity"),
]


@pytest.mark.parametrize(("spoil", "said"), ONE, ids=["one group", "no value at all", "no column"])
def test_an_audit_of_one_group_is_none_and_closes_the_gate(
    district, audit_settings, capacities, spoil: Callable, said: str
) -> None:
    rows, groups = district(1, students=300)
    with pytest.raises(GateClosed) as closed:
        audit(rows, spoil(groups), settings=audit_settings(), capacities=capacities, enrolled={}, seed=1)
    assert closed.value.exit_code == 50
    assert said in closed.value.found
    assert closed.value.next_step


NONSENSE = [
    ("excess_fnr: 0.10", "excess_fnr: 1.5", "audit.tolerance.excess_fnr"),
    ("excess_fnr: 0.10", "excess_fnr: 0", "audit.tolerance.excess_fnr"),
    ("excess_fnr: 0.10", "excess_fnr: -0.1", "audit.tolerance.excess_fnr"),
    ("excess_fnr: 0.10", "excess_fnr: .nan", "audit.tolerance.excess_fnr"),
    ("excess_fnr: 0.10", "excess_fnr: ten percent", "audit.tolerance.excess_fnr"),
    ("auc_difference: 0.10", "auc_difference: 0.5", "audit.tolerance.auc_difference"),
    ("    auc_difference: 0.10", "    # none", "audit.tolerance.auc_difference"),
    ("auc_difference: 0.10", "recall_ratio: 0.8", "recall_ratio"),
    ("min_group: 30", "min_group: 1", "audit.min_group"),
    ("min_group: 30", "min_group: 9", "min_group may not be below min_cell"),
    ("[race_ethnicity, disability", "[race_ethnicty, disability", "audit.sensitive"),
    ("[race_ethnicity, disability", "[disability, disability", "audit.sensitive"),
    ("[race_ethnicity, disability, english_learner]", "[]", "audit.sensitive"),
    ("[race_ethnicity, disability", "[meal_status, disability", "meal_programs may not be read"),
]


@pytest.mark.parametrize(("stated", "instead", "named"), NONSENSE, ids=[each[1].strip() for each in NONSENSE])
def test_nonsense_in_the_audit_s_settings_stops_before_anything(
    tmp_path: Path, stated: str, instead: str, named: str
) -> None:
    text = starter_text()
    assert stated in text
    path = tmp_path / "district.yaml"
    path.write_text(text.replace(stated, instead), encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load_config(path)
    assert refused.value.exit_code == 2
    assert named in str(refused.value)
