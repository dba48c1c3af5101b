"""Publishing: everything written aside, verified and switched in place; ``LATEST`` last.

A reader that follows ``published/LATEST`` sees the last complete night or the new one, never a half.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from ews.config import Config
from ews.digests import canonical_json, digest_of, file_digest
from ews.nightly.score import EXCLUDED_COLUMNS, SCORE_COLUMNS, Scores
from ews.nightly.service import InService
from ews.outreach.lists import ListContext, write_index, write_lists
from ews.private_files import staged_folder, write_private
from ews.training.run import account

LATEST = "LATEST"
MANIFEST = "manifest.json"


def published_folder(workspace: Path, day: dt.date) -> Path:
    """Return where a day's lists are published."""
    return workspace / "published" / day.isoformat()


def previous_scores(workspace: Path, day: dt.date) -> pd.DataFrame | None:
    """Return the scores of the newest published day before this one, or None."""
    days = sorted(path.name for path in (workspace / "published").glob("????-??-??") if path.is_dir())
    earlier = [name for name in days if name < day.isoformat()]
    return pd.read_parquet(workspace / "published" / earlier[-1] / "scores.parquet") if earlier else None


def publish(
    scores: Scores,
    service: InService,
    config: Config,
    day: dt.date,
    *,
    context: ListContext,
    staleness: dict[str, Any],
) -> Path:
    """Publish one day and return its folder.

    Writes scores, excluded, lists, index and manifest into a folder aside, switches it in place, then
    moves ``LATEST`` if no later day is published.
    """
    target = published_folder(config.workspace_dir, day)
    with staged_folder(target) as folder:
        _write_parquet(folder / "scores.parquet", scores.scores, SCORE_COLUMNS)
        _write_parquet(folder / "excluded.parquet", scores.excluded, EXCLUDED_COLUMNS)
        write_lists(folder / "outreach", scores.listed, context=context)
        write_index(folder, scores.listed, context=context)
        manifest = canonical_json(_manifest(folder, scores, service, config, day, staleness))
        write_private(folder / MANIFEST, manifest)
    _log_export(config.workspace_dir, day, scores, digest_of(manifest))
    _move_latest(config.workspace_dir, day)
    return target


def _write_parquet(path: Path, frame: pd.DataFrame, columns: Mapping[str, str]) -> None:
    """Write a frame with the stated types, which hold without a single row too."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.type_for_alias(alias)) for name, alias in columns.items()])
    pq.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False), path)


def _manifest(
    folder: Path,
    scores: Scores,
    service: InService,
    config: Config,
    day: dt.date,
    staleness: dict[str, Any],
) -> dict[str, Any]:
    tags = service.version.tags
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "as_of": day.isoformat(),
        "district": config.district,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "ews_version": version("ews"),
        "model": {
            "name": service.name,
            "version": service.version.number,
            "digest": tags["model_digest"],
            "run": tags["run_name"],
        },
        "audit": {"digest": tags["audit_digest"], "verdict": tags["gate_verdict"]},
        "sign_off": service.decision.record() if service.decision else None,
        "rows": {
            "scores": len(scores.scores),
            "excluded": len(scores.excluded),
            "listed": len(scores.listed),
        },
        "staleness": staleness,
        "files": {path.relative_to(folder).as_posix(): file_digest(path) for path in files},
    }


def _move_latest(workspace: Path, day: dt.date) -> None:
    path = workspace / "published" / LATEST
    newest = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    if day.isoformat() >= newest:
        write_private(path, f"{day.isoformat()}\n".encode())


def _log_export(workspace: Path, day: dt.date, scores: Scores, digest: str) -> None:
    """Append who exported what to the export log: counts and a digest, never a student."""
    line = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "by": account(),
        "what": f"published/{day.isoformat()}",
        "rows": len(scores.listed),
        "manifest": digest,
    }
    descriptor = os.open(workspace / "exports.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as log:
        log.write(json.dumps(line, sort_keys=True) + "\n")
