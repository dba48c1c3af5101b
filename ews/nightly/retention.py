"""Printed lists that have served their time: taken out of old nights, whose scores stay.

A night without its lists is written again aside and switched in place, as a purge does it: the manifest names
what was removed and why, the export log follows it, and ``ews verify`` accepts it. A night that is not as it
was published only loses its lists: its manifest goes on saying what it was.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ews.config import Config
from ews.digests import canonical_json, digest_of, file_digest
from ews.nightly.export_log import standings
from ews.nightly.made_again import Mark, changed_manifest, is_sound, log_change
from ews.nightly.published_nights import MANIFEST
from ews.outreach.pages import environment
from ews.private_files import staged_folder, write_private
from ews.store.purge_log import begin, finish, next_name, unfinished
from ews.training.run import account

RETIRED = "printed lists"
"""The kind of such a removal, in manifests and in the log of purges."""

LISTS = "outreach"


def retire_old_lists(config: Config, today: dt.date, *, spare: Collection[dt.date] = ()) -> int:
    """Remove the printed lists of nights older than ``outreach.keep_days``; return of how many nights.

    Parameters
    ----------
    today : date
        The district's date.
    spare : collection of date
        Nights that keep their lists whatever their age: one that was asked for just now.

    Raises
    ------
    OSError
        If a night cannot be written again; the others are done, and the next run tries again.
    """
    keep = config.outreach.keep_days
    workspace = config.workspace_dir
    folders = [] if keep is None else _old(workspace / "published", today - dt.timedelta(days=keep), spare)
    begun = [each for each in unfinished(workspace) if each.get("kind") == RETIRED]
    if not folders and not begun:
        return 0
    record = begun[0] if begun else _begin(workspace, today)
    mark = Mark(str(record["purge"]), str(record["at"]), str(record["by"]), RETIRED)
    logged = standings(workspace)
    for folder in folders:
        if is_sound(folder, logged.get(folder.name)):
            _write_without_lists(workspace, folder, mark)
        else:
            shutil.rmtree(folder / LISTS)
    finish(workspace, mark.purge, {**record, "nights": len(folders)})
    return len(folders)


def _old(published: Path, last_kept: dt.date, spare: Collection[dt.date]) -> list[Path]:
    spared = {each.isoformat() for each in spare}
    return [
        path
        for path in sorted(published.glob("????-??-??"))
        if path.name < last_kept.isoformat() and path.name not in spared and (path / LISTS).is_dir()
    ]


def _begin(workspace: Path, today: dt.date) -> dict[str, Any]:
    """Note that lists are being removed: a run that is killed is carried on by the next one."""
    record = {
        "purge": next_name(workspace, today),
        "kind": RETIRED,
        "subject": LISTS,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "by": account(),
        "reason": "outreach.keep_days",
    }
    begin(workspace, record)
    return record


def _write_without_lists(workspace: Path, target: Path, mark: Mark) -> None:
    before = file_digest(target / MANIFEST)
    with staged_folder(target) as folder:
        shutil.copytree(
            target,
            folder,
            dirs_exist_ok=True,
            copy_function=_linked,
            ignore=lambda path, _: [LISTS] if Path(path) == target else [],
        )
        manifest = json.loads((folder / MANIFEST).read_bytes())
        write_private(folder / "index.html", _index(manifest).encode())
        content = canonical_json(changed_manifest(folder, manifest, {}, mark))
        write_private(folder / MANIFEST, content)
        rows = int(manifest["rows"]["listed"])
        log_change(workspace, target, mark, was=before, becomes=digest_of(content), rows=rows)


def _linked(source: str, target: str) -> str:
    """Link a file that stays as it is; where the file system knows no links, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _index(manifest: dict[str, Any]) -> str:
    template = environment("ews.nightly", "ews.outreach").get_template("retired.html.j2")
    as_of = dt.date.fromisoformat(manifest["as_of"])
    return template.render(as_of=as_of, district=manifest["district"])
