"""Publishing: everything written aside, verified and switched in place; ``LATEST`` last.

A reader that follows ``published/LATEST`` sees the last complete night or the new one, never a half.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from ews.allowed_columns import check_columns
from ews.config import Config
from ews.digests import canonical_json, digest_of, file_digest
from ews.nightly.export_log import log_exports, note_export, standings
from ews.nightly.history_of_lists import ON_LIST_SINCE, SINCE_COLUMNS
from ews.nightly.published_nights import LATEST, MANIFEST, newest_night, published_folder
from ews.nightly.run_page import NightFigures, run_page
from ews.nightly.score import EXCLUDED_COLUMNS, SCORE_COLUMNS, Scores
from ews.nightly.service import InService
from ews.outreach.lists import ListContext, write_index, write_lists
from ews.private_files import AsItWas, remove_left_overs, staged_folder, write_private
from ews.training.run import account

RUN_PAGE = "run.html"


def publish(
    scores: Scores,
    service: InService,
    config: Config,
    day: dt.date,
    *,
    context: ListContext,
    figures: NightFigures,
) -> tuple[Path, bool]:
    """Publish one day.

    Writes scores, excluded, lists, index and manifest into a folder aside, switches it in place, then
    moves ``LATEST`` if no later day is published. Where the very same lists lie there already, nothing is
    touched.

    Returns
    -------
    Path, bool
        The day's folder, and whether anything changed.
    """
    target = published_folder(config.workspace_dir, day)
    content = None
    with staged_folder(target) as folder:
        _write_parquet(folder / "scores.parquet", scores.scores, SCORE_COLUMNS)
        _write_parquet(folder / "excluded.parquet", scores.excluded, EXCLUDED_COLUMNS)
        _write_parquet(folder / ON_LIST_SINCE, _since(scores.listed), SINCE_COLUMNS)
        write_lists(folder / "outreach", scores.listed, context=context, leaving=scores.leaving)
        write_index(folder, scores.listed, context=context)
        write_private(folder / RUN_PAGE, run_page(scores, service, context, figures).encode())
        manifest = _manifest(folder, scores, service, config, day, figures)
        manifest["lists"] = context.record()
        if _lies_there(target, manifest, config.workspace_dir):
            raise AsItWas
        content = canonical_json(manifest)
        write_private(folder / MANIFEST, content)
        note_export(config.workspace_dir, _export(day, scores, digest_of(content)))
    log_exports(config.workspace_dir)
    _move_latest(config.workspace_dir, day)
    return target, content is not None


def _lies_there(target: Path, manifest: dict[str, Any], workspace: Path) -> bool:
    """Return whether a night is published already, byte for byte, and as it was exported."""
    try:
        content = (target / MANIFEST).read_bytes()
        there = json.loads(content)
        files = {name: file_digest(target / name) for name in there["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    logged = standings(workspace).get(target.name)
    if logged is None or logged.manifest != digest_of(content):
        return False
    same = {**there, "created_at": manifest["created_at"]} == manifest
    return same and files == manifest["files"]


def _write_parquet(path: Path, frame: pd.DataFrame, columns: Mapping[str, str]) -> None:
    """Write a frame with the stated types, which hold without a single row too."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_columns("data_team", columns)
    schema = pa.schema([(name, pa.type_for_alias(alias)) for name, alias in columns.items()])
    pq.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False), path)


def _since(listed: pd.DataFrame) -> pd.DataFrame:
    return listed.sort_values("student_id", ignore_index=True)[list(SINCE_COLUMNS)]


def _manifest(
    folder: Path,
    scores: Scores,
    service: InService,
    config: Config,
    day: dt.date,
    figures: NightFigures,
) -> dict[str, Any]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "as_of": day.isoformat(),
        "district": config.district,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "ews_version": version("ews"),
        **service.record(),
        "rows": {
            "scores": len(scores.scores),
            "excluded": len(scores.excluded),
            "listed": len(scores.listed),
        },
        "staleness": figures.fresh.sources,
        "drifted": sorted(each.key for each in figures.drifts or [] if each.stands_out),
        "files": {path.relative_to(folder).as_posix(): file_digest(path) for path in files},
    }


def _move_latest(workspace: Path, day: dt.date) -> None:
    newest = newest_night(workspace)
    if newest is None or day >= newest:
        write_private(workspace / "published" / LATEST, f"{day.isoformat()}\n".encode())


def _export(day: dt.date, scores: Scores, digest: str) -> dict[str, Any]:
    """Return who exported what, for the export log: counts and a digest, never a student."""
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "by": account(),
        "what": f"published/{day.isoformat()}",
        "rows": len(scores.listed),
        "manifest": digest,
    }


def finish_interrupted(workspace: Path) -> None:
    """Carry on where a run was killed between the switch of a folder and what follows it."""
    for folder in (workspace, workspace / "published"):
        remove_left_overs(folder)
    log_exports(workspace)
    days = [path.name for path in (workspace / "published").glob("????-??-??") if (path / MANIFEST).is_file()]
    logged = standings(workspace)
    known = sorted(name for name in days if name in logged)
    if known:
        _move_latest(workspace, dt.date.fromisoformat(known[-1]))
