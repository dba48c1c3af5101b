"""A state on its cluster and a district on its laptop get the same figures from the same definitions.

On generated districts and days, every standing column, feature, score, place on a list and label that Spark
computes equals that of DuckDB to 1e-9, and the rows of a training run to the last bit. That the districts
reach every feature and outcome is part of the comparison.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from ews.config import Config, Training
from ews.engine import Engine
from ews.features.matrix import FEATURES, Matrix, build_matrix, features_in, joined
from ews.label import complete_years, outcomes
from ews.model import booster
from ews.model.cluster_rows import day_on_cluster, drawn, labels_on_cluster
from ews.model.fitting import FittedModel
from ews.model.labelled_rows import LabelledRows, rows_of_day, sample_schools, sample_students
from ews.nightly.cluster_score import scored
from ews.nightly.score import EXCLUDED_COLUMNS, SCORE_COLUMNS, score
from ews.school_calendar import district_days
from ews.snapshot import calendar_frame, newest_attendance_day, snapshot
from ews.spark import SparkTables
from tests.generators.district import District
from tests.generators.districts import districts
from tests.spark.local_spark import both_engines, rich_districts

pytestmark = pytest.mark.usefixtures("spark")

RELAXED = tuple(HealthCheck)
MANY = settings(deadline=None, derandomize=True, suppress_health_check=RELAXED)
Reached = defaultdict[str, set[Any]]
"""The values that were compared, by feature; None stands for a missing one."""


def some_model() -> FittedModel:
    """A model that looks at every feature, missing or not; what it was fitted on is noise."""
    random = np.random.default_rng(1)
    values = random.normal(size=(600, len(FEATURES))) * random.choice([1.0, 10.0], size=len(FEATURES))
    values[random.random(values.shape) < 0.2] = np.nan
    labels = (np.nan_to_num(values).sum(axis=1) + random.normal(size=600) > 0).astype(int)
    features = pd.DataFrame(values, columns=list(FEATURES))
    text, trees = booster.fit(features, labels, None, most_rows_of_a_student=1, seed=1, rounds=40)
    return FittedModel(text, trees, {"method": "sigmoid", "slope": 1.1, "intercept": -0.2})


class Service:
    """As much of a model in service as scoring asks for."""

    def __init__(self) -> None:
        self.model = some_model()
        self.version = type("Version", (), {"number": "7"})()


SERVICE: Any = Service()


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Cell by cell, to 1e-9, and missing where the other is; a column without a value has any type."""
    assert list(one.columns) == list(other.columns)
    empty = [name for name in one.columns if one[name].isna().all() and other[name].isna().all()]
    assert len(one) == len(other)
    pd.testing.assert_frame_equal(
        one.drop(columns=empty), other.drop(columns=empty), check_exact=False, rtol=0, atol=1e-9
    )


def keep(reached: Reached, rows: pd.DataFrame) -> None:
    for name in rows:
        reached[name] |= {None if pd.isna(value) else value for value in rows[name]}


def assert_one_day(duckdb: Engine, spark: SparkTables, day: dt.date, config: Config, reached: Reached) -> Any:
    ours = build_matrix(duckdb, day, config)
    people = spark.materialize(joined(snapshot(spark, day, config), config), "people")
    rows = spark.collect(people).sort_values("student_id", ignore_index=True)
    standing = ours.standing.drop(columns=["school_year", "as_of_date"])
    same(standing, rows[list(standing.columns)].astype(standing.dtypes))
    same(ours.features, features_in(rows))
    keep(reached, ours.features)
    keep(reached, assert_scores(ours, spark, people, day, config))
    return people


def assert_scores(
    ours: Matrix, spark: SparkTables, people: Any, day: dt.date, config: Config
) -> pd.DataFrame:
    here = score(ours, SERVICE, config, None)
    placed = spark.collect(scored(spark, people, day, SERVICE.model, "7", config))
    placed = placed.sort_values("student_id", ignore_index=True)
    there = placed.loc[placed["reason"].isna(), list(SCORE_COLUMNS)].reset_index(drop=True)
    out = placed.loc[placed["reason"].notna(), list(EXCLUDED_COLUMNS)].reset_index(drop=True)
    same(here.scores, there.astype(here.scores.dtypes))
    same(here.excluded, out.astype(here.excluded.dtypes))
    return here.scores[["risk", "selected", "already_chronic"]]


