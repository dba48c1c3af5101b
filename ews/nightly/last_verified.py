"""The last verified model, kept beside the lists: for a night on which the registry cannot be reached.

A copy of the champion's files and of what the registry said of it. It is verified exactly as the champion
is, every digest and every decision, and it serves only so many days after it was last seen in the registry.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

from ews.config import Config
from ews.digests import canonical_json, file_digest
from ews.errors import ModelUnusable
from ews.private_files import AsItWas, staged_folder, write_private
from ews.registry import Run, Version
from ews.school_calendar import today_in
from ews.training.run import AUDIT_FOLDER, MODEL_FOLDER

_FOLDER = "last_verified_model"
_RECORD = "record.json"
_SEEN = "seen"
_PARTS = (MODEL_FOLDER, AUDIT_FOLDER)

_CLOCK_SLACK_DAYS = 2
"""So much is put up with of a clock that was set back; one that is off further cannot tell a model's age."""


def keep(version: Version, config: Config) -> None:
    """Keep a champion that has just been verified, and on which day."""
    kept = _folder(config)
    record = canonical_json(
        {
            "number": version.number,
            "tags": version.tags,
            "created_at": version.created_at.isoformat(),
            "run": {"id": version.run.run_id, "name": version.run.name, "tags": version.run.tags},
        }
    )
    with staged_folder(kept) as folder:
        if _is_kept(kept, version, record):
            raise AsItWas
        for part in _PARTS:
            shutil.copytree(version.run.folder / part, folder / part)
        write_private(folder / _RECORD, record)
    write_private(kept / _SEEN, f"{today_in(config.timezone)}\n".encode())


def _is_kept(kept: Path, version: Version, record: bytes) -> bool:
    """Return whether a version is kept already, every file of it as it is in the registry."""
    try:
        same = (_digests(kept / part) == _digests(version.run.folder / part) for part in _PARTS)
        return (kept / _RECORD).read_bytes() == record and all(same)
    except OSError:
        return False


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files}


def kept_any(config: Config) -> bool:
    """Return whether a model was ever in service on this server."""
    return (_folder(config) / _RECORD).is_file()


def last_verified(config: Config) -> tuple[Version, dt.date]:
    """Return the version that was kept, and the day on which the registry last had it in service.

    Raises
    ------
    ModelUnusable
        If none was kept, it was last seen longer ago than ``nightly.without_registry_days``, or the clock
        is set back too far to say.
    """
    folder = _folder(config)
    try:
        record = json.loads((folder / _RECORD).read_bytes())
        seen = dt.date.fromisoformat((folder / _SEEN).read_text(encoding="ascii").strip())
        run = Run(record["run"]["id"], record["run"]["name"], record["run"]["tags"], folder)
        created_at = dt.datetime.fromisoformat(record["created_at"])
        version = Version(record["number"], record["tags"], created_at, run)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _none("no verified model of an earlier night is kept") from None
    days = (today_in(config.timezone) - seen).days
    if days < -_CLOCK_SLACK_DAYS:
        raise _none(
            f"the registry cannot be opened, and was last seen on {seen}, which is yet to come by this clock",
            expected="a clock that is right, or a registry that can be opened",
        )
    if days > config.nightly.without_registry_days:
        raise _none(
            f"the registry cannot be opened, and was last seen {days} days ago",
            expected=f"at most {config.nightly.without_registry_days} days (nightly.without_registry_days)",
        )
    return version, seen


def _folder(config: Config) -> Path:
    return config.workspace_dir / _FOLDER


def _none(found: str, *, expected: str = "a registry that can be opened") -> ModelUnusable:
    return ModelUnusable(
        found,
        expected=expected,
        where="mlflow.tracking_uri",
        next_step="check the path and its permissions, or restore the registry from a backup",
    )
