"""Candidates on simulated districts: the fairer of equals is chosen, and by nothing but group outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ews.config import Audit, Candidates, Capacities, Config, Outreach, Training
from ews.equity.audit import audit
from ews.equity.groups import LeftOut
from ews.errors import DataRefused
from ews.model.calibrate import apply_calibrator, fit_calibrator, held_out_risks
from ews.model.labelled_rows import LabelledRows
from ews.model.years import plan_years
from ews.progress import silent
from ews.training.candidates import (
    Candidate,
    Choice,
    choose,
    fit_candidates,
    metrics_of,
    need_a_validation_year,
)
from ews.training.candidates_by_group import (
    judged_groups,
    lists_of,
    without_meal_status,
    worst_excess_miss_rate,
)
from tests.model.uneven_records import WITH, WITHOUT, year

AMONG = Candidates.model_validate({"approved_by": "the board", "among": ["as_configured", "without_health"]})
EQUAL = {"left": 0.5, "visits_tell": 0.5}
"""Visits tell so little that a model without them ranks as well."""

TELLING = {"left": 0.2, "visits_tell": 1.2}
"""Visits tell so much that a model without them ranks worse, however even its misses."""

CAPACITY = {"prevent": {"per_school": 15}, "intensive": {"per_school": 10}}


def _config(**changes: Any) -> Config:
    usual = {
        "sensitive": ["race_ethnicity"],
        "tolerance": {"excess_fnr": 0.10, "auc_difference": 0.10},
        "resamples": 200,
    }
    return Config.model_construct(
        training=Training(resamples=200),
        audit=Audit.model_validate({**usual, **changes}),
        outreach=Outreach(capacity=Capacities.model_validate(CAPACITY)),
    )


@cache
def _fitted(left: float, visits_tell: float) -> tuple[list[Candidate], LabelledRows, pd.DataFrame]:
    train, _ = year(2023, left=left, visits_tell=visits_tell)
    validation, groups = year(2024, left=left, visits_tell=visits_tell)
    return (
        fit_candidates(_config(), AMONG, train, validation, validation, silent),
        validation,
        groups,
    )


def _chosen(district: dict[str, float], groups: pd.DataFrame | None = None, **changes: Any) -> Choice:
    candidates, validation, own = _fitted(**district)
    return choose(candidates, validation, own if groups is None else groups, _config(**changes), AMONG)


def _frontier(choice: Choice, key: str) -> list[Any]:
    return [each[key] for each in choice.record["frontier"]]


def test_a_fairer_candidate_that_ranks_as_well_is_chosen() -> None:
    choice = _chosen(EQUAL)

    assert choice.record["chosen"] == "without_health"
    assert choice.model is _fitted(**EQUAL)[0][1].model
    assert _frontier(choice, "within_one_standard_error") == [True, True]
    configured, without = _frontier(choice, "worst_excess_fnr")
    assert configured > without + 0.10
    assert _frontier(choice, "worst_group")[0] == f"Race and ethnicity: {WITHOUT}"


def test_a_fairer_candidate_that_ranks_worse_is_not_chosen() -> None:
    choice = _chosen(TELLING)

    assert choice.record["chosen"] == "as_configured"
    assert choice.model is _fitted(**TELLING)[0][0].model
    assert _frontier(choice, "within_one_standard_error") == [True, False]
    configured, without = _frontier(choice, "worst_excess_fnr")
    assert configured > without + 0.10


def test_who_students_are_changes_no_candidate_only_which_is_chosen() -> None:
    _, _, groups = _fitted(**EQUAL)
    own = _chosen(EQUAL)
    chosen = set()
    for seed in range(6):
        names = np.random.default_rng(seed).permutation(groups["race_ethnicity"].to_numpy())
        choice = _chosen(EQUAL, groups.assign(race_ethnicity=names))
        assert _frontier(choice, "model_digest") == _frontier(own, "model_digest")
        assert _frontier(choice, "lift") == _frontier(own, "lift")
        chosen.add(choice.record["chosen"])

    assert chosen == {"as_configured", "without_health"}


def test_the_same_students_and_seed_give_the_same_candidates_to_the_byte() -> None:
    train, _ = year(2023, **EQUAL)
    validation, groups = year(2024, **EQUAL)
    again = fit_candidates(_config(), AMONG, train, validation, validation, silent)

    assert choose(again, validation, groups, _config(), AMONG).record == _chosen(EQUAL).record


def test_the_order_of_the_audit_frame_changes_nothing() -> None:
    groups = _fitted(**EQUAL)[2].sample(frac=1, random_state=1)

    assert _chosen(EQUAL, groups).record == _chosen(EQUAL).record


@pytest.mark.parametrize("district", [EQUAL, TELLING], ids=["equal", "telling"])
def test_the_worst_excess_miss_rate_is_the_one_the_audit_would_give(district: dict[str, float]) -> None:
    candidates, validation, groups = _fitted(**district)
    settings, capacities = _config().audit, _config().outreach.capacity
    for each in candidates:
        rows = validation.standing.assign(risk=each.risks)
        report = audit(rows, groups, settings=settings, capacities=capacities, enrolled={}, seed=1)
        given = [c["value"] for c in report["comparisons"] if c["measure"] == "excess_fnr"]
        lists = lists_of(rows, capacities, {})
        found = worst_excess_miss_rate(rows, judged_groups(rows, groups, settings), lists)
        assert len(given) == 4
        assert found is not None
        assert found.value == pytest.approx(max(given), abs=1e-9)


def _names(groups: pd.DataFrame, **changes: Any) -> list[str]:
    rows = _fitted(**EQUAL)[1].standing
    return [each.name for each in judged_groups(rows, groups, _config(**changes).audit)]


def test_a_group_with_too_few_students_in_need_takes_no_part_nor_does_one_with_too_few_beside_it() -> None:
    _, validation, groups = _fitted(**EQUAL)
    positive = validation.standing.loc[validation.standing["label"] == 1, "student_id"]
    small = groups.assign(race_ethnicity=np.where(groups["student_id"].isin(positive[:29]), "few", "most"))
    enough = groups.assign(race_ethnicity=np.where(groups["student_id"].isin(positive[:30]), "few", "most"))

    assert _names(small) == []
    # Thirty students in need, and nobody else: what became of the group could be read off a report.
    assert _names(enough) == []
    others = validation.standing.loc[validation.standing["label"] == 0, "student_id"][:10]
    shown = groups["student_id"].isin([*positive[:30], *others])
    assert _names(groups.assign(race_ethnicity=np.where(shown, "few", "most"))) == [
        "Race and ethnicity: few",
        "Race and ethnicity: most",
    ]
    assert _names(groups) == [f"Race and ethnicity: {name}" for name in sorted((WITH, WITHOUT))]


def test_without_a_group_large_enough_the_model_as_configured_is_kept() -> None:
    choice = _chosen(EQUAL, min_group=5_000)

    assert choice.record["chosen"] == "as_configured"
    assert choice.model is _fitted(**EQUAL)[0][0].model
    assert "no group of the validation year is large enough" in choice.record["sentence"]
    assert _frontier(choice, "worst_excess_fnr") == [None, None]
    assert not [name for name in metrics_of(choice.record) if name.endswith("fnr")]


def test_an_audit_frame_without_the_attribute_leaves_nothing_to_judge() -> None:
    groups = _fitted(**EQUAL)[2].drop(columns="race_ethnicity")

    assert _chosen(EQUAL, groups).record["chosen"] == "as_configured"


def test_meal_status_takes_no_part() -> None:
    groups = _fitted(**EQUAL)[2]
    with_meals = groups.assign(meal_status=groups["race_ethnicity"])

    assert _names(with_meals, sensitive=["race_ethnicity", "meal_status"]) == _names(groups)
    assert _names(with_meals, sensitive=["meal_status"]) == []
    both = _config(sensitive=["race_ethnicity", "meal_status"])
    assert without_meal_status(both).audit == _config().audit


def test_students_an_attribute_says_nothing_about_are_in_no_group_and_in_no_rest() -> None:
    _, validation, groups = _fitted(**EQUAL)
    unaskable = LeftOut(frozenset(groups["student_id"][:400]), frozenset({"school5"}), "not asked")
    sides = judged_groups(validation.standing, groups, _config().audit, {"race_ethnicity": unaskable})

    inside = ~validation.standing["school_id"].eq("school5") & (np.arange(len(groups)) >= 400)
    assert len(sides) == 2
    assert all(each.side.notna().equals(inside) for each in sides)


def test_need_is_measured_against_risks_that_have_not_seen_the_student() -> None:
    candidate, validation = _fitted(**EQUAL)[0][0], _fitted(**EQUAL)[1]
    labels = validation.standing["label"].to_numpy()
    scores = np.random.default_rng(1).normal(0, 1, len(labels))
    students = validation.standing["student_id"]
    calibrator = fit_calibrator(scores, labels, students, 1)
    flipped = np.where(np.arange(len(labels)) == 7, 1 - labels, labels)
    before, after = (held_out_risks(calibrator, scores, each, students, 1) for each in (labels, flipped))

    assert before[7] == after[7]
    assert (before != after).sum() > len(labels) / 2
    assert not np.array_equal(candidate.risks, candidate.held_out)
    assert np.corrcoef(candidate.risks, candidate.held_out)[0, 1] > 0.98
    assert np.array_equal(
        held_out_risks(calibrator, scores, np.zeros(len(labels), int), students, 1),
        apply_calibrator(calibrator, scores),
    )


def test_a_search_without_a_validation_year_is_refused_before_anything_is_fitted() -> None:
    plan = plan_years([2023, 2024, 2025])
    with pytest.raises(DataRefused) as refusal:
        need_a_validation_year(AMONG, plan)

    assert "no complete school year is left" in refusal.value.found
    assert "at least 4 complete school years" in refusal.value.expected
    assert "leave training.candidates out" in refusal.value.next_step
    need_a_validation_year(None, plan)
    need_a_validation_year(AMONG, plan_years([2022, 2023, 2024, 2025]))


def test_every_candidate_says_when_its_turn_is() -> None:
    told: list[str] = []
    train, _ = year(2023, **EQUAL, students=300)
    validation, _ = year(2024, **EQUAL, students=300)
    fit_candidates(_config(), AMONG, train, validation, validation, lambda step, _: told.append(step))

    assert _once(told) == [
        "Training candidate 1 of 2: as configured",
        "Training candidate 2 of 2: without health signals",
    ]


def test_the_registry_and_the_card_name_the_choice() -> None:
    choice = _chosen(EQUAL)

    assert choice.tags() == {"candidate": "without_health", "candidates_approved_by": "the board"}
    assert metrics_of(None) == {}
    assert set(metrics_of(choice.record)) == {
        f"candidate_{name}_{figure}"
        for name in ("as_configured", "without_health")
        for figure in ("lift", "worst_excess_fnr")
    }
    assert choice.limits()[0] == choice.record["sentence"]
    assert choice.limits()[1] == "No tree of it uses: nurse visits, meal programs."
    assert len(_chosen(TELLING).limits()) == 1


def _once(steps: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(steps))
