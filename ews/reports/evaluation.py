"""The evaluation report: whether the model ranks better than what a district can do without it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from ews.reports.charts import (
    SECTION_TITLES,
    auc_by_date,
    calibration_curve,
    families_chart,
    precision_at_capacity,
)
from ews.reports.evaluation_charts import base_rates_chart, lead_time_chart, steadiness_chart
from ews.reports.in_words import outcome_words
from ews.reports.numbers import number_of
from ews.reports.render import render_page
from ews.reports.shap_plots import BEESWARM, DEPENDENCE
from ews.reports.verdict_words import not_shown, titles_of

POPULATIONS = {"not_yet_chronic": "Students not yet chronically absent", "all": "All students"}
PART_TITLES = {"school_level": "School level", "grade_band": "Grade band", "month": "Month"}
_OPTIONAL = (
    "gate",
    "importances",
    "ablation",
    "truth",
    "label",
    "rolling_origin",
    "base_rates",
    "stability",
    "week_to_week",
    "lead_time",
    "tuning",
)


def render_evaluation(
    evaluation: Mapping[str, Any], banners: Sequence[str] = (), plots: Mapping[str, bytes] | None = None
) -> str:
    """Return ``evaluation.html``.

    Parameters
    ----------
    evaluation : mapping
        ``evaluation.json``: district, run, years, predictors, periods, lift, calibration, notes. Rendered
        when present and not null: ``label`` (what was predicted), ``gate`` (a verdict), ``importances``,
        ``ablation``, ``rolling_origin``, ``base_rates``, ``stability``, ``week_to_week``, ``lead_time``,
        ``tuning`` (its ``sentence``), ``calibration.by``, ``calibration.choice``, and ``truth`` of a
        simulated district.
    banners : sequence of str
        Sentences that must be seen first.
    plots : mapping of file name to PNG, optional
        What :func:`ews.reports.shap_plots.shap_plots` returned.

    Raises
    ------
    jinja2.UndefinedError
        If a figure that the report shows is missing.
    """
    optional = {key: evaluation.get(key) for key in _OPTIONAL}
    pooled = _pooled(evaluation)
    return render_page(
        "evaluation.html.j2",
        **{**evaluation, **optional},
        banners=banners,
        outcome=outcome_words(optional["label"]),
        not_shown=not_shown(evaluation),
        contents=_contents(optional, bool(plots)),
        pooled=pooled,
        pictures=_pictures(plots or {}),
        titles=titles_of(evaluation),
        population_titles=POPULATIONS,
        section_titles=SECTION_TITLES,
        parts_of_district=_parts_of_district(evaluation["calibration"].get("by") or {}),
        choice=evaluation["calibration"].get("choice"),
        shown_beside=_beside(evaluation),
        beside_by_date=_by_date(evaluation),
        figures=_figures(evaluation, optional),
    )


def _by_date(evaluation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the paired differences of every date among students not yet chronic; none in older runs."""
    found = []
    for period in evaluation["periods"]:
        population = period["populations"]["not_yet_chronic"]
        if period["as_of"] != "pooled" and "beside" in population:
            auc = population["predictors"]["model"]["auc"]
            found.append(
                {"as_of": period["as_of"], "n": population["n"], "auc": auc, "beside": population["beside"]}
            )
    return found


def _figures(evaluation: Mapping[str, Any], optional: Mapping[str, Any]) -> dict[str, Any]:
    shares = [(each["family"], each["share"]) for each in optional["importances"] or []]
    years, lead = optional["rolling_origin"], optional["lead_time"]
    return {
        "auc": auc_by_date(evaluation),
        "precision": precision_at_capacity(evaluation),
        "calibration": calibration_curve(evaluation),
        "families": families_chart(shares) if shares else "",
        "steadiness": steadiness_chart(years["folds"]) if years and _any_lift(years["folds"]) else "",
        "base_rates": base_rates_chart(optional["base_rates"]) if optional["base_rates"] else "",
        "lead_time": lead_time_chart(lead, evaluation["predictors"]) if lead and _any_day(lead) else "",
    }


def _any_lift(folds: Sequence[Mapping[str, Any]]) -> bool:
    return any(number_of(each["lift"]) is not None for each in folds)


def _any_day(lead_time: Mapping[str, Any]) -> bool:
    return any(each["days_before"]["median"] is not None for each in lead_time["predictors"].values())


def _contents(optional: Mapping[str, Any], with_plots: bool) -> list[tuple[str, str]]:
    """Return id and title of every section, in order."""
    places = [
        ("dates", "Date by date", True),
        ("capacity", "At the length of the real list", True),
        ("adds", "What each source of data adds", optional["ablation"]),
        ("steady", "Was it an ordinary year?", optional["rolling_origin"]),
        ("calibration", "Do the risks mean what they say?", True),
        ("rates", "Base rates from year to year", optional["base_rates"]),
        ("stability", "How much lists change", optional["stability"] or optional["week_to_week"]),
        ("early", "How early", optional["lead_time"]),
        ("possible", "How much of what is possible", optional["truth"]),
        ("tuning", "Tuning", optional["tuning"]),
        ("rests", "What the risks rest on", optional["importances"] or with_plots),
        ("figures", "Every figure, by date", True),
        ("terms", "How to read each term", True),
    ]
    return [(place, title) for place, title, there in places if there]


def _pictures(plots: Mapping[str, bytes]) -> dict[str, str]:
    """Return the plots as addresses that a page carries in itself."""
    found = {"beeswarm": plots.get(BEESWARM), "dependence": plots.get(DEPENDENCE)}
    return {
        name: f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        for name, picture in found.items()
        if picture
    }


def _beside(evaluation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the model, the best rule of thumb, last year's record and the regression, each once."""
    wanted = ("model", evaluation["lift"]["best_rule"], "prior_year_rate", "logistic_regression")
    return [each for each in evaluation["predictors"] if each["name"] in wanted]


def _parts_of_district(by: Mapping[str, Any]) -> list[tuple[str, Sequence[Mapping[str, Any]]]]:
    return [(title, by[name]) for name, title in PART_TITLES.items() if by.get(name)]


def _pooled(evaluation: Mapping[str, Any]) -> Mapping[str, Any]:
    pooled: Mapping[str, Any] = next(p for p in evaluation["periods"] if p["as_of"] == "pooled")[
        "populations"
    ]
    return pooled
