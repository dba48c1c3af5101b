"""The stages, each run alone in its process: ``python -m tests.benchmarks.stages STAGE ROOT STUDENTS YEARS``.

Whatever a stage needs is read before its clock starts; the last line of what it prints is what it took.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import Taken, peak_mebibytes
from tests.benchmarks.places import AS_OF, Place


class Clock:
    """Takes the time of one block, and of the steps that tell of themselves."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0
        self.parts: dict[str, float] = {}
        self.facts: dict[str, Any] = {}
        self._step: tuple[str, float] | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        started, cpu = time.perf_counter(), _cpu_seconds()
        yield
        self.seconds, self.cpu_seconds = time.perf_counter() - started, _cpu_seconds() - cpu
        self.progress("", 1.0)

    def progress(self, step: str, _share: float) -> None:
        """Add up wall seconds by the step that ews says it is at."""
        now = time.perf_counter()
        if self._step is not None:
            name, since = self._step
            self.parts[name] = self.parts.get(name, 0.0) + now - since
        self._step = (step, now) if step else None

    def taken(self) -> Taken:
        return Taken(self.seconds, self.cpu_seconds, peak_mebibytes(), self.parts, self.facts)


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def simulate(at: Place, clock: Clock) -> None:
    from ews.simulate.district import simulate as run

    out = at.folder / "simulated"
    with clock.running():
        run(out, students=at.students, years=at.years, seed=1)
    if (at.district / "district.yaml").exists():
        shutil.rmtree(out)
    else:
        shutil.rmtree(at.district, ignore_errors=True)
        out.rename(at.district)


def ingest(at: Place, clock: Clock) -> None:
    from ews.store.ingest import ingest as run

    for left in at.workspace.glob("store.duckdb*"):
        left.unlink()
    config = at.config()
    with clock.running():
        report = run(config, progress=clock.progress)
    rows = sum(each.rows_read for each in report.tables)
    clock.facts = {"rows": rows, "store_bytes": at.store.stat().st_size}


def bare_read(at: Place, clock: Clock) -> None:
    from ews.engine import literal, open_session
    from ews.simulate.extract_files import COLUMNS

    with open_session() as session, clock.running():
        for table, columns in COLUMNS.items():
            if table != "directory":
                types = ", ".join(f"'{name}': '{_TYPES.get(name, 'VARCHAR')}'" for name in columns)
                file = literal(str(at.district / "extracts" / f"{table}.csv"))
                counts = ", ".join(f"count({name})" for name in columns)
                session.rows(
                    f"SELECT {counts} FROM read_csv({file}, columns = {{{types}}}, header = true, "
                    "auto_detect = false)"
                )


_TYPES = {
    **dict.fromkeys(("date", "entry_date", "exit_date", "start_date", "end_date"), "DATE"),
    "recorded_at": "TIMESTAMP",
    "absent_fraction": "DOUBLE",
    "school_year": "INTEGER",
    "instructional": "BOOLEAN",
}


def features(at: Place, clock: Clock) -> None:
    """Snapshot and features; parts are the processor seconds of each frame that is computed."""
    from ews.engine import Session
    from ews.features.matrix import build_matrix
    from ews.store.schema import read_store

    keep, pandas = Session.keep, Session.pandas

    def by_name(name: str, work: Callable[[], Any]) -> Any:
        started = time.process_time()
        try:
            return work()
        finally:
            clock.parts[name] = clock.parts.get(name, 0.0) + time.process_time() - started

    Session.keep = lambda self, sql, name: by_name(name, lambda: keep(self, sql, name))  # type: ignore[method-assign]
    Session.pandas = lambda self, sql, values=(): by_name("collected", lambda: pandas(self, sql, values))  # type: ignore[method-assign]
    config = at.config()
    with read_store(config.workspace_dir) as session, clock.running():
        matrix = build_matrix(session, AS_OF, config)
    clock.parts["planning and pandas"] = clock.cpu_seconds - sum(clock.parts.values())
    clock.facts = {"rows": len(matrix.features), "exceptions": _exceptions(at.workspace)}


def _exceptions(workspace: Path) -> int:
    from ews.store.schema import read_store

    with read_store(workspace) as session:
        return int(session.value("SELECT count(*) FROM store.attendance"))


def by_hand(at: Place, clock: Clock) -> None:
    from ews.store.schema import read_store
    from tests.benchmarks.by_hand import features_by_hand

    config = at.config()
    with read_store(config.workspace_dir) as session, clock.running():
        rows = features_by_hand(session, AS_OF, config.timezone, clock.parts)
    clock.facts = {"rows": len(rows)}


def daily_rows(at: Place, clock: Clock) -> None:
    from tests.benchmarks.daily_rows import daily_features

    with clock.running():
        rows, read = daily_features(at.daily, clock.parts)
    clock.facts = {"rows": len(rows), "daily_rows": read}


def by_student(at: Place, clock: Clock) -> None:
    from tests.benchmarks.daily_rows_by_student import features_by_student

    with clock.running():
        rows, read = features_by_student(at.daily / "days.parquet", clock.parts)
    clock.facts = {"rows": len(rows), "daily_rows": read}


def in_pandas(at: Place, clock: Clock) -> None:
    from tests.benchmarks.pandas_events.features import features_in_pandas

    with clock.running():
        rows, read = features_in_pandas(at.daily, clock.parts)
    clock.facts = {"rows": len(rows), "daily_rows": read}


def train(at: Place, clock: Clock) -> None:
    from ews.training.run import train as run

    config = at.config()
    with clock.running():
        result = run(config, by="Benchmark", progress=clock.progress)
    clock.facts = {"verdict": result.verdict}


