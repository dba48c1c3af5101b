"""Facts into versions: what is new, from when it counts as known, and what a full extract withdraws.

The rules are those of the contract ("When a fact is known", "Versions"). Among the versions of one
key the newest recorded one that is known counts; one that arrives late with an older ``recorded_at``
is kept for the record and never current.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ews.engine import Session, identifier, literal
from ews.extracts.facts import facts_name, stored_columns
from ews.extracts.findings import Finding
from ews.extracts.schema import ATTENDANCE, Table
from ews.sources import Source
from ews.store.schema import BEGINNING, FOREVER

WITHDRAWAL_LIMIT = 0.05
"""The share of rows in an extract's scope that it may withdraw without being told to."""


@dataclass(frozen=True)
class Load:
    """One load: its number, its time (naive UTC), the district's zone, and what was accepted."""

    load_id: int
    loaded_at: dt.datetime
    timezone: str
    accept_withdrawals: bool = False

    @property
    def sql_time(self) -> str:
        """The load's time as an SQL literal."""
        return f"TIMESTAMP {literal(self.loaded_at.isoformat(sep=' '))}"

    def local_midnight(self, date: str) -> str:
        """Return SQL for 00:00 of a date in the district's zone, as naive UTC."""
        return f"timezone('UTC', timezone({literal(self.timezone)}, CAST({date} AS TIMESTAMP)))"


def is_first_load(session: Session, table: Table) -> bool:
    """Return whether a table was never loaded before."""
    return not session.value(f"SELECT count(*) FROM loads WHERE table_name = {literal(table.name)}")


def add_versions(session: Session, table: Table, source: Source, load: Load, *, first: bool) -> int:
    """Insert the facts that are not stored yet as new versions and close those they replace.

    Returns
    -------
    int
        How many versions are new.
    """
    _select_new(session, table, first=first)
    if table is ATTENDANCE:
        _drop_idle_presence(session)
    columns = ", ".join(identifier(name) for name in (*table.key, *stored_columns(table)))
    ends = f", {_end_known_from(table, source, load, first=first)}" if table.end else ""
    names = columns + (", end_known_from" if table.end else "")
    known_from = _known_from(table, source, load, first=first)
    # Versions are in the order in which they were recorded; one without a time of its own in that in which
    # it was delivered, or known where that came first (a first load brings years of them at once).
    ordered_at = f"coalesce(n.recorded_at, least({known_from}, {load.sql_time}))"
    session.execute(
        f"INSERT INTO {table.name} ({names}, recorded_at, known_from, known_until, ordered_at, withdrawn, "
        f"load_id) SELECT {columns}{ends}, recorded_at, {known_from}, {FOREVER}, {ordered_at}, false, "
        f"{load.load_id} FROM new_facts n"
    )
    _close_replaced(session, table, first=first)
    return int(session.value("SELECT count(*) FROM new_facts"))


def withdraw_missing(session: Session, table: Table, load: Load) -> tuple[int, list[Finding]]:
    """Withdraw current facts that a full extract no longer contains, inside its own scope.

    The scope is the schools and the span of dates that the extract does contain.

    Returns
    -------
    int, list of Finding
        How many were withdrawn, and a refusal where they are more than 5% of the scope.
    """
    scope = _scope(session, table)
    same = " AND ".join(f"f.{identifier(name)} = t.{identifier(name)}" for name in table.key)
    missing = f"{scope} AND NOT EXISTS (FROM {facts_name(table)} f WHERE {same})"
    in_scope = session.value(f"SELECT count(*) FROM {table.name} t WHERE {scope}")
    count = session.value(f"SELECT count(*) FROM {table.name} t WHERE {missing}")
    if count > WITHDRAWAL_LIMIT * in_scope and not load.accept_withdrawals:
        return 0, [_too_many(table, count, in_scope)]
    if count:
        session.execute(
            f"UPDATE {table.name} AS t SET known_until = {load.sql_time}, withdrawn = true WHERE {missing}"
        )
    return count, []


def add_coverage(
    session: Session, source: Source, load: Load, covers_to: dt.date | None, *, first: bool
) -> None:
    """Remember which schools delivered attendance for which days, and since when that is known."""
    known = _known_from(ATTENDANCE, source, load, first=first)
    _cover(
        session,
        f"SELECT school_id, date, min({known}) AS known_from FROM {facts_name(ATTENDANCE)} n "
        "GROUP BY school_id, date",
    )
    if covers_to is None:
        return
    stated = f"DATE {literal(covers_to.isoformat())}"
    own = load.local_midnight(f"{stated} + {source.known_after_days}")
    since = own if first else load.sql_time
    _cover(session, f"SELECT DISTINCT school_id, {stated} AS date, {since} AS known_from FROM schools")


def _cover(session: Session, delivered: str) -> None:
    """Add days of coverage, unless they were known already by then."""
    session.execute(
        f"INSERT INTO coverage SELECT school_id, date, known_from FROM ({delivered}) d WHERE NOT EXISTS ("
        "FROM coverage c WHERE c.school_id = d.school_id AND c.date = d.date "
        "AND c.known_from <= d.known_from)"
    )


