"""The model in service: the champion, verified from the registry's record down to every byte."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from ews.approval import PROMOTED_TAG, decisions_in_force, refresh_banners, seal_of, standing_decision
from ews.config import Config
from ews.equity.banners import banner_of
from ews.equity.sign_off import SignOff
from ews.errors import GateClosed, ModelUnusable, RegistryUnreachable, UsageError
from ews.model.fitting import FittedModel
from ews.model.model_files import read_model
from ews.nightly.last_verified import keep, kept_any, last_verified
from ews.nightly.night_log import PUBLISHED, runs
from ews.nightly.published_nights import newest_night
from ews.registry import CHAMPION, Registry, Version
from ews.school_calendar import today_in
from ews.training.run import MODEL_FOLDER, basis_digest


@dataclass(frozen=True)
class InService:
    """A verified champion and the decisions in force that it rests on, the one that lasts longest first."""

    name: str
    version: Version
    model: FittedModel
    decisions: tuple[SignOff, ...]

    @property
    def decision(self) -> SignOff | None:
        """The decision that lasts longest; None where the verdict is a pass."""
        return self.decisions[0] if self.decisions else None

    @property
    def banners(self) -> list[str]:
        """What has to stand on every list."""
        return [banner_of(each) for each in self.decisions]

    def record(self) -> dict[str, Any]:
        """Return what a manifest says of what scores rest on: model, audit, and who has decided."""
        tags = self.version.tags
        return {
            "model": {
                "name": self.name,
                "version": self.version.number,
                "digest": tags["model_digest"],
                "run": tags["run_name"],
            },
            "audit": {"digest": tags["audit_digest"], "verdict": tags["gate_verdict"]},
            "sign_off": self.decision.record() if self.decision else None,
        }


def champion(config: Config) -> InService:
    """Return the champion after verifying it.

    Raises
    ------
    RegistryUnreachable
        If the registry is not there or cannot be read.
    ModelUnusable
        If there is none, it has expired, nobody promoted it, its sign-off has lapsed or was edited, or
        a digest of model, schema or audit does not match.
    """
    registry = Registry(config)
    version = registry.alias(CHAMPION)
    if version is None:
        raise ModelUnusable(
            "no model is in service",
            expected="a champion",
            where="the registry",
            next_step="run `ews train`, read the reports, then `ews promote`",
        )
    return verified(registry.model_name, version, config)


def in_service(config: Config) -> tuple[InService, list[str]]:
    """Return the champion, or where the registry cannot be reached the last one that was verified.

    Returns
    -------
    InService, list of str
        With a sentence where it is not the registry's own answer.

    Raises
    ------
    ModelUnusable
        See :func:`champion`; and if the registry cannot be reached and nothing kept may serve.
    """
    try:
        refresh_banners(config, Registry(config))
        service = champion(config)
    except RegistryUnreachable:
        if not kept_any(config):
            raise
        version, seen = last_verified(config)
        service = verified(config.mlflow.model_name, version, config)
        return service, [
            f"The registry could not be opened. The lists rest on version {version.number}, verified on this "
            f"server, which the registry last had in service on {seen}."
        ]
    keep(service.version, config)
    return service, []


def verified(name: str, version: Version, config: Config) -> InService:
    """Return a version ready to score after verifying it; see :func:`champion`."""
    _check_age(version, config)
    try:
        _check_promoted(version)
        standing_decision(version, config)
        decisions = tuple(decisions_in_force(version, config))
    except GateClosed as error:
        raise ModelUnusable(
            error.found, expected=error.expected, where=error.where, next_step=error.next_step
        ) from None
    _check_basis(version, config)
    model = read_model(version.run.folder / MODEL_FOLDER, version.tags["model_digest"])
    return InService(name, version, model, decisions)


def _check_promoted(version: Version) -> None:
    if version.tags.get(PROMOTED_TAG) == seal_of(version):
        return
    raise ModelUnusable(
        "the champion was not made so by `ews promote`",
        expected="an alias that only `ews promote` moves",
        where="the registry",
        next_step="run `ews promote`, which asks the gate",
    )


def _check_basis(version: Version, config: Config) -> None:
    if version.tags["basis_digest"] == basis_digest(config):
        return
    raise ModelUnusable(
        "the definition, or what the sources are used for, is not that of the model's training and audit",
        expected="the definition and the uses of its run (see its model card)",
        where="the configuration",
        next_step="set them back, or train and promote a model under the new ones",
    )


def _check_age(version: Version, config: Config) -> None:
    age = (today_in(config.timezone) - version.created_at.date()).days
    if age <= config.nightly.model_max_age_days:
        return
    raise ModelUnusable(
        f"the model is {age} days old",
        expected=f"at most {config.nightly.model_max_age_days} days (nightly.model_max_age_days)",
        where="the registry",
        next_step="train and promote a new model",
    )


def service_for(day: dt.date, config: Config) -> tuple[InService, list[str]]:
    """Return the model for a day: for a night older than the newest, the version that made its lists.

    So a night of the past can be repeated byte for byte, also after another model has come into service;
    while the newest lists, which people use, follow the champion.

    Raises
    ------
    ModelUnusable
        See :func:`in_service`; and if the version of that night is not as it was registered.
    """
    service, notes = in_service(config)
    made_by = _version_of_night(day, config)
    if made_by is None or made_by == service.version.number or not _is_of_the_past(day, config):
        return service, notes
    registry = Registry(config)
    try:
        version = registry.version(made_by)
        decisions = tuple(decisions_in_force(version, config))
        model = read_model(version.run.folder / MODEL_FOLDER, version.tags["model_digest"])
    except UsageError as error:
        raise ModelUnusable(error.found, where=error.where, next_step=error.next_step) from None
    return InService(registry.model_name, version, model, decisions), notes


def _is_of_the_past(day: dt.date, config: Config) -> bool:
    newest = newest_night(config.workspace_dir)
    return newest is not None and day < newest


def _version_of_night(day: dt.date, config: Config) -> str | None:
    """Return the version that the log of nights names for a day, the newest run first."""
    for run in reversed(runs(config.workspace_dir)):
        if run.get("as_of") == day.isoformat() and run["outcome"] == PUBLISHED and run.get("model_version"):
            return str(run["model_version"])
    return None
