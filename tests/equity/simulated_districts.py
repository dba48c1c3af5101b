"""Districts in which every student's risk at every date is known, to measure how often the audit errs.

Need is a sum of news: what is known at the first date (the group's base rate among it), what each later
date adds, and what stays unknown to the end; a student becomes chronically absent if the sum is above
zero. The risk at a date is then a normal probability in closed form: calibrated in every group, at every
date, whatever the base rates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm
from sklearn.isotonic import IsotonicRegression

from ews.config import Audit, Capacities
from ews.equity.audit import audit

RACES = {  # share of students, share chronically absent in 2022-23 (DOMAIN 7)
    "White": (0.45, 0.21),
    "Hispanic": (0.28, 0.33),
    "Black": (0.14, 0.36),
    "Asian": (0.055, 0.15),
    "Multiracial": (0.05, 0.29),
    "Native American": (0.015, 0.44),
    "Pacific Islander": (0.01, 0.45),
}
OTHERS = {"disability": (0.15, 1.9), "english_learner": (0.10, 1.5)}  # share of yes, ratio of the odds
EQUAL = 0.27
_FIRST, _LATER, _UNKNOWN = 0.8, 0.4, 0.9  # standard deviations of what is known when

CAPACITIES = Capacities.model_validate({"prevent": {"percent": 3}, "intensive": {"percent": 2}})


@dataclass(frozen=True)
class District:
    """Judged rows with the true risk as ``risk``, and the audit frame."""

    rows: pd.DataFrame
    groups: pd.DataFrame

    def members(self, group: str) -> np.ndarray:
        """Return which rows are of students of a race."""
        race = self.groups.set_index("student_id")["race_ethnicity"]
        return (self.rows["student_id"].map(race) == group).to_numpy()

    def positive_students(self, group: str) -> int:
        """Return how many students of a race became chronically absent."""
        own = self.rows[self.members(group) & (self.rows["label"] == 1)]
        return int(own["student_id"].nunique())


def simulated(
    seed: int, students: int, *, equal: bool = False, sizes: Mapping[str, int] | None = None, dates: int = 3
) -> District:
    """Return a district.

    Parameters
    ----------
    equal : bool
        Whether every group has the same base rate; else those of DOMAIN 7.
    sizes : mapping of str to int, optional
        Races of exactly so many students.
    """
    random = np.random.default_rng(seed)
    names, shares = list(RACES), np.array([share for share, _ in RACES.values()])
    race = random.choice(names, students, p=shares / shares.sum())
    for name, size in (sizes or {}).items():
        race[race == name] = "White"
        race[random.choice(students, size, replace=False)] = name
    base = np.array([EQUAL if equal else RACES[each][1] for each in race])
    others = {name: random.random(students) < share for name, (share, _) in OTHERS.items()}
    odds = logit(base)
    for name, (share, ratio) in OTHERS.items():
        odds += 0 if equal else (others[name] - share) * np.log(ratio)
    total = np.sqrt(_FIRST**2 + (dates - 1) * _LATER**2 + _UNKNOWN**2)
    news = random.normal(size=(dates, students)) * np.array([_FIRST] + [_LATER] * (dates - 1))[:, None]
    known = norm.ppf(expit(odds)) * total + np.cumsum(news, axis=0)
    label = (known[-1] + random.normal(size=students) * _UNKNOWN > 0).astype(int)
    still = np.sqrt([(dates - 1 - at) * _LATER**2 + _UNKNOWN**2 for at in range(dates)])
    risk = norm.cdf(known / still[:, None])
    ids = np.array([f"s{at:06d}" for at in range(students)])
    school = random.integers(0, max(1, students // 450), students).astype(str)
    rows = [
        pd.DataFrame(
            {
                "student_id": ids,
                "school_id": school,
                "as_of_date": dt.date(2024, 10 + at, 1),
                "label": label,
                "risk": risk[at],
                "already_chronic": risk[at] > 0.75,
                "absences_left": random.integers(0, 18, students),
            }
        )
        for at in range(dates)
    ]
    groups = pd.DataFrame({"student_id": ids, "race_ethnicity": race, **others})
    return District(pd.concat(rows, ignore_index=True), groups)


def one_date_behind(district: District) -> pd.DataFrame:
    """Return the rows with the risks of the date before: a model that sees less, of every group alike."""
    rows = district.rows
    behind = rows.groupby("student_id", sort=False)["risk"].shift(1)
    return rows.assign(risk=behind)[behind.notna().to_numpy()].reset_index(drop=True)


def group_size_for(positives: int, group: str) -> int:
    """Return how many students a race needs for so many to become chronically absent, on average."""
    return round(positives / RACES[group][1])


def scored_too_low(district: District, group: str, logits: float) -> pd.DataFrame:
    """Return the rows with a race's risks that many logits too low."""
    own = district.members(group)
    risk = district.rows["risk"].to_numpy()
    return district.rows.assign(risk=np.where(own, expit(logit(risk) - logits), risk))


def seen_through_noise(district: District, group: str, seed: int) -> pd.DataFrame:
    """Return the rows with a race's risks from features that say nothing, recalibrated as a district would.

    Each student gets the score of another of the group; half of the group's students then serve to fit an
    isotonic calibration of it, for all of them.
    """
    random = np.random.default_rng([seed, 1])
    rows = district.rows.copy()
    own = np.flatnonzero(district.members(group))
    for date in sorted(set(rows["as_of_date"])):
        at = own[(rows["as_of_date"].to_numpy()[own] == date)]
        rows.loc[at, "risk"] = random.permutation(rows["risk"].to_numpy()[at])
    of_group = rows.iloc[own]
    students = of_group["student_id"].unique()
    half = of_group["student_id"].isin(random.permutation(students)[: len(students) // 2]).to_numpy()
    fitted = IsotonicRegression(out_of_bounds="clip", y_min=0.001, y_max=0.999)
    fitted.fit(of_group["risk"].to_numpy()[half], of_group["label"].to_numpy()[half])
    rows.loc[own, "risk"] = fitted.predict(of_group["risk"].to_numpy())
    return rows


def audited(district: District, rows: pd.DataFrame | None = None, *, resamples: int = 300) -> dict:
    """Return the audit of a district with the usual tolerances."""
    rows = district.rows if rows is None else rows
    settings = Audit.model_validate(
        {
            "sensitive": ["race_ethnicity", "disability", "english_learner"],
            "tolerance": {"excess_fnr": 0.10, "auc_difference": 0.10},
            "resamples": resamples,
        }
    )
    enrolled = rows.groupby(["as_of_date", "school_id"]).size().to_dict()
    return audit(rows, district.groups, settings=settings, capacities=CAPACITIES, enrolled=enrolled, seed=1)


def failed_on_a_list(report: dict, group: str) -> bool:
    """Return whether a race fails by its excess miss rate on at least one of the two lists."""
    return any(
        each["verdict"] == "fail"
        for each in report["comparisons"]
        if each["group"] == group and each["measure"] == "excess_fnr"
    )


def verdicts_of(report: dict) -> dict[tuple[str, str], dict]:
    """Return every group's record by attribute and name."""
    return {
        (attribute["attribute"], group["group"]): group
        for attribute in report["attributes"]
        for group in attribute["groups"]
    }
