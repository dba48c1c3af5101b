"""Labelled rows of many days: in memory while they are few, beyond that set aside in a private folder.

A district of a million students has forty million rows in five years, and a model is fitted to one million
of them. Which students (or schools) a sample keeps is known only when the last day has been counted.
"""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from ews.model.labelled_rows import LabelledRows, concatenated, kept_of
from ews.scratch import Scratch

HELD_ROWS = 6_000_000
"""About five gigabytes. More are set aside: a district of 100,000 with five years has four million."""


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

    def drawn(self, years: Sequence[int], key: str, max_rows: int, seed: int) -> tuple[LabelledRows, int]:
        """Return rows of school years set aside: at most ``max_rows``, of whole students or whole schools.

        Parameters
        ----------
        key : str
            ``student_id`` or ``school_id``.

        Returns
        -------
        tuple
            The rows, and of how many students (or schools) they were chosen.
        """
        days = [path for year, path in self._aside if year in years]
        counts = pd.Series(dtype="int64")
        for path in days:
            counts = counts.add(_standing(path)[key].value_counts(), fill_value=0)
        kept = kept_of(counts.astype("int64"), max_rows, seed)
        return concatenated([self._read(path, key, kept) for path in days]), len(counts)

    def _set_aside(self, rows: LabelledRows) -> None:
        if self._folder is None:
            self._folder = Scratch()
        path = self._folder.path / f"day_{len(self._aside)}"
        # The features compress to a seventh; the rest is kept to the type of every column.
        rows.features.to_parquet(path.with_suffix(".parquet"), compression="zstd", index=False)
        path.with_suffix(".pickle").write_bytes(pickle.dumps(rows.standing, protocol=pickle.HIGHEST_PROTOCOL))
        self._enrolled |= rows.enrolled
        years = rows.standing["school_year"].unique()
        self._aside += [(int(year), path) for year in years]

    def _read(self, path: Path, key: str, kept: Iterable[str] | None) -> LabelledRows:
        standing = _standing(path)
        day = set(standing["as_of_date"])
        enrolled = {each: count for each, count in self._enrolled.items() if each[0] in day}
        rows = LabelledRows(standing, pd.read_parquet(path.with_suffix(".parquet")), enrolled)
        return rows if kept is None else rows.where(standing[key].isin(list(kept)).to_numpy())


def _standing(path: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pickle.loads(path.with_suffix(".pickle").read_bytes())  # noqa: S301 - our own
    return frame
