"""What a profile makes of a system's files, as tables whose codes and ids can be counted like any others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ews.config import Checks, Config
from ews.engine import Session, identifier
from ews.errors import EwsError
from ews.extracts.inputs import open_inputs
from ews.extracts.lines import LinesNeeded
from ews.extracts.profiles import resolve
from ews.extracts.read import raw_name, read_rows
from ews.extracts.schema import TABLES, Table
from ews.sources import AttendanceSource, MealSource, NurseSource, Source
from ews.survey.column_facts import cell_name
from ews.survey.column_names import EXACT
from ews.survey.exports import Export, sampled_facts
from ews.survey.folder import FoundFile
from ews.survey.known_layouts import KnownTable
from ews.survey.matching import Choice, Match
from ews.survey.proposal import Entry
from ews.survey.series import Series

_MODELS: dict[str, type[Source]] = {
    "attendance": AttendanceSource,
    "nurse_visits": NurseSource,
    "meal_programs": MealSource,
}


@dataclass
class Derived:
    """Tables that profiles made.

    Attributes
    ----------
    matches : dict
        Table name to its rows, under the contract's own names; cells as they are before codes are mapped.
    mapped : dict
        Table name to column to the codes that the profile maps.
    problems : dict
        Table name to the reason why its rows could not be made here.
    """

    matches: dict[str, Match] = field(default_factory=dict)
    mapped: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def derive(
    session: Session,
    known: Mapping[str, KnownTable],
    writing: Mapping[str, Mapping[str, Entry]],
    found: Sequence[FoundFile],
    folder: Path,
    scratch: Path,
) -> Derived:
    """Apply the profiles to the files of a folder.

    Parameters
    ----------
    writing : mapping
        Table name to the keys that say how its files are written (encoding, delimiter).
    """
    derived = Derived()
    for table in TABLES:
        if table.name not in known:
            continue
        files = tuple(file for file in found if file.name in known[table.name].files)
        settings = {key: entry.value for key, entry in writing[table.name].items() if not entry.is_undecided}
        try:
            problem = _derive(session, table, known[table.name], settings, files, folder, scratch, derived)
        except LinesNeeded:
            problem = "a file cannot be read"
        except EwsError as error:
            problem = error.found
        except Exception:
            # What DuckDB has to say about a file quotes its cells.
            problem = "its files cannot be read"
        if problem:
            derived.problems[table.name] = problem
    return derived


def _derive(
    session: Session,
    table: Table,
    known: KnownTable,
    settings: Mapping[str, str],
    files: tuple[FoundFile, ...],
    folder: Path,
    scratch: Path,
    derived: Derived,
) -> str:
    """Add a table to what is derived, or return why that is not possible."""
    config = Config.model_construct(folder=folder, checks=Checks(), timezone="UTC")
    stated = {"path": known.folder or ".", "profile": known.profile, "delivery": "full", **settings}
    model = _MODELS.get(table.name, Source)
    use = {"use": "none"} if model in (NurseSource, MealSource) else {}
    source, recipe = resolve(table, model.model_validate({**stated, **use}), config)
    opened = open_inputs(table, source, recipe, config, scratch)
    refused = next((each for each in opened.findings if each.severity == "refused"), None)
    if refused is not None:
        return f"{refused.where}: {refused.sentence}"
    read_rows(session, table, source, recipe, opened, lines=False)
    names = table.column_names
    cells = ", ".join(f"{identifier(name)} AS {identifier(cell_name(at))}" for at, name in enumerate(names))
    relation = f"(SELECT {cells} FROM {raw_name(table)})"
    facts = sampled_facts(session, relation, names)
    chosen = {each.name: Choice(each, EXACT) for each in facts if each.filled}
    derived.matches[table.name] = Match(table, Export(Series(files, ""), relation, facts), chosen)
    derived.mapped[table.name] = _mapped(source)
    return ""


def _mapped(source: Source) -> dict[str, frozenset[str]]:
    if isinstance(source, AttendanceSource):
        return {"code": frozenset(source.codes)}
    return {column: frozenset(codes) for column, codes in source.codes.items()}
