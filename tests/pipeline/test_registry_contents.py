"""What the registry holds: plain files that can be checked, and tags that say what they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ews.digests import file_digest
from tests.pipeline.at_work import AtWork

EXPECTED = {
    "model/model.txt",
    "model/calibrator.json",
    "model/category_codes.json",
    "model/feature_schema.json",
    "model/manifest.json",
    "audit/evaluation.json",
    "audit/fairness.json",
    "audit/model_card.json",
}


@pytest.fixture(scope="module")
def version(challenger: AtWork) -> Any:
    return challenger.registry_client().get_model_version_by_alias(challenger.model_name, "challenger")


def artifacts(district: AtWork, version: Any) -> Path:
    return district.folder / "mlruns" / "artifacts" / str(version.run_id) / "artifacts"


def test_artifacts_are_exactly_the_judged_files(challenger: AtWork, version: Any) -> None:
    folder = artifacts(challenger, version)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    assert found == EXPECTED


def test_nothing_in_the_registry_is_code_a_pickle_or_a_row_of_a_student(challenger: AtWork) -> None:
    ids = [
        line[1:9] for line in (challenger.folder / "extracts" / "students.csv").read_text().split("\n")[1:]
    ]
    files = [path for path in (challenger.folder / "mlruns").rglob("*") if path.is_file()]

    assert {path.suffix for path in files} == {".db", ".json", ".txt"}
    for path in files:
        content = path.read_bytes()
        assert not [each for each in ids if each and f'"{each}"'.encode() in content], path.name


def test_database_and_artifacts_stand_side_by_side(challenger: AtWork) -> None:
    assert {path.name for path in (challenger.folder / "mlruns").iterdir()} == {"mlflow.db", "artifacts"}
    assert len(list((challenger.folder / "mlruns" / "artifacts").iterdir())) == 1


def test_tags_carry_the_verdicts_and_the_digests(challenger: AtWork, version: Any) -> None:
    folder = artifacts(challenger, version)
    tags = version.tags

    assert tags["gate_verdict"] == "insufficient_evidence"
    assert tags["fairness_verdict"] == challenger.figures("fairness.json")["verdict"]
    assert tags["lift_verdict"] == challenger.figures("evaluation.json")["lift"]["verdict"]
    assert tags["model_digest"] == file_digest(folder / "model" / "manifest.json")
    assert tags["audit_digest"] == file_digest(folder / "audit" / "fairness.json")
    assert tags["audit_digest"] == file_digest(challenger.reports() / "fairness.json")
    assert len(tags["data_digest"]) == len(tags["configuration_digest"]) == 64
    assert tags["trained_by"] == "Trainer"
    assert tags["run_name"] == challenger.reports().name


def test_training_promotes_nothing(challenger: AtWork) -> None:
    model = challenger.registry_client().get_registered_model(challenger.model_name)

    assert {alias: str(number) for alias, number in model.aliases.items()} == {"challenger": "1"}


def test_the_run_ended_well_and_has_its_figures(challenger: AtWork, version: Any) -> None:
    run = challenger.registry_client().get_run(version.run_id)

    assert run.info.status == "FINISHED"
    assert run.info.run_name == challenger.reports().name
    lift = challenger.figures("evaluation.json")["lift"]
    assert run.data.metrics["lift_estimate"] == pytest.approx(lift["estimate"])
    assert run.data.tags["model_digest"] == version.tags["model_digest"]


def test_no_telemetry_about_a_district_leaves_it(challenger: AtWork) -> None:
    challenger.registry_client()

    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert os.environ["DO_NOT_TRACK"] == "true"
    from mlflow.telemetry.client import get_telemetry_client

    assert get_telemetry_client() is None
