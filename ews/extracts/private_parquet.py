"""Rows of text into a private Parquet file: what becomes of a sheet or of XML before DuckDB reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ews.extracts.delivered_bytes import private_file

LINE = "_line"
"""The column with the line of each row in the delivered file."""

_ROWS_AT_ONCE = 50_000


class TextRows:
    """A Parquet file of text columns and :data:`LINE`, written a batch at a time."""

    def __init__(self, out: BinaryIO, names: Sequence[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._arrow = pa
        self._schema = pa.schema([*((name, pa.string()) for name in names), (LINE, pa.int64())])
        self._writer: Any = pq.ParquetWriter(out, self._schema)
        self._columns: list[list[Any]] = [[] for _ in self._schema]
        self.written = 0

    def add(self, cells: Sequence[str | None], line: int) -> None:
        """Add a row: a cell for every column, None where it is empty, and its line."""
        for column, cell in zip(self._columns, (*cells, line), strict=True):
            column.append(cell)
        self.written += 1
        if len(self._columns[-1]) == _ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        """Write what is left and the file's end."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        arrays = [
            self._arrow.array(values, field.type)
            for values, field in zip(self._columns, self._schema, strict=True)
        ]
        self._writer.write_batch(self._arrow.record_batch(arrays, schema=self._schema))
        self._columns = [[] for _ in self._schema]


@contextmanager
def text_rows(scratch: Path, names: Sequence[str]) -> Iterator[tuple[Path, TextRows]]:
    """Yield the path of a new private Parquet file and the rows to add to it; gone after a failure."""
    with private_file(scratch, ".parquet") as (path, out):
        rows = TextRows(out, names)
        try:
            yield path, rows
        finally:
            rows.close()  # also after a failure, while the stream is open
