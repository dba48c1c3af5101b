"""Rates as plain tables of text, for the console to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ews.definitions import Grain
from ews.rates.cells import Cell
from ews.rates.counts import Column
from ews.rates.report import TOTAL, Rates, Reconciliation
from ews.rates.small_steps import KINDS, ShownStep
from ews.rates.wording import GRAIN_NAMES, GRAINS, meaning_of, named_year, reason_of

_COLUMNS_OF_ONE_TABLE = 5


@dataclass(frozen=True)
class PlainTable:
    """A table of text: a title, the headings and the rows."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(found: Rates, by: Sequence[str] = ("school", "grade")) -> list[PlainTable]:
    """Return the district's table, those by school and by grade, and the reconciliations."""
    grains = _grains(found)
    split = [table for kind in by for grain in grains for table in _split_tables(found, kind, grain)]
    return [
        _district_table(found),
        *split,
        *[_steps_table(each) for each in found.reconciliations if each.steps],
    ]


def text_of(cell: Cell) -> str:
    """Return a cell as text: the share first, then the counts behind it."""
    if cell.rate is None:
        return "–"
    if isinstance(cell.rate, float):
        return f"{100 * cell.rate:.1f}% ({cell.chronic:,} of {cell.n:,})"
    if isinstance(cell.n, str):
        return cell.about or cell.n
    return f"{cell.rate} (of {cell.n:,})"


def _grains(found: Rates) -> list[Grain]:
    return [grain for grain in GRAINS if any(column.grain == grain for column in found.cells)]


def _district_table(found: Rates) -> PlainTable:
    grains = _grains(found)
    rows = []
    for definition in found.definitions:
        cells = [found.cells.get(Column(definition.name, grain)) for grain in grains]
        absent = "not computed" if definition.name in found.not_computed else "–"
        texts = [absent if each is None else text_of(each[TOTAL]) for each in cells]
        rows.append((definition.name, *texts, meaning_of(definition)))
    return PlainTable(
        f"Chronically absent in {found.district}, school year {named_year(found.year.school_year)}",
        ("definition", *[GRAIN_NAMES[grain] for grain in grains], "meaning"),
        tuple(rows),
    )


def _split_tables(found: Rates, kind: str, grain: Grain) -> list[PlainTable]:
    columns = [column for column in found.cells if column.grain == grain]
    names = {each.school_id: each.name for each in found.year.schools} if kind == "school" else {}
    groups = found.groups.get(kind, [])
    tables = []
    for first in range(0, len(columns), _COLUMNS_OF_ONE_TABLE):
        shown = columns[first : first + _COLUMNS_OF_ONE_TABLE]
        rows = [
            (
                f"{group} {names.get(group, '')}".strip(),
                *[text_of(found.cells[c][kind, group]) for c in shown],
            )
            for group in groups
        ]
        total = ("all", *[text_of(found.cells[column][TOTAL]) for column in shown])
        title = f"By {kind}, {GRAIN_NAMES[grain]}: {GRAINS[grain]}"
        tables.append(PlainTable(title, (kind, *[column.definition for column in shown]), (*rows, total)))
    return tables


def _steps_table(each: Reconciliation) -> PlainTable:
    start, end = each.total
    rows = [
        (
            f"{each.start.definition}, {GRAIN_NAMES[each.start.grain]}",
            _number(start.n),
            _number(start.chronic),
        ),
        *[_step_row(step) for step in each.steps],
        (f"{each.end.definition}, {GRAIN_NAMES[each.end.grain]}", _number(end.n), _number(end.chronic)),
    ]
    title = f"From {each.start.definition} to {each.end.definition}, one rule at a time"
    return PlainTable(title, ("rule", "students counted", "chronically absent"), tuple(rows))


def _step_row(shown: ShownStep) -> tuple[str, str, str]:
    counted, chronic = (
        _moved(*[shown.figures[name] for name in KINDS[kind]]) for kind in ("counted", "chronic")
    )
    return reason_of(shown.rule, shown.before, shown.after), counted, chronic


def _moved(came: int | str, went: int | str) -> str:
    if isinstance(came, str) and isinstance(went, str):
        return came
    parts = [
        f"{sign}{_number(figure)}"
        for sign, figure in (("+", came), ("−", went))
        if isinstance(figure, str) or figure
    ]
    return " ".join(parts) or "0"


def _number(figure: int | str) -> str:
    return figure if isinstance(figure, str) else f"{figure:,}"
