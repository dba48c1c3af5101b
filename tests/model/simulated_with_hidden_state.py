"""Simulated districts with what no district can see written beside them: each student's hidden state."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from ews.config import Config, load_config
from ews.simulate import district
from ews.simulate.people import student_ids
from ews.simulate.roster import Roster
from ews.store.ingest import ingest

HIDDEN = ("hidden_propensity", "hidden_state", "hidden_condition", "hidden_needed")
"""Propensity with the effect of the school; state of the chain (a code); asthma and the like; absences of
today and later with which the year would end at 10%, by the records as finally corrected."""


def loaded_district(folder: Path, seed: int, students: int, years: int) -> Config:
    """Simulate and load a district once; later calls find it. Writes ``hidden.parquet`` beside it."""
    home = folder / f"seed-{seed}"
    if not (home / "loaded").exists():
        records: list[pd.DataFrame] = []
        with patch.object(district, "true_risk", _recording(district.true_risk, records)):
            district.simulate(home, students=students, years=years, seed=seed)
        ingest(load_config(home / "district.yaml"))
        hidden = pd.concat(records, ignore_index=True)
        ids = student_ids(int(hidden["person"].max()) + 1, district._stream(seed, 0, 1))
        hidden.assign(student_id=ids[hidden["person"]]).drop(columns="person").to_parquet(
            home / "hidden.parquet"
        )
        (home / "loaded").touch()
    return load_config(home / "district.yaml")


def hidden_state(folder: Path, seed: int) -> pd.DataFrame:
    """One row per student and as-of date: :data:`HIDDEN` and the true ``risk``."""
    home = folder / f"seed-{seed}"
    keys = ["student_id", "as_of_date"]
    truth = pd.read_parquet(home / "truth" / "risk.parquet")
    hidden = pd.read_parquet(home / "hidden.parquet")
    # Rows were recorded in the order in which the truth was written.
    assert (truth["student_id"].to_numpy() == hidden["student_id"].to_numpy()).all()
    assert np.allclose(truth["risk"], hidden.pop("recorded_risk"))
    days = pd.to_datetime(truth["as_of_date"]).dt.date
    return pd.concat([truth[["student_id", "risk"]], hidden[list(HIDDEN)]], axis=1).assign(as_of_date=days)[
        [*keys, "risk", *HIDDEN]
    ]


def _recording(true_risk: Any, records: list[pd.DataFrame]) -> Any:
    def record(roster: Roster, tables: Any, t: int, sessions: Any, schools: Any) -> Any:
        risk = true_risk(roster, tables, t, sessions, schools)
        to_come = sessions[:, t:].sum(axis=1)[roster.school]
        tenths = roster.days + to_come - 10 * roster.absences.astype(int)
        frame = pd.DataFrame(
            {
                "person": roster.person,
                "recorded_risk": risk,
                "hidden_propensity": roster.theta + schools.effect[roster.school],
                "hidden_state": roster.state.astype(float),
                "hidden_condition": roster.condition.astype(float),
                "hidden_needed": -(-tenths // 10).astype(float),
            }
        )
        records.append(frame.loc[roster.enrolled_on(t)].reset_index(drop=True))
        return risk

    return record
