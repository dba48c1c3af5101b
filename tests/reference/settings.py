"""What a district has declared, as plain data: everything the rules depend on besides the rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from fractions import Fraction

Row = dict[str, str]
"""One row of an extract, every cell as text, an empty cell as ''."""

GRADES = ("PK", "KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")

CODES = {
    "P": "present",
    "T": "tardy",
    "E": "absent_excused",
    "A": "absent_unexcused",
    "S": "absent_suspension",
    "I": "in_school_suspension",
    "X": "exempt",
}


@dataclass(frozen=True)
class Settings:
    """The declared rules of one district."""

    timezone: str = "America/New_York"
    known_after_days: dict[str, int] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=lambda: dict(CODES))
    reporting: str = "exceptions"
    threshold: str = "0.10"
    inclusive: bool = True
    min_enrolled_days: int = 10
    grain: str = "district"
    partial_day: str = "half"
    cohort_grades: tuple[str, ...] = GRADES[1:]
    cohort_min_days: int = 5
    nurse_use: str | None = "feature"
    meal_use: str | None = "feature"

    @property
    def bound(self) -> Fraction:
        """The threshold, exactly."""
        return Fraction(self.threshold)

    def known_after(self, table: str) -> int:
        """Days after its own date from which a row without a time of recording is known."""
        return self.known_after_days.get(table, 1)


@dataclass(frozen=True)
class Load:
    """One load: its time (naive UTC) and the rows of every extract as they were delivered."""

    at: dt.datetime
    rows: dict[str, list[Row]]
    delivery: dict[str, str] = field(default_factory=dict)
    covers_to: dt.date | None = None

    def is_full(self, table: str) -> bool:
        """Whether an extract was delivered whole, so that what is gone from it is withdrawn."""
        return self.delivery.get(table, "full") == "full"
