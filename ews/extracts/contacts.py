"""Contacts with families: read when lists are printed, and kept nowhere; never in the store or the model.

A file that cannot be used leaves the lists without contacts, and says so; it never stops a night.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import pandas as pd

from ews.config import Config
from ews.engine import Session, open_session
from ews.errors import DataRefused
from ews.extracts.findings import refuse_if_any
from ews.extracts.inputs import changed_since, open_inputs
from ews.extracts.lines import LinesNeeded
from ews.extracts.read import check_headers, raw_name, read_rows
from ews.extracts.schema import CONTACTS
from ews.extracts.typed import prepare, type_rows, typed_name, unmapped_codes
from ews.scratch import Scratch
from ews.sources import ContactsSource, Source

_COLUMNS = ("student_id", "date", "kind", "outcome")


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame(columns=list(_COLUMNS), dtype=object)


@dataclass(frozen=True)
class Contacts:
    """What is known of contacts before a day.

    Attributes
    ----------
    rows : DataFrame
        One row per student_id, date, kind and outcome, all different, by student_id and date; outcome is
        "" where none is given.
    sentences : list of str
        What is not as it should be.
    """

    rows: pd.DataFrame = field(default_factory=_no_rows)
    sentences: list[str] = field(default_factory=list)


def read_contacts(
    config: Config,
    as_of: dt.date,
    students: Collection[str],
    *,
    not_purged: Callable[[set[str]], set[str]] = set,
) -> Contacts:
    """Return the contacts dated before ``as_of``.

    Rows of unknown students, and with a cell that is empty or cannot be read, are set aside and counted;
    more of them than ``checks.max_quarantined`` are told. A contact dated ``as_of`` or later has not
    happened yet, or was not known.

    Parameters
    ----------
    students : collection of str
        The students whom the store knows.
    not_purged : callable, optional
        Which of some ids were not purged: nothing is said of the others.

    Raises
    ------
    UsageError
        If the configuration is at fault: an unknown encoding.
    """
    source = config.sources.contacts
    if source is None:
        return Contacts()
    try:
        rows, unread = _read(source, config)
    except DataRefused as error:
        return Contacts(sentences=[f"The lists were printed without contacts: {error.found}."])
    unknown = ~rows["student_id"].isin(set(students))
    strangers = rows["student_id"].isin(not_purged(set(rows.loc[unknown, "student_id"])))
    told = _set_aside(len(rows) + unread, unread, int(strangers.sum()), config.checks.max_quarantined)
    known = rows.loc[~unknown & (rows["date"] < as_of)]
    return Contacts(known.reset_index(drop=True), told)


def _read(source: ContactsSource, config: Config) -> tuple[pd.DataFrame, int]:
    """Return the rows that can be read, and how many cannot."""
    with Scratch() as scratch, open_session() as session:
        opened = open_inputs(CONTACTS, source, None, config, scratch)
        refuse_if_any(opened.findings)
        refuse_if_any(check_headers(CONTACTS, source, None, opened))
        # It has everything of a source that is asked for here.
        as_source = cast("Source", source)
        try:
            read_rows(session, CONTACTS, source, None, opened, lines=True)
            prepare(session)
            type_rows(session, CONTACTS, as_source, config, lines=True)
            refuse_if_any(unmapped_codes(session, CONTACTS, as_source))
        except LinesNeeded:
            raise _unreadable() from None
        refuse_if_any(changed_since(CONTACTS, opened))
        return _good_rows(session), _bad_rows(session)


def _good_rows(session: Session) -> pd.DataFrame:
    rows: Any = session.pandas(
        f"SELECT DISTINCT student_id, date, kind, coalesce(outcome, '') AS outcome "
        f"FROM {typed_name(CONTACTS)} WHERE _problems = 0 ORDER BY ALL"
    )
    return cast("pd.DataFrame", rows.assign(date=pd.to_datetime(rows["date"]).dt.date))


def _bad_rows(session: Session) -> int:
    return int(session.value(f"SELECT count(*) FROM {typed_name(CONTACTS)} WHERE _problems <> 0"))


def _set_aside(rows: int, unread: int, unknown: int, tolerated: float) -> list[str]:
    if unread + unknown <= tolerated * rows:
        return []
    parts = [
        f"{count} {what}"
        for count, what in (
            (unread, "with a cell that is empty or cannot be read"),
            (unknown, "of students whom the store does not know"),
        )
        if count
    ]
    return [f"Of {rows} contacts, {_listed(parts)} were set aside."]


def _listed(parts: Iterable[str]) -> str:
    return " and ".join(parts)


def _unreadable() -> DataRefused:
    return DataRefused(
        f"{raw_name(CONTACTS)}: the file cannot be read", expected="CSV, Parquet or XLSX", where="contacts"
    )
