"""A proposed configuration as data: what was found for every table, and what a person has to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ews.survey.folder import Unplaced

UNDECIDED = "TODO"
"""Stands in a configuration where a person has to decide; nothing loads before that."""


@dataclass(frozen=True)
class Entry:
    """A value of the configuration, and what to know about it."""

    value: str
    remark: str = ""

    @property
    def is_undecided(self) -> bool:
        """Whether a person has to decide."""
        return self.value == UNDECIDED


def undecided(remark: str) -> Entry:
    """Return an entry that a person has to fill in."""
    return Entry(UNDECIDED, remark)


@dataclass
class TableProposal:
    """What is proposed for one table.

    Attributes
    ----------
    found : str
        Which file it is, for a comment.
    settings : dict
        The keys of the source, in the order in which they are written.
    columns : dict
        Canonical name to the name in the file.
    codes : dict
        Canonical column to code to meaning.
    not_read : tuple of str
        Columns of the file that no table takes.
    to_mend : list of str
        What no configuration can decide: the export itself has to change.
    notes : list of str
        What else a person should know.
    """

    table: str
    found: str = ""
    settings: dict[str, Entry] = field(default_factory=dict)
    columns: dict[str, Entry] = field(default_factory=dict)
    codes: dict[str, dict[str, Entry]] = field(default_factory=dict)
    not_read: tuple[str, ...] = ()
    to_mend: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def undecided_keys(self) -> Iterator[str]:
        """Yield the keys that a person has to decide, as ``load_config`` names them."""
        yield from (f"{key}" for key, entry in self.settings.items() if entry.is_undecided)
        yield from (f"columns.{key}" for key, entry in self.columns.items() if entry.is_undecided)
        for column, codes in self.codes.items():
            prefix = "codes" if self.table == "attendance" and column == "code" else f"codes.{column}"
            yield from (f"{prefix}.{code}" for code, entry in codes.items() if entry.is_undecided)

    def as_dict(self) -> dict[str, Any]:
        """Return the proposal as plain data."""
        return {
            "found": self.found,
            "settings": {key: _plain(entry) for key, entry in self.settings.items()},
            "columns": {key: _plain(entry) for key, entry in self.columns.items()},
            "codes": {
                column: {code: _plain(entry) for code, entry in codes.items()}
                for column, codes in self.codes.items()
            },
            "not_read": list(self.not_read),
            "to_mend": self.to_mend,
            "notes": self.notes,
        }


def _plain(entry: Entry) -> dict[str, str]:
    return {"value": entry.value, "remark": entry.remark}


@dataclass
class Proposal:
    """A whole proposal.

    Attributes
    ----------
    tables : dict
        Table name to proposal, in the contract's order; tables that nothing was found for and that
        may be absent are in ``unused`` instead.
    sensitive : tuple of str
        The columns of the students file that an audit can compare.
    """

    folder: str
    files: int
    placed: int
    tables: dict[str, TableProposal] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    sensitive: tuple[str, ...] = ()

    def undecided_keys(self) -> list[str]:
        """Return the keys that a person has to decide, as ``load_config`` names them."""
        tables = [
            f"sources.{name}.{key}" for name, table in self.tables.items() for key in table.undecided_keys()
        ]
        return ["district", "timezone", *tables]

    def summary(self) -> list[str]:
        """Return the sentences that a person is told."""
        keys = self.undecided_keys()
        lines = [f"{self.placed} of {self.files} files placed; {len(keys)} things to decide:"]
        lines.append("  district, timezone: your name, and your time zone")
        for name, table in self.tables.items():
            parts = _in_words(table)
            where = f" ({table.found})" if table.found else " (no file here looks like it)"
            lines.append(f"  {name}{where}: {', '.join(parts) if parts else 'nothing'}")
        mend = [sentence for table in self.tables.values() for sentence in table.to_mend]
        if mend:
            lines += ["To mend in the exports themselves:", *(f"  {sentence}" for sentence in mend)]
        if self.unplaced:
            lines += ["Not placed:", *(f"  {each.file}: {each.why}" for each in self.unplaced)]
        return lines

    def as_dict(self) -> dict[str, Any]:
        """Return the proposal as plain data."""
        return {
            "folder": self.folder,
            "files": self.files,
            "placed": self.placed,
            "tables": {name: table.as_dict() for name, table in self.tables.items()},
            "unused": list(self.unused),
            "undecided": self.undecided_keys(),
            "not_placed": [{"file": each.file, "why": each.why} for each in self.unplaced],
        }


def _in_words(table: TableProposal) -> list[str]:
    """Return what a table leaves to decide: keys by name, codes by their number."""
    parts = [key for key in table.undecided_keys() if not key.startswith("codes.")]
    for column, codes in table.codes.items():
        number = sum(entry.is_undecided for entry in codes.values())
        if number:
            codes_in_words = f"{number} code{'s' if number > 1 else ''}"
            parts.append(codes_in_words if column == "code" else f"{codes_in_words} of {column}")
    return parts
