"""Rates under every definition, student by student and day by day: slow, and nothing shared with the engine.

Written from docs/definitions.md on the plain records of ``tests/reference``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tests.reference.cells import part_of_day
from tests.reference.clock import Event, StudentYear, counted_to, school_days, student_years
from tests.reference.known import HINDSIGHT, Known, known_today
from tests.reference.outcomes import complete_years
from tests.reference.settings import Load, Settings
from tests.reference.versions import histories, known

WHOLE = 10_000
ABSENCES = ("tardy", "absent_excused", "absent_unexcused", "absent_suspension")


@dataclass(frozen=True)
class Rule:
    """A definition, said again."""

    bound: Fraction = Fraction(1, 10)
    of: str = "days enrolled"
    at_the_bound: bool = True
    enrolled: int = 10
    attended: int = 0
    part: str = "half"
    absence: tuple[str, ...] = ABSENCES
    neither: tuple[str, ...] = ("exempt",)
    leavers: bool = True
    prekindergarten: bool = True
    month: int | None = None


RULES = {
    "edfacts": Rule(),
    "california": Rule(enrolled=31, attended=1, part="whole", prekindergarten=False),
    "new_jersey": Rule(enrolled=45),
    "wisconsin": Rule(at_the_bound=False, enrolled=90, part="thirds"),
    "ohio_hours": Rule(of="hours enrolled"),
    "ohio_excessive": Rule(bound=Fraction(65), of="hours", month=38),
    "days_15": Rule(bound=Fraction(15), of="days"),
    "days_18": Rule(bound=Fraction(18), of="days"),
}


@dataclass
class Person:
    """A student, or a student at one school, in one school year."""

    grade: str
    school: str
    clock: int = 0
    stays: bool = False
    minutes: Fraction | None = Fraction(0)
    events: list[tuple[Event, Fraction, int]] = field(default_factory=list)
    """Every exception with the minutes missed and the school month."""


def reference_counts(
    loads: Sequence[Load], settings: Settings, year: int, rules: dict[str, Rule]
) -> dict[tuple[str, str], dict[tuple[str, str], tuple[int, int]] | None]:
    """By definition and grain, and within it by (district, ""), (school, id) and (grade, grade): n, chronic.

    None where hours cannot be counted because the calendar lacks minutes.
    """
    seen = _known(loads, settings, year)
    minutes = _minutes(loads)
    years = {student: each for (student, of_year), each in student_years(seen).items() if of_year == year}
    people = _people(loads, settings, seen, year, years, minutes)
    lacking = _lacking(seen, year, years.values(), minutes)
    found: dict[tuple[str, str], dict[tuple[str, str], tuple[int, int]] | None] = {}
    for name, rule in rules.items():
        for grain in ("district", "school"):
            hours = rule.of in ("hours", "hours enrolled")
            found[name, grain] = None if hours and lacking else _counts(people[grain], rule)
    return found


def newest_year(loads: Sequence[Load], settings: Settings) -> int | None:
    """The newest school year with attendance on one of its schools' days; None without any."""
    seen = known_today(loads, settings, dt.date(9998, 1, 1))
    years = {
        stated.year
        for school, days in seen.calendar.items()
        for stated in days.values()
        if any(
            min(d for d, s in days.items() if s.year == stated.year)
            <= day
            <= max(d for d, s in days.items() if s.year == stated.year)
            for day in seen.covered.get(school, set())
        )
    }
    return max(years, default=None)


def _known(loads: Sequence[Load], settings: Settings, year: int) -> Known:
    """All that is known today of days up to the end of the year, which is over only where it is complete."""
    calendar = known_today(loads, settings, dt.date(9998, 1, 1)).calendar
    last = max(day for days in calendar.values() for day, stated in days.items() if stated.year == year)
    seen = known_today(loads, settings, last + dt.timedelta(days=1))
    complete = year in complete_years(loads, settings)
    return replace(seen, year=year + 1 if complete else year)


def _minutes(loads: Sequence[Load]) -> dict[tuple[str, str], Fraction]:
    """The minutes of every day of instruction that states them."""
    current = known(histories("calendar", loads, Settings()), HINDSIGHT)
    stated = {key: version.row().get("minutes", "") for key, version in current.items()}
    return {(key[0], key[1]): Fraction(text) for key, text in stated.items() if text and Fraction(text) > 0}


def _people(
    loads: Sequence[Load],
    settings: Settings,
    seen: Known,
    year: int,
    years: dict[str, StudentYear],
    minutes: dict[tuple[str, str], Fraction],
) -> dict[str, list[Person]]:
    said = _said_minutes(loads, settings)
    found: dict[str, list[Person]] = {"district": [], "school": []}
    for student, each in years.items():
        whole = _person(seen, student, year, each, each.schools, minutes, said)
        found["district"] += [whole] if whole else []
        for school in sorted(each.schools):
            own = _person(seen, student, year, each, {school}, minutes, said)
            found["school"] += [own] if own else []
    return found


