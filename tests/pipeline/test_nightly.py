"""The one line in the crontab: which day it is for, when it stays silent, and when it says what is late."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from openpyxl import load_workbook

from tests.pipeline.at_work import AS_OF, AtWork, nights_of, published_bytes, same_bytes

SATURDAY = dt.date(2026, 1, 17)
"""Inside the calendar, without school; the day after the newest attendance."""

LATE = dt.date(2026, 1, 30)
"""A Friday two weeks after the newest attendance: eight school days and a holiday lie between."""


def set_today(monkeypatch: pytest.MonkeyPatch, day: dt.date) -> None:
    monkeypatch.setattr("ews.nightly.when.today_in", lambda _zone: day)


def test_a_night_loads_scores_and_publishes(
    in_service: AtWork, moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert moved.run("nightly", "--as-of", AS_OF.isoformat(), "--json") == 0

    assert json.loads(capsys.readouterr().out)["published"] == str(moved.published())
    assert same_bytes(published_bytes(in_service), published_bytes(moved)) == []


def test_a_night_loads_what_is_new(moved: AtWork) -> None:
    moved.change_extract(
        "attendance",
        lambda rows: rows.loc[~((rows["date"] == "2026-01-14") & (rows["code"] == "T"))],
    )
    before = moved.store.read_bytes()

    assert moved.run("nightly", "--as-of", AS_OF.isoformat()) == 0
    assert moved.store.read_bytes() != before


@pytest.mark.parametrize("how", ["stated", "today"])
def test_on_a_closed_day_a_night_ends_well_and_publishes_nothing(
    how: str, moved: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = nights_of(moved)
    set_today(monkeypatch, SATURDAY)
    options = ["--as-of", SATURDAY.isoformat()] if how == "stated" else []

    assert moved.run("nightly", *options) == 0
    assert "nothing to publish" in capsys.readouterr().out
    assert nights_of(moved) == before


def test_somebody_who_asks_for_a_closed_day_gets_its_lists(moved: AtWork) -> None:
    assert moved.score(SATURDAY) == 0

    assert moved.manifest(SATURDAY)["as_of"] == SATURDAY.isoformat()


def test_a_late_source_is_exit_10_and_a_sentence_on_every_list(
    moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = "The newest attendance records are of 2026-01-16: 8 school days have passed since."

    assert moved.run("nightly", "--as-of", LATE.isoformat(), "--json") == 10
    answer = json.loads(capsys.readouterr().out)
    assert answer["exit_code"] == 10
    assert sentence in answer["degraded"]
    assert moved.manifest(LATE)["staleness"]["attendance"] == {
        "newest": "2026-01-16",
        "school_days_since": 8,
    }
    lists = [*(moved.published(LATE) / "outreach").glob("*.html")]
    assert len(lists) == 3
    for page in lists:
        assert sentence in page.read_text(encoding="utf-8")
    for book in (moved.published(LATE) / "outreach").glob("*.xlsx"):
        sheets = load_workbook(book).worksheets
        cells = [cell.value for sheet in sheets for row in sheet.iter_rows() for cell in row]
        assert any(sentence in str(cell) for cell in cells)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (dt.date(2026, 1, 14), dt.date(2026, 1, 14)),
        (dt.date(2026, 12, 1), SATURDAY),
        (dt.date(2019, 12, 1), SATURDAY),
    ],
)
def test_without_a_stated_day_it_is_today_or_the_day_after_the_newest_attendance(
    today: dt.date,
    expected: dt.date,
    moved: AtWork,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_today(monkeypatch, today)

    assert moved.run("score", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["as_of"] == expected.isoformat()
    assert ("outside the calendar" in answer["note"]) == (today != expected)


def test_a_night_after_the_last_calendar_day_says_that_nobody_is_enrolled(
    moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert moved.score(dt.date(2026, 8, 20)) == 20

    assert "nobody is enrolled" in capsys.readouterr().err


def test_a_night_that_ends_after_its_load_says_that_the_load_was_made(
    moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a summer without enrollments there is nobody to list; the extracts are in the store all the same."""
    assert moved.run("nightly", "--as-of", "2026-08-20") == 20
    said = capsys.readouterr().err
    assert "nobody is enrolled on 2026-08-20" in said
    assert "extracts were loaded before that; no list was published" in said
