"""``ews verify``: every digest from the model in service to the files that were published."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ews.approval import decisions_on
from ews.config import Config
from ews.digests import digest_of, file_digest
from ews.equity.sign_off_log import log_problems, read_log
from ews.errors import GateClosed, ModelUnusable, UsageError
from ews.nightly.export_log import Standing, standings
from ews.nightly.published_nights import LATEST, MANIFEST
from ews.nightly.service import champion
from ews.registry import Registry
from ews.store.purge_log import PURGE_LOG, read_lines, unfinished
from ews.store.schema import read_store, store_path
from ews.store.tombstones import back_again, read_copy
from ews.training.report_folder import EVALUATION, FAIRNESS

AUDIT_LOG = "audits.jsonl"
"""Which audit of published lists was made when: lines that are only added."""

AS_SERVED = "as-served-"
"""How the report folders of such audits begin; the rest is the school year."""

MISSING = "was exported, was not purged, and is missing"

_REPORTS_OF_OURS = re.compile(rf"\d{{4}}-\d\d-\d\d-\d+|{AS_SERVED}\d{{4}}")
"""How this program names folders of reports. What others put there may be named after a person."""


@dataclass
class VerifyResult:
    """What was verified, and what does not hold."""

    model_version: str = ""
    nights: list[str] = field(default_factory=list)
    files: int = 0
    problems: list[str] = field(default_factory=list)

    def raise_if_broken(self) -> None:
        """Raise :class:`~ews.errors.ModelUnusable` if anything does not hold."""
        if not self.problems:
            return
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        raise ModelUnusable(
            f"{self.problems[0]}{more}",
            expected="every file as its manifest has it",
            where="published",
            next_step="restore it from a backup, or publish that night again with `ews score --as-of`; "
            "a purge is run again as it was begun",
        )


def verify(config: Config) -> VerifyResult:
    """Verify the champion, every published night, and the reports of every registered run that is named.

    A night's files are held against its manifest, the manifest against the export log, and the digests
    that it names against the registry. A night that was purged since has the manifest that the purge left.

    Raises
    ------
    ModelUnusable
        If the champion cannot be used; problems with published files are collected in the result.
    """
    registry = Registry(config)
    result = VerifyResult(model_version=champion(config).version.number)
    published = config.workspace_dir / "published"
    logged = standings(config.workspace_dir)
    for folder in sorted(path for path in published.glob("????-??-??") if path.is_dir()):
        if is_night(folder.name):
            verify_night(folder, logged.get(folder.name), registry, result)
        else:
            result.problems.append("published: a folder that is no night")
    result.problems += [f"{name}: {MISSING}" for name in missing_nights(config.workspace_dir, logged)]
    _verify_sign_offs(config, registry, result)
    _verify_purges(config.workspace_dir, result)
    _verify_reports(config, registry, result)
    latest = published / LATEST
    named = latest.read_text(encoding="utf-8").strip() if latest.exists() else ""
    if result.nights and named not in result.nights:
        result.problems.append("LATEST is missing, or names a night that is not there")
    return result


def is_night(name: str) -> bool:
    """Return whether a folder's name is the date of a night, as this program writes it."""
    try:
        return dt.date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def missing_nights(workspace: Path, logged: Mapping[str, Standing]) -> list[str]:
    """Return the nights that were exported and not purged whole, and whose folder is not there.

    Parameters
    ----------
    logged : mapping of str to Standing
        What the export log says of every night.
    """
    purges = _known_purges(workspace)
    return sorted(
        name
        for name, night in logged.items()
        if is_night(name) and night.removed_by not in purges and not (workspace / "published" / name).is_dir()
    )


def verify_night(
    folder: Path,
    logged: Standing | None,
    registry: Registry,
    result: VerifyResult,
    *,
    only: Collection[str] | None = None,
) -> None:
    """Verify one published night and add what was looked at, and what does not hold, to a result.

    Parameters
    ----------
    folder : Path
        ``published/<as_of>``.
    logged : Standing or None
        What the export log says of it.
    only : collection of str, optional
        The files that have to be there as they were published; by default all, and no others.
    """
    result.nights.append(folder.name)
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = json.loads(content)
        recorded = manifest["files"]
        purges = [str(each["purge"]) for each in manifest.get("purges", [])]
        tags = registry.version(manifest["model"]["version"]).tags
        digests = (manifest["model"]["digest"], manifest["audit"]["digest"], manifest["audit"]["verdict"])
        rests_on = (manifest.get("sign_off") or {}).get("digest")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UsageError):
        result.problems.append(f"{folder.name}: the manifest is missing or cannot be read")
        return
    exported = _verify_manifest(folder, digest_of(content), purges, logged, result)
    if digests != tuple(tags.get(name) for name in ("model_digest", "audit_digest", "gate_verdict")):
        result.problems.append(f"{folder.name}: the manifest names another model or audit than the registry")
    if rests_on is not None and rests_on not in _logged_decisions(folder.parent.parent):
        result.problems.append(f"{folder.name}: rests on a sign-off that the workspace's log does not hold")
    # The names in another manifest are other hands' words: they are not repeated.
    if exported:
        _verify_files(folder, recorded, only, result)


