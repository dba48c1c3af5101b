"""One Spark for all its tests: it takes seconds to start."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from tests.spark.local_spark import AT_START, SETTINGS, what_is_missing


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Spark on two threads; without PySpark or Java the test is skipped, and says so."""
    missing = what_is_missing()
    if missing:
        pytest.skip(missing)
    from pyspark.sql import SparkSession

    # Asked for when Spark starts: otherwise its workers are whichever Python is first in the path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]")
    warehouse = {"spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse"))}
    for name, value in {**SETTINGS, **AT_START, **warehouse}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield
    session.stop()
