"""What is measured, beside which limit, and what has to be there first; and what a caller may ask for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.measuring import REPOSITORY, Ceiling
from tests.benchmarks.places import Place


@dataclass(frozen=True)
class Stage:
    """A stage of the job.

    Attributes
    ----------
    name, title : str
        The name of its program in ``stages``, and words for it.
    limits : mapping
        Programs that are measured in the same round: what bounds the stage, or what it is held against.
    needs : tuple of str
        Programs that make what it works on, and leave a file or folder by which one sees that they ran.
    once : frozenset of str
        Of the limits, those that are measured in the first round only, and stopped at a ceiling: they take
        long.
    """

    name: str
    title: str
    limits: Mapping[str, str]
    needs: tuple[str, ...] = ()
    once: frozenset[str] = frozenset()


STAGES = (
    Stage("simulate", "Simulate", {}),
    Stage(
        "ingest",
        "Ingest, everything for the first time",
        {"bare_read": "DuckDB's bare typed read"},
        ("simulate",),
    ),
    Stage(
        "features",
        "Snapshot and features",
        {
            "by_hand": "SQL by hand",
            "daily_rows": "pandas over daily rows, whole columns, all features",
            "by_student": "pandas over daily rows, student by student",
            "in_pandas": "pandas with the idea of ews, all features",
        },
        ("simulate", "ingest", "write_daily_rows"),
        frozenset({"daily_rows", "by_student", "in_pandas"}),
    ),
    Stage("train", "Train, evaluate, audit, report", {}, ("simulate", "ingest", "make_model", "adopt_model")),
    Stage("audit", "Audit", {}, ("simulate", "ingest", "make_model", "adopt_model", "keep_judged_rows")),
    Stage(
        "score",
        "Score and rank",
        {"bare_predict": "LightGBM's bare predict"},
        ("simulate", "ingest", "make_model", "adopt_model", "keep_inputs"),
    ),
    Stage(
        "reasons",
        "Reasons of the listed",
        {"bare_contributions": "LightGBM's bare contributions"},
        ("simulate", "ingest", "make_model", "adopt_model", "keep_inputs"),
    ),
    Stage("publish", "Publish", {}, ("simulate", "ingest", "make_model", "adopt_model", "keep_inputs")),
    Stage("night", "A whole night", {}, ("simulate", "make_model", "live_the_night_before")),
)
BY_NAME = {stage.name: stage for stage in STAGES}
PEERS = ("daily_rows", "by_student", "in_pandas")

_LEFT_BY = {
    "simulate": lambda at: at.district / "district.yaml",
    "ingest": lambda at: at.store,
    "write_daily_rows": lambda at: at.daily / "days.parquet",
    "make_model": lambda at: at.model.folder / "done",
    "adopt_model": lambda at: at.district / "mlruns",
    "keep_judged_rows": lambda at: at.inputs / "audit.pickle",
    "keep_inputs": lambda at: at.inputs / "publish.pickle",
    "live_the_night_before": lambda at: at.before_the_night,
}


def skipped(program: str, students: int) -> bool:
    """Return whether a program is left out at a size: pandas over daily rows, and what makes them."""
    return program in (*PEERS, "write_daily_rows") and students > PEERS_MOST


def is_there(program: str, at: Place) -> bool:
    """Return whether a preparation has run for a size."""
    return bool(_LEFT_BY[program](at).exists())


def _listed(name: str, default: str) -> list[str]:
    return (os.environ.get(name) or default).replace(",", " ").split()


SIZES = [int(each) for each in _listed("BENCH_SIZES", "1000 10000 100000")]
YEARS = int(os.environ.get("BENCH_YEARS") or 5)
ROUNDS = int(os.environ.get("BENCH_ROUNDS") or 3)
WANTED = _listed("BENCH_STAGES", " ".join(BY_NAME) + " start-up")
FOLDER = os.environ.get("BENCH_FOLDER") or None
"""Where districts are kept between runs; temporary when left out."""

RESULTS = Path(os.environ.get("BENCH_RESULTS") or REPOSITORY / "docs" / "benchmarks.json")

PEERS_MOST = int(os.environ.get("BENCH_PEERS_MOST") or 100_000)
"""Above this size pandas over daily rows is not tried: its input would be hundreds of millions of rows."""

PEERS_CEILING = Ceiling(
    mebibytes=1024 * float(os.environ.get("BENCH_PEERS_GIB") or 16),
    seconds=60 * float(os.environ.get("BENCH_PEERS_MINUTES") or 30),
)
