"""The audit's promises on small districts whose true risk is known."""

import json

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate
from sklearn.metrics import precision_score, roc_auc_score

from ews.capacity import place
from ews.equity.audit import audit
from ews.equity.group_figures import missed_need_by_group
from ews.equity.judged_rows import Grouping
from ews.equity.lists import in_order, lists_of_score
from ews.equity.overall import overall_verdict
from ews.equity.resampled_groups import ResampledGroups
from ews.errors import GateClosed
from ews.model.measures import auc, calibration_in_the_large, calibration_slope


@pytest.fixture
def audited(audit_settings, capacities):
    def run(rows, groups, **changes) -> dict:
        settings = audit_settings(**changes)
        return audit(rows, groups, settings=settings, capacities=capacities, enrolled={}, seed=1)

    return run


def groups_of(report: dict, at: int = 0) -> dict[str, dict]:
    return {each["group"]: each for each in report["attributes"][at]["groups"]}


def test_a_perfect_model_of_groups_with_different_base_rates_does_not_fail(district, audited):
    verdicts = [audited(*district(seed), resamples=200)["verdict"] for seed in range(8)]
    assert "fail" not in verdicts


def test_a_group_of_three_hundred_in_need_scored_one_logit_too_low_fails(district, audited):
    failed = 0
    for seed in range(4):
        rows, groups = district(seed, students=4_000, too_low={"C": 1.0})
        report = audited(rows, groups, resamples=200)
        assert 250 < groups_of(report)["C"]["positive_students"] < 400
        failed += groups_of(report)["C"]["verdict"] == "fail" and report["verdict"] == "fail"
    assert failed >= 3


@pytest.mark.slow
def test_over_many_districts_true_risks_never_fail_and_lowered_ones_nearly_always_do(district, audited):
    fair = [audited(*district(seed, students=5_000, dates=2))["verdict"] for seed in range(60)]
    assert fair.count("fail") == 0
    harmed = [audited(*district(seed, students=4_000, too_low={"C": 1.0}))["verdict"] for seed in range(30)]
    assert harmed.count("fail") >= 27


def test_a_large_fair_district_passes(district, audited):
    rows, groups = district(1, students=12_000)
    report = audited(rows, groups, resamples=200)
    assert report["verdict"] == "pass", report["sentence"]
    assert {each["verdict"] for each in groups_of(report).values()} == {"pass"}


def test_the_verdict_names_who_is_harmed(district, audited):
    report = audited(*district(0, students=4_000, too_low={"C": 1.5}), resamples=200)
    assert "C (race_ethnicity)" in report["sentence"]


def test_a_group_without_positives_has_no_miss_rate_and_never_passes(district, audited):
    rows, groups = district(1)
    nobody = groups["race_ethnicity"] == "A"
    rows.loc[rows["student_id"].isin(groups.loc[nobody, "student_id"]), "label"] = 0
    found = groups_of(audited(rows, groups))["A"]
    assert found["verdict"] == "not_judged"
    assert found["lists"]["deployed"]["fnr"] == {
        "value": None,
        "low": None,
        "high": None,
        "expected": pytest.approx(found["lists"]["deployed"]["fnr"]["expected"]),
        "difference": {"value": None, "low": None, "high": None},
    }
    assert found["lists"]["long"]["excess_fnr"] == {"value": None, "low": None, "high": None}
    assert found["auc"]["value"] is None
    assert "nobody can have been missed" in found["note"]


def test_a_group_with_too_few_positive_students_is_not_judged_however_bad_it_looks(district, audited):
    rows, groups = district(1, dates=2)
    need = rows.drop_duplicates("student_id").groupby("label")["student_id"].head(20)
    groups["race_ethnicity"] = groups["race_ethnicity"].mask(groups["student_id"].isin(need), "D")
    rows["risk"] = rows["risk"].mask(rows["student_id"].isin(need), 0.001)
    report = audited(rows, groups, min_group=30)
    found = groups_of(report)["D"]
    assert found["positive_students"] < 30 <= 2 * found["positive_students"]
    assert found["positives"] == 2 * found["positive_students"], "student-dates would have been enough"
    assert found["verdict"] == "not_judged"
    of_d = [each for each in report["comparisons"] if each["group"] == "D"]
    assert {each["verdict"] for each in of_d} == {"not_judged"}
    assert {each["holm_p_value"] for each in of_d} == {None}


