"""Every check of whole extracts that a load asks for, in one call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from ews.engine import Session
from ews.extracts.findings import Finding
from ews.extracts.plausible.calendars import calendar_findings, years_out_of_range
from ews.extracts.plausible.codes import code_findings
from ews.extracts.plausible.days import make_days
from ews.extracts.plausible.free_text import free_text_findings
from ews.extracts.plausible.ranges import DATED, date_findings, minutes_above_the_day
from ews.extracts.plausible.repeats import identical_days
from ews.extracts.plausible.school_days import (
    closed_days,
    days_without_attendance,
    incomplete_days,
    schools_without_attendance,
)
from ews.extracts.plausible.spells import attendance_outside_enrollment, spell_findings
from ews.extracts.plausible.volume_of_days import unusual_days
from ews.extracts.schema import ATTENDANCE, CALENDAR, ENROLLMENTS, STUDENTS
from ews.sources import AttendanceSource


def plausibility_findings(
    session: Session,
    tables: Collection[str],
    source: AttendanceSource | None,
    loaded_at: dt.datetime,
) -> list[Finding]:
    """Return what is implausible about a load as a whole; it looks at the session's temporary tables.

    Parameters
    ----------
    tables : collection of str
        The canonical tables in this load, by name.
    source : AttendanceSource, optional
        The attendance source with what its profile adds; None where attendance is not in this load.
    loaded_at : datetime
        The load's time, naive UTC.

    Returns
    -------
    list of Finding
        Warnings and notes; nothing here refuses a load.
    """
    findings: list[Finding] = []
    if CALENDAR.name in tables:
        findings += calendar_findings(session, loaded_at)
    if STUDENTS.name in tables:
        findings += free_text_findings(session)
    if ENROLLMENTS.name in tables:
        findings += years_out_of_range(session, "typed_enrollments", ENROLLMENTS.name)
        findings += spell_findings(session)
    for table in DATED:
        if table.name in tables:
            findings += date_findings(session, table, loaded_at)
    if source is not None and ATTENDANCE.name in tables:
        findings += _attendance_findings(session, source, loaded_at)
    return findings


def _attendance_findings(session: Session, source: AttendanceSource, loaded_at: dt.datetime) -> list[Finding]:
    make_days(session, source, loaded_at)
    findings = [
        *closed_days(session),
        *days_without_attendance(session, source),
        *unusual_days(session),
        *identical_days(session, source),
        *code_findings(session, source),
        *minutes_above_the_day(session),
        *attendance_outside_enrollment(session),
    ]
    if source.reporting == "daily":
        findings += incomplete_days(session)
    if source.delivery == "full":
        findings += schools_without_attendance(session)
    return findings
