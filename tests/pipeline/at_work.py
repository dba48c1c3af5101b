"""A district whose model is in service, in one folder: where its files are, and how a test changes them."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ews.cli import run_command
from ews.config import Config, load_config
from ews.school_calendar import today_in

REPOSITORY = Path(__file__).parents[2]
AS_OF = dt.date(2026, 1, 15)
"""A Thursday in session; the simulated events reach to the day after it."""

TIMEZONE = "America/New_York"


@dataclass(frozen=True)
class AtWork:
    """One district's folder."""

    folder: Path

    @property
    def configuration(self) -> Path:
        return self.folder / "district.yaml"

    @property
    def config(self) -> Config:
        return load_config(self.configuration)

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def store(self) -> Path:
        return self.workspace / "store.duckdb"

    def published(self, day: dt.date = AS_OF) -> Path:
        return self.workspace / "published" / day.isoformat()

    def manifest(self, day: dt.date = AS_OF) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.published(day) / "manifest.json").read_bytes())
        return found

    def scores(self, day: dt.date = AS_OF) -> pd.DataFrame:
        return pd.read_parquet(self.published(day) / "scores.parquet")

    def reports(self) -> Path:
        """The newest run's reports."""
        return self.workspace / "reports" / (self.workspace / "reports" / "LATEST").read_text().strip()

    def figures(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.reports() / name).read_bytes())
        return found

    def run(self, verb: str, *options: str) -> int:
        """Run one verb in this process and return its exit code."""
        return run_command([verb, "-c", str(self.configuration), *options])

    def score(self, day: dt.date = AS_OF) -> int:
        return self.run("score", "--as-of", day.isoformat())

    def edit(self, old: str, new: str) -> None:
        """Replace a passage of the configuration."""
        text = self.configuration.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        self.configuration.write_text(text.replace(old, new), encoding="utf-8")

    def change_extract(self, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        """Rewrite one extract; every cell is text, as it stands in the file."""
        path = self.folder / "extracts" / f"{table}.csv"
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        change(rows).to_csv(path, index=False)

    def into_a_fresh_store(self) -> None:
        """Load the extracts again into a new store; registry and decisions stay."""
        self.store.unlink()
        assert self.run("ingest") == 0

    def model_folder(self) -> Path:
        """The champion's model among the registry's artifacts."""
        version = self.registry_client().get_model_version_by_alias(self.model_name, "champion")
        return self.folder / "mlruns" / "artifacts" / version.run_id / "artifacts" / "model"

    @property
    def model_name(self) -> str:
        return self.config.mlflow.model_name

    def registry_client(self) -> Any:
        """Return an MLflow client on this registry, as somebody with a notebook would have it."""
        import ews.registry  # noqa: F401 - switches telemetry off before mlflow is imported

        from mlflow import MlflowClient  # isort: skip

        uri = self.config.registry_uri
        return MlflowClient(uri, uri)


def copy_of(district: AtWork, target: Path) -> AtWork:
    """Copy a district's whole folder: what a move to another disk leaves."""
    shutil.copytree(district.folder, target)
    return AtWork(target)


def published_bytes(district: AtWork, day: dt.date = AS_OF) -> dict[str, bytes]:
    """Every published file of a day by name; the manifest without its time of writing."""
    folder = district.published(day)
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    manifest = json.loads(found["manifest.json"])
    del manifest["created_at"]
    return {**found, "manifest.json": json.dumps(manifest, indent=1).encode()}


def same_bytes(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Return the names of files that differ; empty when all are alike."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def every_byte(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, unaltered."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def nights_of(district: AtWork) -> dict[str, bytes]:
    """Every byte of every published night, and LATEST; the page above them tells how the last run went."""
    found = every_byte(district.workspace / "published")
    return {name: content for name, content in found.items() if name != "index.html"}


def days_from_today(days: int) -> str:
    return (today_in(TIMEZONE) + dt.timedelta(days=days)).isoformat()


def sign_off(district: AtWork, *options: str, **changes: str) -> int:
    """Sign off as an equity officer, with some answers changed."""
    answers = {
        "kind": "insufficient_evidence",
        "approver": "Ada Officer",
        "role": "Equity officer",
        "reason": "Small groups, read with the committee",
        "expires": days_from_today(30),
        **changes,
    }
    spelled = [part for key, text in answers.items() for part in (f"--{key}", text)]
    return district.run("sign-off", *spelled, *options)


def in_a_process(
    *arguments: str, cwd: Path = REPOSITORY, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m ews`` as its own process."""
    return subprocess.run(
        [sys.executable, "-m", "ews", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
