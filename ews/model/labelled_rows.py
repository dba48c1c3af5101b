"""Rows with labels: the matrix at every as-of date of a school year, beside what became of the students."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ews.config import Config
from ews.engine import Session
from ews.features.matrix import Matrix, build_matrix
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

    def between(self, start: int, end: int) -> LabelledRows:
        """Return rows that stand together; they stay where they are in memory."""
        standing = self.standing.iloc[start:end].reset_index(drop=True)
        return LabelledRows(standing, self.features.iloc[start:end].reset_index(drop=True), self.enrolled)

    def where(self, keep: np.ndarray) -> LabelledRows:
        """Return the rows that a boolean array keeps; where they stand together, without a copy."""
        kept = np.flatnonzero(keep)
        if len(kept) and kept[-1] - kept[0] + 1 == len(kept):
            return self.between(int(kept[0]), int(kept[-1]) + 1)
        standing = self.standing.loc[keep].reset_index(drop=True)
        return LabelledRows(standing, self.features.loc[keep].reset_index(drop=True), self.enrolled)


def labelled_rows(
    session: Session, years: Iterable[int], outcomes: pd.DataFrame, config: Config, progress: Progress
) -> LabelledRows:
    """Return the rows of school years at the as-of dates of the configuration."""
    return concatenated(list(rows_by_day(session, years, outcomes, config, progress)))


def rows_by_day(
    session: Session, years: Iterable[int], outcomes: pd.DataFrame, config: Config, progress: Progress
) -> Iterator[LabelledRows]:
    """Yield the rows of school years, one as-of date of the configuration after the other."""
    calendar = calendar_frame(session)
    dates = [day for year in years for day in as_of_dates(calendar, year, config.training.as_of)]
    for number, day in enumerate(dates):
        progress("Computing features", number / len(dates))
        yield rows_of_day(session, day, outcomes, config)
    progress("Computing features", 1.0)


def rows_of_day(session: Session, day: dt.date, outcomes: pd.DataFrame, config: Config) -> LabelledRows:
    """Return the labelled rows of one as-of date."""
    matrix = build_matrix(session, day, config)
    keys = label_keys(outcomes)
    labels = matrix.standing[keys].merge(outcomes[[*keys, "label"]], on=keys, how="left")["label"]
    keep = (matrix.scorable() & labels.notna()).to_numpy()
    rows = LabelledRows(matrix.standing.assign(label=labels), matrix.features, enrolled_of(matrix)).where(
        keep
    )
    return LabelledRows(rows.standing.astype({"label": "int64"}), rows.features, rows.enrolled)


def enrolled_of(matrix: Matrix) -> dict[tuple[dt.date, str], int]:
    """Return the students on the roster by (as_of_date, school_id)."""
    counts = matrix.standing["school_id"].value_counts()
    return {(matrix.as_of, str(school)): int(count) for school, count in counts.items()}


def concatenated(parts: Sequence[LabelledRows]) -> LabelledRows:
    """Return the rows of several dates or years as one, in the order in which they are given."""
    return LabelledRows(
        pd.concat([part.standing for part in parts], ignore_index=True),
        pd.concat([part.features for part in parts], ignore_index=True),
        {key: count for part in parts for key, count in part.enrolled.items()},
    )


def sample_students(rows: LabelledRows, max_rows: int, seed: int) -> LabelledRows:
    """Return at most ``max_rows`` rows by leaving whole students out, chosen by a seeded shuffle."""
    return _sample(rows, "student_id", max_rows, seed)


def sample_schools(rows: LabelledRows, max_rows: int, seed: int) -> LabelledRows:
    """Return at most ``max_rows`` rows by leaving whole schools out: what is left has whole lists."""
    return _sample(rows, "school_id", max_rows, seed)


def kept_of(counts: pd.Series[int], max_rows: int, seed: int) -> list[str] | None:
    """Return the students (or schools) that a sample keeps, sorted; None where it keeps all of them.

    They are shuffled, and kept in that order until ``max_rows`` is reached; the first one always. Only ids
    and counts decide, so that every engine chooses the same ones.

    Parameters
    ----------
    counts : Series
        Rows by id, in any order.
    """
    if counts.sum() <= max_rows:
        return None
    ids = np.sort(counts.index.to_numpy().astype(object))
    running = counts.reindex(np.random.default_rng(seed).permutation(ids)).cumsum()
    return sorted(running.index[(running <= max_rows) | (running == running.iloc[0])])


def _sample(rows: LabelledRows, key: str, max_rows: int, seed: int) -> LabelledRows:
    kept = kept_of(rows.standing[key].value_counts(), max_rows, seed)
    return rows if kept is None else rows.where(rows.standing[key].isin(kept).to_numpy())


def student_folds(student_ids: pd.Series, folds: int, seed: int) -> np.ndarray:
    """Return a fold number for every row, the same for all rows of a student."""
    codes, students = pd.factorize(student_ids, sort=True)
    fold_of = np.random.default_rng(seed).permutation(len(students)) % folds
    return np.asarray(fold_of[codes])
