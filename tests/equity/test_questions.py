"""One's own questions to an audit: what is withheld stays withheld, and how much data would settle it."""

import math

import numpy as np
import pytest

from ews.equity.audit import audit
from ews.equity.questions import comparison_table, group_table, positives_needed
from ews.equity.suppression import SUPPRESSED


@pytest.fixture
def report(district, audit_settings, capacities) -> dict:
    rows, groups = district(1)
    settings = audit_settings(resamples=200)
    return audit(rows, groups, settings=settings, capacities=capacities, enrolled={}, seed=1)


def test_the_table_holds_the_figures_of_the_report(report):
    table = group_table(report).set_index(["kind", "group", "list", "measure"])

    for group in report["attributes"][0]["groups"]:
        rate = group["lists"]["long"]["fnr"]
        row = table.loc[("attribute", group["group"], "long", "fnr")]
        assert (row["value"], row["low"], row["high"], row["expected"]) == tuple(
            rate[key] for key in ("value", "low", "high", "expected")
        )
        assert row["students"] == group["students"]
    assert len(table.loc[("school",)]) == 0 or table.loc[("school",), "verdict"].eq("reported_only").all()


def test_what_is_withheld_is_missing_and_never_zero(report):
    group = report["attributes"][0]["groups"][0]
    group["auc"], group["students"] = SUPPRESSED, SUPPRESSED
    group["lists"] = {"deployed": SUPPRESSED, "long": {"fnr": {"value": None, "low": None, "high": None}}}
    report["comparisons"][0] |= {"value": SUPPRESSED, "low": SUPPRESSED, "high": SUPPRESSED}

    table = group_table(report)
    own = table.loc[(table["kind"] == "attribute") & (table["group"] == group["group"])]
    assert (
        own.loc[own["measure"].isin(["auc", "fnr"]), ["value", "low", "high", "expected"]]
        .isna()
        .all(axis=None)
    )
    assert own["students"].isna().all()
    assert comparison_table(report).loc[0, ["value", "would_pass_at", "positives_needed"]].isna().all()


def test_a_comparison_passes_from_its_upper_bound_on(report):
    table = comparison_table(report)

    judged = table.loc[table["verdict"].isin(["pass", "insufficient_evidence"])]
    assert len(judged)
    assert ((judged["would_pass_at"] <= judged["tolerance"]) == (judged["verdict"] == "pass")).all()


def test_as_many_positives_as_needed_make_a_fair_model_pass_eight_times_in_ten():
    """Simulated: estimates around 0 with the standard error that so many students give."""
    generator = np.random.default_rng(1)
    needed = positives_needed(50, -0.20, 0.20, 0.10)
    error = 0.20 / 1.959964 * math.sqrt(50 / needed)
    passed = generator.normal(0, error, 20_000) + 1.959964 * error <= 0.10
    assert passed.mean() == pytest.approx(0.8, abs=0.01)


def test_a_wider_tolerance_needs_fewer_and_a_true_harm_can_never_pass():
    assert positives_needed(50, -0.2, 0.2, 0.20) < positives_needed(50, -0.2, 0.2, 0.10)
    assert positives_needed(50, -0.2, 0.2, 0.10, true_value=0.05) > positives_needed(50, -0.2, 0.2, 0.10)
    assert positives_needed(50, -0.2, 0.2, 0.10, true_value=0.10) == math.inf
    assert math.isnan(positives_needed(50, math.nan, 0.2, 0.10))


def test_the_smaller_side_limits_what_can_be_said(report):
    sizes = {each["group"]: each["positive_students"] for each in report["attributes"][0]["groups"]}
    table = comparison_table(report).set_index("group")["smaller_side"]

    for group, own in sizes.items():
        assert set(table.loc[group]) == {min(own, sum(sizes.values()) - own)}
