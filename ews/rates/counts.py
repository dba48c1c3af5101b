"""How many students are counted, and how many are chronic: in all, by school and by grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from ews.definitions import Grain
from ews.rates.students import Judgement, Students

GROUP_COLUMNS = {"school": "school_id", "grade": "grade"}
"""What the rates are shown by, and the column that holds it."""

COUNTED, CHRONIC, NOT_CHRONIC = range(3)
"""The figures of a cell: students in the rate, those who are chronically absent, and those who are not."""


class Column(NamedTuple):
    """One definition at one grain: a column of the tables."""

    definition: str
    grain: Grain


class Count(NamedTuple):
    """Students in the rate and those of them who are chronically absent."""

    n: int
    chronic: int

    @property
    def rate(self) -> float | None:
        """The share that is chronic; None where nobody is counted."""
        return self.chronic / self.n if self.n else None


@dataclass(frozen=True)
class Counts:
    """The counts of one column: exact, never to leave as they are.

    Attributes
    ----------
    total : Count
        Of the district. At the grain ``school`` a student is counted at each school.
    by : mapping of "school" or "grade" to a mapping of group to Count
        Every group that has a student under any definition; they add up to the total.
    """

    total: Count
    by: Mapping[str, Mapping[str, Count]]


def count(students: Students, grain: Grain, judged: Judgement) -> Counts:
    """Return the counts of one definition at one grain."""
    rows = students.rows[grain]
    flags = pd.DataFrame({"n": judged.counted, "chronic": judged.chronic}).astype("int64")
    by = {
        kind: {
            str(group): Count(int(n), int(chronic))
            for group, n, chronic in flags.groupby(rows[column].to_numpy()).sum().itertuples()
        }
        for kind, column in GROUP_COLUMNS.items()
    }
    return Counts(Count(int(flags["n"].sum()), int(flags["chronic"].sum())), by)
