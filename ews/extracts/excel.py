"""A sheet of an Excel workbook into rows of text: what a cell means, not how it is shown.

Whole numbers become whole text, dates ISO; ids that Excel took for numbers have lost their zeros for
good, which the checks find. ``_line`` is the row's number in the sheet.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ews.extracts.delivered_bytes import FileFault
from ews.extracts.private_parquet import LINE, text_rows

_TOO_MANY_DIGITS = 10**15
"""Excel keeps 15 digits of a number; a longer id has lost its end."""

_NEVER_COMPUTED = re.compile(
    rb"<(?:\w+:)?c\b(?![^>]*t=.str.)[^>]*>\s*"  # a cell; one of type str may well compute to nothing
    rb"<(?:\w+:)?f\b[^>]*>(?:[^<]*</(?:\w+:)?f>)?\s*"  # with a formula
    rb"(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</)"  # and without its value
)
_LONGEST_FORMULA = 2**16


@dataclass(frozen=True)
class Sheet:
    """A sheet as a private Parquet file of text, with ``_line``.

    Attributes
    ----------
    header : tuple of str
        The names in the first row, ``_line`` last.
    rows : int
        Rows below the header that are not empty.
    """

    path: Path
    header: tuple[str, ...]
    rows: int


def read_sheet(path: Path, scratch: Path, sheet: str | None = None) -> Sheet:
    """Read a sheet: the one named, or the only one.

    Raises
    ------
    FileFault
        If the workbook is corrupt, has several sheets and none is named, or a row is wider than the
        header, or a cell's value is not in the file.
    """
    if not path.stat().st_size:
        raise FileFault("empty file", "the file is empty", expected="an Excel workbook")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl's warnings name cells
        try:
            return _read(path, scratch, sheet)
        except (FileFault, OSError):
            raise
        except Exception:
            raise _corrupt() from None


def _read(path: Path, scratch: Path, sheet: str | None) -> Sheet:
    import openpyxl

    with zipfile.ZipFile(path) as archive:
        if archive.testzip() is not None:
            raise _corrupt()
    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        worksheet = _choose(workbook.worksheets, sheet)
        _refuse_empty_formulas(path, worksheet)
        worksheet.reset_dimensions()  # some programs state them wrongly, and rows beyond would be lost
        rows = enumerate(worksheet.iter_rows(values_only=True), start=1)
        header = _header(next(rows, (1, ()))[1])
        return _write(rows, header, scratch)
    finally:
        workbook.close()


def _choose(worksheets: Sequence[Any], sheet: str | None) -> Any:
    names = [worksheet.title for worksheet in worksheets]
    if sheet is None and len(names) == 1:
        return worksheets[0]
    if sheet in names:
        return worksheets[names.index(sheet)]
    found = f"the workbook has the sheets {', '.join(names)}" if names else "the workbook has no sheet"
    raise FileFault(
        "unreadable source",
        found if sheet is None else f"{found}, and no sheet '{sheet}'",
        expected="the sheet that `sheet` names, or only one",
        next_step="say which one: sheet: NAME",
    )


def _refuse_empty_formulas(path: Path, worksheet: Any) -> None:
    """Refuse a sheet with formulas that no program has computed yet: their cells would read as empty."""
    with zipfile.ZipFile(path) as archive, archive.open(worksheet._worksheet_path) as part:
        if any(_NEVER_COMPUTED.search(window) for window in _windows(part)):
            raise FileFault(
                "unreadable source",
                "the sheet has formulas without their values",
                expected="values",
                next_step="open it in Excel and save it, or paste the cells as values",
            )


def _windows(part: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in overlapping pieces, so that no cell is torn apart in all of them."""
    kept = b""
    while chunk := part.read(2**20):
        yield kept + chunk
        kept = (kept + chunk)[-_LONGEST_FORMULA:]


def _header(cells: Sequence[Any]) -> tuple[str, ...]:
    names = [(_text(cell, 1) or "").strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise FileFault(
            "empty file",
            "the sheet's first row is empty",
            expected="the column names in the first row",
            line=1,
        )
    return tuple(names)


def _write(rows: Iterator[tuple[int, Sequence[Any]]], header: tuple[str, ...], scratch: Path) -> Sheet:
    with text_rows(scratch, _distinct(header)) as (path, written):
        for line, row in rows:
            cells = [_text(cell, line) for cell in row]
            if any(cells[len(header) :]):
                raise FileFault(
                    "unreadable source",
                    "a row has more cells than the header",
                    expected=f"at most {len(header)} cells",
                    next_step="name every column in the first row, or leave the others out",
                    line=line,
                )
            if any(cells):
                written.add([*cells, *[None] * len(header)][: len(header)], line)
    return Sheet(path, (*header, LINE), written.written)


def _distinct(header: Sequence[str]) -> list[str]:
    """Give columns whose names are empty or repeated names of their own in the copy; they are not read."""
    seen = {LINE}
    names = []
    for position, name in enumerate(header):
        unique = name if name and name.lower() not in seen else f"_unread_{position}"
        seen.add(unique.lower())
        names.append(unique)
    return names


def _text(cell: Any, line: int) -> str | None:
    """Return a cell's value as text."""
    if cell is None or isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        if abs(cell) >= _TOO_MANY_DIGITS:
            raise FileFault(
                "unreadable source",
                "a number has more than 15 digits, and Excel keeps no more",
                expected="long ids as text",
                next_step="format the column as text and export it again",
                line=line,
            )
        return format(cell, ".15g")
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    return str(cell)


def _corrupt() -> FileFault:
    return FileFault(
        "unreadable source",
        "the workbook is cut short, corrupt or protected by a password",
        expected="an Excel workbook (.xlsx)",
        next_step="save it again without a password, and deliver it again",
    )