def _person(
    seen: Known,
    student: str,
    year: int,
    days: StudentYear,
    schools: set[str],
    minutes: dict[tuple[str, str], Fraction],
    said: dict[tuple[str, dt.date, str, int], Fraction],
) -> Person | None:
    own = [day for day in days.days if day.school in schools and day.instructional]
    if not own:
        return None
    last = own[-1]
    person = Person(_grade(seen, student, year, last.school, last.date), last.school, clock=len(own))
    lessons = {
        school: [d for d, stated in school_days(seen, school, year).items() if stated.instructional]
        for school in schools
    }
    finals = {school: counted_to(seen, school, year) or dt.date.min for school in schools}
    for day in own:
        length = minutes.get((day.school, day.date.isoformat()))
        person.minutes = None if person.minutes is None or length is None else person.minutes + length
        later = [d for d in lessons[day.school] if day.date < d <= finals[day.school]]
        person.stays = person.stays or not later
    for event in days.events:
        if event.school in schools:
            length = minutes.get((event.school, event.date.isoformat()), Fraction(0))
            stated = said.get((student, event.date, event.kind, event.part), Fraction(0))
            derived = Fraction(int(length * 1000) * event.part // WHOLE, 1000)
            month = lessons[event.school].index(event.date) // 20
            person.events.append((event, min(max(stated, derived), length), month))
    return person


def _grade(seen: Known, student: str, year: int, school: str, date: dt.date) -> str:
    """The grade of the spell that a date belongs to: the one that began earlier, clipped to the year."""
    spells = []
    for spell in seen.spells:
        if (spell.student, spell.year, spell.school) == (student, year, school):
            first = max(spell.entry, min(school_days(seen, school, year)))
            if first <= date and (spell.end is None or spell.end >= date):
                spells.append((first, spell.entry, spell.grade))
    return min(spells)[2]


def _said_minutes(loads: Sequence[Load], settings: Settings) -> dict[tuple[str, dt.date, str, int], Fraction]:
    """The minutes that were delivered for a student's day, by the kind and the part of the day they give."""
    found: dict[tuple[str, dt.date, str, int], Fraction] = {}
    for load in loads:
        lengths = {(r["school_id"], r["date"]): r.get("minutes", "") for r in load.rows.get("calendar", [])}
        for row in load.rows.get("attendance", []):
            if not row.get("minutes_absent"):
                continue
            kind = settings.codes[row["code"]]
            part = part_of_day(row, kind, lengths.get((row["school_id"], row["date"]), ""))
            key = (row["student_id"], dt.date.fromisoformat(row["date"]), kind, part)
            found[key] = max(found.get(key, Fraction(0)), Fraction(row["minutes_absent"]))
    return found


def _lacking(
    seen: Known, year: int, years: Iterable[StudentYear], minutes: dict[tuple[str, str], Fraction]
) -> bool:
    """Whether a counted day of instruction states no minutes, at a school where somebody is enrolled."""
    for school in sorted({school for each in years for school in each.schools}):
        last = counted_to(seen, school, year)
        for day, stated in school_days(seen, school, year).items():
            counted = last is not None and day <= last and stated.instructional
            if counted and (school, day.isoformat()) not in minutes:
                return True
    return False


def _counts(people: Iterable[Person], rule: Rule) -> dict[tuple[str, str], tuple[int, int]]:
    found: dict[tuple[str, str], tuple[int, int]] = {("district", ""): (0, 0)}
    for person in people:
        counted, chronic = _judge(person, rule)
        for group in (("district", ""), ("school", person.school), ("grade", person.grade)):
            n, c = found.get(group, (0, 0))
            found[group] = (n + counted, c + chronic)
    return found


def _judge(person: Person, rule: Rule) -> tuple[bool, bool]:
    enrolled = person.clock - sum(_is_out(event, rule) for event, _, _ in person.events)
    absent = sum((_absence(event, rule) for event, _, _ in person.events), Fraction(0))
    counted = (
        enrolled >= rule.enrolled
        and enrolled - absent >= rule.attended
        and (rule.leavers or person.stays)
        and (rule.prekindergarten or person.grade != "PK")
    )
    return counted, counted and enrolled > 0 and _is_reached(person, rule, enrolled, absent)


def _is_reached(person: Person, rule: Rule, enrolled: int, absent: Fraction) -> bool:
    def reaches(amount: Fraction, bound: Fraction) -> bool:
        return amount > bound or (rule.at_the_bound and amount == bound)

    missed = [(minutes, month) for event, minutes, month in person.events if event.kind in rule.absence]
    total = sum((minutes for minutes, _ in missed), Fraction(0))
    if rule.of == "days enrolled":
        return reaches(absent, rule.bound * enrolled)
    if rule.of == "days":
        return reaches(absent, rule.bound)
    if rule.of == "hours":
        months = {month: sum(m for m, other in missed if other == month) for _, month in missed}
        most = max(months.values(), default=Fraction(0))
        return reaches(total, rule.bound * 60) or reaches(most, Fraction((rule.month or 0) * 60))
    out = sum((m for event, m, _ in person.events if event.kind in rule.neither), Fraction(0))
    whole = (person.minutes or Fraction(0)) - out
    return whole > 0 and reaches(total, rule.bound * whole)


def _part(event: Event, rule: Rule) -> int:
    whole_unless_stated = event.kind == "in_school_suspension" and event.part == 0
    return WHOLE if whole_unless_stated and event.kind in (*rule.absence, *rule.neither) else event.part


def _is_out(event: Event, rule: Rule) -> bool:
    return event.kind in rule.neither and 2 * _part(event, rule) >= WHOLE


def _absence(event: Event, rule: Rule) -> Fraction:
    if event.kind not in rule.absence:
        return Fraction(0)
    missed = Fraction(_part(event, rule), WHOLE)
    if rule.part == "half":
        return Fraction(int(missed >= Fraction(1, 2)))
    if rule.part == "whole":
        return Fraction(int(missed == 1))
    if rule.part == "thirds":
        attended = 1 - missed
        return (
            Fraction(0)
            if attended >= Fraction(66, 100)
            else Fraction(1 if attended < Fraction(33, 100) else Fraction(1, 2))
        )
    return missed
