"""What is published for everybody: verdicts and percentages in bands, no counts, no row of few students."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any

import pytest

from ews.equity.public_edition import PERCENTAGES, public_edition, students_behind
from ews.equity.suppression import SUPPRESSED, bands, suppress_fairness
from tests.equity.districts import audit_of, district

BAND = re.compile(r"\d\d?%( or (less|more))?")


def edition_of(report: dict[str, Any], minimum: int = 10) -> dict[str, Any]:
    return public_edition(suppress_fairness(report, minimum), minimum)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return audit_of(district(13, students=6_000))


def rows_of(edition: dict[str, Any]) -> list[dict[str, Any]]:
    tables = [*edition["attributes"], *edition["pairs"], edition["schools"]]
    return [row for table in tables for row in table["groups"]]


def test_every_figure_is_a_band_or_suppressed_and_there_are_no_others(report: dict[str, Any]) -> None:
    edition = edition_of(report)
    rows = rows_of(edition)
    assert any(row["selected"] != SUPPRESSED for row in rows)
    for row in rows:
        assert row.keys() - {"group", "verdict", "parts"} == PERCENTAGES.keys()
        for name in PERCENTAGES:
            assert row[name] == SUPPRESSED or BAND.fullmatch(row[name])


def test_there_are_no_counts_in_it(report: dict[str, Any]) -> None:
    def numbers(value: object) -> list[object]:
        if isinstance(value, dict):
            return [each for part in value.values() for each in numbers(part)]
        if isinstance(value, list):
            return [each for part in value for each in numbers(part)]
        return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []

    edition = edition_of(report)
    assert numbers(edition) == [edition["test_year"], edition["minimum"]]


def test_it_is_what_the_audit_found(report: dict[str, Any]) -> None:
    edition = edition_of(report)
    for shown, own in zip(edition["attributes"], report["attributes"], strict=True):
        for row, group in zip(shown["groups"], own["groups"], strict=True):
            assert (row["group"], row["verdict"]) == (group["group"], group["verdict"])
            if row["reached"] != SUPPRESSED and " or " not in row["reached"]:
                assert row["reached"] == f"{100 - 100 * group['lists']['deployed']['fnr']['value']:.0f}%"


def test_a_row_is_shown_only_if_enough_students_stand_behind_each_percentage(report: dict[str, Any]) -> None:
    edition, days = edition_of(report, 25), len(report["as_of_dates"])
    by_name = {(each["attribute"], g["group"]): g for each in report["attributes"] for g in each["groups"]}
    for each in edition["attributes"]:
        for row in each["groups"]:
            if row["selected"] != SUPPRESSED:
                behind = students_behind(by_name[each["attribute"], row["group"]], days)
                assert behind is not None
                assert min(behind.values()) >= 25


def test_a_row_is_shown_whole_or_not_at_all(report: dict[str, Any]) -> None:
    for row in rows_of(edition_of(report)):
        assert {row[name] == SUPPRESSED for name in PERCENTAGES} in ({True}, {False})


def test_of_pairs_and_schools_only_rows_that_may_be_shown_are_there() -> None:
    """Else a combination without students would look different from one with few."""
    for seed in range(6):
        edition = edition_of(audit_of(district(seed)))
        for table in [*edition["pairs"], edition["schools"]]:
            assert SUPPRESSED not in [row["selected"] for row in table["groups"]]


def test_a_group_of_whom_few_are_on_the_list_is_withheld_with_another(report: dict[str, Any]) -> None:
    """With its size and the share listed, readers could count those few."""
    changed = deepcopy(report)
    attribute = next(each for each in changed["attributes"] if len(each["groups"]) > 2)
    before = {g["group"]: g["selected"] for each in edition_of(changed)["attributes"] for g in each["groups"]}
    group = next(g for g in reversed(attribute["groups"]) if before[g["group"]] != SUPPRESSED)
    group["lists"]["deployed"]["selection_rate"]["value"] = 4 * 2 / group["n"]
    after = next(
        each for each in edition_of(changed)["attributes"] if each["attribute"] == attribute["attribute"]
    )
    shown = {g["group"]: g["selected"] for g in after["groups"]}
    assert shown[group["group"]] == SUPPRESSED
    assert list(shown.values()).count(SUPPRESSED) >= 2
    assert after["withheld"]


def test_what_the_audit_withholds_cannot_be_published_because_it_is_not_there(report: dict[str, Any]) -> None:
    shown = suppress_fairness(audit_of(district(1, attributes=2, students=400)), 10)
    edition = public_edition(shown, 10)
    for own, table in zip(shown["attributes"], edition["attributes"], strict=True):
        for group, row in zip(own["groups"], table["groups"], strict=True):
            if group["positive_students"] == SUPPRESSED:
                assert row["selected"] == SUPPRESSED


def test_below_ten_students_no_minimum_makes_a_percentage_public(report: dict[str, Any]) -> None:
    assert edition_of(report, 5)["minimum"] == 10


def test_an_audit_that_could_not_be_made_says_so_without_its_counts(report: dict[str, Any]) -> None:
    failed = {**report, "attributes": [], "intersections": [], "schools": None, "verdict": "fail"}
    failed["sentence"] = "The audit could not be made: 12 students are in the audit frame more than once."
    edition = edition_of(failed)
    assert edition["sentence"] == "The audit could not be made."
    assert (edition["attributes"], edition["pairs"], edition["schools"]["groups"]) == ([], [], [])


def test_an_audit_of_before_there_were_pairs_and_schools_has_its_edition_too(report: dict[str, Any]) -> None:
    old = {key: value for key, value in report.items() if key not in ("intersections", "schools")}
    old["attributes"] = [
        {key: value for key, value in each.items() if key not in ("by_date", "coverage")}
        for each in report["attributes"]
    ]
    edition = edition_of(old)
    assert edition["pairs"] == []
    assert [each["title"] for each in edition["attributes"]]


def test_it_is_made_of_plain_json(report: dict[str, Any]) -> None:
    from_file = json.loads(json.dumps(suppress_fairness(report, 10)))
    assert public_edition(from_file, 10) == edition_of(report)


def test_the_bands_are_told_as_they_are_used() -> None:
    assert [each["students"] for each in bands(10)] == [
        "300 or more",
        "100 to 299",
        "40 to 99",
        "20 to 39",
        "10 to 19",
    ]
    assert bands(25)[-1] == {"students": "25 to 39", "lowest": "10% or less", "highest": "90% or more"}
    assert bands(500) == [{"students": "500 or more", "lowest": "1% or less", "highest": "99% or more"}]
