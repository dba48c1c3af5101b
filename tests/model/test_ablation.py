"""The ablation: what a source adds is found where it is, not where it is not, and never praised."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ews.features.matrix import FEATURES_BY_SIGNAL
from ews.model import ranking
from ews.model.ablation import ablation, health_sentence, variants_of
from ews.model.baselines import rules_of_thumb
from ews.model.families import FAMILIES, SIGNAL_OF_FAMILY
from ews.model.fitting import fit_model
from ews.model.labelled_rows import LabelledRows
from ews.model.ranking import FittingRows, fit_ranking, fitting_rows, scores_of
from ews.model.recipes import Recipe
from ews.progress import silent
from tests.model.uneven_records import year


def _rows(number: int, tell: float, students: int = 1_500) -> LabelledRows:
    rows, _ = year(number, left=0.0, visits_tell=tell, students=students)
    return rows


def _fitted_on(tell: float) -> FittingRows:
    return fitting_rows(_rows(2022, tell), _rows(2023, tell), seed=1)


@cache
def _found(tell: float) -> dict[str, Any]:
    test = _rows(2021, tell, 2_500)
    return ablation(_fitted_on(tell), test, resamples=200, seed=1, progress=silent)


def _row(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in found["rows"] if each["name"] == name)


def test_a_planted_nurse_signal_is_found_and_named() -> None:
    found = _found(1.0)

    assert _row(found, "nurse")["difference"]["low"] > 0.02
    assert found["sentence"].startswith("Nurse visits earned their place in this district: +0.")


def test_where_visits_tell_nothing_no_gain_is_shown() -> None:
    found = _found(0.0)

    gain = _row(found, "nurse")["difference"]
    assert gain["low"] <= 0
    assert "earned" not in found["sentence"]
    assert found["sentence"].startswith(("No gain shown from nurse visits", "Nurse visits make the ranking"))


def test_every_figure_is_that_of_a_model_without_the_other_sources() -> None:
    found, parts, test = _found(1.0), _fitted_on(1.0), _rows(2021, 1.0, 2_500)
    rules = rules_of_thumb(test.features)
    label = test.standing["label"]
    areas = {}
    for name in ("attendance", "nurse"):
        signals = {"attendance", name}
        kept = [
            each for family in FAMILIES if SIGNAL_OF_FAMILY[family] in signals for each in FAMILIES[family]
        ]
        empty = {each: np.nan for each in test.features if each not in kept}
        bare = FittingRows(
            *(
                LabelledRows(p.standing, p.features.assign(**empty), {})
                for p in (parts.train, parts.held_out)
            ),
            sampled=False,
        )
        areas[name] = roc_auc_score(label, scores_of(fit_ranking(bare, 1), test.features.assign(**empty)))
    best = max(roc_auc_score(label, rules[each]) for each in rules)
    assert _row(found, "attendance")["auc"]["value"] == pytest.approx(areas["attendance"])
    assert _row(found, "nurse")["auc"]["value"] == pytest.approx(areas["nurse"])
    assert _row(found, "nurse")["difference"]["value"] == pytest.approx(areas["nurse"] - areas["attendance"])
    assert _row(found, "nurse")["lift"]["value"] == pytest.approx(areas["nurse"] - best)
    assert _row(found, "attendance")["difference"] is None


def test_the_interval_is_that_of_redrawing_students_for_both_models_at_once() -> None:
    parts, test = _fitted_on(1.0), _rows(2021, 1.0, 2_500)
    first, second = (
        scores_of(fit_ranking(parts, 1, each.recipe(Recipe())), test.features)
        for each in variants_of(parts.train.features)[:2]
    )
    label, generator = test.standing["label"].to_numpy(), np.random.default_rng(2)
    gaps = []
    for _ in range(150):
        drawn = generator.integers(len(label), size=len(label))
        gaps.append(roc_auc_score(label[drawn], second[drawn]) - roc_auc_score(label[drawn], first[drawn]))
    gain = _row(_found(1.0), "nurse")["difference"]
    assert gain["high"] - gain["low"] == pytest.approx(2 * 1.96 * np.std(gaps), rel=0.25)


def test_only_sources_that_the_district_has_are_compared() -> None:
    features = _rows(2022, 0.0, 50).features
    names = [each.name for each in variants_of(features)]
    assert names == ["attendance", "nurse", "roster", "all"]
    without = features.assign(**dict.fromkeys(FEATURES_BY_SIGNAL["nurse"], np.nan))
    assert [each.name for each in variants_of(without)] == ["attendance", "roster"]
    roster = [
        each for family in FAMILIES if SIGNAL_OF_FAMILY[family] == "roster" for each in FAMILIES[family]
    ]
    only = without.assign(**dict.fromkeys(roster, np.nan))
    assert [each.name for each in variants_of(only)] == ["attendance"]
    assert "nothing to compare" in health_sentence([{"name": "attendance"}])


def test_all_signals_is_the_model_itself_where_it_was_fitted_on_these_rows() -> None:
    train, validation, test = _rows(2022, 1.0, 800), _rows(2023, 1.0, 800), _rows(2021, 1.0, 800)
    parts = fitting_rows(train, validation, seed=1)
    model = fit_model(train, validation, seed=1, progress=silent)
    assert not parts.sampled
    assert fit_ranking(parts, 1) == model.text
    one, two = (
        ablation(parts, test, resamples=100, seed=1, progress=silent, model_text=text)
        for text in (None, model.text)
    )
    assert one == two


def test_sampling_keeps_whole_students_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = fitting_rows(_rows(2022, 1.0), _rows(2023, 1.0), seed=1, most_rows=600)
    assert parts.sampled
    assert len(parts.train.standing) == 600
    assert len(parts.held_out.standing) == 300
    test = _rows(2021, 1.0)
    found = ablation(parts, test, resamples=100, seed=1, progress=silent)
    assert found["sampled"]
    assert "fitted on the same 600 rows" in found["how"]
    assert "training rows are sampled" in found["how"]
    assert "sampled" not in _found(1.0)["how"]
    assert ranking.MOST_ROWS == 100_000


def test_without_a_validation_year_a_fifth_of_the_students_stops_the_fit() -> None:
    parts = fitting_rows(_rows(2022, 1.0, 500), None, seed=1)
    train, held = set(parts.train.standing["student_id"]), set(parts.held_out.standing["student_id"])
    assert not train & held
    assert (len(train), len(held)) == (400, 100)


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        ((0.012, 0.004, 0.02), "Meal programs earned their place in this district: +0.012 in AUC"),
        ((0.012, -0.001, 0.02), "No gain shown from meal programs in this district: +0.012"),
        ((-0.012, -0.02, -0.001), "Meal programs make the ranking worse in this district: -0.012"),
        ((-0.012, -0.02, 0.001), "No gain shown from meal programs in this district: -0.012"),
        ((0.002, 0.0004, 0.004), "No gain shown from meal programs in this district: +0.002"),
        ((-0.003, -0.005, -0.0002), "No gain shown from meal programs in this district: -0.003"),
        ((None, None, None), "What meal programs add cannot be told"),
    ],
)
def test_the_sentence_says_what_the_interval_says(gain: tuple[float, float, float], words: str) -> None:
    row = {"name": "meals", "difference": dict(zip(("value", "low", "high"), gain, strict=True))}
    assert health_sentence([row]).startswith(words)


def test_where_no_date_has_both_outcomes_nothing_is_claimed() -> None:
    test = _rows(2021, 1.0, 300)
    one = LabelledRows(test.standing.assign(label=0), test.features, {})
    found = ablation(_fitted_on(1.0), one, resamples=100, seed=1, progress=silent)
    assert {each["auc"]["value"] for each in found["rows"]} == {None}
    assert found["sentence"] == "What nurse visits add cannot be told: no date had both outcomes."


def test_only_students_not_yet_chronic_are_counted() -> None:
    test = _rows(2021, 1.0, 600)
    chronic = pd.Series(np.arange(600) % 3 == 0)
    marked = LabelledRows(test.standing.assign(already_chronic=chronic), test.features, {})
    found = ablation(_fitted_on(1.0), marked, resamples=100, seed=1, progress=silent)
    assert {each["n"] for each in found["rows"]} == {400}
    assert "judged on 400 students" in found["how"]
