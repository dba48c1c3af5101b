"""The files of a folder as tables of text that DuckDB can count, each with its header.

Of what is read here nothing is kept but headers: copies of files that DuckDB cannot read as they are
lie in a private temporary folder for as long as the survey takes.
"""

from __future__ import annotations

import glob
import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ews.engine import Session, identifier, literal
from ews.extracts.delivered_bytes import is_compressed, private_file
from ews.survey.column_facts import SAMPLE_ROWS, ColumnFacts, cell_name, column_facts
from ews.survey.folder import FoundFile, Unplaced
from ews.survey.headers import why_no_header
from ews.survey.series import Series, as_series
from ews.survey.text_layout import TextLayout, text_layout

_BROKEN = "it cannot be read: is it whole?"


@dataclass(frozen=True)
class Export:
    """Files of one layout (usually one; or one sheet of a workbook), with their header.

    Attributes
    ----------
    series : Series
        The files, and how a configuration names them.
    relation : str
        What DuckDB selects from: columns c0, c1, … of text; an empty cell is null.
    facts : tuple of ColumnFacts
        What a sample of every column shows, in the header's order.
    text : TextLayout, optional
        How a text file is written; None for the other forms, whose dates have a type of their own.
    """

    series: Series
    relation: str
    facts: tuple[ColumnFacts, ...]
    text: TextLayout | None = None
    sheet: str = ""

    @property
    def name(self) -> str:
        """The first file, as a comment names it."""
        more = len(self.series.files) - 1
        first = self.series.files[0].name + (f" [{self.sheet}]" if self.sheet else "")
        return f"{first} and {more} more like it" if more else first


def open_exports(
    session: Session, family: Sequence[FoundFile], everything: Sequence[FoundFile], scratch: Path
) -> list[Export | Unplaced]:
    """Return files whose names differ in digits only as exports, those of one layout together."""
    opened: list[Export | Unplaced] = []
    layouts: dict[object, list[tuple[FoundFile, TextLayout | None]]] = {}
    for file in family:
        read = _layout(file)
        if isinstance(read, Unplaced):
            opened.append(read)
        else:
            layouts.setdefault(_kind(session, file, read), []).append((file, read))
    for alike in layouts.values():
        if all(layout is not None and len(layout.lines) == 1 for _, layout in alike):
            opened += [Unplaced(file.name, "it holds a header and no rows") for file, _ in alike]
            continue
        series = as_series([file for file, _ in alike], everything)
        opened.append(_guarded(session, series, _combined([layout for _, layout in alike]), scratch))
    return opened


def _layout(file: FoundFile) -> TextLayout | Unplaced | None:
    if file.form != "text":
        return None
    try:
        layout = text_layout(file.path)
    except PermissionError:
        return Unplaced(file.name, "this account may not read it")
    except (OSError, EOFError, zlib.error):
        return Unplaced(file.name, _BROKEN)
    if layout is None:
        return Unplaced(file.name, "it is not text")
    why = why_no_header(layout.lines)
    return Unplaced(file.name, why) if why else layout


def _kind(session: Session, file: FoundFile, layout: TextLayout | None) -> object:
    """Return what files have to share to be one series: delimiter and header."""
    if layout is None:
        return file.name if file.form != "parquet" else _parquet_header(session, file.path)
    return layout.delimiter, layout.lines[0]


def _combined(layouts: Sequence[TextLayout | None]) -> TextLayout | None:
    """Return the layout of a series; one file whose encoding is not plain speaks for all."""
    text = [layout for layout in layouts if layout is not None]
    if not text:
        return None
    encoding = next((each for each in text if each.encoding != "utf-8"), text[0])
    return replace(encoding, ends_line=all(each.ends_line for each in text))


def _guarded(session: Session, series: Series, layout: TextLayout | None, scratch: Path) -> Export | Unplaced:
    try:
        if layout is not None:
            return _open_text(session, series, layout, scratch)
        return parquet_export(session, series, [file.path for file in series.files])
    except Exception:
        # What DuckDB has to say about a file quotes its cells.
        return Unplaced(series.files[0].name, _BROKEN)


def _open_text(session: Session, series: Series, layout: TextLayout, scratch: Path) -> Export:
    readable = [
        file.path if layout.encoding == "utf-8" else _utf8_copy(file.path, layout.encoding, scratch)
        for file in series.files
    ]
    header = layout.lines[0]
    columns = ", ".join(f"{literal(cell_name(at))}: 'VARCHAR'" for at in range(len(header)))
    relation = _trimmed(
        f"read_csv({_listed(readable)}, columns = {{{columns}}}, header = true, auto_detect = false, "
        f"delim = {literal(layout.delimiter)}, quote = '\"', escape = '\"', nullstr = '', "
        "null_padding = true, ignore_errors = true, strict_mode = false, max_line_size = 1000000)",
        [cell_name(at) for at in range(len(header))],
    )
    return Export(series, relation, sampled_facts(session, relation, header), layout)


def _listed(paths: Sequence[Path]) -> str:
    """Return paths as an SQL list, none of them read as a pattern."""
    return f"[{', '.join(literal(glob.escape(str(path))) for path in paths)}]"


def _utf8_copy(path: Path, encoding: str, scratch: Path) -> Path:
    """Return a private copy in UTF-8, for as long as ``scratch`` stands."""
    opened = gzip.open if is_compressed(path) else open
    with (
        opened(path, "rt", encoding=encoding, errors="replace", newline="") as source,
        private_file(scratch, ".csv") as (copy, target),
    ):
        for block in iter(lambda: source.read(2**20), ""):
            target.write(block.encode())
    return copy


def _trimmed(reader: str, columns: Sequence[str]) -> str:
    """Return a subquery of text cells under their positions; DuckDB leaves out those nobody asks for."""
    selects = ", ".join(
        f"nullif(trim(CAST({identifier(column)} AS VARCHAR)), '') AS {identifier(cell_name(at))}"
        for at, column in enumerate(columns)
    )
    return f"(SELECT {selects} FROM {reader})"


def _parquet_header(session: Session, path: Path) -> tuple[str, ...]:
    try:
        return tuple(session.columns(f"SELECT * FROM read_parquet({_listed([path])})"))
    except Exception:
        return (str(path),)


def parquet_export(
    session: Session,
    series: Series,
    readable: Sequence[Path],
    sheet: str = "",
    names: Sequence[str] = (),
) -> Export | Unplaced:
    """Return Parquet files, or a workbook's sheet copied into one, as an export.

    ``names`` are the columns' names where the copy has others; further columns of it are not looked at.
    """
    reader = f"read_parquet({_listed(readable)})"
    columns = session.columns(f"SELECT * FROM {reader}")
    header = list(names) or columns
    relation = _trimmed(reader, columns[: len(header)])
    facts = sampled_facts(session, relation, header)
    if not any(column.filled for column in facts):
        return Unplaced(series.files[0].name, "it holds no rows")
    return Export(series, relation, facts, None, sheet)


def sampled_facts(session: Session, relation: str, header: Sequence[str]) -> tuple[ColumnFacts, ...]:
    """Return the facts of a relation's columns, from its first rows."""
    session.execute(f"CREATE OR REPLACE TEMP TABLE sample AS SELECT * FROM {relation} LIMIT {SAMPLE_ROWS}")
    facts = column_facts(session, "sample", header)
    session.execute("DROP TABLE sample")
    return facts
