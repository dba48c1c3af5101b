"""What the evaluation says beyond ranking, recomputed from the scores by plain pandas and scikit-learn."""

from __future__ import annotations

import datetime as dt
import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from ews.model.evaluate import evaluate
from ews.model.intervals import wilson
from tests.model.test_evaluate import (
    CAPACITIES,
    COLUMN,
    DAYS,
    ENROLLED,
    judged,
    listed_by_loop,
    part,
    rows_of,
)

GRADES = ["KG", "02", "04", "07", "10"]
LEVELS = {"school0": "elementary", "school1": "elementary", "school2": "high"}
SCHOOL_DAYS = [day.date() for day in pd.bdate_range("2024-09-02", "2025-06-13")]
SLICES = [(p, q) for p in ("2024-10-01", "pooled") for q in ("all", "not_yet_chronic")]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    found = judged()
    return found.assign(grade=[GRADES[int(each[1:]) % 5] for each in found["student_id"]])


@pytest.fixture(scope="module")
def since(rows: pd.DataFrame) -> pd.DataFrame:
    """Everyone with the outcome was chronic for good on some day; nobody else was."""
    students = sorted(set(rows.loc[rows["label"] == 1, "student_id"]))
    places = np.random.default_rng(8).integers(10, len(SCHOOL_DAYS), len(students))
    return pd.DataFrame({"student_id": students, "day": [SCHOOL_DAYS[each] for each in places]})


@pytest.fixture(scope="module")
def report(rows: pd.DataFrame, since: pd.DataFrame) -> dict:
    return evaluate(
        rows,
        capacities=CAPACITIES,
        enrolled=ENROLLED,
        resamples=200,
        seed=1,
        level_of_school=LEVELS,
        chronic_since=since,
        school_days=SCHOOL_DAYS,
    )


@pytest.mark.parametrize(("period", "population"), SLICES)
@pytest.mark.parametrize("name", ["model", "logistic_regression"])
def test_the_parts_of_the_brier_score_add_up_to_it(rows, report, period, population, name):
    own = rows_of(rows, period, population)
    found = part(report, period, population)["predictors"][name]
    parts, label, risk = found["brier_parts"], own["label"], own[COLUMN[name]]
    observed = IsotonicRegression().fit(risk, label).predict(risk)
    assert parts["uncertainty"] == pytest.approx(label.mean() * (1 - label.mean()))
    reliability = brier_score_loss(label, risk) - ((observed - label) ** 2).mean()
    assert parts["reliability"] == pytest.approx(reliability, abs=1e-12)
    total = parts["reliability"] - parts["resolution"] + parts["uncertainty"]
    assert total == pytest.approx(found["brier"]["value"], abs=1e-12)
    assert parts["reliability"] >= 0
    assert 0 <= parts["resolution"] <= parts["uncertainty"]


@pytest.mark.parametrize(("period", "population"), SLICES)
def test_calibration_in_the_large_and_its_slope_are_those_of_a_logistic_regression(
    rows, report, period, population
):
    own = rows_of(rows, period, population)
    found = part(report, period, population)["predictors"]["model"]
    line = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(own[["risk"]]), own["label"])
    assert found["slope"]["value"] == pytest.approx(line.coef_[0, 0], abs=1e-4)
    shifted = expit(found["in_the_large"]["value"] + logit(own["risk"]))
    assert shifted.sum() == pytest.approx(own["label"].sum())
    for figure in ("in_the_large", "slope"):
        assert found[figure]["low"] < found[figure]["value"] < found[figure]["high"]


@pytest.mark.parametrize("figure", ["in_the_large", "slope"])
def test_their_intervals_are_those_of_redrawing_students(rows, report, figure):
    found = part(report, "pooled", "all")["predictors"]["model"][figure]
    generator, drawn = np.random.default_rng(3), []
    by_student = dict(iter(rows.groupby("student_id")))
    ids = list(by_student)
    for _ in range(150):
        sample = pd.concat([by_student[each] for each in generator.choice(ids, len(ids))])
        at, label = logit(sample["risk"].to_numpy()), sample["label"].to_numpy()
        if figure == "slope":
            drawn.append(LogisticRegression(C=np.inf).fit(at[:, None], label).coef_[0, 0])
        else:
            grid = np.linspace(-1, 1, 2001)
            drawn.append(
                grid[np.argmin(np.abs([expit(a + at).sum() - label.sum() for a in grid[::20]])) * 20]
            )
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * np.std(drawn), rel=0.25)


def test_rules_of_thumb_are_no_probabilities_and_have_no_calibration(report):
    found = part(report, "pooled", "all")["predictors"]["year_to_date_rate"]
    assert found["brier_parts"] is found["in_the_large"] is found["slope"] is None


