"""How much a list changes in a week: the test year's lists at some as-of dates, and five school days later.

The as-of dates of training lie a month apart; counselors get a list every school day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from ews.capacity import place
from ews.config import Config
from ews.list_order import ListOrder
from ews.model.baselines import rules_of_thumb
from ews.model.fitting import FittedModel
from ews.model.labelled_rows import LabelledRows
from ews.model.list_stability import list_stability
from ews.model.predictors import PREDICTORS
from ews.progress import Progress
from ews.school_calendar import district_days
from ews.snapshot import calendar_frame
from ews.training.rows import Tables, matrix_of_some

SCHOOL_DAYS = 5
MOST_WEEKS = 3
"""Each costs one more matrix of the test year."""

_COMPARED = tuple(each for each in PREDICTORS if each.kind != "regression")


def week_to_week(
    engine: Tables, model: FittedModel, test: LabelledRows, year: int, config: Config, progress: Progress
) -> list[dict[str, Any]]:
    """Return ``week_to_week`` of ``evaluation.json``: an entry per week, of the shape of ``stability``.

    Students of the test year's rows who are scored on both days count. The logistic regression is left out.
    """
    school_days = district_days(calendar_frame(engine), year)
    found: list[dict[str, Any]] = []
    for day, later in weeks_of(sorted(set(test.standing["as_of_date"])), school_days):
        progress("Comparing lists a week apart", len(found) / MOST_WEEKS)
        own = test.where((test.standing["as_of_date"] == day).to_numpy())
        students = sorted(set(own.standing["student_id"]))
        matrix, roster = matrix_of_some(engine, later, config, students)
        scorable = matrix.scorable().to_numpy()
        rows = pd.concat(
            [
                _scored(own.standing, own.features, model),
                _scored(matrix.standing.loc[scorable], matrix.features.loc[scorable], model),
            ],
            ignore_index=True,
        )
        enrolled = {**test.enrolled, **roster}
        # The test year's rows hold students with an outcome: the same ones compete a week later.
        rows = rows.loc[rows["student_id"].isin(students)].reset_index(drop=True)
        order, sections = ListOrder.of(rows), {}
        for each in _COMPARED:
            placed = place(rows, config.outreach.capacity, enrolled, each.column, order)
            sections[each.name] = placed["section"].where(placed["selected"], "")
        found += list_stability(rows, sections)
    return found


def weeks_of(as_of: Sequence[dt.date], school_days: Sequence[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Return up to three as-of dates spread evenly, each with the school day five school days later.

    Examples
    --------
    >>> days = [dt.date(2026, 1, day) for day in (5, 6, 7, 8, 9, 12)]
    >>> weeks_of([dt.date(2026, 1, 5), dt.date(2026, 1, 12)], days)
    [(datetime.date(2026, 1, 5), datetime.date(2026, 1, 12))]
    """
    pairs = []
    for day in as_of:
        later = [each for each in school_days if each > day]
        if len(later) >= SCHOOL_DAYS:
            pairs.append((day, later[SCHOOL_DAYS - 1]))
    if len(pairs) <= MOST_WEEKS:
        return pairs
    return [pairs[round(at * (len(pairs) - 1) / (MOST_WEEKS - 1))] for at in range(MOST_WEEKS)]


def _scored(standing: pd.DataFrame, features: pd.DataFrame, model: FittedModel) -> pd.DataFrame:
    rules = rules_of_thumb(features)
    own = standing.reset_index(drop=True).drop(columns="label", errors="ignore")
    return pd.concat(
        [own.assign(risk=model.risks(features)), rules.reset_index(drop=True)],
        axis=1,
    )
