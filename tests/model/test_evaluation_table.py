"""An evaluation as one table: every figure of the report, none that the report does not hold."""

from __future__ import annotations

from typing import Any

import pytest

from ews.config import Capacities
from ews.model.evaluate import evaluate
from ews.model.evaluation_table import evaluation_table
from tests.model.test_evaluate import judged

CAPACITIES = Capacities.model_validate({"prevent": {"per_school": 5}, "intensive": {"per_school": 3}})


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return evaluate(judged(), capacities=CAPACITIES, enrolled={}, resamples=100, seed=1)


def test_the_table_holds_the_figures_of_the_report(report: dict[str, Any]) -> None:
    table = evaluation_table(report).set_index(["as_of", "population", "predictor", "section", "measure"])

    assert table.index.is_unique
    for period in report["periods"]:
        for population, of in period["populations"].items():
            for predictor, figures in of["predictors"].items():
                auc = table.loc[(period["as_of"], population, predictor, "", "auc")]
                assert (auc["value"], auc["low"], auc["high"]) == pytest.approx(
                    tuple(figures["auc"][key] for key in ("value", "low", "high"))
                )
                assert (auc["n"], auc["positives"]) == (of["n"], of["positives"])
                for section, at in figures["at_capacity"].items():
                    listed = table.loc[(period["as_of"], population, predictor, section, "listed")]
                    assert listed["value"] == at["listed"]
                    precision = table.loc[(period["as_of"], population, predictor, section, "precision")]
                    assert precision["low"] == pytest.approx(at["precision"]["low"], nan_ok=True)


def test_what_is_undefined_is_missing_and_never_zero(report: dict[str, Any]) -> None:
    table = evaluation_table(report)

    rules = table.loc[table["predictor"] == "prior_year_rate"]
    assert rules.loc[rules["measure"] == "brier", ["value", "low", "high"]].isna().all(axis=None)
    counts = table.loc[table["measure"] == "listed"]
    assert counts["value"].notna().all()
    assert counts[["low", "high"]].isna().all(axis=None)


def test_parts_of_the_brier_score_add_up_in_the_table(report: dict[str, Any]) -> None:
    own = evaluation_table(report).query("as_of == 'pooled' and population == 'all' and predictor == 'model'")
    part = own.set_index("measure")["value"]

    assert part["brier_reliability"] - part["brier_resolution"] + part["brier_uncertainty"] == pytest.approx(
        part["brier"]
    )
