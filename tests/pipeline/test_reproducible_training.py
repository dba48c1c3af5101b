"""Who trains again on the same extracts gets the same model, figures and audit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.at_work import AtWork, copy_of

# A second training; in the default run tests/model/test_fitting.py fits twice.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def again(challenger: AtWork, tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """The same district trained a second time, from a store loaded anew."""
    district = copy_of(challenger, tmp_path_factory.mktemp("again") / "trained again")
    district.into_a_fresh_store()
    assert district.run("train", "--by", "Somebody Else") == 0
    return district


def tags(district: AtWork) -> dict[str, str]:
    client = district.registry_client()
    found: dict[str, str] = client.get_model_version_by_alias(district.model_name, "challenger").tags
    return found


def without_run(figures: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in figures.items() if key != "run"}, sort_keys=True)


def test_the_second_run_is_another_run(challenger: AtWork, again: AtWork) -> None:
    assert again.reports().name != challenger.reports().name
    assert (again.workspace / "reports" / challenger.reports().name).is_dir()
    assert {path.name for path in again.reports().iterdir()} == {
        path.name for path in challenger.reports().iterdir()
    }


@pytest.mark.parametrize("digest", ["model_digest", "data_digest", "configuration_digest"])
def test_digest_is_the_same(digest: str, challenger: AtWork, again: AtWork) -> None:
    assert tags(again)[digest] == tags(challenger)[digest]


@pytest.mark.parametrize("name", ["evaluation.json", "fairness.json"])
def test_figures_are_the_same_to_the_last_digit(name: str, challenger: AtWork, again: AtWork) -> None:
    assert without_run(again.figures(name)) == without_run(challenger.figures(name))


def test_another_definition_is_another_configuration(again: AtWork, tmp_path: Path) -> None:
    from ews.training.run import configuration_digest

    other = copy_of(again, tmp_path / "other")
    other.edit("threshold: 0.10", "threshold: 0.15")
    assert configuration_digest(other.config) != configuration_digest(again.config)
