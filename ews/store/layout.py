"""The store outside of DuckDB: which tables, which columns of which type, and how they lie in a folder.

A folder holds one folder per table with Parquet files, those of a school year in ``school_year=<year>``, and
``export.json``, which names the layout's version and the tables. What is here is what a snapshot reads:
what only a load needs is not among it, and demographics, which are no features, are a table apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ews.errors import DataRefused
from ews.extracts.facts import stored_columns
from ews.extracts.schema import (
    ATTENDANCE,
    CALENDAR,
    ENROLLMENTS,
    MEAL_PROGRAMS,
    NURSE_VISITS,
    SCHOOLS,
    Table,
)
from ews.store.frames import KNOWN
from ews.store.schema import OWN_TYPES, SCHEMA_VERSION

FORMAT = "ews-store"
MANIFEST = "export.json"
SCHOOL_YEAR = "school_year"


@dataclass(frozen=True)
class StoredTable:
    """One table as it lies in a folder or in a catalog.

    Attributes
    ----------
    columns : dict
        Names and types: text, date, time (naive UTC), boolean, integer, number.
    date : str
        The column that a school year is counted from where the table has none; empty for ``schools``,
        which lies in one folder.
    """

    name: str
    columns: Mapping[str, str]
    date: str = ""

    @property
    def in_years(self) -> bool:
        """Whether the table lies in one folder per school year."""
        return bool(self.date)


def _stored(table: Table) -> StoredTable:
    names = (*table.key, *stored_columns(table))
    columns = {name: OWN_TYPES.get(name, table.column_type(name)) for name in names}
    ends = {"end_known_from": "time"} if table.end else {}
    return StoredTable(table.name, {**columns, **ends, **dict.fromkeys(KNOWN, "time")}, table.date)


COVERAGE = StoredTable(
    "coverage",
    {"school_id": "text", "date": "date", **dict.fromkeys(KNOWN, "time"), "stated": "boolean"},
    "date",
)
ALWAYS = (*(_stored(table) for table in (SCHOOLS, CALENDAR, ENROLLMENTS, ATTENDANCE)), COVERAGE)
"""The tables that every district has."""

HEALTH = tuple(_stored(table) for table in (NURSE_VISITS, MEAL_PROGRAMS))
"""Those that a district may have, and leave, where their use is ``feature``, for the features."""


AUDIT = "audit_attributes"
"""A table of its own, only there when it was asked for, and only read when a model is audited."""


def audit_table(sensitive: Sequence[str]) -> StoredTable:
    """Return the table of the newest known attributes: one row per student, those of ``audit.sensitive``."""
    return StoredTable(AUDIT, dict.fromkeys(("student_id", *sensitive), "text"))


def manifest(tables: Mapping[str, int], ews_version: str) -> dict[str, Any]:
    """Return what ``export.json`` says: the layout's version, and the rows of every table."""
    return {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "tables": dict(tables),
        "ews_version": ews_version,
    }


def check_manifest(content: str | None, where: str) -> dict[str, int]:
    """Return the tables of a folder and how many rows they have, from its ``export.json``.

    Parameters
    ----------
    content : str or None
        The file's text; None where there is none.

    Raises
    ------
    DataRefused
        If the folder is not an export, or one of another version.
    """
    try:
        stated = json.loads(content or "")
        is_export = stated["format"] == FORMAT
        version, tables = int(stated["schema_version"]), dict(stated["tables"])
        rows = {str(name): int(count) for name, count in tables.items()}
    except (ValueError, KeyError, TypeError):
        is_export = False
    if not is_export:
        raise DataRefused(
            f"the folder is not an export of a store: it has no readable {MANIFEST}",
            expected="a folder that `ews store export` wrote, or one laid out like it (docs/spark.md)",
            where=where,
            next_step="run `ews store export --to DIR`, or mend engine.data",
        )
    if version != SCHEMA_VERSION:
        raise DataRefused(
            f"the export has schema version {version}",
            expected=f"version {SCHEMA_VERSION}",
            where=where,
            next_step="export the store once more with this version of ews",
        )
    missing = [table.name for table in ALWAYS if table.name not in rows]
    if missing:
        raise DataRefused(
            f"the export names no table {', '.join(missing)}",
            expected=", ".join(table.name for table in ALWAYS),
            where=where,
            next_step="export the store once more",
        )
    return rows


def check_columns(table: StoredTable, found: Mapping[str, str], where: str) -> None:
    """Raise :class:`~ews.errors.DataRefused` unless a table has every column, of its type.

    Parameters
    ----------
    found : mapping of str to str
        The columns that are there with their types, by the names of :class:`StoredTable`; another name
        for a type that is none of them.
    """
    wrong = [
        f"{name} is missing" if name not in found else f"{name} is {found[name]}, not {kind}"
        for name, kind in table.columns.items()
        if not _fits(found.get(name), kind)
    ]
    if not wrong:
        return
    raise DataRefused(
        f"table {table.name}: {', '.join(wrong)}",
        expected=", ".join(f"{name} ({kind})" for name, kind in table.columns.items()),
        where=where,
        next_step="mend the table, or export the store once more",
    )


def _fits(found: str | None, kind: str) -> bool:
    return found == kind or (kind == "number" and found == "integer")
