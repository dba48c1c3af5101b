"""One school's published list without one student: read back from its spreadsheet and written again.

The spreadsheet holds every figure in full, the page the school's name and its notices. What is written
again is what a list without the student would have been, except that the others keep their ranks.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pandas as pd

from ews.outreach.columns import BESIDE_THE_CONTRACT, NAME_COLUMNS, SECTIONS, list_columns
from ews.outreach.lists import ListContext, write_lists

SUFFIXES = ("csv", "xlsx", "html")

_XML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_ROW = re.compile(r"<tr>\n<th scope=\"row\">.*?</tr>", re.DOTALL)
_COUNT = re.compile(r'(?<=<td class="number">)\d+(?=</td>)')


def listed_stems(folder: Path, student: str) -> list[str]:
    """Return the stems of the schools whose list, in any of its three forms, may name a student."""
    stems = sorted({path.stem for path in folder.glob("*.*") if path.suffix[1:] in SUFFIXES})
    return [stem for stem in stems if any(_names(folder / f"{stem}.{each}", student) for each in SUFFIXES)]


def write_without(folder: Path, stem: str, student: str, manifest: dict[str, Any]) -> Counter[str]:
    """Write the three files of a school again without a student.

    Parameters
    ----------
    folder : Path
        The folder with the lists, a copy aside.
    manifest : dict
        The night's manifest: district, date and model.

    Returns
    -------
    Counter
        Section -> rows that are gone.

    Raises
    ------
    ValueError
        If the files are not such as this version of ews writes, and cannot be read back.
    """
    try:
        return _write_without(folder, stem, student, manifest)
    except (LookupError, SyntaxError, zipfile.BadZipFile):
        msg = "a list that another version of ews wrote"
        raise ValueError(msg) from None


def _write_without(folder: Path, stem: str, student: str, manifest: dict[str, Any]) -> Counter[str]:
    records = _read_sheet(folder / f"{stem}.xlsx")
    kept = [each for each in records if each["student_id"] != student]
    page = (folder / f"{stem}.html").read_text(encoding="utf-8")
    show_names = all(name in _read_header(folder / f"{stem}.xlsx") for name in NAME_COLUMNS)
    context = ListContext(
        district=manifest["district"],
        as_of=dt.date.fromisoformat(manifest["as_of"]),
        # A stem is a safe name, and the safe name of a stem is itself.
        schools=pd.DataFrame([{"school_id": stem, "school_name": _texts("<h1>", "</h1>", page)[0]}]),
        model_version=f"{manifest['model']['name']} {manifest['model']['version']}",
        banners=_texts('<p class="banner" role="note">', "</p>", page),
        stale=_texts('<p class="banner stale" role="note">', "</p>", page),
        show_names=show_names,
    )
    columns = [*list_columns(show_names=show_names), *BESIDE_THE_CONTRACT, "school_id"]
    listed = pd.DataFrame([{**each, "school_id": stem} for each in kept], columns=columns, dtype=object)
    write_lists(folder, listed, context=context)
    return Counter(str(each["section"]) for each in records if each["student_id"] == student)


def remove_files(folder: Path, stem: str) -> None:
    """Remove the three files of a school."""
    for suffix in SUFFIXES:
        (folder / f"{stem}.{suffix}").unlink(missing_ok=True)


def lower_counts(index: str, stem: str, gone: Counter[str]) -> str:
    """Return the page that names the schools with a school's numbers of students lowered."""
    less = [gone[section] for section in SECTIONS]
    links = (f'href="outreach/{stem}.html"', f'href="{stem}.html"')  # the second in older nights

    def lowered(row: re.Match[str]) -> str:
        if not any(link in row[0] for link in links):
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
        return any(row["student_id"] == student for row in _read_sheet(path))
    except (LookupError, SyntaxError, ValueError):
        return True


def _read_header(path: Path) -> list[Any]:
    return _cells(path)[0]


def _read_sheet(path: Path) -> list[dict[str, Any]]:
    """Return the rows of the first sheet by the names in its first row; an empty cell is None."""
    header, *rows = _cells(path)
    return [dict(zip(header, row, strict=True)) for row in rows]


def _cells(path: Path) -> list[list[Any]]:
    with zipfile.ZipFile(path) as book:
        texts = [
            _ESCAPED.sub(
                lambda code: chr(int(code[1], 16)), "".join(t.text or "" for t in each.iter(f"{_XML}t"))
            )
            for each in _tree(book.read("xl/sharedStrings.xml"))
        ]
        sheet = _tree(book.read("xl/worksheets/sheet1.xml"))
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
