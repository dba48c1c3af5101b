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
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ews.simulate.district import simulate
from tests.pipeline.at_work import AtWork, sign_off
from tests.pipeline.night_faults import extract

RECORDED = ("attendance", "nurse_visits", "meal_programs")
TABLES = (*RECORDED, "enrollments")
Change = Callable[[str, pd.DataFrame, dt.date], pd.DataFrame]
Fault = Callable[[AtWork, str, np.random.Generator], None]
GRADES = ("KG", *(f"{grade:02d}" for grade in range(1, 13)))
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
    cause: str = ""
    shift: str = ""

    @property
    def called(self) -> bool:
        """Whether somebody was told to look."""
        return self.exit_code != 0


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
        self._name_everyone(extracts / "directory.csv")

    def _name_everyone(self, directory: Path) -> None:
        """Add those who have left since: the simulated directory is that of the last day."""
        named = pd.read_csv(directory, dtype=str, keep_default_na=False)
        ids = sorted(set(self._whole["enrollments"]["student_id"]) - set(named["student_id"]))
        others = pd.DataFrame({"student_id": ids, "first_name": "Former", "last_name": "Student"})
        pd.concat([named, others.reindex(columns=named.columns, fill_value="")]).to_csv(
            directory, index=False
        )

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
    extract(district, table).unlink()


def empty_file(district: AtWork, table: str, _: np.random.Generator) -> None:
    extract(district, table).write_bytes(b"")


def cut_file(district: AtWork, table: str, chance: np.random.Generator) -> None:
    content = extract(district, table).read_bytes()
    extract(district, table).write_bytes(content[: int(len(content) * chance.uniform(0.05, 0.8))])


def other_table(district: AtWork, table: str, _: np.random.Generator) -> None:
    other = "nurse_visits" if table != "nurse_visits" else "attendance"
    shutil.copy(extract(district, other), extract(district, table))


def re_encoded(district: AtWork, table: str, _: np.random.Generator) -> None:
    path = extract(district, table)
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))


def new_code(district: AtWork, table: str, _: np.random.Generator) -> None:
    column = {"attendance": "code", "nurse_visits": "category", "meal_programs": "eligibility"}.get(
        table, "grade"
    )
    district.change_extract(table, lambda rows: rows.assign(**{column: "ZZ"}))


def twice(district: AtWork, table: str, _: np.random.Generator) -> None:
    district.change_extract(table, lambda rows: pd.concat([rows, rows]))


def of_last_year(district: AtWork, table: str, _: np.random.Generator) -> None:
    date = {"enrollments": "entry_date", "meal_programs": "start_date"}.get(table, "date")
    district.change_extract(table, lambda rows: rows.loc[rows[date] < "2024-08-01"])


FAULTS: dict[str, Fault] = {
    "missing": no_file,
    "empty": empty_file,
    "truncated": cut_file,
    "swapped": other_table,
    "re-encoded": re_encoded,
    "a new code": new_code,
    "duplicated": twice,
    "wrong year": of_last_year,
}
"""Exit 20, or 10 where the store lost nothing; twice the same rows are the same rows, so also 0."""


# --- shifts in what records mean, from a day on: files that are right in form and wrong in substance


def recoded(rows: pd.DataFrame, since: str) -> pd.DataFrame:
    return rows.assign(code=rows["code"].mask((rows["code"] == "E") & (rows["date"] >= since), "A"))


def no_tardies(rows: pd.DataFrame, since: str) -> pd.DataFrame:
    return rows.loc[~((rows["code"] == "T") & (rows["date"] >= since))]


def tardies_as_absences(rows: pd.DataFrame, since: str) -> pd.DataFrame:
    late = (rows["code"] == "T") & (rows["date"] >= since)
    return rows.assign(
        code=rows["code"].mask(late, "A"), absent_fraction=rows["absent_fraction"].mask(late, "1.0")
    )


def no_absences_at_a_school(rows: pd.DataFrame, since: str) -> pd.DataFrame:
    school = min(rows["school_id"])
    gone = rows["code"].isin(["A", "E", "S"]) & (rows["school_id"] == school) & (rows["date"] >= since)
    return rows.loc[~gone]


def no_part_days(rows: pd.DataFrame, since: str) -> pd.DataFrame:
    part = rows["absent_fraction"].astype(float).between(0, 1, inclusive="neither") & (rows["date"] >= since)
    return rows.assign(absent_fraction=rows["absent_fraction"].mask(part, "1.0"))


def a_tenth_of_the_visits(rows: pd.DataFrame, since: str) -> pd.DataFrame:
    return rows.loc[(rows["date"] < since) | rows["visit_id"].str.endswith("7")]


def a_year_recoded(rows: pd.DataFrame, since: str) -> pd.DataFrame:
    return recoded(rows, _year_of(since))


def grades_shifted(rows: pd.DataFrame, since: str) -> pd.DataFrame:
    following = dict(pairwise(GRADES))
    own = rows["entry_date"] >= _year_of(since)
    return rows.assign(grade=rows["grade"].where(~own, rows["grade"].replace(following)))


def _year_of(day: str) -> str:
    return f"{int(day[:4]) - (day[5:7] < '08')}-08-01"


SHIFTS: dict[str, tuple[str, Callable[[pd.DataFrame, str], pd.DataFrame]]] = {
    "excused arrives as unexcused": ("attendance", recoded),
    "tardies no longer arrive": ("attendance", no_tardies),
    "tardies arrive as absences": ("attendance", tardies_as_absences),
    "a school's absences no longer arrive": ("attendance", no_absences_at_a_school),
    "part days arrive as whole days": ("attendance", no_part_days),
    "a tenth of the nurse's visits": ("nurse_visits", a_tenth_of_the_visits),
    "the whole year recoded": ("attendance", a_year_recoded),
    "everybody a grade higher": ("enrollments", grades_shifted),
}


def planted(name: str, since: dt.date) -> Change:
    """Return a shift that begins on a day, as a change of what is delivered."""
    table, shift = SHIFTS[name]
    return lambda delivered, rows, _: shift(rows, since.isoformat()) if delivered == table else rows
