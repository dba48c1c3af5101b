"""What a small district has in Ed-Fi, to be written as interchange files or into an ODS."""

from __future__ import annotations

from dataclasses import dataclass, field

ELEMENTARY, HIGH = 101, 102
DISTRICT = 100


@dataclass
class Calendar:
    """A calendar of a school and year: ``dates`` maps a date to its events; ``kind`` is its type."""

    code: str
    school: int
    year: int
    kind: str
    dates: dict[str, list[str]]


@dataclass
class Demographics:
    """What one education organization says of a student."""

    student: str
    organization: int
    sex: str | None = None
    hispanic: bool | None = None
    races: list[str] = field(default_factory=list)
    english: str | None = None
    disabilities: list[str] = field(default_factory=list)
    characteristics: list[str] = field(default_factory=list)


@dataclass
class Program:
    """A program that a student takes part in; ``kind`` is the association's table and element.

    Two associations of one student may differ in the type of the program alone.
    """

    kind: str
    student: str
    begin: str = "2025-08-25"
    end: str | None = None
    participates: bool | None = None
    services: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    program_type: str = "Regular"


@dataclass
class Enrollment:
    """A spell; in the files the year may stand in the reference to the calendar alone."""

    student: str
    school: int
    entry: str
    grade: str
    exit: str | None = None
    exit_type: str | None = None
    year: int | None = None
    calendar_year: int | None = None


@dataclass
class Event:
    """An attendance event; ``share`` is EventDuration, ``minutes`` SchoolAttendanceDuration."""

    student: str
    school: int
    date: str
    category: str
    share: str | None = None
    minutes: str | None = None
    session: str = "Fall"
    year: int = 2026


