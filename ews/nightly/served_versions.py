"""The versions that made published lists, as they were registered: what a year's audit is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ews.approval import check_judgement
from ews.config import Config
from ews.equity.audit_terms import TermsChanged, terms_changed
from ews.errors import GateClosed, ModelUnusable
from ews.nightly.served_nights import Nights, ServedNight
from ews.nightly.served_verdicts import school_year_words
from ews.registry import Registry, Version
from ews.training.report_folder import EVALUATION, FAIRNESS, read_figures
from ews.training.run import AUDIT_FOLDER, basis_digest


@dataclass(frozen=True)
class Registered:
    """One version with what its kept evaluation and audit say.

    Attributes
    ----------
    verdict : str
        The fairness verdict with which it was registered.
    seen : frozenset of int
        The school years that it was trained or validated on.
    terms : TermsChanged
        How today's configuration differs from what its audit was asked.
    """

    version: Version
    verdict: str
    seen: frozenset[int]
    terms: TermsChanged


def registered_versions(
    nights: Sequence[ServedNight], config: Config, registry: Registry
) -> dict[str, Registered]:
    """Return the versions that made the lists of some nights, by number, each verified.

    Raises
    ------
    ModelUnusable
        If a version's kept evaluation or audit is gone or altered, or it was trained under another basis.
    """
    numbers = sorted({night.version for night in nights}, key=int)
    return {number: _registered(registry.version(number), config) for number in numbers}


def without_seen_years(nights: Nights, registered: Mapping[str, Registered], year: int) -> Nights:
    """Leave out the nights of versions that were trained or validated on the year."""
    kept, left_out = [], dict(nights.left_out)
    for night in nights.verified:
        if year in registered[night.version].seen:
            left_out[night.folder.name] = (
                f"version {night.version} was trained or validated on {school_year_words(year)}"
            )
        else:
            kept.append(night)
    return Nights(kept, dict(sorted(left_out.items())))


def _registered(version: Version, config: Config) -> Registered:
    try:
        check_judgement(version)
    except GateClosed as error:
        raise ModelUnusable(
            f"version {version.number}: {error.found}",
            expected=error.expected,
            where=error.where,
            next_step=error.next_step,
        ) from None
    if version.tags["basis_digest"] != basis_digest(config):
        raise _other_basis(version)
    folder = version.run.folder / AUDIT_FOLDER
    evaluation, fairness = read_figures(folder, EVALUATION), read_figures(folder, FAIRNESS)
    seen = {*evaluation["train_years"], evaluation["validation_year"]} - {None}
    return Registered(
        version, str(fairness["verdict"]), frozenset(seen), terms_changed(config.audit, fairness)
    )


def _other_basis(version: Version) -> ModelUnusable:
    return ModelUnusable(
        f"the definition, the cohort, or what the sources are used for, is not that of version "
        f"{version.number}'s training and audit: whether its verdict holds cannot be asked under another",
        expected=f"those of run {version.run.name} (see its model card)",
        where="the configuration",
        next_step="set them back, or give a configuration that has them, and run it again",
    )
