"""``ews train`` with ``training.tune``: a recipe is chosen before the model is made, and the run says so."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from ews.errors import DataRefused
from ews.model.labelled_rows import LabelledRows
from ews.training import run as training_run
from ews.training import tuning
from ews.training.tuning_trial import Bench, Judged, judge
from tests.pipeline.at_work import AtWork, copy_of

pytestmark = pytest.mark.slow

TUNED = "resamples: 100, tune: {trials: 4}"


def _with_tuning(district: AtWork, target: Any, settings: str = TUNED) -> AtWork:
    copied = copy_of(district, target)
    copied.edit("resamples: 100", settings)
    return copied


@pytest.fixture(scope="module")
def tuned(challenger: AtWork, tmp_path_factory: pytest.TempPathFactory) -> tuple[AtWork, str]:
    """Trained after a search that was interrupted in its third trial; and what the second run told."""
    district = _with_tuning(challenger, tmp_path_factory.mktemp("tuned") / "district")
    begun: list[object] = []

    def interrupted(on: Bench, recipe: Any) -> Judged:
        begun.append(recipe)
        if len(begun) == 3:
            raise DataRefused("an interruption")
        return judge(on, recipe)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "judge", interrupted)
        assert district.run("train", "--by", "Trainer") == DataRefused.exit_code
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.echo", lambda text="", **_: told.append(str(text)))
        assert district.run("train", "--by", "Trainer") in (0, 50)
    return district, "\n".join(told)


def _run(district: AtWork) -> Any:
    """The newest run in the registry."""
    client = district.registry_client()
    experiment = client.get_experiment_by_name(district.config.mlflow.experiment)
    runs = client.search_runs([experiment.experiment_id])
    return next(run for run in runs if run.info.run_name == district.reports().name)


def _record(district: AtWork) -> dict[str, Any]:
    found: dict[str, Any] = district.figures("evaluation.json")["tuning"]
    return found


@pytest.mark.slow
def test_a_run_goes_on_where_it_was_interrupted_and_tells_how_far_it_is(tuned: tuple[AtWork, str]) -> None:
    steps = [line.strip() for line in tuned[1].splitlines() if "Tuning" in line]

    assert [step.partition(",")[0] for step in steps] == ["Tuning: trial 3 of 4", "Tuning: trial 4 of 4"]
    assert all(", best so far 0." in step for step in steps)


def test_the_registered_model_is_fitted_by_the_chosen_recipe(tuned: tuple[AtWork, str]) -> None:
    district, _ = tuned
    chosen, run = _record(district)["chosen"], _run(district)
    (text,) = [
        path.read_text() for path in (district.folder / "mlruns").rglob(f"{run.info.run_id}/**/*.txt")
    ][:1]

    assert f"[num_leaves: {chosen['leaves']}]" in text
    assert f"[max_depth: {chosen['depth']}]" in text
    assert f"[learning_rate: {chosen['learning_rate']}]" in text
    assert f"[lambda_l2: {chosen['lambda_l2']:g}]" in text


def test_the_run_records_what_was_tuned(tuned: tuple[AtWork, str]) -> None:
    district, _ = tuned
    record, run = _record(district), _run(district)

    assert record["trials"] == 4
    assert run.data.tags["tuned_recipe"] == record["chosen"]["words"]
    assert run.data.metrics["tuning_trials"] == 4
    assert run.data.metrics["tuning_auc"] == pytest.approx(record["value"])
    assert run.data.metrics["tuning_auc_default"] == pytest.approx(record["default"]["value"])
    assert record["value"] >= record["default"]["value"]
    assert record["sentence"] in district.figures("model_card.json")["limits"]
    assert district.figures("fairness.json")["candidates"] is None


def test_without_tuning_nothing_is_said_of_it(challenger: AtWork) -> None:
    assert "tuning" not in challenger.figures("evaluation.json")
    assert not (challenger.workspace / "tuning").exists()


@pytest.mark.slow
def test_a_run_that_nothing_interrupted_gives_the_same_bytes(
    tuned: tuple[AtWork, str], challenger: AtWork, tmp_path: Any
) -> None:
    again = _with_tuning(challenger, tmp_path / "again")
    again.into_a_fresh_store()
    assert again.run("train", "--by", "Somebody Else") in (0, 50)

    one, two = (_run(district).data.tags for district in (tuned[0], again))
    assert one["model_digest"] == two["model_digest"]
    assert one["configuration_digest"] == two["configuration_digest"]
    figures = [district.figures("evaluation.json") for district in (tuned[0], again)]
    for each in figures:
        del each["run"]
    assert json.dumps(figures[0], sort_keys=True) == json.dumps(figures[1], sort_keys=True)


class Seen(Exception):  # noqa: N818
    """What tuning was given has been seen."""


@pytest.mark.parametrize(
    ("excluded", "years"),
    [("[2024]", [{2023}]), pytest.param("[]", [{2023}, {2024}], marks=pytest.mark.slow)],
)
def test_tuning_sees_neither_the_test_year_nor_a_year_that_does_not_count(
    excluded: str,
    years: list[set[int]],
    challenger: AtWork,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = f"exclude_school_years: {excluded}, {TUNED}"
    district = _with_tuning(challenger, tmp_path / "years", settings)
    seen: list[set[int]] = []

    def look(_: Any, *parts: LabelledRows | None, **_named: Any) -> None:
        seen.extend(set(part.standing["school_year"]) for part in parts if part is not None)
        raise Seen

    monkeypatch.setattr(training_run, "tune", look)
    with pytest.raises(Seen):
        training_run.train(district.config)
    assert seen == years


def test_without_the_package_nothing_is_begun(
    challenger: AtWork, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    district = _with_tuning(challenger, tmp_path / "without")
    monkeypatch.setitem(sys.modules, "optuna", None)
    before = sorted(each.name for each in (district.workspace / "reports").iterdir())

    assert district.run("train") == 2
    told = capsys.readouterr().err
    assert "pip install 'ews[tune]'" in told
    assert "Computing" not in told
    assert sorted(each.name for each in (district.workspace / "reports").iterdir()) == before


def test_tuning_beside_candidates_is_refused_with_the_configuration(
    challenger: AtWork, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    both = f"{TUNED}, candidates: {{approved_by: Ada Officer}}"
    district = _with_tuning(challenger, tmp_path / "both", both)

    assert district.run("train") == 2
    assert "tune and candidates both choose on the validation year" in " ".join(
        capsys.readouterr().err.split()
    )
