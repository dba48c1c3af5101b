"""Simulate a whole district: canonical extracts, a configuration that fits them, and the truth.

Years are lived one after the other and written as they end, so that memory follows the size of a year
and not of the history. Equal arguments give equal bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from ews.errors import UsageError
from ews.school_calendar import as_of_dates
from ews.simulate import parameters as p
from ews.simulate.configuration import MARK, district_yaml
from ews.simulate.daily_events import Recorder
from ews.simulate.enrolling import Members, first_members, next_members, open_year
from ews.simulate.extract_files import ExtractFiles
from ews.simulate.people import People, names, student_ids
from ews.simulate.process import Noise
from ews.simulate.roster import Roster, live_through, move_on
from ews.simulate.school_years import SchoolYear, school_year
from ews.simulate.schools import Schools, default_count, draw_schools, sessions
from ews.simulate.truth import outcome, risk_tables, true_risk
from ews.simulate.yearly_extracts import YearWriter

_OURS = {"extracts", "truth", "district.yaml"}
_SCHEMA = pa.schema(
    [
        ("student_id", pa.string()),
        ("school_year", pa.int32()),
        ("as_of_date", pa.date32()),
        ("risk", pa.float64()),
        ("outcome", pa.int8()),
    ]
)


def simulate(
    out: Path,
    *,
    students: int = 6000,
    years: int = 6,
    seed: int = 1,
    schools: int | None = None,
    visits_tell: float = 1.0,
    progress: Callable[[str, float], None] | None = None,
) -> Path:
    """Write a simulated district into a folder and return the path of its configuration.

    Parameters
    ----------
    out : Path
        Receives ``extracts/``, ``truth/risk.parquet`` and ``district.yaml``. It may be missing, empty,
        or an earlier simulation, which is replaced.
    students : int
        Enrolled in a year, late entries included; at least 50.
    years : int
        School years, the unfinished 2025-26 included: 6 means 2020-21 to 2025-26.
    seed : int
        Equal seeds (and sizes) give equal bytes.
    schools : int, optional
        At least 3, one for each level; by default it follows the number of students.
    visits_tell : float
        How much visits to the nurse tell of absence, for trials of what a model makes of them. At 1, as
        usual: most of the difference between students is habit and chronic conditions. At 0 nothing:
        whoever is at school is as likely to visit as anyone else there, for the same reasons. Above 1 a
        planted signal: habit plays no part, and visits are so many times as frequent and rise so many
        times as steeply with the propensity to be absent. Who is absent, and the truth, do not depend on it.
    progress : callable, optional
        Called with what is being done and the share that is done.

    Raises
    ------
    UsageError
        If a number is out of range, or ``out`` holds anything but an earlier simulation.
    """
    count = default_count(students) if schools is None else schools
    _check_sizes(students, years, seed, count)
    _check_folder(out)
    temporary = out.parent / f".{out.name}.unfinished"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        told = progress or (lambda _message, _share: None)
        _write(temporary, students, years, seed, count, visits_tell, told)
        _replace(temporary, out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return out / "district.yaml"


@dataclass
class _Past:
    """What one year hands to the next."""

    people: People
    roster: Roster
    visits: int

    def seen(self, last_day: int) -> NDArray[np.bool_]:
        """Return whom the files may know: not those who would enter after ``last_day`` of the year."""
        seen = np.ones(len(self.people), dtype=bool)
        seen[self.roster.person[self.roster.entry > last_day]] = False
        return seen


def _write(
    folder: Path,
    students: int,
    years: int,
    seed: int,
    count: int,
    visits_tell: float,
    progress: Callable[[str, float], None],
) -> None:
    schools = draw_schools(count, _stream(seed, 0, 0))
    (folder / "truth").mkdir()
    past: _Past | None = None
    with (
        ExtractFiles(folder / "extracts") as files,
        parquet.ParquetWriter(folder / "truth" / "risk.parquet", _SCHEMA) as truth,
    ):
        for index in range(years):
            number = p.LAST_YEAR - years + 1 + index
            progress(f"school year {number - 1}-{number % 100:02d}", index / years)
            year = school_year(number)
            past = _one_year(year, past, students, schools, seed, visits_tell, files, truth)
        if past is not None:
            _write_registers(files, past, past.seen(year.data_days - 1), schools, seed)
    (folder / "district.yaml").write_text(district_yaml(students, years, seed), encoding="utf-8")
    progress("done", 1.0)


def _one_year(
    year: SchoolYear,
    past: _Past | None,
    students: int,
    schools: Schools,
    seed: int,
    visits_tell: float,
    files: ExtractFiles,
    truth: Any,
) -> _Past:
    number = year.school_year
    people, members = _members(past, students, year, schools, _stream(seed, number, 1))
    roster, schools = open_year(members, people, year, schools, _stream(seed, number, 2))
    open_days = sessions(schools, year, _stream(seed, number, 3))
    recorder = Recorder(roster, people, _stream(seed, number, 4), visits_tell)
    ids = pa.array(student_ids(len(people), _stream(seed, 0, 1)))
    writer = YearWriter(files, year, roster, people, schools, ids, _stream(seed, number, 5))
    known = _live(year, roster, schools, open_days, recorder, _stream(seed, number, 6))
    for frame in _truth_frames(known, roster, year, ids):
        truth.write_table(frame)
    writer.calendar(open_days)
    writer.enrollments()
    writer.attendance(recorder)
    visits = writer.visits(recorder, past.visits if past else 1)
    return _Past(people, roster, visits)


def _members(
    past: _Past | None, students: int, year: SchoolYear, schools: Schools, rng: np.random.Generator
) -> tuple[People, Members]:
    if past is None:
        return first_members(students, year, schools, rng)
    past.people.into_next_year(rng)
    return next_members(past.roster, past.people, students, year, schools, rng)


def _live(
    year: SchoolYear,
    roster: Roster,
    schools: Schools,
    open_days: NDArray[np.bool_],
    recorder: Recorder,
    rng: np.random.Generator,
) -> dict[int, tuple[NDArray[Any], NDArray[Any]]]:
    """Live the days whose events are in the files; return rows and risks before each as-of day."""
    as_of = as_of_days(year, schools, open_days)
    tables = risk_tables(year, as_of)
    noise = Noise(1, len(schools), rng)
    known = {}
    for t in range(year.data_days):
        if t in as_of:
            rows = np.flatnonzero(roster.enrolled_on(t))
            known[t] = (rows, true_risk(roster, tables, t, open_days, schools)[rows])
        recorder.write(live_through(roster, year, t, open_days, noise, rng))
        if t + 1 < year.data_days:  # a move on the last day would only show after the files were cut
            move_on(roster, year, t, schools, rng)
    return known


def as_of_days(year: SchoolYear, schools: Schools, open_days: NDArray[np.bool_]) -> list[int]:
    """Return the day numbers of the default as-of dates that the year's events reach."""
    calendar = pd.DataFrame(
        {
            "school_id": np.repeat(schools.school_id, len(year.dates)),
            "date": np.tile(year.dates, len(schools)),
            "school_year": year.school_year,
            "instructional": open_days.ravel(),
        }
    )
    dates = np.array(as_of_dates(calendar, year.school_year), dtype="datetime64[D]")
    days = np.searchsorted(year.dates, dates)
    return [int(day) for day in days if day < year.data_days]


