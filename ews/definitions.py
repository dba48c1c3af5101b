"""Definitions of chronic absence: what a district, a state or a federal report counts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import Field

from ews.strict_model import StrictModel


class Definition(StrictModel):
    """The district's definition of chronic absence."""

    threshold: Decimal = Field(default=Decimal("0.10"), gt=0, lt=1)
    inclusive: bool = True
    min_enrolled_days: int = Field(default=10, ge=1)
    grain: Literal["district", "school"] = "district"
    partial_day: Literal["half", "fraction"] = "half"

    @property
    def exact_threshold(self) -> Fraction:
        """The threshold as a ratio of whole numbers, so that exactly 10% stays exactly 10%."""
        return Fraction(self.threshold)
