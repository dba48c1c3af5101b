"""A vendor's tables, printed in a test, through a profile to canonical rows.

Everything on the way is the program's own: the profile, the opening of its inputs, the reading and typing.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pydantic import TypeAdapter

from ews.config import Config
from ews.engine import Session, open_session
from ews.extracts.inputs import open_inputs
from ews.extracts.profiles import resolve
from ews.extracts.read import raw_name, read_rows
from ews.extracts.schema import TABLES, Table
from ews.extracts.typed import PROBLEMS, prepare, type_rows, typed_name
from ews.sources import AttendanceSource, MealSource, NurseSource, Source

Rows = list[dict[str, str]]

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "edfi-grand-bend"
needs_sample = pytest.mark.skipif(
    not SAMPLE.is_dir(), reason="Ed-Fi's sample district is not at ../shared/data/edfi-grand-bend"
)

_KINDS = {"attendance": AttendanceSource, "nurse_visits": NurseSource, "meal_programs": MealSource}


def printed_rows(text: str) -> Rows:
    """A table with cells between bars, its first line the names."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    assert all(len(line) == len(lines[0]) for line in lines), "every line has as many cells as the first"
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def table_named(name: str) -> Table:
    """A canonical table."""
    return next(table for table in TABLES if table.name == name)


def source_of(table: str, **keys: Any) -> Source:
    """A source as a configuration would state it: full extracts, for use as features."""
    use = {"use": "audit"} if table in ("nurse_visits", "meal_programs") else {}
    return TypeAdapter(_KINDS.get(table, Source)).validate_python({"delivery": "full", **use, **keys})


def config_in(folder: Path) -> Config:
    """As much of a configuration as reading asks for: where paths begin, and the zone."""
    mapped = {"path": "none.csv", "delivery": "full"}
    tables = ("schools", "calendar", "students", "enrollments")
    document = {
        "district": "Test",
        "timezone": "America/Chicago",
        "sources": dict.fromkeys(tables, mapped)
        | {"attendance": mapped | {"reporting": "exceptions", "codes": {"A": "absent_excused"}}},
        "audit": {"sensitive": ["sex"], "tolerance": {"excess_fnr": 0.1, "auc_difference": 0.1}},
        "outreach": {"capacity": {"prevent": {"per_school": 1}, "intensive": {"per_school": 1}}},
        "folder": folder,
    }
    return Config.model_validate(document)


def write_tables(folder: Path, **tables: str) -> Path:
    """Write printed tables as CSV files of their names; `-` is an empty cell."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        rows = printed_rows(text)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows({key: "" if cell == "-" else cell for key, cell in row.items()} for row in rows)
    return folder


def canonical(table: str, folder: Path, **keys: Any) -> Rows:
    """The canonical rows that a source gives, as text, in the order of their keys.

    ``keys`` are the source's own, ``path`` or ``database`` and ``profile`` among them. No row may fail.
    """
    rows, problems = read(table, folder, **keys)
    assert not problems
    return rows


def read(table: str, folder: Path, **keys: Any) -> tuple[Rows, list[tuple[str, int | None, str]]]:
    """The canonical rows, and the file, line and reason of every row that fails alone."""
    config, of = config_in(folder), table_named(table)
    source, recipe = resolve(of, source_of(table, **keys), config)
    with TemporaryDirectory() as scratch, open_session() as session:
        opened = open_inputs(of, source, recipe, config, Path(scratch))
        assert not opened.findings, opened.findings
        read_rows(session, of, source, recipe, opened, lines=True)
        prepare(session)
        type_rows(session, of, source, config, lines=True)
        problems = session.rows(f"SELECT file, line, reason FROM {PROBLEMS} ORDER BY ALL")
        return _rows(session, of), [(file, line, reason) for file, line, reason in problems]


@cache
def sample_rows(table: str) -> Rows:
    """The canonical rows of the sample's files; read once, and not to be changed."""
    return canonical(table, SAMPLE.parent, path=SAMPLE.name, profile="edfi-5.2")


def places(table: str, folder: Path, **keys: Any) -> list[tuple[str, int]]:
    """The file and line that every canonical row says it comes from."""
    config, of = config_in(folder), table_named(table)
    source, recipe = resolve(of, source_of(table, **keys), config)
    with TemporaryDirectory() as scratch, open_session() as session:
        opened = open_inputs(of, source, recipe, config, Path(scratch))
        read_rows(session, of, source, recipe, opened, lines=True)
        found = session.rows(f"SELECT _file, _line FROM {raw_name(of)} ORDER BY ALL")
    return [(str(file), int(line)) for file, line in found]


def is_as_printed(rows: Rows, text: str) -> None:
    """Assert that canonical rows are a printed table's, in its columns; `-` is an empty cell."""
    expected = printed_rows(text)
    got = [{name: row[name] for name in expected[0]} for row in rows]
    assert sorted(got, key=repr) == sorted(expected, key=repr)


def _rows(session: Session, table: Table) -> Rows:
    cells = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in table.column_names)
    found = session.rows(f"SELECT {cells} FROM {typed_name(table)} ORDER BY ALL")
    return [
        {name: _printed(cell) for name, cell in zip(table.column_names, row, strict=True)} for row in found
    ]


def _printed(cell: str | None) -> str:
    if cell is None:
        return "-"
    return cell.removesuffix(".0")