def test_students_without_a_known_group_are_a_group_of_their_own(district, audited):
    rows, groups = district(1)
    groups.loc[:99, "race_ethnicity"] = None
    groups.loc[100:199, "race_ethnicity"] = "  "
    report = audited(rows, groups.iloc[:1_400])  # the last hundred are not in the audit frame at all
    assert groups_of(report)["Unknown"]["n"] == 300
    assert list(groups_of(report))[-1] == "Unknown"
    assert sum(each["n"] for each in groups_of(report).values()) == len(rows)


def test_an_attribute_with_one_group_is_compared_with_nobody(district, audited):
    rows, groups = district(1)
    groups = groups.assign(sex="Unknown")
    report = audited(rows, groups, sensitive=["race_ethnicity", "sex"])
    only = groups_of(report, at=1)["Unknown"]
    assert only["verdict"] == "not_judged"
    assert "nobody to compare" in only["note"]
    assert report["not_judged_share_of_positives"] == 1
    assert report["verdict"] != "pass"


def test_a_handful_outside_the_group_is_too_few_to_compare_it_with(district, audited):
    rows, groups = district(1)
    groups = groups.assign(race_ethnicity=["B"] * 10 + ["A"] * 1_490)
    found = groups_of(audited(rows, groups))
    assert (found["A"]["verdict"], found["B"]["verdict"]) == ("insufficient_evidence", "not_judged")
    assert "too few to compare it with" in found["A"]["note"]


def test_where_no_group_is_large_enough_the_audit_says_nothing_and_claims_nothing(district, audited):
    report = audited(*district(1, students=100))
    assert report["verdict"] == "insufficient_evidence"
    assert report["sentence"].startswith("No group is large enough to judge")


@pytest.mark.parametrize(
    ("verdicts", "share", "overall"),
    [
        (["pass", "pass"], 0.0, "pass"),
        (["pass", "not_judged"], 0.05, "pass"),
        (["pass", "not_judged"], 0.051, "insufficient_evidence"),
        (["pass", "insufficient_evidence"], 0.0, "insufficient_evidence"),
        (["pass", "insufficient_evidence", "fail"], 0.9, "fail"),
        (["not_judged"], 0.0, "insufficient_evidence"),
        ([], 0.0, "insufficient_evidence"),
    ],
)
def test_the_overall_verdict(verdicts, share, overall):
    assert overall_verdict(verdicts, share) == overall


def test_the_figures_are_those_of_fairlearn_alone(district, audited, capacities):
    rows, groups = district(2, dates=2)
    found = groups_of(audited(rows, groups))
    listed = place(rows, capacities, {})["selected"].astype(int)
    members = rows["student_id"].map(groups.set_index("student_id")["race_ethnicity"])
    metrics = {
        "selection_rate": selection_rate,
        "fnr": false_negative_rate,
        "fpr": false_positive_rate,
        "precision": precision_score,
    }
    alone = MetricFrame(metrics=metrics, y_true=rows["label"], y_pred=listed, sensitive_features=members)
    area = MetricFrame(
        metrics=roc_auc_score, y_true=rows["label"], y_pred=rows["risk"], sensitive_features=members
    )
    for group, each in found.items():
        for name in metrics:
            assert each["lists"]["deployed"][name]["value"] == pytest.approx(alone.by_group.loc[group, name])
        assert each["auc"]["value"] == pytest.approx(area.by_group[group])


def resampled(rows, members, capacities) -> ResampledGroups:
    judged = lists_of_score(in_order(rows), capacities, {}).rows
    return ResampledGroups(judged, {"groups": Grouping.of(members, compared=True)})


def test_drawing_every_student_once_gives_the_figures_themselves(district, audited, capacities):
    rows, groups = district(2, dates=2)
    found = groups_of(audited(rows, groups))
    members = in_order(rows)["student_id"].map(groups.set_index("student_id")["race_ethnicity"])
    every = resampled(rows, members, capacities)
    every.resample(np.ones((len(groups), 1)))
    draws = every.draws["groups"]
    for group, each in found.items():
        for rate in ("selection_rate", "fnr", "fpr", "precision", "false_omission_rate", "excess_fnr"):
            figure = each["lists"]["deployed"][rate]
            assert draws.drawn(group, f"deployed {rate}")[0] == pytest.approx(figure["value"], abs=1e-6)
            if rate != "excess_fnr":
                apart = draws.drawn(group, f"deployed {rate} difference")[0]
                assert apart == pytest.approx(figure["difference"]["value"], abs=1e-6)
        assert draws.drawn(group, "auc")[0] == pytest.approx(each["auc"]["value"], abs=1e-6)
        gap = each["auc_difference"]["value"]
        assert draws.drawn(group, "auc_difference")[0] == pytest.approx(gap, abs=1e-6)
        for name in ("in_the_large", "slope"):
            assert draws.drawn(group, name)[0] == pytest.approx(each["calibration"][name]["value"], abs=1e-5)


