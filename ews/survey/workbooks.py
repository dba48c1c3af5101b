"""The sheets of an Excel workbook as exports."""

from __future__ import annotations

import html
import re
import zipfile
from pathlib import Path

from ews.engine import Session, identifier
from ews.extracts.delivered_bytes import FileFault
from ews.extracts.excel import read_sheet
from ews.extracts.private_parquet import LINE
from ews.survey.column_facts import cell_name
from ews.survey.exports import Export, parquet_export
from ews.survey.folder import FoundFile, Unplaced
from ews.survey.headers import why_no_header
from ews.survey.series import Series

_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*?\bname=\"([^\"]*)\"")
_LINES = 50


def open_workbook(session: Session, file: FoundFile, scratch: Path) -> list[Export | Unplaced]:
    """Return every sheet of a workbook as an export, or why it is none."""
    try:
        names = sheet_names(file.path)
    except (OSError, KeyError, zipfile.BadZipFile, UnicodeError):
        return [Unplaced(file.name, "it is not a workbook that can be read")]
    return [_open_sheet(session, file, name, scratch, alone=len(names) == 1) for name in names]


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets, in their order."""
    with zipfile.ZipFile(path) as archive:
        listed = archive.read("xl/workbook.xml").decode("utf-8")
    return [html.unescape(name) for name in _SHEET.findall(listed)]


def _open_sheet(
    session: Session, file: FoundFile, name: str, scratch: Path, *, alone: bool
) -> Export | Unplaced:
    place = file.name if alone else f"{file.name} [{name}]"
    try:
        sheet = read_sheet(file.path, scratch, name)
        header = tuple(each for each in sheet.header if each != LINE)
        series = Series((file,), file.name)
        export = parquet_export(session, series, [sheet.path], "" if alone else name, header)
    except FileFault as fault:
        return Unplaced(place, fault.sentence)
    except OSError:
        return Unplaced(place, "it cannot be read")
    if isinstance(export, Unplaced):
        return Unplaced(place, export.why)
    cells = ", ".join(identifier(cell_name(at)) for at in range(len(header)))
    rows = session.rows(f"SELECT {cells} FROM {export.relation} LIMIT {_LINES}")
    why = why_no_header([header, *([str(cell or "") for cell in row] for row in rows)])
    return Unplaced(place, why) if why else export
