"""Figures: described in words, the same bytes again, readable without color, honest about hidden cells."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from copy import deepcopy
from functools import cache
from typing import Any

import matplotlib as mpl
import pytest

from ews.reports.by_date_chart import by_date_chart
from ews.reports.charts import auc_by_date, calibration_curve, families_chart, precision_at_capacity
from ews.reports.forest import forest
from ews.reports.frontier_chart import drawable, frontier_chart
from ews.reports.rule_beside import rule_beside
from ews.reports.rule_chart import rule_chart
from ews.reports.sorted_chart import sorted_chart
from tests.outreach.page_reading import Page
from tests.reports import samples
from tests.reports.full_audit import full_audit

EVALUATION = samples.evaluation()
FAIRNESS = samples.fairness()
AUDIT = full_audit()
SECTION = rule_beside(AUDIT) or {}


def race(groups: list[dict[str, Any]] | None = None) -> str:
    attribute = FAIRNESS["attributes"][0]
    attribute = attribute if groups is None else {**attribute, "groups": groups}
    return forest(attribute, FAIRNESS["comparisons"], FAIRNESS["tolerance"])


FIGURES = {
    "auc": lambda: auc_by_date(EVALUATION),
    "calibration": lambda: calibration_curve(EVALUATION),
    "precision": lambda: precision_at_capacity(EVALUATION),
    "families": lambda: families_chart([("attendance", 0.8), ("roster", 0.2)]),
    "forest": race,
    "by_date": lambda: by_date_chart(AUDIT["attributes"][3], 0.10),
    "sorted": lambda: sorted_chart(
        AUDIT["schools"]["groups"],
        0.1,
        name="schools",
        title="Schools, from lowest to highest",
        noun="schools",
    ),
    "rule": lambda: rule_chart(SECTION["attributes"], SECTION["title"]),
    "frontier": lambda: frontier_chart(AUDIT["candidates"]["frontier"], 0.10),
}


@cache
def drawn(name: str) -> str:
    return FIGURES[name]()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_in_words_what_it_shows(name: str) -> None:
    page = Page(drawn(name))
    (svg,) = page.found("svg")
    assert svg["role"] == "img"
    assert len(svg["aria-label"] or "") > 15
    assert {"id": svg["aria-describedby"]} in page.found("desc")


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_carries_no_date_no_font_of_the_machine_and_no_remote_address(name: str) -> None:
    svg = drawn(name)
    assert set(re.findall(r"https?://[^\"]+", svg)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"metadata|DejaVu|<style|DOCTYPE", svg)
    assert not re.search(r"(#|url\(#|id=\")(?!f[0-9a-f]{8}-)(?![0-9a-f]{6}\b)[a-z]", svg), (
        "an id without its prefix"
    )


def test_figures_are_the_same_bytes_in_another_process() -> None:
    script = "import tests.reports.test_charts as t; print(t.digest())"
    environment = {"PYTHONHASHSEED": "1", "MPLCONFIGDIR": mpl.get_configdir()}
    other = subprocess.run([sys.executable, "-c", script], check=True, env=environment, capture_output=True)
    assert other.stdout.decode().strip() == digest()


def digest() -> str:
    return hashlib.sha256("".join(drawn(name) for name in FIGURES).encode()).hexdigest()


def test_the_settings_of_the_machine_change_no_figure() -> None:
    plain = drawn("forest")
    with mpl.rc_context({"font.size": 30, "axes.grid": True, "lines.linewidth": 9}):
        assert race() == plain
    assert mpl.rcParams["font.size"] == 10


def test_every_ranking_is_named_and_the_best_rule_marked() -> None:
    text = Page(drawn("auc")).text
    for predictor in EVALUATION["predictors"]:
        assert predictor["title"] in text
    assert "The larger of both (best rule)" in text
    assert "Sep 23" in text


def test_an_undefined_lift_has_no_best_rule_and_is_still_drawn() -> None:
    undefined = {**EVALUATION, "lift": {**EVALUATION["lift"], "best_rule": None}}
    assert "best rule" not in Page(auc_by_date(undefined)).text


def test_a_date_without_outcomes_is_a_gap_not_a_zero() -> None:
    evaluation = samples.evaluation()
    nothing = dict.fromkeys(["value", "low", "high"])
    for predictor in evaluation["periods"][0]["populations"]["not_yet_chronic"]["predictors"].values():
        predictor["auc"] = nothing
    gap = auc_by_date(evaluation)
    assert gap != drawn("auc")
    lowest = min(float(each) for each in re.findall(r">(0\.\d\d)</text>", gap))
    assert lowest > 0.4


def test_bars_carry_their_share_and_their_n() -> None:
    pooled = EVALUATION["periods"][-1]["populations"]["all"]["predictors"]["model"]["at_capacity"]
    text = Page(drawn("precision")).text
    for section in ("prevent", "intensive"):
        share = f"{100 * pooled[section]['precision']['value']:.0f}%"
        assert f"{share} (n {pooled[section]['listed']:,})" in text


def test_the_forest_names_every_group_with_its_n_and_who_is_not_judged() -> None:
    text = Page(drawn("forest")).text
    assert "Hispanic (n 24,960)" in text
    assert "Native American (n 512), not judged" in text


def test_a_suppressed_group_is_named_so_and_gets_no_mark() -> None:
    sex = FAIRNESS["attributes"][3]
    figure = forest(sex, FAIRNESS["comparisons"], FAIRNESS["tolerance"])
    assert "X (n suppressed), not judged" in figure
    assert Page(figure).text.count("suppressed") == 1 + 3


def test_a_list_that_is_suppressed_as_a_whole_is_drawn_as_suppressed() -> None:
    group = {
        **FAIRNESS["attributes"][0]["groups"][0],
        "lists": {"deployed": "suppressed", "long": "suppressed"},
    }
    assert Page(race([group])).text.count("suppressed") == 2


def test_a_group_name_is_text_whatever_it_holds() -> None:
    names = ["<script>x</script>", "$x^2$", "名前", "a & b"]
    groups = [{**FAIRNESS["attributes"][0]["groups"][0], "group": name} for name in names]
    page = Page(race(groups))
    assert not page.found("script")
    for name in names:
        assert f"{name} (n 3,280)" in page.text


def test_a_failing_group_has_another_mark_than_a_passing_one() -> None:
    group = FAIRNESS["attributes"][0]["groups"][1]
    found = [each for each in FAIRNESS["comparisons"] if each["group"] == group["group"]]
    attribute = {**FAIRNESS["attributes"][0], "groups": [group]}
    figures = {
        verdict: forest(attribute, [{**each, "verdict": verdict} for each in found], FAIRNESS["tolerance"])
        for verdict in ("pass", "fail", "insufficient_evidence", "not_judged")
    }
    assert len(set(figures.values())) == 4


# Figures of the whole audit -----------------------------------------------------------------------


def test_a_group_on_a_date_without_a_figure_gets_a_letter_not_a_mark() -> None:
    attribute = deepcopy(AUDIT["attributes"][1])
    for period, gap in zip(attribute["by_date"], ("suppressed", None), strict=False):
        of_yes = period["groups"][1]
        of_yes["lists"]["long"]["excess_fnr"] = gap or dict.fromkeys(["value", "low", "high"])
    texts = re.findall(r">([^<]*)</text>", by_date_chart(attribute, 0.10))
    assert texts.count("s") == 1
    assert texts.count("–") == 1
    assert by_date_chart(AUDIT["attributes"][1], 0.10).count("</text>") == len(texts) - 2


def test_a_group_hidden_at_every_date_is_named_suppressed_once() -> None:
    figure = drawn("by_date")
    assert figure.count(">suppressed</text>") == 1
    assert "X (n suppressed)" in figure


def test_a_date_at_which_a_group_has_nobody_is_not_defined() -> None:
    attribute = deepcopy(AUDIT["attributes"][1])
    del attribute["by_date"][0]["groups"][1]
    assert by_date_chart(attribute, 0.10).count(">–</text>") == 1


def test_up_to_sixty_groups_are_named_and_more_are_not() -> None:
    schools = full_audit(schools=61)["schools"]["groups"]
    shown = [each for each in schools if each["n"] != "suppressed"]
    words = {"name": "schools", "title": "Schools, sorted by figure", "noun": "schools"}
    few, many = sorted_chart(shown[:20], 0.10, **words), sorted_chart([*shown, *shown], 0.10, **words)
    assert all(f">{each['group']}</text>" in few for each in shown[:20])
    assert not any(f">{each['group']}</text>" in many for each in shown)
    assert f"{len(shown)} of 61 schools are drawn" in sorted_chart(schools, 0.10, **words)


def test_no_group_to_draw_is_still_a_figure() -> None:
    assert "0 of 0 schools" in sorted_chart([], 0.1, name="none", title="Schools, sorted", noun="schools")


def test_model_and_rule_are_told_apart_by_marker_in_every_panel() -> None:
    figure = drawn("rule")
    for words in ("Model", "This year", "Race and ethnicity", "Hispanic (n 24,960)", "suppressed"):
        assert words in Page(figure).text
    assert "fill: #ffffff; stroke: #1c2126" in figure, "the rule's hollow squares"
    swapped = deepcopy(SECTION["attributes"])
    for each in (row for part in swapped for row in part["rows"]):
        for where in ("deployed", "long", "auc"):
            each[where] |= {"model": each[where]["rule"], "rule": each[where]["model"]}
    assert rule_chart(swapped, SECTION["title"]) != figure


def test_a_rule_whose_figure_is_hidden_alone_is_named_so() -> None:
    part = deepcopy(SECTION["attributes"][1:2])
    before = rule_chart(part, "rule").count("suppressed")
    part[0]["rows"][0]["auc"]["rule"] = "suppressed"
    assert rule_chart(part, "rule").count("suppressed") == before + 1


def test_candidates_are_lettered_the_chosen_named_and_those_without_figures_left_out() -> None:
    frontier = AUDIT["candidates"]["frontier"]
    texts = re.findall(r">([^<]*)</text>", frontier_chart(frontier, 0.10))
    assert {"A", "B", "C chosen", "D", "E"} <= set(texts)
    assert "F" not in texts
    assert "the chosen one is Smaller trees" in frontier_chart(frontier, 0.10)
    hidden = [{**each, "worst_excess_fnr": "suppressed"} for each in frontier]
    assert drawable(hidden) == []
