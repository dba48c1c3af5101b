"""Sign-offs and promotion: what a person decides about a model, recorded and then let through the gate.

A decision is kept twice: in the workspace's append-only log, and on the registered version. It records,
it does not authenticate: whoever can run the command can type any name.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass
from typing import Any

from ews.config import Config
from ews.digests import canonical_json, digest_of, file_digest
from ews.equity.gate import gate_verdict, may_promote, open_verdicts
from ews.equity.sign_off import SignOff, sign_off
from ews.errors import GateClosed, UsageError
from ews.private_files import owner_only
from ews.registry import CHALLENGER, Registry, Run, Version
from ews.school_calendar import today_in
from ews.store.lock import workspace_lock
from ews.training.report_folder import EVALUATION, FAIRNESS, draw_pages, read_figures, report_folder
from ews.training.run import AUDIT_FOLDER

SIGN_OFF_TAG = "sign_off"
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
    """
    with owner_only(), workspace_lock(config.workspace_dir):
        registry = Registry(config)
        subject, registered = _subject(registry, version, run)
        signed = _signed(config, decision, subject, registered)
        text = json.dumps(signed.record(), sort_keys=True, ensure_ascii=False)
        _append_to_log(config, text)
        if registered is None:
            own = {key: tag for key, tag in subject.tags.items() if not key.startswith("mlflow.")}
            registered = registry.register(subject, own)
        registry.tag(registered, {SIGN_OFF_TAG: text})
        folder = report_folder(config.workspace_dir, subject.name)
        if folder.exists():
            draw_pages(folder, [banner_of(signed)], registered.number)
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
        If the verdict is not a pass and no decision in force covers these very bytes.
    """
    with owner_only(), workspace_lock(config.workspace_dir):
        registry = Registry(config)
        chosen = _chosen(registry, version)
        decision = standing_decision(chosen, config)
        registry.set_champion(chosen, {PROMOTED_TAG: seal_of(chosen)})
        return registry.version(chosen.number), decision


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
    signed = signed_on(version, config)
    return may_promote(
        version.tags["gate_verdict"],
        signed,
        today_in(config.timezone),
        model_digest=version.tags["model_digest"],
        audit_digest=version.tags["audit_digest"],
    )


def signed_on(version: Version, config: Config) -> list[SignOff]:
    """Return the decision on a version, after comparing it with the workspace's log.

    Raises
    ------
    GateClosed
        If the record on the version was edited, or the log does not hold it.
    """
    text = version.tags.get(SIGN_OFF_TAG)
    if not text:
        return []
    try:
        record = json.loads(text)
    except ValueError:
        record = {}
    signed = SignOff.from_record(record)
    if signed.digest not in {each.get("digest") for each in read_log(config)}:
        raise GateClosed(
            "the sign-off on the version is not in the workspace's log",
            expected="the same decision in sign_offs.jsonl and on the version",
            where="sign_offs.jsonl",
            next_step="restore the log from a backup, or have an equity officer record the decision again",
        )
    return [signed]


def banner_of(signed: SignOff) -> str:
    """Return the sentence that stands on every list and report while a decision is in force."""
    what = {
        "insufficient_evidence": "The evidence was not sufficient for a verdict",
        "override": "The gate failed this model and was overridden",
    }[signed.kind]
    conditions = f" Conditions: {signed.conditions}." if signed.conditions else ""
    return (
        f"{what}. Signed off by {signed.approver} ({signed.role}) until {signed.expires}: "
        f"{signed.reason.rstrip('.')}.{conditions}"
    )


def read_log(config: Config) -> list[dict[str, Any]]:
    """Return every decision in the workspace's log, the oldest first."""
    path = config.workspace_dir / "sign_offs.jsonl"
    if not path.exists():
        return []
    records: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # a line cut short by a crash holds no decision
        if isinstance(record, dict):
            records.append(record)
    return records


def _altered(found: str) -> GateClosed:
    return GateClosed(
        found,
        expected="evaluation, audit and verdict as `ews train` wrote them",
        where="the registry",
        next_step="restore it from a backup, or train again",
    )


def _append_to_log(config: Config, text: str) -> None:
    path = config.workspace_dir / "sign_offs.jsonl"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as log:
        log.write(text + "\n")
        log.flush()
        os.fsync(log.fileno())


def _subject(registry: Registry, version: str | None, run: str | None) -> tuple[Run, Version | None]:
    if version and run:
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
    )


def _chosen(registry: Registry, number: str | None) -> Version:
    chosen = registry.version(number) if number else registry.alias(CHALLENGER)
    if chosen is None:
        raise GateClosed(
            "there is no challenger",
            expected="a version that the gate did not fail",
            where="the registry",
            next_step="run `ews train`; a failed run needs `ews sign-off --run ID --kind override` first",
        )
    return chosen
