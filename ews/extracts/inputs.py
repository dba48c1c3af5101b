"""A source's delivered files or database, found and made ready: each whole, and as DuckDB can read it.

No row is judged here. What is wrong with a file is a refused finding that names the file and, where
there is one, the line.
"""

from __future__ import annotations

import datetime as dt
import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ews.config import Config
from ews.extracts.checks import found
from ews.extracts.databases import fetch
from ews.extracts.delivered_bytes import FileFault, codec_of
from ews.extracts.findings import Finding
from ews.extracts.lines import place_of
from ews.extracts.manifest import Entry, Manifest, read_manifest
from ews.extracts.profiles import InputSpec, Recipe
from ews.extracts.ready_files import Input as Input
from ews.extracts.ready_files import count_rows, make_ready
from ews.extracts.schema import Table
from ews.sources import Database, DirectorySource, Source

_OFFICE_LOCK = "~$"
"""How the names of the files begin that Excel leaves beside an open workbook."""


@dataclass
class Opened:
    """The inputs of a source, and what is wrong with the others.

    ``expected_rows`` is the manifest's number of rows for every place where it has still to be compared
    with what is read: CSV of a source without a recipe. All others are compared here.
    ``stamps`` is how large each delivered file was, and when it was written last, before it was looked at.
    """

    inputs: list[Input] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    expected_rows: dict[str, int] = field(default_factory=dict)
    stamps: dict[Path, tuple[int, int]] = field(default_factory=dict)


def open_inputs(
    table: Table, source: Source | DirectorySource, recipe: Recipe | None, config: Config, scratch: Path
) -> Opened:
    """Find, inspect and make ready everything a source is read from.

    Parameters
    ----------
    recipe : Recipe, optional
        What a profile reads; without one the source's files hold the table itself.
    scratch : Path
        A private folder for copies, which the caller removes.

    Returns
    -------
    Opened
        Inputs in the order of their paths, or, where they arrive one by one, of their dates and names.

    Raises
    ------
    UsageError
        If the configuration is at fault: an unknown encoding, or a password that is not there.
    """
    opening = _Opening(table, source, config, scratch)
    try:
        if isinstance(source, Source) and source.database is not None:
            opening.open_database(source.database, source.query or (recipe.query if recipe else ""))
        else:
            opening.read_manifest()
            opening.open_files(recipe.inputs if recipe else ())
    except FileFault as fault:
        opening.refuse(fault, opening.place)
    except OSError as error:
        opening.refuse(_not_copied(error), opening.place)
    return opening.opened


def changed_since(table: Table, opened: Opened) -> list[Finding]:
    """Return a refusal for every delivered file that was written to since it was looked at.

    To be asked after the rows were read: a file that is still being copied is not whole.
    """
    return [
        found(
            "unreadable source",
            table.name,
            "a file was written to while it was read",
            expected="a delivery that has ended",
            where=path.name,
            next_step="wait until the delivery has ended, then run the command again",
        )
        for path, stamp in opened.stamps.items()
        if _stamp(path) != stamp
    ]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found_now = path.stat()
    except OSError:
        return -1, -1
    return found_now.st_size, found_now.st_mtime_ns


@dataclass(frozen=True)
class Pattern:
    """Where files are looked for: one of exactly this name, or else those that match."""

    exact: Path
    glob: str

    @classmethod
    def within(cls, folder: Path, pattern: str) -> Pattern:
        """Return a pattern that is meant from a folder, whatever signs the folder's name has."""
        whole = str(Path(pattern).expanduser())
        escaped = whole if Path(whole).is_absolute() else os.path.join(glob.escape(str(folder)), whole)  # noqa: PTH118
        return cls(Path(os.path.normpath(folder / whole)), os.path.normpath(escaped))

    def files(self) -> list[Path]:
        """Return the files that are there, by their names."""
        if self.exact.is_file():
            return [self.exact]
        matches = [Path(each) for each in sorted(glob.glob(self.glob))]  # noqa: PTH207 - a whole path
        return [file for file in matches if file.is_file() and not file.name.startswith(_OFFICE_LOCK)]


