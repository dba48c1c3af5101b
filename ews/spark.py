"""Spark, opened in one place: the tables of an export or of a cluster's catalog, behind what features ask.

This is the only module that imports pyspark, and only when the configuration says ``engine: {kind: spark}``.
Times are naive UTC, as in the store: the session's zone is UTC while it is used here.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import narwhals as nw

from ews.cluster_failures import no_cluster, unfinished
from ews.config import Config
from ews.engine import Frame, NumberReader
from ews.errors import DataRefused, UsageError
from ews.store.layout import (
    ALWAYS,
    AUDIT,
    HEALTH,
    MANIFEST,
    StoredTable,
    audit_table,
    check_columns,
    check_manifest,
)

_TABLES = {table.name: table for table in (*ALWAYS, *HEALTH)}

_KINDS = {
    "string": "text",
    "varchar": "text",
    "char": "text",
    "date": "date",
    "timestamp": "time",
    "timestamp_ntz": "time",
    "boolean": "boolean",
    "tinyint": "integer",
    "smallint": "integer",
    "int": "integer",
    "bigint": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
}
_CASTS = {"integer": "int", "number": "double", "time": "timestamp_ntz"}

_OURS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
_AT_START = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # A sample for training is larger than the gigabyte that is allowed otherwise.
    "spark.driver.maxResultSize": "0",
    # Where in Python each expression was written is asked for at every step: half of the time of a plan.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
}


class SparkTables:
    """The store's tables on a cluster; an :class:`ews.engine.Engine`. Use it as a context manager.

    Attributes
    ----------
    where : str
        The folder or the catalog's schema, for messages.
    """

    def __init__(self, spark: Any, tables: Mapping[str, Any], where: str, close: Callable[[], None]) -> None:
        self._spark = spark
        self._tables = tables
        self._close = close
        self.where = where

    def __enter__(self) -> SparkTables:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def stored(self, table: str, columns: Sequence[str], days: Mapping[str, str]) -> Frame:
        """Return columns of a table, dates as day numbers; see :class:`ews.engine.Engine`."""
        from pyspark.sql import functions as sf

        kinds = _TABLES[table].columns
        plain = [_typed(name, kinds[name]) for name in columns]
        numbers = [sf.unix_date(sf.col(date)).alias(day) for date, day in days.items()]
        return _frame(self._tables[table].select(*plain, *numbers))

    def loaded_tables(self) -> set[str]:
        """Return the names of the tables that are there."""
        return set(self._tables)

    def audit_attributes(self) -> Frame:
        """Return the students' attributes, one row each; they are opened for training only."""
        return _frame(self._tables[AUDIT])

    def of_values(self, column: str, values: Sequence[str]) -> Frame:
        """Return distinct texts of this machine as a frame of one column, to join with."""
        import pyarrow as pa

        with _translated(self.where):
            return _frame(self._spark.createDataFrame(pa.table({column: pa.array(values, pa.string())})))

    def materialize(self, frame: Frame, name: str) -> Frame:
        """Compute a lazy frame once, on the cluster, and return it without the plan that led there."""
        with _translated(self.where):
            return _frame(frame.to_native().localCheckpoint(eager=True))

    def collect(self, frame: Frame) -> Any:
        """Compute a lazy frame into a pandas frame."""
        with _translated(self.where):
            return frame.to_native().toArrow().to_pandas()

    def number(self, frame: Frame, name: str, read: NumberReader, as_of: dt.date) -> int:
        """Compute a lazy frame of few rows, and return the number that ``read`` finds in it for a day."""
        return read(self.collect(frame), as_of)

    def beside(self, frame: Frame, parts: Sequence[Frame]) -> Frame:
        """Return a frame with the columns of others beside it; see :class:`ews.engine.Engine`."""
        for part in parts:
            frame = frame.join(part, on="student_id", how="left")
        return frame

    def by_partition(self, frame: Frame, function: Callable[..., Any], schema: str) -> Frame:
        """Apply a function of Arrow batches to every partition; ``schema`` names its columns and types.

        The function and what it holds go to the workers as they are: text and plain data only.
        """
        with _translated(self.where):
            return _frame(frame.to_native().mapInArrow(function, schema))

    def by_group(self, frame: Frame, key: str, function: Callable[..., Any], schema: str) -> Frame:
        """Apply a function of one Arrow table to the rows of every value of ``key``."""
        import pyarrow as pa

        def of_group(table):  # type: ignore[no-untyped-def]
            return function(table)

        # By these PySpark tells a function of tables from one of batches; it does not look into a partial.
        of_group.__annotations__ = {"table": pa.Table, "return": pa.Table}
        with _translated(self.where):
            return _frame(frame.to_native().groupBy(key).applyInArrow(of_group, schema))

    def write(self, frame: Frame, target: str) -> None:
        """Write a frame as Parquet files into a folder that is not there yet.

        Raises
        ------
        UsageError
            If it is there.
        """
        from pyspark.errors import AnalysisException

        try:
            with _translated(self.where):
                frame.to_native().write.mode("error").parquet(target)
        except AnalysisException as error:
            if error.getCondition() != "PATH_ALREADY_EXISTS":
                raise
            raise UsageError(
                "there is something where the scores should be written",
                expected="a place that is empty: what is published is not written over",
                where=target,
                next_step="move it away, or give another place (engine.scores)",
            ) from None


