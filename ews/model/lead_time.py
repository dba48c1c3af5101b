"""How early the students who end the year chronically absent are first listed, in instructional days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ews.model.clustered import rate_of
from ews.model.predictors import MODEL, PREDICTORS

_PHRASES = {each.name: each.phrase for each in PREDICTORS}


def lead_time(
    rows: pd.DataFrame,
    sections: Mapping[str, pd.Series[str]],
    chronic_since: pd.DataFrame,
    school_days: Sequence[dt.date],
    best_rule: str | None = None,
) -> dict[str, Any]:
    """Return ``lead_time`` of ``evaluation.json``, for every predictor that fills the lists.

    Days are the district's instructional days from the as-of date of a student's first listing, on either
    section, to the day since which the student stayed chronically absent; 0 or less: listed too late. Lists
    stand on the as-of dates only, so a list made every night would come earlier.

    Parameters
    ----------
    rows : DataFrame
        Judged rows.
    sections : mapping of predictor to Series of str
        The section in which every row is listed, "" for the others.
    chronic_since : DataFrame
        ``student_id`` and ``day``: what :func:`ews.chronic_day.chronic_for_good` returned.
    school_days : sequence of date
        The district's instructional days of the test year, in order.
    best_rule : str, optional
        The rule of thumb that the sentence holds the model against.
    """
    judged = chronic_since.loc[chronic_since["student_id"].isin(rows["student_id"])]
    since = pd.Series(judged["day"].to_numpy(), index=judged["student_id"].to_numpy(), dtype=object)
    found = {name: _of_lists(rows, listed, since, school_days) for name, listed in sections.items()}
    return {"students": len(since), "predictors": found, "sentence": _sentence(found, len(since), best_rule)}


def _of_lists(
    rows: pd.DataFrame, listed: pd.Series[str], since: pd.Series[Any], school_days: Sequence[dt.date]
) -> dict[str, Any]:
    first = rows.loc[(listed != "").to_numpy()].groupby("student_id")["as_of_date"].min()
    first = first.reindex(since.index)
    known = first.notna().to_numpy()
    ahead = _days_between(first[known], since[known], school_days)
    to_end = len(school_days) - _number_of(first[known], school_days)
    before = np.zeros(len(since), dtype=bool)
    before[known] = ahead > 0
    return {
        "listed": int(known.sum()),
        "listed_before": int(before.sum()),
        "share_listed_before": rate_of(before, np.arange(len(since))),
        "days_before": _quartiles(ahead),
        "days_to_year_end": _quartiles(to_end),
    }


def _days_between(start: pd.Series[Any], end: pd.Series[Any], school_days: Sequence[dt.date]) -> np.ndarray:
    ahead: np.ndarray = _number_of(end, school_days) - _number_of(start, school_days)
    return ahead


def _number_of(days: pd.Series[Any], school_days: Sequence[dt.date]) -> np.ndarray:
    """Return how many of the district's instructional days come before each day."""
    calendar = np.array(school_days, dtype="datetime64[D]")
    wanted = np.array(list(days), dtype="datetime64[D]")
    return np.asarray(np.searchsorted(calendar, wanted))


def _quartiles(days: np.ndarray) -> dict[str, float | None]:
    names = ("p25", "median", "p75")
    if len(days) == 0:
        return dict.fromkeys(names)
    return dict(zip(names, (float(each) for each in np.quantile(days, [0.25, 0.5, 0.75])), strict=True))


def _sentence(found: Mapping[str, Mapping[str, Any]], students: int, best_rule: str | None) -> str:
    if students == 0:
        return "Nobody among those judged ended the year chronically absent."
    names = [MODEL.name, *([best_rule] if best_rule else [])]
    parts = [_of_one(_PHRASES[name], found[name]) for name in names]
    return f"Of {students:,} students who ended the year chronically absent, {'; '.join(parts)}."


def _of_one(phrase: str, found: Mapping[str, Any]) -> str:
    median = found["days_before"]["median"]
    listed = f"{phrase} listed {found['listed_before']:,} before it was settled"
    if median is None:
        return listed
    days = abs(round(median))
    if days == 0:
        return f"{listed} (of all it listed, half were first listed by that day)"
    far = f"{days} instructional day{'' if days == 1 else 's'} {'before' if median > 0 else 'after'} that day"
    return f"{listed} (of all it listed, half were first listed by {far})"
