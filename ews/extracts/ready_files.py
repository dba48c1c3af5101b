"""One delivered file of whatever kind into what DuckDB reads, with its header."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ews.digests import file_digest
from ews.extracts.delivered_bytes import FileFault, inspect_text
from ews.extracts.excel import read_sheet
from ews.extracts.profiles import InputSpec
from ews.extracts.xml_elements import read_elements
from ews.sources import DirectorySource, Source

_PARQUET = (".parquet", ".pq")
_EXCEL = (".xlsx", ".xlsm")
_TABS = (".tsv", ".tab", ".tsv.gz", ".tab.gz")
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True)
class Input:
    """One delivered file, or a query's result, ready to be read.

    Attributes
    ----------
    path : Path
        What DuckDB reads: the delivered file, or a private copy (UTF-8 CSV or Parquet) under scratch.
    place : str
        How messages name the delivered file: its path from the configuration's folder.
    parquet : bool
        Whether ``path`` is Parquet; a column ``_line`` in it is the line in the delivered file.
    header : tuple of str
        The columns' names, as they stand there.
    delimiter : str
        Of CSV; else empty.
    size : int
        Bytes that DuckDB will read.
    name : str
        The input of a profile's recipe; empty for a plain source.
    digest : str
        SHA-256 of the delivered bytes; empty where nobody asked for it.
    arrived : date, optional
        The date in the file's name, where ``name_date`` says how to read it.
    """

    path: Path
    place: str
    parquet: bool
    header: tuple[str, ...]
    delimiter: str
    size: int
    name: str = ""
    digest: str = ""
    arrived: dt.date | None = None


def make_ready(
    file: Path,
    place: str,
    source: Source | DirectorySource,
    spec: InputSpec | None,
    scratch: Path,
    *,
    digest: bool = False,
) -> tuple[Input, int | None]:
    """Inspect a file, copy it where DuckDB cannot read it as it is, and read its header.

    Returns
    -------
    tuple of Input and int or None
        The second is the file's number of rows, without a header, where it is known by now.

    Raises
    ------
    FileFault
        If the file is not whole, or not what it should be.
    """
    name, lowered = spec.name if spec else "", file.name.lower()
    rows: int | None = None
    if spec is not None and spec.element:
        elements = read_elements(file, scratch, spec.element, spec.fields, digest=digest)
        ready = _parquet(elements.path, place, elements.header, name, elements.digest)
        return ready, elements.records
    if lowered.endswith(_PARQUET):
        header, rows = _parquet_header(file)
        ready = _parquet(file, place, header, name)
    elif lowered.endswith(_EXCEL):
        sheet = read_sheet(file, scratch, source.sheet)
        rows = sheet.rows
        ready = _parquet(sheet.path, place, sheet.header, name)
    else:
        ready = _text(file, place, source, name, scratch, digest=digest)
    if spec is not None:
        _check_columns(spec, ready.header)
    if digest and not ready.digest:
        ready = replace(ready, digest=file_digest(file))
    return ready, rows


def count_rows(ready: Input) -> int:
    """Return the number of a CSV's records below its header; blank lines are none.

    Raises
    ------
    FileFault
        If it is not CSV.
    """
    with ready.path.open(encoding="utf-8-sig", newline="") as text:
        try:
            return sum(1 for record in csv.reader(text, delimiter=ready.delimiter) if record) - 1
        except csv.Error:
            raise FileFault("unreadable source", "the file is not CSV throughout") from None


def _text(
    file: Path, place: str, source: Source | DirectorySource, name: str, scratch: Path, *, digest: bool
) -> Input:
    delimiter = source.delimiter or ("\t" if file.name.lower().endswith(_TABS) else ",")
    inspected = inspect_text(
        file, scratch, encoding=source.encoding, final_newline=source.final_newline, digest=digest
    )
    header = _csv_header(inspected.head, delimiter)
    size = inspected.path.stat().st_size
    return Input(inspected.path, place, False, header, delimiter, size, name, inspected.digest)


def _parquet(path: Path, place: str, header: tuple[str, ...], name: str, digest: str = "") -> Input:
    return Input(path, place, True, header, "", path.stat().st_size, name, digest)


def _csv_header(head: str, delimiter: str) -> tuple[str, ...]:
    """Return the names in the first line, without blanks around them."""
    try:
        names = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        raise FileFault("unreadable source", "the header is not CSV", expected="names", line=1) from None
    if not any(name.strip() for name in names):
        raise FileFault(
            "empty file", "the first line is empty", expected="a header line with the column names", line=1
        )
    other = next((each for each in _DELIMITERS if len(names) == 1 and each in names[0]), None)
    if other is not None:
        raise FileFault(
            "unreadable source",
            f"the header's names are not apart: it has a {_DELIMITERS[other]} where another sign is expected",
            expected=f"a {_DELIMITERS.get(delimiter, 'declared delimiter')} between the names",
            next_step=f"declare delimiter: {_quoted(other)}",
            line=1,
        )
    return tuple(name.strip() for name in names)


def _quoted(delimiter: str) -> str:
    """Return a delimiter as it is written in YAML."""
    return '"\\t"' if delimiter == "\t" else f'"{delimiter}"'


def _parquet_header(file: Path) -> tuple[tuple[str, ...], int]:
    """Return the columns' names and the number of rows in a Parquet file's end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not file.stat().st_size:
        raise FileFault("empty file", "the file is empty", expected="Parquet")
    try:
        with pq.ParquetFile(file) as opened:
            return tuple(opened.schema_arrow.names), opened.metadata.num_rows
    except (pa.ArrowException, OSError):
        raise FileFault(
            "unreadable source",
            "the Parquet file is cut short or corrupt",
            expected="Parquet to its end",
            next_step="deliver the file again",
        ) from None


def _check_columns(spec: InputSpec, header: Sequence[str]) -> None:
    """Refuse a file of a profile without a column that the profile needs, or with it twice."""
    names = [name.lower() for name in header]
    missing = [name for name in spec.columns if name.lower() not in names]
    wanted = (*spec.columns, *spec.optional_columns)
    twice = [name for name in wanted if names.count(name.lower()) > 1]
    kinds = (("columns missing", missing), ("columns given twice", twice))
    problems = [f"{what}: {', '.join(columns)}" for what, columns in kinds if columns]
    if problems:
        raise FileFault(
            "columns",
            "; ".join(problems),
            expected=f"the columns {', '.join(spec.columns)}, by name",
            next_step="deliver them as the profile's page says, or write a profile of your own",
            line=1,
        )
