"""Profiles: what a known system calls its tables, columns and codes, merged into a district's sources.

A source with ``profile: edfi-5.2`` states only where its data lies; the profile brings the rest. What the
district states goes before what the profile states, and ``profile: ./ours.yaml`` names a profile of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from ews.config import Config
from ews.engine import literal
from ews.errors import UsageError
from ews.extracts.profile_document import InputEntry, ProfileDocument, TableEntry, packaged, read_document
from ews.extracts.schema import Table
from ews.sources import AttendanceSource, Source

MAPPED = "mapped"
"""The profile that adds nothing: the district's own columns and codes say it all."""

_ISO = "%Y-%m-%d"
_DATE_FORMATS = "{date_formats}"
"""Stands in a profile's ``select`` for a list of formats: the system's, then the ISO forms of typed files."""


@dataclass(frozen=True)
class InputSpec:
    """One input of a recipe: the files that match, and the columns they must have.

    Attributes
    ----------
    name : str
        The view that the recipe's SQL reads.
    file : str
        A pattern inside the source's folder.
    columns, optional_columns : tuple of str
        Matched without regard to case; a missing optional one is empty. Of XML, the names of ``fields``.
    element, fields : str, mapping of str to str
        XML: the repeated element, and column -> path of child names inside it. Values of a path that
        occurs several times in one element are joined by a line break, one entry for each occurrence
        of the path's first step.
    optional : bool
        Whether the file may be missing; the view is then empty.
    """

    name: str
    file: str
    columns: tuple[str, ...]
    optional_columns: tuple[str, ...] = ()
    element: str = ""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    optional: bool = False


@dataclass(frozen=True)
class Recipe:
    """How a profile makes the canonical columns of one table.

    ``select`` is DuckDB SQL over views named as the inputs; ``query`` is SQL for the district's database.
    Both return canonical columns as text, dates in ISO form.
    """

    profile: str
    inputs: tuple[InputSpec, ...]
    select: str
    query: str