@dataclass
class EdFiDistrict:
    """Everything that the profile reads."""

    schools: list[tuple[int, str, list[str]]] = field(default_factory=list)
    calendars: list[Calendar] = field(default_factory=list)
    bell_schedules: list[tuple[str, int, int, list[str]]] = field(default_factory=list)
    students: list[str] = field(default_factory=list)
    demographics: list[Demographics] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)
    enrollments: list[Enrollment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


LANGUAGE = "StudentLanguageInstructionProgramAssociation"
SPECIAL = "StudentSpecialEducationProgramAssociation"
HOMELESS = "StudentHomelessProgramAssociation"
MEALS = "StudentSchoolFoodServiceProgramAssociation"

_OPEN, _CLOSED = ["Instructional day"], ["Holiday"]


def invented_district() -> EdFiDistrict:
    """Two schools and a few students, each of whom is in it for a rule of the profile."""
    district = EdFiDistrict(
        schools=[
            (ELEMENTARY, "Adams & Bell Elementary", ["Elementary School"]),
            (HIGH, "Cole High", ["Middle School", "High School"]),
            (103, "Dunn Academy", []),
            (104, "Ely Middle", ["Middle School", "Junior High School"]),
            (105, "Ford High", ["High School"]),
        ],
        bell_schedules=[
            ("Regular", ELEMENTARY, 390, ["2025-09-02", "2025-09-03"]),
            ("Late start", ELEMENTARY, 300, ["2025-09-03", "2025-09-04"]),
        ],
    )
    _add_calendars(district)
    _add_people(district)
    _add_meals(district)
    _add_enrollments(district)
    _add_attendance(district)
    return district


def _add_calendars(district: EdFiDistrict) -> None:
    district.calendars = [
        Calendar(
            "whole school",
            ELEMENTARY,
            2026,
            "School",
            {
                "2025-09-01": _CLOSED,
                "2025-09-02": _OPEN,
                "2025-09-03": ["Student late arrival/early dismissal"],
                "2025-09-04": ["Weather day"],
                "2025-09-05": ["Make-up day"],
                "2025-09-08": ["Teacher only day", "Instructional day"],
            },
        ),
        Calendar(
            "kindergarten", ELEMENTARY, 2026, "Grade Level", {"2025-09-04": _OPEN, "2025-09-05": _CLOSED}
        ),
        Calendar("teachers", ELEMENTARY, 2026, "Staff", {"2025-08-20": _OPEN, "2025-09-01": _OPEN}),
        Calendar("one student", ELEMENTARY, 2026, "IEP", {"2025-09-01": _OPEN, "2025-09-06": _OPEN}),
        Calendar("single", HIGH, 2026, "Student Specific", {"2025-09-02": _OPEN, "2026-05-29": _OPEN}),
        Calendar("one summer", HIGH, 2026, "School", {"2026-06-15": _CLOSED, "2026-06-16": _OPEN}),
        Calendar("the next", HIGH, 2027, "School", {"2026-06-15": _OPEN, "2026-06-16": _CLOSED}),
    ]


def _add_people(district: EdFiDistrict) -> None:
    said = district.demographics
    said += [
        Demographics("hispanic-white", DISTRICT, "Female", True, ["White"], "Limited"),
        Demographics("two-races", DISTRICT, "Male", False, ["White", "Asian"], "NotLimited"),
        Demographics(
            "one-race", DISTRICT, "Female", None, ["Black or African American"], "Limited Monitored 1"
        ),
        Demographics("race-hispanic", DISTRICT, "Not Selected", None, ["Hispanic or Latino", "White"]),
        Demographics("no-answer", DISTRICT, "Non-binary", False, ["Choose Not to Respond"]),
        Demographics("two-schools", ELEMENTARY, "Female", False, ["White"], "NotLimited"),
        Demographics("two-schools", HIGH, "Male", False, ["Asian"], "Limited"),
        Demographics("own-code", DISTRICT, "Male", False, ["Hmong"], "Newcomer"),
        Demographics(
            "characteristics",
            DISTRICT,
            characteristics=["Homeless", "Economic Disadvantaged"],
            disabilities=["Specific Learning Disability", "Other Health Impairment"],
        ),
    ]
    district.students = [
        *dict.fromkeys(each.student for each in said),
        "unrecorded",
        "in-programs",
        "declined",
    ]
    district.programs += [
        Program(LANGUAGE, "in-programs"),
        Program(LANGUAGE, "declined", participates=False),
        Program(SPECIAL, "in-programs", end="2025-12-19"),
        Program(HOMELESS, "in-programs"),
    ]


def _add_meals(district: EdFiDistrict) -> None:
    both = [("Free Breakfast", None, None), ("Free Lunch", None, None)]
    district.programs += [
        Program(MEALS, "two-races", services=both, end="2026-05-29"),
        Program(MEALS, "one-race", services=[("Reduced Price Lunch", "2025-10-01", "2026-01-09")]),
        Program(
            MEALS,
            "own-code",
            end="2025-12-19",
            services=[
                ("Full Price Lunch", None, "2026-05-29"),
                ("Free Snack", None, None),
                ("Other", None, None),
                ("District Plan B", "2025-09-15", None),
            ],
        ),
        Program(MEALS, "unrecorded"),
        Program(MEALS, "declined", end="2026-01-30", services=[("Free Lunch", None, None)]),
        Program(MEALS, "declined", services=[("Free Breakfast", None, None)], program_type="Summer"),
    ]


def _add_enrollments(district: EdFiDistrict) -> None:
    district.enrollments = [
        Enrollment("two-races", ELEMENTARY, "2025-08-25", "Kindergarten", year=2026),
        Enrollment(
            "one-race", ELEMENTARY, "2025-08-25", "Fifth grade", "2025-10-31", "Transferred", year=2026
        ),
        Enrollment("one-race", HIGH, "2025-11-03", "Fifth grade", calendar_year=2026),
        Enrollment("characteristics", HIGH, "2025-06-16", "Eleventh grade", calendar_year=2026),
        Enrollment("own-code", HIGH, "2025-08-25", "Twelfth grade"),
        Enrollment("unrecorded", HIGH, "2026-01-12", "Ninth grade"),
        Enrollment("no-answer", HIGH, "2025-08-25", "Tenth grade", "2025-08-25", "No show", year=2026),
        Enrollment("declined", ELEMENTARY, "2025-08-25", "Transitional Kindergarten", year=2026),
    ]


def _add_attendance(district: EdFiDistrict) -> None:
    school, day = ELEMENTARY, "2025-09-02"
    district.events = [
        Event("two-races", school, day, "Excused Absence", "1"),
        Event("one-race", school, day, "Unexcused Absence", "0.5", "200"),
        Event("one-race", school, "2025-09-03", "Unexcused Absence"),
        Event("own-code", school, day, "Tardy", None, "15"),
        Event("own-code", school, "2025-09-03", "Tardy", "1"),
        Event("own-code", school, "2025-09-05", "Tardy", "1", "20"),
        Event("own-code", school, "2025-09-08", "Early departure", "0.25"),
        Event("unrecorded", school, day, "In Attendance", "1", "390"),
        Event("unrecorded", school, "2025-09-03", "Present", "0.5"),
        Event("no-answer", school, day, "Partial", None, "10"),
        Event("no-answer", school, day, "Excused Absence", "1"),
        Event("declined", school, day, "Religious", "1"),
        Event("declined", school, "2025-09-03", "Excused Absence", "1", session="Fall"),
        Event("declined", school, "2025-09-03", "Excused Absence", "1", session="Whole year"),
    ]
