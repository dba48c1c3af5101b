"""The one order of students on a list: everything of it that does not depend on a score.

Score descending, then fewer days of absence left, then the SHA-256 of the student's id (a tie has to be
broken by something that knows nothing about the student). Where several scores order the same rows, as a
model and the rules beside it, dates, schools and ties are looked at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class ListOrder:
    """Rows that compete for places, one per student and date.

    Attributes
    ----------
    ties : int array of shape (rows,)
        The numbers of the rows, first place first, where all scores are equal.
    student, date : int arrays of shape (rows,)
        Number of each row's student in the order of ids, and of its date in ``dates``.
    school : int array of shape (rows,), or None
        Number of each row's school in ``schools``; None where rows have none.
    students : int
        How many distinct students.
    dates, schools : tuple
        The distinct ones; dates in order.
    """

    ties: IntArray
    student: IntArray
    date: IntArray
    school: IntArray | None
    students: int
    dates: tuple[dt.date, ...]
    schools: tuple[str, ...]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> ListOrder:
        """Look at ``student_id``, ``absences_left``, ``as_of_date`` and, where there, ``school_id``."""
        # One number for each student in the order of the digests: numbers sort faster than text.
        student, students = pd.factorize(rows["student_id"], sort=True)
        ties = np.lexsort((_digest_ranks(students)[student], rows["absences_left"].to_numpy()))
        date, dates = pd.factorize(rows["as_of_date"], sort=True)
        school, schools = pd.factorize(rows["school_id"]) if "school_id" in rows else (None, ())
        return cls(ties, student, date, school, len(students), tuple(dates), tuple(schools))

    def by(self, score: pd.Series[float]) -> IntArray:
        """Return the numbers of the rows, first place first.

        Raises
        ------
        ValueError
            If a score is null: whoever is not scored cannot be ordered, and must be left out before.
        """
        if score.isna().any():
            msg = f"{int(score.isna().sum())} rows have no {score.name} and cannot be ordered"
            raise ValueError(msg)
        highest_first = -score.to_numpy(dtype=float)[self.ties]
        return np.asarray(self.ties[np.argsort(highest_first, kind="stable")])

    @cached_property
    def list_of_school(self) -> IntArray:
        """A number for every school and date: those who compete on one list of the school."""
        if self.school is None:
            msg = "rows without school_id are on no list of a school"
            raise ValueError(msg)
        return np.asarray(self.date * len(self.schools) + self.school)


def places_within(groups: IntArray, order: IntArray) -> IntArray:
    """Return each row's place, from 1, within its group.

    Parameters
    ----------
    groups : int array of shape (rows,)
        A number for every group.
    order : int array of shape (rows,)
        The rows, first place first.
    """
    ordered = pd.Series(groups[order])
    places = np.empty(len(order), dtype=np.int64)
    places[order] = ordered.groupby(ordered, sort=False).cumcount().to_numpy() + 1
    return places


def _digest_ranks(students: pd.Index[str]) -> IntArray:
    """Return each student's place by SHA-256; digests are compared as four whole numbers."""
    digests = b"".join(hashlib.sha256(each.encode("utf-8")).digest() for each in students)
    words = np.frombuffer(digests, dtype=">u8").reshape(-1, 4).astype(np.uint64)
    ranks = np.empty(len(words), dtype=np.int64)
    ranks[np.lexsort(words.T[::-1])] = np.arange(len(words))
    return ranks
