"""The rows of a training run, from the store on this machine or from a cluster, in the same parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ews.config import MEAL_STATUS, Config
from ews.engine import Session
from ews.errors import UsageError
from ews.features.matrix import Matrix, build_matrix
from ews.label import complete_years, outcomes
from ews.model.cluster_rows import DayOnCluster, days_on_cluster, drawn, matrix_of_students
from ews.model.labelled_rows import (
    LabelledRows,
    concatenated,
    enrolled_of,
    rows_by_day,
    sample_schools,
    sample_students,
)
from ews.model.rows_aside import Chosen, RowsAside
from ews.model.years import YearPlan, plan_years
from ews.progress import Progress
from ews.spark import SparkTables, open_spark
from ews.store.schema import read_store
from ews.training.candidates import need_a_validation_year

Tables = Session | SparkTables
"""What training reads from."""

_TEST_SEED = 1
"""Fixed, and apart from the seed of training: nobody can look for a verdict among samples of a test year."""


@dataclass(frozen=True)
class TrainingRows:
    """What a model is fitted and judged on.

    Attributes
    ----------
    plan : YearPlan
        With a note where the test year was sampled.
    rows : LabelledRows
        Every row there is; where there are too many to be held, and on a cluster, those of ``parts``.
    parts : dict
        ``train`` and ``validation`` (if there is one), sampled by student, and ``test``, by school.
    """

    plan: YearPlan
    rows: LabelledRows
    parts: dict[str, LabelledRows]


def open_tables(config: Config) -> Tables:
    """Open what training reads: the workspace's store, or the tables of a cluster; a context manager.

    Raises
    ------
    DataRefused
        If there is no store or export, or one of another version.
    UsageError
        If something is asked for that a cluster does not do, or it does not answer.
    """
    if config.engine.kind == "duckdb":
        return read_store(config.workspace_dir)
    _need_what_a_cluster_does(config)
    return open_spark(config, with_audit_attributes=True)


def training_rows(engine: Tables, config: Config, progress: Progress) -> TrainingRows:
    """Return the rows of a training run.

    Raises
    ------
    DataRefused
        If there are not enough complete years.
    """
    plan = plan_years(complete_years(engine), config.training.exclude_school_years)
    need_a_validation_year(config.training.candidates, plan)
    if isinstance(engine, SparkTables):
        return _on_cluster(engine, plan, config, progress)
    with RowsAside() as aside:
        for day in rows_by_day(engine, plan.years, outcomes(engine, config), config, progress):
            aside.add(day)
        rows = aside.everything()
        return _held(rows, plan, config) if rows is not None else _drawn(aside, plan, config, progress)


def _held(rows: LabelledRows, plan: YearPlan, config: Config) -> TrainingRows:
    limit, seed = config.training.max_rows, config.training.seed
    parts = {"train": sample_students(rows.of_years(plan.train), limit, seed)}
    if plan.validation is not None:
        parts["validation"] = sample_students(rows.of_years([plan.validation]), limit, seed)
    whole = rows.of_years([plan.test])
    test = sample_schools(whole, config.training.max_test_rows, _TEST_SEED)
    schools = [each.standing["school_id"].nunique() for each in (test, whole)]
    return TrainingRows(_noted(plan, *schools), rows, {**parts, "test": test})


def _drawn(aside: RowsAside, plan: YearPlan, config: Config, progress: Progress) -> TrainingRows:
    limit, seed = config.training.max_rows, config.training.seed
    most = config.training.max_test_rows
    progress("Drawing a sample", 0.0)
    choices = {"train": aside.chosen(plan.train, "student_id", limit, seed)}
    if plan.validation is not None:
        choices["validation"] = aside.chosen([plan.validation], "student_id", limit, seed)
    choices["test"] = aside.chosen([plan.test], "school_id", most, _TEST_SEED)
    instead: dict[str, Chosen] = {}
    if plan.validation is not None and config.training.candidates is not None:
        # Candidates are chosen by their lists: of whole schools, as in the test year.
        instead["validation"] = aside.chosen([plan.validation], "school_id", most, _TEST_SEED)
    progress("Drawing a sample", 0.5)
    rows, shared = aside.together([instead.get(name, each) for name, each in choices.items()])
    parts = dict(zip(choices, shared, strict=True))
    for name in instead:
        parts[name], _ = aside.together([choices[name]])
    progress("Drawing a sample", 1.0)
    noted = _noted(plan, parts["test"].standing["school_id"].nunique(), choices["test"].of)
    return TrainingRows(noted, rows, parts)


def matrix_of_some(
    engine: Tables, day: dt.date, config: Config, students: Sequence[str]
) -> tuple[Matrix, dict[tuple[dt.date, str], int]]:
    """Return a matrix that has these students, and the roster's numbers by date and school.

    On this machine it has all the others too.
    """
    if isinstance(engine, SparkTables):
        return matrix_of_students(engine, day, config, students)
    matrix = build_matrix(engine, day, config)
    return matrix, enrolled_of(matrix)


def _on_cluster(tables: SparkTables, plan: YearPlan, config: Config, progress: Progress) -> TrainingRows:
    days = days_on_cluster(tables, plan.years, config, progress)
    limit, seed = config.training.max_rows, config.training.seed
    progress("Collecting a sample", 0.0)
    parts = {"train": drawn(tables, _of(days, plan.train), "student_id", limit, seed).rows}
    if plan.validation is not None:
        held = _of(days, [plan.validation])
        parts["validation"] = drawn(tables, held, "student_id", limit, seed).rows
    judged = _of(days, [plan.test])
    test = drawn(tables, judged, "school_id", config.training.max_test_rows, _TEST_SEED)
    parts["test"] = test.rows
    rows = concatenated(list(parts.values()))
    return TrainingRows(_noted(plan, test.kept, test.of), rows, parts)


def _of(days: Sequence[DayOnCluster], years: Sequence[int]) -> list[DayOnCluster]:
    return [each for each in days if each.school_year in years]


def _noted(plan: YearPlan, schools: int, of: int) -> YearPlan:
    if schools == of:
        return plan
    note = (
        "The test year has more rows than training.max_test_rows: the model was judged on "
        f"{schools:,} of its {of:,} schools, chosen by chance. Intervals are about these schools."
    )
    return replace(plan, notes=(*plan.notes, note))


def _need_what_a_cluster_does(config: Config) -> None:
    asked = {
        "training.candidates": config.training.candidates is not None,
        "audit.sensitive": MEAL_STATUS in config.audit.sensitive,
    }
    for key, is_asked in asked.items():
        if is_asked:
            raise UsageError(
                f"engine.kind is spark, and {key} asks for what is only done on this machine",
                expected="training on a cluster without candidates, and an audit without meal_status",
                where=key,
                next_step="leave it out, or train with engine: {kind: duckdb}",
            )
