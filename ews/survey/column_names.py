"""What student information systems, nurse offices and kitchens call the columns of the contract.

A name is compared without case, spaces and punctuation. :func:`name_score` says how much a name alone
tells: :data:`EXACT` is the contract's own, :data:`KNOWN` a name that is used for nothing else in such a
table, :data:`LIKELY` one that a person has to confirm.
"""

from __future__ import annotations

import difflib
import re
from functools import cache

from ews.extracts.schema import DIRECTORY, TABLES

EXACT, KNOWN, LIKELY = 1.0, 0.9, 0.6

_STUDENT = (
    "StudentNumber StudentNo StudentNum StudentNbr StudentID StuID StuNumber StuNo StuNum PupilID PupilNumber "
    "PupilNo LocalStudentID StudentLocalID StudentUniqueID StudentCode PermID PermNum PermNumber SISID "
    "StateStudentNumber StateStudentID StudentStateID SSID SASID LASID LearnerID PersonID StudentPersonID"
)
_SCHOOL = (
    "SchoolNumber SchoolNo SchoolNum SchoolNbr SchoolCode SchoolID SchID SchNo SchNum SchCode Building BuildingID "
    "BuildingCode BuildingNumber Bldg BldgID BldgCode BldgNo Campus CampusID CampusCode Site SiteID SiteCode "
    "LocationCode LocationID EnrolledSchoolID EnrolledSchool"
)
_YEAR = "SchoolYear SchYear SchYr SchoolYr AcademicYear AcadYear AcadYr EndYear FiscalYear"
_RECORDED = (
    "LastModified ModifiedDate LastUpdated LastUpdate LastModifiedDate CreatedAt UpdatedAt CreatedDate "
    "CreateDate EntryTimestamp EntryDateTime Timestamp RecordedOn DateRecorded DateTimeEntered WhenModified"
)

