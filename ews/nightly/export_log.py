"""The export log: what was published, and what was purged from it since, in lines that are only added.

For every night it tells which manifest should lie there now. An export says so outright. A purge says from
which manifest it made which, and counts only if it follows from what was there: files that were changed by
other hands, and a manifest that was changed with them, stay what they are, altered.

Between the switch of a folder and its line in the log a run can be killed. So the line is noted before the
switch, and the note holds as long as the very manifest that it names lies there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ews.digests import canonical_json, file_digest
from ews.private_files import write_private
from ews.store.purge_log import append_line, read_lines

EXPORT_LOG = "exports.jsonl"

_NOTE = "export.pending"


@dataclass
class Standing:
    """What the log says of one night.

    Attributes
    ----------
    manifest : str or None
        The digest of the manifest that should be there; None once the night was purged whole.
    earlier : set of str
        All manifests of it since it was last exported: a purge that was killed may have left any of them.
    rows : int
        How many rows its lists had when it was exported: purges only take away.
    purges : list of str
        The purges since it was last exported, by their names.
    broken : bool
        Whether a purge is in the log that does not follow from what was there.
    first_at, at : str
        When it was exported first, and last: what is there now is the last export.
    removed_by : str or None
        The purge that says it removed the night whole since, whether or not that follows.
    """

    manifest: str | None
    earlier: set[str]
    rows: int
    purges: list[str] = field(default_factory=list)
    broken: bool = False
    first_at: str = ""
    at: str = ""
    removed_by: str | None = None


def standings(workspace: Path) -> dict[str, Standing]:
    """Return what the log says of every night, by its date."""
    nights: dict[str, Standing] = {}
    noted = _noted(workspace)
    for line in (*read_lines(workspace / EXPORT_LOG), *([noted] if noted else [])):
        name = str(line.get("what", "")).removeprefix("published/")
        if "purge" in line:
            _follow(nights.get(name), line)
        else:
            manifest, at = str(line.get("manifest")), str(line.get("at"))
            first_at = nights[name].first_at if name in nights else at
            rows = int(line.get("rows", 0))
            nights[name] = Standing(manifest, {manifest}, rows, first_at=first_at, at=at)
    return nights


def _follow(night: Standing | None, line: dict[str, Any]) -> None:
    if night is None:
        return  # nothing was exported that it could have changed
    rows = int(line.get("rows", 0))
    if line.get("manifest") is None:
        night.removed_by = str(line["purge"])
    if line.get("from") not in night.earlier or rows > night.rows:
        night.broken = True
        return
    manifest = line.get("manifest")
    night.manifest = None if manifest is None else str(manifest)
    night.earlier |= {str(manifest)} if manifest is not None else set()
    if line["purge"] not in night.purges:
        night.purges.append(str(line["purge"]))


def note_export(workspace: Path, line: dict[str, Any]) -> None:
    """Note an export before its folder is switched in place.

    Parameters
    ----------
    line : dict
        Its line of the log: at, by, what, rows, manifest.
    """
    write_private(workspace / _NOTE, canonical_json(line))


def log_exports(workspace: Path) -> None:
    """Log an export that was noted, if it was carried out; called after the switch, and by the next run."""
    noted = _noted(workspace)
    if noted is not None:
        append_line(workspace / EXPORT_LOG, noted)
    (workspace / _NOTE).unlink(missing_ok=True)


def _noted(workspace: Path) -> dict[str, Any] | None:
    """Return the note, if what it names lies there and the log does not say so yet."""
    for line in _read_note(workspace):
        manifest = workspace / str(line.get("what")) / "manifest.json"
        carried_out = manifest.is_file() and file_digest(manifest) == line.get("manifest")
        return line if carried_out and line not in read_lines(workspace / EXPORT_LOG) else None
    return None


def _read_note(workspace: Path) -> list[dict[str, Any]]:
    try:
        line = json.loads((workspace / _NOTE).read_bytes())
    except (OSError, ValueError):
        return []
    return [line] if isinstance(line, dict) else []
