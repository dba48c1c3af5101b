"""What is proposed for one table: where it is, how it is written, which column is which."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ews.extracts.schema import DIRECTORY, Column
from ews.survey.column_names import KNOWN, name_score
from ews.survey.exports import Export
from ews.survey.known_layouts import KnownTable
from ews.survey.matching import Choice, Match, doubled_names
from ews.survey.proposal import Entry, TableProposal, undecided

DELIVERY = "full (it holds everything) or delta (only what is new or changed)"

NEEDED = {
    "school_year": "the year in which the school year ends (2026 is 2025-26)",
    "instructional": "true on days of instruction; without it no rate has a denominator",
    "grade": "PK, KG, 01 to 12",
    "visit_id": "a number of the visit, so that a correction is not a second visit",
}

_USES = {
    "nurse_visits": "feature, audit or none: your decision, there is no default. Nurse records are education "
    "records under FERPA",
    "meal_programs": "feature, audit or none. Individual eligibility is confidential (42 USC 1758(b)(6)): "
    "feature needs an authorization on record",
}


def base_entries(match: Match, folder: Path, beside: Path) -> TableProposal:
    """Return a table's proposal without its dates, codes and attendance rows.

    Parameters
    ----------
    folder, beside : Path
        The folder that was looked at, and the one that the configuration is for.
    """
    export = match.export
    proposal = TableProposal(match.table.name, found=export.name)
    proposal.settings["path"] = _path(export, folder, beside)
    if export.sheet:
        proposal.settings["sheet"] = Entry(export.sheet)
    if match.table is not DIRECTORY:
        proposal.settings["delivery"] = undecided(DELIVERY)
        _add_arrival(proposal, export)
    proposal.settings |= _writing(export)
    if match.table.name in _USES:
        proposal.settings["use"] = Entry("none", _USES[match.table.name])
    proposal.columns = {
        column.name: entry for column in match.table.columns if (entry := _column(column, match)) is not None
    }
    proposal.not_read = match.not_read
    proposal.to_mend += [
        f"{match.table.name}: several columns are called {name}: give each a name of its own"
        for name in doubled_names(export)
        if any(name_score(match.table.name, column, name) for column in match.table.column_names)
    ]
    if match.table.closed and match.not_read:
        proposal.to_mend.append(
            f"{match.table.name}: unless use is none, leave these columns out of the export, for a health "
            f"record may not bring them along: {', '.join(match.not_read)}"
        )
    return proposal


def known_entries(
    known: KnownTable, writing: Mapping[str, Entry], folder: Path, beside: Path
) -> TableProposal:
    """Return the proposal for a table that a profile reads: it brings columns, codes and derivations."""
    proposal = TableProposal(known.table, found=", ".join(known.files))
    inside = f"{path_from(beside, folder)}{known.folder}".rstrip("/") or "."
    proposal.settings["path"] = Entry(inside)
    proposal.settings["profile"] = Entry(
        known.profile, f"please confirm: these look like files of {known.title.partition(' (')[0]}"
    )
    proposal.settings["delivery"] = undecided(DELIVERY)
    proposal.settings |= writing
    if known.table in _USES:
        proposal.settings["use"] = Entry("none", _USES[known.table])
    return proposal


def writing_of(known: KnownTable, exports: Iterable[Export]) -> dict[str, Entry]:
    """Return how the files of a profile's table are written, where that is not the usual way."""
    entries: dict[str, Entry] = {}
    for export in exports:
        if any(file.name in known.files for file in export.series.files):
            entries |= _writing(export)
    return entries


def missing_entries(table: str, rivals: list[Match]) -> TableProposal:
    """Return the proposal for a required table that no file could be chosen for."""
    proposal = TableProposal(table)
    if rivals:
        names = ", ".join(each.export.name for each in rivals)
        proposal.settings["path"] = undecided(f"equally good: {names}")
    else:
        proposal.settings["path"] = undecided(f"no file here looks like it. Needed: {_WANTED[table]}")
    proposal.settings["delivery"] = undecided(DELIVERY)
    if table == "attendance":
        proposal.settings["reporting"] = undecided("exceptions or daily")
        proposal.settings["codes"] = undecided("what each of your codes means")
    return proposal


