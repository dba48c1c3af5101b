"""Whole stores, to be held one against another, and as many generated districts as a test can pay for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings

from ews.extracts.schema import TABLES
from ews.store.schema import read_store


def everything(workspace: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every version of every table, in one order."""
    with read_store(workspace) as session:
        names = [table.name for table in TABLES] + ["coverage", "loads"]
        return {name: session.rows(f"SELECT * FROM store.{name} ORDER BY ALL") for name in names}


def examples(count: int) -> settings:
    """So many districts, the same in every run."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=tuple(HealthCheck),
        phases=[Phase.generate],
    )