class _Opening:
    """The opening of one source. ``place`` is what a fault outside any file is about."""

    def __init__(self, table: Table, source: Source | DirectorySource, config: Config, scratch: Path) -> None:
        self.opened = Opened()
        self.place = source.origin
        self._table = table
        self._source = source
        self._config = config
        self._folder = config.folder.resolve()
        self._scratch = scratch
        manifest = config.checks.manifest
        self._manifest_path = config.resolve(manifest) if manifest is not None else None
        self._manifest: Manifest | None = None
        self._one_by_one = isinstance(source, Source) and source.arrival == "one_by_one"

    def refuse(self, fault: FileFault, place: str) -> None:
        """Add a finding for what is wrong with a file; once, though several inputs may read it."""
        finding = found(
            fault.check,
            self._table.name,
            fault.sentence,
            expected=fault.expected,
            where=place_of(place, fault.line),
            next_step=fault.next_step,
        )
        if finding not in self.opened.findings:
            self.opened.findings.append(finding)

    def read_manifest(self) -> None:
        """Read the delivery's manifest, if there is one."""
        if self._config.checks.manifest is None:
            return
        self.place = self._config.checks.manifest
        self._manifest = read_manifest(self._config, self.place)
        self.place = self._source.origin

    def open_database(self, database: Database, query: str) -> None:
        """Fetch what a query returns."""
        result = fetch(database, query, self._table.name, self._config, self._scratch)
        size = result.path.stat().st_size
        self.opened.inputs.append(Input(result.path, self.place, True, result.header, "", size))

    def open_files(self, specs: Sequence[InputSpec]) -> None:
        """Open the files of a plain source, or those of every input of a recipe."""
        codec_of(self._source.encoding, f"sources.{self._table.name}.encoding")
        for spec in specs or (None,):
            pattern = self._pattern(spec, alone=len(specs) == 1)
            files = [file for file in pattern.files() if file.resolve() != self._manifest_path]
            missing = self._manifest.missing(pattern.glob, files) if self._manifest else []
            for entry in missing:
                self._refuse_missing(entry)
            if not files and not missing and not (spec is not None and spec.optional):
                self._refuse_nothing_there(pattern)
            ready = [each for file in files if (each := self._open(file, spec)) is not None]
            self.opened.inputs += sorted(ready, key=_order) if self._one_by_one else ready
        if not self.opened.inputs and not self.opened.findings:
            self._refuse_nothing_there(self._pattern(None, alone=True))

    def _pattern(self, spec: InputSpec | None, *, alone: bool) -> Pattern:
        """Return where a plain source's files are, or those of a recipe's input in the source's folder."""
        own = Pattern.within(self._folder, self._source.origin)
        if spec is None or (alone and not own.exact.is_dir()):
            return own
        return Pattern.within(own.exact, spec.file)

    def _place(self, file: Path) -> str:
        return Path(os.path.relpath(file, self._folder)).as_posix()

    def _open(self, file: Path, spec: InputSpec | None) -> Input | None:
        """Return a file made ready; None, and a finding, if there is something wrong with it."""
        place = self._place(file)
        self.opened.stamps[file] = _stamp(file)
        try:
            entry = self._entry_of(file)
            arrived = self._arrived(file)
            digest = self._one_by_one or bool(entry and entry.sha256)
            ready, rows = make_ready(file, place, self._source, spec, self._scratch, digest=digest)
            self._hold_against(entry, ready, rows)
        except FileFault as fault:
            self.refuse(fault, place)
            return None
        except OSError as error:
            self.refuse(_not_copied(error), place)
            return None
        return replace(ready, arrived=arrived, digest=ready.digest if self._one_by_one else "")

    def _entry_of(self, file: Path) -> Entry | None:
        if self._manifest is None:
            return None
        entry = self._manifest.entry_of(file)
        if entry is None:
            raise FileFault(
                "manifest file extra",
                "the file does not stand in the manifest",
                expected=f"the files that {self._manifest.place} names",
            )
        return entry

    def _hold_against(self, entry: Entry | None, ready: Input, rows: int | None) -> None:
        """Compare a file with what the manifest says of it."""
        if entry is None:
            return
        if entry.sha256 and entry.sha256 != ready.digest:
            raise FileFault(
                "manifest hash",
                "the file is not the one that the manifest was written for: its SHA-256 is another",
                expected="the SHA-256 in the manifest",
            )
        if entry.rows is None:
            return
        if rows is None and ready.name:
            rows = count_rows(ready)
        if rows is None:
            self.opened.expected_rows[ready.place] = entry.rows
        elif rows != entry.rows:
            raise FileFault(
                "manifest rows",
                f"the file holds {rows} rows, its manifest says {entry.rows}",
                expected=f"{entry.rows} rows",
            )

    def _arrived(self, file: Path) -> dt.date | None:
        """Return the date in a file's name."""
        pattern = self._source.name_date if isinstance(self._source, Source) else None
        if pattern is None:
            return None
        try:
            return dt.datetime.strptime(file.name, pattern).date()
        except ValueError:
            raise FileFault(
                "unreadable source",
                "the file's name does not tell when it arrived",
                expected=f"a name like {pattern}",
                next_step=f"rename the file, or mend sources.{self._table.name}.name_date",
            ) from None

    def _refuse_missing(self, entry: Entry) -> None:
        where = self._config.checks.manifest or ""
        sentence = f"a file that the manifest names is not there: {entry.path.name}"
        self.refuse(FileFault("manifest file missing", sentence, line=entry.line), where)

    def _refuse_nothing_there(self, pattern: Pattern) -> None:
        place = self._place(pattern.exact)
        expected = f"at least one file matching {place}"
        self.refuse(FileFault("no file", "no file is there", expected=expected), place)


def _not_copied(error: OSError) -> FileFault:
    reason = (error.strerror or "the system does not say why").lower()
    return FileFault(
        "unreadable source",
        f"it cannot be read or copied: {reason}",
        expected="permission to read, and room in the temporary folder",
        next_step="mend that and run the command again",
    )


def _order(each: Input) -> tuple[dt.date, str, str]:
    return each.arrived or dt.date.min, Path(each.place).name, each.place
