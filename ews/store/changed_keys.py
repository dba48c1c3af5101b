"""Which keys of a full extract differ from what the store holds: all that a load has to look at.

A full extract brings millions of rows every night, and nearly all of them are those of the night before. Rows
are compared by two hashes of all their columns, 128 bits: among a hundred million rows the chance that one
that changed passes for another is below one in 10^20. A key all of whose rows are the store's current ones,
and the other way round, brings nothing new and withdraws nothing.

Attendance is first compared by school and day, with a checksum of all rows of each, older versions included:
where a day's versions are those that the store has, none of them is new and none was taken back. Days with
anything withdrawn are always looked at row by row, because what was withdrawn and comes back is new.
"""

from __future__ import annotations

from dataclasses import replace

from ews.engine import Session, identifier, literal
from ews.extracts.facts import stored_columns
from ews.extracts.schema import Table
from ews.store.delivered import Facts
from ews.store.schema import FOREVER

_GROUP = ("school_id", "date")
_KEY_OF_GROUP = ", ".join(_GROUP)


def with_changes(session: Session, facts: Facts) -> Facts:
    """Return the facts with the temporary tables of what differs: its keys, and the facts that have them.

    A first load, and a delta, are looked at whole: ``changed`` and ``changed_keys`` are then those of all.
    """
    if facts.load.fresh or facts.source.delivery != "full":
        return facts
    table, keys, changed = facts.table, f"changed_keys_{facts.name}", f"changed_{facts.name}"
    pair = _pair(table, _types(session, table))
    key = ", ".join(identifier(name) for name in table.key)
    delivered = f"FROM {facts.name} f"
    scope = _within_scope(session, facts)
    stored = f"FROM store.{table.name} f"
    if set(_GROUP) < set(table.key):
        session.execute(
            f"CREATE OR REPLACE TEMP TABLE differing_groups AS {_differing_groups(facts, pair, scope)}"
        )
        delivered, stored = (
            f"{each} SEMI JOIN differing_groups USING ({_KEY_OF_GROUP})" for each in (delivered, stored)
        )
    stored += f" WHERE known_until = {FOREVER} AND NOT withdrawn AND {scope}"
    session.execute(
        "CREATE OR REPLACE TEMP TABLE differing AS SELECT one, other FROM ("
        f"SELECT {pair}, 1 AS side {delivered} UNION ALL SELECT {pair}, -1 AS side {stored}) "
        "GROUP BY one, other HAVING sum(side) <> 0"
    )
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {keys} AS SELECT {key} FROM (SELECT {key}, {pair} {delivered}) "
        "SEMI JOIN differing USING (one, other) "
        f"UNION SELECT {key} FROM (SELECT {key}, {pair} {stored}) SEMI JOIN differing USING (one, other)"
    )
    session.execute("DROP TABLE differing")
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {changed} AS SELECT * FROM {facts.name} SEMI JOIN {keys} USING ({key})"
    )
    return replace(facts, changed=changed, changed_keys=keys)


def _differing_groups(facts: Facts, pair: str, scope: str) -> str:
    """Return SQL for the groups of rows in which delivered and stored versions are not the same."""
    # A withdrawn row makes its group differ: no delivered row can have its mark.
    rows = (
        f"SELECT {_KEY_OF_GROUP}, {pair}, true AS is_held FROM {facts.name} f",
        f"SELECT {_KEY_OF_GROUP}, {pair}, NOT withdrawn AS is_held FROM store.{facts.table.name} f "
        f"WHERE {scope}",
    )
    sums = (
        f"SELECT {_KEY_OF_GROUP}, count(*) AS rows, bit_xor(one) AS ones, sum(other) AS others, "
        f"bool_and(is_held) AS is_held FROM ({each}) GROUP BY {_KEY_OF_GROUP}"
        for each in rows
    )
    return (
        f"SELECT DISTINCT {_KEY_OF_GROUP} FROM (SELECT * FROM ({' UNION ALL '.join(sums)}) "
        "GROUP BY ALL HAVING count(*) = 1)"
    )


def _within_scope(session: Session, facts: Facts) -> str:
    """Return SQL for the stored rows that the facts can be, or an extract of such days can withdraw.

    The days of an extract may reach further than its facts: on a day when all were present there is none.
    """
    column = facts.table.date
    if not column or column not in facts.table.key:
        return "true"
    spans = [facts.name, *([facts.days] if facts.days else [])]
    days = " UNION ALL ".join(f"SELECT {column} FROM {span}" for span in spans)
    low, high = session.rows(f"SELECT min({column}), max({column}) FROM ({days})")[0]
    return "false" if low is None else f"f.{column} BETWEEN DATE '{low}' AND DATE '{high}'"


def _types(session: Session, table: Table) -> dict[str, str]:
    """Return the store's type of every column: the same value of another type has another hash."""
    return dict(
        session.rows(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'store' "
            f"AND table_name = {literal(table.name)}"
        )
    )


def _pair(table: Table, types: dict[str, str]) -> str:
    """Return SQL for two hashes of a row."""
    names = (*table.key, *stored_columns(table), "recorded_at")
    cells = [f"CAST(f.{identifier(name)} AS {types[name]})" for name in names]
    return f"hash({', '.join(cells)}) AS one, hash('another', {', '.join(reversed(cells))}) AS other"
