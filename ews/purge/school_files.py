"""One school's published lists without one student: read back from its spreadsheet and written again.

The spreadsheet holds every figure in full, the page the school's name and its notices. What is written
again is what a list without the student would have been, except that the others keep their ranks.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pandas as pd

from ews.outreach.columns import COUNSELOR, NAME_COLUMNS, RATES, SECTIONS, WHOLE_NUMBERS, Cell, Record
from ews.outreach.list_context import ListContext
from ews.outreach.printed import PrintedList, write_list
from ews.outreach_settings import NextSteps

SUFFIXES = ("csv", "xlsx", "html")

_LEAVING = 3
"""The sheet of those who are no longer listed."""

_XML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_ROW = re.compile(r"<tr>\n<th scope=\"row\">.*?</tr>", re.DOTALL)
_COUNT = re.compile(r'(?<=<td class="number">)\d+(?=</td>)')
_SUMS = '<th scope="row">All schools</th>'


def listed_stems(folder: Path, student: str) -> list[str]:
    """Return the stems of the schools whose lists may name a student: in any form, or a counselor's."""
    return [
        stem
        for stem in _schools(folder)
        if any(_stem_names(folder, each, student) for each in _lists(folder, stem))
    ]


def _schools(folder: Path) -> list[str]:
    files = {path.stem for path in folder.glob("*.*") if path.suffix[1:] in SUFFIXES}
    return sorted(files | {path.name for path in folder.glob("*/")})


def _lists(folder: Path, stem: str) -> list[str]:
    """Return the stems of a school's lists: its own, then those of its counselors."""
    within = {path.stem for path in (folder / stem).glob("*.*") if path.suffix[1:] in SUFFIXES}
    return [stem, *(f"{stem}/{each}" for each in sorted(within))]


def _stem_names(folder: Path, stem: str, student: str) -> bool:
    return any(_names(folder / f"{stem}.{each}", student) for each in SUFFIXES)


def write_without(folder: Path, stem: str, student: str, manifest: dict[str, Any]) -> Counter[str]:
    """Write the files of a school, its counselors' among them, again without a student.

    Parameters
    ----------
    folder : Path
        The folder with the lists, a copy aside.
    manifest : dict
        The night's manifest: district, date and model.

    Returns
    -------
    Counter
        Section -> rows that are gone from the school's list.

    Raises
    ------
    ValueError
        If the files are not such as this version of ews writes, and cannot be read back.
    """
    try:
        gone = [_write_without(folder, each, student, manifest) for each in _lists(folder, stem)]
    except (LookupError, SyntaxError, zipfile.BadZipFile, OSError):
        msg = "a list that another version of ews wrote"
        raise ValueError(msg) from None
    return gone[0]


def _write_without(folder: Path, stem: str, student: str, manifest: dict[str, Any]) -> Counter[str]:
    book = folder / f"{stem}.xlsx"
    header = _read_header(book)
    records = [_filled(each) for each in _read_sheet(book)]
    leaving = [_filled(each) for each in _read_sheet(book, _LEAVING)]
    page = (folder / f"{stem}.html").read_text(encoding="utf-8")
    about = manifest["lists"]
    context = ListContext(
        district=manifest["district"],
        as_of=dt.date.fromisoformat(manifest["as_of"]),
        schools=pd.DataFrame(columns=["school_id", "school_name"]),
        model_version=f"{manifest['model']['name']} {manifest['model']['version']}",
        banners=_texts('<p class="banner" role="note">', "</p>", page),
        stale=_texts('<p class="banner stale" role="note">', "</p>", page),
        show_names=all(name in header for name in NAME_COLUMNS),
        show_counselors=COUNSELOR in header,
        since=dt.date.fromisoformat(about["since"]) if about["since"] else None,
        next_steps=NextSteps.model_validate(about["next_steps"]),
    )
    kept = [each for each in records if each["student_id"] != student]
    counselor = _texts('<p class="counselor">Students of <strong>', "</strong>", page)
    elsewhere = _texts('<p class="gone elsewhere">', " of the last list", page)
    printed = PrintedList(
        stem=stem,
        school_name=_texts("<h1>", "</h1>", page)[0],
        records=kept,
        leaving=[each for each in leaving if each["student_id"] != student],
        elsewhere=int(elsewhere[0]) if elsewhere else 0,
        counselor=counselor[0] if counselor else "",
    )
    write_list(folder, printed, context)
    return Counter(str(each["section"]) for each in records if each["student_id"] == student)


def _filled(row: dict[str, Any]) -> Record:
    """Return a row of a spreadsheet as it was written: an empty cell of a text is "", whole numbers whole."""
    return {name: _filled_cell(name, value) for name, value in row.items()}


