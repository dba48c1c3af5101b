"""Districts of which every student is known, and the audit of them as ``fairness.json`` has it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

LEFT_OUT = "(left out)"
"""The group, in no table, of students whom an attribute leaves out."""

DAYS = ("2024-10-01", "2025-01-06", "2025-04-01")

SHARES = {
    "race_ethnicity": {"Asian": 0.06, "Black": 0.3, "Native American": 0.02, "White": 0.6, "Unknown": 0.02},
    "disability": {"No": 0.85, "Yes": 0.15},
    "meal_eligibility": {"Free": 0.4, "Paid": 0.5, LEFT_OUT: 0.1},
    "sex": {"F": 0.49, "M": 0.49, "X": 0.02},
}


@dataclass(frozen=True)
class District:
    """The judged rows of a district, one per student and date, and the names of its attributes."""

    rows: pd.DataFrame
    attributes: tuple[str, ...]

    @property
    def days(self) -> list[str]:
        return sorted(self.rows["day"].unique())


def district(seed: int, *, attributes: int = 3, days: int = 2, students: int | None = None) -> District:
    """A district of 60 to 6,000 students, with rare groups, groups that overlap, and few or many chronic."""
    rng = np.random.default_rng(seed)
    count = students or int(np.exp(rng.uniform(np.log(60), np.log(6_000))))
    names = tuple(str(each) for each in rng.permutation(list(SHARES))[:attributes])
    people = pd.DataFrame({"student": np.arange(count)})
    latent, evenness = rng.normal(size=count), rng.uniform(0.2, 1.0)
    for name in names:
        groups = list(SHARES[name])
        shares = np.array(list(SHARES[name].values())) ** evenness * rng.gamma(2.0, size=len(groups))
        # Some attributes go together: where one is known, so nearly is the other.
        order = np.argsort(latent * rng.uniform(0, 3) + rng.normal(size=count))
        cuts = np.searchsorted(np.cumsum(shares / shares.sum())[:-1], np.arange(count) / count, side="right")
        people.loc[order, name] = np.array(groups, dtype=object)[cuts]
    schools = max(2, count // int(rng.integers(40, 300)))
    people["school"] = [f"s{number:02d}" for number in rng.zipf(1.6, count) % schools]
    people["chronic"] = rng.random(count) < 1 / (1 + np.exp(-(rng.uniform(-2.5, -0.5) + 0.7 * latent)))
    return District(_rows(people, rng, days), names)


def _rows(people: pd.DataFrame, rng: np.random.Generator, days: int) -> pd.DataFrame:
    stays = rng.uniform(0.85, 1.0)
    present = rng.random((len(people), days)) < stays
    present[np.arange(len(people)), rng.integers(0, days, len(people))] = True
    parts = []
    for number, day in enumerate(DAYS[:days]):
        here = people[present[:, number]].copy()
        score = here["chronic"] * rng.uniform(0.5, 2) + rng.normal(size=len(here))
        here["deployed"] = score.rank(ascending=False) <= max(1, rng.uniform(0.02, 0.3) * len(here))
        here["long"] = score.rank(ascending=False) <= here["chronic"].sum()
        parts.append(here.assign(day=day))
    return pd.concat(parts, ignore_index=True)


def audit_of(given: District) -> dict[str, Any]:
    """``fairness.json`` of the district before suppression: true counts and rates, verdicts made up."""
    rows = given.rows
    return {
        "district": "Riverbend",
        "run": "2025-07-14-1",
        "test_year": 2025,
        "min_cell": 10,
        "min_group": 30,
        "as_of_dates": given.days,
        "verdict": "insufficient_evidence",
        "sentence": "These data cannot rule harm out.",
        "comparisons": [],
        "not_judged_share_of_positives": 0.01,
        "attributes": [_attribute(given, name) for name in given.attributes],
        "intersections": [_pairs(rows, a, b) for a, b in combinations(given.attributes, 2)],
        "schools": {
            "title": "School",
            "groups": [_group(part, name, parts=[name]) for name, part in rows.groupby("school")],
        },
        "simple_rule": None,
        "candidates": None,
    }


def _attribute(given: District, name: str) -> dict[str, Any]:
    rows = given.rows[given.rows[name] != LEFT_OUT]
    students = given.rows["student"].nunique()
    unknown = rows[rows[name] == "Unknown"]["student"].nunique()
    left_out = students - rows["student"].nunique()
    return {
        "attribute": name,
        "title": name,
        "coverage": {
            "students": students,
            "known": students - unknown - left_out,
            "unknown": unknown,
            "left_out": left_out,
            "note": "",
        },
        "groups": [_group(part, group, note="") for group, part in rows.groupby(name)],
        "by_date": [
            {"as_of": day, "groups": [_at_a_date(part, group) for group, part in here.groupby(name)]}
            for day, here in rows.groupby("day")
        ],
    }


def _pairs(rows: pd.DataFrame, a: str, b: str) -> dict[str, Any]:
    rows = rows[(rows[a] != LEFT_OUT) & (rows[b] != LEFT_OUT)]
    groups = [_group(part, f"{g} × {h}", parts=[g, h]) for (g, h), part in rows.groupby([a, b])]
    return {"attributes": [a, b], "title": f"{a} × {b}", "groups": groups}


def _group(rows: pd.DataFrame, name: str, **more: Any) -> dict[str, Any]:
    sizes = _at_a_date(rows, name)
    students = {
        "students": int(rows["student"].nunique()),
        "positive_students": int(rows[rows["chronic"]]["student"].nunique()),
    }
    return {**sizes, **students, "verdict": "pass", **more}


def _at_a_date(rows: pd.DataFrame, name: str) -> dict[str, Any]:
    return {
        "group": name,
        "n": len(rows),
        "positives": int(rows["chronic"].sum()),
        "auc": {"value": 0.8, "low": 0.7, "high": 0.9},
        "lists": {each: _rates(rows["chronic"], rows[each]) for each in ("deployed", "long")},
    }


def _rates(chronic: pd.Series, listed: pd.Series) -> dict[str, Any]:
    shares = {
        "selection_rate": listed.mean(),
        "fnr": 1 - listed[chronic].mean(),
        "fpr": listed[~chronic].mean(),
        "precision": chronic[listed].mean(),
    }
    return {
        name: {"value": None if np.isnan(share) else float(share), "low": None, "high": None}
        for name, share in shares.items()
    }
