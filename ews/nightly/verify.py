"""``ews verify``: every digest from the model in service to the files that were published."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from ews.config import Config
from ews.digests import file_digest
from ews.errors import ModelUnusable
from ews.nightly.publish import LATEST, MANIFEST
from ews.nightly.service import champion


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
            next_step="restore it from a backup, or publish that night again with `ews score --as-of`",
        )


def verify(config: Config) -> VerifyResult:
    """Verify the champion and every published night.

    Raises
    ------
    ModelUnusable
        If the champion cannot be used; problems with published files are collected in the result.
    """
    result = VerifyResult(model_version=champion(config).version.number)
    published = config.workspace_dir / "published"
    for folder in sorted(path for path in published.glob("????-??-??") if path.is_dir()):
        _verify_night(folder, result)
    latest = published / LATEST
    named = latest.read_text(encoding="utf-8").strip() if latest.exists() else ""
    if result.nights and named not in result.nights:
        result.problems.append("LATEST is missing, or names a night that is not there")
    return result


def _verify_night(folder: Path, result: VerifyResult) -> None:
    result.nights.append(folder.name)
    try:
        recorded = json.loads((folder / MANIFEST).read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        result.problems.append(f"{folder.name}: the manifest is missing or cannot be read")
        return
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name in sorted(present - {MANIFEST} - set(recorded)):
        result.problems.append(f"{folder.name}/{name}: not in the manifest")
    for name, digest in sorted(recorded.items()):
        result.files += 1
        if name not in present:
            result.problems.append(f"{folder.name}/{name}: missing")
        elif file_digest(folder / name) != digest:
            result.problems.append(f"{folder.name}/{name}: altered since it was published")
