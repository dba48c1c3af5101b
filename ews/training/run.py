"""``ews train``: from the store to a judged model, and into the registry unless the gate fails it.

The bytes that are evaluated and audited are written first and registered as they are: nothing is
refitted in between, and promotion is never a side effect of training.
"""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ews.config import Config
from ews.digests import canonical_json, digest_of, file_digest
from ews.equity.gate import gate_verdict
from ews.equity.suppression import suppress_fairness
from ews.errors import GateClosed
from ews.model.fitting import FittedModel, fit_model
from ews.model.labelled_rows import LabelledRows
from ews.model.model_files import digest_of_model, write_model
from ews.model.years import YearPlan
from ews.private_files import owner_only
from ews.progress import Progress, silent
from ews.registry import Registry, Run
from ews.school_calendar import today_in
from ews.scratch import Scratch
from ews.store.lock import workspace_lock
from ews.training.audit_frame import audit_frame
from ews.training.candidates import Choice, choose, fit_candidates, metrics_of
from ews.training.candidates_by_group import without_meal_status
from ews.training.card import card_of, sources_of
from ews.training.earlier_runs import earlier_runs, failed_a_stricter_audit, history_note, tags_of
from ews.training.judging import (
    compared_with_truth,
    evaluation_of,
    fairness_of,
    judged_rows,
    truth_is_comparable,
)
from ews.training.report_folder import (
    EVALUATION,
    FAIRNESS,
    draw_pages,
    point_to_latest,
    report_folder,
    write_figures,
    write_plots,
)
from ews.training.rows import Tables, open_tables, training_rows
from ews.training.side_studies import side_studies
from ews.training.tuning import tune
from ews.training.tuning_rule import Tuned
from ews.training.tuning_study import need_optuna
from ews.training.week_to_week import week_to_week
from ews.training_settings import Tune

AUDIT_FOLDER = "audit"
MODEL_FOLDER = "model"
_DIGESTED_AT_ONCE = 200_000
"""Rows: as bytes they are held a second time."""

ACCOUNT_TAG = "account"
"""The tag that names the account which trained, whatever name was stated: neither may sign off."""


@dataclass(frozen=True)
class TrainResult:
    """What a training run ended with.

    ``version`` is None where the gate's verdict is ``fail``; the reports are there in any case.
    """

    run_name: str
    verdict: str
    lift_verdict: str
    fairness_verdict: str
    version: str | None
    reports: Path
    evaluation: dict[str, Any]
    fairness: dict[str, Any]

    def raise_if_failed(self) -> None:
        """Raise :class:`~ews.errors.GateClosed` if the gate failed the model, naming what did not hold."""
        if self.verdict != "fail":
            return
        sentences = [
            part["sentence"]
            for part, verdict in (
                (self.evaluation["lift"], self.lift_verdict),
                (self.fairness, self.fairness_verdict),
            )
            if verdict == "fail"
        ]
        raise GateClosed(
            f"the gate failed the model: {' '.join(sentences)}",
            expected="a better ranking than the best rule of thumb, and no group's need under-estimated",
            where=f"reports/{self.run_name}",
            next_step="read evaluation.html and fairness.html; nothing was registered",
        )


def train(
    config: Config, *, by: str | None = None, truth: Path | None = None, progress: Progress = silent
) -> TrainResult:
    """Train, calibrate, evaluate and audit a model; register it as challenger unless the gate fails it.

    Parameters
    ----------
    by : str, optional
        Who trains; by default the account.
    truth : Path, optional
        ``truth/risk.parquet`` of a simulated district, to compare the risks with; left aside where something
        else than chronic absence by the end of the year, as usually defined, is predicted.

    Raises
    ------
    DataRefused
        If the store, or the cluster's tables, do not hold enough complete years.
    UsageError
        If tuning is asked for and optuna is not installed, or a cluster is asked for what it does not do.
    """
    if config.training.tune is not None:
        need_optuna()  # before any long work
    # Opened before a registry is made for nothing.
    with owner_only(), workspace_lock(config.workspace_dir), open_tables(config) as engine:
        registry = Registry(config, may_create=True)
        run = registry.start_run(today_in(config.timezone))
        try:
            result = _train(config, engine, registry, run, by or account(), truth, progress)
        except BaseException:
            registry.end_run(run, well=False)
            raise
        registry.end_run(run, well=True)
        return result


