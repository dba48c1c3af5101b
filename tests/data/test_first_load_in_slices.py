"""A very large first load is stored in slices of days; it leaves the same store as a small one."""

from __future__ import annotations

import pytest
from hypothesis import given

from ews.engine import open_session
from ews.extracts.schema import TABLES
from ews.store import versions
from ews.store.schema import read_store
from tests.data.whole_stores import everything, examples
from tests.generators.district import District
from tests.generators.districts import districts
from tests.generators.writing import load_district


@examples(4)
@given(district=districts())
def test_loads_leave_the_same_store(district: District, tmp_path_factory: pytest.TempPathFactory) -> None:
    _same_either_way(district, tmp_path_factory)


@pytest.mark.slow
@examples(60)
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
    assert everything(as_usual.workspace_dir) == everything(in_slices.workspace_dir)


@examples(2)
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