def open_spark(config: Config, *, with_audit_attributes: bool = False) -> SparkTables:
    """Open the cluster of the configuration and check the tables that it names.

    Parameters
    ----------
    with_audit_attributes : bool
        Whether who students are is read too: for a training run, whose model is audited, and nothing else.

    Raises
    ------
    UsageError
        If PySpark or Java is missing, or the cluster does not answer.
    DataRefused
        If a folder is not an export, is one of another version or was copied in part, or a table lacks
        a column.
    """
    spark, close = _session(config)
    try:
        with _translated(str(config.engine.data or config.engine.catalog)):
            audited = audit_table(config.audit.sensitive) if with_audit_attributes else None
            where, tables = _tables_of(spark, config, audited)
    except BaseException:
        close()
        raise
    return SparkTables(spark, tables, where, close)


def _session(config: Config) -> tuple[Any, Callable[[], None]]:
    """Return the session that is there, or a new one, and how to leave it as it was."""
    try:
        with _quiet():
            from py4j.protocol import Py4JError
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
    except ImportError:
        raise UsageError(
            "engine.kind is spark, and PySpark is not installed",
            expected="the extra spark",
            where="engine.kind",
            next_step='install it with `pip install "ews[spark]"`',
        ) from None
    if (config.engine.master or "").startswith("local"):
        # Workers on this machine are this Python; by default they would be whichever is first in the path.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    there = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("ews")
    at_start = _AT_START if config.engine.remote is None else {}  # a server has started already
    for name, value in {**at_start, **config.engine.settings}.items():
        builder = builder.config(name, value)
    if config.engine.remote is not None:
        builder = builder.remote(config.engine.remote)
    elif config.engine.master is not None:
        builder = builder.master(config.engine.master)
    try:
        spark = builder.getOrCreate()
        before = {name: spark.conf.get(name, None) for name in _OURS}
        for name, value in _OURS.items():
            spark.conf.set(name, value)
    except (PySparkException, Py4JError) as error:
        raise no_cluster(error) from None
    if there is None:
        with suppress(Exception):  # Spark Connect has none: its server keeps its own log
            # What it says of a failure quotes cells, and this process's output is kept in logs.
            spark.sparkContext.setLogLevel("OFF")
    return spark, lambda: _leave(spark, before, ours=there is None)


def _leave(spark: Any, before: Mapping[str, str | None], *, ours: bool) -> None:
    with suppress(Exception):  # a cluster that is gone is left already
        if ours:
            spark.stop()
            return
        for name, value in before.items():
            spark.conf.unset(name) if value is None else spark.conf.set(name, value)


def _tables_of(spark: Any, config: Config, audited: StoredTable | None) -> tuple[str, dict[str, Any]]:
    engine = config.engine
    if engine.catalog is not None:
        where, tables = engine.catalog, _catalog_tables(spark, engine.catalog, config, audited)
    else:
        data = str(engine.data)
        where = data if "://" in data else str(config.resolve(data))
        tables = _folder_tables(spark, where, audited)
    if audited is not None:
        tables[AUDIT] = tables[AUDIT].select(*audited.columns)
    return where, tables