def _logged_decisions(workspace: Path) -> set[str]:
    return {str(line.record.get("digest")) for line in read_log(workspace)}


def _verify_sign_offs(config: Config, registry: Registry, result: VerifyResult) -> None:
    """Hold the log of sign-offs against itself, and the decisions on every version against the log."""
    result.problems += log_problems(config.workspace_dir)
    for version in registry.versions():
        try:
            _, refused = decisions_on(version, config)
        except GateClosed as error:
            refused = error
        if refused is not None:
            result.problems.append(f"version {version.number}: {refused.found}")


def _verify_manifest(
    folder: Path, digest: str, purges: list[str], logged: Standing | None, result: VerifyResult
) -> bool:
    """Hold a manifest against the export log, and the purges that it names against the log of purges.

    Returns whether it was ever the night's: exported, or left by a purge.
    """
    known = _known_purges(folder.parent.parent)
    if logged is None or (logged.manifest != digest and digest not in logged.earlier):
        result.problems.append(f"{folder.name}: the manifest is not the one that was exported")
    elif logged.manifest is None:
        result.problems.append(f"{folder.name}: was purged whole, and is there again")
    elif logged.manifest != digest:
        result.problems.append(f"{folder.name}: was purged since, and this is what was there before")
    elif logged.broken or not set(purges) <= set(logged.purges) & known:
        result.problems.append(f"{folder.name}: names a purge that does not follow from what was there")
    return logged is not None and digest in {logged.manifest, *logged.earlier}


def _known_purges(workspace: Path) -> set[str]:
    return {str(each.get("purge")) for each in (*read_lines(workspace / PURGE_LOG), *unfinished(workspace))}


def _verify_purges(workspace: Path, result: VerifyResult) -> None:
    """See that every purge was finished, and that nothing of what was purged is in the store again."""
    for begun in unfinished(workspace):
        result.problems.append(
            f"the purge {begun['purge']} was begun and not finished: run it again, as it was begun"
        )
    if not any(read_copy(workspace)) or not store_path(workspace).exists():
        return
    with read_store(workspace) as session:
        students, days = back_again(session, workspace)
    if students or days:
        what = f"{students} students and {days} days of attendance that were purged"
        result.problems.append(f"the store holds {what}: was it restored from a backup? Purge them again")


def _verify_files(
    folder: Path, recorded: dict[str, str], only: Collection[str] | None, result: VerifyResult
) -> None:
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    strays = len(present - {MANIFEST} - set(recorded))
    if strays and only is None:
        # Counted, never named: a stray file may be named after a person.
        result.problems.append(f"{folder.name}: holds {strays} {_files(strays)} not in the manifest")
    for name in sorted(recorded if only is None else only):
        result.files += 1
        if name not in present or name not in recorded:
            result.problems.append(f"{folder.name}/{name}: missing")
        elif file_digest(folder / name) != recorded[name]:
            result.problems.append(f"{folder.name}/{name}: altered since it was published")


def _files(count: int) -> str:
    return "file" if count == 1 else "files"


def _verify_reports(config: Config, registry: Registry, result: VerifyResult) -> None:
    """Hold the figures in ``reports/`` against the run that they are of, or the log of audits as served."""
    audited = {
        str(each.get("what")): each.get("audit") for each in read_lines(config.workspace_dir / AUDIT_LOG)
    }
    for folder in sorted((config.workspace_dir / "reports").glob("*/")):
        if not _REPORTS_OF_OURS.fullmatch(folder.name):
            result.problems.append("reports: a folder that is of no run")
            continue
        if folder.name.startswith(AS_SERVED):
            digest = file_digest(folder / FAIRNESS) if (folder / FAIRNESS).is_file() else None
            if digest is None or audited.get(f"reports/{folder.name}") != digest:
                result.problems.append(f"reports/{folder.name}/{FAIRNESS}: not the one of the audit")
            continue
        for name, tag in ((EVALUATION, "evaluation_digest"), (FAIRNESS, "audit_digest")):
            try:
                recorded = registry.run_named(folder.name).tags.get(tag)
            except UsageError:
                recorded = None
            if not (folder / name).is_file() or recorded != file_digest(folder / name):
                result.problems.append(f"reports/{folder.name}/{name}: not the one of the run")
