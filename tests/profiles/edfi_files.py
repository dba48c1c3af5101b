"""A district in Ed-Fi's XML interchange files: written, and read without the help of the profile."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.profiles.edfi_district import (
    MEALS,
    Calendar,
    EdFiDistrict,
    Enrollment,
    Event,
    Program,
)

_NAMESPACE = "{http://ed-fi.org/5.2.0}"
_VALUE_OF = {"true": True, "false": False, "1": True, "0": False}


def write_files(district: EdFiDistrict, folder: Path) -> Path:
    """Write a district as the interchange files that the profile reads."""
    folder.mkdir(parents=True, exist_ok=True)
    interchanges = {
        "EducationOrganization": _schools(district),
        "EducationOrgCalendar": _calendars(district),
        "MasterSchedule": _bell_schedules(district),
        "Student": [_element("Student", ("StudentUniqueId", student)) for student in district.students],
        "StudentEnrollment": [
            *_demographics(district),
            *(_enrollment(each) for each in district.enrollments),
        ],
        "StudentProgram": [_program(each) for each in district.programs],
        "StudentSchoolAttendance": [_event(each) for each in district.events],
    }
    for name, elements in interchanges.items():
        root = ET.Element(f"Interchange{name}", xmlns=_NAMESPACE.strip("{}"))
        root.extend(elements)
        ET.indent(root)
        ET.ElementTree(root).write(folder / f"{name}.xml", encoding="UTF-8", xml_declaration=True)
    return folder


@cache
def read_files(folder: Path) -> EdFiDistrict:
    """Read the sample district, in plain Python, as far as it goes (it has no enrollment file)."""
    dates: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for each in _found(folder / "EducationOrgCalendar.xml", "CalendarDate"):
        of = tuple(_text(each, f"CalendarReference/CalendarIdentity/{step}") for step in _CALENDAR)
        dates.setdefault(of, {})[_text(each, "Date")] = _values(each, "CalendarEvent")
    return EdFiDistrict(
        schools=[
            (int(_text(each, "SchoolId")), _text(each, "NameOfInstitution"), _values(each, "SchoolCategory"))
            for each in _found(folder / "EducationOrganization.xml", "School")
        ],
        calendars=[
            Calendar(
                code, int(school), int(year[-4:]), _value(each, "CalendarType"), dates[(code, school, year)]
            )
            for each in _found(folder / "EducationOrgCalendar.xml", "Calendar")
            for code, school, year in [tuple(_text(each, step) for step in _CALENDAR)]
        ],
        students=[_text(each, "StudentUniqueId") for each in _found(folder / "Student.xml", "Student")],
        programs=list(_programs(folder / "StudentProgram.xml")),
        events=[_read_event(each) for each in _found(folder / "StudentSchoolAttendance.xml", _EVENT)],
    )


_EVENT = "StudentSchoolAttendanceEvent"
_STUDENT = "StudentReference/StudentIdentity/StudentUniqueId"
_SCHOOL = "SchoolReference/SchoolIdentity/SchoolId"
_CALENDAR = ("CalendarCode", _SCHOOL, "SchoolYear")
_SERVICE = "SchoolFoodServiceProgramService"


def _element(tag: str, *children: tuple[str, str | None] | ET.Element) -> ET.Element:
    """Make an element; a child is one, or a path and its text (left out where there is none)."""
    made = ET.Element(tag)
    for child in children:
        if isinstance(child, ET.Element):
            made.append(child)
        elif child[1] is not None:
            at = made
            *steps, last = child[0].split("/")
            for step in steps:
                at = _child(at, step)
            ET.SubElement(at, last).text = child[1]
    return made


def _child(parent: ET.Element, tag: str) -> ET.Element:
    """The element of this name under a parent, made where it is not there."""
    there = parent.find(tag)
    return ET.SubElement(parent, tag) if there is None else there


def _uri(kind: str, value: str | None) -> str | None:
    return None if value is None else f"uri://ed-fi.org/{kind}Descriptor#{value}"


def _years(year: int | None) -> str | None:
    return None if year is None else f"{year - 1}-{year}"


def _boolean(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _schools(district: EdFiDistrict) -> list[ET.Element]:
    others = [_element("LocalEducationAgency", ("NameOfInstitution", "The district itself"))]
    return others + [
        _element(
            "School",
            ("NameOfInstitution", name),
            ("SchoolId", str(number)),
            *(("SchoolCategory", _uri("SchoolCategory", each)) for each in categories),
        )
        for number, name, categories in district.schools
    ]


def _calendars(district: EdFiDistrict) -> list[ET.Element]:
    elements = []
    for calendar in district.calendars:
        key = [
            ("CalendarCode", calendar.code),
            (_SCHOOL, str(calendar.school)),
            ("SchoolYear", _years(calendar.year)),
        ]
        kind = _uri("CalendarType", calendar.kind)
        elements.append(_element("Calendar", *key, ("CalendarType", kind)))
        for date, events in calendar.dates.items():
            elements.append(
                _element(
                    "CalendarDate",
                    ("Date", date),
                    *(("CalendarEvent", _uri("CalendarEvent", event)) for event in events),
                    *((f"CalendarReference/CalendarIdentity/{step}", text) for step, text in key),
                )
            )
    return elements


def _bell_schedules(district: EdFiDistrict) -> list[ET.Element]:
    return [
        _element(
            "BellSchedule",
            ("BellScheduleName", name),
            (_SCHOOL, str(school)),
            *(("Date", date) for date in dates),
            ("TotalInstructionalTime", str(minutes)),
        )
        for name, school, minutes, dates in district.bell_schedules
    ]


def _demographics(district: EdFiDistrict) -> list[ET.Element]:
    return [
        _element(
            "StudentEducationOrganizationAssociation",
            (_STUDENT, said.student),
            ("Sex", _uri("Sex", said.sex)),
            ("HispanicLatinoEthnicity", _boolean(said.hispanic)),
            *(("Race", _uri("Race", each)) for each in said.races),
            *(
                _element(
                    "StudentCharacteristic", ("StudentCharacteristic", _uri("StudentCharacteristic", each))
                )
                for each in said.characteristics
            ),
            ("LimitedEnglishProficiency", _uri("LimitedEnglishProficiency", said.english)),
            *(_element("Disability", ("Disability", _uri("Disability", each))) for each in said.disabilities),
        )
        for said in district.demographics
    ]


def _enrollment(spell: Enrollment) -> ET.Element:
    return _element(
        "StudentSchoolAssociation",
        (_STUDENT, spell.student),
        (_SCHOOL, str(spell.school)),
        ("SchoolYear", _years(spell.year)),
        ("EntryDate", spell.entry),
        ("EntryGradeLevel", _uri("GradeLevel", spell.grade)),
        ("ExitWithdrawDate", spell.exit),
        ("ExitWithdrawType", _uri("ExitWithdrawType", spell.exit_type)),
        ("CalendarReference/CalendarIdentity/SchoolYear", _years(spell.calendar_year)),
    )


def _program(program: Program) -> ET.Element:
    return _element(
        program.kind,
        (_STUDENT, program.student),
        ("BeginDate", program.begin),
        ("EndDate", program.end),
        ("EnglishLearnerParticipation", _boolean(program.participates)),
        *(
            _element(
                _SERVICE,
                (_SERVICE, _uri(_SERVICE, service)),
                ("ServiceBeginDate", begin),
                ("ServiceEndDate", end),
            )
            for service, begin, end in program.services
        ),
    )


def _event(event: Event) -> ET.Element:
    return _element(
        _EVENT,
        ("AttendanceEvent/EventDate", event.date),
        ("AttendanceEvent/AttendanceEventCategory", _uri("AttendanceEventCategory", event.category)),
        ("AttendanceEvent/EventDuration", event.share),
        (_STUDENT, event.student),
        (_SCHOOL, str(event.school)),
        ("SchoolAttendanceDuration", event.minutes),
    )


def _found(file: Path, tag: str) -> Iterator[ET.Element]:
    yield from (each for each in ET.parse(file).getroot() if each.tag == _NAMESPACE + tag)  # noqa: S314 - our own files


def _text(element: ET.Element, path: str) -> str:
    found = _optional(element, path)
    assert found, path
    return found


def _optional(element: ET.Element, path: str) -> str | None:
    return element.findtext("/".join(_NAMESPACE + step for step in path.split("/"))) or None


def _value(element: ET.Element, path: str) -> str:
    return _text(element, path).split("#")[1]


def _values(element: ET.Element, tag: str) -> list[str]:
    return [str(each.text).split("#")[1] for each in element.findall(_NAMESPACE + tag)]


def _programs(file: Path) -> Iterator[Program]:
    for kind in (MEALS, *(f"Student{each}ProgramAssociation" for each in _OTHER_PROGRAMS)):
        for each in _found(file, kind):
            participates = _optional(each, "EnglishLearnerParticipation")
            services = [
                (_value(one, _SERVICE), _optional(one, "ServiceBeginDate"), _optional(one, "ServiceEndDate"))
                for one in each.findall(_NAMESPACE + _SERVICE)
            ]
            yield Program(
                kind,
                _text(each, _STUDENT),
                _text(each, "BeginDate"),
                _optional(each, "EndDate"),
                _VALUE_OF[participates] if participates else None,
                services,
            )


_OTHER_PROGRAMS = ("LanguageInstruction", "SpecialEducation", "Homeless")


def _read_event(element: ET.Element) -> Event:
    return Event(
        _text(element, _STUDENT),
        int(_text(element, _SCHOOL)),
        _text(element, "AttendanceEvent/EventDate"),
        _value(element, "AttendanceEvent/AttendanceEventCategory"),
        _optional(element, "AttendanceEvent/EventDuration"),
        _optional(element, "SchoolAttendanceDuration"),
        _text(element, "SessionReference/SessionIdentity/SessionName"),
        int(_text(element, "SessionReference/SessionIdentity/SchoolYear")[-4:]),
    )