def _truth_frames(
    known: dict[int, tuple[NDArray[Any], NDArray[Any]]], roster: Roster, year: SchoolYear, ids: Any
) -> list[Any]:
    happened = outcome(roster).astype(np.int8)
    frames = []
    for t, (rows, risk) in known.items():
        unknown = np.full(len(rows), not year.finished)
        columns = [
            ids.take(pa.array(roster.person[rows])),
            np.full(len(rows), year.school_year, dtype=np.int32),
            np.full(len(rows), year.dates[t]),
            risk,
            pa.array(happened[rows], mask=unknown),
        ]
        frames.append(pa.table(columns, schema=_SCHEMA))
    return frames


def _write_registers(
    files: ExtractFiles, past: _Past, seen: NDArray[np.bool_], schools: Schools, seed: int
) -> None:
    """Write schools, students and directory, in the order of their ids."""
    order = np.argsort(schools.school_id)
    level = np.array(p.LEVELS)[schools.level]
    columns = {
        "school_id": schools.school_id,
        "school_name": schools.name,
        "level": level,
        "cep": schools.cep,
    }
    files.append("schools", {name: values[order] for name, values in columns.items()})
    people = past.people
    ids = student_ids(len(people), _stream(seed, 0, 1))
    order = np.argsort(ids)
    order = order[seen[order]]
    race = np.array([*p.RACES, None], dtype=object)[people.race]  # -1 (not recorded) is the last
    students = {
        "student_id": ids,
        "sex": np.where(people.male, "M", "F"),
        "race_ethnicity": race,
        "english_learner": _yes_no(people.english_learner),
        "disability": _yes_no(people.disability),
        "economically_disadvantaged": _yes_no(people.poor),
        "homeless": _yes_no(people.homeless),
        "foster": _yes_no(people.foster),
    }
    files.append("students", {name: values[order] for name, values in students.items()})
    files.append("directory", _directory(past.roster, ids, seen, _stream(seed, 0, 2)))