def account() -> str:
    """Return the name of the account, also where the system knows no name for it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown account"


def configuration_digest(config: Config) -> str:
    """Return the SHA-256 of the configuration's content."""
    return digest_of(canonical_json(config.model_dump(mode="json")))


def basis_digest(config: Config) -> str:
    """Return the SHA-256 of what a risk rests on: definition, cohort, and which sources are features.

    Capacities and policies may change while a model serves; these may not: whom the model was never fitted
    and audited on, it may not score.
    """
    uses = {each["table"]: each["use"] for each in sources_of(config)}
    definition = config.definition.model_dump(mode="json")
    cohort = config.cohort.model_dump(mode="json")
    label = config.training.model_dump(mode="json", include={"label"})  # empty where it is the usual one
    basis = {"definition": definition, "cohort": cohort, "sources": uses, **label}
    return digest_of(canonical_json(basis))


def _train(
    config: Config,
    engine: Tables,
    registry: Registry,
    run: Run,
    by: str,
    truth: Path | None,
    progress: Progress,
) -> TrainResult:
    read = training_rows(engine, config, progress)
    rows, plan, parts = read.rows, read.plan, read.parts
    model, choice = _fitted(config, engine, rows, plan, parts, progress)
    progress("Comparing with rules of thumb", 0.0)
    judged = judged_rows(model, parts["train"], parts["test"])
    evaluation = evaluation_of(engine, judged, model, parts["test"], rows, plan, config, run.name)
    evaluation |= {"tuning": choice.record} if isinstance(choice, Tuned) else {}
    evaluation["week_to_week"] = week_to_week(engine, model, parts["test"], plan.test, config, progress)
    evaluation |= side_studies(rows, plan, parts, model, evaluation["lift"], config, progress, choice)
    fairness = fairness_of(
        engine,
        judged,
        parts["test"],
        plan,
        config,
        run.name,
        best_rule=evaluation["lift"]["best_rule"] or "",
        progress=progress,
    )
    fairness["candidates"] = choice.record if isinstance(choice, Choice) else None
    earlier = earlier_runs(registry.runs(), plan.test)
    failed = failed_a_stricter_audit(earlier, digest_of_model(model), config.audit)
    if failed is not None:
        fairness |= {
            "verdict": "fail",
            "sentence": f"This very model failed the audit of run {failed.name}, which asked more than this "
            f"one. {fairness['sentence']}",
        }
    if truth is not None and truth_is_comparable(config):
        evaluation["truth"] = compared_with_truth(judged, truth)
    verdict = gate_verdict(evaluation["lift"]["verdict"], fairness["verdict"])
    evaluation["gate"] = verdict
    progress("Writing reports", 0.0)
    notes = history_note(earlier, plan.test)
    return _report_and_register(
        config, registry, run, by, plan, parts, model, choice, evaluation, fairness, verdict, notes
    )


def _fitted(
    config: Config,
    engine: Tables,
    rows: LabelledRows,
    plan: YearPlan,
    parts: dict[str, LabelledRows],
    progress: Progress,
) -> tuple[FittedModel, Choice | Tuned | None]:
    """Return the model as configured, the one chosen among candidates, or one by a tuned recipe."""
    settings = config.training.candidates
    if config.training.tune is not None:
        return _tuned(config, config.training.tune, parts["train"], parts.get("validation"), progress)
    if settings is None or plan.validation is None:
        seed = config.training.seed
        return fit_model(parts["train"], parts.get("validation"), seed=seed, progress=progress), None
    year = rows.of_years([plan.validation])
    candidates = fit_candidates(config, settings, parts["train"], parts["validation"], year, progress)
    progress("Choosing among candidates", 0.0)
    # Who students are is read only now, when every candidate has been fitted and has given its risks.
    groups, left_out = audit_frame(engine, year.standing, without_meal_status(config))
    choice = choose(candidates, year, groups, config, settings, left_out)
    return choice.model, choice


def _tuned(
    config: Config, settings: Tune, train: LabelledRows, validation: LabelledRows | None, progress: Progress
) -> tuple[FittedModel, Tuned]:
    seed = config.training.seed
    given = {"train": train} if validation is None else {"train": train, "validation": validation}
    tuned = tune(
        settings,
        train,
        validation,
        data_digest=data_digest(given),
        workspace=config.workspace_dir,
        seed=seed,
        progress=progress,
    )
    model = fit_model(train, validation, seed=seed, progress=progress, recipe=tuned.recipe)
    return model, tuned


