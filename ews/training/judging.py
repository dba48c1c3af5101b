"""Judging a fitted model on the test year: beside the rules of thumb, and by group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ews.chronic_day import chronic_for_good
from ews.config import SENSITIVE_ATTRIBUTES, Config
from ews.definitions import Definition
from ews.engine import Engine
from ews.equity.audit import audit
from ews.equity.groups import attribute_title
from ews.equity.lists import LISTS
from ews.errors import GateClosed
from ews.label import label_in_words, label_name
from ews.model import booster
from ews.model.base_rates import base_rates
from ews.model.baselines import logistic_regression, rules_of_thumb
from ews.model.calibrate import calibration_choice
from ews.model.evaluate import evaluate
from ews.model.families import importance
from ews.model.fitting import FittedModel
from ews.model.labelled_rows import LabelledRows
from ews.model.lift_side_by_side import average_aucs, best_rule_of
from ews.model.predictors import RULES
from ews.model.years import YearPlan
from ews.progress import Progress, silent
from ews.reports.in_words import in_these_words, outcome_words
from ews.school_calendar import district_days
from ews.snapshot import calendar_frame
from ews.spark import SparkTables
from ews.store.frames import school_levels
from ews.training.audit_frame import audit_frame

_EXPLAINED_ROWS = 4_000

_RESAMPLING_SEED = 1
"""Fixed, and apart from the seed of training: nobody can look for a verdict among seeds of the resampling."""


def judged_rows(model: FittedModel, train: LabelledRows, test: LabelledRows) -> pd.DataFrame:
    """Return the test year's rows with every predictor's score: one row per student_id and as_of_date."""
    regression = logistic_regression(train.features, train.standing["label"].to_numpy(), test.features)
    rules = rules_of_thumb(test.features)
    scores = test.standing.assign(risk=model.risks(test.features), logistic_regression=regression)
    return pd.concat([scores, rules], axis=1)


def evaluation_of(
    engine: Engine,
    rows: pd.DataFrame,
    model: FittedModel,
    test: LabelledRows,
    labelled: LabelledRows,
    plan: YearPlan,
    config: Config,
    run_name: str,
) -> dict[str, Any]:
    """Return ``evaluation.json`` but for the gate's verdict and the side studies."""
    report = evaluate(
        rows,
        capacities=config.outreach.capacity,
        enrolled=test.enrolled,
        resamples=config.training.resamples,
        seed=_RESAMPLING_SEED,
        level_of_school=school_levels(engine),
        chronic_since=_chronic_since(engine, test, plan, config),
        school_days=district_days(calendar_frame(engine), plan.test),
    )
    report["calibration"]["choice"] = calibration_choice(model.calibrator)
    return {
        "district": config.district,
        "run": run_name,
        "test_year": plan.test,
        "validation_year": plan.validation,
        "train_years": list(plan.train),
        "notes": list(plan.notes),
        "label": _label(config),
        "importances": _importances(model, test),
        "base_rates": base_rates(labelled.standing, rows, plan),
        **report,
    }


def _chronic_since(engine: Engine, test: LabelledRows, plan: YearPlan, config: Config) -> pd.DataFrame:
    if not isinstance(engine, SparkTables):
        return chronic_for_good(engine, config, plan.test)
    # A whole state's absences do not fit here.
    students = engine.of_values("student_id", sorted(set(test.standing["student_id"])))
    return chronic_for_good(engine, config, plan.test, students)


