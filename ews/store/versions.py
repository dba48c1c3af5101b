"""Facts into versions: what is new, from when it counts as known, and what a full extract withdraws.

The rules are those of the contract ("When a fact is known", "Versions"). Among the versions of one
key the newest recorded one that is known counts; one that arrives late with an older ``recorded_at``
is kept for the record and never current.

The store is attached as ``store``; facts are temporary tables of the session.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from ews.engine import Session, identifier, literal
from ews.extracts.checks import found
from ews.extracts.facts import stored_columns
from ews.extracts.findings import Finding
from ews.extracts.schema import ATTENDANCE, CALENDAR, ENROLLMENTS, Table
from ews.sources import AttendanceSource, Source
from ews.store.delivered import Facts, within_days
from ews.store.schema import BEGINNING, FOREVER

_RECORDED = f"coalesce(recorded_at, {BEGINNING})"
"""A time of recording, or the want of one, to compare by."""

_SORTED_AT_ONCE = 20_000_000
"""Rows that are sorted by their days at once."""

WITHDRAWAL_LIMIT = 0.05
"""The share of rows in an extract's scope that it may withdraw without being told to."""


def add_versions(session: Session, facts: Facts) -> int:
    """Insert the facts that are not stored yet as new versions and close those they replace.

    Returns
    -------
    int
        How many versions are new.
    """
    _select_new(session, facts)
    new = int(session.value("SELECT count(*) FROM new_facts"))
    if not new:
        return 0
    if not facts.load.fresh:
        _insert(session, facts, "true", None)
        _close_replaced(session, facts)
        return new
    for days in _slices(session, facts.table) if new > _SORTED_AT_ONCE else ["true"]:
        _insert(session, facts, days, _first_ends(session, facts, days))
    return new


def _timed(facts: Facts, days: str) -> str:
    """Return SQL for the new facts of some days, since when each is known and by what time it is ordered.

    Versions are in the order in which they were recorded; one without a time of its own in that in which it
    was delivered, or known where that came first (a first load brings years of them at once).
    """
    ordered = f"coalesce(recorded_at, least(known_from, {facts.load.sql_time}))"
    known = f"SELECT *, {_known_from(facts)} AS known_from FROM new_facts n WHERE {days}"
    return f"SELECT *, {ordered} AS ordered_at FROM ({known})"


def _insert(session: Session, facts: Facts, days: str, ends: str | None) -> None:
    """Insert the new facts of some days; ``ends`` names the table with those that are replaced at once."""
    table = facts.table
    columns = [identifier(name) for name in (*table.key, *stored_columns(table))]
    cells = {
        **{name: f"n.{name}" for name in columns},
        **({"end_known_from": _end_known_from(facts)} if table.end else {}),
        "recorded_at": "n.recorded_at",
        "known_from": "n.known_from",
        "known_until": f"coalesce(e.until, {FOREVER})" if ends else FOREVER,
        "ordered_at": "n.ordered_at",
        "withdrawn": "false",
        "load_id": str(facts.load.load_id),
    }
    rows = f"FROM ({_timed(facts, days)}) n"
    if ends:
        same = " AND ".join(f"e.{identifier(name)} = n.{identifier(name)}" for name in table.key)
        rows += f" LEFT JOIN {ends} e ON {same} AND e.recorded_at IS NOT DISTINCT FROM n.recorded_at"
    # In the order of their days, so that a later load finds the few blocks that its days are in.
    order = f" ORDER BY n.{table.date}, n.{table.key[0]}" if table.date else ""
    session.execute(
        f"INSERT INTO store.{table.name} ({', '.join(cells)}) "
        f"SELECT {', '.join(cells.values())} {rows}{order}"
    )


def _first_ends(session: Session, facts: Facts, days: str) -> str | None:
    """Make a table of the versions that others of a first load replace, and return its name; None if none.

    Its grain is a key and a time of recording, of which there is one row at most; ``until`` is where the next
    version begins. What is closed when it is inserted is written once: a row that is changed afterwards in
    the same transaction takes its whole block into the log of changes as well.
    """
    if not facts.repeats:
        return None
    key = ", ".join(identifier(name) for name in facts.table.key)
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE several_versions AS SELECT {key} FROM new_facts n WHERE {days} "
        f"GROUP BY {key} HAVING count(*) > 1"
    )
    if not session.value("SELECT EXISTS (FROM several_versions)"):
        return None
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE first_ends AS SELECT {key}, recorded_at, min(known_from) OVER ("
        f"PARTITION BY {key} ORDER BY ordered_at, recorded_at NULLS FIRST "
        f"ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS until FROM ({_timed(facts, days)}) "
        f"SEMI JOIN several_versions USING ({key})"
    )
    return "first_ends"