def _filled_cell(column: str, value: str | float | None) -> Cell:
    if isinstance(value, float):
        return int(value) if column in WHOLE_NUMBERS else value
    number = column in WHOLE_NUMBERS or column in RATES or column == "absences"
    return "" if value is None and not number else value


def remove_files(folder: Path, stem: str) -> None:
    """Remove the files of a school, its counselors' among them."""
    for each in _lists(folder, stem):
        for suffix in SUFFIXES:
            (folder / f"{each}.{suffix}").unlink(missing_ok=True)
    shutil.rmtree(folder / stem, ignore_errors=True)


def lower_counts(index: str, stem: str, gone: Counter[str]) -> str:
    """Return the page that names the schools with a school's numbers of students, and the sums, lowered."""
    less = [gone[section] for section in SECTIONS]
    links = (f'href="outreach/{stem}.html"', f'href="{stem}.html"')  # the second in older nights

    def lowered(row: re.Match[str]) -> str:
        if _SUMS not in row[0] and not any(link in row[0] for link in links):
            return row[0]
        left = iter(less)
        return _COUNT.sub(lambda count: str(int(count[0]) - next(left, 0)), row[0])

    return _ROW.sub(lowered, index)


def _names(path: Path, student: str) -> bool:
    """Return whether a list names a student; a file that cannot be read is taken to, if its bytes do."""
    if not path.is_file():
        return False
    if path.suffix == ".csv":
        return _csv_names(path.read_bytes(), student)
    if path.suffix == ".html":
        return _page_names(path.read_bytes(), student)
    return _sheet_names(path, student)


def _csv_names(content: bytes, student: str) -> bool:
    if student.replace('"', '""').encode() not in content:
        return False
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        # A text that a spreadsheet would run as a formula has an apostrophe before it.
        return any(row["student_id"].removeprefix("'") == student.removeprefix("'") for row in rows)
    except (UnicodeError, csv.Error, LookupError, AttributeError):
        return True


def _page_names(content: bytes, student: str) -> bool:
    # As the templates' engine escapes it; an id stands alone or under a name.
    shown = html.escape(student).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    return any(f'class="{place}"><bdi>{shown}</bdi>'.encode() in content for place in ("student", "under"))


def _sheet_names(path: Path, student: str) -> bool:
    try:
        with zipfile.ZipFile(path) as book:
            texts = book.read("xl/sharedStrings.xml")
    except (zipfile.BadZipFile, KeyError):
        return True
    if f">{escape(student)}<".encode() not in texts:
        return False
    try:
        rows = [*_read_sheet(path), *_read_sheet(path, _LEAVING)]
        return any(row["student_id"] == student for row in rows)
    except (LookupError, SyntaxError, ValueError):
        return True


def _read_header(path: Path) -> list[Any]:
    return _cells(path)[0]


def _read_sheet(path: Path, sheet: int = 1) -> list[dict[str, Any]]:
    """Return the rows of a sheet by the names in its first row; an empty cell is None."""
    header, *rows = _cells(path, sheet)
    return [dict(zip(header, row, strict=True)) for row in rows]


def _cells(path: Path, number: int = 1) -> list[list[Any]]:
    with zipfile.ZipFile(path) as book:
        texts = [
            _ESCAPED.sub(
                lambda code: chr(int(code[1], 16)), "".join(t.text or "" for t in each.iter(f"{_XML}t"))
            )
            for each in _tree(book.read("xl/sharedStrings.xml"))
        ]
        sheet = _tree(book.read(f"xl/worksheets/sheet{number}.xml"))
    rows: list[list[Any]] = []
    for row in sheet.iter(f"{_XML}row"):
        cells = {_column(each.get("r", "")): _value(each, texts) for each in row.iter(f"{_XML}c")}
        width = len(rows[0]) if rows else max(cells) + 1
        rows.append([cells.get(number) for number in range(width)])
    return rows


def _tree(content: bytes) -> Any:
    return ElementTree.fromstring(content)  # noqa: S314 - a file of this program, in its own workspace


def _column(reference: str) -> int:
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: Any, texts: list[str]) -> str | float | None:
    found = cell.find(f"{_XML}v")
    if found is None or found.text is None:
        return None
    return texts[int(found.text)] if cell.get("t") == "s" else float(found.text)


def _texts(before: str, after: str, page: str) -> list[str]:
    found = re.findall(f"{re.escape(before)}(.*?){re.escape(after)}", page, re.DOTALL)
    return [html.unescape(each) for each in found]
