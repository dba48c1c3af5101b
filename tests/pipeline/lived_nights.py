"""Many nights in a row, some with a fault, some killed, some with a planted shift: what became of each."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from tests.pipeline.at_work import REPOSITORY, AtWork
from tests.pipeline.test_stopped_anywhere import complete
from tests.pipeline.year_of_nights import FAULTS, SHIFTS, TABLES, Night, YearOfNights, planted

NIGHTS_TO_NOTICE = 3
QUIET_AT_FIRST = 30
"""Nights of a school year's beginning without a shift: the newest records have nothing to be held against."""
AFTER_A_SHIFT = 6
"""Nights after it was mended that still have it among the weeks before."""
_SHORTEST, _LONGEST = 0.2, 7.0


@dataclass(frozen=True)
class Plan:
    """What happens on which night (by number): ``shifts`` by the first of their nights."""

    faults: dict[int, str]
    killed: dict[int, float]
    without_registry: frozenset[int]
    shifts: dict[int, str]

    def shift_of(self, number: int) -> tuple[str, int] | None:
        """Return the shift that is on, and its first night."""
        for first, name in self.shifts.items():
            if first <= number < first + NIGHTS_TO_NOTICE:
                return name, first
        return None

    def has_cause(self, number: int) -> bool:
        """Whether an alarm of this night has something that was planted behind it."""
        near = any(first <= number < first + NIGHTS_TO_NOTICE + AFTER_A_SHIFT for first in self.shifts)
        return near or number in self.faults or number in self.without_registry


def plan_of(nights: int, *, seed: int, kills: int, quiet: Sequence[int]) -> Plan:
    """Draw what happens: every shift once, faults on a tenth of the nights, so many kills.

    Parameters
    ----------
    quiet : sequence of int
        Numbers of nights on which no shift may be on.
    """
    chance = np.random.default_rng(seed)
    room = NIGHTS_TO_NOTICE + AFTER_A_SHIFT + 1
    slots = [
        first
        for first in range(0, nights - room, room)
        if not set(range(first, first + NIGHTS_TO_NOTICE)) & set(quiet)
    ]
    names = list(SHIFTS)[: len(slots)]
    begins = chance.choice(slots, size=len(names), replace=False)
    shifts = {int(first): name for first, name in zip(begins, names, strict=True)}
    taken = {first + more for first in shifts for more in range(NIGHTS_TO_NOTICE)}
    free = [number for number in range(1, nights) if number not in taken]
    bad = chance.choice(free, size=nights // 8, replace=False)
    faults = {int(number): str(chance.choice(list(FAULTS))) for number in bad[: -max(1, nights // 50)]}
    alone = frozenset(int(number) for number in bad[-max(1, nights // 50) :])
    killed = chance.choice(range(1, nights), size=kills, replace=False)
    return Plan(
        faults, {int(each): float(chance.uniform(_SHORTEST, _LONGEST)) for each in killed}, alone, shifts
    )


def live(year: YearOfNights, days: Sequence[dt.date], plan: Plan, *, seed: int) -> Iterator[Night]:
    """Live through nights; after each, readers have one complete night, and a published one is verified."""
    chance = np.random.default_rng(seed)
    for number, day in enumerate(days):
        on = plan.shift_of(number)
        change = planted(on[0], days[on[1] - 1]) if on else None  # the first night sees one such day
        year.deliver(day, change)
        if number in plan.killed:
            kill_at(year.district, day, plan.killed[number])
            _readers_have_one(year.district)
        table = str(chance.choice(TABLES))
        if number in plan.faults:
            FAULTS[plan.faults[number]](year.district, table, chance)
        with _registry_away(year.district, away=number in plan.without_registry):
            night = year.night(day)
        _readers_have_one(year.district)
        if night.outcome == "published":
            assert night.latest == day.isoformat()
            assert year.district.run("verify") == 0
        fault = f"{plan.faults[number]}: {table}" if number in plan.faults else ""
        night.cause = fault or ("without the registry" if number in plan.without_registry else "")
        night.shift = on[0] if on else ""
        yield night


def kill_at(district: AtWork, day: dt.date, seconds: float) -> bool:
    """Start a night in its own process and kill it so long after; say whether it was still at work."""
    run = subprocess.Popen(
        [sys.executable, "-m", "ews", "nightly", "-c", str(district.configuration), "--as-of", str(day)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    at_work = run.poll() is None
    run.kill()
    run.wait()
    return at_work


def nights_to_notice(nights: Sequence[Night], plan: Plan) -> dict[str, int | None]:
    """Return for every shift on which of its nights somebody was called; None where nobody was."""
    found: dict[str, int | None] = {}
    for first, name in sorted(plan.shifts.items()):
        called = [each.called for each in nights[first : first + NIGHTS_TO_NOTICE]]
        found[name] = called.index(True) + 1 if True in called else None
    return found


def table_of(nights: Sequence[Night], plan: Plan) -> str:
    """Return what became of the nights, for people."""
    quiet = [each for number, each in enumerate(nights) if not plan.has_cause(number)]
    lines = [f"{len(nights)} nights, {len(plan.killed)} of them killed first"]
    lines += [
        f"{outcome}: {sum(each.outcome == outcome for each in nights)}"
        for outcome in sorted({each.outcome for each in nights})
    ]
    lines.append(
        f"called without a planted cause: {sum(each.called for each in quiet)} of {len(quiet)} such nights"
    )
    lines += [f"{name}: noticed on night {number}" for name, number in nights_to_notice(nights, plan).items()]
    lines += [
        f"{each.day} {each.exit_code} {each.outcome} [{each.cause}{each.shift}] {' '.join(each.sentences)}"
        for each in nights
        if each.called
    ]
    return "\n".join(lines)


def _readers_have_one(district: AtWork) -> None:
    if (district.workspace / "published" / "LATEST").exists():
        complete(district)


@contextmanager
def _registry_away(district: AtWork, *, away: bool) -> Iterator[None]:
    if not away:
        yield
        return
    aside = district.folder / "elsewhere"
    shutil.move(district.folder / "mlruns", aside)
    try:
        yield
    finally:
        shutil.rmtree(district.folder / "mlruns", ignore_errors=True)
        shutil.move(aside, district.folder / "mlruns")
