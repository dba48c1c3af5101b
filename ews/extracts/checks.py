"""Every check of a load, once: its name, how much it weighs, what it means and how to resolve it.

A finding takes its severity and its next step from here (:func:`found`), and ``docs/checks.md`` is this
catalog as a page (``ews.extracts.checks_page``), so that the three never differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ews.extracts.findings import Finding, Severity


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    name : str
        What findings are called by.
    severity : str
        What it usually weighs; see :data:`~ews.extracts.findings.Severity`.
    meaning : str
        What it means and when it matters: a sentence.
    resolve : str
        How to resolve it: a clause in the imperative, without a full stop.
    """

    name: str
    severity: Severity
    meaning: str
    resolve: str


_REFUSED = {
    "no file": (
        "No file matches the source's path, so the table cannot be read at all.",
        "put the extract there, or mend the path in the configuration",
    ),
    "empty file": (
        "The file has no bytes or no header: an export that was interrupted, never a table without news.",
        "deliver the extract again",
    ),
    "wrong encoding": (
        "The bytes are not text in the declared encoding; read anyway, letters of ids would change.",
        "declare the encoding it was written in (utf-8, latin-1, utf-16), or export it as UTF-8",
    ),
    "NUL bytes": (
        "The file holds NUL bytes: a damaged disk or transfer, or UTF-16 that is read as something else.",
        "deliver the file again, or declare encoding: utf-16 if it is that",
    ),
    "no final newline": (
        "The last line does not end: the file may have been cut inside it, and a cut cell can look whole.",
        "deliver the file again, or set final_newline: optional if this program never writes one",
    ),
    "cut compressed file": (
        "The gzip stream ends early or its checksum is wrong, so rows are missing.",
        "deliver the file again",
    ),
    "malformed manifest": (
        "The manifest cannot be read, and a delivery that promises one is not loaded without it.",
        "write it as CSV with the columns file, and rows or sha256 or both",
    ),
    "manifest file missing": (
        "The manifest names a file that was not delivered.",
        "deliver the file, or mend the manifest",
    ),
    "manifest file extra": (
        "A delivered file does not stand in the manifest: one of an earlier delivery, or one too many.",
        "remove the file, or add it to the manifest",
    ),
    "manifest rows": (
        "A file has another number of rows than the manifest says: it was cut, or written to afterwards.",
        "deliver file and manifest again, together",
    ),
    "manifest hash": (
        "A file's SHA-256 is not the manifest's: its bytes were changed or cut on the way.",
        "deliver file and manifest again, together",
    ),
    "unreadable source": (
        "The source cannot be read as what it is declared to be.",
        "deliver it again, or declare its encoding and delimiter in the configuration",
    ),
    "no rows": (
        "A full extract has a header and no rows; loaded, it would say that everything is gone.",
        "deliver the extract again",
    ),
    "columns": (
        "A required column is missing or stands there twice; columns are found by name, never by position.",
        "deliver the columns, or name yours in the source's `columns` (canonical: yours)",
    ),
    "free text": (
        "Health records came with more columns than they may have: free text and diagnoses are not taken in.",
        "leave those columns out of the export",
    ),
    "unmapped code": (
        "A code has no stated meaning; what it means is the district's to say and is never guessed.",
        "map each of them in the source's `codes`",
    ),
    "several rows for one student and day": (
        "Tardy, then an early leave: common, and how they add up is the district's to say.",
        "state the rule in sources.attendance.same_day (largest_absence or sum)",
    ),
    "repeated key": (
        "One key comes with different content and nothing tells which row is the newer one.",
        "deliver only the row that holds, or a recorded_at that tells the versions apart",
    ),
    "file out of order": (
        "A file lies before one that was loaded already, and is new or has changed; its turn has passed.",
        "give it a name that comes after those loaded, or load everything into a new workspace",
    ),
    "withdrawals": (
        "A full extract no longer contains many of the stored rows in its schools and dates.",
        "deliver the whole extract, or run `ews ingest --accept-withdrawals` if they are gone",
    ),
}

