"""The directory: names for printed lists. Read when a list is printed, and kept nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ews.config import Config
from ews.engine import open_session
from ews.extracts.findings import refuse_if_any
from ews.extracts.inputs import Opened, open_inputs
from ews.extracts.read import check_headers, columns_present, raw_name, read_rows
from ews.extracts.schema import DIRECTORY
from ews.scratch import Scratch
from ews.sources import DirectorySource


def check_directory(source: DirectorySource, config: Config) -> None:
    """Raise :class:`~ews.errors.DataRefused` if the directory's files are not there or not whole."""
    with Scratch() as scratch:
        _opened(source, config, scratch)


def read_directory(source: DirectorySource, config: Config) -> Any:
    """Return the names of students, as a pandas frame: one row per student_id.

    With a column ``counselor`` only where the directory has one.

    Raises
    ------
    DataRefused
        If the directory cannot be read.
    """
    with Scratch() as scratch, open_session() as session:
        opened = _opened(source, config, scratch)
        read_rows(session, DIRECTORY, source, None, opened, lines=True)
        names = session.pandas(
            f"SELECT student_id, first_name, last_name, homeroom, counselor FROM {raw_name(DIRECTORY)} "
            "QUALIFY row_number() OVER "
            "(PARTITION BY student_id ORDER BY last_name, first_name, homeroom, counselor) = 1"
        )
        has_counselors = "counselor" in (columns_present(DIRECTORY, source, None, opened) or ())
        return names if has_counselors else names.drop(columns="counselor")


def _opened(source: DirectorySource, config: Config, scratch: Path) -> Opened:
    opened = open_inputs(DIRECTORY, source, None, config, scratch)
    refuse_if_any(opened.findings)
    refuse_if_any(check_headers(DIRECTORY, source, None, opened))
    return opened
