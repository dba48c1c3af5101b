"""The evaluation: its figures recomputed here by other code, and what it promises."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import average_precision_score, roc_auc_score

from ews.config import Capacities
from ews.model.evaluate import evaluate
from ews.model.intervals import wilson

DAYS = [dt.date(2024, 10, 1), dt.date(2024, 11, 1), dt.date(2024, 12, 2)]
CAPACITIES = Capacities.model_validate({"prevent": {"per_school": 12}, "intensive": {"percent": 5}})
ENROLLED = {(day, f"school{at}"): 110 for day in DAYS for at in range(4)}
RULES = ["rule_prior_year", "rule_year_to_date", "rule_larger_of_both", "rule_school_grade"]
NAMES = [
    "model",
    "prior_year_rate",
    "year_to_date_rate",
    "larger_of_both",
    "school_grade_rate",
    "logistic_regression",
]
COLUMN = dict(zip(NAMES, ["risk", *RULES, "logistic_regression"], strict=True))


def judged(students: int = 400, seed: int = 1) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    need = generator.normal(-1, 1.3, students)
    one = pd.DataFrame(
        {
            "student_id": [f"s{at:04d}" for at in range(students)],
            "school_id": [f"school{at % 4}" for at in range(students)],
            "label": (generator.random(students) < expit(need)).astype(int),
            "absences_left": generator.integers(0, 15, students),
        }
    )
    dates = []
    for at, day in enumerate(DAYS):
        noise = generator.normal(0, [[0.3], [2.0], [1.6], [1.0], [3.0], [0.4]], (6, students))
        scores = {column: need + noise[i] for i, column in enumerate(COLUMN.values())}
        scores["risk"], scores["logistic_regression"] = (
            expit(scores["risk"]),
            expit(scores["logistic_regression"]),
        )
        scores["rule_prior_year"] = scores["rule_prior_year"].round(1)  # ties, as rates have them
        dates.append(one.assign(as_of_date=day, already_chronic=need > 1.5 - 0.4 * at, **scores))
    return pd.concat(dates, ignore_index=True)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return judged()


@pytest.fixture(scope="module")
def report(rows) -> dict:
    return evaluate(rows, capacities=CAPACITIES, enrolled=ENROLLED, resamples=200, seed=1)


def part(report: dict, period: str, population: str) -> dict:
    return next(each for each in report["periods"] if each["as_of"] == period)["populations"][population]


def rows_of(rows: pd.DataFrame, period: str, population: str) -> pd.DataFrame:
    found = rows if period == "pooled" else rows[rows["as_of_date"] == dt.date.fromisoformat(period)]
    return found if population == "all" else found[~found["already_chronic"]]


SLICES = [(p, q) for p in ("2024-10-01", "2024-12-02", "pooled") for q in ("all", "not_yet_chronic")]


def test_there_is_a_period_for_every_date_and_one_for_all(report):
    days = [day.isoformat() for day in DAYS]
    assert report["as_of_dates"] == days
    assert [each["as_of"] for each in report["periods"]] == [*days, "pooled"]
    assert [each["name"] for each in report["predictors"]] == NAMES
    assert [each["kind"] for each in report["predictors"]] == ["model", *["rule"] * 4, "regression"]


@pytest.mark.parametrize(("period", "population"), SLICES)
def test_counts_and_ranking_equal_scikit_learn_s(rows, report, period, population):
    found, own = part(report, period, population), rows_of(rows, period, population)
    assert (found["n"], found["positives"]) == (len(own), own["label"].sum())
    assert found["students"] == own["student_id"].nunique()
    for name, column in COLUMN.items():
        figures = found["predictors"][name]
        assert figures["auc"]["value"] == pytest.approx(roc_auc_score(own["label"], own[column]))
        expected = average_precision_score(own["label"], own[column])
        assert figures["average_precision"]["value"] == pytest.approx(expected)
        for each in (figures["auc"], figures["average_precision"]):
            assert each["low"] < each["value"] < each["high"]


@pytest.mark.parametrize(("period", "population"), SLICES)
def test_only_risks_have_a_brier_score_and_a_calibration_error(rows, report, period, population):
    found, own = part(report, period, population)["predictors"], rows_of(rows, period, population)
    for name in ("model", "logistic_regression"):
        expected = ((own[COLUMN[name]] - own["label"]) ** 2).mean()
        assert found[name]["brier"]["value"] == pytest.approx(expected)
        assert 0 <= found[name]["calibration_error"]["low"] <= found[name]["calibration_error"]["high"] < 0.3
    for name in NAMES[1:5]:
        assert found[name]["brier"] is None
        assert found[name]["calibration_error"] is None


def listed_by_loop(rows: pd.DataFrame, column: str) -> set[tuple[dt.date, str]]:
    """Fill the lists school by school, the slow way (these scores are free of ties where it matters)."""
    listed = set()
    for (day, _, chronic), own in rows.groupby(["as_of_date", "school_id", "already_chronic"]):
        length = 6 if chronic else 12  # 5% of 110 rounded up
        best = own.sort_values(column, ascending=False).head(length)
        listed |= {(day, student) for student in best["student_id"]}
    return listed


@pytest.mark.parametrize("name", ["model", "year_to_date_rate", "logistic_regression"])
@pytest.mark.parametrize("period", ["2024-11-01", "pooled"])
def test_at_capacity_everyone_fills_the_same_lists(rows, report, name, period):
    own = rows_of(rows, period, "all")
    listed = listed_by_loop(rows, COLUMN[name])
    on = pd.Series(
        [each in listed for each in zip(own["as_of_date"], own["student_id"], strict=True)], own.index
    )
    found = part(report, period, "all")["predictors"][name]["at_capacity"]
    eligible = {"prevent": ~own["already_chronic"], "intensive": own["already_chronic"], "both": on | True}
    for section, mask in eligible.items():
        hits, need = own.loc[on & mask, "label"].sum(), own.loc[mask, "label"].sum()
        assert (found[section]["listed"], found[section]["found"]) == ((on & mask).sum(), hits)
        assert found[section]["precision"]["value"] == pytest.approx(hits / (on & mask).sum())
        assert found[section]["recall"]["value"] == pytest.approx(hits / need)


def test_students_not_yet_chronic_only_have_the_prevent_section(report):
    early = part(report, "pooled", "not_yet_chronic")["predictors"]["model"]["at_capacity"]
    assert list(early) == ["prevent"]
    assert early["prevent"] == part(report, "pooled", "all")["predictors"]["model"]["at_capacity"]["prevent"]


def test_at_one_date_precision_has_wilson_s_interval(report):
    found = part(report, "2024-10-01", "all")["predictors"]["model"]["at_capacity"]["prevent"]
    low, high = wilson(found["found"], found["listed"])
    assert (found["precision"]["low"], found["precision"]["high"]) == pytest.approx((low, high))


def test_pooled_intervals_are_as_wide_as_students_and_not_as_student_dates_allow(rows, report):
    found = part(report, "pooled", "all")["predictors"]["model"]["brier"]
    naive = 2 * 1.96 * ((rows["risk"] - rows["label"]) ** 2).std() / np.sqrt(len(rows))
    assert found["high"] - found["low"] > 1.4 * naive


def test_the_lift_is_the_averaged_difference_to_the_best_rule(rows, report):
    early = rows[~rows["already_chronic"]]
    auc = {
        name: np.mean([roc_auc_score(own["label"], own[column]) for _, own in early.groupby("as_of_date")])
        for name, column in COLUMN.items()
    }
    best = max(NAMES[1:5], key=auc.__getitem__)
    assert report["lift"]["best_rule"] == best
    assert report["lift"]["estimate"] == pytest.approx(auc["model"] - auc[best])
    assert report["lift"]["verdict"] == "pass"
    assert report["lift"]["n_students"] == early["student_id"].nunique()
    expected = auc["model"] - auc["logistic_regression"]
    assert report["lift"]["regression"]["estimate"] == pytest.approx(expected)


def test_the_lift_s_interval_is_that_of_redrawing_students_by_hand(rows, report):
    early = rows[~rows["already_chronic"]]
    ids, generator = rows["student_id"].unique(), np.random.default_rng(9)
    column, differences = COLUMN[report["lift"]["best_rule"]], []
    for _ in range(100):
        times = pd.Series(generator.choice(ids, len(ids))).value_counts()
        drawn = early.assign(times=early["student_id"].map(times).fillna(0))
        gaps = [
            roc_auc_score(own["label"], own["risk"], sample_weight=own["times"])
            - roc_auc_score(own["label"], own[column], sample_weight=own["times"])
            for _, own in drawn.groupby("as_of_date")
        ]
        differences.append(np.mean(gaps))
    width = report["lift"]["high"] - report["lift"]["low"]
    assert width == pytest.approx(2 * 1.96 * np.std(differences), rel=0.3)


def test_the_calibration_curve_has_ten_equal_groups_that_add_up(rows, report):
    curve = report["calibration"]["curve"]
    assert len(curve) == 10
    assert sum(each["n"] for each in curve) == len(rows)
    assert {each["n"] for each in curve} == {120}
    assert [each["predicted"] for each in curve] == sorted(each["predicted"] for each in curve)
    observed = sum(each["observed"] * each["n"] for each in curve)
    assert observed == pytest.approx(rows["label"].sum())
    assert all(each["low"] <= each["observed"] <= each["high"] for each in curve)


def test_the_order_of_rows_changes_no_byte_and_another_seed_only_the_intervals(rows, report):
    shuffled = rows.sample(frac=1, random_state=4)
    again = evaluate(shuffled, capacities=CAPACITIES, enrolled=ENROLLED, resamples=200, seed=1)
    assert json.dumps(again) == json.dumps(report)
    other = evaluate(rows, capacities=CAPACITIES, enrolled=ENROLLED, resamples=200, seed=2)
    assert other["lift"]["estimate"] == report["lift"]["estimate"]
    assert other["lift"]["low"] != report["lift"]["low"]


def test_where_everyone_is_already_chronic_figures_are_null_and_never_zero(rows):
    late = rows.assign(already_chronic=rows["already_chronic"] | (rows["as_of_date"] == DAYS[-1]))
    found = evaluate(late, capacities=CAPACITIES, enrolled=ENROLLED, resamples=100, seed=1)
    nobody = part(found, "2024-12-02", "not_yet_chronic")
    assert (nobody["n"], nobody["positives"], nobody["students"]) == (0, 0, 0)
    model = nobody["predictors"]["model"]
    nothing = {"value": None, "low": None, "high": None}
    assert model["auc"] == model["brier"] == model["calibration_error"] == nothing
    assert model["at_capacity"]["prevent"] == {
        "listed": 0,
        "found": 0,
        "precision": nothing,
        "recall": nothing,
        "lift": nothing,
    }
    assert found["lift"]["dates_left_out"] == ["2024-12-02"]
    assert found["lift"]["estimate"] is not None


def test_nothing_in_the_report_is_not_a_number(report):
    json.dumps(report, allow_nan=False)
