"""Published nights: which of them name a student or lie before a day, and how they are purged.

A night is written again aside and switched in place, its new manifest noted in the export log before the
switch. A night that does not verify is no less purged, but keeps its manifest: a purge never makes good
what other hands have changed.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ews.digests import canonical_json, digest_of, file_digest
from ews.nightly.export_log import Standing, standings
from ews.nightly.history_of_lists import ON_LIST_SINCE
from ews.nightly.made_again import Mark, changed_manifest, is_sound, log_change
from ews.nightly.published_nights import LATEST, MANIFEST
from ews.private_files import staged_folder, write_private
from ews.purge.school_files import listed_stems, lower_counts, remove_files, write_without
from ews.store.erase import Subject
from ews.store.schema import store_path

_TABLES = ("scores", "excluded")


@dataclass(frozen=True)
class Night:
    """What one published night holds of a subject.

    Attributes
    ----------
    tables : dict
        ``scores`` and ``excluded`` -> rows; None where the file cannot be read.
    stems : list of str
        The schools whose lists name the student.
    whole : bool
        Whether the night goes whole.
    sound : bool
        Whether it is as it was published; otherwise the files that name the student are removed.
    """

    name: str
    tables: dict[str, int | None] = field(default_factory=dict)
    stems: list[str] = field(default_factory=list)
    whole: bool = False
    sound: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return what is known as plain data."""
        return {
            "night": self.name,
            "removed_whole": self.whole,
            "as_published": self.sound,
            "rows": self.tables,
            "schools": len(self.stems),
        }


def find_nights(workspace: Path, subject: Subject) -> list[Night]:
    """Return the nights that hold anything of a subject, the oldest first."""
    logged = standings(workspace)
    return [
        found
        for folder in _nights(workspace)
        if (found := _night(folder, logged.get(folder.name), subject)) is not None
    ]


def left_overs(workspace: Path) -> list[Path]:
    """Return what killed runs have left beside the nights and the store: whole copies among them."""
    store = store_path(workspace).name
    return sorted([*workspace.glob(f".{store}.partial*"), *(workspace / "published").glob(".*")])


def clear_left_overs(workspace: Path) -> None:
    """Remove what killed runs have left; a night that was moved aside and not replaced is put back."""
    for path in left_overs(workspace):
        night = path.with_name(path.name[1:].removesuffix(".replaced"))
        if path.name.endswith(".replaced") and not night.exists():
            path.rename(night)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def purge_night(workspace: Path, night: Night, subject: Subject, mark: Mark) -> None:
    """Take a subject out of a night."""
    folder = workspace / "published" / night.name
    if night.whole:
        _remove_whole(workspace, folder, mark)
    elif subject.student is not None and night.sound:
        _write_again(workspace, folder, night, subject.student, mark)
    elif subject.student is not None:
        _remove_files(folder, night, subject.student)


def _nights(workspace: Path) -> Iterator[Path]:
    for path in sorted((workspace / "published").glob("????-??-??")):
        if path.is_dir():
            yield path


def _night(folder: Path, logged: Standing | None, subject: Subject) -> Night | None:
    if subject.before is not None:
        if folder.name >= subject.before.isoformat():
            return None
        return Night(folder.name, {name: _rows(folder / f"{name}.parquet") for name in _TABLES}, whole=True)
    student = subject.student or ""
    tables = {name: _rows(folder / f"{name}.parquet", student) for name in _TABLES}
    stems = listed_stems(folder / "outreach", student)
    if not stems and not any(count is None or count for count in tables.values()):
        return None
    return Night(folder.name, tables, stems, sound=is_sound(folder, logged))


def _rows(path: Path, student: str | None = None) -> int | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return 0
    chosen = None if student is None else [("student_id", "=", student)]
    try:
        return int(pq.read_table(path, columns=["student_id"], filters=chosen).num_rows)
    except (pa.ArrowException, OSError, ValueError):
        return None


def _write_again(workspace: Path, target: Path, night: Night, student: str, mark: Mark) -> None:
    before = file_digest(target / MANIFEST)
    with staged_folder(target) as folder:
        shutil.copytree(target, folder, dirs_exist_ok=True)
        manifest = json.loads((folder / MANIFEST).read_bytes())
        rows = {name: _filter(folder / f"{name}.parquet", student) for name in _TABLES}
        _filter(folder / ON_LIST_SINCE, student)
        rows["listed"] = _write_lists_again(folder, night, student, manifest)
        content = canonical_json(changed_manifest(folder, manifest, rows, mark))
        write_private(folder / MANIFEST, content)
        rows_left = int(manifest["rows"]["listed"])
        log_change(workspace, target, mark, was=before, becomes=digest_of(content), rows=rows_left)


def _write_lists_again(folder: Path, night: Night, student: str, manifest: dict[str, Any]) -> int:
    index, gone = folder / "index.html", Counter[str]()
    for stem in night.stems:
        try:
            here = write_without(folder / "outreach", stem, student, manifest)
        except ValueError:
            remove_files(folder / "outreach", stem)
            here = Counter({"not known": 1})
        write_private(index, lower_counts(index.read_text(encoding="utf-8"), stem, here).encode())
        gone += here
    return gone.total()


def _filter(path: Path, student: str) -> int:
    """Write a table again without a student; return how many rows are gone."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not path.is_file():
        return 0
    table = pq.read_table(path)
    kept = table.filter(pc.fill_null(pc.not_equal(table["student_id"], student), True))
    if kept.num_rows < table.num_rows:
        aside = path.with_name(f".{path.name}.partial")
        pq.write_table(kept, aside)
        aside.replace(path)
    return int(table.num_rows - kept.num_rows)


def _remove_files(folder: Path, night: Night, student: str) -> None:
    for name, count in night.tables.items():
        if count is None:
            (folder / f"{name}.parquet").unlink(missing_ok=True)
        else:
            _filter(folder / f"{name}.parquet", student)
    if _rows(folder / ON_LIST_SINCE, student) != 0:
        (folder / ON_LIST_SINCE).unlink(missing_ok=True)
    for stem in night.stems:
        remove_files(folder / "outreach", stem)


def _remove_whole(workspace: Path, folder: Path, mark: Mark) -> None:
    manifest = folder / MANIFEST
    was = file_digest(manifest) if manifest.is_file() else ""
    log_change(workspace, folder, mark, was=was, becomes=None, rows=0)
    _move_latest(workspace, without=folder.name)
    aside = folder.with_name(f".{folder.name}.purged")
    folder.rename(aside)
    shutil.rmtree(aside)


def _move_latest(workspace: Path, *, without: str) -> None:
    latest = workspace / "published" / LATEST
    named = latest.read_text(encoding="utf-8").strip() if latest.exists() else ""
    if named != without:
        return
    left = [path.name for path in _nights(workspace) if path.name != without]
    if left:
        write_private(latest, f"{left[-1]}\n".encode())
    else:
        latest.unlink()


def marked(purge: str, by: str, kind: str, at: dt.datetime) -> Mark:
    """Return the mark of a purge that was asked for at a time (naive UTC)."""
    return Mark(purge, f"{at.isoformat(timespec='seconds')}+00:00", by, kind)
