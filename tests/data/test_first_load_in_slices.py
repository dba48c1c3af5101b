"""A very large first load is stored in slices of days; it leaves the same store as a small one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ews.engine import open_session
from ews.extracts.schema import TABLES
from ews.store import versions
from ews.store.schema import read_store
from tests.generators.district import District
from tests.generators.districts import districts
from tests.generators.writing import load_district


def _everything(workspace: Path) -> dict[str, list[tuple[Any, ...]]]:
    names = [table.name for table in TABLES] + ["coverage", "loads"]
    with read_store(workspace) as session:
        return {name: session.rows(f"SELECT * FROM store.{name} ORDER BY ALL") for name in names}


def _examples(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=tuple(HealthCheck),
        phases=[Phase.generate],
    )


@_examples(4)
@given(district=districts())
def test_loads_leave_the_same_store(district: District, tmp_path_factory: pytest.TempPathFactory) -> None:
    _same_either_way(district, tmp_path_factory)


@pytest.mark.slow
@_examples(60)
@given(district=districts())
def test_many_loads_leave_the_same_store(
    district: District, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _same_either_way(district, tmp_path_factory)


def _same_either_way(district: District, folders: pytest.TempPathFactory) -> None:
    as_usual = load_district(district, folders.mktemp("as_usual"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "_SORTED_AT_ONCE", 3)
        in_slices = load_district(district, folders.mktemp("in_slices"))
    assert _everything(as_usual.workspace_dir) == _everything(in_slices.workspace_dir)


@_examples(2)
@given(district=districts(loads=1))
def test_rows_lie_in_the_order_of_their_days(
    district: District, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "_SORTED_AT_ONCE", 3)
        config = load_district(district, tmp_path_factory.mktemp("in_slices"))
    with read_store(config.workspace_dir) as session:
        as_they_lie = session.rows("SELECT date, student_id FROM store.attendance ORDER BY rowid")
    assert as_they_lie == sorted(as_they_lie)


def test_every_day_is_in_one_slice() -> None:
    table = next(each for each in TABLES if each.name == "attendance")
    with open_session() as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "_SORTED_AT_ONCE", 10)
        session.execute(
            "CREATE TEMP TABLE new_facts AS SELECT DATE '2025-09-01' + CAST(number // 4 AS INTEGER) AS date "
            "FROM range(101) t(number)"
        )
        slices = versions._slices(session, table)
        rows = [session.value(f"SELECT count(*) FROM new_facts WHERE {each}") for each in slices]
    assert sum(rows) == 101
    assert rows == [12] * 8 + [5]
