"""The model in service: the champion, verified from the registry's record down to every byte."""

from __future__ import annotations

from dataclasses import dataclass

from ews.approval import PROMOTED_TAG, decisions_in_force, seal_of, standing_decision
from ews.config import Config
from ews.equity.banners import banner_of
from ews.equity.sign_off import SignOff
from ews.errors import GateClosed, ModelUnusable
from ews.model.fitting import FittedModel
from ews.model.model_files import read_model
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


def champion(config: Config) -> InService:
    """Return the champion after verifying it.

    Raises
    ------
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
    return verified(registry, version, config)


def verified(registry: Registry, version: Version, config: Config) -> InService:
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
    return InService(registry.model_name, version, model, decisions)


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
