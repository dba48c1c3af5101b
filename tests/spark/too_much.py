"""Work that needs more memory than there is, for a process of its own: argument 1 is a district.yaml."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ews.config import load_config
from ews.errors import EwsError
from ews.spark import open_spark


def _out_of_memory(batches: Iterator[Any]) -> Iterator[Any]:
    raise MemoryError("0001")


def _half_a_gigabyte(batches: Iterator[Any]) -> Iterator[Any]:
    import pyarrow as pa

    for _ in batches:
        for _ in range(64):
            yield pa.RecordBatch.from_pydict({"school_id": ["x" * 2**23]})


def raises_memory_error() -> None:
    """A worker's Python runs out of memory."""
    _collect(_out_of_memory)


def fills_the_heap() -> None:
    """The driver's Java gets half a gigabyte, twice."""
    _collect(_half_a_gigabyte)


def _collect(function: Any) -> None:
    try:
        with open_spark(load_config(Path(sys.argv[1]))) as tables:
            schools = tables.stored("schools", ["school_id"], {})
            tables.collect(tables.by_partition(schools, function, "school_id string"))
    except EwsError as error:
        sys.stdout.write(str(error))
        sys.exit(error.exit_code)
