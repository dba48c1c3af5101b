"""The nights that were published in a school year: verified first, then read, beside the outcomes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from ews.cohort import SCORED
from ews.config import Config
from ews.label import label_keys
from ews.nightly.export_log import Standing, standings
from ews.nightly.published_nights import MANIFEST
from ews.nightly.retention import RETIRED
from ews.nightly.verify import MISSING, VerifyResult, is_night, missing_nights, verify_night
from ews.registry import Registry
from ews.school_calendar import school_year_of

_MOST_DAYS_AFTER = 3
"""Days after its date by which a night was published if counselors had it then: a Friday's on Monday."""

_NEEDED = ("excluded.parquet", "scores.parquet")
"""The files of a night that are read; whatever else lies there changes nothing about its lists."""

_READ = (
    "student_id",
    "school_id",
    "as_of_date",
    "risk",
    "status",
    "absence_rate",
    "already_chronic",
    "absences_left",
    "selected",
    "model_version",
)


@dataclass(frozen=True)
class ServedNight:
    """One published night that is as it was published.

    Attributes
    ----------
    folder : Path
        ``published/<as_of>``.
    version : str
        The version of the model that made its lists.
    rows : int
        Students in its ``scores.parquet``.
    purged : bool
        Whether students were deleted from it since.
    """

    folder: Path
    version: str
    rows: int
    purged: bool


@dataclass
class ServedRows:
    """The students of some nights as they were scored and listed, with their outcomes.

    Attributes
    ----------
    rows : DataFrame
        One row per student_id and as_of_date, with ``label`` and ``deployed`` (on the published list).
    not_scored : int
        Student-nights without a risk.
    no_outcome, students_without : int
        Student-nights, and distinct students, whose outcome is not observed.
    """

    rows: pd.DataFrame
    not_scored: int = 0
    no_outcome: int = 0
    students_without: int = 0


@dataclass
class Nights:
    """The nights of a school year: those that counselors had, and why each other one is left out."""

    verified: list[ServedNight] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def nights_by_year(workspace: Path, calendar: pd.DataFrame) -> dict[int, list[Path]]:
    """Return the folders of nights by school year, the oldest first; no night is read.

    With those that the export log says should be there and that are not.
    """
    ends = calendar[["school_year", "date"]].groupby("school_year").max().reset_index()
    found: dict[int, list[Path]] = {}
    published = workspace / "published"
    there = {path.name for path in published.glob("????-??-??") if path.is_dir() and is_night(path.name)}
    for name in sorted(there.union(missing_nights(workspace, standings(workspace)))):
        year = school_year_of(ends, dt.date.fromisoformat(name))
        if year is not None:
            found.setdefault(year, []).append(published / name)
    return found


def verified_nights(folders: Sequence[Path], config: Config, registry: Registry) -> Nights:
    """Hold every night against its manifest, the export log and the registry, as ``ews verify`` does.

    Of its files only those that are read have to be as they were published. A night that was published,
    or published again, too long after its date is none that counselors had, and is left out too.
    """
    logged = standings(config.workspace_dir)
    nights = Nights()
    for folder in folders:
        standing = logged.get(folder.name)
        reason = _problem(folder, standing, registry) or _too_late(folder.name, standing, config.timezone)
        if reason:
            nights.left_out[folder.name] = reason
            continue
        manifest = json.loads((folder / MANIFEST).read_bytes())
        rows, purges = int(manifest["rows"]["scores"]), _is_purged(manifest)
        nights.verified.append(ServedNight(folder, str(manifest["model"]["version"]), rows, purges))
    return nights


def evenly(nights: Sequence[ServedNight], most_rows: int) -> list[ServedNight]:
    """Return all nights, or as many spread evenly from first to last as hold at most so many rows.

    One night at least, however large.
    """
    total = sum(night.rows for night in nights)
    if total <= most_rows:
        return list(nights)
    last = len(nights) - 1
    for count in range(min(last, len(nights) * most_rows // total), 1, -1):
        chosen = [nights[round(at * last / (count - 1))] for at in range(count)]
        if sum(night.rows for night in chosen) <= most_rows:
            return chosen
    return [nights[last // 2]]


def served_rows(nights: Sequence[ServedNight], outcomes: pd.DataFrame, school_year: int) -> ServedRows:
    """Return what was published on some nights, beside the outcomes.

    Parameters
    ----------
    outcomes : DataFrame
        What :func:`ews.label.outcomes` returned.
    """
    published = pd.concat([_read(night) for night in nights], ignore_index=True)
    scored = published.loc[published["status"] == SCORED].drop(columns="status")
    keys = [key for key in label_keys(outcomes) if key != "school_year"]
    known = outcomes.loc[outcomes["school_year"] == school_year, [*keys, "label"]]
    rows = scored.merge(known, on=keys, how="left")
    without = rows["label"].isna()
    return ServedRows(
        rows.loc[~without].astype({"label": "int64"}).reset_index(drop=True),
        not_scored=len(published) - len(scored),
        no_outcome=int(without.sum()),
        students_without=int(rows.loc[without, "student_id"].nunique()),
    )


def enrolled_at(nights: Sequence[ServedNight]) -> dict[tuple[dt.date, str], int]:
    """Return the students on the roster of every night, by as_of_date and school_id."""
    counts: dict[tuple[dt.date, str], int] = {}
    for night in nights:
        day = dt.date.fromisoformat(night.folder.name)
        for name in ("scores", "excluded"):
            schools = pd.read_parquet(night.folder / f"{name}.parquet", columns=["school_id"])["school_id"]
            for school, count in schools.value_counts().items():
                counts[day, str(school)] = counts.get((day, str(school)), 0) + int(count)
    return counts


def _is_purged(manifest: dict[str, Any]) -> bool:
    """Return whether students were deleted; that printed lists were removed leaves every score."""
    return any(each.get("kind") != RETIRED for each in manifest.get("purges", []))


def _problem(folder: Path, standing: Standing | None, registry: Registry) -> str:
    if not folder.is_dir():
        return MISSING
    found = VerifyResult()
    verify_night(folder, standing, registry, found, only=_NEEDED)
    return found.problems[0].removeprefix(folder.name).lstrip("/: ") if found.problems else ""


def _too_late(name: str, standing: Standing | None, timezone: str) -> str:
    day = dt.date.fromisoformat(name)
    first = _day_of(standing.first_at, timezone) if standing else None
    last = _day_of(standing.at, timezone) if standing else None
    if first is None or last is None:
        return "the export log does not say when it was published"
    if (first - day).days > _MOST_DAYS_AFTER:
        return f"was first published more than {_MOST_DAYS_AFTER} days after its date"
    if (last - day).days > _MOST_DAYS_AFTER:
        return f"was published again more than {_MOST_DAYS_AFTER} days after its date"
    return ""


def _day_of(at: str, timezone: str) -> dt.date | None:
    """Return the district's date at a logged moment; None where the log holds none."""
    try:
        moment = dt.datetime.fromisoformat(at)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return moment.astimezone(ZoneInfo(timezone)).date()


def _read(night: ServedNight) -> pd.DataFrame:
    rows: Any = pd.read_parquet(night.folder / "scores.parquet", columns=list(_READ))
    text = {
        name: rows[name].astype(object) for name in ("student_id", "school_id", "status", "model_version")
    }
    rows = rows.assign(**text, as_of_date=dt.date.fromisoformat(night.folder.name))
    found: pd.DataFrame = rows.rename(columns={"selected": "deployed"})
    return found