def _report_and_register(
    config: Config,
    registry: Registry,
    run: Run,
    by: str,
    plan: YearPlan,
    parts: dict[str, LabelledRows],
    model: FittedModel,
    choice: Choice | Tuned | None,
    evaluation: dict[str, Any],
    fairness: dict[str, Any],
    verdict: str,
    history: list[str],
) -> TrainResult:
    verdicts = {"lift": evaluation["lift"]["verdict"], "fairness": fairness["verdict"], "gate": verdict}
    shown = suppress_fairness(fairness, config.audit.min_cell)
    folder = report_folder(config.workspace_dir, run.name)
    with Scratch() as scratch:
        staged = scratch / MODEL_FOLDER  # the scratch folder itself also holds its lock
        staged.mkdir()
        digests = {"model": write_model(staged, model), "data": data_digest(parts)}
        registry.keep(run, staged, MODEL_FOLDER)
    digests |= {"configuration": configuration_digest(config), "basis": basis_digest(config)}
    card = card_of(
        config,
        plan,
        parts,
        run_name=run.name,
        trained_by=by,
        verdicts=verdicts,
        digests=digests,
        as_of_dates=evaluation["as_of_dates"],
        history=history,
    )
    card["calibration"] = evaluation["calibration"]["choice"]
    card["label"] = evaluation["label"]
    if choice is not None:
        card["limits"] = [*card["limits"], *choice.limits()]
    write_figures(folder, evaluation, shown, card)
    registry.keep(run, folder, AUDIT_FOLDER)
    tags = _tags(verdicts, _judged(digests, folder), by, run.name) | (choice.tags() if choice else {})
    tags |= tags_of(plan.test, config.audit, audited=bool(shown["attributes"]))
    metrics = _metrics(evaluation) | metrics_of(shown["candidates"])
    metrics |= choice.metrics() if isinstance(choice, Tuned) else {}
    registry.record(run, tags=tags, metrics=metrics)
    write_plots(folder, model.text, parts["test"].features, config.training.seed)
    # The pages are drawn first: a version without readable reports is never registered.
    version = None if verdict == "fail" else registry.next_version()
    draw_pages(folder, [], version)
    point_to_latest(config.workspace_dir, run.name)
    if version is not None:
        registry.register(run, tags)
    return TrainResult(
        run.name, verdict, verdicts["lift"], verdicts["fairness"], version, folder, evaluation, shown
    )


def _judged(digests: dict[str, str], folder: Path) -> dict[str, str]:
    """Return the digests with those of the evaluation and the audit, as they were written."""
    return {
        **digests,
        "audit": file_digest(folder / FAIRNESS),
        "evaluation": file_digest(folder / EVALUATION),
    }


def data_digest(parts: dict[str, LabelledRows]) -> str:
    """Return the SHA-256 of everything the model was fitted and judged on: ids, dates, features, labels."""
    digest = hashlib.sha256()
    for name in sorted(parts):
        keys = parts[name].standing[["student_id", "as_of_date", "label"]]
        digest.update(name.encode())
        for some in _some_at_a_time(keys):
            digest.update(pd.util.hash_pandas_object(some.astype(str), index=False).to_numpy().tobytes())
        for some in _some_at_a_time(parts[name].features):
            digest.update(some.to_numpy().tobytes())
    return digest.hexdigest()


def _some_at_a_time(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(rows), _DIGESTED_AT_ONCE):
        yield rows.iloc[start : start + _DIGESTED_AT_ONCE]


def _tags(verdicts: dict[str, str], digests: dict[str, str], by: str, run_name: str) -> dict[str, str]:
    from importlib.metadata import version

    return {
        **{f"{name}_verdict": verdict for name, verdict in verdicts.items()},
        **{f"{name}_digest": digest for name, digest in digests.items()},
        "trained_by": by,
        ACCOUNT_TAG: account(),
        "run_name": run_name,
        "ews_version": version("ews"),
    }


def _metrics(evaluation: dict[str, Any]) -> dict[str, float]:
    lift = {f"lift_{key}": evaluation["lift"].get(key) for key in ("estimate", "low", "high", "model_auc")}
    pooled = evaluation["periods"][-1]["populations"]["all"]["predictors"]["model"]
    figures = {name: (pooled[name] or {}).get("value") for name in ("auc", "brier", "calibration_error")}
    return {key: float(value) for key, value in {**lift, **figures}.items() if value is not None}