def _slices(session: Session, table: Table) -> list[str]:
    """Return conditions that part the new facts by their days, one after the other, to be sorted each alone.

    Sorting needs several times the room of the rows: all at once more than a disk may have. Versions of one
    fact stay together: tables whose keys have no day are not parted.
    """
    if table.date not in table.key:
        return ["true"]
    ends, rows = [], 0
    for day, count in session.rows(f"SELECT {table.date}, count(*) FROM new_facts GROUP BY 1 ORDER BY 1"):
        rows += count
        if rows >= _SORTED_AT_ONCE:
            ends.append(f"DATE '{day}'")
            rows = 0
    among = [f"{table.date} > {low} AND {table.date} <= {high}" for low, high in pairwise(ends)]
    return [f"{table.date} <= {ends[0]}", *among, f"{table.date} > {ends[-1]}"]


def missing_facts(session: Session, facts: Facts, *, accepted: bool) -> list[Finding]:
    """Return a refusal where a full extract withdraws more than 5% of the rows in its scope.

    The scope is the schools and the span of dates that the extract does contain.
    """
    if facts.source.delivery != "full" or facts.load.fresh or accepted:
        return []
    scope, missing = _scope(session, facts, delivered_only=True)
    count = session.value(f"SELECT count(*) FROM store.{facts.table.name} t WHERE {missing}")
    if not count:
        return []
    in_scope = session.value(f"SELECT count(*) FROM store.{facts.table.name} t WHERE {scope}")
    if count <= WITHDRAWAL_LIMIT * in_scope:
        return []
    sentence = (
        f"the full extract no longer contains {count} of the {in_scope} stored rows in its schools and dates"
    )
    expected = f"at most {WITHDRAWAL_LIMIT:.0%} to be withdrawn at once"
    return [found("withdrawals", facts.table.name, sentence, expected=expected, count=count)]


def forget_missing(session: Session, facts: Facts) -> None:
    """Take what a full extract will withdraw out of the calendar and the spells known to its load."""
    known = {CALENDAR: "known_calendar", ENROLLMENTS: "known_spells"}.get(facts.table)
    if known is None or facts.source.delivery != "full" or facts.load.fresh:
        return
    _, missing = _scope(session, facts)
    same = " AND ".join(f"k.{identifier(name)} = t.{identifier(name)}" for name in facts.table.key)
    session.execute(
        f"DELETE FROM {known} k WHERE EXISTS (FROM store.{facts.table.name} t WHERE {missing} AND {same})"
    )


def withdraw_missing(session: Session, facts: Facts) -> int:
    """Withdraw current facts that a full extract no longer contains, inside its scope; return how many."""
    if facts.source.delivery != "full" or facts.load.fresh:
        return 0
    name = facts.table.name
    _, missing = _scope(session, facts)
    count = int(session.value(f"SELECT count(*) FROM store.{name} t WHERE {missing}"))
    if count:
        session.execute(
            f"UPDATE store.{name} AS t SET known_until = {facts.load.sql_time}, withdrawn = true "
            f"WHERE {missing}"
        )
    return count


def add_coverage(session: Session, facts: Facts, covers_to: dt.date | None) -> None:
    """Remember which schools delivered attendance for which days, and since when that is known."""
    load, source = facts.load, facts.source
    if source.delivery == "full" and _is_daily(source) and not load.fresh:
        _take_back_days(session, facts)
    untimed = _known_without_record(facts, "n.date")
    recorded = "n.first_recorded" if load.backlog else f"greatest(n.first_recorded, {load.sql_time})"
    known = f"CASE WHEN n.untimed > 0 THEN least({untimed}, {recorded}) ELSE {recorded} END"
    _cover(session, f"SELECT school_id, date, {known} AS known_from FROM {facts.days} n", stated=False)
    if covers_to is None:
        return
    stated = f"DATE {literal(covers_to.isoformat())}"
    own = load.local_midnight(f"{stated} + {source.known_after_days}")
    since = own if load.backlog else load.sql_time
    everywhere = f"SELECT DISTINCT school_id, {stated} AS date, {since} AS known_from FROM store.schools"
    _cover(session, everywhere, stated=True)


def _is_daily(source: Source) -> bool:
    return isinstance(source, AttendanceSource) and source.reporting == "daily"


