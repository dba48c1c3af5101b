"""Look at a folder of exports and propose a configuration for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ews.config import SENSITIVE_ATTRIBUTES
from ews.engine import Session, open_session
from ews.progress import Progress, silent
from ews.scratch import Scratch
from ews.survey.counting import Counts
from ews.survey.derived import derive
from ews.survey.exports import Export, open_exports
from ews.survey.folder import FoundFile, Unplaced, find_files
from ews.survey.identities import count_ids, settle_identities
from ews.survey.known_layouts import known_layouts
from ews.survey.placing import Placing, place
from ews.survey.proposal import Proposal
from ews.survey.series import families
from ews.survey.table_entries import writing_of
from ews.survey.tables import MAY_BE_ABSENT, Tables
from ews.survey.workbooks import open_workbook


def survey(folder: Path, beside: Path, progress: Progress = silent) -> Proposal:
    """Return a proposal for the files in a folder.

    Nothing outside the folder is read, and nothing is written. What leaves are names of files and
    columns, and codes with their rows; no student's value.

    Parameters
    ----------
    beside : Path
        The folder that the configuration is for: paths are meant from it.

    Raises
    ------
    UsageError
        If the folder is missing, empty, or may not be read.
    """
    found, unplaced = find_files(folder)
    with open_session() as session, Scratch() as scratch:
        progress("Looking at the files", 0.0)
        exports, unread = _open_all(session, found, scratch, progress)
        known = known_layouts(found, exports)
        placing = place(exports, {name: each.files for name, each in known.tables.items()})
        writing = {name: writing_of(each, exports) for name, each in known.tables.items()}
        derived = derive(session, known.tables, writing, found, folder, scratch)
        placing.matches |= derived.matches
        counts = Counts(session)
        progress("Comparing ids", 0.5)
        count_ids(placing, counts)
        settle_identities(placing, counts)
        everything = Tables(session, placing, counts, known, derived, writing, folder, beside)
        tables = everything.propose(progress)
        progress("Counting codes", 1.0)
    used = {file.name for each in placing.matches.values() for file in each.export.series.files}
    used |= {file for each in known.tables.values() for file in each.files}
    left = [each for each in (*unplaced, *unread, *placing.unplaced) if each.file not in used]
    return Proposal(
        folder=str(folder),
        files=len(found) + sum(not each.file.endswith("/") for each in unplaced),
        placed=len(used),
        tables=tables,
        unused=tuple(name for name in MAY_BE_ABSENT if name not in tables),
        unplaced=tuple(Unplaced(each.file, known.misnamed.get(each.file, each.why)) for each in left),
        sensitive=_sensitive(placing),
    )


def _open_all(
    session: Session, found: Sequence[FoundFile], scratch: Path, progress: Progress
) -> tuple[list[Export], list[Unplaced]]:
    exports: list[Export] = []
    unplaced: list[Unplaced] = []
    grouped = families(found)
    for number, family in enumerate(grouped):
        for opened in _open(session, family, found, scratch):
            if isinstance(opened, Unplaced):
                unplaced.append(opened)
            else:
                exports.append(opened)
        progress("Looking at the files", 0.5 * (number + 1) / len(grouped))
    return exports, unplaced


def _open(
    session: Session, family: Sequence[FoundFile], found: Sequence[FoundFile], scratch: Path
) -> list[Export | Unplaced]:
    form = family[0].form
    if form == "xml":
        return [Unplaced(file.name, "XML that no profile reads") for file in family]
    if form == "workbook":
        return [each for file in family for each in open_workbook(session, file, scratch)]
    return open_exports(session, family, found, scratch)


def _sensitive(placing: Placing) -> tuple[str, ...]:
    students = placing.matches.get("students")
    if students is None:
        return ()
    return tuple(name for name in SENSITIVE_ATTRIBUTES if students.column(name) is not None)
