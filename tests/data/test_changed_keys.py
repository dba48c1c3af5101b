"""A full extract is compared with the store by hashes of rows; what it brings is the same as without."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from ews.engine import Session
from ews.store.changed_keys import with_changes
from ews.store.delivered import Facts
from ews.store.schema import read_store
from tests.data.small import enrolled, small_district
from tests.data.whole_stores import everything, examples
from tests.generators.district import District
from tests.generators.districts import districts
from tests.generators.writing import load_district
from tests.reference.settings import Row, Settings


def _looked_at_whole(_session: object, facts: Facts) -> Facts:
    return facts


@examples(3)
@given(district=districts(loads=2))
def test_loads_leave_the_same_store_as_without_it(
    district: District, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _same_either_way(district, tmp_path_factory)


@pytest.mark.slow
@examples(60)
@given(district=districts(loads=2))
def test_many_loads_leave_the_same_store_as_without_it(
    district: District, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _same_either_way(district, tmp_path_factory)


def _same_either_way(district: District, folders: pytest.TempPathFactory) -> None:
    by_hashes = load_district(district, folders.mktemp("by_hashes"))
    with pytest.MonkeyPatch.context() as patch:
        for module in ("rounds", "ingest"):
            patch.setattr(f"ews.store.{module}.with_changes", _looked_at_whole)
        whole = load_district(district, folders.mktemp("whole"))

    assert everything(by_hashes.workspace_dir) == everything(whole.workspace_dir)


def _absent(student: str, date: str, code: str = "A") -> Row:
    return {"student_id": student, "school_id": "s1", "date": date, "code": code}


def test_only_what_differs_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [_absent("1", "2025-09-09"), _absent("1", "2025-09-10"), _absent("2", "2025-09-10")]
    after = [before[0], _absent("1", "2025-09-10", "E"), _absent("2", "2025-09-11")]
    district = small_district(enrollments=[enrolled("1"), enrolled("2")], attendance=before)
    changed = replace(district.loads[0], rows=district.loads[0].rows | {"attendance": after})
    later = replace(changed, at=changed.at + dt.timedelta(days=1))
    load_district(replace(district, loads=(district.loads[0],)), tmp_path)
    looked_at: dict[str, list[tuple[Any, ...]]] = {}

    def seen(session: Session, facts: Facts) -> Facts:
        found = with_changes(session, facts)
        if found.changed_keys:
            looked_at[facts.table.name] = session.rows(f"FROM {found.changed_keys} ORDER BY ALL")
        return found

    monkeypatch.setattr("ews.store.rounds.with_changes", seen)
    load_district(replace(district, loads=(later,)), tmp_path)

    days = [dt.date(2025, 9, 10), dt.date(2025, 9, 10), dt.date(2025, 9, 11)]
    assert looked_at.pop("attendance") == [("1", "s1", days[0]), ("2", "s1", days[1]), ("2", "s1", days[2])]
    assert {name: rows for name, rows in looked_at.items() if rows} == {}


def _looked_at_in_the_last_load(
    loads: list[list[Row]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[set[str], list[tuple[Any, ...]]]:
    """Load several full extracts of attendance, a day apart.

    Returns whose attendance the last load looked at, and the absences that hold after it.
    """
    district = small_district(enrollments=[enrolled("1"), enrolled("2")], attendance=loads[0])
    found: dict[str, set[str]] = {}

    def seen(session: Session, facts: Facts) -> Facts:
        changes = with_changes(session, facts)
        if changes.changed_keys and facts.table.name == "attendance":
            students = session.rows(f"SELECT DISTINCT student_id FROM {changes.changed_keys}")
            found["last"] = {student for (student,) in students}
        return changes

    monkeypatch.setattr("ews.store.rounds.with_changes", seen)
    for number, rows in enumerate(loads):
        one = district.loads[0]
        load = replace(one, rows=one.rows | {"attendance": rows}, at=one.at + dt.timedelta(days=number))
        config = load_district(replace(district, loads=(load,)), folder)
    with read_store(config.workspace_dir) as session:
        hold = session.rows(
            "SELECT student_id, kind FROM store.attendance WHERE known_until > TIMESTAMP '9999-01-01' "
            "AND NOT withdrawn ORDER BY ALL"
        )
    return found["last"], hold


def test_a_night_that_brings_the_same_versions_again_looks_at_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrected = [
        _absent("1", "2025-09-09", "A") | {"recorded_at": "2025-09-09 09:00:00"},
        _absent("1", "2025-09-09", "E") | {"recorded_at": "2025-09-10 08:00:00"},
    ]
    looked_at, hold = _looked_at_in_the_last_load([corrected, corrected], tmp_path, monkeypatch)
    assert (looked_at, hold) == (set(), [("1", "absent_excused")])


def test_what_was_withdrawn_and_comes_back_as_it_was_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day's rows and their number are then those of the store; only that one is withdrawn tells."""
    both = [_absent("1", "2025-09-09"), _absent("2", "2025-09-09")]
    looked_at, hold = _looked_at_in_the_last_load([both, both[:1], both], tmp_path, monkeypatch)
    assert looked_at == {"2"}
    assert hold == [("1", "absent_unexcused"), ("2", "absent_unexcused")]


DAYS = ("2025-09-09", "2025-09-10", "2025-09-11", "2025-09-12")
PUPILS = [str(number) for number in range(1, 41)]


def _two_loads(settings: Settings, first: list[Row], second: list[Row]) -> District:
    enrollments = [enrolled(each) for each in PUPILS]
    district = small_district(enrollments=enrollments, attendance=first, settings=settings, covers_to=None)
    one = district.loads[0]
    other = replace(one, rows=one.rows | {"attendance": second}, at=one.at + dt.timedelta(days=1))
    return replace(district, loads=(one, other))


def _all_present_on_the_last_day() -> list[tuple[str, District]]:
    exceptions = [_absent(each, day) for each in PUPILS for day in DAYS[:2]]
    daily = [
        _absent(each, day, "A" if day < DAYS[2] and int(each) % 3 == 0 else "P")
        for each in PUPILS
        for day in DAYS
    ]
    one = ("1", DAYS[3])
    away = [row | ({"code": "A"} if (row["student_id"], row["date"]) == one else {}) for row in daily]
    dropped = [row for row in daily if (row["student_id"], row["date"]) != one]
    last_day = [row for row in dropped if row["date"] == DAYS[3]]
    every_day = Settings(reporting="daily")
    return [
        (
            "exceptions",
            _two_loads(
                Settings(), [*exceptions, _absent("1", DAYS[3])], [*exceptions, _absent("2", DAYS[3], "P")]
            ),
        ),
        ("a row of a daily file", _two_loads(every_day, away, dropped)),
        (
            "a daily file of one day",
            _two_loads(every_day, away, last_day),
        ),
    ]


@pytest.mark.parametrize(
    "district", [pytest.param(district, id=name) for name, district in _all_present_on_the_last_day()]
)
def test_an_absence_is_withdrawn_on_a_day_when_all_the_others_were_present(
    district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hashes = load_district(district, tmp_path / "by_hashes")
    for module in ("rounds", "ingest"):
        monkeypatch.setattr(f"ews.store.{module}.with_changes", _looked_at_whole)
    whole = load_district(district, tmp_path / "whole")

    found = everything(by_hashes.workspace_dir)
    assert found == everything(whole.workspace_dir)
    with read_store(by_hashes.workspace_dir) as session:
        withdrawn = session.rows("SELECT student_id, date FROM store.attendance WHERE withdrawn")
    assert withdrawn == [("1", dt.date(2025, 9, 12))]