@pytest.mark.parametrize("names", ["AB", "ABC"])
def test_in_a_resample_too_those_left_out_are_in_no_group_and_in_nobody_s_rest(district, capacities, names):
    rows, groups = district(2, dates=2)
    rows = in_order(rows)
    members = rows["student_id"].map(groups.set_index("student_id")["race_ethnicity"])
    members = members.where(members.isin(list(names)), None).mask(rows["school_id"] == "school1", None)
    every = resampled(rows, members, capacities)
    draws = every.draws["groups"]
    every.resample(np.ones((len(groups), 1)))
    for at, group in enumerate(names):
        own, rest = (members == group).to_numpy(), (members.notna() & (members != group)).to_numpy()
        listed = place(rows, capacities, {})["selected"].to_numpy()
        label, risk = rows["label"].to_numpy(), rows["risk"].to_numpy()
        missed = [((label - risk) * ~listed)[each].sum() / label[each].sum() for each in (own, rest)]
        assert draws.drawn(group, "deployed excess_fnr")[0] == pytest.approx(missed[0] - missed[1], abs=1e-6)
        gap = auc(label[rest], risk[rest]) - auc(label[own], risk[own])
        assert draws.drawn(group, "auc_difference")[0] == pytest.approx(gap, abs=1e-6)
        assert draws.auc_of_rest[at] == pytest.approx(auc(label[rest], risk[rest]))


def test_a_resample_s_calibration_and_auc_are_nearly_those_of_computing_anew(district, capacities):
    rows, _ = district(2)
    students = rows["student_id"].nunique()
    every = resampled(rows, pd.Series("all", index=rows.index), capacities)
    drawn = np.random.default_rng(1).integers(students, size=students)
    every.resample(np.bincount(drawn, minlength=students)[:, None].astype(float))
    label, risk = rows["label"].to_numpy()[drawn], rows["risk"].to_numpy()[drawn]
    anew = {
        "in_the_large": calibration_in_the_large(label, risk),
        "slope": calibration_slope(label, risk),
        "auc": auc(label, risk),
    }
    for name, value in anew.items():
        assert every.draws["groups"].drawn("all", name)[0] == pytest.approx(value, abs=0.01)


def test_the_order_of_rows_and_of_the_audit_frame_changes_no_byte(district, audited):
    rows, groups = district(3, dates=2)
    once = json.dumps(audited(rows, groups))
    again = json.dumps(audited(rows.sample(frac=1, random_state=1), groups.sample(frac=1, random_state=2)))
    assert once == again


def test_missed_need_is_none_for_a_group_without_positives(district):
    rows, groups = district(3)
    members = groups["race_ethnicity"].mask(rows["label"] == 0, "none")
    missed = missed_need_by_group(rows, members, pd.Series(False, index=rows.index))
    assert np.isnan(missed["none"])
    assert np.isfinite(missed["A"])


def test_calibration_in_the_large_points_at_the_group_scored_too_low(district, audited):
    found = groups_of(audited(*district(0, students=4_000, too_low={"C": 1.0}), resamples=200))
    assert found["C"]["calibration"]["in_the_large"]["low"] > 0.5
    assert abs(found["A"]["calibration"]["in_the_large"]["value"]) < 0.3


def no_positives(rows, groups):
    return rows.assign(label=0), groups


def no_column(rows, groups):
    return rows, groups.drop(columns="race_ethnicity")


def one_group(rows, groups):
    return rows, groups.assign(race_ethnicity="A")


def twice_in_the_frame(rows, groups):
    return rows, pd.concat([groups, groups.iloc[:1]])


def judged_twice(rows, groups):
    return pd.concat([rows, rows.iloc[:1]]), groups


def nobody(rows, groups):
    return rows.iloc[:0], groups


def no_risk(rows, groups):
    return rows.assign(risk=rows["risk"].where(rows.index > 0)), groups


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_positives, "no student of the test year became chronically absent"),
        (no_column, "no column for race_ethnicity"),
        (one_group, "nobody to compare"),
        (twice_in_the_frame, "more than once"),
        (judged_twice, "judged twice"),
        (nobody, "no judged students"),
        (no_risk, "no risk from 0 to 1"),
    ],
)
def test_an_audit_that_cannot_be_made_closes_the_gate(district, audited, spoil, said):
    with pytest.raises(GateClosed, match="the fairness audit cannot be made") as closed:
        audited(*spoil(*district(1, students=300)))
    assert said in closed.value.found
    assert closed.value.exit_code == 50
    assert closed.value.next_step
