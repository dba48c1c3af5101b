"""The public page: self-contained, without a count of students, and clear about what is withheld."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from ews.equity.public_edition import public_edition
from ews.equity.suppression import suppress_fairness
from ews.reports.fairness_public import PERCENTAGE_TITLES, render_fairness_public
from tests.equity.districts import audit_of, district

BANNER = "Signed off by an equity officer until March 1, 2026."


@pytest.fixture(scope="module")
def audit() -> dict[str, Any]:
    return suppress_fairness(audit_of(district(1, attributes=2, students=400)), 10)


@pytest.fixture(scope="module")
def edition(audit: dict[str, Any]) -> dict[str, Any]:
    return public_edition(audit, 10)


@pytest.fixture(scope="module")
def page(edition: dict[str, Any]) -> str:
    return render_fairness_public(edition, [BANNER])


def text_of(page: str) -> str:
    body = page[page.index("<body>") :]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_it_says_the_verdict_the_sentence_and_the_banner(page: str, edition: dict[str, Any]) -> None:
    said = text_of(page)
    assert "Insufficient evidence" in said
    assert edition["sentence"] in said
    assert said.index(BANNER) < said.index("Insufficient evidence")


def test_it_shows_no_count_of_students(page: str, audit: dict[str, Any]) -> None:
    """Every number on it is a percentage, a date or year, a band, the minimum, or how many dates."""
    said = text_of(page)
    known = ["2024–2025", *re.findall(r"[A-Z][a-z]+ \d\d?, 20\d\d", said), *re.findall(r"\d{1,3}%", said)]
    known += [*re.findall(r"\d+ (?:to \d+|or more)", said), "at least 10 students", "2 dates of the year"]
    for each in sorted(known, key=len, reverse=True):
        said = said.replace(each, "")
    assert re.findall(r"\b\d+\b", said) == []
    counts = {
        str(g[key]) for each in audit["attributes"] for g in each["groups"] for key in ("n", "students")
    }
    assert "suppressed" in counts
    assert not [each for each in counts - {"suppressed"} if re.search(rf"\b{each}\b(?!%)", text_of(page))]


def test_it_says_what_is_suppressed_and_that_this_is_not_zero(page: str) -> None:
    said = text_of(page)
    assert "Suppressed is not zero" in said
    assert "at least 10 students" in said
    assert "others are suppressed with it" in said
    assert "<em>suppressed</em>" in page


def test_where_nothing_is_suppressed_it_does_not_say_so() -> None:
    report = audit_of(district(4, attributes=1, students=6_000))
    report["intersections"] = []
    report["schools"] = None
    said = text_of(render_fairness_public(public_edition(suppress_fairness(report, 10), 10)))
    assert "Figures would be withheld" in said


class Tables(HTMLParser):
    """Which tables have a caption, and which headings a scope."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = self.captions = 0
        self.without_scope: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag == "th" and "scope" not in dict(attrs):
            self.without_scope.append(str(attrs))


def test_every_table_has_a_caption_and_every_heading_a_scope(page: str) -> None:
    found = Tables()
    found.feed(page)
    assert found.tables == found.captions >= 3
    assert not found.without_scope
    assert all(title in page for title in PERCENTAGE_TITLES.values())


def test_it_needs_nothing_from_elsewhere_and_no_digest_that_guesses_could_be_tried_on(page: str) -> None:
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    assert "http" not in page.replace("http-equiv", "")
    assert not re.search(r"[0-9a-f]{32}", page)


def test_group_names_are_escaped(edition: dict[str, Any]) -> None:
    first = edition["attributes"][0]
    odd = {**first, "groups": [{**first["groups"][0], "group": "<b>&"}]}
    page = render_fairness_public({**edition, "attributes": [odd]})
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


def test_an_audit_that_could_not_be_made_has_a_page(audit: dict[str, Any]) -> None:
    failed = {**audit, "attributes": [], "intersections": [], "schools": None, "verdict": "fail"}
    said = text_of(render_fairness_public(public_edition(failed, 10)))
    assert "The audit could not be made." in said
    assert "There is no audit, so there is nothing to show by group." in said


def test_it_speaks_of_what_was_predicted(edition: dict[str, Any]) -> None:
    sentence = "Predicted: whether a student is absent on at least 5 of the next 20 instructional days."
    said = text_of(render_fairness_public(edition, [], {"name": "absences_within", "sentence": sentence}))
    assert "in need here who missed at least 5 of the next 20 school days in that year" in said
    assert "became chronically absent" not in said
