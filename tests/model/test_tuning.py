"""Tuning: what is tried, how a recipe is judged, which one is chosen, and what may never depend on it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.metrics import roc_auc_score

from ews.config import Training
from ews.digests import canonical_json
from ews.features.matrix import FEATURES
from ews.model import booster
from ews.model.labelled_rows import LabelledRows
from ews.model.recipes import Recipe
from ews.training import tuning_trial
from ews.training.tuning import _how
from ews.training.tuning_rule import RULE, chosen_number, not_tuned, tuned_by_rule
from ews.training.tuning_space import SPACE, recipe_of, values_of, words_of
from ews.training.tuning_study import Trial
from ews.training.tuning_trial import Bench, Judged, bench, judge, standard_error
from tests.model.uneven_records import year

DATES = 4


def _dated(rows: LabelledRows, dates: int = DATES) -> LabelledRows:
    """Every student at several dates; some are already chronic at the later ones."""
    random = np.random.default_rng(len(rows.standing))
    standing = pd.concat(
        [
            rows.standing.assign(
                as_of_date=rows.standing["as_of_date"] + dt.timedelta(days=30 * number),
                already_chronic=random.random(len(rows.standing)) < 0.1 * number,
            )
            for number in range(dates)
        ],
        ignore_index=True,
    )
    return LabelledRows(standing, pd.concat([rows.features] * dates, ignore_index=True), {})


TRAIN = _dated(year(2022, left=0.0, visits_tell=0.8, students=400)[0])
HELD = _dated(year(2023, left=0.0, visits_tell=0.8, students=300)[0])

VALUES = st.fixed_dictionaries(
    {
        span.name: st.integers(int(span.low), int(span.high))
        if span.whole
        else st.floats(span.low, span.high)
        for span in SPACE
    }
)


# What is tried


def test_the_defaults_lie_in_the_space_and_come_back_from_it() -> None:
    values = values_of(Recipe())

    assert all(span.low <= values[span.name] <= span.high for span in SPACE)
    assert recipe_of(values) == Recipe()


def test_nothing_is_varied_that_a_model_sees_or_whom_it_is_fitted_on() -> None:
    assert {span.name for span in SPACE} == {
        "leaves",
        "depth",
        "students_in_leaf",
        "learning_rate",
        "feature_fraction",
        "bagging_fraction",
        "lambda_l2",
    }


@given(values=VALUES, most=st.integers(1, 40))
def test_no_recipe_that_can_be_tried_lets_a_leaf_hold_fewer_than_twenty_students(
    values: dict[str, float], most: int
) -> None:
    settings = booster.parameters(list(FEATURES), most, 1, recipe_of(values))

    assert isinstance(settings["min_data_in_leaf"], int)
    assert settings["min_data_in_leaf"] >= 20 * most


@given(values=VALUES)
def test_a_recipe_stays_in_its_range_and_can_be_read_out(values: dict[str, float]) -> None:
    recipe = recipe_of(values)

    assert all(span.low <= getattr(recipe, span.name) <= span.high for span in SPACE)
    assert recipe_of(values_of(recipe)) == recipe
    assert f"at most {recipe.leaves} leaves" in words_of(recipe)
    assert f"learning rate {recipe.learning_rate:g}," in words_of(recipe)
    assert len(words_of(recipe)) < 220


@pytest.mark.parametrize("number", range(4))
def test_leaves_of_a_fitted_model_hold_twenty_students_whatever_is_tried(number: int) -> None:
    random = np.random.default_rng(number)
    values = {span.name: random.uniform(span.low, span.high) for span in SPACE}
    recipe = recipe_of({**values, "students_in_leaf": 20, "bagging_fraction": 1.0})
    text, _ = booster.fit(
        TRAIN.features,
        TRAIN.standing["label"].to_numpy(),
        None,
        most_rows_of_a_student=DATES,
        seed=1,
        rounds=10,
        recipe=recipe,
    )
    counts = [int(each) for line in re.findall(r"^leaf_count=(.+)$", text, re.M) for each in line.split()]

    assert len(counts) > 10
    assert min(counts) >= 20 * DATES


def test_a_tuned_recipe_reaches_the_booster() -> None:
    recipe = Recipe(learning_rate=0.11, feature_fraction=0.5, bagging_fraction=0.9, lambda_l2=3.0)
    settings = booster.parameters(list(FEATURES), 1, 1, recipe)

    told = ("learning_rate", "feature_fraction", "bagging_fraction", "lambda_l2")
    assert [settings[name] for name in told] == [0.11, 0.5, 0.9, 3.0]
    assert settings | {name: booster.parameters(list(FEATURES), 1, 1)[name] for name in told} == (
        booster.parameters(list(FEATURES), 1, 1)
    )


@pytest.mark.parametrize("share", [{"feature_fraction": 0.0}, {"bagging_fraction": 1.1}])
def test_a_share_of_nothing_is_refused(share: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        Recipe(**share)  # type: ignore[arg-type]


# What is written in the configuration


def test_without_tuning_a_configuration_says_what_it_always_said() -> None:
    assert "tune" not in Training().model_dump(mode="json")
    tuned = Training.model_validate({"tune": {"trials": 40}})
    assert tuned.model_dump(mode="json")["tune"] == {"trials": 40}


@pytest.mark.parametrize("trials", [0, 501, 2.5, None])
def test_a_number_of_trials_that_cannot_be_meant_is_refused(trials: Any) -> None:
    with pytest.raises(ValidationError, match=r"tune\.trials"):
        Training.model_validate({"tune": {"trials": trials}})


def test_tuning_beside_candidates_is_refused() -> None:
    both = {"tune": {"trials": 5}, "candidates": {"approved_by": "Ada Officer"}}
    with pytest.raises(ValidationError, match="both choose on the validation year"):
        Training.model_validate(both)


# On whom a recipe is judged


def _students(rows: LabelledRows) -> set[str]:
    return set(rows.standing["student_id"])


def test_with_a_validation_year_its_students_judge_in_two_halves() -> None:
    (fold,) = bench(TRAIN, HELD, seed=1).folds
    one, two = map(_students, fold.halves)

    assert fold.train is TRAIN
    assert one | two == _students(HELD)
    assert not one & two
    assert abs(len(one) - len(two)) <= 1
    again = bench(TRAIN, HELD, seed=1).folds[0].halves[0]
    assert _students(again) == one
    assert _students(bench(TRAIN, HELD, seed=2).folds[0].halves[0]) != one


def test_without_one_every_training_student_is_judged_once_by_a_fit_on_others() -> None:
    folds = bench(TRAIN, None, seed=1).folds
    judged = [_students(half) for fold in folds for half in fold.halves]

    assert sum(map(len, judged)) == len(set.union(*judged)) == len(_students(TRAIN))
    for fold in folds:
        held = _students(fold.halves[0]) | _students(fold.halves[1])
        assert _students(fold.train) == _students(TRAIN) - held


@pytest.mark.parametrize("validation", [HELD, None])
def test_the_cost_of_a_trial_is_bounded_by_leaving_whole_students_out(
    validation: LabelledRows | None,
) -> None:
    on = bench(TRAIN, validation, seed=1, most_rows=400)
    held = [half for fold in on.folds for half in fold.halves]

    assert on.sampled
    assert not bench(TRAIN, validation, seed=1).sampled
    assert all(len(fold.train.standing) <= 400 for fold in on.folds)
    assert sum(len(half.standing) for half in held) <= (200 if validation is HELD else 400)
    for part in [on.folds[0].train, *held]:
        assert set(part.standing["student_id"].value_counts()) == {DATES}
    # The floor of a leaf is that of the whole sample, as in the fit of the model itself.
    assert on.most_rows_of_a_student == DATES


def test_too_few_students_to_compare_by_are_not_used() -> None:
    assert bench(TRAIN, HELD, seed=1).usable
    for part in (TRAIN, HELD):
        one_outcome = LabelledRows(part.standing.assign(label=0), part.features, {})
        rows = (one_outcome, HELD) if part is TRAIN else (TRAIN, one_outcome)
        assert not bench(*rows, seed=1).usable
    all_chronic = LabelledRows(HELD.standing.assign(already_chronic=True), HELD.features, {})
    assert not bench(TRAIN, all_chronic, seed=1).usable


@pytest.mark.parametrize("validation", [HELD, None], ids=["validation year", "folds"])
def test_only_who_is_ranked_at_some_date_is_counted_as_judged(validation: LabelledRows | None) -> None:
    rows = TRAIN if validation is None else validation
    student = rows.standing["student_id"]
    first = rows.standing["as_of_date"] == rows.standing["as_of_date"].min()
    always, later = student.isin(student.unique()[:30]), student.isin(student.unique()[30:70]) & ~first
    changed = LabelledRows(rows.standing.assign(already_chronic=always | later), rows.features, {})
    on = bench(changed, None, 1) if validation is None else bench(TRAIN, changed, 1)

    assert bench(TRAIN, validation, 1).students_ranked == student.nunique()
    assert on.students_ranked == student.nunique() - 30
    assert f"judged on {student.nunique() - 30} students" in _how(on, validation is not None)


# By what a recipe is judged


def _pairs(half: LabelledRows) -> tuple[pd.DataFrame, np.ndarray]:
    return half.features, half.standing["label"].to_numpy()


def _crosswise(halves: Any, recipe: Recipe) -> booster.Crosswise:
    return booster.fit_crosswise(
        *_pairs(TRAIN), halves, most_rows_of_a_student=DATES, seed=1, recipe=recipe, rounds=200
    )


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(leaves=4, depth=2, learning_rate=0.15)])
def test_one_fit_scores_both_halves_as_two_fits_would_each_stopped_by_the_other(recipe: Recipe) -> None:
    halves = [_pairs(half) for half in bench(TRAIN, HELD, seed=1).folds[0].halves]
    found = _crosswise(halves, recipe)
    trees, leaves = [], []

    for half, other, scores in zip(halves, reversed(halves), found.scores, strict=True):
        text, count = booster.fit(
            *_pairs(TRAIN), other, most_rows_of_a_student=DATES, seed=1, recipe=recipe, rounds=200
        )
        assert np.allclose(scores, booster.raw_scores(text, half[0]), atol=1e-12, rtol=0)
        trees.append(count)
        leaves.append(sum(int(each) for each in re.findall(r"^num_leaves=(\d+)$", text, re.M)))
    assert found.trees == np.mean(trees)
    assert found.leaves == np.mean(leaves)


def test_nobodys_own_outcome_has_a_part_in_the_score_that_is_judged() -> None:
    one, two = (_pairs(half) for half in bench(TRAIN, HELD, seed=1).folds[0].halves)
    plain = _crosswise([one, two], Recipe())
    turned = _crosswise([(one[0], 1 - one[1]), two], Recipe())

    assert np.array_equal(plain.scores[0], turned.scores[0])
    assert not np.array_equal(plain.scores[1], turned.scores[1])


def _scored(
    monkeypatch: pytest.MonkeyPatch, on: Bench, noise: float, shift: float = 0.0
) -> tuple[Judged, pd.DataFrame]:
    """Judge scores that are given, not fitted; also the rows by which others can do the same."""
    random = np.random.default_rng(7)
    scores = [
        shift * number + half.standing["label"].to_numpy() + noise * random.normal(0, 1, len(half.standing))
        for number, half in enumerate(on.folds[0].halves)
    ]
    made = booster.Crosswise(scores, 10.0, 70.0)
    with monkeypatch.context() as patch:
        patch.setattr(booster, "fit_crosswise", lambda *_args, **_named: made)
        judged = judge(on, Recipe())
    rows = pd.concat(
        [
            half.standing.assign(half=number, score=given)
            for number, (half, given) in enumerate(zip(on.folds[0].halves, scores, strict=True))
        ]
    )
    return judged, rows[~rows["already_chronic"]]


def test_the_value_is_the_auc_while_not_yet_chronic_averaged_over_dates_and_halves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged, rows = _scored(monkeypatch, bench(TRAIN, HELD, seed=1), 1.0)
    cells = [cell for _, cell in rows.groupby(["half", "as_of_date"])]

    assert len(cells) == 2 * DATES
    assert judged.value == pytest.approx(
        np.mean([roc_auc_score(each["label"], each["score"]) for each in cells])
    )
    assert (judged.trees, judged.leaves) == (10.0, 70.0)


def test_halves_that_are_scored_on_different_scales_do_not_disturb_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on = bench(TRAIN, HELD, seed=1)
    alike, _ = _scored(monkeypatch, on, 1.0)
    apart, _ = _scored(monkeypatch, on, 1.0, shift=5.0)

    assert apart == alike


def test_the_standard_error_is_that_of_a_pair_by_student(monkeypatch: pytest.MonkeyPatch) -> None:
    on = bench(TRAIN, _dated(year(2023, left=0.0, visits_tell=0.8, students=1_200)[0]), seed=1)
    found = [_scored(monkeypatch, on, noise) for noise in (0.4, 1.0)]
    students = found[0][1]["student_id"].unique()
    random = np.random.default_rng(3)
    gaps = []
    for _ in range(150):  # students drawn again, and everything computed anew
        drawn = random.integers(0, len(students), len(students))
        times = pd.Series(np.bincount(drawn, minlength=len(students)), index=students)
        gaps.append(np.subtract(*(_weighted(rows, times) for _, rows in found)))
    redrawn = float(np.std(gaps))

    assert standard_error(found[0][0].draws, found[1][0].draws) == pytest.approx(redrawn, rel=0.2)
    alone = standard_error(found[0][0].draws, [0.0] * len(found[0][0].draws))
    assert abs(alone - redrawn) > 0.3 * redrawn


def _weighted(rows: pd.DataFrame, times: pd.Series[int]) -> float:
    weight = rows["student_id"].map(times).fillna(0)
    cells = [cell for _, cell in rows.assign(weight=weight).groupby(["half", "as_of_date"])]
    return float(
        np.mean([roc_auc_score(each["label"], each["score"], sample_weight=each["weight"]) for each in cells])
    )


def test_too_few_draws_are_kept_to_work_out_what_one_student_contributed() -> None:
    students = HELD.standing.loc[~HELD.standing["already_chronic"], "student_id"].nunique()

    judged = judge(bench(TRAIN, HELD, seed=1), Recipe(leaves=4, learning_rate=0.2))
    assert len(judged.draws) == students // 4 < 200


def test_a_district_too_small_for_any_split_can_still_be_judged() -> None:
    judged = judge(bench(TRAIN, HELD, seed=1), Recipe(students_in_leaf=250))

    assert judged.value == 0.5
    assert judged.leaves <= 2


# Which one is chosen


def _judged(value: float, leaves: float, wobble: float = 0.0) -> Judged:
    """A trial whose difference to one without wobble has a standard error of ``wobble``."""
    return Judged(value, 10.0, leaves, (wobble, -wobble))


CASES = [
    ("only the defaults", [_judged(0.80, 100)], 0),
    ("the highest, where nothing is near it", [_judged(0.80, 100), _judged(0.90, 500)], 1),
    (
        "the defaults where larger trees gain no more than chance",
        [_judged(0.80, 100), _judged(0.81, 500, 0.02)],
        0,
    ),
    ("the smaller of two alike", [_judged(0.80, 100), _judged(0.90, 500), _judged(0.89, 50, 0.02)], 2),
    ("not a smaller one that is worse", [_judged(0.80, 100), _judged(0.90, 500), _judged(0.87, 50, 0.02)], 1),
    ("not a smaller one that is worse than the defaults", [_judged(0.80, 100), _judged(0.79, 50, 0.02)], 0),
    ("a smaller one that is as good as the defaults", [_judged(0.80, 100), _judged(0.80, 50)], 1),
    ("the first of equals", [_judged(0.80, 100), _judged(0.90, 50), _judged(0.90, 50)], 1),
]


@pytest.mark.parametrize(("trials", "number"), [pytest.param(*rest, id=title) for title, *rest in CASES])
def test_the_rule_chooses(trials: list[Judged], number: int) -> None:
    assert chosen_number(trials) == number


def _record(*judged: Judged) -> dict[str, Any]:
    recipes = [Recipe(), Recipe(leaves=5, learning_rate=0.1), Recipe(leaves=24)]
    trials = [Trial(values_of(each), found) for each, found in zip(recipes, judged, strict=False)]
    return tuned_by_rule(trials, "How it was judged.").record


def test_the_record_says_what_was_chosen_what_the_defaults_gave_and_how_sure_that_is() -> None:
    record = _record(_judged(0.80, 100), _judged(0.90, 50, 0.03), _judged(0.85, 400))

    assert record["trials"] == 3
    assert (record["chosen"]["trial"], record["default"]["trial"], record["best"]["trial"]) == (2, 1, 2)
    assert record["chosen"]["leaves"] == 5
    assert record["chosen"]["words"] == words_of(Recipe(leaves=5, learning_rate=0.1))
    assert record["gain"] == pytest.approx(0.10)
    assert record["standard_error"] == pytest.approx(0.03)
    assert record["rule"] == RULE
    canonical_json(record)


def test_the_sentence_claims_a_gain_only_beyond_one_standard_error() -> None:
    clear = _record(_judged(0.80, 100), _judged(0.90, 50, 0.03))["sentence"]
    alike = _record(_judged(0.80, 100), _judged(0.81, 50, 0.03))["sentence"]
    kept = _record(_judged(0.80, 100), _judged(0.81, 500, 0.03))["sentence"]
    alone = _record(_judged(0.80, 100))["sentence"]

    assert "chose trees of at most 5 leaves" in clear
    assert "AUC 0.900 against 0.800" in clear
    assert "50 leaves in all its trees against 100" in clear
    assert "The defaults rank less well" in clear
    assert "the test year says what it is worth" in clear
    assert "chose trees of at most 5 leaves" in alike
    assert "The defaults rank as well as the best" in alike
    assert "kept the defaults" in kept
    assert "the highest 0.810" in kept
    assert alone == "Tuning tried no other recipe than the defaults, and they were kept."


def test_where_nothing_could_be_tried_the_defaults_stay_and_the_record_has_the_same_keys() -> None:
    tuned = not_tuned("there was nobody")

    assert tuned.recipe == Recipe()
    assert set(tuned.record) == set(_record(_judged(0.3, 1)))
    assert tuned.record["sentence"] == "Nothing was tuned, and the defaults were kept: there was nobody."
    assert tuned.metrics() == {"tuning_trials": 0.0}
    canonical_json(tuned.record)


def test_rows_to_judge_on_are_drawn_from_what_other_side_studies_use() -> None:
    assert tuning_trial.MOST_ROWS == 100_000
