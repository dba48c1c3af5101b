"""What a district decides about its lists beside their length: next steps, and where each is delivered."""

from __future__ import annotations

import unicodedata
from pathlib import PurePath
from typing import Self

from pydantic import Field, field_validator, model_validator

from ews.strict_model import StrictModel

_LONGEST_STEP = 160


class Tier(StrictModel):
    """A suggested next step for students whose absence rate lies below a bound; the last tier has none."""

    below: float | None = Field(default=None, gt=0, le=1)
    step: str = Field(min_length=1, max_length=_LONGEST_STEP)

    @field_validator("step")
    @classmethod
    def _one_printable_line(cls, value: str) -> str:
        # Control and format characters, line ends, and half of a surrogate pair.
        if any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in value):
            msg = "a step is one line of printable text"
            raise ValueError(msg)
        if not value.strip():
            msg = "a step says what to do"
            raise ValueError(msg)
        return value.strip()


_TIERS = (
    Tier(below=0.05, step="Share what goes well with the student and the family."),
    Tier(below=0.10, step="Check in with the student; ask the family what would help."),
    Tier(below=0.20, step="Meet with the family, agree on one or two supports, look again in four weeks."),
    Tier(step="Bring the support team and the family together; one person they know stays in touch."),
)


class NextSteps(StrictModel):
    """Suggested next steps by tier of the absence rate; the default bounds are those of Attendance Works.

    Below 5% of school days absent is satisfactory, below 10% at risk, below 20% moderate chronic absence,
    from there on severe chronic absence (attendanceworks.org, "3 tiers of intervention").
    """

    tiers: tuple[Tier, ...] = Field(default=_TIERS, min_length=1, max_length=8)

    @model_validator(mode="after")
    def _bounds_rise(self) -> Self:
        bounds = [tier.below for tier in self.tiers]
        inner = [each for each in bounds if each is not None]
        if bounds[-1] is not None or len(inner) != len(bounds) - 1 or inner != sorted(set(inner)):
            msg = "every tier but the last has `below`, each larger than the one before; the last has none"
            raise ValueError(msg)
        return self

    def tier_of(self, absence_rate: float | None) -> int | None:
        """Return the number of the tier of an absence rate; None where the rate is not known."""
        if absence_rate is None or absence_rate != absence_rate:  # NaN
            return None
        return next(
            number
            for number, tier in enumerate(self.tiers)
            if tier.below is None or absence_rate < tier.below
        )

    def step_of(self, absence_rate: float | None) -> str:
        """Return the suggested step for an absence rate; "" where the rate is not known."""
        number = self.tier_of(absence_rate)
        return "" if number is None else self.tiers[number].step


class Delivery(StrictModel):
    """Where one school's files are copied to, and which group of accounts may read them there."""

    path: str = Field(min_length=1)
    group: str | None = Field(default=None, min_length=1)


def each_school_its_own(deliver: dict[str, Delivery]) -> dict[str, Delivery]:
    """Return the deliveries, if no two schools share a folder.

    Raises
    ------
    ValueError
        If they do: whoever may open the one's lists could open the other's.
    """
    places = [PurePath(each.path) for each in deliver.values()]
    for at, place in enumerate(places):
        for other in places[at + 1 :]:
            if place == other or place in other.parents or other in place.parents:
                msg = "two schools are delivered to one folder, or one into the other's: give each its own"
                raise ValueError(msg)
    return deliver
