"""The canonical extracts: the contract's tables, in one place.

Keys, types and allowed values; nothing about files. ``versioned_from`` says from when the first
version of a row counts as known where it carries no ``recorded_at`` of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ews.config import GRADES

Type = Literal["text", "date", "time", "boolean", "integer", "fraction", "number"]
KnownFrom = Literal["always", "own date", "days after own date"]


@dataclass(frozen=True)
class Column:
    """One column: its type, whether a source must have it, and the values it may hold."""

    name: str
    type: Type = "text"
    required: bool = True
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One canonical table.

    Attributes
    ----------
    key : tuple of str
        The columns that name one fact; rows with one key are versions of it.
    known_from : str
        ``always`` (known for all dates, also before the first load), ``own date`` (from the start of
        the fact's date) or ``days after own date`` (``known_after_days`` later).
    date : str
        The column with the fact's own date; empty where it has none.
    end : str
        A column with an end date, which becomes known only after its own date; empty where none.
    closed : bool
        Whether a column that is not listed here is refused (health records, contacts) or only reported.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    known_from: KnownFrom
    date: str = ""
    end: str = ""
    closed: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, in the contract's order."""
        return tuple(column.name for column in self.columns)

    def column_type(self, name: str) -> str:
        """Return the type of a column; text for one that only the store has."""
        return next((column.type for column in self.columns if column.name == name), "text")


def _optional(name: str, kind: Type = "text", *values: str) -> Column:
    return Column(name, kind, required=False, values=values)


SCHOOLS = Table(
    "schools",
    (
        Column("school_id"),
        Column("school_name"),
        _optional("level", "text", "elementary", "middle", "high", "other"),
        _optional("cep", "boolean"),
    ),
    key=("school_id",),
    known_from="always",
)

CALENDAR = Table(
    "calendar",
    (
        Column("school_id"),
        Column("date", "date"),
        Column("school_year", "integer"),
        Column("instructional", "boolean"),
        _optional("minutes", "number"),
    ),
    key=("school_id", "date"),
    known_from="always",
    date="date",
)

STUDENTS = Table(
    "students",
    (
        Column("student_id"),
        _optional("sex"),
        _optional("race_ethnicity"),
        _optional("english_learner"),
        _optional("disability"),
        _optional("economically_disadvantaged"),
        _optional("homeless"),
        _optional("foster"),
    ),
    key=("student_id",),
    known_from="always",
)

ENROLLMENTS = Table(
    "enrollments",
    (
        Column("student_id"),
        Column("school_id"),
        Column("entry_date", "date"),
        _optional("exit_date", "date"),
        Column("school_year", "integer"),
        Column("grade", values=GRADES),
    ),
    key=("student_id", "school_id", "entry_date"),
    known_from="own date",
    date="entry_date",
    end="exit_date",
)

ATTENDANCE = Table(
    "attendance",
    (
        Column("student_id"),
        Column("school_id"),
        Column("date", "date"),
        Column("code"),
        _optional("absent_fraction", "fraction"),
        _optional("minutes_absent", "number"),
        _optional("recorded_at", "time"),
    ),
    key=("student_id", "school_id", "date"),
    known_from="days after own date",
    date="date",
)

NURSE_VISITS = Table(
    "nurse_visits",
    (
        Column("visit_id"),
        Column("student_id"),
        Column("date", "date"),
        Column(
            "category",
            values=("illness", "injury", "chronic_condition", "mental_health", "medication", "other"),
        ),
        Column("disposition", values=("returned_to_class", "sent_home", "emergency", "other")),
        _optional("recorded_at", "time"),
    ),
    key=("visit_id",),
    known_from="days after own date",
    date="date",
    closed=True,
)

MEAL_PROGRAMS = Table(
    "meal_programs",
    (
        Column("student_id"),
        Column("program", values=("breakfast", "lunch")),
        Column("start_date", "date"),
        _optional("end_date", "date"),
        Column("eligibility", values=("free", "reduced", "paid", "cep")),
        _optional("recorded_at", "time"),
    ),
    key=("student_id", "program", "start_date"),
    known_from="days after own date",
    date="start_date",
    end="end_date",
)

DIRECTORY = Table(
    "directory",
    (
        Column("student_id"),
        Column("first_name"),
        Column("last_name"),
        _optional("homeroom"),
        _optional("counselor"),
    ),
    key=("student_id",),
    known_from="always",
)

CONTACTS = Table(
    "contacts",
    (
        Column("student_id"),
        Column("date", "date"),
        Column("kind", values=("call", "text", "email", "letter", "visit", "meeting", "other")),
        _optional("outcome", "text", "reached", "message_left", "not_reached", "other"),
    ),
    key=("student_id", "date"),
    known_from="own date",
    date="date",
    closed=True,
)

TABLES: tuple[Table, ...] = (
    SCHOOLS,
    CALENDAR,
    STUDENTS,
    ENROLLMENTS,
    ATTENDANCE,
    NURSE_VISITS,
    MEAL_PROGRAMS,
)
"""The tables of the store, each after those it refers to. Directory and contacts are not among them."""
