"""Work on DuckDB planned once and run for many days.

To build the lazy frames of one matrix, narwhals has DuckDB look at each of some 650 steps: near to a second
of one core, for 300 students as for 300,000, and the same for every day. Here the frames are built once, for
a day that no district has. What comes out is a list of statements as text, in which the numbers of that day
(its cut in time, its day number, the school year) are found again and, for each day that is asked about,
replaced by its own. Tests hold the statements against those of a plan that was made for that day alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ews.engine import Frame, NumberReader, Session
from ews.store.frames import day_number

STAND_IN_DAY = dt.date(9876, 5, 4)
"""Stands for the day in a plan."""

_FIRST_STAND_IN = 1_987_000_000
_NEIGHBORS = 100
"""A number this near to a stand-in was reckoned from it: the year before, say."""

_WHOLE_NUMBER = re.compile(r"(?<![\w.'])\d{7,10}(?![\w.'])")


@dataclass(frozen=True)
class _Gap:
    """A place in a statement for a number, or (without a name) for the cut in time."""

    name: str | None
    offset: int = 0


@dataclass(frozen=True)
class _Step:
    """A statement: its rows become a table, or (with a reader) a number of that name."""

    name: str
    pieces: tuple[str | _Gap, ...]
    read: NumberReader | None = None

    def text(self, cut: dt.datetime, numbers: Mapping[str, int]) -> str:
        filled = (piece if isinstance(piece, str) else _filled(piece, cut, numbers) for piece in self.pieces)
        return "".join(filled)


def _filled(gap: _Gap, cut: dt.datetime, numbers: Mapping[str, int]) -> str:
    return _in_text(cut) if gap.name is None else str(numbers[gap.name] + gap.offset)


@dataclass(frozen=True)
class Plan:
    """Statements with gaps for what belongs to a day; made by a :class:`Planner`."""

    steps: Sequence[_Step]
    result: _Step

    def run(self, session: Session, as_of: dt.date, cut: dt.datetime) -> tuple[Any, dict[str, int]]:
        """Run the plan for a day.

        Parameters
        ----------
        cut : datetime
            What was known strictly before it counts; naive UTC.

        Returns
        -------
        tuple
            The rows of the planned frame as a pandas frame, and the numbers learned on the way by name.
        """
        numbers = {"day": day_number(as_of)}
        for step in self.steps:
            text = step.text(cut, numbers)
            if step.read is None:
                session.keep(text, step.name)
            else:
                numbers[step.name] = step.read(session.pandas(text), as_of)
        return session.pandas(self.result.text(cut, numbers)), numbers


@dataclass
class Planner:
    """Writes down what an engine is asked to do, for :data:`STAND_IN_DAY`; an :class:`ews.engine.Engine`.

    Parameters
    ----------
    session : Session
        Where the store is attached. Tables are made there as they will be, without rows.
    cut : datetime
        The cut in time that belongs to the day; naive UTC.
    """

    session: Session
    cut: dt.datetime
    _steps: list[_Step] = field(default_factory=list)
    _stand_ins: dict[str, int] = field(default_factory=lambda: {"day": day_number(STAND_IN_DAY)})

    def stored(self, table: str, columns: Sequence[str], days: Mapping[str, str]) -> Frame:
        """Return columns of a table of the store."""
        return self.session.stored(table, columns, days)

    def loaded_tables(self) -> set[str]:
        """Return the names of the tables that were ever loaded: a plan holds for these."""
        return self.session.loaded_tables()

    def materialize(self, frame: Frame, name: str) -> Frame:
        """Write down that a frame becomes a table, and return that table without rows."""
        self._steps.append(self._step(name, self.session.text_of(frame)))
        return self.session.without_rows(frame, name)

    def number(self, frame: Frame, name: str, read: NumberReader, as_of: dt.date) -> int:
        """Write down that a number is read from a frame, and return what stands for it."""
        self._steps.append(self._step(name, self.session.text_of(frame), read))
        self._stand_ins[name] = _FIRST_STAND_IN + 10 * _NEIGHBORS * len(self._stand_ins)
        return self._stand_ins[name]

    def beside(self, frame: Frame, parts: Sequence[Frame]) -> Frame:
        """Return a frame with the columns of others beside it."""
        return self.session.beside(frame, parts)

    def collect(self, frame: Frame) -> Any:
        """Refuse: a plan that looked at rows would hold for their day only.

        Raises
        ------
        TypeError
            Always.
        """
        msg = "a plan reads no rows: ask for a number (Engine.number), or join the frame"
        raise TypeError(msg)

    def plan(self, frame: Frame) -> Plan:
        """Return what was written down, with the frame that is wanted at the end."""
        return Plan(tuple(self._steps), self._step("result", self.session.text_of(frame)))

    def _step(self, name: str, text: str, read: NumberReader | None = None) -> _Step:
        pieces: list[str | _Gap] = []
        for number, part in enumerate(text.split(_in_text(self.cut))):
            pieces += [_Gap(None)] if number else []
            pieces += self._with_gaps(part)
        return _Step(name, tuple(pieces), read)

    def _with_gaps(self, text: str) -> list[str | _Gap]:
        pieces: list[str | _Gap] = []
        end = 0
        for match in _WHOLE_NUMBER.finditer(text):
            gap = self._gap(int(match[0]))
            if gap is not None:
                pieces += [text[end : match.start()], gap]
                end = match.end()
        return [*pieces, text[end:]]

    def _gap(self, number: int) -> _Gap | None:
        for name, stand_in in self._stand_ins.items():
            if abs(number - stand_in) <= _NEIGHBORS:
                return _Gap(name, number - stand_in)
        return None


def _in_text(cut: dt.datetime) -> str:
    return cut.isoformat(sep=" ")


def remembered(plans: dict[Any, Plan], key: Any, make: Callable[[], Plan], most: int) -> Plan:
    """Return the plan under a key, made when there is none; of more than ``most`` the oldest is forgotten."""
    plan = plans.pop(key, None) or make()
    plans[key] = plan
    while len(plans) > most:
        del plans[next(iter(plans))]
    return plan
