"""The evaluation report: whether the model ranks better than what a district can do without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ews.reports.charts import (
    SECTION_TITLES,
    auc_by_date,
    calibration_curve,
    families_chart,
    precision_at_capacity,
)
from ews.reports.render import render_page

POPULATIONS = {"not_yet_chronic": "Students not yet chronically absent", "all": "All students"}


def render_evaluation(evaluation: Mapping[str, Any], banners: Sequence[str] = ()) -> str:
    """Return ``evaluation.html``.

    Parameters
    ----------
    evaluation : mapping
        ``evaluation.json``: district, run, years, predictors, periods, lift, calibration, notes. Rendered
        when present and not null: ``gate`` (a verdict), ``importances`` (a list of ``{"family", "share"}``),
        ``ablation`` (its ``rows``: ``{"features", "auc", "difference", "n"}``; auc and difference with
        intervals, the difference to the first row or null), ``truth`` (``{"ici", "auc"}`` of a simulated
        district: the mean distance between risk and true risk; the AUC of the true risk itself).
    banners : sequence of str
        Sentences that must be seen first.

    Raises
    ------
    jinja2.UndefinedError
        If a figure that the report shows is missing.
    """
    optional = {key: evaluation.get(key) for key in ("gate", "importances", "ablation", "truth")}
    shares = [(each["family"], each["share"]) for each in optional["importances"] or []]
    return render_page(
        "evaluation.html.j2",
        **{**evaluation, **optional},
        banners=banners,
        pooled=_pooled(evaluation),
        titles={each["name"]: each["title"] for each in evaluation["predictors"]},
        population_titles=POPULATIONS,
        section_titles=SECTION_TITLES,
        figures={
            "auc": auc_by_date(evaluation),
            "precision": precision_at_capacity(evaluation),
            "calibration": calibration_curve(evaluation),
            "families": families_chart(shares) if shares else "",
        },
    )


def _pooled(evaluation: Mapping[str, Any]) -> Mapping[str, Any]:
    pooled: Mapping[str, Any] = next(p for p in evaluation["periods"] if p["as_of"] == "pooled")[
        "populations"
    ]
    return pooled
