"""The bootstrap by student: paired, repeatable, and true to the exact figures."""

import time

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

import ews.model.resampling as resampling
from ews.model.resampling import (
    ScoreHistogram,
    StudentBootstrap,
    WeightedSums,
    auc_of,
    average_precision_of,
    bin_edges,
    ratio,
    student_codes,
)


def weights_of(bootstrap: StudentBootstrap) -> np.ndarray:
    return np.concatenate(list(bootstrap.chunks()), axis=1)


def scores_and_labels(rows: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    scores = generator.beta(1, 4, rows)
    return scores, (generator.random(rows) < scores).astype(int)


def test_every_resample_draws_as_many_students_as_there_are():
    weights = weights_of(StudentBootstrap(students=40, resamples=300, seed=1))
    assert weights.shape == (40, 300)
    assert (weights.sum(axis=0) == 40).all()
    assert (weights == weights.round()).all()
    assert weights.mean(axis=1) == pytest.approx(np.ones(40), abs=0.3)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first = weights_of(StudentBootstrap(30, 50, seed=1))
    assert (first == weights_of(StudentBootstrap(30, 50, seed=1))).all()
    assert (first != weights_of(StudentBootstrap(30, 50, seed=2))).any()


def test_the_size_of_a_chunk_changes_no_weight(monkeypatch):
    whole = weights_of(StudentBootstrap(30, 50, seed=1))
    monkeypatch.setattr(resampling, "_CHUNK_CELLS", 30 * 7)
    chunks = list(StudentBootstrap(30, 50, seed=1).chunks())
    assert [each.shape[1] for each in chunks] == [7] * 7 + [1]
    assert (np.concatenate(chunks, axis=1) == whole).all()


def test_students_are_numbered_by_their_ids_whatever_the_order_of_rows():
    codes, students = student_codes(pd.Series(["b", "a", "c", "a"]))
    assert codes.tolist() == [1, 0, 2, 0]
    assert students == 3


def test_weighted_sums_equal_those_of_rows_repeated_as_often_as_drawn():
    codes = np.array([0, 0, 1, 2])
    columns = [np.array([1.0, 2.0, 4.0, 8.0]), np.ones(4)]
    weights = np.array([[2.0, 0.0], [1.0, 3.0], [0.0, 0.0]])
    assert WeightedSums(codes, columns, 3)(weights).tolist() == [[10.0, 12.0], [5.0, 3.0]]


def test_few_distinct_scores_each_have_a_bin_of_their_own():
    assert bin_edges(np.array([0.3, 0.1, 0.3]), bins=5).tolist() == [0.1, 0.3]


def test_quantile_bins_end_at_the_highest_score_and_hold_about_equal_numbers():
    scores, _ = scores_and_labels(10_000)
    edges = bin_edges(scores, bins=100)
    assert edges[-1] == scores.max()
    counts = np.bincount(np.searchsorted(edges, scores), minlength=100)
    assert counts.min() >= 95
    assert counts.max() <= 105


def test_with_few_scores_resampled_auc_and_precision_equal_scikit_learn_on_repeated_rows():
    scores, labels = scores_and_labels(60)
    scores = scores.round(1)
    weights = weights_of(StudentBootstrap(60, 20, seed=5))
    histogram = ScoreHistogram(np.arange(60), scores, labels, 60)(weights)
    repeated = [np.repeat(np.arange(60), column.astype(int)) for column in weights.T]
    exact_auc = [roc_auc_score(labels[rows], scores[rows]) for rows in repeated]
    exact_precision = [average_precision_score(labels[rows], scores[rows]) for rows in repeated]
    assert auc_of(*histogram) == pytest.approx(exact_auc, abs=1e-12)
    assert average_precision_of(*histogram) == pytest.approx(exact_precision, abs=1e-12)


def test_with_many_scores_binned_and_exact_agree_to_a_thousandth():
    rows, students = 8_000, 2_000
    scores, labels = scores_and_labels(rows)
    codes = np.arange(rows) % students
    weights = weights_of(StudentBootstrap(students, 25, seed=5))
    negatives, positives = ScoreHistogram(codes, scores, labels, students)(weights)
    of_rows = weights[codes]
    exact = [roc_auc_score(labels, scores, sample_weight=each) for each in of_rows.T]
    exact_ap = [average_precision_score(labels, scores, sample_weight=each) for each in of_rows.T]
    assert np.abs(auc_of(negatives, positives) - exact).max() < 1e-3
    assert np.abs(average_precision_of(negatives, positives) - exact_ap).max() < 5e-3


def test_a_resample_with_one_outcome_only_has_no_auc():
    histogram = ScoreHistogram(np.arange(3), np.array([0.1, 0.2, 0.3]), np.array([0, 1, 1]), 3)
    weights = np.array([[0.0, 3.0, 1.0], [3.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    assert np.isnan(auc_of(*histogram(weights))).tolist() == [True, True, False]
    assert np.isnan(average_precision_of(*histogram(weights))).tolist() == [False, True, False]


def test_dividing_by_nothing_gives_no_figure_and_no_warning():
    assert np.isnan(ratio(np.array([0.0, 1.0]), np.array([0.0, 2.0]))).tolist() == [True, False]


@pytest.mark.slow
def test_a_thousand_resamples_of_fifty_thousand_rows_take_seconds_not_minutes():
    rows, students = 50_000, 6_250
    scores, labels = scores_and_labels(rows)
    started = time.perf_counter()
    histogram = ScoreHistogram(np.arange(rows) % students, scores, labels, students)
    draws = [auc_of(*histogram(weights)) for weights in StudentBootstrap(students, 1_000, 1).chunks()]
    assert len(np.concatenate(draws)) == 1_000
    assert time.perf_counter() - started < 5


def test_sums_of_whole_numbers_are_exact_and_others_keep_double_precision():
    generator = np.random.default_rng(4)
    rows, students = 30_000, 9_000
    codes = generator.integers(students, size=rows)
    columns = [np.ones(rows), generator.random(rows), generator.integers(2, size=rows)]
    weights = generator.poisson(1.0, size=(students, 70)).astype(np.float32)
    expected = np.array(
        [(column[:, None] * weights[codes].astype(np.float64)).sum(axis=0) for column in columns]
    )
    found = WeightedSums(codes, columns, students)(weights)
    assert (found[[0, 2]] == expected[[0, 2]]).all()
    assert found[1] == pytest.approx(expected[1], rel=1e-12)


def test_more_rows_than_single_precision_counts_are_counted_in_double(monkeypatch):
    scores, labels = scores_and_labels(50)
    in_single = ScoreHistogram(np.arange(50), scores, labels, 50)
    monkeypatch.setattr(resampling, "_WHOLE_IN_SINGLE", 99)
    in_double = ScoreHistogram(np.arange(50), scores, labels, 50)
    assert (in_single._counts.dtype, in_double._counts.dtype) == (np.float32, np.float64)
    weights = weights_of(StudentBootstrap(50, 20, seed=1))
    for one, other in zip(in_single(weights), in_double(weights), strict=True):
        assert (one == other).all()
