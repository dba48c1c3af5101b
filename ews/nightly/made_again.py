"""Published nights that are made again with less in them: what their manifest and the export log then say.

A night is written again aside and switched in place. Its new manifest names what was taken out, and the log
from which manifest it made which, so that ``ews verify`` can follow. A night that does not verify keeps its
manifest: nothing that is taken out makes good what other hands have changed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ews.digests import digest_of, file_digest
from ews.nightly.export_log import EXPORT_LOG, Standing
from ews.nightly.published_nights import MANIFEST
from ews.store.purge_log import append_line


@dataclass(frozen=True)
class Mark:
    """What a purge leaves in manifests and in the export log: its name, its time, and the account."""

    purge: str
    at: str
    by: str
    kind: str


def is_sound(folder: Path, logged: Standing | None) -> bool:
    """Return whether a night is as it was published, or as the last change of ours left it.

    Parameters
    ----------
    logged : Standing or None
        What the export log says of it.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
        recorded: dict[str, str] = json.loads(content)["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if logged is None or logged.broken or digest_of(content) not in logged.earlier:
        return False
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return present == {MANIFEST, *recorded} and all(
        file_digest(folder / name) == digest for name, digest in recorded.items()
    )


def changed_manifest(
    folder: Path, manifest: dict[str, Any], gone: dict[str, int], mark: Mark
) -> dict[str, Any]:
    """Return the manifest with the digests of the files as they are now, and what was purged from them."""
    digests = {name: file_digest(folder / name) for name in manifest["files"] if (folder / name).exists()}
    removed = sorted(set(manifest["files"]) - set(digests))
    changed = sorted(name for name, digest in digests.items() if digest != manifest["files"][name])
    for name in changed:
        _to_disk(folder / name)
    manifest["files"] = digests
    manifest["rows"] = {name: count - gone.get(name, 0) for name, count in manifest["rows"].items()}
    entry = {
        "purge": mark.purge,
        "at": mark.at,
        "kind": mark.kind,
        "rows": gone,
        "files": changed,
        "removed": removed,
    }
    return {**manifest, "purges": [*manifest.get("purges", []), entry]}


def log_change(
    workspace: Path, folder: Path, mark: Mark, *, was: str, becomes: str | None, rows: int
) -> None:
    """Log a change of a night, before its folder is switched.

    Parameters
    ----------
    was, becomes : str
        The digest of its manifest before and after; None where the night goes whole.
    rows : int
        How many students its lists have then.
    """
    line = {
        "at": mark.at,
        "by": mark.by,
        "what": f"published/{folder.name}",
        "rows": rows,
        "from": was,
        "manifest": becomes,
        "purge": mark.purge,
    }
    append_line(workspace / EXPORT_LOG, line)


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
