"""A state trains on its cluster: sampled there, fitted and audited here; the model is the same to the byte.

The labelled rows of both engines are compared in tests/spark/test_equal_on_both_engines.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ews.cli import run_command
from ews.simulate.district import simulate
from tests.pipeline.at_work import AtWork, copy_of
from tests.spark.local_spark import SETTINGS

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark")]

TRAINING = """\
  resamples: 200

training: {as_of: [10-01, 01-01], resamples: 100, max_rows: 1000, max_test_rows: 1000}
"""
"""So few rows that students of the training years and schools of the test year are left out."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """A small district with a store and no model."""
    configuration = simulate(tmp_path_factory.mktemp("one") / "district", students=600, years=4, seed=1)
    with configuration.open("a", encoding="utf-8") as file:
        file.write(TRAINING)
    district = AtWork(configuration.parent)
    assert district.run("ingest") == 0
    return district


def moved_to_spark(district: AtWork, folder: Path, *options: str) -> AtWork:
    """A copy whose store is exported and whose engine is Spark."""
    moved = copy_of(district, folder / "district")
    to = str(folder / "exported")
    assert run_command(["store", "export", "-c", str(moved.configuration), "--to", to, *options]) == 0
    engine = {"kind": "spark", "data": to, "master": "local[2]", "settings": SETTINGS}
    with moved.configuration.open("a", encoding="utf-8") as file:
        file.write(f"\nengine: {json.dumps(engine)}\n")
    return moved


def tags(district: AtWork) -> dict[str, str]:
    client = district.registry_client()
    found: dict[str, str] = client.get_model_version_by_alias(district.model_name, "challenger").tags
    return found


def figures(district: AtWork, name: str) -> dict[str, Any]:
    return {key: value for key, value in district.figures(name).items() if key != "run"}


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def test_a_model_trained_through_spark_is_that_of_this_machine_to_the_byte(
    loaded: AtWork, tmp_path: Path
) -> None:
    on_duckdb = copy_of(loaded, tmp_path / "one machine")
    assert on_duckdb.run("train", "--by", "Trainer") == 0
    on_spark = moved_to_spark(loaded, tmp_path, "--with-audit-attributes")
    assert on_spark.run("train", "--by", "Trainer") == 0
    here, there = tags(on_duckdb), tags(on_spark)
    for digest in ("model_digest", "data_digest", "configuration_digest", "basis_digest"):
        assert here[digest] == there[digest], digest
    evaluations = [figures(each, "evaluation.json") for each in (on_duckdb, on_spark)]
    # These two look at more than the parts: on a cluster at the sample, on this machine at every row.
    assert differing(*evaluations) <= {"base_rates", "rolling_origin"}
    assert "chosen by chance" in " ".join(evaluations[1]["notes"])
    fairness = [figures(each, "fairness.json") for each in (on_duckdb, on_spark)]
    # What was delivered and is not audited is not exported, so that a cluster cannot name it.
    notes = [set(each.pop("notes")) for each in fairness]
    assert all("not named in audit.sensitive" in note for note in notes[0] - notes[1])
    assert differing(*fairness) == set()
    assert fairness[1]["attributes"], "there is an audit to compare"


def test_without_the_attributes_there_is_no_training_and_no_registry(
    loaded: AtWork, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on_spark = moved_to_spark(loaded, tmp_path)
    capsys.readouterr()
    assert on_spark.run("train", "--json") == 20
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["found"] == "table audit_attributes is not there, or cannot be read"
    assert "--with-audit-attributes" in error["next"]
    assert not (on_spark.folder / "mlruns").exists()
    assert not (on_spark.workspace / "reports").exists()