def _select_new(session: Session, table: Table, *, first: bool) -> None:
    if first:
        session.execute(f"CREATE OR REPLACE TEMP TABLE new_facts AS SELECT * FROM {facts_name(table)}")
        return
    alike = " AND ".join(
        f"s.{identifier(name)} IS NOT DISTINCT FROM f.{identifier(name)}"
        for name in (*table.key, *stored_columns(table))
    )
    # A fact without a time of its own is compared with the last one delivered so: a correction that was
    # recorded since then does not make the same row news again.
    key = ", ".join(identifier(name) for name in table.key)
    last_untimed = (
        f"(({key}), load_id) IN (SELECT (({key}), max(load_id)) FROM {table.name} WHERE recorded_at IS NULL "
        f"AND ({key}) IN (SELECT ({key}) FROM {facts_name(table)}) GROUP BY {key})"
    )
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE stored_facts AS SELECT * FROM {table.name} WHERE NOT withdrawn "
        f"AND ({key}) IN (SELECT ({key}) FROM {facts_name(table)}) "
        f"AND (recorded_at IS NOT NULL OR {last_untimed})"
    )
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE new_facts AS SELECT * FROM {facts_name(table)} f WHERE NOT EXISTS ("
        f"FROM stored_facts s WHERE {alike} AND s.recorded_at IS NOT DISTINCT FROM f.recorded_at)"
    )


def _drop_idle_presence(session: Session) -> None:
    """Keep a presence only where it takes back an exception; coverage remembers the rest."""
    session.execute(
        "DELETE FROM new_facts n WHERE kind = 'present' AND NOT EXISTS (FROM attendance s "
        "WHERE s.student_id = n.student_id AND s.school_id = n.school_id AND s.date = n.date) "
        f"AND NOT EXISTS (FROM {facts_name(ATTENDANCE)} f WHERE f.student_id = n.student_id "
        "AND f.school_id = n.school_id AND f.date = n.date AND f.kind <> 'present')"
    )


def _known_from(table: Table, source: Source, load: Load, *, first: bool) -> str:
    if table.known_from == "always":
        same = " AND ".join(f"s.{identifier(name)} = n.{identifier(name)}" for name in table.key)
        return (
            f"CASE WHEN EXISTS (FROM {table.name} s WHERE {same}) THEN {load.sql_time} ELSE {BEGINNING} END"
        )
    own_date = load.local_midnight(f"n.{table.date}")
    if table.known_from == "own date":
        return own_date if first else f"greatest({own_date}, {load.sql_time})"
    if first:
        later = load.local_midnight(f"n.{table.date} + {source.known_after_days}")
        return f"coalesce(n.recorded_at, {later})"
    return f"greatest(coalesce(n.recorded_at, {load.sql_time}), {load.sql_time})"


def _end_known_from(table: Table, source: Source, load: Load, *, first: bool) -> str:
    """Return since when an end is known: after its own date, or as an earlier version had it."""
    after = load.local_midnight(f"n.{table.end} + {source.known_after_days}")
    fresh = after if first else f"greatest({after}, {load.sql_time})"
    same = " AND ".join(f"s.{identifier(name)} = n.{identifier(name)}" for name in table.key)
    earlier = (
        f"SELECT min(s.end_known_from) FROM {table.name} s WHERE {same} AND s.{table.end} = n.{table.end}"
    )
    return f"CASE WHEN n.{table.end} IS NOT NULL THEN coalesce(({earlier}), {fresh}) END"


def _close_replaced(session: Session, table: Table, *, first: bool) -> None:
    key = ", ".join(identifier(name) for name in table.key)
    # In a first load only a key with several versions has anything to close.
    touched = f"SELECT ({key}) FROM new_facts" + (f" GROUP BY {key} HAVING count(*) > 1" if first else "")
    session.execute(
        f"UPDATE {table.name} AS t SET known_until = least(t.known_until, c.until) FROM (SELECT rowid row, "
        f"min(known_from) OVER (PARTITION BY {key} ORDER BY ordered_at, load_id, "
        "recorded_at NULLS FIRST "
        f"ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS until FROM {table.name} "
        f"WHERE ({key}) IN ({touched})) c WHERE t.rowid = c.row AND c.until IS NOT NULL"
    )


def _scope(session: Session, table: Table) -> str:
    parts = [f"t.known_until = {FOREVER}", "NOT t.withdrawn"]
    if "school_id" in table.column_names:
        parts.append(f"t.school_id IN (SELECT school_id FROM {facts_name(table)})")
    if table.date:
        low, high = session.rows(f"SELECT min({table.date}), max({table.date}) FROM {facts_name(table)}")[0]
        if low is None:
            return "false"
        parts.append(f"t.{table.date} BETWEEN DATE '{low}' AND DATE '{high}'")
    if table is ATTENDANCE:
        parts.append("t.kind <> 'present'")
    return " AND ".join(parts)


def _too_many(table: Table, count: int, in_scope: int) -> Finding:
    return Finding(
        "withdrawals",
        "refused",
        table.name,
        f"the full extract no longer contains {count} of the {in_scope} stored rows in its schools and dates",
        expected=f"at most {WITHDRAWAL_LIMIT:.0%} to be withdrawn at once",
        next_step="deliver the whole extract, or run `ews ingest --accept-withdrawals` if they are gone",
        count=count,
    )
