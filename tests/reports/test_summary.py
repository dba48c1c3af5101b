"""The superintendent's page: one sheet of paper, plain words, and no figure about few students."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ews.reports.summary import render_summary
from tests.outreach.page_reading import Page
from tests.reports import samples
from tests.reports.full_evaluation import LABELS, full_evaluation

JARGON = r"\b(AUC|lift|precision|recall|calibrat\w*|Brier|SHAP|baseline|percentile|log odds|ICI|as-of)\b"


@cache
def evaluation() -> dict[str, Any]:
    return full_evaluation()


def changed(**lift: Any) -> dict[str, Any]:
    document = copy.deepcopy(evaluation())
    document["lift"] |= lift
    return document


def words_of(document: dict[str, Any], fairness: dict[str, Any] | None = None) -> str:
    return Page(render_summary(document, fairness or samples.fairness())).words


def at_capacity(document: dict[str, Any], name: str, section: str = "prevent") -> dict[str, Any]:
    pooled = document["periods"][-1]["populations"]["all"]["predictors"]
    figures: dict[str, Any] = pooled[name]["at_capacity"][section]
    return figures


def per_hundred(figure: dict[str, float]) -> str:
    digits = 1 if abs(figure["value"]) < 0.0995 else 0
    value, low, high = (f"{100 * figure[key]:.{digits}f}" for key in ("value", "low", "high"))
    return f"{value} ({low}\u2013{high})"


def test_the_places_are_counted_as_in_the_evaluation() -> None:
    page = Page(render_summary(evaluation(), samples.fairness()))
    for section, title in (("prevent", "Reach out first"), ("both", "Both sections")):
        row = next(row for row in page.rows if row[0] == title)
        assert row[1] == per_hundred(at_capacity(evaluation(), "model", section)["precision"])
        assert row[-1] == f"{at_capacity(evaluation(), 'model', section)['listed']:,}"
    head = next(row for row in page.rows if row[0] == "Part of the list")
    assert "Last year\u2019s record" in head


def test_the_rule_beside_the_model_is_the_one_that_finds_most() -> None:
    found = {
        each["name"]: at_capacity(evaluation(), each["name"])["precision"]["value"]
        for each in evaluation()["predictors"]
        if each["kind"] == "rule"
    }
    best = max(found, key=lambda name: found[name])
    row = next(
        r for r in Page(render_summary(evaluation(), samples.fairness())).rows if r[0] == "Reach out first"
    )
    assert row[2] == per_hundred(at_capacity(evaluation(), best)["precision"])
    more = round(100 * at_capacity(evaluation(), "model")["precision"]["value"]) - round(100 * found[best])
    assert more > 0
    assert f"Of 100 places the model finds {more} more than" in words_of(evaluation())


@pytest.mark.parametrize(
    ("model", "rule", "said"),
    [
        ((0.5, 0.45, 0.55), (0.3, 0.25, 0.35), "the model finds 20 more than"),
        ((0.3, 0.25, 0.35), (0.5, 0.45, 0.55), "the model finds 20 fewer than"),
        ((0.4, 0.35, 0.45), (0.38, 0.33, 0.43), "on these lists alone that could be chance"),
        ((0.4, 0.35, 0.45), (0.4, 0.35, 0.45), "the model finds as many as"),
    ],
)
def test_what_the_model_finds_is_said_beside_the_rule_as_it_is(model: Any, rule: Any, said: str) -> None:
    document = copy.deepcopy(evaluation())
    document["periods"][-1]["populations"]["all"].pop("beside")  # as in runs without paired differences
    for each in document["predictors"]:
        low, high = (model if each["kind"] == "model" else rule)[1:]
        value = (model if each["kind"] == "model" else rule)[0]
        at_capacity(document, each["name"])["precision"] = {"value": value, "low": low, "high": high}
    assert said in words_of(document)
    if "chance" not in said:
        assert "could be chance" not in words_of(document)


@pytest.mark.parametrize(("low", "chance"), [(-0.01, True), (0.01, False)])
def test_the_paired_difference_says_what_could_be_chance(low: float, chance: bool) -> None:
    document = copy.deepcopy(evaluation())
    for each in document["predictors"]:
        value = 0.5 if each["kind"] == "model" else 0.44
        wide = {"value": value, "low": value - 0.1, "high": value + 0.1}
        at_capacity(document, each["name"])["precision"] = wide
    beside = document["periods"][-1]["populations"]["all"]["beside"]
    beside["precision"]["prevent"]["difference"] = {"value": 0.06, "low": low, "high": 0.11}
    assert ("could be chance" in words_of(document)) == chance


def test_the_dots_are_those_of_the_table() -> None:
    html = render_summary(evaluation(), samples.fairness())
    model = round(100 * at_capacity(evaluation(), "model")["precision"]["value"])
    assert f"the model: {model} of 100" in Page(html).words
    drawing = html[html.index("<svg") : html.index("</svg>")]
    filled = len(re.findall(r'<use [^>]*style="fill: #1d4f7c', drawing))
    assert filled == model


def test_what_it_misses_how_early_and_how_true_are_the_figures_of_the_evaluation() -> None:
    words = words_of(evaluation())
    both = at_capacity(evaluation(), "model", "both")
    positives = evaluation()["periods"][-1]["populations"]["all"]["positives"]
    lead = evaluation()["lead_time"]["predictors"]["model"]
    error = evaluation()["periods"][-1]["populations"]["all"]["predictors"]["model"]["calibration_error"]
    assert f"chronically absent, {per_hundred(both['recall'])} were on the list on a given date" in words
    assert f"There were places for {100 * both['listed'] / positives:.0f} of them" in words
    assert f"chronically absent, {per_hundred(lead['share_listed_before'])} were on a list before" in words
    assert f"first listed {lead['days_to_year_end']['median']:.0f} or more school days" in words
    assert f"differed by {per_hundred(error)} in 100, on average" in words
    gain = {
        key: evaluation()["lift"][name]
        for key, name in (("value", "estimate"), ("low", "low"), ("high", "high"))
    }
    assert f"a difference of {per_hundred(gain)} pairs" in words


@pytest.mark.parametrize(
    ("lift", "fair", "gate", "instruction"),
    [
        ("pass", "pass", "pass", "This list may be used."),
        ("pass", "insufficient_evidence", "insufficient_evidence", "Do not use this list unless"),
        ("insufficient_evidence", "pass", "insufficient_evidence", "It is not shown to be better than"),
        ("fail", "pass", "fail", "Do not use this list. It does not order students better than"),
        ("pass", "fail", "fail", "Do not use this list. It orders students better"),
    ],
)
def test_it_begins_with_what_to_do(lift: str, fair: str, gate: str, instruction: str) -> None:
    words = words_of(changed(verdict=lift) | {"gate": gate}, samples.fairness() | {"verdict": fair})
    assert instruction in words[: words.index("Of 100 places on the list")]
    assert ("Do not use" in words) == (gate != "pass")


def test_it_speaks_no_jargon() -> None:
    for label, sentence in LABELS.items():
        words = words_of(evaluation() | {"label": {"name": label, "sentence": sentence}})
        assert not re.search(JARGON, words, re.IGNORECASE)


def test_shares_of_few_places_are_withheld() -> None:
    document = copy.deepcopy(evaluation())
    figures = at_capacity(document, "model")
    figures["found"] = 9
    withheld = Page(render_summary(document, samples.fairness()))
    assert next(row for row in withheld.rows if row[0] == "Reach out first")[1] == "nearly none"
    assert "There are too few students on the lists" in withheld.words
    figures["found"] = figures["listed"] - 9
    assert "nearly all" in words_of(document)
    figures["found"] = 10
    assert "nearly" not in words_of(document)
    figures["listed"], figures["found"] = 49, 45
    assert "too few to say" in words_of(document)
    document["lead_time"]["predictors"]["model"]["listed_before"] = 9
    assert "were on a list before" not in words_of(document)


@pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("pdfinfo")), reason="needs chromium, pdfinfo"
)
@pytest.mark.parametrize("label", LABELS)
def test_it_fits_one_sheet_of_us_letter(tmp_path: Path, label: str) -> None:
    page, printed = tmp_path / "summary.html", tmp_path / "summary.pdf"
    banner = "Insufficient evidence; signed off by A. Rivera, equity officer, until 2026-06-30: two schools."
    document = evaluation() | {"label": {"name": label, "sentence": LABELS[label]}}
    document["district"] = "Greater Riverbend and Lakeshore Consolidated Unified School District No. 12"
    page.write_text(render_summary(document, samples.fairness(), [banner]), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    subprocess.run(
        [
            "chromium",
            *flags,
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--print-to-pdf={printed}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    told = subprocess.run(["pdfinfo", str(printed)], check=True, capture_output=True, text=True).stdout
    assert re.search(r"Pages:\s+1\b", told)
    assert re.search(r"Page size:\s+612 x 792", told)


def test_risks_that_are_off_are_not_to_be_read_as_chances() -> None:
    document = copy.deepcopy(evaluation())
    model = document["periods"][-1]["populations"]["all"]["predictors"]["model"]
    model["calibration_error"] = {"value": 0.02, "low": 0.01, "high": 0.03}
    assert "Yes, on the whole" in words_of(document)
    model["calibration_error"] = {"value": 0.021, "low": 0.01, "high": 0.03}
    assert "do not read them as chances" in words_of(document)
    model["calibration_error"] = dict.fromkeys(("value", "low", "high"))
    assert "That could not be told." in words_of(document)
