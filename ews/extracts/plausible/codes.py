"""Attendance codes: mapped ones that never occur, and one that stands for nearly everything."""

from __future__ import annotations

from ews.engine import Session
from ews.extracts.checks import found
from ews.extracts.findings import Finding
from ews.extracts.schema import ATTENDANCE
from ews.sources import AttendanceSource

_ENOUGH_ROWS = 1_000
_NEARLY_ALL = 0.9
_SEVERAL = 3


def code_findings(session: Session, source: AttendanceSource) -> list[Finding]:
    """Return what is implausible about the codes of a full extract with at least 1,000 entries.

    An entry is a row whose code does not mean ``present``. One code for nearly everything is a warning where
    three or more codes mean something else. The codes shown are those of the configuration.
    """
    if source.delivery == "delta":
        return []
    counts = dict(session.rows("SELECT code, rows FROM attendance_codes"))
    entries = {code: counts.get(code, 0) for code, kind in source.codes.items() if kind != "present"}
    total = sum(entries.values())
    if total < _ENOUGH_ROWS:
        return []
    never = sorted(code for code in source.codes if not counts.get(code))
    findings = []
    if never:
        sentence = f"no row has the mapped {'code' if len(never) == 1 else 'codes'} {', '.join(never)}"
        findings.append(found("code that never occurs", ATTENDANCE.name, sentence, count=len(never)))
    most = max(entries, key=lambda code: entries[code])
    if len(entries) >= _SEVERAL and entries[most] > _NEARLY_ALL * total:
        sentence = f"{entries[most]} of {total} entries have the code {most}"
        findings.append(
            found("one code for nearly everything", ATTENDANCE.name, sentence, count=entries[most])
        )
    return findings
