"""Outreach lists of a night: for every school and counselor a CSV, a spreadsheet and a page; an index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from ews.outreach.columns import (
    COUNSELOR,
    SECTIONS,
    Record,
    leaving_columns,
    leaving_records,
    list_records,
    sheet_columns,
)
from ews.outreach.file_names import counselor_stem, file_stems
from ews.outreach.list_context import ListContext as ListContext
from ews.outreach.pages import environment
from ews.outreach.printed import PrintedList, workbook_of, write_fresh, write_list
from ews.outreach.workbooks import rendered

_SCHOOL = "school_id"


def nobody_leaving() -> pd.DataFrame:
    """Return the frame of those who left a list, without a row."""
    columns = ["school_id", "student_id", "section", "elsewhere"]
    return pd.DataFrame(columns=columns, dtype=object)


def write_lists(
    folder: Path, listed: pd.DataFrame, *, context: ListContext, leaving: pd.DataFrame | None = None
) -> list[Path]:
    """Write ``<school>.csv``, ``.xlsx`` and ``.html`` for every school, and the same for its counselors.

    A counselor's files stand in a folder of the school's name and hold students of that school alone.

    Parameters
    ----------
    folder : Path
        Created if missing; files in it are readable by their owner only.
    listed : DataFrame
        One row per listed student: school_id, student_id, section (prevent, intensive), rank (within the
        section), grade, absences and enrolled_days (days), absence_rate and excused_share (0 to 1, the latter
        null without absences), absences_left (days), reason_1 … reason_3, going_well_1, going_well_2,
        change, weeks_on_list, contact; with a directory also first_name, last_name, homeroom, and
        counselor where it names one.
    context : ListContext
        District, date, roster and notices.
    leaving : DataFrame, optional
        One row per student of the list before who is on none of that school now: school_id, student_id,
        section, elsewhere (whether the student is no longer at that school), and names.

    Returns
    -------
    list of Path
        The files written, by school_id, then csv, xlsx, html; after a school's those of its counselors.

    Raises
    ------
    ValueError
        If a listed student's school is not on the roster: that student would be on no list.
    """
    _check_schools(listed, context)
    schools = _schools(context)
    stems = file_stems(school_id for school_id, _ in schools)
    rows = _records_by_school(listed, context)
    gone = _leaving_by_school(nobody_leaving() if leaving is None else leaving, context)
    printed = []
    for school_id, name in schools:
        whole = PrintedList(stems[school_id], name, rows.get(school_id, []), *gone.get(school_id, ([], 0)))
        theirs = {str(each[COUNSELOR]) for each in whole.records} if context.show_counselors else ()
        counselors = _counselors(school_id, theirs, context)
        printed += [whole, *(_of_counselor(whole, counselor) for counselor in counselors)]
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with rendered([workbook_of(each, context) for each in printed]) as books:
        for number, each in enumerate(printed):
            written += write_list(folder, each, context, books[number])
    return written


def write_index(folder: Path, listed: pd.DataFrame, *, context: ListContext) -> Path:
    """Write ``index.html``: every school with links to its lists and the number of students in each section.

    Parameters are those of :func:`write_lists`; the index names no student.
    """
    of_school = _by_school(listed, context)
    stems = file_stems(of_school)
    schools = [
        {
            "name": name,
            "stem": stems[school_id],
            "counts": [int((of_school[school_id]["section"] == section).sum()) for section in SECTIONS],
            "counselors": [
                {"name": counselor, "stem": counselor_stem(stems[school_id], counselor)}
                for counselor in _counselors(school_id, _named_in(of_school[school_id]), context)
            ],
        }
        for school_id, name in _schools(context)
    ]
    template = environment("ews.outreach").get_template("index.html.j2")
    page = template.render(context=context, schools=schools, headings=[head for head, _ in SECTIONS.values()])
    folder.mkdir(parents=True, exist_ok=True)
    return write_fresh(folder / "index.html", page.encode())


def _records_by_school(listed: pd.DataFrame, context: ListContext) -> dict[str, list[Record]]:
    """Return every row as it is printed, by school: all at once, for a school costs as much as all."""
    shown = sheet_columns(show_names=context.show_names, show_counselors=context.show_counselors)
    steps = [context.next_steps.step_of(each) for each in listed["absence_rate"]]
    found: dict[str, list[Record]] = {}
    for record in list_records(listed.assign(next_step=steps), (*shown, _SCHOOL)):
        found.setdefault(str(record[_SCHOOL]), []).append(_without_school(record))
    return found


def _leaving_by_school(leaving: pd.DataFrame, context: ListContext) -> dict[str, tuple[list[Record], int]]:
    """Return who left each school's list and is named, and how many are no longer there."""
    elsewhere = leaving["elsewhere"].astype(bool)
    columns = leaving_columns(show_names=context.show_names)
    named: dict[str, list[Record]] = {}
    with_counselor = (*columns, *((COUNSELOR,) if context.show_counselors else ()), _SCHOOL)
    for record in leaving_records(leaving.loc[~elsewhere], with_counselor):
        named.setdefault(str(record[_SCHOOL]), []).append(_without_school(record))
    counts = Counter(str(school) for school in leaving.loc[elsewhere, _SCHOOL])
    return {school: (named.get(school, []), counts[school]) for school in {*named, *counts}}


def _without_school(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != _SCHOOL}


def _of_counselor(whole: PrintedList, counselor: str) -> PrintedList:
    """Return the part of a school's list that is a counselor's; who left the school is not told again."""
    return PrintedList(
        stem=counselor_stem(whole.stem, counselor),
        school_name=whole.school_name,
        records=[each for each in whole.records if each[COUNSELOR] == counselor],
        leaving=[each for each in whole.leaving if each[COUNSELOR] == counselor],
        counselor=counselor,
    )


def _counselors(school_id: str, listed: Iterable[str], context: ListContext) -> Sequence[str]:
    """Return the counselors of a school: those the roster names, and those of its listed students."""
    if not context.show_counselors:
        return ()
    return sorted({*listed, *context.counselors.get(school_id, ())} - {""})


def _named_in(rows: pd.DataFrame) -> set[str]:
    return {str(each) for each in rows[COUNSELOR].dropna()} if COUNSELOR in rows else set()


def _schools(context: ListContext) -> list[tuple[str, str]]:
    roster = context.schools.drop_duplicates("school_id")
    pairs = zip(roster["school_id"], roster["school_name"], strict=True)
    return sorted((str(school_id), str(name)) for school_id, name in pairs)


def _by_school(listed: pd.DataFrame, context: ListContext) -> dict[str, pd.DataFrame]:
    _check_schools(listed, context)
    parts = {str(school_id): part for school_id, part in listed.groupby("school_id", sort=False)}
    return {school_id: parts.get(school_id, listed.iloc[:0]) for school_id, _ in _schools(context)}


def _check_schools(listed: pd.DataFrame, context: ListContext) -> None:
    ids = [school_id for school_id, _ in _schools(context)]
    unknown = set(listed["school_id"].astype(str)) - set(ids)
    if unknown:
        msg = f"{len(unknown)} schools of listed students are not on the roster of schools"
        raise ValueError(msg)
