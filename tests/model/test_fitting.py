"""Fitting: learns what is there, the same bytes from the same seed, in the direction beyond dispute."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ews.errors import DataRefused
from ews.features.matrix import FEATURES
from ews.model import booster
from ews.model.families import FAMILIES, SIGNAL_OF_FAMILY, by_family, importance
from ews.model.fitting import fit_model
from ews.model.labelled_rows import (
    LabelledRows,
    kept_of,
    sample_schools,
    sample_students,
    student_folds,
)
from ews.progress import silent


def _rows(students: int, seed: int, *, informative: bool = True) -> LabelledRows:
    """Two rows a student; the label follows last year's rate, or nothing."""
    random = np.random.default_rng(seed)
    rate = np.repeat(random.gamma(1.5, 0.05, students).clip(0, 1), 2)
    features = pd.DataFrame(np.nan, index=range(2 * students), columns=list(FEATURES))
    features["last_year_rate"] = rate
    features["absence_rate"] = (rate + random.normal(0, 0.03, 2 * students)).clip(0, 1)
    features["grade_absence_rate"] = 0.08
    features["absences_left"] = 10.0
    odds = -2.5 + 20 * rate if informative else np.full(2 * students, -1.0)
    labels = (random.random(2 * students) < 1 / (1 + np.exp(-odds))).astype(int)
    standing = pd.DataFrame(
        {
            "student_id": np.repeat([f"{seed}-{number:05d}" for number in range(students)], 2),
            "school_year": 2024,
            "as_of_date": [dt.date(2023, 10, 2), dt.date(2024, 1, 8)] * students,
            "label": labels,
        }
    )
    return LabelledRows(standing, features, {})


def test_equal_seed_and_data_give_equal_bytes() -> None:
    one, two = (fit_model(_rows(800, 1), _rows(400, 2), seed=5, progress=silent) for _ in range(2))
    assert one.text == two.text
    assert one.calibrator == two.calibrator


def test_the_model_learns_what_is_there_and_its_risks_mean_what_they_say() -> None:
    model = fit_model(_rows(2_000, 1), _rows(1_000, 2), seed=1, progress=silent)
    test = _rows(1_000, 3)
    risks, labels = model.risks(test.features), test.standing["label"]
    from sklearn.metrics import roc_auc_score

    assert roc_auc_score(labels, risks) > 0.65
    assert abs(risks.mean() - labels.mean()) < 0.03


@pytest.mark.parametrize(
    ("feature", "direction"), [("last_year_rate", 1), ("absence_rate", 1), ("absences_left", -1)]
)
def test_more_absence_never_lowers_a_risk_and_more_room_never_raises_it(feature: str, direction: int) -> None:
    model = fit_model(_rows(1_500, 1), _rows(500, 2), seed=1, progress=silent)
    base = _rows(1, 4).features.iloc[:1]
    values = np.linspace(0, 0.6, 40) if direction > 0 else np.linspace(0, 40, 40)
    grid = pd.concat([base] * 40, ignore_index=True).assign(**{feature: values})
    assert np.all(direction * np.diff(model.risks(grid)) >= -1e-12)


def test_without_a_validation_year_it_is_stopped_and_calibrated_out_of_fold() -> None:
    model = fit_model(_rows(1_200, 1), None, seed=1, progress=silent)
    test = _rows(1_000, 3)
    assert model.trees > 1
    assert abs(model.risks(test.features).mean() - test.standing["label"].mean()) < 0.04


def test_one_outcome_only_is_refused() -> None:
    rows = _rows(100, 1)
    rows.standing["label"] = 0
    with pytest.raises(DataRefused, match="only one outcome"):
        fit_model(rows, None, seed=1, progress=silent)


def test_a_leaf_holds_at_least_twenty_students() -> None:
    settings = booster.parameters(FEATURES, most_rows_of_a_student=8, seed=1)
    assert settings["min_data_in_leaf"] == 160


def test_contributions_add_up_to_the_raw_score() -> None:
    model = fit_model(_rows(800, 1), _rows(400, 2), seed=1, progress=silent)
    features = _rows(50, 3).features
    shares = booster.contributions(model.text, features)
    bias = booster.raw_scores(model.text, features) - shares.sum(axis=1)
    assert np.ptp(bias) < 1e-9


def test_every_feature_belongs_to_exactly_one_family_and_every_family_to_a_signal() -> None:
    members = [name for names in FAMILIES.values() for name in names]
    assert sorted(members) == sorted(FEATURES)
    assert set(SIGNAL_OF_FAMILY) == set(FAMILIES)


def test_families_keep_the_sum_and_shares_sum_to_one() -> None:
    shares = np.random.default_rng(1).normal(size=(20, len(FEATURES)))
    assert np.allclose(by_family(shares, FEATURES).sum(axis=1), shares.sum(axis=1))
    assert sum(float(str(each["share"])) for each in importance(shares, FEATURES)) == pytest.approx(1)


def test_sampling_keeps_whole_students_and_the_limit() -> None:
    rows = _rows(500, 1)
    sampled = sample_students(rows, 300, seed=1)
    counts = sampled.standing["student_id"].value_counts()
    assert 290 <= len(sampled.standing) <= 300
    assert set(counts) == {2}
    assert sample_students(rows, 10_000, seed=1) is rows


def test_a_sample_of_schools_keeps_whole_schools_and_at_least_one() -> None:
    rows = _rows(500, 1)
    schools = np.array(["a", "b", "c", "d", "e"])[np.arange(len(rows.standing)) % 5]
    rows = replace(rows, standing=rows.standing.assign(school_id=schools))
    for limit, kept in ((10_000, 5), (450, 2), (10, 1)):
        counts = sample_schools(rows, limit, seed=1).standing["school_id"].value_counts()
        assert set(counts) == {len(schools) // 5}
        assert len(counts) == kept


def test_only_ids_and_their_numbers_decide_on_a_sample_so_that_every_engine_keeps_the_same() -> None:
    """These are kept since the first models: another rule would give other models from the same data."""
    counts = pd.Series({f"s{number}": 1 + number % 3 for number in range(10)})
    assert kept_of(counts, 9, seed=1) == ["s0", "s4", "s7", "s8"]
    assert kept_of(counts[::-1], 9, seed=1) == ["s0", "s4", "s7", "s8"]
    assert kept_of(counts, int(counts.sum()), seed=1) is None


def test_a_student_is_in_one_fold_only() -> None:
    rows = _rows(300, 1)
    folds = pd.Series(student_folds(rows.standing["student_id"], 5, seed=1))
    assert folds.groupby(rows.standing["student_id"]).nunique().max() == 1
    assert set(folds) == {0, 1, 2, 3, 4}