def _directory(
    roster: Roster, ids: NDArray[Any], seen: NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, Any]:
    """Return names and homerooms of those on the newest roster, in the order of their ids."""
    first, last = names(len(roster), rng)
    room = np.array(list("ABCDEF"))[rng.integers(0, 6, len(roster))]
    homeroom = np.char.add(np.array(p.GRADES)[roster.grade], np.char.add("-", room))
    counselor = np.char.add("Counselor ", np.array(list("KLMN"))[rng.integers(0, 4, len(roster))])
    order = np.argsort(ids[roster.person])
    order = order[seen[roster.person[order]]]
    columns = {
        "student_id": ids[roster.person],
        "first_name": first,
        "last_name": last,
        "homeroom": homeroom,
        "counselor": counselor,
    }
    return {name: values[order] for name, values in columns.items()}


def _yes_no(values: NDArray[Any]) -> NDArray[Any]:
    return np.where(values, "yes", "no")


def _stream(seed: int, year: int, purpose: int) -> np.random.Generator:
    """Return the random stream of one purpose in one year, independent of all others."""
    return np.random.default_rng([seed, year, purpose])


def _check_sizes(students: int, years: int, seed: int, schools: int) -> None:
    rules = [
        (students >= 50, "students", students, "50 or more"),
        (students <= 6_000_000, "students", students, "6,000,000 or fewer"),
        (1 <= years <= 20, "years", years, "1 to 20"),
        (seed >= 0, "seed", seed, "0 or more"),
        (3 <= schools <= students // 10, "schools", schools, "3 or more, with at least 10 students each"),
    ]
    for fine, name, value, expected in rules:
        if not fine:
            raise UsageError(
                f"--{name} is {value}", expected=expected, where="ews simulate", next_step=f"change --{name}"
            )


def _check_folder(out: Path) -> None:
    if not out.exists():
        return
    found = {each.name for each in out.iterdir()} if out.is_dir() else {"a file"}
    if not found or (found <= _OURS and _is_simulation(out)):
        return
    raise UsageError(
        "the folder holds something other than an earlier simulation",
        expected="a new or empty folder, or one with nothing but extracts, truth and district.yaml",
        where=str(out),
        next_step="give another --out, or empty that folder yourself",
    )


def _is_simulation(out: Path) -> bool:
    written = out / "district.yaml"
    return written.is_file() and written.read_text(encoding="utf-8").startswith(MARK)


def _replace(temporary: Path, out: Path) -> None:
    """Put a finished folder in the place of an empty one or of an earlier simulation."""
    if out.exists():
        shutil.rmtree(out)
    temporary.rename(out)
