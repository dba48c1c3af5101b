"""Scores of one day: everyone on the roster is either scored into the cohort or excluded with a reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ews.capacity import place
from ews.config import Config
from ews.features.matrix import Matrix
from ews.features.unbroken import BESIDE_FEATURES
from ews.model import booster
from ews.nightly.history_of_lists import leaving_since
from ews.nightly.service import InService
from ews.outreach.lists import nobody_leaving
from ews.outreach.reasons import reasons_of

SCORE_COLUMNS = {
    "student_id": "string",
    "school_id": "string",
    "grade": "string",
    "as_of_date": "date32",
    "risk": "double",
    "status": "string",
    "absences": "double",
    "enrolled_days": "int64",
    "absence_rate": "double",
    "already_chronic": "bool",
    "absences_left": "int64",
    "selected": "bool",
    "rank_in_school": "int64",
    "model_version": "string",
}
"""The columns of ``scores.parquet`` and their Arrow types."""

EXCLUDED_COLUMNS = {
    "student_id": "string",
    "school_id": "string",
    "grade": "string",
    "as_of_date": "date32",
    "reason": "string",
}
"""The columns of ``excluded.parquet`` and their Arrow types."""


@dataclass(frozen=True)
class Scores:
    """What one day comes to.

    Attributes
    ----------
    scores : DataFrame
        The contract's ``scores.parquet``: one row per student of the cohort.
    excluded : DataFrame
        The contract's ``excluded.parquet``: every other student enrolled that day.
    listed : DataFrame
        One row per student on a list, with section, rank, reasons, what goes well and change.
    leaving : DataFrame
        One row per student of the list before who is on none of that school now: student_id, school_id,
        section, elsewhere.
    """

    scores: pd.DataFrame
    excluded: pd.DataFrame
    listed: pd.DataFrame
    leaving: pd.DataFrame = field(default_factory=nobody_leaving)


def score(matrix: Matrix, service: InService, config: Config, previous: pd.DataFrame | None) -> Scores:
    """Return the scores of a matrix with the model in service.

    Parameters
    ----------
    previous : DataFrame or None
        The scores of the list published before this one, to say what changed.
    """
    people = matrix.standing
    scorable = matrix.scorable().to_numpy()
    rows = people.loc[scorable].reset_index(drop=True)
    features = matrix.features.loc[scorable].reset_index(drop=True)
    rows["risk"] = service.model.risks(features) if len(rows) else pd.Series(dtype="float64")
    placed = pd.concat([rows, place(rows, config.outreach.capacity, _enrolled(people, matrix.as_of))], axis=1)
    scored = score_frame(people.loc[matrix.cohort()], placed, service.version.number)
    excluded = _excluded_frame(people.loc[~matrix.cohort()])
    listed = _listed(placed, features, service, config, previous)
    return Scores(scored, excluded, listed, leaving_since(previous, scored, excluded))


def _enrolled(people: pd.DataFrame, day: dt.date) -> dict[tuple[dt.date, str], int]:
    return {(day, str(school)): int(count) for school, count in people["school_id"].value_counts().items()}


def score_frame(cohort: pd.DataFrame, placed: pd.DataFrame, version: str) -> pd.DataFrame:
    """Return the columns of ``scores.parquet`` of people, from the places of those of them with a risk."""
    ranked = placed[["student_id", "risk", "selected", "rank_in_school"]]
    frame = cohort.merge(ranked, on="student_id", how="left").assign(model_version=version)
    frame["selected"] = frame["selected"].eq(True)
    frame["rank_in_school"] = frame["rank_in_school"].astype("Int64")
    return frame.sort_values("student_id", ignore_index=True)[list(SCORE_COLUMNS)]


def _excluded_frame(excluded: pd.DataFrame) -> pd.DataFrame:
    frame = excluded.rename(columns={"excluded_because": "reason"})
    return frame.sort_values("student_id", ignore_index=True)[list(EXCLUDED_COLUMNS)]


def _listed(
    placed: pd.DataFrame,
    features: pd.DataFrame,
    service: InService,
    config: Config,
    previous: pd.DataFrame | None,
) -> pd.DataFrame:
    chosen = placed["selected"].to_numpy(dtype=bool)
    listed = placed.loc[chosen].reset_index(drop=True).rename(columns={"rank_in_section": "rank"})
    figures = features.loc[chosen].reset_index(drop=True)
    shares = (
        booster.contributions(service.model.text, figures)
        if len(figures)
        else np.zeros((0, figures.shape[1]))
    )
    reasons = reasons_of(figures, shares, config.outreach.show_reasons_from, listed[list(BESIDE_FEATURES)])
    excused = (figures["excused_rate"] / figures["absence_rate"]).where(figures["absence_rate"] > 0)
    listed = pd.concat([listed, reasons], axis=1).assign(excused_share=excused)
    listed["change"] = _changes(listed, previous)
    return listed


def _changes(listed: pd.DataFrame, previous: pd.DataFrame | None) -> list[str]:
    """Say for every listed student how the rank compares with the list before: within school and section."""
    if previous is None or previous.empty:
        return ["new"] * len(listed)
    before = previous.loc[previous["selected"]].sort_values(["school_id", "rank_in_school"])
    section = before.groupby(["school_id", "already_chronic"])
    places = dict(
        zip(
            zip(before["student_id"], before["school_id"], before["already_chronic"], strict=True),
            section.cumcount() + 1,
            strict=True,
        )
    )
    keys = zip(listed["student_id"], listed["school_id"], listed["already_chronic"], strict=True)
    return [_change(places.get(key), rank) for key, rank in zip(keys, listed["rank"], strict=True)]


def _change(before: int | None, now: int) -> str:
    if before is None:
        return "new"
    return "stays" if now == before else "up" if now < before else "down"
