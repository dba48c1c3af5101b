"""The directory: names for printed lists. Read when a list is printed, and kept nowhere."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ews.config import Config
from ews.engine import open_session
from ews.extracts.findings import refuse_if_any
from ews.extracts.inputs import Opened, open_inputs
from ews.extracts.read import check_headers, raw_name, read_rows
from ews.extracts.schema import DIRECTORY
from ews.sources import DirectorySource


def check_directory(source: DirectorySource, config: Config) -> None:
    """Raise :class:`~ews.errors.DataRefused` if the directory's files are not there or not whole."""
    with TemporaryDirectory(prefix="ews-directory-") as scratch:
        _opened(source, config, Path(scratch))


def read_directory(source: DirectorySource, config: Config) -> Any:
    """Return the names of students, as a pandas frame: one row per student_id.

    Raises
    ------
    DataRefused
        If the directory cannot be read.
    """
    with TemporaryDirectory(prefix="ews-directory-") as scratch, open_session() as session:
        opened = _opened(source, config, Path(scratch))
        read_rows(session, DIRECTORY, source, None, opened, lines=True)
        return session.pandas(
            f"SELECT student_id, first_name, last_name, homeroom FROM {raw_name(DIRECTORY)} "
            "QUALIFY row_number() OVER (PARTITION BY student_id ORDER BY last_name, first_name, homeroom) = 1"
        )


def _opened(source: DirectorySource, config: Config, scratch: Path) -> Opened:
    opened = open_inputs(DIRECTORY, source, None, config, scratch)
    refuse_if_any(opened.findings)
    refuse_if_any(check_headers(DIRECTORY, source, None, opened))
    return opened