def audit(at: Place, clock: Clock) -> None:
    from ews.equity.audit import audit as run
    from ews.model.predictors import RULES

    given, config = _unpickled(at, "audit"), at.config()
    rule = next(each for each in RULES if each.name == "larger_of_both")
    with clock.running():
        run(
            given["rows"],
            given["groups"],
            settings=config.audit,
            capacities=config.outreach.capacity,
            enrolled=given["enrolled"],
            seed=1,
            rule=rule,
        )
    clock.facts = {"rows": len(given["rows"])}


def score(at: Place, clock: Clock) -> None:
    """Everyone's risk and place; with room for nobody on a list, so that no reasons are made."""
    from ews.config import Capacities
    from ews.nightly.score import score as run

    given, config = _unpickled(at, "score"), at.config()
    nobody = Capacities.model_validate({"prevent": {"per_school": 0}, "intensive": {"per_school": 0}})
    config = config.model_copy(update={"outreach": config.outreach.model_copy(update={"capacity": nobody})})
    with clock.running():
        scores = run(given["matrix"], given["service"], config, None)
    clock.facts = {"rows": len(scores.scores), "trees": given["service"].model.trees}


def bare_predict(at: Place, clock: Clock) -> None:
    import lightgbm

    given = _unpickled(at, "score")
    matrix, text = given["matrix"], given["service"].model.text
    rows = matrix.features.loc[matrix.scorable().to_numpy()]
    with clock.running():
        lightgbm.Booster(model_str=text).predict(rows.to_numpy(), raw_score=True)
    clock.facts = {"rows": len(rows)}


def reasons(at: Place, clock: Clock) -> None:
    from ews.model import booster
    from ews.outreach.reasons import reasons_of

    rows, beside, text = _listed(at)
    shown = at.config().outreach.show_reasons_from
    with clock.running():
        reasons_of(rows, booster.contributions(text, rows), shown, beside)
    clock.facts = {"rows": len(rows)}


def bare_contributions(at: Place, clock: Clock) -> None:
    import lightgbm

    rows, _, text = _listed(at)
    with clock.running():
        lightgbm.Booster(model_str=text).predict(rows.to_numpy(), pred_contrib=True)
    clock.facts = {"rows": len(rows)}


def _listed(at: Place) -> tuple[Any, Any, str]:
    """Return the features of those on a list, the figures beside them, and the model's text."""
    from ews.features.unbroken import BESIDE_FEATURES

    given, listed = _unpickled(at, "score"), _unpickled(at, "publish")["scores"].listed
    matrix = given["matrix"]
    chosen = matrix.standing["student_id"].isin(set(listed["student_id"])).to_numpy()
    rows = matrix.features.loc[chosen].reset_index(drop=True)
    beside = matrix.standing.loc[chosen, list(BESIDE_FEATURES)].reset_index(drop=True)
    return rows, beside, given["service"].model.text


def publish(at: Place, clock: Clock) -> None:
    from ews.nightly.publish import publish as run

    given, config = _unpickled(at, "publish"), at.config()
    shutil.rmtree(config.workspace_dir / "published", ignore_errors=True)
    with clock.running():
        folder, _ = run(**given, config=config, day=AS_OF)
    files = [path for path in folder.rglob("*") if path.is_file()]
    clock.facts = {"files": len(files), "bytes": sum(path.stat().st_size for path in files)}


def night(at: Place, clock: Clock) -> None:
    """A delivered night after one before it: load, features, scores, lists.

    What is kept of last year's weeks is forgotten, as happens once a week: the longest night there is.
    """
    from ews.nightly.night import nightly

    shutil.rmtree(at.night / "workspace", ignore_errors=True)
    shutil.copytree(at.before_the_night, at.night / "workspace")
    shutil.rmtree(at.night / "workspace" / "same_weeks", ignore_errors=True)
    config = at.config(at.night)
    with clock.running():
        result = nightly(config, as_of=AS_OF, progress=clock.progress)
    clock.facts = {"outcome": result.outcome, "degraded": len(result.degraded), **result.rows}
    clock.facts["exceptions"] = _exceptions(at.night / "workspace")
    if result.outcome != "published":
        raise RuntimeError(f"nothing was published: {result.degraded}")


def look_up(at: Place, clock: Clock) -> None:
    """MLflow's import and the champion's record, and nothing else."""
    config = at.config()
    with clock.running():
        from ews.registry import CHAMPION, Registry

        clock.facts = {"found": Registry(config).alias(CHAMPION) is not None}


def _unpickled(at: Place, name: str) -> dict[str, Any]:
    import pickle

    found: dict[str, Any] = pickle.loads((at.inputs / f"{name}.pickle").read_bytes())  # noqa: S301 - our own
    return found


STAGES: dict[str, Callable[[Place, Clock], None]] = {
    each.__name__: each
    for each in (
        simulate,
        ingest,
        bare_read,
        features,
        by_hand,
        daily_rows,
        by_student,
        in_pandas,
        train,
        audit,
        score,
        bare_predict,
        reasons,
        bare_contributions,
        publish,
        night,
        look_up,
    )
}


def main(stage: str, root: str, students: str, years: str) -> None:
    """Run a stage, or what has to be there before one, and print what it took as JSON."""
    from ews.large_blocks import keep_large_blocks
    from tests.benchmarks.preparing import PREPARATIONS

    keep_large_blocks()  # as the command line does

    clock = Clock()
    (STAGES | PREPARATIONS)[stage](Place(Path(root), int(students), int(years)), clock)
    print(json.dumps(clock.taken().record()))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