def _take_back_days(session: Session, facts: Facts) -> None:
    """Close coverage of the days, in a full daily extract's scope, for which it has no row any more."""
    low, high = session.rows(f"SELECT min(date), max(date) FROM {facts.days}")[0]
    if low is None:
        return
    session.execute(
        f"UPDATE store.coverage AS c SET known_until = {facts.load.sql_time} WHERE known_until = {FOREVER} "
        f"AND NOT stated AND c.date BETWEEN DATE '{low}' AND DATE '{high}' "
        f"AND c.school_id IN (SELECT school_id FROM {facts.days}) AND NOT EXISTS (FROM {facts.days} d "
        "WHERE d.school_id = c.school_id AND d.date = c.date)"
    )


def _cover(session: Session, delivered: str, *, stated: bool) -> None:
    """Add days of coverage, unless they were known already by then."""
    session.execute(
        f"INSERT INTO store.coverage SELECT school_id, date, known_from, {FOREVER}, {stated} "
        f"FROM ({delivered}) d WHERE NOT EXISTS (FROM store.coverage c WHERE c.school_id = d.school_id "
        f"AND c.date = d.date AND c.stated = {stated} AND c.known_until = {FOREVER} "
        "AND c.known_from <= d.known_from)"
    )


def _select_new(session: Session, facts: Facts) -> None:
    table = facts.table
    for kind in ("TABLE", "VIEW"):
        if session.rows(f"SELECT 1 FROM duckdb_{kind}s() WHERE {kind}_name = 'new_facts' AND temporary"):
            session.execute(f"DROP {kind} new_facts")
    if facts.load.fresh:
        session.execute(f"CREATE TEMP VIEW new_facts AS SELECT * FROM {facts.looked_at}")
        return
    alike = " AND ".join(
        f"s.{identifier(name)} IS NOT DISTINCT FROM f.{identifier(name)}"
        for name in (*table.key, *stored_columns(table))
    )
    key = ", ".join(identifier(name) for name in table.key)
    same = " AND ".join(f"f.{identifier(name)} = s.{identifier(name)}" for name in table.key)
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE same_keys AS SELECT * FROM store.{table.name} s "
        f"WHERE {within_days(session, facts, 's.')} AND EXISTS (FROM {facts.looked_at} f WHERE {same})"
    )
    # A fact is compared with what was delivered last with the same time of recording, or also without one: a
    # correction that was recorded since then does not make the same row news again, and a content that was
    # delivered by mistake can be taken back by delivering the old one. Where nothing of a key holds any more,
    # all of it was withdrawn, and what is delivered is new.
    session.execute(
        "CREATE OR REPLACE TEMP TABLE stored_facts AS SELECT * FROM same_keys WHERE NOT withdrawn "
        f"AND ({key}) IN (SELECT ({key}) FROM same_keys WHERE known_until = {FOREVER} AND NOT withdrawn) "
        f"AND ({key}, {_RECORDED}, load_id) IN "
        f"(SELECT ({key}, {_RECORDED}, max(load_id)) FROM same_keys GROUP BY {key}, {_RECORDED})"
    )
    session.execute(
        f"CREATE TEMP TABLE new_facts AS SELECT * FROM {facts.looked_at} f WHERE NOT EXISTS ("
        f"FROM stored_facts s WHERE {alike} AND s.recorded_at IS NOT DISTINCT FROM f.recorded_at)"
    )


def _known_without_record(facts: Facts, date: str) -> str:
    """Return SQL for when a row without a time of its own counts as known."""
    load = facts.load
    own = load.local_midnight(f"{date} + {facts.source.known_after_days}")
    if load.arrived:
        return f"greatest({own}, {load.sql_time})"
    return own if load.backlog else load.sql_time


def _known_from(facts: Facts) -> str:
    table, load = facts.table, facts.load
    if table.known_from == "always":
        if load.fresh:
            return BEGINNING
        same = " AND ".join(f"s.{identifier(name)} = n.{identifier(name)}" for name in table.key)
        stored = f"EXISTS (FROM store.{table.name} s WHERE {same})"
        return f"CASE WHEN {stored} THEN {load.sql_time} ELSE {BEGINNING} END"
    own_date = load.local_midnight(f"n.{table.date}")
    if table.known_from == "own date":
        return own_date if load.backlog else f"greatest({own_date}, {load.sql_time})"
    later = f"coalesce(n.recorded_at, {_known_without_record(facts, f'n.{table.date}')})"
    return later if load.backlog else f"greatest({later}, {load.sql_time})"


