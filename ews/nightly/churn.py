"""How much of a list changed since the last one: a list that turns over in a night has met bad data.

Whoever left the roster is not counted: that is a change of the school, not of the list.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

LEAST_PLACES = 20
"""Below so many places on the last list a share says nothing, and is only reported."""

_LONGEST_GAP = 10
"""School days after which a list may well be another: churn is then only reported."""


@dataclass(frozen=True)
class Churn:
    """What became of the last list.

    Attributes
    ----------
    places : int
        Students on the last list who are still on the roster.
    left : int
        Of these, how many are on no list now.
    school_days : int
        School days between the two lists, the new one's own day counted.
    """

    places: int
    left: int
    school_days: int

    @property
    def share(self) -> float | None:
        """The share of the last list's places that changed hands; None without places."""
        return self.left / self.places if self.places else None

    def above(self, limit: float) -> bool:
        """Return whether publication has to wait for a person."""
        if self.share is None or self.places < LEAST_PLACES or self.school_days > _LONGEST_GAP:
            return False
        return self.share > limit

    def sentence(self) -> str:
        """Say it for people; 0 school days are between a day's own lists and those made for it again."""
        if not self.school_days:
            return (
                f"Of {self.places} students on the lists that are published for this day already, "
                f"{self.left} would be on them no longer ({100 * (self.share or 0):.0f}%)."
            )
        return (
            f"Of {self.places} students on the last list and still enrolled, {self.left} are not on "
            f"tonight's ({100 * (self.share or 0):.0f}%), {self.school_days} school "
            f"{'day' if self.school_days == 1 else 'days'} later."
        )

    def record(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "places": self.places,
            "left": self.left,
            "school_days": self.school_days,
            "share": self.share,
        }


def churn_between(previous: pd.DataFrame, now: pd.DataFrame, school_days: int) -> Churn:
    """Compare two nights.

    Parameters
    ----------
    previous, now : DataFrame
        ``scores.parquet`` of the last list and of tonight: student_id, selected.
    school_days : int
        School days between them.
    """
    before = set(previous.loc[previous["selected"], "student_id"]) & set(now["student_id"])
    after = set(now.loc[now["selected"], "student_id"])
    return Churn(len(before), len(before - after), school_days)