def assert_labels(duckdb: Engine, spark: SparkTables, config: Config, label: Any) -> set[int]:
    config = config.model_copy(update={"training": Training.model_validate({"label": label})})
    calendar = calendar_frame(duckdb)
    years = complete_years(duckdb)
    days = [day for year in years for day in district_days(calendar, year)[3::9]]
    assert complete_years(spark) == years
    here, there = (outcomes(engine, config, days) for engine in (duckdb, spark))
    keys = [name for name in ("as_of_date", "school_year", "student_id", "school_id") if name in here]
    same(*[each.sort_values(keys, ignore_index=True).astype(here.dtypes) for each in (here, there)])
    return set(here["label"])


@pytest.mark.parametrize("loads", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_every_standing_feature_score_label_and_sample_is_the_same_on_both_engines(loads: int) -> None:
    district = rich_districts()[loads - 1]
    with both_engines(district) as (duckdb, spark, config):
        assert newest_attendance_day(spark) == newest_attendance_day(duckdb)
        day = district.as_of_dates[-1]
        reached: Reached = defaultdict(set)
        people = assert_one_day(duckdb, spark, day, config, reached)
        assert_samples(duckdb, spark, people, day, config)
        # One day of one district; of many, all of them (below).
        assert sum(len(reached[name] - {None}) >= 2 for name in FEATURES) >= 0.6 * len(FEATURES)


def same_rows(one: LabelledRows, other: LabelledRows) -> None:
    """The same rows in the same order, to the last bit: a model is made of them."""
    standing = other.standing.astype(one.standing.dtypes)
    pd.testing.assert_frame_equal(one.standing, standing, check_exact=True)
    pd.testing.assert_frame_equal(one.features, other.features, check_exact=True)
    assert other.enrolled.items() <= one.enrolled.items()


def assert_samples(duckdb: Engine, spark: SparkTables, people: Any, day: dt.date, config: Config) -> None:
    """Labelled rows of a day, whole and sampled, are those of this machine."""
    known = outcomes(duckdb, config)
    here = rows_of_day(duckdb, day, known, config)
    year = int(here.standing["school_year"].iloc[0])
    label_of = labels_on_cluster(spark, config)
    of_year = known.loc[known["school_year"] == year]
    labels = spark.collect(label_of(day, year)).astype(known.dtypes)
    keys = [name for name in ("student_id", "school_id") if name in known]
    same(*[each.sort_values(keys, ignore_index=True) for each in (of_year, labels)])
    on_cluster = [day_on_cluster(spark, people, day, year, label_of)]
    # Whoever has no outcome is left out of the rows, and not of the roster that a capacity refers to.
    fewer = day_on_cluster(
        spark, people, day, year, lambda *_: label_of(day, year).filter(nw.col("label") == 1)
    )
    assert fewer.enrolled == here.enrolled != {}
    assert not (here.standing["label"] == 1).all()
    half = len(here.standing) // 2
    assert half > 1
    for key, sample, limit in (
        ("student_id", sample_students, 2 * half + 1),
        ("student_id", sample_students, half),
        ("school_id", sample_schools, half),
    ):
        found = drawn(spark, on_cluster, key, limit, seed=3)
        same_rows(sample(here, limit, seed=3), found.rows)
        assert found.of == here.standing[key].nunique()
        assert (found.kept < found.of) == (limit == half)


@pytest.mark.slow
def test_every_standing_feature_and_score_is_the_same_on_many_districts() -> None:
    """And on these very districts every feature is there, missing or not, with different values."""
    reached: Reached = defaultdict(set)

    @settings(MANY, max_examples=40)
    @given(districts(max_students=25))
    def compare(district: District) -> None:
        with both_engines(district) as (duckdb, spark, config):
            for day in district.as_of_dates:
                assert_one_day(duckdb, spark, day, config, reached)

    compare()
    assert {name for name in FEATURES if len(reached[name] - {None}) < 2} == set()
    always_known = {name for name in FEATURES if None not in reached[name]}
    assert always_known == {"grade", "days_remaining", "absences_left", "enrolled_last_year"}
    for name in ("risk", "selected", "already_chronic"):
        assert len(reached[name] - {None}) >= 2, name


@pytest.mark.slow
@pytest.mark.parametrize(
    "label",
    ["chronic_by_end", "chronic_over_the_rest", {"absences": 2, "within_days": 8}],
    ids=["by the end", "over the rest", "within days"],
)
def test_every_label_is_the_same_on_many_districts(label: Any) -> None:
    """And on these very districts both outcomes are there."""
    reached: set[int] = set()

    @settings(MANY, max_examples=10)
    @given(districts(max_students=25))
    def compare(district: District) -> None:
        with both_engines(district) as (duckdb, spark, config):
            reached.update(assert_labels(duckdb, spark, config, label))

    compare()
    assert reached == {0, 1}