_SET_ASIDE = {
    "empty cell": (
        "A row has nothing in a column that it must have, so it cannot be placed.",
        "mend the rows in the source",
    ),
    "unreadable cell": (
        "A cell is not of its column's type: usually another date format, or columns that have shifted.",
        "mend the rows in the source, or declare the format it uses",
    ),
    "unknown student": (
        "A row names a student whom the students extract has never brought.",
        "deliver the student in the students extract, or mend the id (lost zeros?)",
    ),
    "unknown school": (
        "A row names a school that the schools extract has never brought.",
        "deliver the school in the schools extract, or mend the id (lost zeros?)",
    ),
    "day outside the calendar": (
        "A row is dated on a day that the school's calendar does not have, so it counts nowhere.",
        "deliver the calendar for that day, or mend the date",
    ),
    "exit before the entry": (
        "An enrollment ends before it begins; which of the two dates is wrong cannot be known.",
        "mend the dates in the source",
    ),
    "year without a calendar": (
        "An enrollment is in a school year for which its school has no calendar: its days cannot be counted.",
        "deliver that year's calendar, or mend school_year (2026 is 2025-26)",
    ),
    "unmeasured minutes": (
        "Minutes of absence on a day whose minutes of instruction are not known have no share of the day.",
        "deliver `minutes` in the calendar, or absent_fraction instead",
    ),
}

_WARNINGS = {
    "lost zeros": (
        "Unknown ids become known ones once zeros are put in front: a spreadsheet took ids for numbers.",
        "export the ids as text, straight from the source and not by way of a spreadsheet",
    ),
    "date before 1990": (
        "Rows are dated before 1990: an empty date that became a default, or a two-digit year read wrongly.",
        "mend the dates in the source, or declare date_format",
    ),
    "date in the future": (
        "Rows are dated more than a day after the load: day and month were exchanged, or the year mistyped.",
        "mend the dates in the source, or declare date_format",
    ),
    "school year out of range": (
        "The school_year is no year from 1990 to 2100; it has to be the spring year in four digits.",
        "deliver the spring year (2026 for 2025-26), or map the column that has it",
    ),
    "minutes above the day's": (
        "A student missed more minutes than were taught; the absence is cut at one whole day.",
        "ask whether minutes_absent adds up several days, or the calendar's minutes are too low",
    ),
    "wrong-year calendar": (
        "Days lie outside July to August of their school_year, so every rate stands under the wrong year.",
        "number school years by their spring (2025-26 is 2026), in the calendar and in enrollments",
    ),
    "no instructional days": (
        "A school's calendar has no instructional day in a year: nobody there has a rate in it.",
        "deliver which days are instructional, or map the column that says so",
    ),
    "number of instructional days": (
        "A finished year has under 120 or over 220 instructional days, and every rate is off by as much.",
        "deliver the whole calendar, with weekends and holidays not instructional",
    ),
    "attendance after the calendar": (
        "Attendance goes on after the calendar's last day; those rows are set aside, every night more.",
        "deliver this year's calendar",
    ),
    "free text in an attribute": (
        "An attribute of a student is long, or has words and a number that few others have: a remark about "
        "somebody, where the audit expects a group's name. It is kept; no report prints what few have.",
        "deliver the group's name or code, and leave remarks out of the export",
    ),
    "overlapping spells": (
        "A student is enrolled twice at once; such days count once, for the spell that began earlier.",
        "nothing, if they do attend two schools; else mend the exits",
    ),
    "empty spells": (
        "Enrollments hold no instructional day: students who never came, or exits dated at the entry.",
        "nothing for students who never came; else mend the dates",
    ),
    "spells outside their school year": (
        "Enrollments begin after their school_year's calendar ends, or end before it begins: no day counts.",
        "mend school_year or the dates",
    ),
    "attendance outside enrollment": (
        "Absences lie on days on which the student was not enrolled anywhere; they are kept and not counted.",
        "deliver the missing enrollments, or ask whether exits are entered too early",
    ),
    "attendance on closed days": (
        "Attendance lies on days that the calendar calls closed; it is kept and not counted.",
        "mend the calendar if school was held, else the dates",
    ),
    "days without attendance": (
        "A school has nothing on an instructional day: not taken, not delivered, or closed after all. "
        "Under daily reporting it is in no rate; under exceptions it counts as a day when everybody came.",
        "deliver the day's attendance, or call it closed in the calendar",
    ),
    "closure missing in the calendar": (
        "Most schools have nothing on the same instructional day: probably a closure (snow, a holiday) that "
        "the calendar does not have. Under exceptions it counts as a day when everybody came.",
        "call the day closed in the calendar, or deliver its attendance",
    ),
    "incomplete days": (
        "A day has rows for fewer than half of a school's students: the others count as present.",
        "deliver the days again, complete",
    ),
    "unusually few entries": (
        "A day has far fewer entries than the same weekday of the other weeks: part of it may be missing.",
        "ask whether everything was recorded and exported, and deliver the day again",
    ),
    "unusually many entries": (
        "A day has far more entries than the same weekday of the other weeks: everybody marked absent by "
        "mistake, a closure, or rows of other days.",
        "ask what happened on the day; withdraw the rows, or call the day closed in the calendar",
    ),
    "identical attendance": (
        "The same students have an entry on many school days in a row: a day was copied, not taken.",
        "ask the school, and deliver the days as they were",
    ),
    "school without attendance": (
        "A school has students and a calendar in the newest year and not one row in a full extract.",
        "deliver its attendance, or leave the school out of the calendar",
    ),
    "school fell silent": (
        "A school delivers nothing for days on which others do; its days count only up to its newest row.",
        "ask the school or the vendor why it stopped, and deliver the days",
    ),
    "one code for nearly everything": (
        "More than nine in ten entries have one code although several are mapped: a default was exported.",
        "ask whether the export took the right column",
    ),
    "fewer rows than before": (
        "A full extract has fewer rows than the one before it. A file that was cut between two rows shows in "
        "nothing else.",
        "ask whether rows were taken back; if not, deliver the whole extract again",
    ),
    "unusually small delta": (
        "A delivery of changes is far smaller than usual for its weekday: a school may be missing.",
        "ask whether the export ran to its end, and deliver it again",
    ),
    "unusually large delta": (
        "A delivery of changes is far larger than usual for its weekday: a full export, or a mass change.",
        "ask what changed; if it is a full export, set delivery: full",
    ),
    "directory": (
        "The directory cannot be read: `ews nightly` stops before it loads anything, for lists need names.",
        "mend or deliver the file, or leave sources.directory out to print lists without names",
    ),
    "contacts": (
        "The contacts, or some of them, cannot be used: lists are printed without them, and say so.",
        "mend or deliver the file; it stops no night",
    ),
}

