"""Scores on a cluster: the same matrix, the same model's text, the same order of students, in partitions.

What goes to the workers is text and plain data: the booster's native text with its digest, the calibrator,
the capacities. Workers need ews and its requirements installed, and open neither store nor registry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa

from ews.allowed_columns import check_columns
from ews.capacity import SECTIONS, place, section_capacity
from ews.cohort import SCORED
from ews.config import Capacities, Config
from ews.digests import canonical_json, digest_of
from ews.engine import Frame
from ews.errors import DataRefused, ModelUnusable
from ews.features.matrix import features_in, joined
from ews.model.fitting import FittedModel
from ews.model.parse_check import ParseCheck
from ews.nightly.score import EXCLUDED_COLUMNS, SCORE_COLUMNS, score_frame
from ews.nightly.service import InService, in_service
from ews.nightly.when import AsOf, decide_as_of
from ews.private_files import owner_only, staged_folder, write_private
from ews.progress import Progress, silent
from ews.snapshot import snapshot
from ews.spark import SparkTables, open_spark
from ews.store.export import log_data
from ews.store.lock import workspace_lock
from ews.training.run import account

MANIFEST = "manifest.json"

_SPARK_NAMES = {
    "string": "string",
    "date32": "date",
    "double": "double",
    "int64": "bigint",
    "bool": "boolean",
}
_WITH_RISK = {
    "student_id": "string",
    "school_id": "string",
    "grade": "string",
    "as_of_date": "date32",
    "risk": "double",
    "status": "string",
    "excluded_because": "string",
    "absences": "double",
    "enrolled_days": "int64",
    "absence_rate": "double",
    "already_chronic": "bool",
    "absences_left": "int64",
}
_PLACED = {**SCORE_COLUMNS, "reason": "string"}


@dataclass(frozen=True)
class ClusterScores:
    """What was written.

    Attributes
    ----------
    folder : str
        Holds ``scores`` and ``excluded`` (folders of Parquet files).
    rows : dict
        How many students were scored and how many excluded.
    notes : list of str
        What is not as it should be; any makes exit code 10.
    """

    as_of: AsOf
    folder: str
    model_version: str
    rows: dict[str, int]
    banners: list[str]
    notes: list[str]


def score_on_cluster(
    config: Config, *, as_of: dt.date | None = None, progress: Progress = silent
) -> ClusterScores:
    """Score a day with the champion on the cluster of the configuration, and write the scores there.

    Raises
    ------
    ModelUnusable
        If no model may be used.
    DataRefused
        If the tables are not whole, nobody is enrolled on the day, or the cluster does not finish: nothing
        is published then.
    """
    with owner_only(), workspace_lock(config.workspace_dir):
        service, notes = in_service(config)
        with open_spark(config) as tables, ParseCheck(service.model.text):
            day = decide_as_of(tables, as_of, config)
            progress("Computing features and scores", 0.0)
            people = joined(snapshot(tables, day.day, config), config)
            placed = scored(tables, people, day.day, service.model, service.version.number, config)
            rows = _counts(tables, placed)
            progress("Writing", 0.9)
            folder = _write(tables, placed, day.day, service, rows, config)
    return ClusterScores(day, folder, service.version.number, rows, service.banners, notes)


def scored(
    tables: SparkTables, people: Frame, day: dt.date, model: FittedModel, model_version: str, config: Config
) -> Frame:
    """Return everyone on the roster: the columns of ``scores.parquet``, and a reason for the excluded.

    Parameters
    ----------
    people : Frame
        The matrix of the day (:func:`ews.features.matrix.joined`).

    Raises
    ------
    UsageError
        If a capacity names no number for a school that has students.
    """
    worker = partial(
        _risks,
        day=day,
        text=model.text,
        digest=digest_of(model.text.encode()),
        trees=model.trees,
        calibrator=model.calibrator,
    )
    risks = tables.materialize(tables.by_partition(people, worker, _schema(_WITH_RISK)), "risks")
    _check_capacities(tables, risks, config.outreach.capacity)
    capacities = config.outreach.capacity.model_dump(mode="json")
    placing = partial(_placed, capacities=capacities, version=model_version)
    return tables.materialize(tables.by_group(risks, "school_id", placing, _schema(_PLACED)), "placed")


def _risks(
    batches: Iterator[pa.RecordBatch],
    *,
    day: dt.date,
    text: str,
    digest: str,
    trees: int,
    calibrator: dict[str, Any],
) -> Iterator[pa.RecordBatch]:
    """Add risks to the rows of one partition; on a worker."""
    # LightGBM can crash on a text that was cut short on its way.
    if digest_of(text.encode()) != digest:
        raise ModelUnusable("the model's text was altered on its way to a worker")
    model = FittedModel(text, trees, calibrator)
    for batch in batches:
        rows = batch.to_pandas()
        scorable = rows["excluded_because"].isna() & (rows["status"] == SCORED)
        rows["risk"] = float("nan")
        if scorable.any():
            rows.loc[scorable, "risk"] = model.risks(features_in(rows.loc[scorable]))
        yield from _arrow(rows.assign(as_of_date=day), _WITH_RISK).to_batches()


def _placed(table: pa.Table, *, capacities: Mapping[str, Any], version: str) -> pa.Table:
    """Place the students of one school on its list; on a worker."""
    rows = table.to_pandas()
    with_risk = rows.loc[rows["risk"].notna()].reset_index(drop=True)
    enrolled = {(rows["as_of_date"].iloc[0], str(rows["school_id"].iloc[0])): len(rows)}
    places = place(with_risk, Capacities.model_validate(capacities), enrolled)
    placed = pd.concat([with_risk, places], axis=1)
    frame = score_frame(rows.drop(columns="risk"), placed, version)
    reasons = rows.set_index("student_id")["excluded_because"]
    return _arrow(frame.assign(reason=frame["student_id"].map(reasons)), _PLACED)


def _arrow(rows: pd.DataFrame, columns: Mapping[str, str]) -> pa.Table:
    schema = pa.schema([(name, pa.type_for_alias(alias)) for name, alias in columns.items()])
    return pa.Table.from_pandas(rows[list(columns)], schema=schema, preserve_index=False)


def _schema(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {_SPARK_NAMES[alias]}" for name, alias in columns.items())


def _check_capacities(tables: SparkTables, risks: Frame, capacities: Capacities) -> None:
    """Ask for every school's capacity here: a worker's refusal would not reach whoever can mend it."""
    schools = tables.collect(risks.filter(~nw.col("risk").is_null()).select("school_id").unique())
    for school in sorted(schools["school_id"]):
        for section in SECTIONS:
            section_capacity(getattr(capacities, section), school, 1, f"outreach.capacity.{section}")


def _counts(tables: SparkTables, placed: Frame) -> dict[str, int]:
    flags = placed.select(out=nw.when(nw.col("reason").is_null()).then(0).otherwise(1))
    counts = tables.collect(flags.select(everyone=nw.len(), out=nw.col("out").sum()))
    everyone = int(counts["everyone"].iloc[0])
    if not everyone:
        raise DataRefused(
            "nobody is enrolled on the day",
            expected="enrollments that cover it",
            where="enrollments",
            next_step="give another day with --as-of, or load the enrollments",
        )
    excluded = int(counts["out"].iloc[0])
    return {"scored": everyone - excluded, "excluded": excluded}


def _write(
    tables: SparkTables,
    placed: Frame,
    day: dt.date,
    service: InService,
    rows: dict[str, int],
    config: Config,
) -> str:
    """Write scores and excluded; in a folder both appear at once, at an address ``scores`` comes last."""
    parts = {
        "excluded": placed.filter(~nw.col("reason").is_null()).select(*EXCLUDED_COLUMNS),
        "scores": placed.filter(nw.col("reason").is_null()).select(*SCORE_COLUMNS),
    }
    for columns in (EXCLUDED_COLUMNS, SCORE_COLUMNS):
        check_columns("data_team", columns)
    stated = config.engine.scores or str(config.workspace_dir / "scores")
    content = canonical_json(_manifest(day, service, rows, config))
    if "://" in stated:
        target = f"{stated.rstrip('/')}/{day}"
        for name, part in parts.items():
            tables.write(part, f"{target}/{name}")
        _log(config, target, rows, content)
        return target
    folder = config.resolve(stated) / day.isoformat()
    with staged_folder(folder) as staging:
        for name, part in parts.items():
            tables.write(part, (staging / name).as_uri())
        _owner_only_below(staging)
        write_private(staging / MANIFEST, content)
        _log(config, str(folder), rows, content)
    return str(folder)


def _log(config: Config, target: str, rows: dict[str, int], content: bytes) -> None:
    log_data(config.workspace_dir, target, account(), rows, digest_of(content))


def _owner_only_below(folder: Path) -> None:
    # Spark's file system has a default of its own.
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _manifest(day: dt.date, service: InService, rows: dict[str, int], config: Config) -> dict[str, Any]:
    return {
        "as_of": day.isoformat(),
        "district": config.district,
        "engine": config.engine.kind,
        "ews_version": version("ews"),
        **service.record(),
        "rows": rows,
    }
