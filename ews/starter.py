"""``ews init``: a commented configuration to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ews.errors import UsageError
from ews.private_files import write_private

NAME = "district.yaml"


def starter_text() -> str:
    """Return the configuration in which every key is explained."""
    return files("ews").joinpath("starter_configuration.yaml").read_text(encoding="utf-8")


def write_starter(folder: Path) -> Path:
    """Write ``district.yaml`` into a folder and return its path.

    Raises
    ------
    UsageError
        If one is there already: a district's own configuration is never overwritten.
    """
    path = folder / NAME
    if path.exists():
        raise UsageError(
            f"{NAME} is there already",
            expected="a folder without one",
            where=str(folder),
            next_step="choose another folder, or move the file away",
        )
    write_private(path, starter_text().encode())
    return path