def _end_known_from(facts: Facts) -> str:
    """Return since when an end is known: after its own date, or as an earlier version had it."""
    table, load = facts.table, facts.load
    after = load.local_midnight(f"n.{table.end} + {facts.source.known_after_days}")
    fresh = after if load.backlog else f"greatest({after}, {load.sql_time})"
    if load.fresh:
        return f"CASE WHEN n.{table.end} IS NOT NULL THEN {fresh} END"
    same = " AND ".join(f"s.{identifier(name)} = n.{identifier(name)}" for name in table.key)
    same_end = f"{same} AND s.{table.end} = n.{table.end}"
    earlier = f"SELECT min(s.end_known_from) FROM store.{table.name} s WHERE {same_end}"
    return f"CASE WHEN n.{table.end} IS NOT NULL THEN coalesce(({earlier}), {fresh}) END"


def _close_replaced(session: Session, facts: Facts) -> None:
    table = facts.table
    key = ", ".join(identifier(name) for name in table.key)
    session.execute(f"CREATE OR REPLACE TEMP TABLE touched_keys AS SELECT {key} FROM new_facts")
    same = " AND ".join(f"k.{identifier(name)} = s.{identifier(name)}" for name in table.key)
    listed = f"{key}, known_from, known_until, ordered_at, load_id, recorded_at, withdrawn"
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE touched_versions AS SELECT s.rowid AS number, {listed}, "
        f"row_number() OVER (PARTITION BY {key} ORDER BY ordered_at, load_id, recorded_at NULLS FIRST, "
        f"s.rowid) AS position FROM store.{table.name} s WHERE {within_days(session, facts, 's.')} "
        f"AND EXISTS (FROM touched_keys k WHERE {same})"
    )
    later = " AND ".join(f"w.{identifier(name)} = v.{identifier(name)}" for name in table.key)
    # What was withdrawn replaces nothing that was delivered after it.
    session.execute(
        "CREATE OR REPLACE TEMP TABLE replaced AS SELECT v.number, min(w.known_from) AS until "
        f"FROM touched_versions v JOIN touched_versions w ON {later} AND w.position > v.position "
        "AND NOT (w.withdrawn AND w.load_id < v.load_id) GROUP BY v.number, v.known_until "
        "HAVING min(w.known_from) < v.known_until"
    )
    if session.value("SELECT EXISTS (FROM replaced)"):
        session.execute(
            f"UPDATE store.{table.name} AS t SET known_until = r.until FROM replaced r "
            "WHERE t.rowid = r.number"
        )


def _scope(session: Session, facts: Facts, *, delivered_only: bool = False) -> tuple[str, str]:
    """Return SQL for the stored rows in an extract's scope, and for those of them it does not contain.

    Parameters
    ----------
    delivered_only : bool
        Days that a calendar leaves out count as missing, not as days without instruction.
    """
    table = facts.table
    parts = [f"t.known_until = {FOREVER}", "NOT t.withdrawn"]
    scope = facts.days or facts.name
    if "school_id" in table.column_names:
        parts.append(f"t.school_id IN (SELECT school_id FROM {scope})")
    if table.date:
        low, high = session.rows(f"SELECT min({table.date}), max({table.date}) FROM {scope}")[0]
        if low is None:
            return "false", "false"
        parts.append(f"t.{table.date} BETWEEN DATE '{low}' AND DATE '{high}'")
    if table is ATTENDANCE:
        parts.append("t.kind <> 'present'")
    same = " AND ".join(f"f.{identifier(name)} = t.{identifier(name)}" for name in table.key)
    if delivered_only and table is CALENDAR:
        parts.append("t.instructional")
        same += " AND f._copies > 0"
    inside = " AND ".join(parts)
    gone = f"NOT EXISTS (FROM {facts.looked_at} f WHERE {same})"
    if "recorded_at" in table.column_names:
        # The key is there in an older version only: the newer one was taken back.
        older = f"SELECT max(f.recorded_at) FROM {facts.looked_at} f WHERE {same}"
        gone = f"({gone} OR t.recorded_at > ({older}))"
    if facts.changed_keys:
        own = " AND ".join(f"k.{identifier(name)} = t.{identifier(name)}" for name in table.key)
        gone = f"EXISTS (FROM {facts.changed_keys} k WHERE {own}) AND {gone}"
    return inside, f"{inside} AND {gone}"
