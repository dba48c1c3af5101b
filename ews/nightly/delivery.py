"""Delivery: each school's files of the newest night copied to the folder where that school reads them.

The names stay the same from night to night, so that a bookmark stays good; the date stands inside. A folder
is brought in line with the newest night after ``LATEST`` has switched: what is new is written aside and
switched in place, what is no longer there is removed. A share that is offline never fails a night: it is
said, and the next run tries again. The folder itself is never made: where a share is not mounted, the
lists would otherwise lie on the server's own disk.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ews.config import Config
from ews.digests import canonical_json, digest_of, file_digest
from ews.nightly.published_nights import MANIFEST, newest_night
from ews.nightly.retention import LISTS, retire_old_lists
from ews.outreach.file_names import stem_there
from ews.outreach_settings import Delivery
from ews.private_files import write_private
from ews.school_calendar import today_in
from ews.store.purge_log import append_line
from ews.training.run import account

DELIVERED = "delivered.json"
"""What lies in the schools' folders now: school -> path, night, and the digest of every file."""

DELIVERY_LOG = "deliveries.jsonl"
"""Who delivered what where, in lines that are only added; counts and digests, never a student."""

_MODE, _FOLDER_MODE = 0o640, 0o750


@dataclass
class _Standing:
    """What was delivered to a school last."""

    path: str = ""
    night: str = ""
    files: dict[str, str] = field(default_factory=dict)


def hand_out(config: Config, day: dt.date) -> list[str]:
    """Remove printed lists that are too old, then deliver the newest; return what could not be done.

    Parameters
    ----------
    day : date
        The night that this run made: its lists stay, whatever their age.
    """
    told = []
    try:
        retire_old_lists(config, today_in(config.timezone), spare=[day])
    except OSError as error:
        told.append(f"Printed lists older than outreach.keep_days could not be removed: {_reason(error)}.")
    return told + deliver_newest(config)


def deliver_newest(config: Config) -> list[str]:
    """Bring every school's folder in line with the newest night; empty it of our copies if there is none."""
    return deliver(config, newest_night(config.workspace_dir) or dt.date.min)


def deliver(config: Config, day: dt.date) -> list[str]:
    """Bring every school's folder in line with a night; return a sentence for each that could not be.

    A school that is no longer in ``outreach.deliver``, or goes to another folder, has its old copies
    removed.
    """
    workspace = config.workspace_dir
    if not config.outreach.deliver and not (workspace / DELIVERED).is_file():
        return []
    night = workspace / "published" / day.isoformat()
    known, now, told = _delivered(workspace), {}, []
    for school in sorted({*known, *config.outreach.deliver}):
        to, before = config.outreach.deliver.get(school), known.get(school, _Standing())
        try:
            now[school] = _deliver(config, school, night, to, before)
        except OSError as error:
            now[school] = before
            told.append(_offline(school, to.path if to else before.path, _reason(error)))
        except LookupError as error:
            now[school] = before
            told.append(_offline(school, to.path if to else before.path, str(error.args[0])))
    _remember(workspace, {school: each for school, each in now.items() if each.files}, known)
    return told


def _deliver(config: Config, school: str, night: Path, to: Delivery | None, before: _Standing) -> _Standing:
    """Return what lies in a school's folder after this.

    Raises
    ------
    OSError
        If the folder is not there, or cannot be written.
    LookupError
        If the night has no files of this school as they were published, or there is no such group.
    """
    path = str(config.resolve(to.path)) if to else ""
    if before.files and before.path != path:
        _remove(Path(before.path), before.files)
        before = _Standing()
    if to is None:
        return _Standing()
    folder = Path(path)
    if not folder.is_dir():
        raise FileNotFoundError(0, "the folder is not there")
    group = _group(to.group)
    files = _files(night, school)
    for name, content in files.items():
        _put(folder / name, content, group)
    _remove(folder, {name: digest for name, digest in before.files.items() if name not in files})
    return _Standing(path, night.name, {name: digest_of(each) for name, each in files.items()})


