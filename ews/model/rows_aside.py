"""Labelled rows of many days: in memory while they are few, beyond that set aside in a private folder.

A district of a million students has forty million rows in five years, and a model is fitted to one million
of them. Which students (or schools) a sample keeps is known only when the last day has been counted.
"""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from ews.model.labelled_rows import LabelledRows, concatenated, kept_of
from ews.scratch import Scratch

HELD_ROWS = 6_000_000
"""About five gigabytes. More are set aside: a district of 100,000 with five years has four million."""


@dataclass(frozen=True)
class Chosen:
    """Rows of some days that a sample keeps.

    Attributes
    ----------
    days : tuple of Path
        Where they are set aside.
    key, kept : str, frozenset of str or None
        The rows of these students (or schools); None: all of them.
    rows, of : int
        How many they are, and of how many students (or schools) was chosen.
    """

    days: tuple[Path, ...]
    key: str
    kept: frozenset[str] | None
    rows: int
    of: int


class RowsAside:
    """Labelled rows by day. Use it as a context manager: the private folder is gone when the block ends.

    Parameters
    ----------
    held_rows : int
        So many are held in memory; from the first day that brings more, all are set aside.
    """

    def __init__(self, held_rows: int = HELD_ROWS) -> None:
        self._most = held_rows
        self._rows = 0
        self._held: list[LabelledRows] = []
        self._aside: list[tuple[int, Path]] = []
        self._folder: Scratch | None = None
        self._enrolled: dict[tuple[dt.date, str], int] = {}
        self._dates: dict[Path, set[dt.date]] = {}

    def __enter__(self) -> RowsAside:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, rows: LabelledRows) -> None:
        """Take the rows of one more day."""
        self._rows += len(rows.standing)
        self._held.append(rows)
        if self._rows > self._most:
            for each in self._held:
                self._set_aside(each)
            self._held.clear()

    def everything(self) -> LabelledRows | None:
        """Return all rows in the order in which they came; None where they are too many to be held."""
        return concatenated(self._held) if self._folder is None else None

    def chosen(self, years: Sequence[int], key: str, max_rows: int, seed: int) -> Chosen:
        """Choose rows of school years set aside: at most ``max_rows``, of whole students or whole schools.

        Parameters
        ----------
        key : str
            ``student_id`` or ``school_id``.
        """
        days = tuple(path for year, path in self._aside if year in years)
        counts = pd.Series(dtype="int64")
        for path in days:
            counts = counts.add(_standing(path)[key].value_counts(), fill_value=0)
        counts = counts.astype("int64")
        kept = kept_of(counts, max_rows, seed)
        rows = int(counts.sum() if kept is None else counts.loc[kept].sum())
        return Chosen(days, key, None if kept is None else frozenset(kept), rows, len(counts))

    def together(self, choices: Sequence[Chosen]) -> tuple[LabelledRows, list[LabelledRows]]:
        """Read what was chosen, one choice after the other, as one; and each alone, of the same memory."""
        whole = self._read(choices)
        ends = list(accumulate((each.rows for each in choices), initial=0))
        parts = [
            replace(whole.between(start, end), enrolled=self._enrolled_on(each))
            for each, (start, end) in zip(choices, pairwise(ends), strict=True)
        ]
        return whole, parts

    def _read(self, choices: Sequence[Chosen]) -> LabelledRows:
        """Read features into room made for all of them: days beside their sum would be twice as much."""
        features: np.ndarray | None = None
        names: list[str] = []
        standings, filled = [], 0
        for chosen, path in ((each, path) for each in choices for path in each.days):
            standing, own = _standing(path), pd.read_parquet(path.with_suffix(".parquet"))
            if chosen.kept is not None:
                keep = standing[chosen.key].isin(chosen.kept).to_numpy()
                standing, own = standing.loc[keep], own.loc[keep]
            if features is None:
                names = list(own.columns)
                features = np.empty((sum(each.rows for each in choices), len(names)))
            features[filled : filled + len(own)] = own.to_numpy()
            filled += len(own)
            standings.append(standing)
        standing = pd.concat(standings, ignore_index=True)
        enrolled = {key: count for each in choices for key, count in self._enrolled_on(each).items()}
        return LabelledRows(standing, pd.DataFrame(features, columns=names, copy=False), enrolled)

    def _enrolled_on(self, chosen: Chosen) -> dict[tuple[dt.date, str], int]:
        days = {day for path in chosen.days for day in self._dates[path]}
        return {each: count for each, count in self._enrolled.items() if each[0] in days}

    def _set_aside(self, rows: LabelledRows) -> None:
        if self._folder is None:
            self._folder = Scratch()
        path = self._folder.path / f"day_{len(self._aside)}"
        # The features compress to a seventh; the rest is kept to the type of every column.
        rows.features.to_parquet(path.with_suffix(".parquet"), compression="zstd", index=False)
        path.with_suffix(".pickle").write_bytes(pickle.dumps(rows.standing, protocol=pickle.HIGHEST_PROTOCOL))
        self._enrolled |= rows.enrolled
        self._dates[path] = set(rows.standing["as_of_date"])
        years = rows.standing["school_year"].unique()
        self._aside += [(int(year), path) for year in years]


def _standing(path: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pickle.loads(path.with_suffix(".pickle").read_bytes())  # noqa: S301 - our own
    return frame
