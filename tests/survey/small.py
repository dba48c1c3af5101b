"""Small folders of exports, and what is proposed for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ews.starter import starter_text
from ews.survey.proposal import Proposal
from ews.survey.survey import survey
from ews.survey.writing import proposed_yaml

SCHOOLS = "school_id,school_name\n0101,Alder School\n0102,Birch School\n"
STUDENTS = "student_id,sex\n" + "".join(f"{number:06d},F\n" for number in range(1, 41))


def folder_with(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files into a folder and return it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def attendance(
    *,
    header: str = "student_id,school_id,date,code",
    codes: tuple[str, ...] = ("A", "E"),
    days: tuple[str, ...] = ("2025-09-08", "2025-09-09", "2025-09-10"),
    students: range = range(1, 9),
) -> str:
    """Attendance of some students on some days, a row each, the codes in turn."""
    rows = [(student, day) for student in students for day in days]
    lines = [f"{student:06d},0101,{day},{codes[at % len(codes)]}" for at, (student, day) in enumerate(rows)]
    return "\n".join([header, *lines]) + "\n"


def proposed(folder: Path) -> Proposal:
    """What is proposed for a folder, the configuration standing beside it."""
    return survey(folder, folder.parent)


def written(proposal: Proposal) -> str:
    """The configuration's text."""
    return proposed_yaml(proposal, starter_text())


def document(proposal: Proposal) -> dict[str, Any]:
    """The configuration as YAML reads it."""
    read: dict[str, Any] = yaml.safe_load(written(proposal))
    return read


def source(proposal: Proposal, table: str) -> dict[str, Any]:
    """One table's source as YAML reads it."""
    entry: dict[str, Any] = document(proposal)["sources"][table]
    return entry


def why_not(proposal: Proposal, file: str) -> str:
    """Why a file is in no table."""
    return next(each.why for each in proposal.unplaced if each.file == file)
