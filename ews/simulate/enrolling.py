"""Who is on the roster of each year: promotion, graduation, summer moves, newcomers, late entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ews.simulate import parameters as p
from ews.simulate.people import People, draw_people
from ews.simulate.roster import STAYING, Roster, new_roster
from ews.simulate.school_years import SchoolYear
from ews.simulate.schools import Schools

_LAST_GRADE = len(p.GRADES) - 1


@dataclass
class Members:
    """Arrays of length N: who will be on a year's roster, in which grade and school, from which day."""

    person: NDArray[Any]
    grade: NDArray[Any]
    school: NDArray[Any]
    entry: NDArray[Any]


def first_members(
    students: int, year: SchoolYear, schools: Schools, rng: np.random.Generator
) -> tuple[People, Members]:
    """Return the people of the first year: all grades alike, a few of them entering late."""
    people = draw_people(students, rng)
    grade = rng.integers(0, len(p.GRADES), students).astype(np.int8)
    members = _newcomers(np.arange(students), grade, people, year, schools, rng)
    return people, members


def next_members(
    before: Roster,
    people: People,
    students: int,
    year: SchoolYear,
    schools: Schools,
    rng: np.random.Generator,
) -> tuple[People, Members]:
    """Return the people and members of the next year.

    Those who stayed to the end move up a grade, and to the school of their neighborhood where the
    level changes; a few leave over the summer. Newcomers fill the places: kindergarten, and every
    other grade a little.
    """
    stay = (before.last == STAYING) & (before.grade < _LAST_GRADE)
    stay &= rng.random(len(before)) >= p.SUMMER_LEAVERS
    person, grade = before.person[stay], (before.grade[stay] + 1).astype(np.int8)
    level = p.LEVEL_OF_GRADE[grade]
    same_level = level == before.level[stay]
    school = np.where(same_level, before.school[stay], schools.serving(level, people.home[person]))
    places = max(0, students - len(person))
    new_grade = rng.integers(1, len(p.GRADES), places).astype(np.int8)
    new_grade[: round(students / len(p.GRADES))] = 0
    fresh = np.arange(len(people), len(people) + places)
    people = people.joined_by(draw_people(places, rng))
    new = _newcomers(fresh, new_grade, people, year, schools, rng, late=round(p.LATE_ENTRIES * students))
    entry = np.zeros(len(person), dtype=np.int16)
    members = Members(
        person=np.concatenate([person, new.person]),
        grade=np.concatenate([grade, new.grade]),
        school=np.concatenate([school, new.school]),
        entry=np.concatenate([entry, new.entry]),
    )
    return people, members


def open_year(
    members: Members, people: People, year: SchoolYear, schools: Schools, rng: np.random.Generator
) -> tuple[Roster, Schools]:
    """Return a year's roster before its first day, and the schools with this year's effects."""
    wobble = p.SCHOOL_YEAR_SD * rng.standard_normal(len(schools))
    schools = replace(schools, effect=(schools.effect + wobble).astype(np.float32))
    who = members.person
    theta = people.propensity(who) + p.GRADE_SHIFT[members.grade]
    theta = (theta + np.float32(p.YEAR_SHIFT.get(year.school_year, 0.0))).astype(np.float32)
    roster = new_roster(
        who, members.grade, theta, people.condition[who], members.school, members.entry, schools
    )
    return roster, schools


def _newcomers(
    person: NDArray[Any],
    grade: NDArray[Any],
    people: People,
    year: SchoolYear,
    schools: Schools,
    rng: np.random.Generator,
    late: int | None = None,
) -> Members:
    count = len(person)
    late = round(p.LATE_ENTRIES * count) if late is None else min(late, count)
    entry = np.zeros(count, dtype=np.int16)
    open_days = np.flatnonzero(year.moving)
    open_days = open_days[(open_days >= 20) & (open_days < len(year.dates) - 15)]
    entry[count - late :] = rng.choice(open_days, late)
    school = schools.serving(p.LEVEL_OF_GRADE[grade], people.home[person])
    return Members(person=person, grade=grade, school=school, entry=entry)
