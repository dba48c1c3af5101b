"""``ews init``: a commented configuration to start from, or one proposed from the files in a folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ews.errors import UsageError
from ews.private_files import write_private
from ews.progress import Progress, silent

if TYPE_CHECKING:
    from ews.survey.proposal import Proposal

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
    path = _new_path(folder)
    write_private(path, starter_text().encode())
    return path


def write_proposed(folder: Path, exports: Path, progress: Progress = silent) -> tuple[Path, Proposal]:
    """Write a ``district.yaml`` proposed from the files in ``exports``; what it could not decide is marked.

    Returns
    -------
    tuple of Path and Proposal
        The configuration, which cannot be loaded before someone has decided, and what it proposes.

    Raises
    ------
    UsageError
        If a configuration is there already, or the folder with the files is missing, empty or closed.
    """
    from ews.survey.survey import survey
    from ews.survey.writing import proposed_yaml

    path = _new_path(folder)
    proposal = survey(exports, folder, progress)
    write_private(path, proposed_yaml(proposal, starter_text()).encode())
    return path, proposal


def _new_path(folder: Path) -> Path:
    path = folder / NAME
    if path.exists():
        raise UsageError(
            f"{NAME} is there already",
            expected="a folder without one",
            where=str(folder),
            next_step="choose another folder, or move the file away",
        )
    return path