_KNOWN: dict[str, dict[str, str]] = {
    "": {"student_id": _STUDENT, "school_id": _SCHOOL, "school_year": _YEAR},
    "schools": {
        "school_name": "SchoolName BuildingName CampusName SiteName LocationName NameOfSchool SchName BldgName",
        "level": "SchoolLevel LevelOfSchool SchLevel SchoolType",
        "cep": "CEPStatus CEPFlag IsCEP CommunityEligibility CommunityEligibilityProvision CEPSchool",
    },
    "calendar": {
        "date": "CalendarDate CalDate CalendarDay DateValue SchoolDate DayDate CalDt",
        "instructional": "InSession IsSchoolDay SchoolDay IsInstructional InstructionalDay InstructionDay "
        "IsInstructionalDay InstructionalFlag InstrDay SchoolInSession IsSession",
        "minutes": "InstructionalMinutes InstructionMinutes InstrMinutes InstrMin MinutesOfInstruction DayMinutes "
        "InstructionalMin SchoolDayMinutes",
    },
    "students": {
        "sex": "Gender GenderCode SexCode StudentGender LegalGender StudentSex",
        "race_ethnicity": "RaceEthnicity Race Ethnicity EthnicCode EthnicityCode RaceCode FederalRace "
        "FedRaceEthnicity FederalRaceEthnicity RaceEthnicityFederal FederalEthnicityRace RaceEthnicityCode",
        "english_learner": "EL ELL LEP ELStatus ELLStatus LEPStatus ELFlag ELLFlag LEPFlag EnglishLearnerStatus "
        "EnglishLanguageLearner LimitedEnglishProficient MLL IsEL",
        "disability": "SPED SpEd SpecialEd SpecialEducation IEP HasIEP IEPFlag SWD DisabilityStatus SPEDFlag "
        "SPEDStatus SpecialEdStatus SpecialEdFlag StudentWithDisability IDEAIndicator",
        "economically_disadvantaged": "EcoDis EconDis EcoDisFlag EconDisFlag EconomicDisadvantage LowIncome "
        "EconDisadvantaged EconomicallyDisadvantagedStatus EcoDisadvantaged EcoDisStatus",
        "homeless": "HomelessFlag HomelessStatus McKinneyVento IsHomeless",
        "foster": "FosterCare FosterFlag FosterStatus InFosterCare FosterCareStatus",
    },
    "enrollments": {
        "entry_date": "EntryDate EnrollDate EnrollmentDate EnrollmentStartDate EnrollmentBeginDate EntryDt StartDate "
        "BeginDate AdmitDate AdmissionDate DateEntered DateEnrolled EnterDate EntDate SchoolEntryDate "
        "EnrollmentEntryDate",
        "exit_date": "ExitDate ExitDt WithdrawDate WithdrawalDate WithdrawnDate WDDate LeaveDate EndDate DropDate "
        "EnrollmentEndDate ExitWithdrawDate DateExited DateLeft DateWithdrawn LeavingDate EnrollmentExitDate",
        "grade": "GradeLevel GradeLvl GrdLvl Grd Gr GradeCode CurrentGrade EntryGradeLevel StudentGrade YearGroup",
    },
    "attendance": {
        "date": "AttDate AttendanceDate CalendarDate AbsenceDate AbsDate AbsentDate EventDate DateAbsent "
        "DateOfAbsence AttDt AttendanceDt AttendanceDay",
        "code": "AttCode AbsenceCode AttendanceCode AbsCode AbsenceType AttendanceStatus AttStatus AbsType AttType "
        "AttendanceType AttendanceEventCategory DailyAttendanceCode AbsenceReason AbsReason AbsenceReasonCode",
        "absent_fraction": "DayFraction AbsenceFraction FractionAbsent DaysAbsent AbsentDays AbsenceValue AbsValue "
        "PortionAbsent AbsentPortion DayPortion EventDuration AbsenceAmount",
        "minutes_absent": "AbsentMinutes AbsenceMinutes AbsMinutes MinsAbsent MinAbsent MinutesMissed",
    },
    "nurse_visits": {
        "visit_id": "VisitNumber VisitNo HealthVisitID OfficeVisitID HealthOfficeVisitID EncounterID EncounterNo",
        "date": "VisitDate DateOfVisit OfficeVisitDate HealthVisitDate VisitDt EncounterDate",
        "category": "VisitReason ReasonForVisit VisitType VisitCategory ComplaintCategory ReasonCategory",
        "disposition": "DispositionCode VisitOutcome Outcome VisitDisposition DismissedTo ReleasedTo SentTo",
    },
    "meal_programs": {
        "program": "MealProgram ProgramName MealType MealName Meal",
        "start_date": "StartDate EffectiveDate BeginDate EligibilityStartDate EligibilityStart EligStart EffDate "
        "EligStartDate EligibilityBeginDate",
        "end_date": "EndDate ExpirationDate ExpireDate EligibilityEndDate EligibilityEnd EligEnd ExpDate EligEndDate",
        "eligibility": "EligibilityStatus EligibilityCode EligStatus EligCode LunchStatus LunchCode MealStatus "
        "MealCode MealEligibility FRLStatus FRL FRPM FreeReduced FreeReducedStatus",
    },
    "directory": {
        "first_name": "FirstName GivenName StudentFirstName FName NameFirst LegalFirstName StuFirstName",
        "last_name": "LastName Surname FamilyName StudentLastName LName NameLast LastSurname LegalLastName "
        "StuLastName",
        "homeroom": "HR HomeRoomTeacher HomeroomNumber Advisory HRTeacher",
        "counselor": "CounselorName GuidanceCounselor StudentCounselor",
    },
}

