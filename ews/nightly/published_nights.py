"""The nights that are published: their folders, the newest of them, and the one before a day."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

LATEST = "LATEST"
MANIFEST = "manifest.json"


def published_folder(workspace: Path, day: dt.date) -> Path:
    """Return where a day's lists are published."""
    return workspace / "published" / day.isoformat()


@dataclass(frozen=True)
class PreviousNight:
    """The night published before another: its day, its ``scores.parquet``, and what stood out on it.

    ``drifted`` are the keys of :class:`ews.nightly.drift.Drift`.
    """

    day: dt.date
    scores: pd.DataFrame
    drifted: frozenset[str] = frozenset()


def previous_night(workspace: Path, day: dt.date) -> PreviousNight | None:
    """Return the newest night published before a day, or None."""
    days = sorted(path.name for path in (workspace / "published").glob("????-??-??") if path.is_dir())
    earlier = [name for name in days if name < day.isoformat()]
    if not earlier:
        return None
    scores = pd.read_parquet(workspace / "published" / earlier[-1] / "scores.parquet")
    manifest = json.loads((workspace / "published" / earlier[-1] / MANIFEST).read_bytes())
    drifted = frozenset(str(each) for each in manifest.get("drifted", []))
    return PreviousNight(dt.date.fromisoformat(earlier[-1]), scores, drifted)


def newest_night(workspace: Path) -> dt.date | None:
    """Return the day that ``LATEST`` names; None where nothing is published, or it names no day."""
    try:
        return dt.date.fromisoformat((workspace / "published" / LATEST).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None


def published_scores(workspace: Path, day: dt.date) -> pd.DataFrame | None:
    """Return the scores that are published for a day; None where nothing is, or it cannot be read."""
    try:
        return pd.read_parquet(published_folder(workspace, day) / "scores.parquet")
    except (OSError, ValueError):
        return None


def manifest_of(workspace: Path, day: dt.date) -> dict[str, Any] | None:
    """Return the manifest of a day's lists; None where nothing is published, or it cannot be read."""
    try:
        found: dict[str, Any] = json.loads((published_folder(workspace, day) / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return found
