"""What a load works on: one delivery of one table, when it counts as loaded, and its facts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ews.engine import Session, literal
from ews.extracts.schema import Table
from ews.sources import Source


@dataclass(frozen=True)
class Load:
    """One delivery of one table: its number, its time (naive UTC), and what was accepted.

    Attributes
    ----------
    fresh : bool
        Nothing of the table is stored yet: there is nothing to compare with.
    backlog : bool
        Part of the first load of the table: its rows count as known by their own dates.
    arrived : bool
        Part of the first load too, with the day of its arrival: known from then, and never before its rows'
        own dates let them be.
    """

    load_id: int
    loaded_at: dt.datetime
    timezone: str
    fresh: bool = False
    backlog: bool = False
    arrived: bool = False

    @property
    def sql_time(self) -> str:
        """The load's time as an SQL literal."""
        return f"TIMESTAMP {literal(self.loaded_at.isoformat(sep=' '))}"

    def local_midnight(self, date: str) -> str:
        """Return SQL for 00:00 of a date in the district's zone, as naive UTC."""
        return f"timezone('UTC', timezone({literal(self.timezone)}, CAST({date} AS TIMESTAMP)))"


@dataclass(frozen=True)
class Facts:
    """One delivery of one table, checked and ready to be stored.

    Attributes
    ----------
    name : str
        The temporary table with the facts.
    days : str
        For attendance, the temporary table with the days that it covers.
    repeats : bool
        Whether a key may occur several times among the facts, as versions.
    changed, changed_keys : str
        Temporary tables of the facts whose keys differ from the store, and of these keys; empty where all
        are looked at. See :func:`ews.store.changed_keys.with_changes`.
    """

    table: Table
    source: Source
    load: Load
    name: str
    days: str = ""
    repeats: bool = True
    changed: str = ""
    changed_keys: str = ""

    @property
    def looked_at(self) -> str:
        """The temporary table with the facts that may bring anything."""
        return self.changed or self.name


def is_first_load(session: Session, table: Table) -> bool:
    """Return whether no row of a table was ever loaded before."""
    return not session.value(
        f"SELECT count(*) FROM store.loads WHERE table_name = {literal(table.name)} AND rows_read > 0"
    )


def within_days(session: Session, facts: Facts, alias: str) -> str:
    """Return SQL that keeps a scan of the store to the span of days that the facts have."""
    column = facts.table.date
    if not column or column not in facts.table.key:
        return "true"
    low, high = session.rows(f"SELECT min({column}), max({column}) FROM {facts.looked_at}")[0]
    if low is None:
        return "false"
    return f"{alias}{column} BETWEEN DATE '{low}' AND DATE '{high}'"
