"""A matrix is planned once: the statements are those of a plan that was made for the day alone."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

import pytest
from hypothesis import given

import ews.features.matrix
from ews.config import Config
from ews.engine import Frame, Session, open_session
from ews.features.matrix import build_matrix, joined
from ews.planned import STAND_IN_DAY, Plan, Planner, remembered
from ews.school_calendar import start_of_day_utc
from ews.snapshot import snapshot
from tests.data.matrices import loaded
from tests.data.small import AS_OF, enrolled, small_district
from tests.data.test_order_and_rerun import FEW
from tests.generators.district import District
from tests.generators.districts import districts


@dataclass
class Recording:
    """A session that also writes down the text of everything that it computes."""

    session: Session
    texts: list[str] = field(default_factory=list)

    def stored(self, *args) -> Frame:
        return self.session.stored(*args)

    def loaded_tables(self) -> set[str]:
        return self.session.loaded_tables()

    def beside(self, *args) -> Frame:
        return self.session.beside(*args)

    def materialize(self, frame: Frame, name: str) -> Frame:
        self.texts.append(alike(self.session.text_of(frame)))
        return self.session.materialize(frame, name)

    def number(self, frame: Frame, name: str, read, as_of: dt.date) -> int:
        self.texts.append(alike(self.session.text_of(frame)))
        return self.session.number(frame, name, read, as_of)


def alike(text: str) -> str:
    """A statement without the random names that DuckDB and narwhals give."""
    return re.sub(r"_[0-9a-f]{10,}\b", "", text)


def plan_of(session: Session, config: Config) -> Plan:
    """The matrix, planned for the day that no district has."""
    planner = Planner(session, start_of_day_utc(STAND_IN_DAY, config.timezone))
    return planner.plan(joined(snapshot(planner, STAND_IN_DAY, config), config))


@FEW
@given(districts(looks=2))
def test_a_plan_filled_with_a_day_is_the_plan_of_that_day(district: District) -> None:
    with loaded(district) as (session, config):
        plan = plan_of(session, config)
        for as_of in district.as_of_dates:
            recording = Recording(session)
            frame = joined(snapshot(recording, as_of, config), config)
            alone = [*recording.texts, alike(session.text_of(frame))]
            cut = start_of_day_utc(as_of, config.timezone)
            _, numbers = plan.run(session, as_of, cut)
            assert [alike(step.text(cut, numbers)) for step in (*plan.steps, plan.result)] == alone


@FEW
@given(districts(looks=1))
def test_a_table_without_rows_has_the_columns_and_types_of_the_one_with_them(district: District) -> None:
    with loaded(district) as (session, config):
        plan = plan_of(session, config)
        tables = [step.name for step in plan.steps if step.read is None]
        planned = {name: session.rows(f"DESCRIBE {name}") for name in tables}
        plan.run(session, STAND_IN_DAY, start_of_day_utc(STAND_IN_DAY, config.timezone))
        assert {name: session.rows(f"DESCRIBE {name}") for name in tables} == planned


@FEW
@given(districts(looks=2))
def test_one_plan_serves_every_day_and_every_store_of_a_configuration(district: District) -> None:
    planned = []
    with pytest.MonkeyPatch.context() as patch:
        make = ews.features.matrix._planned
        patch.setattr(ews.features.matrix, "_PLANS", {})
        patch.setattr(ews.features.matrix, "_planned", lambda *given: planned.append(1) or make(*given))
        for _ in range(2):
            with loaded(district) as (session, config):
                for as_of in district.as_of_dates:
                    build_matrix(session, as_of, config)
                narrower = config.model_copy(
                    update={"cohort": config.cohort.model_copy(update={"min_days": 99})}
                )
        assert len(planned) == 1
        with loaded(district) as (session, config):
            build_matrix(session, district.as_of_dates[0], narrower)
        assert len(planned) == 2


def test_a_plan_reads_no_rows() -> None:
    with open_session() as session:
        planner = Planner(session, dt.datetime(9876, 5, 4))
        with pytest.raises(TypeError, match="reads no rows"):
            planner.collect(session.frame("SELECT 1 AS one"))


def test_of_many_plans_the_oldest_is_forgotten() -> None:
    plans: dict[str, Plan] = {}
    made = [Plan((), None) for _ in range(3)]  # type: ignore[arg-type]
    assert [remembered(plans, key, lambda at=at: made[at], 2) for at, key in enumerate("abc")] == made
    assert list(plans) == ["b", "c"]
    assert remembered(plans, "b", lambda: made[0], 2) is made[1]
    remembered(plans, "d", lambda: made[0], 2)
    assert list(plans) == ["b", "d"], "the one that was asked for last stays"


def test_a_profile_in_a_file_of_its_own_that_changes_makes_another_plan() -> None:
    """How attendance is reported decides which days count; the configuration's own text need not say it."""
    missed = {"student_id": "S-1", "school_id": "s1", "date": "2025-09-10", "code": "A"}
    district = small_district(enrollments=[enrolled("S-1")], attendance=[missed])
    days = []
    with loaded(district) as (session, config):
        profile = config.folder / "ours.yaml"
        attendance = config.sources.attendance.model_copy(
            update={"reporting": None, "profile": "./ours.yaml"}
        )
        sources = config.sources.model_copy(update={"attendance": attendance})
        config = config.model_copy(update={"sources": sources})
        for reporting in ("exceptions", "daily", "exceptions"):
            columns = "{student_id: student_id, school_id: school_id, date: date}"
            profile.write_text(
                f"title: Ours\ntables: {{attendance: {{reporting: {reporting}, columns: {columns}}}}}\n"
            )
            standing = build_matrix(session, AS_OF, config).standing
            days.append(int(standing["enrolled_days"].iloc[0]))
    assert days == [20, 1, 20]
