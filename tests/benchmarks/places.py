"""Where the district of one size lies while it is measured, and the day that is looked at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ews.config import Config

AS_OF = dt.date(2026, 1, 15)
"""A Thursday in session; the simulated events reach to the day after it."""

NIGHT_BEFORE = dt.date(2026, 1, 14)
MODEL_STUDENTS, MODEL_YEARS = 10_000, 5
"""One model is in service at every size, made from this district, so that sizes differ in size alone."""


@dataclass(frozen=True)
class Place:
    """The folder of one size."""

    root: Path
    students: int
    years: int

    @property
    def folder(self) -> Path:
        return self.root / f"{self.students}-students-{self.years}-years"

    @property
    def district(self) -> Path:
        return self.folder / "district"

    @property
    def workspace(self) -> Path:
        return self.district / "workspace"

    @property
    def store(self) -> Path:
        return self.workspace / "store.duckdb"

    @property
    def inputs(self) -> Path:
        """What a night hands from stage to stage."""
        return self.folder / "inputs"

    @property
    def night(self) -> Path:
        return self.folder / "night"

    @property
    def before_the_night(self) -> Path:
        """The night's workspace as the night before left it."""
        return self.folder / "before_the_night"

    @property
    def daily(self) -> Path:
        """The daily rows, ``days.parquet``, and small files beside them."""
        return self.folder / "daily"

    @property
    def model(self) -> Place:
        """The district that the model comes from."""
        return Place(self.root / "model", MODEL_STUDENTS, MODEL_YEARS)

    def config(self, folder: Path | None = None) -> Config:
        from ews.config import load_config

        return load_config((folder or self.district) / "district.yaml")