@pytest.mark.parametrize(("period", "population"), SLICES)
@pytest.mark.parametrize("name", ["model", "rule_prior_year"])
def test_within_schools_it_is_the_mean_of_their_aucs_weighted_by_pairs(
    rows, report, period, population, name
):
    own = rows_of(rows, period, population)
    areas, pairs = [], []
    column = "risk" if name == "model" else name
    for _, school in own.groupby(["as_of_date", "school_id"]):
        both = school["label"].sum() * (1 - school["label"]).sum()
        if both:
            areas.append(roc_auc_score(school["label"], school[column]))
            pairs.append(both)
    key = "model" if name == "model" else "prior_year_rate"
    found = part(report, period, population)["predictors"][key]["within_school_auc"]
    assert found["value"] == pytest.approx(np.average(areas, weights=pairs))
    assert found["low"] < found["value"] < found["high"]


def test_the_interval_within_schools_is_that_of_redrawing_students(rows, report):
    found = part(report, "pooled", "all")["predictors"]["model"]["within_school_auc"]
    ids, generator, drawn = rows["student_id"].unique(), np.random.default_rng(5), []
    groups = [own for _, own in rows.groupby(["as_of_date", "school_id"])]
    for _ in range(80):
        times = pd.Series(generator.choice(ids, len(ids))).value_counts()
        areas, pairs = [], []
        for own in groups:
            weight = own["student_id"].map(times).fillna(0)
            pairs.append(weight[own["label"] == 1].sum() * weight[own["label"] == 0].sum())
            areas.append(roc_auc_score(own["label"], own["risk"], sample_weight=weight))
        drawn.append(np.average(areas, weights=pairs))
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * np.std(drawn), rel=0.3)


@pytest.mark.parametrize("section", ["prevent", "intensive", "both"])
@pytest.mark.parametrize("period", ["2024-11-01", "pooled"])
def test_lift_at_capacity_is_precision_over_the_section_s_own_rate(rows, report, section, period):
    own = rows_of(rows, period, "all")
    chronic = own["already_chronic"]
    mask = {"prevent": ~chronic, "intensive": chronic, "both": chronic | True}[section]
    found = part(report, period, "all")["predictors"]["model"]["at_capacity"][section]
    expected = found["precision"]["value"] / own.loc[mask, "label"].mean()
    assert found["lift"]["value"] == pytest.approx(expected)
    assert found["lift"]["low"] <= found["lift"]["value"] <= found["lift"]["high"]


def test_calibration_by_part_of_the_district_is_that_of_its_rows(rows, report):
    by = report["calibration"]["by"]
    band = {"KG": "PK-02", "02": "PK-02", "04": "03-05", "07": "06-08", "10": "09-12"}
    keys = {
        "school_level": rows["school_id"].map(LEVELS).fillna("unknown"),
        "grade_band": rows["grade"].map(band),
        "month": rows["as_of_date"].map(lambda day: day.strftime("%Y-%m")),
    }
    for name, key in keys.items():
        everyone = [each for each in by[name] if each["population"] == "all"]
        assert {each["group"] for each in everyone} == set(key)
        assert sum(each["n"] for each in everyone) == len(rows)
        for each in by[name]:
            own = rows.loc[key == each["group"]]
            own = own if each["population"] == "all" else own.loc[~own["already_chronic"]]
            assert (each["n"], each["positives"]) == (len(own), own["label"].sum())
            assert each["students"] == own["student_id"].nunique()
            assert each["predicted"] == pytest.approx(own["risk"].mean())
            assert each["observed"]["value"] == pytest.approx(own["label"].mean())
            shifted = expit(each["in_the_large"]["value"] + logit(own["risk"]))
            assert shifted.sum() == pytest.approx(own["label"].sum())


def test_stability_is_the_share_of_places_that_hold_the_same_student(rows, report):
    listed = listed_by_loop(rows, "risk")
    assert [(each["from"], each["to"]) for each in report["stability"]] == [
        (a.isoformat(), b.isoformat()) for a, b in pairwise(DAYS)
    ]
    for entry, (earlier, later) in zip(report["stability"], pairwise(DAYS), strict=True):
        then = {student for day, student in listed if day == earlier}
        now = {student for day, student in listed if day == later}
        found = entry["predictors"]["model"]["both"]
        assert (found["places"], found["stayed"], found["left"]) == (len(then), len(then & now), 0)
        assert found["share"]["value"] == pytest.approx(len(then & now) / len(then))
        low, high = wilson(len(then & now), len(then))
        assert (found["share"]["low"], found["share"]["high"]) == pytest.approx((low, high))


def test_a_place_counts_as_kept_only_in_its_own_section_and_leavers_are_counted_apart(rows):
    leaver = sorted(listed_by_loop(rows, "risk"))[0][1]
    gone = rows.loc[(rows["student_id"] != leaver) | (rows["as_of_date"] == DAYS[0])]
    found = evaluate(gone, capacities=CAPACITIES, enrolled=ENROLLED, resamples=100, seed=1)["stability"][0]
    both, sections = found["predictors"]["model"]["both"], found["predictors"]["model"]
    assert both["left"] == 1
    assert both["stayed"] >= sections["prevent"]["stayed"] + sections["intensive"]["stayed"]


