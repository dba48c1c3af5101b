"""What a profile's YAML file holds, and how it is read: an unknown key or an unusable value is an error.

A profile is a small declarative mapping: which files or tables of a known system hold a canonical table,
which derivation (SQL) makes its columns, and what the system's own codes mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from ews.errors import UsageError
from ews.extracts.schema import TABLES
from ews.sources import KINDS
from ews.strict_model import StrictModel

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COLUMNS = {table.name: table.column_names for table in TABLES}


class InputEntry(StrictModel):
    """One input of a derivation: a file of rows (``columns``), or XML (``element`` and ``fields``)."""

    file: str = Field(min_length=1)
    columns: tuple[str, ...] = ()
    optional_columns: tuple[str, ...] = ()
    element: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    optional: bool = False

    @model_validator(mode="after")
    def _rows_or_xml(self) -> Self:
        if bool(self.element) != bool(self.fields):
            msg = "XML needs both element and fields"
            raise ValueError(msg)
        if bool(self.element) == bool(self.columns or self.optional_columns):
            msg = "give columns (CSV, Parquet, Excel), or element and fields (XML)"
            raise ValueError(msg)
        return self


class TableEntry(StrictModel):
    """How one canonical table is made: a plain mapping, or a derivation from files, a database or both."""

    inputs: dict[str, InputEntry] = Field(default_factory=dict)
    select: str = ""
    query: str = ""
    query_of: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    codes: dict[str, Any] = Field(default_factory=dict)
    reporting: Literal["exceptions", "daily"] | None = None
    date_format: str = "%Y-%m-%d"

    @field_validator("codes", mode="before")
    @classmethod
    def _codes_are_text(cls, value: Any) -> Any:
        wrong = [
            str(key) for key, each in _pairs(value) if not (isinstance(key, str) and isinstance(each, str))
        ]
        if wrong:
            # YAML reads an unquoted 01 as a number, and No as false.
            msg = f"codes and what they mean have to be text: put {', '.join(wrong)} in quotes"
            raise ValueError(msg)
        return value

    @field_validator("inputs")
    @classmethod
    def _usable_names(cls, value: dict[str, InputEntry]) -> dict[str, InputEntry]:
        wrong = [name for name in value if not _NAME.fullmatch(name) or name in _COLUMNS]
        if wrong:
            msg = (
                f"an input may not be called {', '.join(wrong)}: small letters, digits and _, "
                "and not the name of a canonical table"
            )
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.inputs) != bool(self.select):
            msg = "inputs and select belong together"
            raise ValueError(msg)
        if self.query and self.query_of:
            msg = "give query or query_of, not both"
            raise ValueError(msg)
        if self.columns and self.is_derived:
            msg = "columns is for a plain mapping: with select or query, name the columns there"
            raise ValueError(msg)
        return self

    @property
    def is_derived(self) -> bool:
        """Whether SQL makes the canonical columns, and not names alone."""
        return bool(self.select or self.query or self.query_of)


class Variant(StrictModel):
    """Another way to read some tables of the same system."""

    tables: dict[str, TableEntry]

    @field_validator("tables")
    @classmethod
    def _canonical(cls, value: dict[str, TableEntry]) -> dict[str, TableEntry]:
        for name, entry in value.items():
            problem = next(_problems(name, entry), None)
            if problem:
                raise ValueError(problem)
        return value


class ProfileDocument(Variant):
    """A whole profile.

    ``refusals`` says, for a table that the system does not have, what the district must do instead.
    """

    title: str = Field(min_length=1)
    refusals: dict[str, str] = Field(default_factory=dict)
    variants: dict[str, Variant] = Field(default_factory=dict)


def packaged() -> dict[str, Traversable]:
    """Return the files of the profiles that come with ews, by the profile's name."""
    folder = files("ews.extracts") / "profile_files"
    found = [each for each in folder.iterdir() if each.name.endswith(".yaml")]
    return {each.name.removesuffix(".yaml"): each for each in sorted(found, key=lambda each: each.name)}


def read_document(file: Traversable, place: str) -> ProfileDocument:
    """Read and check a profile's file; messages name it by ``place``.

    Raises
    ------
    UsageError
        If the file is missing, is not YAML, or has an unknown key or an unusable value.
    """
    if not file.is_file():
        raise UsageError("the profile's file is missing", where=place, next_step="mend the path in `profile`")
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return ProfileDocument.model_validate(content if isinstance(content, dict) else {})
    except ValidationError as error:
        found = "; ".join(_sentence(each) for each in error.errors())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{place}, line {mark.line + 1}" if mark else place
        found = "the profile is not valid YAML"
    raise UsageError(
        found,
        expected="the keys that docs/profiles.md explains",
        where=place,
        next_step="mend the profile and run the command again",
    )


def _pairs(codes: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every code and its meaning, those of single columns too."""
    for key, each in codes.items() if isinstance(codes, dict) else ():
        if isinstance(each, dict):
            yield from each.items()
        else:
            yield key, each


def _problems(name: str, entry: TableEntry) -> Iterator[str]:
    """Yield what in a table's entry does not fit the canonical table of that name."""
    if name not in _COLUMNS:
        yield f"{name} is not a canonical table (known: {', '.join(_COLUMNS)})"
        return
    stray = [column for column in entry.columns if column not in _COLUMNS[name]]
    if stray:
        yield f"{name} has no column {', '.join(stray)}"
    flat = {code: meaning for code, meaning in entry.codes.items() if isinstance(meaning, str)}
    nested = sorted(set(entry.codes) - set(flat))
    if name == "attendance":
        unknown = sorted(set(flat.values()) - set(KINDS))
        if nested or unknown:
            yield f"attendance's codes map a code to one of {', '.join(KINDS)}"
        return
    if flat or set(nested) - set(_COLUMNS[name]):
        yield f"{name}'s codes are given by column, for example {{{_COLUMNS[name][0]}: {{theirs: ours}}}}"
    if entry.reporting is not None:
        yield f"reporting is for attendance, not for {name}"


def _sentence(error: Any) -> str:
    location = ".".join(str(part) for part in error["loc"]) or "the file"
    if error["type"] == "extra_forbidden":
        return f"{location}: unknown key"
    if error["type"] == "string_type":
        return f"{location.removesuffix('.[key]')}: has to be text: put it in quotes"
    if error["type"] == "missing":
        return f"{location}: missing key"
    return f"{location}: {error['msg'].removeprefix('Value error, ')}"
