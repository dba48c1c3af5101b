"""Generated districts as a district delivers them: CSV files and a configuration, and their loads."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ews.config import Config, load_config
from ews.store.ingest import ingest
from tests.generators.district import COLUMNS, TABLES, District
from tests.reference.settings import Load, Row, Settings

AUTHORIZATION = {
    "basis": "consent",
    "citation": "a resolution of the board",
    "approved_by": "the superintendent",
    "expires": "2999-06-30",
}


def load_district(district: District, folder: Path) -> Config:
    """Write and load every load of a district, one after the other."""
    for load in district.loads:
        config = write_load(load, district.settings, folder)
        ingest(config, loaded_at=load.at, accept_withdrawals=True)
    return config


def write_load(load: Load, settings: Settings, folder: Path, **changes: Any) -> Config:
    """Write one load's extracts and its ``district.yaml``; ``changes`` replace top-level keys."""
    for table in TABLES:
        if table in load.rows:
            write_rows(folder / f"{table}.csv", COLUMNS[table], load.rows[table])
    return write_config(folder, configuration(settings, load) | changes)


def write_config(folder: Path, document: dict[str, Any]) -> Config:
    """Write a configuration (JSON is YAML) and read it back."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "district.yaml").write_text(json.dumps(document, indent=1), encoding="utf-8")
    return load_config(folder / "district.yaml")


def write_rows(file: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Write rows as CSV."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def configuration(settings: Settings, load: Load) -> dict[str, Any]:
    """The configuration that says what ``settings`` says."""
    return {
        "district": "Generated",
        "timezone": settings.timezone,
        "sources": _sources(settings, load),
        "definition": {
            "threshold": settings.threshold,
            "inclusive": settings.inclusive,
            "min_enrolled_days": settings.min_enrolled_days,
            "grain": settings.grain,
            "partial_day": settings.partial_day,
        },
        "cohort": {"grades": list(settings.cohort_grades), "min_days": settings.cohort_min_days},
        "audit": {
            "sensitive": ["race_ethnicity"],
            "tolerance": {"excess_fnr": 0.1, "auc_difference": 0.1},
        },
        "outreach": {"capacity": {"prevent": {"per_school": 5}, "intensive": {"per_school": 5}}},
    }


def _sources(settings: Settings, load: Load) -> dict[str, Any]:
    sources: dict[str, Any] = {
        table: {
            "path": f"{table}.csv",
            "delivery": load.delivery.get(table, "full"),
            "known_after_days": settings.known_after(table),
        }
        for table in TABLES
    }
    sources["attendance"] |= {"reporting": settings.reporting, "codes": settings.codes}
    if load.covers_to:
        sources["attendance"]["covers_to"] = load.covers_to.isoformat()
    for table, use in (("nurse_visits", settings.nurse_use), ("meal_programs", settings.meal_use)):
        if use is None:
            del sources[table]
        else:
            sources[table]["use"] = use
    if settings.meal_use == "feature":
        sources["meal_programs"]["authorization"] = AUTHORIZATION
    return sources


def utc(text: str) -> dt.datetime:
    """A naive UTC time."""
    return dt.datetime.fromisoformat(text)
