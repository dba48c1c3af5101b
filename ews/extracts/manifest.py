"""A delivery's manifest: which files it has, with how many rows, and what their SHA-256 is.

A CSV with the columns ``file``, and ``rows`` or ``sha256`` or both. A file is named by its path from the
manifest's folder, or by its name alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from ews.config import Config
from ews.extracts.delivered_bytes import FileFault

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_ROWS = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class Entry:
    """What the manifest says of one file; ``rows`` does not count the header.

    Attributes
    ----------
    path : Path
        Where the file would be by its path from the manifest's folder.
    bare : bool
        Whether only a name was given, which then holds in any folder.
    """

    path: Path
    bare: bool
    rows: int | None
    sha256: str
    line: int


@dataclass(frozen=True)
class Manifest:
    """The entries of a manifest, and how messages name it."""

    place: str
    entries: tuple[Entry, ...]

    def entry_of(self, file: Path) -> Entry | None:
        """Return what is said of a delivered file; by its path before by its name."""
        path = file.resolve()
        by_path = next((each for each in self.entries if each.path == path), None)
        by_name = (each for each in self.entries if each.bare and each.path.name == path.name)
        return by_path or next(by_name, None)

    def missing(self, pattern: str, found: Iterable[Path]) -> list[Entry]:
        """Return the entries that a source's pattern (a whole path) would take in and that were not found."""
        paths = {file.resolve() for file in found}
        names = {path.name for path in paths}
        return [
            each
            for each in self.entries
            if each.path not in paths
            and not (each.bare and each.path.name in names)
            and (each.path.match(pattern) or (each.bare and each.path.match(PurePath(pattern).name)))
        ]


def read_manifest(config: Config, place: str) -> Manifest:
    """Read the manifest that ``checks.manifest`` names.

    Raises
    ------
    FileFault
        If it is not there or a line of it cannot be understood: what it vouches for cannot be known.
    """
    path = config.resolve(config.checks.manifest or "")
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True)
            names = [name.strip().lower() for name in next(reader, [])]
            columns = _columns(names)
            entries = [
                _entry(cells, columns, len(names), path.parent, reader.line_num) for cells in reader if cells
            ]
    except (OSError, UnicodeError, csv.Error):
        raise _malformed("the manifest is not there or cannot be read", None) from None
    twice = next((each for n, each in enumerate(entries) if each.path in {e.path for e in entries[:n]}), None)
    if twice is not None:
        raise _malformed("the manifest names a file twice", twice.line)
    return Manifest(place, tuple(entries))


def _columns(names: list[str]) -> dict[str, int]:
    columns = {name: names.index(name) for name in ("file", "rows", "sha256") if names.count(name) == 1}
    if "file" not in columns or len(columns) < 2:
        raise _malformed("the manifest's header is not understood", 1)
    return columns


def _entry(cells: list[str], columns: dict[str, int], width: int, folder: Path, line: int) -> Entry:
    if len(cells) != width:
        raise _malformed("a line of the manifest has too few or too many cells", line)
    values = {name: cells[at].strip() for name, at in columns.items()}
    file, rows, sha256 = values["file"], values.get("rows", ""), values.get("sha256", "")
    if not file:
        raise _malformed("a line of the manifest names no file", line)
    if not rows and not sha256:
        raise _malformed("a line of the manifest has neither rows nor a SHA-256", line)
    if rows and not _ROWS.fullmatch(rows):
        raise _malformed("a line of the manifest has a number of rows that is none", line)
    if sha256 and not _SHA256.fullmatch(sha256):
        raise _malformed("a line of the manifest has a SHA-256 that is none", line)
    bare = "/" not in file and "\\" not in file
    return Entry(
        (folder / file.replace("\\", "/")).resolve(), bare, int(rows) if rows else None, sha256.lower(), line
    )


def _malformed(sentence: str, line: int | None) -> FileFault:
    return FileFault(
        "malformed manifest",
        sentence,
        expected="CSV with the columns file, and rows or sha256 or both",
        line=line,
    )