_TO_CONFIRM = {"exit_date": "please confirm: the last day enrolled, not the day after"}

_TABS = (".tsv", ".tab")

_WANTED = {
    "schools": "a row per school with school_id and school_name",
    "calendar": "a row per school and date with school_id, date, school_year and instructional",
    "students": "a row per student with student_id and what the audit compares (race_ethnicity, ...)",
    "enrollments": "a row per spell with student_id, school_id, entry_date, exit_date, school_year and grade",
    "attendance": "a row per student and day with student_id, school_id, date and code",
}


def _path(export: Export, folder: Path, beside: Path) -> Entry:
    if not export.series.pattern:
        names = ", ".join(file.name for file in export.series.files[:4])
        more = len(export.series.files) - 4
        listed = f"{names} and {more} more" if more > 0 else names
        return undecided(
            f"a pattern that fits {listed} and nothing else: move them into a folder of their own"
        )
    lead = path_from(beside, folder)
    many = len(export.series.files) > 1
    return Entry(f"{glob.escape(lead) if many else lead}{export.series.pattern}")


def path_from(beside: Path, folder: Path) -> str:
    """Return what leads from the configuration's folder into another, ready to be followed by a name."""
    try:
        lead = os.path.relpath(folder.resolve(), beside.resolve())
    except ValueError:  # another drive
        lead = str(folder.resolve())
    prefix = Path(lead).as_posix()
    return "" if prefix == "." else f"{prefix}/"


def _add_arrival(proposal: TableProposal, export: Export) -> None:
    forms = export.series.name_dates
    if len(export.series.files) < 2:
        if forms:
            proposal.notes.append(
                "the file's name holds a date: if a new file comes every day, see arrival and name_date"
            )
        return
    if not forms:
        proposal.notes.append(f"{len(export.series.files)} files of one layout, read together")
        return
    proposal.settings["arrival"] = Entry("one_by_one", "please confirm: each file is a delivery of its own")
    if len(forms) == 1:
        proposal.settings["name_date"] = Entry(forms[0], "the date in the files' names")
    else:
        proposal.settings["name_date"] = undecided(f"{' or '.join(forms)}? No name decides it")


def _writing(export: Export) -> dict[str, Entry]:
    """Return encoding, delimiter and final newline where they are not the default."""
    text, entries = export.text, {}
    if text is None:
        return {}
    if text.encoding != "utf-8":
        remark = "" if text.sure else "please confirm: it is not UTF-8, and the bytes do not say what it is"
        entries["encoding"] = Entry(text.encoding, remark)
    by_default = "\t" if export.series.files[0].name.lower().removesuffix(".gz").endswith(_TABS) else ","
    if text.delimiter != by_default:
        entries["delimiter"] = Entry(text.delimiter)
    if not text.ends_line:
        entries["final_newline"] = undecided(
            "the last line has no end. optional, if your system always writes so; or was the file cut short?"
        )
    return entries


def _column(column: Column, match: Match) -> Entry | None:
    choice = match.choices.get(column.name)
    if choice is None:
        if not column.required:
            return None
        return undecided("nothing in this file looks like it" + _needed(column.name))
    if choice.column is None:
        return undecided(f"equally good: {', '.join(each.name for each in choice.others)}")
    remark = _remark(choice) or _TO_CONFIRM.get(column.name, "")
    if choice.column.name == column.name and not remark:
        return None
    return Entry(choice.column.name, remark)


def _needed(column: str) -> str:
    return f"; needed: {NEEDED[column]}" if column in NEEDED else ""


def _remark(choice: Choice) -> str:
    others = f"or {', '.join(each.name for each in choice.others)}" if choice.others else ""
    if choice.score < KNOWN:
        return "please confirm: " + "; ".join(part for part in (choice.why, others) if part)
    if others and choice.why:
        return f"not {', '.join(each.name for each in choice.others)}: {choice.why}"
    return f"please confirm: {others}" if others else ""
