"""``ews demo``: a simulated district through the whole job, as a district would run it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ews.approval import Decision, promote, record_sign_off
from ews.config import Config, load_config
from ews.errors import UsageError
from ews.nightly.night import NightResult, score_and_publish
from ews.progress import Progress, silent
from ews.school_calendar import today_in
from ews.simulate.district import simulate
from ews.store.ingest import ingest
from ews.training.run import TrainResult, train

STUDENTS, SCHOOLS, YEARS, SEED = 6_000, 12, 6, 1
_MADE_HERE = ("extracts", "truth", "district.yaml", "workspace", "mlruns")

Tell = Callable[[str], None]
"""Called with a sentence about what has just been done."""


@dataclass(frozen=True)
class DemoResult:
    """What the demo leaves: the configuration to play with, and the three files to open."""

    configuration: Path
    training: TrainResult
    night: NightResult
    files: tuple[Path, Path, Path]


def demo(
    folder: Path, *, students: int = STUDENTS, progress: Progress = silent, tell: Tell = lambda _: None
) -> DemoResult:
    """Simulate a district and run everything on it: ingest, train, audit, promote, score.

    Where the gate says ``insufficient_evidence`` it signs off as "DEMO, not a person", which stands on
    every list and report. It never overrides a ``fail``.

    Raises
    ------
    GateClosed
        If the gate fails the model; the reports are there.
    UsageError
        If the folder holds anything but an earlier demo.
    """
    _clear(folder)
    schools = SCHOOLS if students == STUDENTS else None
    with _registry_aside(folder):
        configuration = simulate(
            folder, students=students, years=YEARS, seed=SEED, schools=schools, progress=progress
        )
    tell(f"Simulated a district of {students:,} students over {YEARS} school years, the last one unfinished.")
    config = load_config(configuration)
    loaded = ingest(config, progress=progress)
    tell(f"Read, checked and stored {sum(table.rows_new for table in loaded.tables):,} rows of extracts.")
    truth = folder / "truth" / "risk.parquet"
    trained = train(config, truth=truth, progress=progress)
    tell(
        f"Trained {trained.run_name}. {trained.evaluation['lift']['sentence']} {trained.fairness['sentence']}"
    )
    trained.raise_if_failed()
    if trained.verdict != "pass":
        _sign_off(config)
        tell("The evidence was not sufficient for a verdict: signed off as DEMO, not a person.")
    promote(config)
    night = score_and_publish(config, progress=progress)
    tell(f"Scored {night.rows['scored']:,} students; {night.rows['listed']:,} are on the lists.")
    return DemoResult(configuration, trained, night, _to_open(trained, night))


def _sign_off(config: Config) -> None:
    record_sign_off(
        config,
        Decision(
            kind="insufficient_evidence",
            approver="DEMO, not a person",
            role="no role: simulated students only",
            reason="Shows how the job goes on after a sign-off",
            expires=today_in(config.timezone) + dt.timedelta(days=30),
        ),
    )


def _to_open(trained: TrainResult, night: NightResult) -> tuple[Path, Path, Path]:
    lists = night.published / "index.html" if night.published else trained.reports
    return lists, trained.reports / "fairness.html", trained.reports / "evaluation.html"


def _clear(folder: Path) -> None:
    """Remove an earlier demo's results, and nothing else: the simulation replaces its own files."""
    if not folder.exists():
        return
    found = {path.name for path in folder.iterdir()}
    if found and not ({"district.yaml", "truth"} <= found and found <= set(_MADE_HERE)):
        raise UsageError(
            "the folder holds something else than an earlier demo",
            expected="a folder that is missing, empty, or left by `ews demo`",
            where=str(folder),
            next_step="choose another one with --workspace",
        )
    shutil.rmtree(folder / "workspace", ignore_errors=True)


@contextmanager
def _registry_aside(folder: Path) -> Iterator[None]:
    """Keep an earlier demo's registry, to which this one adds a version, while the folder is made anew.

    MLflow keeps a database open for as long as its process lives, so it is moved and not removed.
    """
    registry, aside = folder / "mlruns", folder.with_name(f".{folder.name}.mlruns")
    if registry.exists():
        registry.rename(aside)
    try:
        yield
    finally:
        if aside.exists():
            folder.mkdir(parents=True, exist_ok=True)
            aside.rename(registry)
