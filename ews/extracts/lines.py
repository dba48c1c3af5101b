"""Line numbers: read only where they are needed.

Numbering the rows of a file makes its reading sequential, and most large extracts are sound. So a large
source is first read without line numbers; whatever then has something to say about a row raises
:class:`LinesNeeded`, and the source is read again with them.
"""

from __future__ import annotations

import csv
from pathlib import Path

from ews.engine import Session, identifier, literal

_LONGEST_CELL = 1_000_000
"""Characters, as long as DuckDB lets a line be."""

LINES_UP_TO_BYTES = 32 * 2**20
"""Sources up to this size are read with line numbers at once."""


class LinesNeeded(Exception):  # noqa: N818 - a signal inside the reading of a source, not an error
    """A row has to be named, and the source was read without line numbers."""


def place_of(file: str | None, line: int | None) -> str:
    """Return how a message names a row's place.

    Examples
    --------
    >>> place_of("attendance.csv", 7)
    'attendance.csv, line 7'
    >>> place_of("attendance.csv", None)
    'attendance.csv'
    """
    if not file:
        return ""
    return f"{file}, line {line}" if line else file


def number_by_lines(session: Session, name: str, file: Path, place: str, delimiter: str) -> None:
    """Turn record numbers into line numbers where a quoted cell of a file holds line breaks.

    ``name`` is the temporary table with the file's rows; ``_line`` of its records is 2, 3, … before.
    """
    breaks, last = 0, b"\n"
    with file.open("rb") as raw:
        for chunk in iter(lambda: raw.read(1 << 20), b""):
            breaks, last = breaks + chunk.count(b"\n"), chunk[-1:]
    breaks += last != b"\n"
    table = identifier(name)
    records = int(session.value(f"SELECT count(*) FROM {table} WHERE _file = {literal(place)}"))
    if breaks <= records + 1:
        return
    starts = _record_starts(file, delimiter)
    session.execute("CREATE OR REPLACE TEMP TABLE record_lines (record BIGINT, line BIGINT)")
    for first in range(0, len(starts), 10_000):
        rows = ", ".join(
            f"({first + at + 1}, {line})" for at, line in enumerate(starts[first : first + 10_000])
        )
        session.execute(f"INSERT INTO record_lines VALUES {rows}")
    session.execute(
        f"UPDATE {table} AS t SET _line = r.line FROM record_lines r "
        f"WHERE t._file = {literal(place)} AND t._line = r.record"
    )


def _record_starts(file: Path, delimiter: str) -> list[int]:
    """Return the line on which each record begins, blank lines left out, header first."""
    starts, next_line = [], 1
    csv.field_size_limit(_LONGEST_CELL)
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter)
        for record in reader:
            if record:
                starts.append(next_line)
            next_line = reader.line_num + 1
    return starts
