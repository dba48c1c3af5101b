"""Known systems: whose exports these are, told by the profiles' own lists of files and columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path

from ews.extracts.delivered_bytes import FileFault, chunks_of
from ews.extracts.profile_document import InputEntry, TableEntry, packaged, read_document
from ews.survey.exports import Export
from ews.survey.folder import FoundFile

_TELLING_COLUMNS = 3
_OVERLAP = 256


@dataclass(frozen=True)
class KnownTable:
    """A table that a profile can read here.

    Attributes
    ----------
    folder : str
        The folder with its files, relative to the one that is looked at; empty for that one itself.
    files : tuple of str
        The files that its inputs read.
    """

    table: str
    profile: str
    title: str
    folder: str
    files: tuple[str, ...]


@dataclass
class KnownLayouts:
    """What the profiles can read in a folder, and files that they could read under another name."""

    tables: dict[str, KnownTable] = field(default_factory=dict)
    misnamed: dict[str, str] = field(default_factory=dict)


def known_layouts(found: Sequence[FoundFile], exports: Sequence[Export]) -> KnownLayouts:
    """Return the tables that profiles can read from the files of a folder.

    A profile counts as recognized where one of its tables needs three columns or more of one file, or an
    XML element, and finds them; its other tables then follow, however few columns they need.
    """
    known = KnownLayouts()
    headers = {
        file.name: {facts.name.casefold() for facts in export.facts}
        for export in exports
        for file in export.series.files
    }
    folders = sorted({file.name.rpartition("/")[0] for file in found})
    for profile, title, entries in _profiles():
        for folder in folders:
            inside = [file for file in found if file.name.rpartition("/")[0] == folder]
            readable = _readable(entries, inside, headers)
            if any(_is_telling(entries[table], inside, headers) for table in readable):
                for table, files in readable.items():
                    place = KnownTable(table, profile, title, folder, files)
                    known.tables.setdefault(table, place)
        _note_misnamed(known, profile, entries, found, headers)
    return known


@cache
def _profiles() -> tuple[tuple[str, str, Mapping[str, TableEntry]], ...]:
    """Return every profile that reads files: a profile's own tables before its variants'."""
    listed: list[tuple[str, str, Mapping[str, TableEntry]]] = []
    for name, file in packaged().items():
        document = read_document(file, file.name)
        listed.append((name, document.title, _derived(document.tables)))
        listed += [
            (f"{name}:{variant}", document.title, _derived(other.tables))
            for variant, other in document.variants.items()
        ]
    return tuple(listed)


def _derived(tables: Mapping[str, TableEntry]) -> dict[str, TableEntry]:
    return {name: entry for name, entry in tables.items() if entry.inputs}


def _readable(
    entries: Mapping[str, TableEntry], inside: Sequence[FoundFile], headers: Mapping[str, set[str]]
) -> dict[str, tuple[str, ...]]:
    """Return the tables whose inputs are all there, with their files."""
    readable = {}
    for table, entry in entries.items():
        inputs = {name: _files(each, inside, headers) for name, each in entry.inputs.items()}
        if all(inputs[name] or entry.inputs[name].optional for name in inputs):
            readable[table] = tuple(sorted({file for files in inputs.values() for file in files}))
    return readable


def _files(
    entry: InputEntry, inside: Sequence[FoundFile], headers: Mapping[str, set[str]]
) -> tuple[str, ...]:
    named = [file for file in inside if fnmatchcase(file.path.name, entry.file)]
    if entry.element:
        return tuple(
            file.name for file in named if file.form == "xml" and _has_element(file.path, entry.element)
        )
    return tuple(file.name for file in named if _has_columns(entry, headers.get(file.name, set())))


def _has_columns(entry: InputEntry, header: set[str]) -> bool:
    return bool(header) and {column.casefold() for column in entry.columns} <= header


def _is_telling(entry: TableEntry, inside: Sequence[FoundFile], headers: Mapping[str, set[str]]) -> bool:
    return any(
        (each.element or len(each.columns) >= _TELLING_COLUMNS) and _files(each, inside, headers)
        for each in entry.inputs.values()
    )


def _has_element(path: Path, element: str) -> bool:
    state = path.stat()
    return _holds(path, element, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=1024)
def _holds(path: Path, element: str, _size: int, _changed: int) -> bool:
    """Return whether an XML file holds an element, whatever its namespace prefix; read once."""
    tag = re.compile(rb"<(?:[\w.-]+:)?" + re.escape(element.encode()) + rb"[\s>/]")
    kept = b""
    try:
        for chunk in chunks_of(path):
            if tag.search(kept + chunk):
                return True
            kept = chunk[-_OVERLAP:]
    except (FileFault, OSError):
        return False
    return False


def _note_misnamed(
    known: KnownLayouts,
    profile: str,
    entries: Mapping[str, TableEntry],
    found: Sequence[FoundFile],
    headers: Mapping[str, set[str]],
) -> None:
    """Note files with the columns of a profile's telling input, and a name that it does not look for."""
    for entry in entries.values():
        for each in entry.inputs.values():
            if each.element or len(each.columns) <= _TELLING_COLUMNS:
                continue
            for file in found:
                misnamed = not fnmatchcase(file.path.name, each.file)
                if misnamed and _has_columns(each, headers.get(file.name, set())):
                    known.misnamed.setdefault(
                        file.name,
                        f"it has the columns that the profile {profile} reads from files named {each.file}: "
                        "with that name, and the other files of that system beside it, use the profile",
                    )
