"""The figures of an evaluation as one table, for a data team's own questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

_COLUMNS = ["as_of", "population", "predictor", "section", "measure", "value", "low", "high"]
_COUNTS = ["n", "positives", "students"]


def evaluation_table(evaluation: Mapping[str, Any]) -> pd.DataFrame:
    """Return every figure of every predictor, by as-of date and pooled, as one row.

    Parameters
    ----------
    evaluation : mapping
        ``evaluation.json``.

    Returns
    -------
    DataFrame
        One row per as-of date (``pooled`` is all of them together), population (``all`` or
        ``not_yet_chronic``), predictor, section and measure: ``as_of``, ``population``, ``predictor``,
        ``section`` (``prevent``, ``intensive`` or ``both`` for a figure at capacity, else empty),
        ``measure``, ``value``, ``low``, ``high`` (the 95% interval), and of the population ``n``
        (student-dates), ``positives`` and ``students``. Missing where a figure is undefined, never zero.
    """
    rows = [
        {
            "as_of": period["as_of"],
            "population": population,
            "predictor": predictor,
            **figure,
            **{name: judged[name] for name in _COUNTS},
        }
        for period in evaluation["periods"]
        for population, judged in period["populations"].items()
        for predictor, figures in judged["predictors"].items()
        for figure in _figures(figures)
    ]
    table = pd.DataFrame(rows, columns=[*_COLUMNS, *_COUNTS])
    return table.astype(dict.fromkeys(("value", "low", "high"), "float64"))


def _figures(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the figures of one predictor; plain numbers have no interval."""
    for name, found in figures.items():
        if name == "at_capacity":
            for section, at in found.items():
                for measure, figure in at.items():
                    yield {"section": section, "measure": measure, **_bounds(figure)}
        elif name == "brier_parts":
            for part, figure in (found or {}).items():
                yield {"section": "", "measure": f"brier_{part}", **_bounds(figure)}
        else:
            yield {"section": "", "measure": name, **_bounds(found)}


def _bounds(figure: Any) -> dict[str, Any]:
    if isinstance(figure, Mapping):
        return {key: figure[key] for key in ("value", "low", "high")}
    return {"value": figure, "low": None, "high": None}
