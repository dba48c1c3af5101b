"""Directory and contacts, which are read only when lists are printed: checked before a night needs them."""

from __future__ import annotations

import datetime as dt

from ews.config import Config
from ews.engine import Session
from ews.errors import DataRefused
from ews.extracts.checks import found
from ews.extracts.contacts import read_contacts
from ews.extracts.directory import read_directory
from ews.extracts.findings import Finding


def printed_findings(session: Session, config: Config) -> list[Finding]:
    """Return what would be wrong with names and contacts if lists were printed now; nothing is kept.

    Parameters
    ----------
    session : Session
        With ``known_students``, of the store and of what was just read.
    """
    findings = []
    if config.sources.directory is not None:
        try:
            read_directory(config.sources.directory, config)
        except DataRefused as error:
            findings.append(
                found("directory", "directory", error.found, expected=error.expected, where=error.where)
            )
    if config.sources.contacts is not None:
        known = {student for (student,) in session.rows("SELECT student_id FROM known_students")}
        told = read_contacts(config, dt.date.max, known).sentences
        findings += [found("contacts", "contacts", sentence.rstrip(".")) for sentence in told]
    return findings
