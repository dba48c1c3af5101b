"""One school year's rows of every extract: enrollments, attendance with corrections, visits, meals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ews.simulate import parameters as p
from ews.simulate.daily_events import CATEGORIES, CODES, DISPOSITIONS, PRESENT, Recorder
from ews.simulate.extract_files import ExtractFiles
from ews.simulate.people import People
from ews.simulate.roster import STAYING, Roster
from ews.simulate.school_years import SchoolYear
from ews.simulate.schools import Schools

_DAY = 86_400
_CODES, _CATEGORIES, _DISPOSITIONS = pa.array(CODES), pa.array(CATEGORIES), pa.array(DISPOSITIONS)
_GRADES = pa.array(p.GRADES)


@dataclass
class YearWriter:
    """Writes one year's rows to the open files.

    ``ids`` holds the text id of every person so far (arrow), ``first_visit`` the number of the first
    nurse visit of the year.
    """

    files: ExtractFiles
    year: SchoolYear
    roster: Roster
    people: People
    schools: Schools
    ids: Any
    rng: np.random.Generator

    def calendar(self, sessions: NDArray[np.bool_]) -> None:
        """Write every weekday of every school from the first day to the last."""
        count, days = len(self.schools), self.year.weekdays
        on = np.zeros((count, len(days)), dtype=bool)
        on[:, np.searchsorted(days, self.year.dates)] = sessions
        columns = {
            "school_id": np.repeat(self.schools.school_id, len(days)),
            "date": np.tile(days, count),
            "school_year": np.full(on.size, self.year.school_year),
            "instructional": on.ravel(),
            "minutes": np.where(on.ravel(), 390, 0),
        }
        self.files.append("calendar", columns)

    def enrollments(self) -> None:
        """Write a row per student, school and entry, and the meal programs that go with it."""
        row, school, first, last, ended = self._spells()
        person = self.roster.person[row]
        entry = self.year.dates[first]
        exit_ = pa.array(self.year.dates[last], mask=~ended)
        self.files.append(
            "enrollments",
            {
                "student_id": self.ids.take(pa.array(person)),
                "school_id": self.schools.school_id[school],
                "entry_date": entry,
                "exit_date": exit_,
                "school_year": np.full(len(row), self.year.school_year),
                "grade": _GRADES.take(pa.array(self.roster.grade[row])),
            },
        )
        self._meals(person, school, entry, exit_)

    def attendance(self, recorder: Recorder) -> None:
        """Write every version of every attendance row that was recorded before the files were cut."""
        row, school, day, code, fraction, first = recorder.attendance.columns()
        date = self.year.dates[day].astype("datetime64[s]")
        at = date + self._recording_delay(len(row))
        corrected = np.flatnonzero(first != code)
        later = at[corrected].astype("datetime64[D]").astype("datetime64[s]")
        wait = np.where(code[corrected] == PRESENT, 15, 8)
        days = 1 + (self.rng.random(len(corrected)) * wait).astype(int)
        later = later + (days * _DAY + self.rng.integers(8 * 3600, 16 * 3600, len(corrected)))
        lost = np.where(first == code, fraction, np.maximum(fraction, np.where(code == PRESENT, 1, 0)))
        line = np.concatenate([np.arange(len(row)), corrected])
        codes = np.concatenate([first, code[corrected]])
        fractions = np.concatenate([lost, fraction[corrected]])
        recorded = np.concatenate([at, later])
        keep = np.flatnonzero(recorded < self._cut())
        keep = keep[np.argsort(day[line[keep]], kind="stable")]
        line = line[keep]
        self.files.append(
            "attendance",
            {
                "student_id": self.ids.take(pa.array(self.roster.person[row[line]])),
                "school_id": pa.array(self.schools.school_id).take(pa.array(school[line])),
                "date": self.year.dates[day[line]],
                "code": _CODES.take(pa.array(codes[keep])),
                "absent_fraction": fractions[keep],
                "recorded_at": recorded[keep],
            },
        )

    def visits(self, recorder: Recorder, first_number: int) -> int:
        """Write the year's nurse visits, numbered on from ``first_number``; return the next number."""
        row, day, category, disposition = recorder.visits.columns()
        seconds = self.rng.integers(int(8.5 * 3600), 15 * 3600, len(row)) + 1800
        recorded = self.year.dates[day].astype("datetime64[s]") + seconds
        number = pa.array(
            np.char.add("V", np.char.zfill((first_number + np.arange(len(row))).astype("U9"), 9))
        )
        self.files.append(
            "nurse_visits",
            {
                "visit_id": number,
                "student_id": self.ids.take(pa.array(self.roster.person[row])),
                "date": self.year.dates[day],
                "category": _CATEGORIES.take(pa.array(category)),
                "disposition": _DISPOSITIONS.take(pa.array(disposition)),
                "recorded_at": recorded,
            },
        )
        return first_number + len(row)

    def _spells(self) -> tuple[NDArray[Any], ...]:
        """Return row, school, first day, last day, ended (is the exit in the files?) of every spell."""
        roster, newest = self.roster, self.year.data_days - 1
        last_day = len(self.year.dates) - 1
        here = np.flatnonzero(roster.entry <= newest)
        last = np.where(roster.last[here] == STAYING, last_day, roster.last[here])
        ended = (roster.last[here] != STAYING) | self.year.finished
        still = (here, roster.school[here], roster.spell_start[here], last, ended)
        moved = [(*move, np.ones(len(move[0]), dtype=bool)) for move in roster.moves]
        row, school, first, last, ended = (np.concatenate(part) for part in zip(*moved, still, strict=True))
        order = np.lexsort((first, row))
        return tuple(part[order] for part in (row, school, first, last, ended))

    def _meals(self, person: NDArray[Any], school: NDArray[Any], start: NDArray[Any], end: Any) -> None:
        poor = self.people.poor[person]
        draw = self.rng.random((2, len(person)))
        paid = np.where(poor, np.where(draw[0] < 0.76, 0, np.where(draw[0] < 0.91, 1, 2)), 2)
        paid = np.where(~poor & (draw[0] < 0.06), 1, paid)
        status = np.array(["free", "reduced", "paid", "cep"])[np.where(self.schools.cep[school], 3, paid)]
        delay = np.where(self.schools.cep[school], 1, 2 + (draw[1] * 25).astype(int))
        recorded = start.astype("datetime64[s]") + (delay * _DAY + 10 * 3600)
        for program in ("lunch", "breakfast"):
            keep = np.flatnonzero((recorded < self._cut()) & ((program == "lunch") | (status != "paid")))
            self.files.append(
                "meal_programs",
                {
                    "student_id": self.ids.take(pa.array(person[keep])),
                    "program": np.full(len(keep), program),
                    "start_date": start[keep],
                    "end_date": end.take(pa.array(keep)),
                    "eligibility": status[keep],
                    "recorded_at": recorded[keep],
                },
            )

    def _recording_delay(self, count: int) -> NDArray[Any]:
        """Return seconds from midnight of the event's day to its record: mostly that afternoon."""
        draw = self.rng.random(count)
        days = np.where(draw < p.RECORDED_NEXT_DAY + p.RECORDED_LATE, 1, 0)
        late = np.flatnonzero(draw < p.RECORDED_LATE)
        days[late] = self.rng.integers(2, 12, len(late))
        hour = np.where(days == 0, 15, 7)
        return np.asarray(days * _DAY + hour * 3600 + self.rng.integers(0, 3 * 3600, count))

    def _cut(self) -> np.datetime64:
        """Return the moment the files were cut: the midnight after the newest day of events."""
        if self.year.finished:
            return np.datetime64("9999-01-01", "s")
        return np.datetime64(self.year.dates[self.year.data_days - 1] + 1, "s")
