"""Which export is which table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ews.extracts.schema import DIRECTORY, TABLES, Table
from ews.survey.column_names import KNOWN, LIKELY, name_score, plain
from ews.survey.exports import Export
from ews.survey.folder import Unplaced
from ews.survey.matching import Match, match

# A table is only considered where one of these columns is named; without them an export could be anything.
_TELLING = {
    "schools": ("school_name",),
    "calendar": ("instructional", "school_year", "minutes", "date"),
    "students": (
        "sex",
        "race_ethnicity",
        "english_learner",
        "disability",
        "economically_disadvantaged",
        "homeless",
        "foster",
    ),
    "enrollments": ("entry_date",),
    "attendance": ("code", "absent_fraction", "minutes_absent"),
    "nurse_visits": ("visit_id", "category", "disposition"),
    "meal_programs": ("program", "eligibility"),
    "directory": ("last_name",),
}
_ABOUT_NO_STUDENT = ("schools", "calendar")
_ENOUGH = 0.5
_NEAR = 0.04
_ALL = (*TABLES, DIRECTORY)


@dataclass
class Placing:
    """Every table's export, and the exports without a table.

    Attributes
    ----------
    matches : dict
        Table name to its export seen as that table.
    rivals : dict
        Table name to the exports that fill it equally well; it then has no match.
    """

    matches: dict[str, Match] = field(default_factory=dict)
    rivals: dict[str, list[Match]] = field(default_factory=dict)
    unplaced: list[Unplaced] = field(default_factory=list)


def place(exports: Sequence[Export], known: Mapping[str, Collection[str]]) -> Placing:
    """Place every export in the table that it fills best; then fill what is left from placed ones.

    ``known`` are the tables that a profile reads, with the files that it reads them from: both are
    settled, though such a file may fill a further table.
    """
    placing = Placing()
    first: dict[str, list[Match]] = {}
    taken = {file for files in known.values() for file in files}
    ready = [each for each in exports if not taken & {file.name for file in each.series.files}]
    for export in ready:
        best = _best(export, placing, [table for table in _ALL if table.name not in known])
        if best is not None:
            first.setdefault(best.table.name, []).append(best)
    for name, matches in first.items():
        _settle(name, matches, placing)
    placed = [each.export for each in placing.matches.values()]
    placed += [each for each in exports if each not in ready]
    for table in _ALL:
        if table.name not in (*placing.matches, *placing.rivals, *known):
            _fill_from_placed(table, placed, placing)
    return placing


def _best(export: Export, placing: Placing, tables: Sequence[Table]) -> Match | None:
    seen = sorted(
        (each for each in (match(table, export) for table in tables) if _possible(each)),
        key=lambda each: -_score(each),
    )
    if not seen:
        placing.unplaced.append(Unplaced(export.name, "its columns are not those of any table"))
        return None
    if len(seen) > 1 and _score(seen[0]) - _score(seen[1]) < _NEAR and any(each.missing for each in seen[:2]):
        names = " or ".join(each.table.name for each in seen[:2])
        placing.unplaced.append(Unplaced(export.name, f"it could be {names}: place it by hand"))
        return None
    return seen[0]


def _possible(seen: Match) -> bool:
    telling = [name for name in _TELLING[seen.table.name] if name in seen.choices]
    about_students = any(
        name_score("students", "student_id", each.name) >= KNOWN for each in seen.export.facts
    )
    if seen.table.name in _ABOUT_NO_STUDENT and about_students:
        return False
    return bool(telling) and seen.score >= _ENOUGH


def _score(seen: Match) -> float:
    """Return how well an export fills a table; what tells it, and the file's name, count a little."""
    telling = [seen.choices[name].score for name in _TELLING[seen.table.name] if name in seen.choices]
    hinted = plain(seen.table.name)[:6] in plain(seen.export.series.files[0].path.name)
    return seen.score + 0.1 * max(telling) + 0.05 * (len(telling) - 1) + (0.1 if hinted else 0.0)


def _settle(name: str, matches: list[Match], placing: Placing) -> None:
    ranked = sorted(matches, key=lambda each: -_score(each))
    best = ranked[0]
    rivals = [each for each in ranked if _score(best) - _score(each) < _NEAR]
    if len(rivals) > 1:
        placing.rivals[name] = rivals
        return
    placing.matches[name] = best
    placing.unplaced += [
        Unplaced(each.export.name, f"it could be {name} too, which {best.export.name} fills better")
        for each in ranked[1:]
    ]


def _fill_from_placed(table: Table, exports: Sequence[Export], placing: Placing) -> None:
    """Take a table from an export that holds it besides another: names beside demographics, for example."""
    seen = [match(table, export) for export in exports]
    whole = [
        each
        for each in seen
        if not each.missing
        and _possible(each)
        and all(each.choices[c.name].score >= LIKELY for c in table.columns if c.required)
    ]
    if whole:
        placing.matches[table.name] = max(whole, key=_score)
