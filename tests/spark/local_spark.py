"""A small Spark on this machine, and generated districts exported for it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from ews.config import Config
from ews.engine import Session
from ews.engine_settings import EngineSettings
from ews.spark import SparkTables, open_spark
from ews.store.export import export
from ews.store.schema import read_store
from tests.generators.district import District
from tests.generators.districts import districts
from tests.generators.writing import load_district

SETTINGS = {
    "spark.sql.shuffle.partitions": "2",
    # For a few rows, making code takes longer than running without.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    # Small batches: the rows of one district then come in several.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "7",
}


AT_START = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # Compiling thoroughly costs more than such a short run wins.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def what_is_missing() -> str:
    """Why the tests of Spark cannot run here; empty where they can."""
    if importlib.util.find_spec("pyspark") is None:
        return 'PySpark is not installed: the tests of Spark are skipped (pip install "ews[spark]")'
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        return "Java is not installed: the tests of Spark are skipped (Java 17 or newer)"
    return ""


def on_spark(config: Config, **changes: Any) -> Config:
    """The configuration with its tables in the folder ``exported`` beside it, on two threads."""
    engine = {"kind": "spark", "data": "exported", "master": "local[2]", "settings": SETTINGS} | changes
    return config.model_copy(update={"engine": EngineSettings.model_validate(engine)})


@cache
def rich_districts() -> tuple[District, ...]:
    """Two generated districts of many of which more is known than of the others: one load, and two.

    The first one that a strategy draws is the smallest there is; on it Spark takes as long as on any.
    """
    found: list[District] = []

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=tuple(HealthCheck),
        phases=[Phase.generate],
    )
    @given(districts(max_students=30))
    def collect(district: District) -> None:
        if district.settings.nurse_use == district.settings.meal_use == "feature":
            found.append(district)

    collect()
    known = [
        max((each for each in found if len(each.loads) == loads), key=_how_much_is_known) for loads in (1, 2)
    ]
    return tuple(known)


def _how_much_is_known(district: District) -> int:
    events = ("attendance", "nurse_visits", "meal_programs")
    return min(3 * len(district.rows[table]) for table in events[1:]) + len(district.rows["attendance"])


@contextmanager
def both_engines(district: District) -> Iterator[tuple[Session, SparkTables, Config]]:
    """A district loaded into a store, and the same store exported and opened on Spark."""
    with tempfile.TemporaryDirectory() as folder:
        config = load_district(district, Path(folder))
        export(config, Path(folder) / "exported", by="a test")
        with read_store(config.workspace_dir) as session, open_spark(on_spark(config)) as tables:
            yield session, tables, config