def resolve(table: Table, source: Source, config: Config) -> tuple[Source, Recipe | None]:
    """Return a source with its profile merged into it, and the recipe that makes its columns.

    Returns
    -------
    tuple of Source and Recipe or None
        No recipe where the source has no profile, or one that only names columns and codes.

    Raises
    ------
    UsageError
        If the profile is unknown, unusable, does not have this table, or not in this form.
    """
    if source.profile is None or source.profile == MAPPED:
        return source, None
    document, variant, place = _open(source.profile, table, config)
    entry = _with_query(_entry(document, variant, table, source.profile), table, place)
    recipe = _recipe(entry, table, source, source.profile)
    return _merged(entry, table, source, place, derived=recipe is not None), recipe


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that come with ews, variants after a colon."""
    names = [MAPPED]
    for name, file in packaged().items():
        names += [name, *(f"{name}:{variant}" for variant in read_document(file, file.name).variants)]
    return tuple(sorted(names))


def _open(profile: str, table: Table, config: Config) -> tuple[ProfileDocument, str, str]:
    """Return a profile's document, the variant's name (or nothing), and how messages name the file."""
    path, _, variant = profile.rpartition(":")
    if profile.endswith((".yaml", ".yml")):
        path, variant = profile, ""
    if path.endswith((".yaml", ".yml")):
        return read_document(config.resolve(path), path), variant, path
    name, _, variant = profile.partition(":")
    if name not in packaged():
        raise _unknown(profile, table)
    return _packaged_document(name), variant, f"{name}.yaml"


@cache
def _packaged_document(name: str) -> ProfileDocument:
    file = packaged()[name]
    return read_document(file, file.name)


def _unknown(profile: str, table: Table) -> UsageError:
    return UsageError(
        f"there is no profile {profile}",
        expected=f"one of {', '.join(profile_names())}, or the path of a profile of your own (.yaml)",
        where=f"sources.{table.name}.profile",
        next_step="name one of these, or leave `profile` out and give columns and codes",
    )


def _entry(document: ProfileDocument, variant: str, table: Table, profile: str) -> TableEntry:
    if variant and variant not in document.variants:
        raise UsageError(
            f"the profile {profile.removesuffix(f':{variant}')} has no variant {variant}",
            expected=f"one of {', '.join(document.variants) or 'none: it has no variants'}",
            where=f"sources.{table.name}.profile",
            next_step="name one of these, or the profile alone",
        )
    tables = document.tables | (document.variants[variant].tables if variant else {})
    if table.name in tables:
        return tables[table.name]
    stated = document.refusals.get(table.name, f"it brings {', '.join(document.tables)}")
    raise UsageError(
        f"the profile {profile} has no {table.name}: {stated}",
        where=f"sources.{table.name}.profile",
        next_step="leave `profile` out of this source and give path, columns and codes (a mapped file)",
    )


def _with_query(entry: TableEntry, table: Table, place: str) -> TableEntry:
    """Return an entry that takes its query and codes from another profile with these filled in."""
    if not entry.query_of:
        return entry
    other = _packaged_document(entry.query_of).tables if entry.query_of in packaged() else {}
    if table.name not in other:
        raise UsageError(
            f"query_of names {entry.query_of}, which is no profile with {table.name}",
            expected=f"one of {', '.join(packaged())}",
            where=f"{place}, tables.{table.name}.query_of",
            next_step="name one that has this table, or write the query",
        )
    taken = other[table.name]
    return entry.model_copy(
        update={
            "query": taken.query,
            "query_of": "",
            "codes": _codes(taken.codes, entry.codes),
            "reporting": entry.reporting or taken.reporting,
        }
    )


def _recipe(entry: TableEntry, table: Table, source: Source, profile: str) -> Recipe | None:
    if not entry.is_derived:
        return None
    _refuse_renaming(entry, table, source, profile)
    query = source.query or entry.query
    if source.database is not None and not query:
        raise _other_form(table, profile, "reads files, not a database", "give `path`, or a `query` of yours")
    if source.database is None and not entry.select:
        raise _other_form(table, profile, "reads a database, not files", "give `database` with its url")
    formats = ", ".join(
        literal(each) for each in dict.fromkeys((_date_format(entry, source), _ISO, f"{_ISO} %H:%M:%S"))
    )
    inputs = tuple(_spec(name, each) for name, each in entry.inputs.items())
    return Recipe(profile, inputs, entry.select.replace(_DATE_FORMATS, f"[{formats}]"), query)


def _spec(name: str, entry: InputEntry) -> InputSpec:
    return InputSpec(
        name,
        entry.file,
        columns=tuple(entry.fields) or entry.columns,
        optional_columns=entry.optional_columns,
        element=entry.element,
        fields=MappingProxyType(dict(entry.fields)),
        optional=entry.optional,
    )


def _refuse_renaming(entry: TableEntry, table: Table, source: Source, profile: str) -> None:
    stated = source.model_fields_set
    if source.columns:
        found = f"the profile {profile} derives its columns: `columns` has nothing to rename"
    elif "date_format" in stated and source.date_format != _ISO and _DATE_FORMATS not in entry.select:
        found = f"the profile {profile} writes dates in one form, and `date_format` states another"
    else:
        return
    raise UsageError(
        found,
        where=f"sources.{table.name}",
        next_step="leave the key out, or copy the profile, change it, and name the copy in `profile`",
    )


def _other_form(table: Table, profile: str, found: str, next_step: str) -> UsageError:
    return UsageError(f"the profile {profile} {found}", where=f"sources.{table.name}", next_step=next_step)


def _date_format(entry: TableEntry, source: Source) -> str:
    return source.date_format if "date_format" in source.model_fields_set else entry.date_format


def _merged(entry: TableEntry, table: Table, source: Source, place: str, *, derived: bool) -> Source:
    """Return the source with what it leaves open filled in from the profile."""
    update: dict[str, Any] = {
        "codes": _codes(entry.codes, source.codes),
        "columns": {**entry.columns, **source.columns},
        # What a recipe derives is in ISO form already.
        "date_format": _ISO if derived else _date_format(entry, source),
    }
    if source.database is not None:
        update["query"] = source.query or entry.query
    if isinstance(source, AttendanceSource):
        update["reporting"] = source.reporting or entry.reporting
        if update["reporting"] is None:
            raise UsageError(
                "neither the profile nor the configuration says what an attendance row means",
                expected="reporting: exceptions (a row only when something happened) or daily",
                where=f"{place}, tables.{table.name}.reporting",
                next_step=f"state it there or in sources.{table.name}.reporting",
            )
    return source.model_copy(update=update)


def _codes(profile: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return the codes of both; where both map a code, what is stated counts."""
    merged = dict(profile)
    for key, meaning in stated.items():
        before = merged.get(key)
        both = isinstance(before, dict) and isinstance(meaning, dict)
        merged[key] = {**before, **meaning} if both and before is not None else meaning
    return merged
