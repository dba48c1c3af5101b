"""What ews is measured against computes the same: all features, but student by student those it knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as run_with

from ews.config import Config, load_config
from ews.engine import Session, literal
from ews.features.matrix import FEATURES, build_matrix
from ews.simulate.district import simulate
from ews.store.ingest import ingest
from ews.store.schema import read_store
from tests.benchmarks import daily_rows_by_student
from tests.benchmarks.by_hand import features_by_hand, largest_difference
from tests.benchmarks.daily_files import write_daily_files
from tests.benchmarks.daily_rows import daily_features
from tests.benchmarks.daily_rows_by_student import features_by_student
from tests.benchmarks.pandas_events.features import features_in_pandas
from tests.benchmarks.places import AS_OF
from tests.data.matrices import loaded
from tests.generators.district import District
from tests.generators.districts import districts

STUDENTS, YEARS = 500, 4

InPandas = Callable[[Path, dict[str, float], dt.date], tuple[pd.DataFrame, int]]
IN_PANDAS: tuple[InPandas, ...] = (daily_features, features_in_pandas)
"""Every feature by student_id from a folder of daily files, and how many daily rows there were."""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("small") / "district"
    config = load_config(simulate(folder, students=STUDENTS, years=YEARS, seed=3, schools=9))
    ingest(config)
    return config


@pytest.fixture
def session(config: Config) -> Iterator[Session]:
    with read_store(config.workspace_dir) as opened:
        yield opened


def test_the_sql_by_hand_yields_the_features_of_ews(session: Session, config: Config) -> None:
    matrix = build_matrix(session, AS_OF, config)
    by_hand = features_by_hand(session, AS_OF, config.timezone)
    assert list(by_hand["student_id"]) == list(matrix.standing["student_id"])
    assert list(by_hand.columns[1:]) == list(FEATURES)
    apart = largest_difference(by_hand[list(FEATURES)], matrix.features)
    assert {name: far for name, far in apart.items() if far > 1e-9} == {}
    varied = matrix.features.nunique()
    assert set(varied.index[varied < 2]) <= {"meal_lunch"}, "what never varies shows little"


USUAL = {
    "threshold": "0.10",
    "inclusive": True,
    "min_enrolled_days": 10,
    "grain": "district",
    "partial_day": "half",
    "nurse_use": "feature",
    "meal_use": "feature",
}
"""The one definition that the SQL and pandas know."""


@pytest.mark.slow
@run_with(max_examples=25, deadline=None, derandomize=True, suppress_health_check=tuple(HealthCheck))
@given(districts(max_students=25, looks=3))
def test_also_on_districts_made_to_be_difficult(district: District) -> None:
    usual = replace(district, settings=replace(district.settings, **USUAL))
    with loaded(usual) as (session, config):
        for as_of in usual.as_of_dates:
            matrix = build_matrix(session, as_of, config)
            by_hand = features_by_hand(session, as_of, config.timezone)
            apart = largest_difference(by_hand[list(FEATURES)], matrix.features)
            assert {name: far for name, far in apart.items() if far > 1e-9} == {}, f"as of {as_of}"
            for compute in IN_PANDAS:
                by_day = _in_pandas(compute, session, as_of, config)
                assert list(by_day["student_id"]) == list(matrix.standing["student_id"])
                apart = largest_difference(by_day[list(FEATURES)], matrix.features)
                wrong = {name: far for name, far in apart.items() if far > 1e-9}
                assert wrong == {}, f"{compute.__name__} as of {as_of}"


def _in_pandas(compute: InPandas, session: Session, as_of: dt.date, config: Config) -> pd.DataFrame:
    with TemporaryDirectory() as folder:
        write_daily_files(session, as_of, config.timezone, Path(folder))
        return compute(Path(folder), {}, as_of)[0]


@pytest.mark.parametrize("compute", IN_PANDAS)
def test_pandas_yields_the_features_of_ews(
    compute: InPandas, session: Session, config: Config, tmp_path: Path
) -> None:
    matrix = build_matrix(session, AS_OF, config)
    write_daily_files(session, AS_OF, config.timezone, tmp_path / "daily")
    found, rows = compute(tmp_path / "daily", {}, AS_OF)
    assert rows > 3 * 150 * 0.8 * STUDENTS, "three years of every student's days"
    assert list(found.columns) == ["student_id", *FEATURES]
    assert list(found["student_id"]) == list(matrix.standing["student_id"])
    apart = largest_difference(found[list(FEATURES)], matrix.features)
    assert {name: far for name, far in apart.items() if far > 1e-9} == {}


def test_pandas_student_by_student_yields_what_it_knows_of_them(
    session: Session, config: Config, tmp_path: Path
) -> None:
    matrix = build_matrix(session, AS_OF, config)
    shown = sorted(matrix.standing["student_id"])[:60]
    among = f"student_id IN ({', '.join(map(literal, shown))})"
    write_daily_files(session, AS_OF, config.timezone, tmp_path / "daily", among)
    found, _ = features_by_student(tmp_path / "daily" / "days.parquet", {})
    of_shown = matrix.standing["student_id"].isin(set(shown)).to_numpy()
    theirs = matrix.standing.loc[of_shown, ["student_id"]].merge(found, on="student_id", how="left")
    names = list(daily_rows_by_student.FEATURES)
    apart = largest_difference(theirs[names], matrix.features.loc[of_shown, names])
    assert {name: far for name, far in apart.items() if far > 1e-9} == {}


def test_a_difference_is_seen() -> None:
    one = pd.DataFrame({"a": [1.0, None], "b": [1.0, 2.0]})
    other = pd.DataFrame({"a": [1.0, 3.0], "b": [1.0, 2.5]})
    assert largest_difference(one, other) == {"a": float("inf"), "b": 0.5}