_LIKELY: dict[str, dict[str, str]] = {
    "": {
        "student_id": "Student Pupil Learner ID DCID SourcedID UserSourcedID LocalID StateID PersonNumber",
        "school_id": "School Location Entity EntityID OrgID OrgSourcedID CurrentSchool HomeSchool",
        "school_year": "Year YearID SY Yr",
        "recorded_at": _RECORDED,
    },
    "schools": {
        "school_id": "ID Code Number SourcedID",
        "school_name": "Name School FullName",
        "level": "Type",
    },
    "calendar": {
        "date": "Day Dt",
        "instructional": "Session DayType CalendarEvent AttendanceDay MembershipDay Membership",
        "minutes": "Mins Length",
    },
    "students": {"race_ethnicity": "Ethnic Hispanic", "disability": "PrimaryDisability"},
    "enrollments": {"entry_date": "Start Entry", "exit_date": "End Exit", "grade": "Year Level"},
    "attendance": {
        "date": "Day Dt",
        "code": "Status Type Reason Mark Attendance Excuse Abs Absence",
        "absent_fraction": "Fraction Portion",
        "minutes_absent": "Minutes",
    },
    "nurse_visits": {
        "visit_id": "ID RecordID RecordNo LogID EntryID Number",
        "date": "Day Dt TimeIn CheckIn VisitTime DateTimeIn",
        "category": "Reason Complaint ChiefComplaint Type",
        "disposition": "Result Action Disp",
    },
    "meal_programs": {
        "program": "Service Type",
        "start_date": "Start From ApprovedDate ApprovalDate ApplicationDate",
        "end_date": "End To Through Expires",
        "eligibility": "Status Benefit Elig Code",
    },
    "directory": {"first_name": "First", "last_name": "Last", "counselor": "Advisor"},
}

# With one of these words a name speaks of something else: a birth date, a code's description, a teacher.
_OTHER_WORDS = frozenset(
    "birth dob desc description comment comments note notes teacher parent guardian mother father address phone "
    "email user course section period previous prior next by".split()
)


def plain(name: str) -> str:
    """Return a name without case, spaces and punctuation.

    Examples
    --------
    >>> plain("State_Student Number"), plain("AttDate")
    ('statestudentnumber', 'attdate')
    """
    return "".join(char for char in name.casefold() if char.isalnum())


@cache
def name_score(table: str, canonical: str, name: str) -> float:
    """Return how much a column's name alone says that it is a canonical column of a table; 0 for nothing.

    Examples
    --------
    >>> name_score("attendance", "code", "Att_Code"), name_score("attendance", "code", "Status")
    (0.9, 0.6)
    >>> name_score("attendance", "date", "Birth Date")
    0.0
    """
    own = plain(name)
    if own == plain(canonical):
        return EXACT
    known = {plain(each) for each in _listed(_KNOWN, table, canonical)}
    if own in known:
        return KNOWN
    if own in {plain(each) for each in _listed(_LIKELY, table, canonical)}:
        return LIKELY
    words = _words(name)
    if words & _OTHER_WORDS or not own:
        return 0.0
    inside = any(phrase <= words for phrase in _phrases(table, canonical))
    near = difflib.get_close_matches(own, sorted({plain(canonical), *known}), n=1, cutoff=0.92)
    return LIKELY if inside or near else 0.0


@cache
def is_known_anywhere(name: str) -> bool:
    """Return whether a name is the name of some column of some table."""
    return any(
        name_score(table.name, column, name) > 0
        for table in (*TABLES, DIRECTORY)
        for column in table.column_names
    )


def _listed(names: dict[str, dict[str, str]], table: str, canonical: str) -> list[str]:
    return [*names[""].get(canonical, "").split(), *names.get(table, {}).get(canonical, "").split()]


def _words(name: str) -> frozenset[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return frozenset(re.findall(r"[^\W_]+", spaced.casefold()))


@cache
def _phrases(table: str, canonical: str) -> tuple[frozenset[str], ...]:
    """Return the words of every known name of two words or more: they may stand in a longer name."""
    phrases = [_words(canonical), *(_words(each) for each in _listed(_KNOWN, table, canonical))]
    return tuple(phrase for phrase in phrases if len(phrase) > 1)
