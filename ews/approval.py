"""Sign-offs and promotion: what a person decides about a model, recorded and then let through the gate.

A decision is kept twice: in the workspace's append-only log, and on the registered version; every one is
kept, and of those in force the one that lasts longest counts. It records, it does not authenticate: whoever
can run the command can type any name.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ews.config import Config
from ews.digests import canonical_json, digest_of, file_digest
from ews.equity.audit_terms import TermsChanged, terms_changed
from ews.equity.banners import banners_on
from ews.equity.gate import covering, gate_verdict, may_promote, open_verdicts
from ews.equity.sign_off import SignOff, sign_off
from ews.equity.sign_off_log import Line, add_to_log, confirm, read_log
from ews.errors import EwsError, GateClosed, UsageError
from ews.model.model_files import read_model
from ews.private_files import owner_only, write_private
from ews.registry import CHALLENGER, Registry, Run, Version
from ews.school_calendar import today_in
from ews.store.lock import workspace_lock
from ews.training.report_folder import (
    CARD,
    EVALUATION,
    FAIRNESS,
    draw_pages,
    read_figures,
    report_folder,
)
from ews.training.run import ACCOUNT_TAG, AUDIT_FOLDER, MODEL_FOLDER, account

SIGN_OFF_TAG = "sign_off"
"""The tag of the first decision on a version; those after it are ``sign_off.2``, ``sign_off.3`` …"""

PROMOTED_TAG = "promoted_digest"

_SEALED = (
    "model_digest",
    "audit_digest",
    "evaluation_digest",
    "basis_digest",
    "gate_verdict",
    "run_name",
    "trained_by",
)
"""Tags that a version must carry, and that may not change once it is promoted."""

_LONGEST_TAG = 90_000
"""Characters that MLflow certainly keeps; of a longer record a version carries the digest."""


@dataclass(frozen=True)
class Decision:
    """What an equity officer states on the command line."""

    kind: str
    approver: str
    role: str
    reason: str
    expires: dt.date
    conditions: str = ""


def record_sign_off(
    config: Config, decision: Decision, *, version: str | None = None, run: str | None = None
) -> Version:
    """Record a decision about a version (by default the challenger) or, for an override, a failed run.

    An override registers the failed run; it then needs promoting like any other.

    Raises
    ------
    UsageError
        If the decision may not be recorded: see :func:`ews.equity.sign_off.sign_off`.
    GateClosed
        If evaluation or audit were altered, or the configuration asks more of an audit now.
    """
    with owner_only(), workspace_lock(config.workspace_dir):
        registry = Registry(config)
        subject, registered = _subject(registry, version, run)
        signed = _signed(config, decision, subject, registered)
        read_model(subject.folder / MODEL_FOLDER, signed.model_digest)
        text = add_to_log(config.workspace_dir, signed, by=account())
        if registered is None:
            own = {key: tag for key, tag in subject.tags.items() if not key.startswith("mlflow.")}
            registered = registry.register(subject, own)
        kept = text if len(text) <= _LONGEST_TAG else json.dumps({"digest": signed.digest})
        registry.tag(registered, {_next_tag(registered): kept})
        _show_decisions(config, registry, registry.version(registered.number), draw=True)
        return registry.version(registered.number)


def promote(config: Config, *, version: str | None = None) -> tuple[Version, SignOff | None]:
    """Make a version (by default the challenger) the champion, if the gate lets it through.

    Returns
    -------
    Version, SignOff or None
        The champion, and the decision it rests on; None on a pass.

    Raises
    ------
    GateClosed
        If the verdict is not a pass and no decision in force covers these very bytes, or the
        configuration asks more of an audit now than this one was asked.
    ModelUnusable
        If a part of the model is missing or was altered.
    """
    with owner_only(), workspace_lock(config.workspace_dir):
        registry = Registry(config)
        refresh_banners(config, registry)
        chosen = _chosen(registry, version)
        decision = standing_decision(chosen, config)
        _check_terms(chosen.run, config)
        read_model(chosen.run.folder / MODEL_FOLDER, chosen.tags["model_digest"])
        registry.set_champion(chosen, {PROMOTED_TAG: seal_of(chosen)})
        return registry.version(chosen.number), decision


def audit_terms(run: Run, config: Config) -> TermsChanged:
    """Return how the configuration's audit differs now from the one that a run was judged by."""
    return terms_changed(config.audit, read_figures(run.folder / AUDIT_FOLDER, FAIRNESS))


