"""The files of a folder: found, and told apart by what they are; nothing outside the folder is opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ews.errors import UsageError

Form = Literal["text", "parquet", "workbook", "xml"]

_FORMS: tuple[tuple[str, Form], ...] = (
    (".csv", "text"),
    (".tsv", "text"),
    (".tab", "text"),
    (".txt", "text"),
    (".csv.gz", "text"),
    (".tsv.gz", "text"),
    (".txt.gz", "text"),
    (".parquet", "parquet"),
    (".pq", "parquet"),
    (".xlsx", "workbook"),
    (".xlsm", "workbook"),
    (".xml", "xml"),
)


@dataclass(frozen=True)
class Unplaced:
    """A file that is no part of the proposal, and why."""

    file: str
    why: str


@dataclass(frozen=True)
class FoundFile:
    """A file of the folder: its path, and its name relative to the folder."""

    path: Path
    name: str
    form: Form


def find_files(folder: Path) -> tuple[list[FoundFile], list[Unplaced]]:
    """Return the files in a folder and in its subfolders, one level down, in the order of their names.

    Raises
    ------
    UsageError
        If the folder is missing, may not be read, or holds no file.
    """
    found: list[FoundFile] = []
    unplaced: list[Unplaced] = []
    if not folder.is_dir():
        raise _unusable(folder, "it is not a folder")
    try:
        entries = sorted(_entries(folder, unplaced), key=lambda path: path.relative_to(folder).as_posix())
    except PermissionError:
        raise _unusable(folder, "this account may not read it") from None
    for path in entries:
        name = path.relative_to(folder).as_posix()
        why, form = _why_not(path, folder), form_of(path.name)
        if why or form is None:
            unplaced.append(Unplaced(name, why or "not a kind of file that is read here"))
        else:
            found.append(FoundFile(path, name, form))
    if not found and not unplaced:
        raise _unusable(folder, "it holds no files")
    return found, unplaced


def form_of(name: str) -> Form | None:
    """Return what kind of file a name stands for; None for one that is not read.

    Examples
    --------
    >>> form_of("Attendance 2025.CSV.gz"), form_of("notes.docx")
    ('text', None)
    """
    return next((form for ending, form in _FORMS if name.lower().endswith(ending)), None)


def _entries(folder: Path, unplaced: list[Unplaced]) -> Iterator[Path]:
    for path in _visible(folder):
        if not path.is_dir():
            yield path
        elif path.is_symlink():
            unplaced.append(Unplaced(f"{path.name}/", "a link to a folder; links are not followed"))
        else:
            yield from _one_level_down(path, unplaced)


def _one_level_down(folder: Path, unplaced: list[Unplaced]) -> Iterator[Path]:
    try:
        below = _visible(folder)
    except PermissionError:
        unplaced.append(Unplaced(f"{folder.name}/", "this account may not read it"))
        return
    for path in below:
        if path.is_dir():
            unplaced.append(Unplaced(f"{folder.name}/{path.name}/", "too deep: one level of folders is read"))
        else:
            yield path


def _visible(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith((".", "~$"))]


def _why_not(path: Path, folder: Path) -> str:
    if not path.resolve().is_relative_to(folder.resolve()):
        return "a link that leads out of the folder"
    if not path.is_file():
        return "not a file"
    if not os.access(path, os.R_OK):
        return "this account may not read it"
    return "" if path.stat().st_size else "the file is empty"


def _unusable(folder: Path, why: str) -> UsageError:
    return UsageError(
        f"nothing can be proposed from this folder: {why}",
        expected="a folder with the files that your systems export",
        where=str(folder),
        next_step="give that folder with --from, or leave --from out for a configuration to fill in",
    )
