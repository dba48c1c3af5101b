"""Outreach lists: for every school a CSV, a spreadsheet and a page to print; for the district an index."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ews.outreach.columns import (
    BESIDE_THE_CONTRACT,
    CHANGES,
    EMPTY_LIST,
    FOOTNOTE,
    MEANINGS,
    RATES,
    SECTIONS,
    Record,
    days,
    list_columns,
    list_records,
)
from ews.outreach.file_names import file_stems
from ews.outreach.pages import environment, long_date
from ews.outreach.spreadsheet import spreadsheet

# A spreadsheet that opens a CSV runs a cell that begins with one of these as a formula (OWASP, CSV
# injection; the wide forms are what East Asian versions accept).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class ListContext:
    """What stands on every list besides its students.

    Parameters
    ----------
    district : str
        The district's name.
    as_of : date
        The decision day.
    schools : DataFrame
        One row per school of the roster: school_id, school_name. Each gets its files, listed students or not.
    model_version : str
        Name and version of the model that ranked the students.
    banners : sequence of str
        Sentences that must be seen first: the watermark of a simulation, a sign-off or an override.
    stale : sequence of str
        Sentences about sources that are late.
    show_names : bool
        Whether there is a directory to take names and homerooms from.
    """

    district: str
    as_of: dt.date
    schools: pd.DataFrame
    model_version: str
    banners: Sequence[str] = ()
    stale: Sequence[str] = ()
    show_names: bool = False


def write_lists(folder: Path, listed: pd.DataFrame, *, context: ListContext) -> list[Path]:
    """Write ``<school>.csv``, ``.xlsx`` and ``.html`` for every school of the roster.

    Parameters
    ----------
    folder : Path
        Created if missing; files in it are readable by their owner only.
    listed : DataFrame
        One row per listed student: school_id, student_id, section (prevent, intensive), rank (within the
        section), grade, absences and enrolled_days (days), absence_rate and excused_share (0 to 1, the latter
        null without absences), absences_left (days), reason_1 … reason_3, going_well_1, going_well_2,
        change; with a directory also first_name, last_name, homeroom.
    context : ListContext
        District, date, roster and notices.

    Returns
    -------
    list of Path
        The files written, by school_id, then csv, xlsx, html.

    Raises
    ------
    ValueError
        If a listed student's school is not on the roster: that student would be on no list.
    """
    of_school = _by_school(listed, context)
    stems = file_stems(of_school)
    folder.mkdir(parents=True, exist_ok=True)
    columns = list_columns(show_names=context.show_names)
    written = []
    for school_id, name in _schools(context):
        records = list_records(of_school[school_id], show_names=context.show_names)
        title = f"{name}: outreach list, {long_date(context.as_of)}"
        notices = [*context.banners, *context.stale]
        shown = (*columns, *BESIDE_THE_CONTRACT)
        book = spreadsheet(records, shown, title=title, as_of=context.as_of, notices=notices)
        contents = {
            "csv": _csv(records, columns).encode(),
            "xlsx": book,
            "html": _page(records, name, context).encode(),
        }
        written += [
            _write(folder / f"{stems[school_id]}.{suffix}", each) for suffix, each in contents.items()
        ]
    return written


def write_index(folder: Path, listed: pd.DataFrame, *, context: ListContext) -> Path:
    """Write ``index.html``: every school with a link to its list and the number of students in each section.

    Parameters are those of :func:`write_lists`; the index names no student.
    """
    of_school = _by_school(listed, context)
    stems = file_stems(of_school)
    schools = [
        {
            "name": name,
            "stem": stems[school_id],
            "counts": [int((of_school[school_id]["section"] == section).sum()) for section in SECTIONS],
        }
        for school_id, name in _schools(context)
    ]
    template = environment("ews.outreach").get_template("index.html.j2")
    page = template.render(context=context, schools=schools, headings=[head for head, _ in SECTIONS.values()])
    folder.mkdir(parents=True, exist_ok=True)
    return _write(folder / "index.html", page.encode())


def _schools(context: ListContext) -> list[tuple[str, str]]:
    roster = context.schools.drop_duplicates("school_id")
    pairs = zip(roster["school_id"], roster["school_name"], strict=True)
    return sorted((str(school_id), str(name)) for school_id, name in pairs)


def _by_school(listed: pd.DataFrame, context: ListContext) -> dict[str, pd.DataFrame]:
    ids = [school_id for school_id, _ in _schools(context)]
    unknown = set(listed["school_id"].astype(str)) - set(ids)
    if unknown:
        msg = f"{len(unknown)} schools of listed students are not on the roster of schools"
        raise ValueError(msg)
    parts = {str(school_id): part for school_id, part in listed.groupby("school_id", sort=False)}
    return {school_id: parts.get(school_id, listed.iloc[:0]) for school_id in ids}


def _csv(records: Sequence[Record], columns: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(column, record[column]) for column in columns] for record in records)
    return out.getvalue()


def _csv_cell(column: str, value: str | int | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        # The csv module leaves a lone carriage return unquoted, and a reader would end the row there.
        text = value.replace("\r\n", "\n").replace("\r", "\n")
        return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    return f"{value:.4f}" if column in RATES else days(value)


def _page(records: Sequence[Record], school_name: str, context: ListContext) -> str:
    sections = [
        {"heading": head, "purpose": text, "records": [each for each in records if each["section"] == name]}
        for name, (head, text) in SECTIONS.items()
    ]
    return (
        environment("ews.outreach")
        .get_template("list.html.j2")
        .render(
            context=context,
            school_name=school_name,
            sections=sections,
            total=len(records),
            empty=EMPTY_LIST,
            footnote=FOOTNOTE,
            meanings=MEANINGS,
            changes=CHANGES,
        )
    )


def _write(path: Path, content: bytes) -> Path:
    # A list names children: created readable by its owner only, before a byte is in it.
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return path