def looser_now(run: Run, config: Config) -> list[str]:
    """Return in sentences what a run's verdict rests on that the configuration asks no more."""
    return [f"The verdict stands on what was audited: {each}." for each in audit_terms(run, config).looser]


def seal_of(version: Version) -> str:
    """Return one digest over everything that a promotion rests on.

    Raises
    ------
    GateClosed
        If the version lacks a tag that training writes.
    """
    missing = [name for name in _SEALED if not version.tags.get(name)]
    if missing:
        raise GateClosed(
            f"the version has lost the tags {', '.join(missing)}",
            expected="the tags that `ews train` wrote",
            where="the registry",
            next_step="restore the registry from a backup, or train again",
        )
    return digest_of(canonical_json({name: version.tags[name] for name in _SEALED}))


def check_judgement(version: Version) -> None:
    """Hold a version's verdict against the evaluation and the audit that it came from.

    Raises
    ------
    GateClosed
        If either was altered, or the verdict on the version is not the one they give.
    """
    seal_of(version)
    folder = version.run.folder / AUDIT_FOLDER
    for name, tag in ((EVALUATION, "evaluation_digest"), (FAIRNESS, "audit_digest")):
        if not (folder / name).is_file() or file_digest(folder / name) != version.tags[tag]:
            raise _altered(f"{name} is missing or has been altered")
    verdicts = (
        read_figures(folder, EVALUATION)["lift"]["verdict"],
        read_figures(folder, FAIRNESS)["verdict"],
    )
    if version.tags["gate_verdict"] != gate_verdict(*verdicts):
        raise _altered("the verdict on the version is not that of its evaluation and audit")


def standing_decision(version: Version, config: Config) -> SignOff | None:
    """Return the decision in force that a version rests on; None where its verdict is a pass.

    Raises
    ------
    GateClosed
        If the verdict is open and nothing in force covers it, or a record was edited.
    """
    check_judgement(version)
    signed, refused = decisions_on(version, config)
    try:
        return may_promote(
            version.tags["gate_verdict"],
            signed,
            today_in(config.timezone),
            model_digest=version.tags["model_digest"],
            audit_digest=version.tags["audit_digest"],
            did_not_hold=_did_not_hold(version),
        )
    except GateClosed as error:
        # Where a decision could not be relied on, that is what has to be mended.
        raise refused or error from None


def _did_not_hold(version: Version) -> list[str]:
    """Return the sentences of lift and audit that are not a pass."""
    folder = version.run.folder / AUDIT_FOLDER
    parts = (read_figures(folder, EVALUATION)["lift"], read_figures(folder, FAIRNESS))
    return [each["sentence"] for each in parts if each["verdict"] != "pass"]


def decisions_in_force(version: Version, config: Config) -> list[SignOff]:
    """Return every decision in force that a version may rest on, the one that lasts longest first."""
    today = today_in(config.timezone)
    in_force = [each for each in _about(version, config) if each.is_in_force(today)]
    return sorted(in_force, key=lambda each: (each.expires, each.recorded_at.isoformat()), reverse=True)


def decisions_on(version: Version, config: Config) -> tuple[list[SignOff], GateClosed | None]:
    """Return the decisions on a version that the log confirms, and why another cannot be relied on.

    Raises
    ------
    GateClosed
        If the log cannot be read.
    """
    lines = read_log(config.workspace_dir)
    confirmed: list[SignOff] = []
    refused: GateClosed | None = None
    for name in _decision_tags(version):
        try:
            confirmed.append(_confirmed(version.tags[name], lines))
        except GateClosed as error:
            refused = refused or error
    return confirmed, refused


def refresh_banners(config: Config, registry: Registry) -> None:
    """Mark, on every version that was signed off and on its run and reports, what has lapsed since."""
    for version in registry.versions():
        if _decision_tags(version):
            try:
                _show_decisions(config, registry, version)
            except (EwsError, OSError, ValueError, KeyError):
                continue  # what cannot be shown cannot be used either; scoring says what is wrong with it


def _confirmed(text: str, lines: Sequence[Line]) -> SignOff:
    try:
        record = json.loads(text)
    except ValueError:
        record = {}
    if isinstance(record, dict) and set(record) == {"digest"}:
        record = next(
            (each.record for each in lines if each.record.get("digest") == record["digest"]), record
        )
    signed = SignOff.from_record(record)
    confirm(list(lines), record)
    return signed


