"""A district that lives through nights: each night's extracts hold what was recorded before that day.

The model is trained on the years before; then the nights come one after another, some of them with a fault
in what was delivered. Simulated students only.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ews.simulate.district import simulate
from tests.pipeline.at_work import AtWork, sign_off

RECORDED = ("attendance", "nurse_visits", "meal_programs")
TABLES = (*RECORDED, "enrollments")
Change = Callable[[str, pd.DataFrame, dt.date], pd.DataFrame]
SETTINGS = "\ntraining: {resamples: 100}\nnightly: {model_max_age_days: 2000}\n"


@dataclass
class Night:
    """What one night ended with."""

    day: dt.date
    exit_code: int
    outcome: str
    latest: str
    sentences: list[str] = field(default_factory=list)
    drifted: list[str] = field(default_factory=list)


class YearOfNights:
    """One district, its whole truth, and what has been delivered of it so far.

    Parameters
    ----------
    folder : Path
        Where it lives.
    begins : int
        The school year whose nights are lived through; the model learns from the years before.
    """

    def __init__(self, folder: Path, *, students: int, seed: int, begins: int = 2025) -> None:
        configuration = simulate(folder / "district", students=students, years=6, seed=seed)
        with configuration.open("a", encoding="utf-8") as file:
            file.write(SETTINGS)
        self.district = AtWork(configuration.parent)
        extracts = self.district.folder / "extracts"
        self._whole = {
            name: pd.read_csv(extracts / f"{name}.csv", dtype=str, keep_default_na=False) for name in TABLES
        }
        calendar = pd.read_csv(extracts / "calendar.csv", dtype=str)
        own = calendar.loc[
            (calendar["school_year"].astype(int) >= begins) & (calendar["instructional"] == "true")
        ]
        self.school_days = sorted({dt.date.fromisoformat(day) for day in own["date"]})
        self._begins = self.school_days[0]

    def train(self) -> None:
        """Load what was known before the first day, train and promote."""
        self.deliver(self._begins)
        before = dt.datetime.combine(self._begins, dt.time()) - dt.timedelta(hours=6)
        assert self.district.run("ingest", "--loaded-at", before.isoformat()) == 0
        assert self.district.run("train", "--by", "Trainer") == 0
        gate = self.district.figures("evaluation.json")["gate"]
        assert gate == "pass" or sign_off(self.district) == 0
        assert self.district.run("promote") == 0

    def deliver(self, day: dt.date, change: Change | None = None) -> None:
        """Write the extracts as they would be on the morning of a day."""
        for name, rows in self._whole.items():
            known = self._known(name, rows, day)
            path = self.district.folder / "extracts" / f"{name}.csv"
            (known if change is None else change(name, known, day)).to_csv(path, index=False)

    def _known(self, name: str, rows: pd.DataFrame, day: dt.date) -> pd.DataFrame:
        if name in RECORDED:
            return rows.loc[rows["recorded_at"] < day.isoformat()]
        here = rows.loc[rows["entry_date"] < day.isoformat()]
        return here.assign(exit_date=here["exit_date"].where(here["exit_date"] < day.isoformat(), ""))

    def night(self, day: dt.date, *options: str) -> Night:
        """Run one night as the job does."""
        exit_code = self.district.run("nightly", "--as-of", day.isoformat(), *options)
        status: dict[str, Any] = json.loads((self.district.workspace / "status.json").read_bytes())
        last = status["nights"][-1]
        latest = self.district.workspace / "published" / "LATEST"
        return Night(
            day,
            exit_code,
            last["outcome"],
            latest.read_text().strip() if latest.exists() else "",
            [*last.get("degraded", []), *([last["sentence"]] if "sentence" in last else [])],
            list(last.get("drifted", [])),
        )


# --- faults in what is delivered: each must be refused, or told, and never publish a wrong list


def no_file(district: AtWork, table: str, _: np.random.Generator) -> None:
    (district.folder / "extracts" / f"{table}.csv").unlink()


def empty_file(district: AtWork, table: str, _: np.random.Generator) -> None:
    (district.folder / "extracts" / f"{table}.csv").write_bytes(b"")


def cut_file(district: AtWork, table: str, chance: np.random.Generator) -> None:
    path = district.folder / "extracts" / f"{table}.csv"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * chance.uniform(0.05, 0.8))])


def other_table(district: AtWork, table: str, _: np.random.Generator) -> None:
    other = "nurse_visits" if table != "nurse_visits" else "attendance"
    extracts = district.folder / "extracts"
    shutil.copy(extracts / f"{other}.csv", extracts / f"{table}.csv")


def re_encoded(district: AtWork, table: str, _: np.random.Generator) -> None:
    path = district.folder / "extracts" / f"{table}.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))


def new_code(district: AtWork, table: str, _: np.random.Generator) -> None:
    column = {"attendance": "code", "nurse_visits": "category", "meal_programs": "eligibility"}.get(
        table, "grade"
    )
    district.change_extract(table, lambda rows: rows.assign(**{column: "ZZ"}))


FAULTS = (no_file, empty_file, cut_file, other_table, re_encoded, new_code)
