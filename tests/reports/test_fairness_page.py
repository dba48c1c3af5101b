"""The page for a board: what it says first, what it says at all, and that everybody can read it."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from ews.reports.evaluation import render_evaluation
from ews.reports.fairness import render_fairness
from ews.reports.model_card import render_model_card
from tests.outreach.page_reading import Page, check_page
from tests.reports import samples
from tests.reports.full_audit import full_audit, one_of
from tests.reports.page_structure import Structure, check_structure

SIGNED = "Signed off by R. Alvarez (equity officer) until 2025-12-31: small groups are looked at by hand."
AUDIT = full_audit()
NEW_KEYS = ("notes", "intersections", "schools", "simple_rule", "candidates")


def page_of(fairness: dict[str, Any]) -> str:
    return render_fairness(fairness, samples.evaluation(dates=1), [SIGNED], samples.provenance())


@cache
def whole() -> str:
    return page_of(AUDIT)


def small(at: int = 1) -> dict[str, Any]:
    """One attribute and nothing that is reported only: quick to draw."""
    return deepcopy(one_of(AUDIT, at) | {"intersections": [], "schools": None, "candidates": None})


def rows_of(html: str) -> list[list[str]]:
    return Page(html).rows


# Everybody can read it ----------------------------------------------------------------------------

PAGES = {
    "fairness": whole,
    "evaluation": lambda: render_evaluation(samples.evaluation()),
    "model_card": lambda: render_model_card(samples.card(), [], samples.evaluation(), AUDIT),
}


@pytest.mark.parametrize("name", PAGES)
def test_headings_tables_figures_links_and_scroll_boxes_are_in_order(name: str) -> None:
    html = PAGES[name]()
    check_page(html)
    check_structure(html)


@pytest.mark.parametrize("name", PAGES)
def test_no_word_of_fate_stands_on_a_page(name: str) -> None:
    words = Page(PAGES[name]()).words
    assert not re.search(r"risk of failing|flagged|at.risk (kid|student|child)|dropout|doomed", words, re.I)


def test_a_check_of_structure_would_notice_each_fault() -> None:
    for sound, broken in (
        ("<h3>", "<h4>"),
        ("<caption>", "<caption hidden></caption><caption>"),
        ('href="#limits"', 'href="#nowhere"'),
        ('<div class="scroll"', '<div class="wide-open"'),
        ("<summary>", "<summary></summary><summary>"),
        ('<th scope="col">', '<th scope="row">'),
    ):
        html = whole()
        assert sound in html
        closed = html.replace("</h3>", "</h4>") if sound == "<h3>" else html
        with pytest.raises(AssertionError):
            check_structure(closed.replace(sound, broken))


def test_on_paper_every_fold_is_open_and_sections_begin_a_page() -> None:
    style = whole()[: whole().index("</style>")]
    on_paper = style[style.rindex("@media print") :]
    assert "details::details-content { content-visibility: visible;" in on_paper
    assert "break-before: page" in on_paper
    assert "display: none" not in style


def test_every_verdict_is_told_by_a_mark_and_in_words() -> None:
    cells = {row[-1] for row in rows_of(whole()) if row and row[-1][:1] in "✓✗?○"}
    assert {"✓ Pass", "? Insufficient evidence", "○ Not judged"} <= cells
    assert all(len(cell.split(" ", 1)[1]) > 3 for cell in cells)


# What comes first ---------------------------------------------------------------------------------


def test_verdict_then_one_minute_then_contents_then_figures() -> None:
    html = whole()
    places = [
        html.index(each)
        for each in ("No judged group is out", "In one minute", 'aria-label="Contents"', "<svg")
    ]
    assert places == sorted(places)


def test_one_minute_holds_at_most_five_sentences() -> None:
    html = whole()
    box = html[html.index('class="minute"') :]
    items = re.findall(r"<li>(.*?)</li>", box[: box.index("</section>")], re.DOTALL)
    assert 3 <= len(items) <= 5
    assert all(item.count(". ") == 0 and item.endswith(".") for item in items)


def test_the_contents_name_every_section_in_its_order() -> None:
    html = whole()
    nav = html[html.index('aria-label="Contents"') : html.index("</nav>")]
    linked = re.findall(r'href="#([\w-]+)"', nav)
    sections = re.findall(r'<h2 id="([\w-]+)"', html)
    assert linked == [each for each in sections if each not in ("minute", "notes")]


def test_what_is_to_be_checked_first_is_said_near_the_top() -> None:
    page = Page(whole()[: whole().index('aria-label="Contents"')])
    assert AUDIT["notes"][0] in page.words


# What is in it ------------------------------------------------------------------------------------


def test_coverage_says_who_is_left_out() -> None:
    words = Page(whole()).words
    assert "Known for 9,634 of 9,656 students (more than 99%); 22 are counted as Unknown." in words
    assert "Left out: 412 students. In community-eligibility schools nothing is recorded." in words


def test_every_date_of_every_group_stands_in_the_folded_table() -> None:
    rows = rows_of(whole())
    for attribute in AUDIT["attributes"]:
        for period in attribute["by_date"]:
            for group in period["groups"]:
                found = group["lists"]["long"]["excess_fnr"]
                value = found if found == "suppressed" else f"{found['value']:.2f}".replace("-0.00", "0.00")
                n = "suppressed" if group["n"] == "suppressed" else f"{group['n']:,}"
                assert any(
                    len(row) == 7 and row[1] == n and row[4].startswith(value.replace("-", "−"))
                    for row in rows
                ), (attribute["attribute"], group["group"])


def test_the_difference_to_the_rest_stands_beside_each_rate() -> None:
    figure = AUDIT["attributes"][1]["groups"][0]["lists"]["long"]["precision"]["difference"]
    value, low, high = (f"{100 * figure[key]:+.1f}".replace("-", "−") for key in ("value", "low", "high"))
    cells = [cell for row in rows_of(whole()) if row and row[0] == "No" for cell in row]
    assert any(f"rest {value} ({low} to {high})" in cell for cell in cells)


def test_fewer_reached_than_the_rest_is_said_where_more_were_missed() -> None:
    fairness = small()
    fairness["attributes"][0]["groups"][1]["lists"]["long"]["fnr"]["difference"] = {
        "value": 0.12,
        "low": 0.1,
        "high": 0.14,
    }
    rows = [row for row in rows_of(page_of(fairness)) if len(row) == 7 and row[0] == "Yes"]
    assert [row for row in rows if row[4].endswith("12 fewer than the rest")]


def test_up_to_sixty_schools_all_stand_in_the_table_and_suppressed_ones_are_named_so() -> None:
    rows = rows_of(whole())
    for school in AUDIT["schools"]["groups"]:
        (row,) = [row for row in rows if row and row[0] == school["group"]]
        assert ("suppressed" in row[1:4]) == (school["n"] == "suppressed")
    hidden = sum(each["n"] == "suppressed" for each in AUDIT["schools"]["groups"])
    assert f"{hidden} of 40 are not drawn" in Page(whole()).words


def test_of_a_thousand_schools_thirty_stand_in_the_table_and_the_page_stays_light() -> None:
    fairness = small() | {"schools": full_audit(schools=1000)["schools"]}
    html = page_of(fairness)
    schools = {each["group"] for each in fairness["schools"]["groups"]}
    listed = [row[0] for row in rows_of(html) if row and row[0] in schools]
    assert len(listed) == 30
    assert "the 30 of 1000 whose interval lies farthest from 0 or comes nearest to it" in Page(html).words
    assert "fairness.json" in Page(html).words
    assert len(html.encode()) < 3_000_000


def test_intersections_are_reported_and_never_judged() -> None:
    html = whole()
    part = html[html.index('aria-labelledby="intersections"') : html.index('aria-labelledby="schools"')]
    assert "Reported only:" in part
    assert not re.search("Pass|Fail|Insufficient evidence", part)
    for pair in AUDIT["intersections"]:
        assert f"<summary>{pair['title']} in figures</summary>" in part


def test_the_rule_of_thumb_stands_beside_the_model_in_every_group() -> None:
    rows = [row for row in rows_of(whole()) if len(row) in (5, 7) and "This year's rate" in row]
    groups = sum(len(each["groups"]) for each in AUDIT["attributes"])
    assert len(rows) == groups
    asian = AUDIT["simple_rule"]["attributes"][0]["groups"][0]
    missed = [f"{100 * asian['lists'][name]['fnr']['value']:.0f} (" for name in ("deployed", "long")]
    assert all(cell.startswith(start) for cell, start in zip(rows[0][1:3], missed, strict=True))
    assert rows[0][-1].startswith(f"{asian['auc']['value']:.2f} (")
    assert "No test was made between the two" in Page(whole()).words


def test_candidates_stand_with_rule_approver_and_the_chosen_one_marked() -> None:
    page = Page(whole())
    for key in ("rule", "approved_by", "sentence"):
        assert AUDIT["candidates"][key] in page.words
    chosen = [row for row in page.rows if row and row[-1] == "✓ chosen"]
    assert [row[0] for row in chosen] == ["C. Smaller trees"]
    assert "none receives a student's group" in page.words
    (undefined,) = [row for row in page.rows if row and row[0] == "F. Balanced weights"]
    assert undefined[2:5] == ["0.029 (not defined)", "not defined", "none judged"]


def test_the_page_ends_with_what_it_belongs_to_and_who_signed_off() -> None:
    end = Page(whole()[whole().index('id="belongs"') - 4 :].replace("</main>", "").split("<footer>")[0]).words
    assert f"Notices and sign-offs {SIGNED}" in end
    assert "trained on 2022, 2023; calibrated on 2024; judged on 2025" in end
    assert "SHA-256" in end
    unsigned = Page(render_fairness(small(), samples.evaluation(dates=1))).words
    assert "Notices and sign-offs none was on record when this page was drawn" in unsigned


# Older, emptier, and other audits -----------------------------------------------------------------


def test_an_audit_of_an_older_run_is_shown_without_what_it_lacks() -> None:
    old = samples.fairness()
    old = old | {"attributes": old["attributes"][1:2], "comparisons": old["comparisons"][21:27]}
    html = page_of(old)
    check_structure(check_page(html) and html)
    for section in ("rule", "candidates", "intersections", "schools", "notes"):
        assert f'id="{section}"' not in html
    assert "Date by date" not in html
    assert "Known for" not in html


def test_new_parts_that_are_null_are_as_if_missing() -> None:
    fairness = small() | dict.fromkeys(NEW_KEYS)
    fairness["attributes"][0] |= {"coverage": None, "by_date": None}
    html = page_of(fairness)
    check_structure(html)
    for section in ("rule", "candidates", "intersections", "schools", "notes"):
        assert f'id="{section}"' not in html


def test_an_audit_that_could_not_be_made_says_why_and_shows_no_empty_praise() -> None:
    why = "The audit could not be made: there are no judged students."
    none = samples.fairness("fail") | {"attributes": [], "comparisons": [], "sentence": why}
    html = page_of(none)
    check_structure(html)
    words = check_page(html).words
    assert why in words
    assert "There are no figures by group, because the audit could not be made." in words
    assert "must not be put in service" in words
    assert "passed" not in words
    assert "Every group" not in words


def test_when_no_group_is_large_enough_nothing_is_said_to_have_passed() -> None:
    fairness = small()
    for each in [*fairness["comparisons"], *fairness["attributes"][0]["groups"]]:
        each["verdict"] = "not_judged"
    words = Page(page_of(fairness)).words
    assert "No comparison could be judged: every group is too small." in words
    assert "passed" not in words


def test_an_audit_of_published_lists_says_so() -> None:
    served = {"sentence": "The verdict still holds for the lists of 2024-25."}
    evaluation = {"lift": {"verdict": "pass"}}
    words = Page(render_fairness(small() | {"as_served": served}, evaluation)).words
    assert "Fairness report of the lists published in school year 2025" in words
    assert served["sentence"] in words
    assert "on the lists as they were published" in words
    assert "which the model had not seen" not in words


def test_suppressed_and_undefined_figures_are_named_and_never_zero() -> None:
    fairness = small()
    group = fairness["attributes"][0]["groups"][1]
    group["lists"] = {"deployed": "suppressed", "long": "suppressed"}
    group["auc"] = {"value": None, "low": None, "high": None}
    for period in fairness["attributes"][0]["by_date"]:
        period["groups"] = period["groups"][:1]
    rows = [row for row in rows_of(page_of(fairness)) if row and row[0] == "Yes"]
    assert any(row[2:] and row[2] == "not defined" for row in rows)
    assert any(row[-3:] == ["suppressed"] * 3 for row in rows)


# The model card -----------------------------------------------------------------------------------


def test_the_card_is_keyed_to_every_category_of_the_framework_in_order() -> None:
    headings = [text for level, text in Structure(PAGES["model_card"]()).headings if level == 3]
    found = [match[1] for text in headings if (match := re.match(r"([A-Z]+ \d)\.", text))]
    numbers = {"GOVERN": 6, "MAP": 5, "MEASURE": 4, "MANAGE": 4}
    assert found == [f"{name} {at + 1}" for name, number in numbers.items() for at in range(number)]


def test_every_category_says_what_is_shown_where_and_what_the_district_has_to_do() -> None:
    words = Page(PAGES["model_card"]()).words
    for part in ("Evidence of this run", "Where", "Still for the district"):
        assert len(re.findall(rf"\b{part} [A-Za-z]", words)) >= 19
    assert "evidence, not a certificate" in words


def test_the_card_holds_the_figures_of_evaluation_and_audit() -> None:
    page = Page(PAGES["model_card"]())
    model = samples.evaluation()["periods"][-1]["populations"]["all"]["predictors"]["model"]
    (row,) = [row for row in page.rows if row[0] == "Model" and row[3] == "2,400"]
    assert row[1].startswith(f"{model['auc']['value']:.2f} (")
    assert AUDIT["sentence"] in page.words
    assert ["Homeless", "2", "4", "2", "0", "0"] in page.rows
    assert "R. Alvarez, equity officer" in page.words


def test_a_card_without_figures_points_to_where_they_are() -> None:
    page = check_page(render_model_card(samples.card()))
    assert "evaluation.html, evaluation.json" in page.words
    assert "Performance in the test year" not in page.words


def test_the_card_names_rules_of_audit_reasons_and_age() -> None:
    rules = {"min_group": 30, "min_cell": 10, "resamples": 1000}
    card = samples.card() | {"audit_rules": rules, "model_max_age_days": 400, "show_reasons_from": ["roster"]}
    words = Page(render_model_card(card)).words
    assert "1,000 resamples; groups of fewer than 30 students" in words
    assert "Scoring stops when the model is older than 400 days." in words
    assert "from these signals only: roster" in words