_NOTES = {
    "unknown column": (
        "The file has columns that are not read; it matters only if one of them was meant to be.",
        "nothing, or name them in the source's `columns` if they are meant",
    ),
    "not checked": (
        "Other tables refer to one that was refused, and would only be found faulty for its sake.",
        "mend the refused source and check again",
    ),
    "findings not written": (
        "The list of findings could not be kept in the workspace; the findings themselves hold.",
        "give this account permission to write to the workspace",
    ),
    "exact duplicates": (
        "Rows repeat others exactly and were dropped; many of them hint at files delivered twice.",
        "nothing, or ask why the source repeats rows",
    ),
    "purged rows": (
        "The extract brings students or periods that were purged; those rows are not read.",
        "nothing, or leave them out of the export",
    ),
    "calendar has ended": (
        "The calendar ends before this load; that is as it should be only in the summer.",
        "deliver the next year's calendar before its first day of school",
    ),
    "entry in another year": (
        "Enrollments of a year were entered before its July 1: days count only from the calendar's first on.",
        "nothing, if the source carries the first entry along; else mend school_year",
    ),
    "code that never occurs": (
        "The configuration maps a code that no row has: a spelling that differs, or a code out of use.",
        "nothing, or mend its spelling in sources.attendance.codes",
    ),
}

_BY_SEVERITY: Mapping[Severity, Mapping[str, tuple[str, str]]] = {
    "refused": _REFUSED,
    "set aside": _SET_ASIDE,
    "warning": _WARNINGS,
    "note": _NOTES,
}

CHECKS: Mapping[str, Check] = {
    name: Check(name, severity, meaning, resolve)
    for severity, checks in _BY_SEVERITY.items()
    for name, (meaning, resolve) in checks.items()
}
"""Every check by its name."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, as a finding's sentence has it.

    Examples
    --------
    >>> counted(1, "school day"), counted(3, "row")
    ('1 school day', '3 rows')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def found(
    name: str,
    table: str,
    sentence: str,
    *,
    expected: str = "",
    where: str = "",
    count: int = 0,
    severity: Severity | None = None,
    next_step: str | None = None,
) -> Finding:
    """Return a finding of a check in the catalog, with its severity and next step unless others are given.

    Raises
    ------
    KeyError
        If no check has this name.

    Examples
    --------
    >>> found("exact duplicates", "attendance", "3 rows repeat another row exactly", count=3).severity
    'note'
    """
    check = CHECKS[name]
    return Finding(
        name=check.name,
        severity=check.severity if severity is None else severity,
        table=table,
        sentence=sentence,
        expected=expected,
        next_step=check.resolve if next_step is None else next_step,
        where=where,
        count=count,
    )