def _decision_tags(version: Version) -> list[str]:
    found = (key for key in version.tags if key == SIGN_OFF_TAG or key.startswith(f"{SIGN_OFF_TAG}."))
    return sorted((key for key in found if version.tags[key]), key=lambda key: (len(key), key))


def _next_tag(version: Version) -> str:
    numbered = (f"{SIGN_OFF_TAG}.{number}" for number in range(2, len(version.tags) + 3))
    return next(name for name in (SIGN_OFF_TAG, *numbered) if not version.tags.get(name))


def _about(version: Version, config: Config) -> list[SignOff]:
    signed, _ = decisions_on(version, config)
    return covering(
        version.tags["gate_verdict"],
        signed,
        model_digest=version.tags["model_digest"],
        audit_digest=version.tags["audit_digest"],
    )


def _show_decisions(config: Config, registry: Registry, version: Version, *, draw: bool = False) -> None:
    """Show on a version, its run and the run's pages what it rests on today; drawn again where it changed."""
    check_judgement(version)
    banners = banners_on(_about(version, config), today_in(config.timezone))
    changed = registry.show(version, banners)
    folder = report_folder(config.workspace_dir, version.run.name)
    if not folder.exists() or not (changed or draw):
        return
    for name in (EVALUATION, FAIRNESS, CARD):
        if not (folder / name).is_file():
            write_private(folder / name, (version.run.folder / AUDIT_FOLDER / name).read_bytes())
    draw_pages(folder, banners, version.number)


def _check_terms(run: Run, config: Config) -> None:
    stricter = audit_terms(run, config).stricter
    if stricter:
        raise GateClosed(
            f"the configuration asks more than the model was audited for: {'; '.join(stricter)}",
            expected=f"what the audit of run {run.name} was asked: attributes, tolerance, min_group",
            where="audit of the configuration",
            next_step="train again, so that a model is judged by what the configuration states now",
        )


def _altered(found: str) -> GateClosed:
    return GateClosed(
        found,
        expected="evaluation, audit and verdict as `ews train` wrote them",
        where="the registry",
        next_step="restore it from a backup, or train again",
    )


def _subject(registry: Registry, version: str | None, run: str | None) -> tuple[Run, Version | None]:
    if version is not None and run is not None:
        raise UsageError(
            "both --version and --run are given", expected="one of them", next_step="leave one of them out"
        )
    if run is None:
        chosen = _chosen(registry, version)
        return chosen.run, chosen
    found = registry.run_named(run)
    if "model_digest" not in found.tags:
        raise UsageError(
            "that run did not end with a judged model",
            expected="a run with reports",
            where="--run",
            next_step="train again",
        )
    versions = registry.versions_of(found)
    return found, versions[0] if versions else None


def _signed(config: Config, decision: Decision, run: Run, version: Version | None) -> SignOff:
    audit = run.folder / AUDIT_FOLDER
    tags = version.tags if version else run.tags
    check_judgement(version or Version("", tags, dt.datetime.now(dt.UTC), run))
    _check_terms(run, config)
    return sign_off(
        kind=decision.kind,
        verdict=tags["gate_verdict"],
        subject=f"version {version.number}" if version else f"run {run.name}",
        approver=decision.approver,
        role=decision.role,
        reason=decision.reason,
        conditions=decision.conditions,
        expires=decision.expires,
        open_verdicts=open_verdicts(read_figures(audit, EVALUATION), read_figures(audit, FAIRNESS)),
        model_digest=tags["model_digest"],
        audit_digest=tags["audit_digest"],
        trained_by=tags["trained_by"],
        recorded_at=dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0),
        today=today_in(config.timezone),
        trainers=_trainers(run, version),
    )


def _trainers(run: Run, version: Version | None) -> list[str]:
    """Return every name under which somebody trained a run: as stated, and the account."""
    kept = [run.tags, version.tags if version else {}]
    return [tags[name] for tags in kept for name in ("trained_by", ACCOUNT_TAG) if tags.get(name)]


def _chosen(registry: Registry, number: str | None) -> Version:
    chosen = registry.version(number) if number is not None else registry.alias(CHALLENGER)
    if chosen is None:
        raise GateClosed(
            "there is no challenger",
            expected="a version that the gate did not fail",
            where="the registry",
            next_step="run `ews train`; a failed run needs `ews sign-off --run ID --kind override` first",
        )
    return chosen
