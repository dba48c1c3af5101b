"""Labelled rows from a cluster: features, labels, counts and samples are made there; the samples come here.

Which students or schools a sample keeps is decided by ``ews.model.labelled_rows.kept_of`` from ids and their
numbers of rows, so that a cluster gives the rows that DuckDB gives.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw
import pandas as pd

from ews.cohort import SCORED
from ews.config import Config
from ews.engine import Frame
from ews.features.matrix import Matrix, joined, matrix_from
from ews.label import outcome_frames
from ews.model.labelled_rows import LabelledRows, concatenated, kept_of
from ews.progress import Progress
from ews.school_calendar import as_of_dates
from ews.snapshot import calendar_frame, snapshot
from ews.spark import SparkTables

LabelOf = Callable[[dt.date, int], Frame]


@dataclass(frozen=True)
class DayOnCluster:
    """The labelled rows of one as-of date, computed and kept on the cluster.

    Attributes
    ----------
    rows : Frame
        The matrix of the scorable students with a known label, and ``label``.
    enrolled : dict
        Students on the whole roster by (as_of_date, school_id).
    """

    day: dt.date
    school_year: int
    rows: Frame
    enrolled: dict[tuple[dt.date, str], int]


@dataclass(frozen=True)
class Drawn:
    """A part of the training rows, collected; ``kept`` of ``of`` students or schools."""

    rows: LabelledRows
    kept: int
    of: int


def days_on_cluster(
    tables: SparkTables, years: Sequence[int], config: Config, progress: Progress
) -> list[DayOnCluster]:
    """Compute the labelled rows of school years at the as-of dates of the configuration."""
    calendar = calendar_frame(tables)
    label_of = labels_on_cluster(tables, config)
    dates = [day for year in years for day in as_of_dates(calendar, year, config.training.as_of)]
    found = []
    for number, day in enumerate(dates):
        progress("Computing features", number / len(dates))
        known = snapshot(tables, day, config)
        people = tables.materialize(joined(known, config), "people")
        found.append(day_on_cluster(tables, people, day, known.school_year, label_of))
    progress("Computing features", 1.0)
    return found


def day_on_cluster(
    tables: SparkTables, people: Frame, day: dt.date, school_year: int, label_of: LabelOf
) -> DayOnCluster:
    """Return the labelled rows of one date from its matrix (:func:`ews.features.matrix.joined`)."""
    labels = label_of(day, school_year)
    named = labels.collect_schema().names()
    keys: list[str] = [key for key in ("student_id", "school_id") if key in named]
    scorable = people.filter(nw.col("excluded_because").is_null(), nw.col("status") == SCORED)
    rows = scorable.join(labels.select(*keys, "label"), on=keys, how="inner")
    return DayOnCluster(day, school_year, rows, _enrolled(tables, people, day))


def drawn(tables: SparkTables, days: Sequence[DayOnCluster], key: str, max_rows: int, seed: int) -> Drawn:
    """Collect at most ``max_rows`` rows, whole students (``key`` student_id) or whole schools (school_id)."""
    ids = nw.concat([each.rows.select(key) for each in days])
    counts = tables.collect(ids.group_by(key).agg(nw.len().alias("rows"))).set_index(key)["rows"]
    kept = kept_of(counts, max_rows, seed)
    wanted = None if kept is None else tables.of_values(key, kept)
    parts = [_collected(tables, each, key, wanted) for each in days]
    return Drawn(concatenated(parts), len(counts) if kept is None else len(kept), len(counts))


def matrix_of_students(
    tables: SparkTables, day: dt.date, config: Config, students: Sequence[str]
) -> tuple[Matrix, dict[tuple[dt.date, str], int]]:
    """Return the matrix of some students at one date, and the whole roster's numbers by date and school."""
    known = snapshot(tables, day, config)
    people = tables.materialize(joined(known, config), "people")
    own = people.join(tables.of_values("student_id", students), on="student_id", how="semi")
    rows = tables.collect(own).sort_values("student_id", ignore_index=True)
    return matrix_from(rows, day, known.school_year), _enrolled(tables, people, day)


def labels_on_cluster(tables: SparkTables, config: Config) -> LabelOf:
    """Return a function of a date and its school year: the outcomes that belong to it, by student."""
    frames: Mapping[dt.date | None, Frame] = {
        day: tables.materialize(frame, "labels") if day is None else frame
        for day, _, frame in outcome_frames(tables, config)
    }

    def label_of(day: dt.date, school_year: int) -> Frame:
        of_all = frames.get(None)
        return frames[day] if of_all is None else of_all.filter(nw.col("school_year") == school_year)

    return label_of


def _enrolled(tables: SparkTables, people: Frame, day: dt.date) -> dict[tuple[dt.date, str], int]:
    counts = tables.collect(people.group_by("school_id").agg(nw.len().alias("students")))
    return {
        (day, str(school)): int(count)
        for school, count in sorted(zip(counts["school_id"], counts["students"], strict=True))
    }


def _collected(tables: SparkTables, day: DayOnCluster, key: str, wanted: Frame | None) -> LabelledRows:
    rows = day.rows if wanted is None else day.rows.join(wanted, on=key, how="semi")
    own: pd.DataFrame = tables.collect(rows).sort_values("student_id", ignore_index=True)
    matrix = matrix_from(own, day.day, day.school_year)
    labelled = matrix.standing.assign(label=own["label"].astype("int64"))
    return LabelledRows(labelled, matrix.features, day.enrolled)
