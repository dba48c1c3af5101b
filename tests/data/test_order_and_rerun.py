"""The order of rows does not matter, and loading the same extracts again adds nothing."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from ews.engine import open_reader
from ews.features.matrix import build_matrix
from ews.store.ingest import ingest
from ews.store.schema import store_path
from tests.data.matrices import matrices, same_matrix
from tests.generators.district import TABLES, District
from tests.generators.districts import districts
from tests.generators.writing import write_load

RELAXED = tuple(HealthCheck)
FEW = settings(
    max_examples=2, deadline=None, derandomize=True, suppress_health_check=RELAXED, phases=[Phase.generate]
)


def shuffled(district: District) -> District:
    order = random.Random(7)  # noqa: S311 - an order, not a secret
    loads = [
        replace(load, rows={table: order.sample(rows, len(rows)) for table, rows in load.rows.items()})
        for load in district.loads
    ]
    return replace(district, loads=tuple(loads))


@FEW
@given(districts(looks=1))
def test_the_order_of_rows_does_not_matter(district: District) -> None:
    as_of = district.as_of_dates[0]
    assert same_matrix(matrices(district)[as_of], matrices(shuffled(district))[as_of])


@FEW
@given(districts(loads=1, looks=1))
def test_loading_the_same_extracts_again_adds_no_version(district: District) -> None:
    as_of, load = district.as_of_dates[0], district.loads[0]
    with tempfile.TemporaryDirectory() as folder:
        config = write_load(load, district.settings, Path(folder))
        ingest(config, loaded_at=load.at)
        with open_reader(store_path(config.workspace_dir)) as session:
            once, stored = build_matrix(session, as_of, config), contents(session)
        report = ingest(config, loaded_at=load.at + dt.timedelta(days=1))
        with open_reader(store_path(config.workspace_dir)) as session:
            assert contents(session) == stored
            assert same_matrix(once, build_matrix(session, as_of, config))
    assert [(table.rows_new, table.rows_withdrawn) for table in report.tables if table.rows_new] == []


def contents(session) -> dict[str, list]:
    """Every row of every table of the store, loads aside."""
    tables = (*TABLES, "coverage", "quarantine")
    return {table: session.rows(f"SELECT * FROM store.{table} ORDER BY ALL") for table in tables}