def _folder_tables(spark: Any, where: str, audited: StoredTable | None) -> dict[str, Any]:
    address = _address(where)
    stated = check_manifest(_text_of(spark, f"{address}/{MANIFEST}"), where)
    wanted = [*(table for name, table in _TABLES.items() if name in stated), *([audited] if audited else [])]
    tables = {
        table.name: _read(table, where, partial(spark.read.parquet, f"{address}/{table.name}"))
        for table in wanted
    }
    _check_whole(tables, stated, where)
    return tables


def _catalog_tables(spark: Any, schema: str, config: Config, audited: StoredTable | None) -> dict[str, Any]:
    sources = {"nurse_visits": config.sources.nurse_visits, "meal_programs": config.sources.meal_programs}
    used = {name for name, source in sources.items() if source is not None and source.use == "feature"}
    wanted = [
        *ALWAYS,
        *(table for table in HEALTH if table.name in used),
        *([audited] if audited else []),
    ]
    return {
        table.name: _read(table, schema, partial(spark.read.table, f"{schema}.{table.name}"))
        for table in wanted
    }


def _address(where: str) -> str:
    return where if "://" in where else Path(where).as_uri()


def _read(wanted: StoredTable, where: str, read: Callable[[], Any]) -> Any:
    """Return a table after checking its columns; a table that is not there is refused."""
    from pyspark.errors import AnalysisException

    try:
        table = read()
        types = dict(table.dtypes)
    except AnalysisException:
        raise DataRefused(
            f"table {wanted.name} is not there, or cannot be read",
            expected="the tables of `ews store export` (docs/spark.md)",
            where=where,
            next_step="mend it, or export the store once more"
            + (", --with-audit-attributes" if wanted.name == AUDIT else ""),
        ) from None
    found = {str(column): _KINDS.get(str(kind).split("(")[0], str(kind)) for column, kind in types.items()}
    check_columns(wanted, found, where)
    return table


def _check_whole(tables: Mapping[str, Any], stated: Mapping[str, int], where: str) -> None:
    """Refuse a folder that was copied in part: missing rows of attendance would look like attendance."""
    from pyspark.sql import functions as sf

    counts = None
    for name, table in tables.items():
        own = table.select(sf.lit(name).alias("name")).groupBy("name").count()
        counts = own if counts is None else counts.unionAll(own)
    found = {row["name"]: row["count"] for row in counts.collect()} if counts is not None else {}
    short = [name for name in tables if found.get(name, 0) != stated.get(name, 0)]
    if not short:
        return
    raise DataRefused(
        "; ".join(
            f"{name} has {found.get(name, 0):,} rows, and not {stated.get(name, 0):,}" for name in short
        ),
        expected=f"as many rows as {MANIFEST} says",
        where=where,
        next_step="copy or export the folder once more",
    )


def _text_of(spark: Any, address: str) -> str | None:
    from pyspark.errors import AnalysisException

    try:
        rows = spark.read.text(address, wholetext=True).collect()
    except AnalysisException:
        return None
    return str(rows[0][0]) if rows else None


def _frame(native: Any) -> Frame:
    frame: Frame = nw.from_native(native)
    return frame


def _typed(name: str, kind: str) -> Any:
    from pyspark.sql import functions as sf

    column = sf.col(name)
    if kind == "number":
        column = sf.nanvl(column.cast("double"), sf.lit(None))
    return column.cast(_CASTS[kind]).alias(name) if kind in _CASTS else column


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out a warning for a pandas that is not used: what goes to and fro is Arrow."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        yield


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """Turn a cluster's failures into refusals; its texts quote cells, so only the kind is passed on."""
    import pyarrow as pa
    from py4j.protocol import Py4JError
    from pyspark.errors import AnalysisException, PySparkException

    try:
        with _quiet():
            yield
    except AnalysisException:
        raise  # a query that cannot be run is a defect of ours
    except (PySparkException, Py4JError, ConnectionError, EOFError, pa.ArrowException) as error:
        raise unfinished(error, where) from None
