"""A district in the tables of an Ed-Fi ODS on PostgreSQL, 5.2 or 6.1: those columns that the profile reads.

Names, types and keys are those of the ODS; its other columns and tables are left out.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.profiles.edfi_district import HOMELESS, LANGUAGE, MEALS, SPECIAL, EdFiDistrict

_PROGRAM_KEY = (
    "BeginDate DATE, EducationOrganizationId BIGINT, ProgramEducationOrganizationId BIGINT, "
    "ProgramName VARCHAR(60), ProgramTypeDescriptorId INT, StudentUSI INT"
)
_MEAL_SERVICES = "StudentSchoolFoodServiceProgramAssociationSchoolFoodServ_85a0eb"

_TABLES = {
    "Descriptor": "DescriptorId INT PRIMARY KEY, Namespace VARCHAR(255), CodeValue VARCHAR(50), "
    "UNIQUE (Namespace, CodeValue)",
    "EducationOrganization": "EducationOrganizationId BIGINT PRIMARY KEY, NameOfInstitution VARCHAR(75)",
    "School": "SchoolId BIGINT PRIMARY KEY",
    "SchoolCategory": "SchoolId BIGINT, SchoolCategoryDescriptorId INT",
    "Calendar": "CalendarCode VARCHAR(60), SchoolId BIGINT, SchoolYear SMALLINT, "
    "CalendarTypeDescriptorId INT, PRIMARY KEY (CalendarCode, SchoolId, SchoolYear)",
    "CalendarDate": "CalendarCode VARCHAR(60), Date DATE, SchoolId BIGINT, SchoolYear SMALLINT, "
    "PRIMARY KEY (CalendarCode, Date, SchoolId, SchoolYear)",
    "CalendarDateCalendarEvent": "CalendarCode VARCHAR(60), Date DATE, SchoolId BIGINT, SchoolYear SMALLINT, "
    "CalendarEventDescriptorId INT",
    "BellSchedule": "BellScheduleName VARCHAR(60), SchoolId BIGINT, TotalInstructionalTime INT",
    "BellScheduleDate": "BellScheduleName VARCHAR(60), SchoolId BIGINT, Date DATE",
    "Student": "StudentUSI INT PRIMARY KEY, StudentUniqueId VARCHAR(32)",
    "StudentSchoolAssociation": "EntryDate DATE, SchoolId BIGINT, StudentUSI INT, SchoolYear SMALLINT, "
    "EntryGradeLevelDescriptorId INT, ExitWithdrawDate DATE, ExitWithdrawTypeDescriptorId INT, "
    "PRIMARY KEY (EntryDate, SchoolId, StudentUSI)",
    "StudentSchoolAttendanceEvent": "AttendanceEventCategoryDescriptorId INT, EventDate DATE, "
    "SchoolId BIGINT, SchoolYear SMALLINT, SessionName VARCHAR(60), StudentUSI INT, "
    "EventDuration DECIMAL(3, 2), SchoolAttendanceDuration INT, LastModifiedDate TIMESTAMP, PRIMARY KEY "
    "(AttendanceEventCategoryDescriptorId, EventDate, SchoolId, SchoolYear, SessionName, StudentUSI)",
    "GeneralStudentProgramAssociation": f"{_PROGRAM_KEY}, EndDate DATE",
    MEALS: _PROGRAM_KEY,
    _MEAL_SERVICES: f"{_PROGRAM_KEY}, SchoolFoodServiceProgramServiceDescriptorId INT, "
    "ServiceBeginDate DATE, ServiceEndDate DATE",
    LANGUAGE: f"{_PROGRAM_KEY}, EnglishLearnerParticipation BOOLEAN",
    SPECIAL: _PROGRAM_KEY,
    HOMELESS: _PROGRAM_KEY,
}

_DEMOGRAPHICS = {"5.2": "StudentEducationOrganizationAssociation", "6.1": "StudentDemographic"}
_PERSON_KEY = "EducationOrganizationId BIGINT, StudentUSI INT"

Cell = str | int | bool | None


def ods_script(district: EdFiDistrict, version: str) -> str:
    """The SQL that makes an ODS of a data standard and fills it with a district."""
    ods = _Ods(_DEMOGRAPHICS[version])
    ods.fill(district)
    return ods.script()


class _Ods:
    """Tables, and the rows put into them so far."""

    def __init__(self, demographics: str) -> None:
        self._demographics = demographics
        self._tables = _TABLES | {
            demographics: f"{_PERSON_KEY}, HispanicLatinoEthnicity BOOLEAN, "
            "LimitedEnglishProficiencyDescriptorId INT, SexDescriptorId INT",
            f"{demographics}Race": f"{_PERSON_KEY}, RaceDescriptorId INT",
            f"{demographics}Disability": f"{_PERSON_KEY}, DisabilityDescriptorId INT",
            f"{demographics}StudentCharacteristic": f"{_PERSON_KEY}, StudentCharacteristicDescriptorId INT",
        }
        self._rows: dict[str, list[tuple[Cell, ...]]] = {name: [] for name in self._tables}
        self._descriptors: dict[tuple[str, str], int] = {}
        self._usi: dict[str, int] = {}

    def script(self) -> str:
        """The whole as one SQL script."""
        descriptors = [
            (number, f"uri://ed-fi.org/{kind}Descriptor", value)
            for (kind, value), number in self._descriptors.items()
        ]
        rows = self._rows | {"Descriptor": descriptors}
        made = [f"CREATE TABLE edfi.{name} ({columns});" for name, columns in self._tables.items()]
        filled = [
            f"INSERT INTO edfi.{name} VALUES {', '.join(map(_values, each))};"
            for name, each in rows.items()
            if each
        ]
        return "\n".join(["CREATE SCHEMA edfi;", *made, *filled])

    def fill(self, district: EdFiDistrict) -> None:
        """Put a district's rows into the tables."""
        self._usi = {student: number for number, student in enumerate(district.students, start=5001)}
        self._put("Student", ((number, student) for student, number in self._usi.items()))
        self._put("EducationOrganization", [(100, "The district itself")])
        for number, name, categories in district.schools:
            self._put("EducationOrganization", [(number, name)])
            self._put("School", [(number,)])
            self._put("SchoolCategory", ((number, self._code("SchoolCategory", each)) for each in categories))
        self._fill_calendars(district)
        self._fill_people(district)
        self._fill_programs(district)
        self._put(
            "StudentSchoolAssociation",
            (
                (
                    each.entry,
                    each.school,
                    self._usi[each.student],
                    each.year or each.calendar_year,  # one key of the ODS, unlike in the files
                    self._code("GradeLevel", each.grade),
                    each.exit,
                    self._code("ExitWithdrawType", each.exit_type),
                )
                for each in district.enrollments
            ),
        )
        self._put(
            "StudentSchoolAttendanceEvent",
            (
                (
                    self._code("AttendanceEventCategory", each.category),
                    each.date,
                    each.school,
                    each.year,
                    each.session,
                    self._usi[each.student],
                    each.share,
                    each.minutes,
                    "2026-07-01 02:00:00",
                )
                for each in district.events
            ),
        )

    def _fill_calendars(self, district: EdFiDistrict) -> None:
        for each in district.calendars:
            kind = self._code("CalendarType", each.kind)
            self._put("Calendar", [(each.code, each.school, each.year, kind)])
            for date, events in each.dates.items():
                key = (each.code, date, each.school, each.year)
                self._put("CalendarDate", [key])
                codes = (self._code("CalendarEvent", event) for event in events)
                self._put("CalendarDateCalendarEvent", ((*key, code) for code in codes))
        for name, school, minutes, dates in district.bell_schedules:
            self._put("BellSchedule", [(name, school, minutes)])
            self._put("BellScheduleDate", ((name, school, date) for date in dates))

    def _fill_people(self, district: EdFiDistrict) -> None:
        for said in district.demographics:
            key = (said.organization, self._usi[said.student])
            english = self._code("LimitedEnglishProficiency", said.english)
            row = (*key, said.hispanic, english, self._code("Sex", said.sex))
            self._put(self._demographics, [row])
            for kind, values in (
                ("Race", said.races),
                ("Disability", said.disabilities),
                ("StudentCharacteristic", said.characteristics),
            ):
                self._put(f"{self._demographics}{kind}", ((*key, self._code(kind, each)) for each in values))

    def _fill_programs(self, district: EdFiDistrict) -> None:
        for each in district.programs:
            program_type = self._code("ProgramType", each.program_type)
            key = (each.begin, 100, 100, each.kind, program_type, self._usi[each.student])
            self._put("GeneralStudentProgramAssociation", [(*key, each.end)])
            self._put(each.kind, [(*key, each.participates) if each.kind == LANGUAGE else key])
            for service, begin, end in each.services:
                code = self._code("SchoolFoodServiceProgramService", service)
                self._put(_MEAL_SERVICES, [(*key, code, begin, end)])

    def _put(self, table: str, rows: Iterable[tuple[Cell, ...]]) -> None:
        self._rows[table] += rows

    def _code(self, kind: str, value: str | None) -> int | None:
        if value is None:
            return None
        return self._descriptors.setdefault((kind, value), len(self._descriptors) + 1)


def _values(row: tuple[Cell, ...]) -> str:
    return f"({', '.join(map(_literal, row))})"


def _literal(cell: Cell) -> str:
    if cell is None:
        return "NULL"
    return str(cell) if isinstance(cell, bool | int) else "'" + cell.replace("'", "''") + "'"
