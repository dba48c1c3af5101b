"""Where a district's tables come from: files or databases, their columns and codes, and what is allowed."""

from __future__ import annotations

import datetime as dt
from typing import Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from ews.strict_model import StrictModel

Kind = Literal[
    "present",
    "tardy",
    "absent_excused",
    "absent_unexcused",
    "absent_suspension",
    "in_school_suspension",
    "exempt",
]
Use = Literal["feature", "audit", "none"]

KINDS: tuple[str, ...] = get_args(Kind)


class Authorization(StrictModel):
    """The written basis on which a district uses meal eligibility beyond the meal program itself."""

    basis: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    approved_by: str = Field(min_length=1)
    expires: dt.date


class Database(StrictModel):
    """A database to read a table from; the password never stands in the configuration."""

    url: str
    password_env: str | None = None
    password_file: str | None = None

    @field_validator("url")
    @classmethod
    def _no_password(cls, value: str) -> str:
        try:
            has_password = urlsplit(value).password is not None
        except ValueError:
            msg = "not a URL (for example postgresql://reader@server:5432/ods)"
            raise ValueError(msg) from None
        if has_password or "password=" in value.lower():
            msg = "a password may not stand here: name an environment variable (password_env) or a file"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.password_env is not None and self.password_file is not None:
            msg = "give password_env or password_file, not both"
            raise ValueError(msg)
        return self


class Source(StrictModel):
    """Where one canonical table comes from and how its columns and codes are named there.

    Either ``path`` (files) or ``database`` with ``query``; a ``profile`` brings query, columns and codes
    of a known system, and ``columns`` and ``codes`` given here go before the profile's.
    """

    path: str | None = None
    database: Database | None = None
    query: str | None = None
    profile: str | None = None
    delivery: Literal["full", "delta"]
    arrival: Literal["together", "one_by_one"] = "together"
    name_date: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    codes: dict[str, dict[str, str]] = Field(default_factory=dict)
    encoding: str = "utf-8"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    date_format: str = "%Y-%m-%d"
    sheet: str | None = None
    final_newline: Literal["required", "optional"] = "required"
    known_after_days: int = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.path is None) == (self.database is None):
            msg = "give either path (files) or database"
            raise ValueError(msg)
        if self.database is not None and self.query is None and self.profile is None:
            msg = "a database needs a query, or a profile that brings one"
            raise ValueError(msg)
        if self.query is not None and self.database is None:
            msg = "a query needs a database"
            raise ValueError(msg)
        if self.arrival == "one_by_one" and self.path is None:
            msg = "arrival: one_by_one is for files"
            raise ValueError(msg)
        if self.name_date is not None and self.arrival != "one_by_one":
            msg = "name_date is for arrival: one_by_one"
            raise ValueError(msg)
        return self

    @property
    def origin(self) -> str:
        """Where the rows come from, as a message names it."""
        return self.path if self.path is not None else "the database"


class AttendanceSource(Source):
    """The attendance source: what a row means, and what each of the district's codes means."""

    codes: dict[str, Kind] = Field(default_factory=dict)  # type: ignore[assignment]
    reporting: Literal["exceptions", "daily"] | None = None
    same_day: Literal["refuse", "largest_absence", "sum"] = "refuse"
    covers_to: dt.date | None = None

    @model_validator(mode="after")
    def _meaning_is_given(self) -> Self:
        if self.profile is None and (self.reporting is None or not self.codes):
            msg = "attendance needs reporting (exceptions or daily) and codes, or a profile that brings both"
            raise ValueError(msg)
        return self


class NurseSource(Source):
    """Nurse visits: the district decides what they may be used for."""

    use: Use


class MealSource(Source):
    """Meal programs: the district decides; ``feature`` needs an authorization on record."""

    use: Use
    authorization: Authorization | None = None


class DirectorySource(StrictModel):
    """Names for printed lists; never in the store, never in the model."""

    path: str
    columns: dict[str, str] = Field(default_factory=dict)
    encoding: str = "utf-8"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    sheet: str | None = None
    final_newline: Literal["required", "optional"] = "required"

    @property
    def origin(self) -> str:
        """Where the rows come from, as a message names it."""
        return self.path


class ContactsSource(DirectorySource):
    """Contacts with families, for printed lists; never in the store, never in the model."""

    codes: dict[str, dict[str, str]] = Field(default_factory=dict)
    date_format: str = "%Y-%m-%d"


class Sources(StrictModel):
    """One entry per canonical table; nurse visits, meal programs, directory and contacts may be absent."""

    schools: Source
    calendar: Source
    students: Source
    enrollments: Source
    attendance: AttendanceSource
    nurse_visits: NurseSource | None = None
    meal_programs: MealSource | None = None
    directory: DirectorySource | None = None
    contacts: ContactsSource | None = None