def _files(night: Path, school: str) -> dict[str, bytes]:
    """Return a school's published files by name; none where the printed lists of the night were removed."""
    lists = night / LISTS
    if not lists.is_dir():
        return {}
    stem = stem_there((each.name for each in lists.iterdir()), school)
    if stem is None:
        msg = "the newest lists have no such school"
        raise LookupError(msg)
    recorded = json.loads((night / MANIFEST).read_bytes())["files"]
    paths = [lists / f"{stem}.{suffix}" for suffix in ("csv", "html", "xlsx")]
    paths += sorted(each for each in (lists / stem).glob("*") if each.is_file())
    found = {each.relative_to(lists).as_posix(): each.read_bytes() for each in paths}
    for name, content in found.items():
        if recorded.get(f"{LISTS}/{name}") != digest_of(content):
            msg = "its published files are not those that were exported: run `ews verify`"
            raise LookupError(msg)
    return found


def _put(path: Path, content: bytes, group: int | None) -> None:
    """Write one file aside and switch it in place; nothing is touched where it lies there already."""
    if not path.parent.is_dir():
        path.parent.mkdir(mode=0o700)
        _open_to(path.parent, group, _FOLDER_MODE)
    if path.is_file() and not path.is_symlink() and file_digest(path) == digest_of(content):
        return
    aside = path.with_name(f".{path.name}.partial")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # Opened to the group before it has its name: nobody else's group may read it in between.
        _open_to(aside, group, _MODE)
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def _open_to(path: Path, group: int | None, mode: int) -> None:
    if group is not None:
        shutil.chown(path, group=group)
    path.chmod(mode)


def _group(name: str | None) -> int | None:
    """Return the number of a group of accounts.

    Raises
    ------
    LookupError
        If there is none of this name on this machine, or it knows no groups.
    """
    if name is None:
        return None
    try:
        import grp
    except ImportError:
        msg = "this system has no groups: leave `group` out"
        raise LookupError(msg) from None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        msg = f"there is no group {name} on this machine"
        raise LookupError(msg) from None


def _remove(folder: Path, files: dict[str, str]) -> None:
    """Remove copies of ours; what other hands have put in their place stays.

    Raises
    ------
    OSError
        If the folder is not there: whether the copies are gone is then not known.
    """
    if files and not folder.is_dir():
        raise FileNotFoundError(0, "the folder is not there")
    for name, digest in files.items():
        path = folder / name
        if path.is_file() and file_digest(path) == digest:
            path.unlink()
        with contextlib.suppress(OSError):  # not empty, or not ours
            if path.parent != folder:
                path.parent.rmdir()


def _delivered(workspace: Path) -> dict[str, _Standing]:
    try:
        content = json.loads((workspace / DELIVERED).read_bytes())
        return {school: _Standing(**each) for school, each in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _remember(workspace: Path, now: dict[str, _Standing], known: dict[str, _Standing]) -> None:
    if now == known:
        return
    write_private(workspace / DELIVERED, canonical_json({name: vars(each) for name, each in now.items()}))
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    for school in sorted({*now, *known}):
        each = now.get(school, _Standing())
        if each != known.get(school, _Standing()):
            append_line(workspace / DELIVERY_LOG, {"at": at, "by": account(), **_line(school, each)})


def _line(school: str, each: _Standing) -> dict[str, Any]:
    digest = digest_of(canonical_json(each.files))
    what = f"published/{each.night}" if each.files else None
    return {"school": school, "to": each.path, "what": what, "files": len(each.files), "digest": digest}


def _reason(error: OSError) -> str:
    return (error.strerror or "the system does not say why").lower()


def _offline(school: str, path: str, reason: str) -> str:
    return (
        f"The lists of school {school} could not be delivered to {path}: {reason}. What was delivered before "
        "stays there; the next run tries again."
    )