def test_lead_time_counts_the_district_s_days_to_the_day_that_settled_it(rows, report, since):
    listed = pd.DataFrame(sorted(listed_by_loop(rows, "risk")), columns=["day", "student_id"])
    first = listed.groupby("student_id")["day"].min()
    days, to_end = [], []
    for student, settled in zip(since["student_id"], since["day"], strict=True):
        if student in first:
            day = first[student]
            sign = 1 if settled >= day else -1
            between = [each for each in SCHOOL_DAYS if min(day, settled) <= each < max(day, settled)]
            days.append(sign * len(between))
            to_end.append(len([each for each in SCHOOL_DAYS if each >= day]))
    found = report["lead_time"]["predictors"]["model"]
    assert report["lead_time"]["students"] == len(since)
    assert found["listed"] == len(days)
    assert found["listed_before"] == sum(each > 0 for each in days)
    assert found["share_listed_before"]["value"] == pytest.approx(found["listed_before"] / len(since))
    assert list(found["days_before"].values()) == pytest.approx(list(np.quantile(days, [0.25, 0.5, 0.75])))
    assert found["days_to_year_end"]["median"] == pytest.approx(np.median(to_end))
    assert f"the model listed {found['listed_before']:,} before" in report["lead_time"]["sentence"]


def test_without_levels_grades_or_days_the_report_says_less_and_does_not_stop(rows):
    found = evaluate(
        rows.drop(columns="grade"), capacities=CAPACITIES, enrolled=ENROLLED, resamples=100, seed=1
    )
    assert {each["group"] for each in found["calibration"]["by"]["school_level"]} == {"unknown"}
    assert "grade_band" not in found["calibration"]["by"]
    assert found["lead_time"] is None


def test_a_part_with_one_outcome_only_has_no_line_and_a_date_alone_no_stability(rows):
    one = rows.loc[rows["as_of_date"] == dt.date(2024, 10, 1)].assign(label=0)
    found = evaluate(one, capacities=CAPACITIES, enrolled=ENROLLED, resamples=100, seed=1)
    model = part(found, "pooled", "all")["predictors"]["model"]
    nothing = {"value": None, "low": None, "high": None}
    assert model["slope"] == model["in_the_large"] == model["within_school_auc"] == nothing
    assert model["at_capacity"]["prevent"]["lift"] == nothing
    assert model["brier_parts"]["uncertainty"] == 0
    assert found["stability"] == []


def test_nothing_in_the_report_is_not_a_number(report):
    json.dumps(report, allow_nan=False)


@pytest.mark.parametrize(("period", "population"), SLICES)
def test_the_model_stands_beside_the_best_rule_of_each_slice(
    rows: pd.DataFrame, report: dict, period: str, population: str
) -> None:
    own = rows_of(rows, period, population)
    found = part(report, period, population)["beside"]
    aucs = {name: roc_auc_score(own["label"], own[column]) for name, column in COLUMN.items()}
    best = max(list(COLUMN)[1:5], key=lambda name: aucs[name])
    assert found["best_rule"] == best
    assert found["auc_to_rule"]["value"] == pytest.approx(aucs["model"] - aucs[best])
    assert found["auc_to_regression"]["value"] == pytest.approx(aucs["model"] - aucs["logistic_regression"])
    predictors = part(report, period, population)["predictors"]
    for section, figures in found["precision"].items():
        precise = {name: predictors[name]["at_capacity"][section]["precision"]["value"] for name in COLUMN}
        rule = max(list(COLUMN)[1:5], key=lambda name: precise[name])
        assert figures["rule"] == rule
        assert figures["difference"]["value"] == pytest.approx(precise["model"] - precise[rule])


def test_the_difference_s_interval_is_that_of_redrawing_students_for_both_at_once(
    rows: pd.DataFrame, report: dict
) -> None:
    own = rows_of(rows, "2024-11-01", "all").reset_index(drop=True)
    found = part(report, "2024-11-01", "all")["beside"]
    generator = np.random.default_rng(5)
    draws = []
    for _ in range(300):
        drawn = own.iloc[generator.integers(0, len(own), len(own))]  # one row is one student here
        both = [roc_auc_score(drawn["label"], drawn[c]) for c in ("risk", COLUMN[found["best_rule"]])]
        draws.append(both[0] - both[1])
    low, high = np.percentile(draws, [2.5, 97.5])
    stated = found["auc_to_rule"]
    assert (stated["low"], stated["high"]) == pytest.approx((low, high), abs=0.25 * (high - low))
    apart = part(report, "2024-11-01", "all")["predictors"]
    unpaired = apart["model"]["auc"]["high"] - apart["model"]["auc"]["low"]
    assert stated["high"] - stated["low"] < 1.6 * unpaired
