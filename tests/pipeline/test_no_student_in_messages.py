"""Faulty extracts are described without a single student's number or value, on every channel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ews.simulate.district import simulate
from tests.pipeline.at_work import AtWork, copy_of

ID = "CANARY-4711-77"
VALUE = "canary value 0815"


def set_cells(**cells: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return a change that writes cells of the tenth row, which gets the canary's number."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        changed = rows.copy()
        for column, value in {"student_id": ID, **cells}.items():
            changed.loc[changed.index[9], column] = value
        return changed

    return change


def twice(**cells: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return a change that repeats the tenth row with other content, under the canary's number."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        own = set_cells()(rows)
        return pd.concat([own, own.iloc[[9]].assign(**cells)])

    return change


def empty_key(rows: pd.DataFrame) -> pd.DataFrame:
    return set_cells(date="")(rows)


FAULTS: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "unknown student": ("attendance", set_cells()),
    "unknown school": ("attendance", set_cells(school_id=VALUE)),
    "unreadable date": ("attendance", set_cells(date=VALUE)),
    "no date": ("attendance", empty_key),
    "unmapped code": ("attendance", set_cells(code="Q")),
    "unreadable share": ("attendance", set_cells(absent_fraction=VALUE)),
    "unreadable time": ("attendance", set_cells(recorded_at=VALUE)),
    "day outside the calendar": ("attendance", set_cells(date="2031-01-01")),
    "two rows for a day": ("attendance", twice(code="E")),
    "unknown category": ("nurse_visits", set_cells(category="other")),
    "unreadable visit": ("nurse_visits", set_cells(date=VALUE, visit_id=VALUE)),
    "exit before entry": ("enrollments", set_cells(entry_date="2025-10-01", exit_date="2025-09-15")),
    "no school year": ("enrollments", set_cells(school_year=VALUE)),
    "unknown grade": ("enrollments", set_cells(grade=VALUE)),
    "unreadable start": ("meal_programs", set_cells(start_date=VALUE)),
    "student listed twice": ("students", twice(sex="M", race_ethnicity=VALUE)),
}
BROKEN_FILES = {
    "unclosed quote": f'\n"{ID},{VALUE}'.encode(),
    "too many cells": f"\n{ID},{VALUE},2025-10-01,A,1,2025-10-01 10:00:00,more,{VALUE}\n".encode(),
    "too few cells": f"\n{ID},{VALUE}\n".encode(),
    "not utf-8": f"\n{ID},".encode() + b"\xff\xfe\x9f" + VALUE.encode() + b",2025-10-01,A,1,\n",
}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    configuration = simulate(tmp_path_factory.mktemp("faults") / "district", students=60, years=1, seed=9)
    return AtWork(configuration.parent)


@pytest.fixture
def faulty(simulated: AtWork, tmp_path: Path) -> AtWork:
    """A copy to put a fault into."""
    return copy_of(simulated, tmp_path / "faulty")


def check_silence(district: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    seen = []
    for verb, *options in (("check",), ("ingest", "--json")):
        exit_code = district.run(verb, *options)
        printed = capsys.readouterr()
        seen.append(printed.out + printed.err)
        assert exit_code in (0, 20), printed.err
    for text in seen:
        for canary in (ID, VALUE, "4711", "0815"):
            assert canary not in text


@pytest.mark.parametrize("fault", FAULTS)
def test_a_refused_row_is_described_without_its_values(
    fault: str, faulty: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    table, change = FAULTS[fault]
    faulty.change_extract(table, change)

    check_silence(faulty, capsys)


@pytest.mark.parametrize("fault", BROKEN_FILES)
def test_a_broken_file_is_described_without_its_values(
    fault: str, faulty: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    with (faulty.folder / "extracts" / "attendance.csv").open("ab") as file:
        file.write(BROKEN_FILES[fault])

    check_silence(faulty, capsys)


def test_rows_set_aside_are_counted_and_not_quoted(
    faulty: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    for fault in ("unknown student", "unreadable visit"):
        table, change = FAULTS[fault]
        faulty.change_extract(table, change)
    faulty.edit("max_quarantined: 0}", "max_quarantined: 0.05}")

    assert faulty.run("ingest") == 0
    printed = capsys.readouterr()
    assert "1 set aside" in printed.out
    assert ID not in printed.out + printed.err
