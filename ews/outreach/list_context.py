"""What stands on every list of a night besides its students."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ews.outreach_settings import NextSteps


@dataclass(frozen=True)
class ListContext:
    """What stands on every list besides its students.

    Parameters
    ----------
    district : str
        The district's name.
    as_of : date
        The decision day.
    schools : DataFrame
        One row per school of the roster: school_id, school_name. Each gets its files, listed students or not.
    model_version : str
        Name and version of the model that ranked the students.
    banners : sequence of str
        Sentences that must be seen first: the watermark of a simulation, a sign-off or an override.
    stale : sequence of str
        Sentences about sources that are late.
    show_names : bool
        Whether there is a directory to take names and homerooms from.
    show_counselors : bool
        Whether the directory names counselors.
    counselors : mapping of str to sequence of str
        School -> the counselors of its students, listed or not: each gets files of their own.
    since : date, optional
        The day of the list before this one.
    next_steps : NextSteps
        The district's table of suggested next steps.
    """

    district: str
    as_of: dt.date
    schools: pd.DataFrame
    model_version: str
    banners: Sequence[str] = ()
    stale: Sequence[str] = ()
    show_names: bool = False
    show_counselors: bool = False
    counselors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: dt.date | None = None
    next_steps: NextSteps = field(default_factory=NextSteps)

    def record(self) -> dict[str, Any]:
        """Return what a night's manifest keeps of it, so that a list can be written again as it was."""
        return {
            "since": self.since.isoformat() if self.since else None,
            "next_steps": self.next_steps.model_dump(mode="json"),
        }
