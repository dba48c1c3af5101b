"""How steady the lists are: of the places on one list, how many hold the same student on the next."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pandas as pd

from ews.capacity import INTENSIVE, PREVENT
from ews.model.evaluation_slice import BOTH
from ews.model.intervals import UNDEFINED, rate_interval


def list_stability(rows: pd.DataFrame, sections: Mapping[str, pd.Series[str]]) -> list[dict[str, Any]]:
    """Return ``stability`` of ``evaluation.json``: one entry per as-of date and the next.

    ``share`` is that of the places whose student is on the next list of the same section; for ``both``, on
    either. Only students who are judged on both dates count: ``left`` is how many listed ones are not.

    Parameters
    ----------
    rows : DataFrame
        Judged rows.
    sections : mapping of predictor to Series of str
        The section in which every row is listed when that predictor fills the lists, "" for the others.
    """
    dates = sorted(set(rows["as_of_date"]))
    return [
        {
            "from": earlier.isoformat(),
            "to": later.isoformat(),
            "predictors": {
                name: _between(_listed_on(rows, listed, earlier), _listed_on(rows, listed, later))
                for name, listed in sections.items()
            },
        }
        for earlier, later in pairwise(dates)
    ]


def _listed_on(rows: pd.DataFrame, listed: pd.Series[str], day: object) -> pd.Series[str]:
    on = (rows["as_of_date"] == day).to_numpy()
    return pd.Series(listed[on].to_numpy(), index=rows.loc[on, "student_id"].to_numpy(), dtype=object)


def _between(earlier: pd.Series[str], later: pd.Series[str]) -> dict[str, Any]:
    then = later.reindex(earlier.index)
    report = {}
    for section in (PREVENT, INTENSIVE, BOTH):
        was = earlier != "" if section == BOTH else earlier == section
        here = was & then.notna()
        stays = here & ((then != "") if section == BOTH else (then == section))
        places, stayed = int(here.sum()), int(stays.sum())
        share = rate_interval(stayed, places, places, _NO_DRAWS) if places else {**UNDEFINED}
        report[section] = {
            "places": places,
            "stayed": stayed,
            "left": int(was.sum()) - places,
            "share": share,
        }
    return report


_NO_DRAWS = pd.Series(dtype=float).to_numpy()  # each row is a student: Wilson's interval
