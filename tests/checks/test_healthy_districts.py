"""How often sound districts are warned for nothing, over seeds, sizes, both forms and nights of the year."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from ews.engine import Session
from ews.extracts.plausible.whole import plausibility_findings
from ews.simulate.district import simulate
from ews.store.volume import volume_findings
from tests.checks.planted_faults import BOTH
from tests.checks.temp_tables import TABLES, as_daily, derive, read_extracts, source

NIGHTS = [
    dt.date(2025, 9, 8),
    dt.date(2025, 9, 19),
    dt.date(2025, 10, 31),
    dt.date(2025, 12, 19),
    dt.date(2026, 1, 17),
]


def as_of(session: Session, night: dt.date) -> None:
    """Give only what a district could have delivered before a night."""
    session.execute(
        f"DELETE FROM given_attendance WHERE date >= DATE '{night}' "
        f"OR coalesce(recorded_at >= TIMESTAMP '{night}', false)"
    )
    session.execute(f"DELETE FROM given_nurse_visits WHERE date >= DATE '{night}'")
    session.execute(f"DELETE FROM given_enrollments WHERE entry_date >= DATE '{night}'")
    session.execute(f"UPDATE given_enrollments SET exit_date = NULL WHERE exit_date >= DATE '{night}'")


def findings_on(session: Session, night: dt.date, reporting: str) -> list[str]:
    loaded_at = dt.datetime.combine(night, dt.time(8))
    with session.transaction(keep=False):
        as_of(session, night)
        derive(session)
        findings = plausibility_findings(session, TABLES, source(reporting), loaded_at)
        findings += volume_findings(session, {"attendance": ("full", 10**9)}, loaded_at, "America/New_York")
    return [each.name for each in findings]


def loads_and_findings(folder: Path, students: int, seeds: range) -> tuple[int, Counter[str]]:
    loads, told = 0, Counter[str]()
    for seed in seeds:
        simulate(folder, students=students, years=2, seed=seed)
        for reporting in BOTH:
            with read_extracts(folder) as session:
                if reporting == "daily":
                    as_daily(session)
                for night in NIGHTS:
                    told.update(findings_on(session, night, reporting))
                    loads += 1
    return loads, told


@pytest.mark.slow
@pytest.mark.parametrize(("students", "seeds"), [(60, 10), (600, 20), (6000, 4)])
def test_of_a_hundred_sound_loads_at_most_one_gives_a_finding(
    students: int, seeds: int, tmp_path: Path
) -> None:
    """A night is a load of everything up to it: two years, three to twelve schools."""
    loads, told = loads_and_findings(tmp_path / "district", students, range(100, 100 + seeds))
    assert loads == seeds * len(BOTH) * len(NIGHTS)
    assert told.total() <= 0.01 * loads, dict(told)
