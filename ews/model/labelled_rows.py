"""Rows with labels: the matrix at every as-of date of a school year, beside what became of the students."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ews.config import Config
from ews.engine import Session
from ews.features.matrix import build_matrix
from ews.label import label_keys
from ews.progress import Progress
from ews.school_calendar import as_of_dates
from ews.snapshot import calendar_frame


@dataclass(frozen=True)
class LabelledRows:
    """Scorable students with an observed label.

    Attributes
    ----------
    standing : DataFrame
        One row per student_id and as_of_date, with ``label`` (0 or 1) and the columns of
        ``ews.features.matrix.Matrix.standing``; ordered by as_of_date and student_id.
    features : DataFrame
        The same rows: the model's features, float64.
    enrolled : dict
        Students on the roster by (as_of_date, school_id): what a capacity in percent refers to.
    """

    standing: pd.DataFrame
    features: pd.DataFrame
    enrolled: dict[tuple[dt.date, str], int]

    def of_years(self, years: Iterable[int]) -> LabelledRows:
        """Return the rows of some school years."""
        return self.where(self.standing["school_year"].isin(list(years)).to_numpy())

    def where(self, keep: np.ndarray) -> LabelledRows:
        """Return the rows that a boolean array keeps."""
        standing = self.standing.loc[keep].reset_index(drop=True)
        return LabelledRows(standing, self.features.loc[keep].reset_index(drop=True), self.enrolled)


def labelled_rows(
    session: Session, years: Iterable[int], outcomes: pd.DataFrame, config: Config, progress: Progress
) -> LabelledRows:
    """Return the rows of school years at the as-of dates of the configuration."""
    calendar = calendar_frame(session)
    dates = [day for year in years for day in as_of_dates(calendar, year, config.training.as_of)]
    parts = []
    for number, day in enumerate(dates):
        progress("Computing features", number / len(dates))
        parts.append(_rows_of(session, day, outcomes, config))
    progress("Computing features", 1.0)
    return LabelledRows(
        pd.concat([part.standing for part in parts], ignore_index=True),
        pd.concat([part.features for part in parts], ignore_index=True),
        {key: count for part in parts for key, count in part.enrolled.items()},
    )


def _rows_of(session: Session, day: dt.date, outcomes: pd.DataFrame, config: Config) -> LabelledRows:
    matrix = build_matrix(session, day, config)
    keys = label_keys(outcomes)
    labels = matrix.standing[keys].merge(outcomes[[*keys, "label"]], on=keys, how="left")["label"]
    keep = (matrix.scorable() & labels.notna()).to_numpy()
    counts = matrix.standing["school_id"].value_counts()
    rows = LabelledRows(
        matrix.standing.assign(label=labels),
        matrix.features,
        {(day, str(school)): int(count) for school, count in counts.items()},
    ).where(keep)
    return LabelledRows(rows.standing.astype({"label": "int64"}), rows.features, rows.enrolled)


def sample_students(rows: LabelledRows, max_rows: int, seed: int) -> LabelledRows:
    """Return at most ``max_rows`` rows by leaving whole students out, chosen by a seeded shuffle."""
    if len(rows.standing) <= max_rows:
        return rows
    students = np.sort(rows.standing["student_id"].unique())
    order = np.random.default_rng(seed).permutation(students)
    counts = rows.standing["student_id"].value_counts().reindex(order).cumsum()
    kept = set(counts.index[counts <= max_rows])
    return rows.where(rows.standing["student_id"].isin(kept).to_numpy())


def student_folds(student_ids: pd.Series, folds: int, seed: int) -> np.ndarray:
    """Return a fold number for every row, the same for all rows of a student."""
    codes, students = pd.factorize(student_ids, sort=True)
    fold_of = np.random.default_rng(seed).permutation(len(students)) % folds
    return np.asarray(fold_of[codes])