def fairness_of(
    engine: Engine,
    rows: pd.DataFrame,
    test: LabelledRows,
    plan: YearPlan,
    config: Config,
    run_name: str,
    *,
    best_rule: str,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Return ``fairness.json`` before suppression; the best rule of thumb of the evaluation stands beside.

    An audit that cannot be made is a ``fail`` that says why, never a model without an audit.
    """
    named = {"district": config.district, "run": run_name, "test_year": plan.test}
    groups, left_out = audit_frame(engine, rows, config)
    try:
        report = audit(
            rows,
            groups,
            settings=config.audit,
            capacities=config.outreach.capacity,
            enrolled=test.enrolled,
            seed=_RESAMPLING_SEED,
            rule=next((each for each in RULES if each.name == best_rule), None),
            left_out=left_out,
            progress=progress,
        )
    except GateClosed as error:
        return {**named, **_no_audit(error, rows, config)}
    report["notes"] = [*report["notes"], *_not_audited(groups, config)]
    words: dict[str, Any] = in_these_words({**named, **report}, outcome_words(_label(config)))
    return words


def _label(config: Config) -> dict[str, str]:
    """Return ``label`` of ``evaluation.json``: what was predicted."""
    sentence = f"Predicted: whether a student {label_in_words(config)}."
    return {"name": label_name(config), "sentence": sentence}


def _not_audited(groups: pd.DataFrame, config: Config) -> list[str]:
    """Say which attributes were delivered and are not audited: leaving one out should be a decision."""
    left = [
        attribute_title(name).lower()
        for name in SENSITIVE_ATTRIBUTES
        if name not in config.audit.sensitive and name in groups and groups[name].notna().any()
    ]
    return [f"Delivered, and not named in audit.sensitive: {', '.join(left)}."] if left else []


def truth_is_comparable(config: Config) -> bool:
    """Return whether a simulated district's true risk is that of what is predicted.

    The simulator knows the risk of chronic absence by the end of the year, as it is usually defined.
    """
    return label_name(config) == "chronic_by_end" and config.definition == Definition()


def compared_with_truth(rows: pd.DataFrame, truth: Path) -> dict[str, float]:
    """Return how close the risks are to those of a simulated district, and how much of what is possible.

    ``ici`` is the mean over rows of |risk − E(truth given risk)|, the expectation taken in 50 bins of
    equal size; ``auc`` is that of the true risk itself: the most that the data allow.
    """
    from sklearn.metrics import roc_auc_score

    known = pd.read_parquet(truth)
    known = known.assign(as_of_date=pd.to_datetime(known["as_of_date"]).dt.date).rename(
        columns={"risk": "truth"}
    )
    keys = ["student_id", "as_of_date"]
    both = rows.merge(known[[*keys, "truth"]], on=keys)
    order = both["risk"].rank(method="first")
    bins = np.minimum((order - 1) * 50 // max(len(both), 1), 49).astype(int)
    expected = both["truth"].groupby(bins).transform("mean")
    return {
        "ici": float((both["risk"] - expected).abs().mean()),
        "auc": float(roc_auc_score(both["label"], both["truth"])),
        **_share_of_the_possible(both),
    }


def _share_of_the_possible(rows: pd.DataFrame) -> dict[str, float]:
    """Return (model - best rule) / (truth - best rule), each the AUC that lift is made of.

    ``possible_lift`` is the denominator: what a ranking by the true risk would gain. Nothing where no date
    had both outcomes.
    """
    found = average_aucs(
        rows, {name: rows[name].to_numpy(dtype=float) for name in ("risk", "truth")}, resamples=1, seed=1
    )
    if not found:
        return {}
    rule = found[best_rule_of(found)][0]
    possible = found["truth"][0] - rule
    if possible <= 0:  # by chance, in a very small district
        return {}
    return {"possible_lift": possible, "share_of_the_possible": (found["risk"][0] - rule) / possible}


def _importances(model: FittedModel, test: LabelledRows) -> list[dict[str, object]]:
    step = max(1, len(test.features) // _EXPLAINED_ROWS)
    features = test.features.iloc[::step]
    return importance(booster.contributions(model.text, features), list(features.columns))


def _no_audit(error: GateClosed, rows: pd.DataFrame, config: Config) -> dict[str, Any]:
    return {
        "as_of_dates": [day.isoformat() for day in sorted(set(rows["as_of_date"]))],
        "tolerance": config.audit.tolerance.model_dump(),
        "min_group": config.audit.min_group,
        "min_cell": config.audit.min_cell,
        "resamples": config.audit.resamples,
        "lists": LISTS,
        "notes": [],
        "attributes": [],
        "comparisons": [],
        "intersections": [],
        "schools": {"title": "School", "groups": []},
        "simple_rule": None,
        "candidates": None,
        "verdict": "fail",
        "sentence": f"The audit could not be made: {error.found}. {error.next_step}".strip(),
        "not_judged_share_of_positives": 1.0,
    }
