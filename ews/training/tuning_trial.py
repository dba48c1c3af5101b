"""One trial of tuning: a recipe fitted on training students and judged on held-out ones.

Judged is the AUC among students who are not yet chronically absent, averaged over the as-of dates: what lift
is made of, and what orders a list. Log loss of scores that are not calibrated yet was tried and given up: it
rewards cautious scores, which calibration would have spread anyway, and so chose recipes that ranked less
well on the test year of each of four simulated districts, by up to 0.006 in AUC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from ews.model import booster
from ews.model.clustered import by_student
from ews.model.labelled_rows import LabelledRows, sample_students, student_folds
from ews.model.ranking import MOST_ROWS
from ews.model.recipes import Recipe
from ews.model.resampling import StudentBootstrap, student_codes

_FOLDS = 3
_DRAWS = 200
_STUDENTS_A_DRAW = 4


@dataclass(frozen=True)
class Fold:
    """Rows to fit on, and two halves of other students: one says how many trees, the other judges."""

    train: LabelledRows
    halves: tuple[LabelledRows, LabelledRows]


@dataclass(frozen=True)
class Bench:
    """What every trial of a tuning is fitted and judged on; the test year has no part in it.

    Attributes
    ----------
    folds : tuple of Fold
        One where there is a validation year, otherwise several by student.
    most_rows_of_a_student : int
        As in the fit of the model itself.
    sampled : bool
        Whether students were left out to bound the cost.
    """

    folds: tuple[Fold, ...]
    most_rows_of_a_student: int
    seed: int
    sampled: bool

    @property
    def usable(self) -> bool:
        """Whether there are two outcomes to learn from, and two to tell apart."""
        return all(
            _both(fold.train.standing) and all(list(_cells(half.standing)) for half in fold.halves)
            for fold in self.folds
        )

    @property
    def students_ranked(self) -> int:
        """How many students have a part in a trial's figures: at some date not yet chronically absent."""
        halves = [half.standing for fold in self.folds for half in fold.halves]
        return sum(pd.concat(_cells(half))["student_id"].nunique() for half in halves)


@dataclass(frozen=True)
class Judged:
    """A recipe's figures on held-out students.

    Attributes
    ----------
    value : float
        The AUC among students not yet chronic, averaged over the dates; higher is better. Every half is
        ranked by itself, because the other is scored by another number of trees.
    trees, leaves : float
        Trees of a fit, and leaves in all of them: what explaining a student costs.
    draws : tuple of float
        How far ``value`` moves in every redrawing of the students, the same students for every trial. No
        more than one for every four students, so that nobody's own share can be worked out from them.
    """

    value: float
    trees: float
    leaves: float
    draws: tuple[float, ...]


def bench(
    train: LabelledRows, validation: LabelledRows | None, seed: int, most_rows: int = MOST_ROWS
) -> Bench:
    """Return at most ``most_rows`` rows to fit on and half as many to judge on, whole students each.

    Without a validation year, every training student is judged once, by a fit on others.
    """
    given = [train] if validation is None else [train, validation]
    most = max(int(each.standing["student_id"].value_counts().max()) for each in given)
    own = sample_students(train, most_rows, seed)
    if validation is not None:
        held = sample_students(validation, most_rows // 2, seed)
        sampled = own is not train or held is not validation
        return Bench((Fold(own, _halves(held, seed)),), most, seed, sampled)
    fold_of = student_folds(own.standing["student_id"], _FOLDS, seed)
    folds = [
        Fold(own.where(fold_of != fold), _halves(own.where(fold_of == fold), seed)) for fold in range(_FOLDS)
    ]
    return Bench(tuple(folds), most, seed, own is not train)


def judge(bench: Bench, recipe: Recipe) -> Judged:
    """Fit by a recipe and judge it; equal rows, seed and recipe give equal figures."""
    fits, cells = [], []
    for fold in bench.folds:
        fit = booster.fit_crosswise(
            fold.train.features,
            _labels(fold.train),
            [(half.features, _labels(half)) for half in fold.halves],
            most_rows_of_a_student=bench.most_rows_of_a_student,
            seed=bench.seed,
            recipe=recipe,
        )
        fits.append(fit)
        for half, scores in zip(fold.halves, fit.scores, strict=True):
            cells += [_ranked(cell) for cell in _cells(half.standing.assign(score=scores))]
    influence = pd.concat([each for _, each in cells]) / len(cells)
    return Judged(
        float(np.mean([value for value, _ in cells])),
        float(np.mean([fit.trees for fit in fits])),
        float(np.mean([fit.leaves for fit in fits])),
        _draws(influence, bench.seed),
    )


def standard_error(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the standard error of the difference of two values, paired by student, from their draws."""
    return float(np.sqrt(np.mean((np.array(one) - np.array(other)) ** 2)))


def _cells(standing: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the students not yet chronic at each date, where both outcomes occur among them."""
    early = standing.loc[~standing["already_chronic"].to_numpy(dtype=bool)]
    yield from (day for _, day in early.groupby("as_of_date") if _both(day))


def _ranked(rows: pd.DataFrame) -> tuple[float, pd.Series[float]]:
    """Return the AUC of ``score``, and by student_id how much every row moves it.

    Through ranks (E. R. DeLong and others 1988, Biometrics 44, 837-845): a student's share is how many of
    the other outcome are on the right side of the student, ties counted half.
    """
    score, needs = rows["score"].to_numpy(), rows["label"].to_numpy() == 1
    ranks, moves = rankdata(score), np.empty(len(rows))
    above = (ranks[needs] - rankdata(score[needs])) / (~needs).sum()
    below = 1 - (ranks[~needs] - rankdata(score[~needs])) / needs.sum()
    value = float(above.mean())
    moves[needs], moves[~needs] = (above - value) / needs.sum(), (below - value) / (~needs).sum()
    return value, pd.Series(moves, index=rows["student_id"].to_numpy())


def _draws(influence: pd.Series[float], seed: int) -> tuple[float, ...]:
    codes, count = student_codes(influence.index.to_series())
    own = by_student(np.array(influence, dtype=np.float64), codes)
    drawn = StudentBootstrap(count, max(1, min(_DRAWS, count // _STUDENTS_A_DRAW)), seed).chunks()
    return tuple(float(each) for weights in drawn for each in own @ weights)


def _halves(rows: LabelledRows, seed: int) -> tuple[LabelledRows, LabelledRows]:
    half = student_folds(rows.standing["student_id"], 2, seed)
    return rows.where(half == 0), rows.where(half == 1)


def _both(rows: pd.DataFrame) -> bool:
    return bool(rows["label"].nunique() == 2)


def _labels(rows: LabelledRows) -> np.ndarray:
    return rows.standing["label"].to_numpy()
