"""Reports: the verdict first, every figure as in the data, what is hidden named as hidden."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from jinja2 import UndefinedError

from ews.equity.pooled_names import POOLED
from ews.equity.suppression import suppress_fairness
from ews.reports.evaluation import render_evaluation
from ews.reports.fairness import render_fairness
from ews.reports.model_card import render_model_card
from ews.reports.summary import render_summary
from tests.outreach.page_reading import Page, check_page
from tests.reports import samples

BANNER = "DEMO — simulated students, not a person"


def fairness_page(fairness: dict[str, Any] | None = None) -> str:
    return render_fairness(
        fairness or samples.fairness(), samples.evaluation(), [BANNER], samples.provenance()
    )


RENDERED = {
    "evaluation": lambda: render_evaluation(samples.evaluation(), [BANNER]),
    "fairness": fairness_page,
    "model_card": lambda: render_model_card(samples.card(), [BANNER]),
    "summary": lambda: render_summary(samples.evaluation(), samples.fairness(), [BANNER]),
}


@cache
def html_of(name: str) -> str:
    return RENDERED[name]()


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    return {name: Page(html_of(name)) for name in RENDERED}


def one_attribute(verdict: str = "insufficient_evidence", at: int = 1) -> dict[str, Any]:
    """An audit of a single attribute: figures take most of the time."""
    fairness = samples.fairness(verdict)
    kept = fairness["attributes"][at]
    comparisons = [each for each in fairness["comparisons"] if each["attribute"] == kept["attribute"]]
    return fairness | {"attributes": [kept], "comparisons": comparisons}


def interval(figure: dict[str, float], digits: int) -> str:
    value, low, high = (f"{figure[key]:.{digits}f}".replace("-", "−") for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})" if "−" in low + high else f"{value} ({low}–{high})"


@pytest.mark.parametrize("name", RENDERED)
def test_each_report_is_one_self_contained_page_with_its_banner(name: str) -> None:
    page = check_page(html_of(name))
    assert BANNER in page.words
    assert len(page.found("h2")) >= 4


@pytest.mark.parametrize("name", RENDERED)
def test_the_same_data_give_the_same_bytes(name: str) -> None:
    assert RENDERED[name]() == html_of(name)


@pytest.mark.parametrize("name", RENDERED)
def test_texts_of_the_district_are_escaped(name: str) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    documents = {
        "evaluation": samples.evaluation(),
        "fairness": samples.fairness(),
        "model_card": samples.card(),
    }
    for document in documents.values():
        document["district"] = document["run"] = nasty
    html = {
        "evaluation": lambda: render_evaluation(documents["evaluation"], [nasty]),
        "fairness": lambda: render_fairness(
            documents["fairness"], samples.evaluation(), [nasty], {nasty: nasty}
        ),
        "model_card": lambda: render_model_card({**documents["model_card"], "limits": [nasty]}, [nasty]),
        "summary": lambda: render_summary(documents["evaluation"], documents["fairness"], [nasty]),
    }[name]()
    assert not check_page(html).found("img")


@pytest.mark.parametrize("name", RENDERED)
def test_no_report_speaks_of_fate(name: str, pages: dict[str, Page]) -> None:
    assert not re.search(
        r"\b(flagged|at.risk students|dropout|danger|doomed)\b", pages[name].text, re.IGNORECASE
    )


# The evaluation -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("pass", "✓ Pass"), ("fail", "✗ Fail"), ("insufficient_evidence", "? Insufficient evidence")],
)
def test_the_verdict_on_lift_comes_before_any_figure(verdict: str, words: str) -> None:
    html = render_evaluation(samples.evaluation(verdict, dates=1))
    page = Page(html[: html.index("<svg")])
    assert words in page.words
    assert samples.evaluation()["lift"]["sentence"] in page.words


def test_every_auc_of_every_date_stands_in_a_table_as_in_the_data(pages: dict[str, Page]) -> None:
    rows = [row for row in pages["evaluation"].rows if len(row) == 8]
    for period in samples.evaluation()["periods"]:
        for population in period["populations"].values():
            for name, title, _ in samples.PREDICTORS:
                figures = population["predictors"][name]
                cells = [interval(figures["auc"], 2), interval(figures["average_precision"], 2)]
                assert any(row[0] == title and row[1:3] == cells for row in rows)


def test_counts_at_capacity_stand_beside_their_rates(pages: dict[str, Page]) -> None:
    pooled = samples.evaluation()["periods"][-1]["populations"]["all"]["predictors"]
    for section in ("prevent", "intensive", "both"):
        each = pooled["model"]["at_capacity"][section]
        low, high = (round(100 * each["precision"][key]) for key in ("low", "high"))
        wanted = [f"{each['listed']:,}", f"{each['found']:,}"]
        assert any(
            row[-5:-3] == wanted and row[-3].endswith(f"({low}–{high}%)") for row in pages["evaluation"].rows
        )


def test_rules_of_thumb_have_no_brier_score_rather_than_zero(pages: dict[str, Page]) -> None:
    rules = [
        row for row in pages["evaluation"].rows if row[0] == "Last year's rate" and row[1].startswith("0.")
    ]
    assert rules
    assert all(row[3:7] == ["–"] * 4 for row in rules)
    assert "–: a rule of thumb gives no probability" in pages["evaluation"].words


def test_truth_ablation_and_families_are_shown_only_where_they_are_given() -> None:
    full = Page(html_of("evaluation")).words
    bare = samples.evaluation(dates=1) | {"truth": None, "ablation": None}
    del bare["importances"], bare["gate"]
    spare = Page(render_evaluation(bare)).words
    for words in (
        "This district is simulated",
        "How much of what is possible",
        "What each source of data adds",
        "What the risks rest on",
        "The gate",
    ):
        assert words in full
        assert words not in spare
    assert "0.842" in full
    assert "0.783 (0.772–0.794)" in full


def test_a_lift_that_is_not_defined_is_said_not_invented() -> None:
    evaluation = samples.evaluation("insufficient_evidence", dates=1)
    nothing = dict.fromkeys(["estimate", "low", "high", "best_rule", "model_auc", "best_rule_auc"])
    evaluation["lift"] |= nothing
    evaluation["lift"]["regression"] |= {"estimate": None, "low": None, "high": None}
    assert (
        "Lift not defined: AUC not defined against not defined, 7,651 students"
        in Page(render_evaluation(evaluation)).words
    )


@pytest.mark.parametrize("missing", ["test_year", "calibration"])
def test_a_missing_entry_stops_the_report(missing: str) -> None:
    evaluation = samples.evaluation(dates=1)
    del evaluation[missing]
    with pytest.raises((UndefinedError, KeyError)):
        render_evaluation(evaluation)


def test_a_missing_figure_deep_inside_stops_the_report() -> None:
    evaluation = samples.evaluation(dates=2)
    del evaluation["periods"][1]["populations"]["all"]["predictors"]["model"]["average_precision"]
    with pytest.raises(UndefinedError, match="average_precision"):
        render_evaluation(evaluation)


# The fairness report ------------------------------------------------------------------------------


def test_the_fairness_verdict_is_one_sentence_at_the_top() -> None:
    html = html_of("fairness")
    top = Page(html[: html.index("What was asked")]).words
    assert "? Insufficient evidence No judged group is out of tolerance" in top


def test_every_comparison_stands_with_interval_tolerance_and_verdict(pages: dict[str, Page]) -> None:
    measures = {
        ("deployed", "excess_fnr"): "Excess miss rate, deployed list",
        ("long", "excess_fnr"): "Excess miss rate, long list",
        (None, "auc_difference"): "AUC below the rest",
    }
    words = {
        "pass": "✓ Pass",
        "insufficient_evidence": "? Insufficient evidence",
        "not_judged": "○ Not judged",
    }
    fairness = samples.fairness()
    sizes = {(a["attribute"], g["group"]): g["n"] for a in fairness["attributes"] for g in a["groups"]}
    for each in fairness["comparisons"]:
        size = sizes[each["attribute"], each["group"]]
        n = size if size == "suppressed" else f"{size:,}"
        shown = "suppressed" if each["value"] == "suppressed" else interval(each, 3)
        p_value = "not tested" if each["holm_p_value"] is None else "1.000"
        title = measures[each["list"], each["measure"]]
        wanted = [each["group"], n, title, shown, "0.10", p_value, words[each["verdict"]]]
        assert wanted in pages["fairness"].rows


def test_what_is_not_settled_lists_open_comparisons_and_no_others(pages: dict[str, Page]) -> None:
    found = [row for row in pages["fairness"].rows if len(row) == 7 and ": " in row[0]]
    wanted = [c for c in samples.fairness()["comparisons"] if c["verdict"] == "insufficient_evidence"]
    assert len(found) == len(wanted) > 0
    assert {row[-1] for row in found} == {"? Insufficient evidence"}


def test_groups_not_judged_are_named_and_never_shown_as_passing(pages: dict[str, Page]) -> None:
    words = pages["fairness"].words
    assert "Not judged is not a pass." in words
    assert "Race and ethnicity: Native American (students: 64; who became chronically absent: 22)" in words
    for row in pages["fairness"].rows:
        if row and row[0] in ("Native American", "Unknown") and row[-1][:1] in "✓✗?○":
            assert row[-1] == "○ Not judged"


def test_shares_per_hundred_are_the_complement_of_the_miss_rate(pages: dict[str, Page]) -> None:
    group = samples.fairness()["attributes"][0]["groups"][2]
    reached = [1 - group["lists"][name]["fnr"]["value"] for name in ("deployed", "long")]
    row = next(row for row in pages["fairness"].rows if row[0] == "Hispanic" and len(row) == 7)
    assert row[1:3] == [f"{group['students']:,}", f"{group['positive_students']:,}"]
    assert [cell.split(" ")[0] for cell in row[3:5]] == [f"{100 * each:.0f}" for each in reached]


def test_a_suppressed_group_shows_no_digit_at_all(pages: dict[str, Page]) -> None:
    rows = [row for row in pages["fairness"].rows if row and re.match(r"X( \(n|$)", row[0])]
    assert len(rows) >= 5
    for row in rows:
        digits = re.sub(r"^0\.10$", "", " ".join(cell for cell in row if cell != "0.10"))
        assert not re.search(r"\d", digits), row
        assert "suppressed" in " ".join(row)


def test_a_part_that_is_suppressed_as_a_whole_is_shown_as_suppressed() -> None:
    fairness = one_attribute()
    group = fairness["attributes"][0]["groups"][0]
    group["lists"] = {"deployed": "suppressed", "long": "suppressed"}
    group["calibration"] = "suppressed"
    rows = [row for row in Page(fairness_page(fairness)).rows if row and row[0] == "No"]
    assert any(row[-2:] == ["suppressed", "suppressed"] for row in rows)


def test_what_suppression_withholds_is_said_and_its_figures_are_gone() -> None:
    fairness = suppress_fairness(one_attribute(at=0), minimum=30)
    page = check_page(fairness_page(fairness))
    assert "Their share of the students who became chronically absent is suppressed." in page.words
    assert "Withheld: too few students in this group" in page.words
    assert any(row[:4] == [POOLED, "suppressed", "suppressed", "too few to say"] for row in page.rows)
    assert "Unknown" not in page.words.split("How to read")[0], "of fewer than 30: without a name"


def test_the_note_on_a_group_that_stays_open_is_shown_beside_it() -> None:
    fairness = one_attribute()
    fairness["attributes"][0]["groups"][1]["note"] = "Too few to compare it with."
    assert "Yes : Too few to compare it with." in Page(fairness_page(fairness)).words.replace("Yes:", "Yes :")


def test_a_failing_audit_says_so_and_where() -> None:
    fairness = one_attribute("fail")
    fairness["comparisons"][4]["verdict"] = "fail"
    page = Page(fairness_page(fairness))
    assert "✗ Fail" in page.words
    assert any(row[0] == "Disability: Yes" and row[-1] == "✗ Fail" for row in page.rows if row)


def test_an_audit_in_which_all_pass_has_no_open_list() -> None:
    fairness = one_attribute("pass")
    for each in fairness["comparisons"]:
        each["verdict"] = "pass" if each["verdict"] != "not_judged" else "not_judged"
    words = Page(fairness_page(fairness)).words
    assert "What is not settled Every comparison that could be judged passed." in words
    assert "All 6 comparisons passed." in words


def test_the_report_says_what_it_belongs_to(pages: dict[str, Page]) -> None:
    for label, text in samples.provenance().items():
        assert label in pages["fairness"].words
        assert text in pages["fairness"].words
    assert "September 23, 2024" in pages["fairness"].words


def test_a_missing_tolerance_stops_the_fairness_report() -> None:
    fairness = one_attribute()
    fairness["tolerance"] = {"excess_fnr": 0.1}
    with pytest.raises((UndefinedError, KeyError)):
        fairness_page(fairness)


# The model card -----------------------------------------------------------------------------------


def test_the_card_is_ordered_by_the_functions_of_the_framework(pages: dict[str, Page]) -> None:
    words = pages["model_card"].words
    places = [words.index(each) for each in ("Govern:", "Map:", "Measure:", "Manage:")]
    assert places == sorted(places)
    assert "Must not be used for Discipline" in words
    assert "at least 10% of the days enrolled" in words


def test_the_card_shows_features_rows_years_and_digests(pages: dict[str, Page]) -> None:
    words = pages["model_card"].words
    card = samples.card()
    for names in card["feature_families"].values():
        assert all(name in words for name in names)
    assert "train 140,212; validation 77,100; test 77,248" in words
    assert "training 2022, 2023; validation 2024; test 2025" in words
    assert all(digest in words for digest in card["digests"].values())


@pytest.mark.parametrize(
    ("use", "words"),
    [
        ("feature", "Meal eligibility is used by the model. A student's status appears in no list"),
        ("audit", "Meal eligibility is not used by the model; it is read for the audit only"),
        ("none", "Meal eligibility is not used, neither by the model nor by the audit."),
    ],
)
def test_the_card_states_the_policy_on_meal_status(use: str, words: str) -> None:
    card = samples.card()
    card["sources"] = [{"table": "meal_programs", "use": use}]
    record = {"basis": "State law", "citation": "X 1.2", "approved_by": "Counsel", "expires": "2027-06-30"}
    page = Page(render_model_card(card | {"authorization": record if use == "feature" else None}))
    assert words in page.words
    assert ("State law (X 1.2), approved by Counsel, until 2027-06-30" in page.words) == (use == "feature")


def test_a_card_of_a_model_that_failed_says_it_must_not_be_used() -> None:
    card = samples.card()
    card["version"] = None
    card["verdicts"] = {"lift": "pass", "fairness": "fail", "gate": "fail"}
    words = Page(render_model_card(card)).words
    assert "This model must not be put in service." in words
    assert "not registered" in words


@pytest.mark.parametrize(
    "missing", ["definition", "verdicts", "digests", "trained_by", "tolerance", "monotone"]
)
def test_a_card_with_a_hole_is_refused(missing: str) -> None:
    card = samples.card()
    del card[missing]
    with pytest.raises(UndefinedError, match=missing):
        render_model_card(card)
