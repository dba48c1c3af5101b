"""What is reported beside the verdicts: pairs, schools, dates, the rule of thumb, and who is left out."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ews.capacity import place
from ews.equity.audit import audit
from ews.equity.date_figures import missed_need_at_dates
from ews.equity.groups import LeftOut, group_of_rows, notes_on_values
from ews.equity.judged_rows import Grouping, JudgedRows
from ews.equity.lists import in_order, lists_of_both
from ews.model.intervals import newcombe, wilson
from ews.model.measures import auc
from ews.model.predictors import RULES

RULE = next(each for each in RULES if each.name == "larger_of_both")


@pytest.fixture
def two_attributes(district):
    rows, groups = district(5, students=600, dates=2)
    generator = np.random.default_rng(0)
    noisy = rows["risk"] + generator.normal(0, 0.2, len(rows))
    return rows.assign(rule_larger_of_both=noisy), groups.assign(
        sex=generator.choice(["F", "M"], len(groups))
    )


@pytest.fixture
def audited(audit_settings, capacities):
    def run(rows, groups, sensitive=("race_ethnicity", "sex"), **options) -> dict:
        settings = audit_settings(sensitive=list(sensitive), resamples=200)
        return audit(rows, groups, settings=settings, capacities=capacities, enrolled={}, seed=1, **options)

    return run


def of(groups: list[dict]) -> dict[str, dict]:
    return {each["group"]: each for each in groups}


def test_two_attributes_together_divide_the_same_students(two_attributes, audited):
    rows, groups = two_attributes
    report = audited(rows, groups)
    (pair,) = report["intersections"]
    assert pair["attributes"] == ["race_ethnicity", "sex"]
    assert pair["title"] == "Race and ethnicity × Sex"
    race = of(report["attributes"][0]["groups"])
    for name in race:
        inside = [each for each in pair["groups"] if each["parts"][0] == name]
        assert [each["parts"][1] for each in inside] == ["F", "M"]
        for figure in ("n", "students", "positives", "positive_students"):
            assert sum(each[figure] for each in inside) == race[name][figure]


def test_a_pair_s_and_a_school_s_figures_are_those_of_an_attribute_made_of_them(two_attributes, audited):
    rows, groups = two_attributes
    report = audited(rows, groups)
    school = rows.drop_duplicates("student_id").set_index("student_id")["school_id"]
    alone = groups.assign(
        race_ethnicity=groups["race_ethnicity"] + " × " + groups["sex"],
        sex=school.reindex(groups["student_id"]).to_numpy(),
    )
    again = audited(rows, alone)
    for found, as_attribute in (
        (report["intersections"][0]["groups"], again["attributes"][0]),
        (report["schools"]["groups"], again["attributes"][1]),
    ):
        expected = of(as_attribute["groups"])
        assert {each["group"] for each in found} == set(expected)
        for each in found:
            beside = expected[each["group"]]
            assert each["verdict"] == "reported_only"
            assert each["auc"] == pytest.approx(beside["auc"], abs=1e-5)
            for name in ("deployed", "long"):
                for figure in ("fnr", "selection_rate", "excess_fnr"):
                    mine, other = each["lists"][name][figure], beside["lists"][name][figure]
                    assert [mine[key] for key in ("value", "low", "high")] == pytest.approx(
                        [other[key] for key in ("value", "low", "high")], abs=1e-5, nan_ok=True
                    )


def test_pairs_and_schools_are_never_judged(two_attributes, audited):
    report = audited(*two_attributes)
    assert {each["attribute"] for each in report["comparisons"]} == {"race_ethnicity", "sex"}


def test_at_one_date_rates_have_wilson_s_interval_and_differences_newcombe_s(
    two_attributes, audited, capacities
):
    rows, groups = two_attributes
    report = audited(rows, groups)
    rows = rows.assign(listed=place(rows, capacities, {})["selected"])
    rows = rows.merge(groups, on="student_id")
    day = dt.date(2024, 10, 1)
    needy = rows[(rows["as_of_date"] == day) & (rows["label"] == 1)]
    own, rest = needy[needy["sex"] == "F"], needy[needy["sex"] == "M"]
    (attribute,) = [each for each in report["attributes"] if each["attribute"] == "sex"]
    (date,) = [each for each in attribute["by_date"] if each["as_of"] == day.isoformat()]
    found = of(date["groups"])["F"]["lists"]["deployed"]["fnr"]
    everyone = rows[(rows["as_of_date"] == day) & (rows["sex"] == "F")]
    selection = of(date["groups"])["F"]["lists"]["deployed"]["selection_rate"]
    assert (selection["low"], selection["high"]) == pytest.approx(
        wilson(everyone["listed"].sum(), len(everyone))
    )
    missed = [((~each["listed"]).sum(), len(each)) for each in (own, rest)]
    assert found["value"] == pytest.approx(missed[0][0] / missed[0][1])
    assert (found["low"], found["high"]) == pytest.approx(wilson(*missed[0]))
    assert (found["difference"]["low"], found["difference"]["high"]) == pytest.approx(newcombe(*missed))


def test_the_dates_add_up_to_all_dates_together(two_attributes, audited):
    report = audited(*two_attributes)
    for attribute in report["attributes"]:
        assert [each["as_of"] for each in attribute["by_date"]] == report["as_of_dates"]
        for group in attribute["groups"]:
            by_date = [of(each["groups"])[group["group"]] for each in attribute["by_date"]]
            assert sum(each["n"] for each in by_date) == group["n"]
            assert sum(each["positives"] for each in by_date) == group["positives"]


def test_a_report_of_one_date_says_the_same_of_it_and_of_all_dates(district, audited):
    rows, groups = district(6, students=2_500)
    report = audited(rows, groups, sensitive=["race_ethnicity"])
    (date,) = report["attributes"][0]["by_date"]
    for group, each in of(report["attributes"][0]["groups"]).items():
        found = of(date["groups"])[group]
        for name in ("deployed", "long"):
            whole, single = each["lists"][name], found["lists"][name]
            assert single["fnr"]["value"] == pytest.approx(whole["fnr"]["value"])
            assert single["fnr"]["expected"] == pytest.approx(whole["fnr"]["expected"])
            assert single["selection_rate"]["expected"] == pytest.approx(whole["selection_rate"]["expected"])
            # The interval by formula beside the one by resampling.
            width = whole["excess_fnr"]["high"] - whole["excess_fnr"]["low"]
            for bound in ("value", "low", "high"):
                assert single["excess_fnr"][bound] == pytest.approx(
                    whole["excess_fnr"][bound], abs=0.2 * width
                )
        width = each["auc_difference"]["high"] - each["auc_difference"]["low"]
        for bound in ("value", "low", "high"):
            assert found["auc_difference"][bound] == pytest.approx(
                each["auc_difference"][bound], abs=0.2 * width
            )
        assert found["calibration"]["slope"]["value"] == pytest.approx(
            each["calibration"]["slope"]["value"], abs=1e-6
        )


def test_the_rule_of_thumb_stands_beside_with_lists_of_the_same_length(two_attributes, audited, capacities):
    rows, groups = two_attributes
    report = audited(rows, groups, rule=RULE)
    assert report["simple_rule"]["predictor"] == "larger_of_both"
    listed = place(rows, capacities, {}, RULE.column)["selected"]
    assert listed.sum() == place(rows, capacities, {})["selected"].sum()
    members = rows["student_id"].map(groups.set_index("student_id")["sex"])
    found = {each["attribute"]: of(each["groups"]) for each in report["simple_rule"]["attributes"]}["sex"]
    for name in ("F", "M"):
        own = (members == name) & (rows["label"] == 1)
        assert found[name]["lists"]["deployed"]["fnr"]["value"] == pytest.approx((~listed[own]).mean())
        whole = members == name
        assert found[name]["auc"]["value"] == pytest.approx(
            auc(rows["label"][whole].to_numpy(), rows[RULE.column][whole].to_numpy())
        )
    apart = found["F"]["lists"]["deployed"]["fnr_difference"]["value"]
    assert apart == pytest.approx(-found["M"]["lists"]["deployed"]["fnr_difference"]["value"])
    assert audited(rows, groups)["simple_rule"] is None


def test_beside_a_published_list_the_rule_fills_as_many_places_of_every_school_and_section(
    two_attributes, capacities
):
    rows, _ = two_attributes
    published = np.random.default_rng(4).random(len(rows)) < 0.2
    own = in_order(rows.assign(deployed=published))
    _, simple = lists_of_both(own, RULE, capacities, {})
    assert simple is not None
    own["by_rule"] = simple.rows.lists["deployed"]
    for _, those in own.groupby(["as_of_date", "school_id", "already_chronic"]):
        assert those["by_rule"].sum() == those["deployed"].sum()
        on, off = those.loc[those["by_rule"], RULE.column], those.loc[~those["by_rule"], RULE.column]
        assert on.empty or off.empty or on.min() >= off.max()


def test_a_published_list_is_audited_as_it_was_published(two_attributes, audited):
    rows, groups = two_attributes
    published = pd.Series(np.random.default_rng(4).random(len(rows)) < 0.2, index=rows.index)
    report = audited(rows, groups, deployed=published, rule=RULE)
    members = rows["student_id"].map(groups.set_index("student_id")["sex"])
    found = of(report["attributes"][1]["groups"])
    for name in ("F", "M"):
        rate = found[name]["lists"]["deployed"]["selection_rate"]["value"]
        assert rate == pytest.approx(published[members == name].mean())


CEP = LeftOut(frozenset(), frozenset({"school1"}), "Left out: everyone eats free there.")


def test_students_of_a_cep_school_are_in_no_group_and_in_nobody_s_rest(two_attributes, audited):
    rows, groups = two_attributes
    report = audited(rows, groups, left_out={"sex": CEP})
    without = audited(rows[rows["school_id"] != "school1"], groups)
    found, expected = of(report["attributes"][1]["groups"]), of(without["attributes"][1]["groups"])
    for name in ("F", "M"):
        for figure in ("n", "students", "positives"):
            assert found[name][figure] == expected[name][figure]
        assert found[name]["auc"]["value"] == pytest.approx(expected[name]["auc"]["value"])
        assert found[name]["auc_difference"]["value"] == pytest.approx(
            expected[name]["auc_difference"]["value"]
        )
    race, all_race = report["attributes"][0], audited(rows, groups)["attributes"][0]
    assert [each["n"] for each in race["groups"]] == [each["n"] for each in all_race["groups"]]
    left = rows.loc[rows["school_id"] == "school1", "student_id"].nunique()
    coverage = report["attributes"][1]["coverage"]
    assert coverage == {
        "students": 600,
        "known": 600 - left,
        "unknown": 0,
        "left_out": left,
        "note": CEP.reason,
    }
    assert report["attributes"][0]["coverage"]["left_out"] == 0


def test_an_attribute_that_covers_nobody_is_shown_and_never_a_pass(two_attributes, audited):
    rows, groups = two_attributes
    nobody = LeftOut(frozenset(), frozenset(rows["school_id"]), "Left out: everyone eats free there.")
    report = audited(rows, groups, left_out={"sex": nobody})
    assert report["attributes"][1]["groups"] == []
    assert report["attributes"][1]["coverage"]["known"] == 0
    assert report["not_judged_share_of_positives"] == 1
    assert report["verdict"] != "pass"


def test_spellings_that_differ_in_case_and_spaces_are_one_group():
    ids = [f"s{at}" for at in range(6)]
    rows = pd.DataFrame({"student_id": ids, "school_id": "a"})
    groups = pd.DataFrame({"student_id": ids, "sex": ["Female", "female ", "FEMALE", "Female", "male", None]})
    members = group_of_rows(rows, groups, ["sex"])["sex"]
    assert list(members) == ["Female"] * 4 + ["male", "Unknown"]
    assert list(group_of_rows(rows, groups.assign(sex="unknown"), ["sex"])["sex"]) == ["unknown"] * 6


def notes_on(races: list[str], dates: int = 1, **sizes: int) -> list[str]:
    members = pd.DataFrame({"race_ethnicity": races * dates})
    students = pd.Series([f"s{at}" for at in range(len(races))] * dates)
    return notes_on_values(members, students, **{"min_group": 30, "min_cell": 10, **sizes})


def test_a_small_group_whose_name_is_nearly_that_of_another_is_pointed_out_without_its_name():
    races = ["Hispanic"] * 50 + ["Hispanik"] * 2 + ["Asian"] * 3
    (note,) = notes_on(races)
    assert "the name of a small group is close to “Hispanic”" in note
    assert "mend the students extract" in note
    assert "Hispanik" not in note


def test_a_small_group_is_small_however_many_dates_its_students_are_judged_at():
    races = ["Hispanic"] * 50 + ["Hispanik"] * 5
    assert len(notes_on(races, dates=8)) == 1
    assert not notes_on(["Hispanic"] * 90 + ["Hispanik"] * 40, dates=8)


def test_a_name_that_two_small_groups_are_close_to_is_no_name_to_print_unless_it_is_common():
    assert notes_on(["Hispanic"] * 9 + ["Hispanik"] * 2) == []
    assert len(notes_on(["Hispanic"] * 50 + ["Hispanik"] * 2 + ["Hispaniq"] * 3)) == 1


def test_a_group_of_one_is_shown_and_not_judged(two_attributes, audited):
    rows, groups = two_attributes
    groups.loc[0, "sex"] = "X"
    report = audited(rows, groups)
    found = of(report["attributes"][1]["groups"])["X"]
    assert (found["students"], found["verdict"]) == (1, "not_judged")
    assert report["verdict"] in {"pass", "insufficient_evidence"}


def test_the_error_of_missed_need_at_a_date_is_what_resampling_finds():
    random = np.random.default_rng(8)
    risk = random.beta(1, 3, 3_000)
    label = (random.random(3_000) < risk).astype(np.int64)
    listed = risk > 0.3  # many off the list became chronic, so that numerator and denominator go together
    once = np.zeros(3_000, dtype=np.int64)
    rows = JudgedRows(
        label, risk * 0.6, np.arange(3_000), 3_000, once, (dt.date(2024, 10, 1),), {"a": listed}
    )
    at_dates = Grouping(("all",), once, compared=False).at_dates(rows)
    found = missed_need_at_dates(rows, at_dates, "a")
    missed = (label - rows.score) * ~listed
    draws = random.integers(3_000, size=(2_000, 3_000))
    drawn = [missed[each].sum() / label[each].sum() for each in draws]
    assert found.own[0] == pytest.approx(missed.sum() / label.sum())
    assert found.own_error[0] == pytest.approx(np.std(drawn), rel=0.06)


def test_a_rate_of_zero_over_several_dates_has_wilson_s_interval_over_its_students(two_attributes, audited):
    rows, groups = two_attributes
    nobody = pd.Series(False, index=rows.index)
    found = of(audited(rows, groups, deployed=nobody)["attributes"][1]["groups"])
    members = rows["student_id"].map(groups.set_index("student_id")["sex"])
    for name in ("F", "M"):
        needy = rows.loc[(members == name) & (rows["label"] == 1), "student_id"].nunique()
        rate = found[name]["lists"]["deployed"]["fnr"]
        assert rate["value"] == 1
        assert (rate["low"], rate["high"]) == pytest.approx(wilson(needy, needy))


def test_exactly_as_many_positive_students_as_asked_are_enough(two_attributes, audit_settings, capacities):
    rows, groups = two_attributes
    members = rows["student_id"].map(groups.set_index("student_id")["race_ethnicity"])
    needy = rows.loc[(members == "C") & (rows["label"] == 1), "student_id"].nunique()
    for least, verdicts in ((needy, {"pass", "fail", "insufficient_evidence"}), (needy + 1, {"not_judged"})):
        settings = audit_settings(min_group=least, resamples=200)
        report = audit(rows, groups, settings=settings, capacities=capacities, enrolled={}, seed=1)
        assert of(report["attributes"][0]["groups"])["C"]["verdict"] in verdicts


def test_a_pass_does_not_rest_on_an_attribute_that_leaves_most_of_the_need_out(
    district, audit_settings, capacities
):
    rows, groups = district(1, students=12_000)
    groups = groups.assign(sex=["F", "M"] * 6_000)
    wide = {"excess_fnr": 0.2, "auc_difference": 0.2}
    settings = audit_settings(sensitive=["race_ethnicity", "sex"], resamples=200, tolerance=wide)
    verdicts = {}
    for schools in (1, 3, 5):
        names = frozenset(f"school{at}" for at in range(schools))
        left_out = {"sex": LeftOut(frozenset(), names, "Left out.")}
        report = audit(
            rows, groups, settings=settings, capacities=capacities, enrolled={}, seed=1, left_out=left_out
        )
        verdicts[schools] = report["verdict"]
        assert f"about {10 * round(10 * schools / 8)}% by “sex”" in report["sentence"]
    assert verdicts == {1: "pass", 3: "pass", 5: "insufficient_evidence"}
    assert "leaves out more than half" in report["sentence"]


def test_a_perfect_auc_of_a_small_group_fails_nobody_else(district, audit_settings, capacities):
    rows, groups = district(1, students=3_000)
    extremes = rows.sort_values("risk")["student_id"].iloc[[*range(60), *range(-40, 0)]]
    small = groups["student_id"].isin(extremes)
    groups = groups.assign(race_ethnicity=np.where(small, "Small", "All others"))
    own = rows["student_id"].isin(extremes)
    rows = rows.assign(label=rows["label"].mask(own, (rows["risk"] > 0.5).astype(int)))
    settings = audit_settings(resamples=200)
    report = audit(rows, groups, settings=settings, capacities=capacities, enrolled={}, seed=1)
    assert of(report["attributes"][0]["groups"])["Small"]["auc"]["value"] == 1
    (compared,) = [
        each
        for each in report["comparisons"]
        if (each["group"], each["measure"]) == ("All others", "auc_difference")
    ]
    assert compared["low"] > 0.10, "it would fail by its interval"
    assert compared["verdict"] == "insufficient_evidence"
