"""What has to be there before a stage can be measured alone; made once, and not measured.

Inputs of a stage are those of a real night: they are kept where the night hands them on.
"""

from __future__ import annotations

import datetime as dt
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.places import AS_OF, NIGHT_BEFORE, Place

if TYPE_CHECKING:
    from tests.benchmarks.stages import Clock


def make_model(at: Place, _clock: Clock) -> None:
    """A model in service, from a district of its own."""
    from ews.approval import Decision, promote, record_sign_off
    from ews.simulate.district import simulate
    from ews.store.ingest import ingest
    from ews.training.run import train

    source = at.model
    simulate(source.district, students=source.students, years=source.years, seed=1)
    config = source.config()
    ingest(config)
    trained = train(config, by="Benchmark")
    if trained.verdict != "pass":
        kind = "insufficient_evidence" if trained.verdict == "insufficient_evidence" else "override"
        expires = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=60)
        decision = Decision(kind, "BENCHMARK, not a person", "no role", "Simulated students only", expires)
        record_sign_off(config, decision, run=trained.run_name if kind == "override" else None)
    promote(config)
    shutil.rmtree(source.district / "extracts")
    (source.folder / "done").touch()


def adopt_model(at: Place, _clock: Clock) -> None:
    """The same registry beside this district: definition, cohort and sources are the same."""
    shutil.rmtree(at.district / "mlruns", ignore_errors=True)
    _bring_model(at, at.district)


def _bring_model(at: Place, to: Path) -> None:
    shutil.copytree(at.model.district / "mlruns", to / "mlruns")
    (to / "workspace").mkdir(exist_ok=True)
    decisions = at.model.workspace / "sign_offs.jsonl"
    if decisions.exists():
        shutil.copy(decisions, to / "workspace")


def keep_inputs(at: Place, _clock: Clock) -> None:
    """Score and publish a day, and keep what ``score`` and ``publish`` were given."""
    from ews.nightly import night

    at.inputs.mkdir(exist_ok=True)
    scored, published = night.score, night.publish

    def score(matrix: Any, service: Any, *rest: Any) -> Any:
        _keep(at, "score", {"matrix": matrix, "service": service})
        return scored(matrix, service, *rest)

    def publish(scores: Any, service: Any, *rest: Any, **given: Any) -> Any:
        _keep(at, "publish", {"scores": scores, "service": service, **given})
        return published(scores, service, *rest, **given)

    night.score, night.publish = score, publish
    shutil.rmtree(at.workspace / "published", ignore_errors=True)
    night.score_and_publish(at.config(), as_of=AS_OF)


def keep_judged_rows(at: Place, _clock: Clock) -> None:
    """Keep what the audit of a training run is given: the test year's rows, date after date."""
    import pandas as pd

    from ews.label import complete_years, outcomes
    from ews.model.baselines import rules_of_thumb
    from ews.model.labelled_rows import labelled_rows
    from ews.nightly.service import in_service
    from ews.progress import silent
    from ews.store.schema import read_store
    from ews.training.audit_frame import audit_frame

    config = at.config()
    model = in_service(config)[0].model
    parts: list[pd.DataFrame] = []
    enrolled: dict[Any, int] = {}
    columns = ["student_id", "school_id", "grade", "as_of_date", "label", "already_chronic", "absences_left"]
    with read_store(config.workspace_dir) as session:
        happened, year = outcomes(session, config), complete_years(session)[-1]
        for day in config.training.as_of:
            alone = config.model_copy(
                update={"training": config.training.model_copy(update={"as_of": (day,)})}
            )
            rows = labelled_rows(session, [year], happened, alone, silent)
            rule = rules_of_thumb(rows.features)["rule_larger_of_both"]
            risk = model.risks(rows.features)
            parts.append(rows.standing[columns].assign(risk=risk, rule_larger_of_both=rule))
            enrolled |= rows.enrolled
        judged = pd.concat(parts, ignore_index=True)
        groups, _ = audit_frame(session, judged, config)
    at.inputs.mkdir(exist_ok=True)
    _keep(at, "audit", {"rows": judged, "groups": groups, "enrolled": enrolled})


def live_the_night_before(at: Place, _clock: Clock) -> None:
    """A workspace with a night behind it, and beside it tonight's extracts: one school day more, in full."""
    from ews.nightly.night import nightly

    shutil.rmtree(at.night, ignore_errors=True)
    shutil.rmtree(at.before_the_night, ignore_errors=True)
    extracts = at.night / "extracts"
    extracts.mkdir(parents=True)
    shutil.copy(at.district / "district.yaml", at.night)
    _bring_model(at, at.night)
    for path in (at.district / "extracts").glob("*.csv"):
        if path.stem != "attendance":
            (extracts / path.name).symlink_to(path)
    _attendance_before(at, NIGHT_BEFORE, extracts / "attendance.csv")
    nightly(at.config(at.night), as_of=NIGHT_BEFORE)
    (at.night / "workspace").rename(at.before_the_night)
    _attendance_before(at, AS_OF, extracts / "attendance.csv")


def _attendance_before(at: Place, day: dt.date, to: Path) -> None:
    from ews.engine import literal, open_session

    source = literal(str(at.district / "extracts" / "attendance.csv"))
    with open_session() as session:
        session.execute("SET preserve_insertion_order = true")
        session.execute(
            f"COPY (SELECT * FROM read_csv({source}, all_varchar = true, header = true) "
            f"WHERE date < '{day}') TO {literal(str(to))} (HEADER)"
        )


def write_daily_rows(at: Place, _clock: Clock) -> None:
    """One row per student and school day, as a daily file has them, and what is needed beside them.

    As Parquet: kinder than CSV.
    """
    from ews.store.schema import read_store
    from tests.benchmarks.daily_files import write_daily_files

    config = at.config()
    with read_store(config.workspace_dir) as session:
        write_daily_files(session, AS_OF, config.timezone, at.daily)


def _keep(at: Place, name: str, given: dict[str, Any]) -> None:
    (at.inputs / f"{name}.pickle").write_bytes(pickle.dumps(given, protocol=pickle.HIGHEST_PROTOCOL))


PREPARATIONS: dict[str, Callable[[Place, Clock], None]] = {
    each.__name__: each
    for each in (
        make_model,
        adopt_model,
        keep_inputs,
        keep_judged_rows,
        live_the_night_before,
        write_daily_rows,
    )
}
