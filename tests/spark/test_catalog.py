"""A state that keeps the tables in its cluster's catalog: Spark's own, in a warehouse of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ews.config import Config
from ews.errors import DataRefused
from ews.features.matrix import joined
from ews.nightly.cluster_score import scored
from ews.snapshot import snapshot
from ews.spark import open_spark
from ews.store.export import export
from ews.store.layout import ALWAYS, AUDIT, HEALTH
from tests.generators.writing import load_district
from tests.spark.local_spark import on_spark, rich_districts
from tests.spark.test_equal_on_both_engines import SERVICE, same

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark")]

SCHEMA = "education_of_a_state"


@pytest.fixture(scope="module")
def in_catalog(spark: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Config]]:
    """A session, and a district whose exported tables were saved as tables of the catalog."""
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("catalog")
    config = load_district(rich_districts()[0], folder)
    export(config, folder / "exported", by="a test", with_audit_attributes=True)
    session = SparkSession.active()
    session.sql(f"CREATE DATABASE {SCHEMA}")
    for name in (*(table.name for table in (*ALWAYS, *HEALTH)), AUDIT):
        files = session.read.parquet((folder / "exported" / name).as_uri())
        files.write.saveAsTable(f"{SCHEMA}.{name}")
    yield session, config
    session.sql(f"DROP DATABASE {SCHEMA} CASCADE")


def of_catalog(config: Config) -> Config:
    return on_spark(config, data=None, catalog=SCHEMA)


def placed(config: Config) -> Any:
    """Everybody's score and place on the last day that is looked at."""
    day = rich_districts()[0].as_of_dates[-1]
    with open_spark(config) as tables:
        people = tables.materialize(joined(snapshot(tables, day, config), config), "people")
        found = tables.collect(scored(tables, people, day, SERVICE.model, "7", config))
    return found.sort_values("student_id", ignore_index=True)


def test_scores_from_tables_of_a_catalog_are_those_from_files(in_catalog: tuple[Any, Config]) -> None:
    _, config = in_catalog
    from_files = placed(on_spark(config))
    assert from_files["risk"].notna().any()
    same(from_files, placed(of_catalog(config)))


def test_attributes_are_read_from_a_catalog_for_training_alone(in_catalog: tuple[Any, Config]) -> None:
    _, config = in_catalog
    with open_spark(of_catalog(config), with_audit_attributes=True) as tables:
        found = tables.collect(tables.audit_attributes())
    assert list(found.columns) == ["student_id", "race_ethnicity"]
    assert len(found) == len(rich_districts()[0].rows["students"])
    with open_spark(of_catalog(config)) as tables:
        assert AUDIT not in tables.loaded_tables()
        with pytest.raises(KeyError):
            tables.audit_attributes()


def test_a_table_of_a_catalog_with_one_column_missing(in_catalog: tuple[Any, Config]) -> None:
    session, config = in_catalog
    session.sql(f"CREATE DATABASE {SCHEMA}_short")
    try:
        for table in (*ALWAYS, *HEALTH):
            rows = session.read.table(f"{SCHEMA}.{table.name}").drop("kind")
            rows.write.saveAsTable(f"{SCHEMA}_short.{table.name}")
        with pytest.raises(DataRefused, match="table attendance: kind is missing") as refused:
            open_spark(on_spark(config, data=None, catalog=f"{SCHEMA}_short"))
    finally:
        session.sql(f"DROP DATABASE {SCHEMA}_short CASCADE")
    assert refused.value.where == f"{SCHEMA}_short"
    assert refused.value.exit_code == 20
