"""Workbooks rendered by two processes are those of one, whatever becomes of the other."""

from __future__ import annotations

import datetime as dt
import subprocess
from contextlib import suppress
from typing import Any

import pytest

from ews.outreach import workbooks
from ews.outreach.columns import leaving_columns, sheet_columns
from ews.outreach.spreadsheet import spreadsheet
from ews.outreach.workbooks import rendered

COLUMNS = sheet_columns(show_names=True, show_counselors=False)
LEAVING = leaving_columns(show_names=True)


def _workbook(number: int) -> dict[str, Any]:
    record = dict.fromkeys(COLUMNS, "=a text") | {"rank": number + 1, "absences": 1.5, "absence_rate": 0.1}
    return {
        "records": [record] * (number % 4),
        "columns": COLUMNS,
        "title": f"School {number}",
        "as_of": dt.date(2026, 1, 5),
        "notices": [],
        "leaving": [],
        "leaving_columns": LEAVING,
    }


BOOKS = [_workbook(number) for number in range(8)]
ALONE = [spreadsheet(**each) for each in BOOKS]


class _Helper:
    """The helping process, started as always, and known to the test."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []

    def __call__(self, *args: Any, **options: Any) -> subprocess.Popen[bytes]:
        self.started.append(_popen(*args, **options))
        return self.started[-1]


_popen = subprocess.Popen


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch) -> _Helper:
    found = _Helper()
    monkeypatch.setattr(workbooks.subprocess, "Popen", found)
    return found


def test_two_processes_give_the_bytes_of_one(helper: _Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered_here: list[str] = []

    def seen(**book: Any) -> bytes:
        rendered_here.append(book["title"])
        return spreadsheet(**book)

    monkeypatch.setattr(workbooks, "spreadsheet", seen)
    with rendered(BOOKS, many=1) as books:
        assert [books[number] for number in range(len(BOOKS))] == ALONE
    assert rendered_here == ["School 0", "School 3", "School 6"], "the others come from the other process"
    assert helper.started[0].poll() is not None, "it is gone afterwards"


def test_what_a_process_that_is_killed_owes_is_rendered_here(helper: _Helper) -> None:
    with rendered(BOOKS, many=1) as books:
        helper.started[0].kill()
        assert [books[number] for number in range(len(BOOKS))] == ALONE


def test_a_process_that_does_not_start_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "_MODULE", "ews.there_is_no_such_module")
    with rendered(BOOKS, many=1) as books:
        assert [books[number] for number in range(len(BOOKS))] == ALONE


def test_an_error_on_the_way_ends_the_other_process(helper: _Helper) -> None:
    with suppress(OSError), rendered(BOOKS, many=1):
        raise OSError("the disk is full")
    assert helper.started[0].poll() is not None


def test_a_process_whose_parent_is_gone_ends(helper: _Helper) -> None:
    with rendered(BOOKS, many=1) as books:
        assert books[1] == ALONE[1]
        other = helper.started[0]
        assert other.stdin is not None
        other.stdin.close()  # what a parent leaves behind that was killed
        assert other.wait(timeout=30) == 0


def test_few_lists_start_no_process(helper: _Helper) -> None:
    with rendered(BOOKS) as books:
        assert books[5] == ALONE[5]
    assert helper.started == []
