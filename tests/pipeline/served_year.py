"""Nights of a completed school year, published when their lists were used: what an audit as served is of."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from tests.pipeline.at_work import AtWork

NIGHTS = (dt.date(2024, 11, 4), dt.date(2024, 12, 16), dt.date(2025, 2, 3))
"""In a school year that is complete in the store."""


def exported(district: AtWork, day: dt.date, *days_after: int) -> None:
    """Write into the export log how many days after its date a night was exported, each time."""
    path = district.workspace / "exports.jsonl"
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    own = [each for each in lines if each["what"] == f"published/{day}"]
    others = [each for each in lines if each["what"] != f"published/{day}"]
    noon = dt.datetime.combine(day, dt.time(17), dt.UTC)
    again = [
        {**own[-1], "at": (noon + dt.timedelta(days=days)).isoformat(timespec="seconds")}
        for days in days_after
    ]
    text = "".join(f"{json.dumps(each, sort_keys=True)}\n" for each in [*others, *again])
    path.write_text(text, encoding="utf-8")
