"""Reasons of 10,000 listed students: what the sentences add to LightGBM's own contributions.

Asked on two cores: at most 60 s in all. The contributions are a cost of the model (trees x leaves x depth
squared); the sentences are ours, and are held to a share of it.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ews.config import load_config
from ews.engine import Session
from ews.features.matrix import Matrix, build_matrix
from ews.features.unbroken import BESIDE_FEATURES
from ews.label import outcomes
from ews.model import booster
from ews.model.labelled_rows import labelled_rows
from ews.outreach.reasons import reasons_of
from ews.progress import silent
from ews.simulate.district import simulate
from ews.store.schema import read_store
from tests.pipeline.at_work import AS_OF, AtWork

pytestmark = pytest.mark.benchmark

LISTED, STUDENTS, TREES = 10_000, 3_000, 200
SECONDS, RATIO = 60, 2
EVERYTHING = ("attendance", "nurse", "roster")


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    folder = tmp_path_factory.mktemp("speed") / "district"
    work = AtWork(Path(simulate(folder, students=STUDENTS, years=4, seed=6)).parent)
    with work.configuration.open("a", encoding="utf-8") as file:
        file.write("\ntraining: {as_of: [10-01, 01-15]}\n")
    assert work.run("ingest") == 0
    return work


def a_model(session: Session, district: AtWork) -> str:
    """A model of the usual size: trees as configured, fitted without stopping early."""
    config = load_config(district.configuration)
    rows = labelled_rows(session, [2024, 2025], outcomes(session, config), config, silent)
    labels = rows.standing["label"].to_numpy()
    text, _ = booster.fit(rows.features, labels, None, most_rows_of_a_student=4, seed=1, rounds=TREES)
    return text


def a_long_list(matrix: Matrix, text: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tenth of the students that the model ranks first, as often as it takes."""
    order = np.argsort(-booster.raw_scores(text, matrix.features), kind="stable")
    chosen = np.resize(order[: len(order) // 10], LISTED)
    features = matrix.features.iloc[chosen].reset_index(drop=True)
    return features, matrix.standing[list(BESIDE_FEATURES)].iloc[chosen].reset_index(drop=True)


def test_reasons_of_ten_thousand_listed_students(benchmark, district: AtWork) -> None:
    with read_store(district.workspace) as session:
        text = a_model(session, district)
        matrix = build_matrix(session, AS_OF, district.config)
    features, beside = a_long_list(matrix, text)

    def both() -> pd.DataFrame:
        return reasons_of(features, booster.contributions(text, features), EVERYTHING, beside)

    alone = []
    for _ in range(2):
        started = time.perf_counter()
        booster.contributions(text, features)
        alone.append(time.perf_counter() - started)
    said = benchmark.pedantic(both, rounds=3)
    assert (said["reason_1"] != "").all()
    taken = benchmark.stats.stats.median
    benchmark.extra_info |= {"seconds asked": SECONDS, "contributions alone": round(min(alone), 2)}
    assert taken / min(alone) < RATIO, f"{taken:.1f} s against {min(alone):.1f} s for the contributions alone"
