"""One delivered source in a folder: opened and read as a load does it, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ews.config import Config
from ews.engine import open_session
from ews.errors import DataRefused
from ews.extracts.findings import Finding
from ews.extracts.inputs import Opened, open_inputs
from ews.extracts.profiles import Recipe
from ews.extracts.read import check_headers, raw_name, read_rows, row_count_findings
from ews.extracts.schema import ATTENDANCE, TABLES, Table
from ews.sources import DirectorySource, Source

CANARY = "CANARY"
"""In ids and values: no finding may show it."""

CODES = {"A": "absent_unexcused", "E": "absent_excused"}
CSV = (
    "student_id,school_id,date,code\n"
    f"{CANARY}-1,s1,2025-09-09,A\n"
    f"{CANARY}-2,s1,2025-09-10,E\n"
    f'{CANARY}-3,"s1",2025-09-11,A\n'
)
ROWS = [
    (f"{CANARY}-1", "s1", "2025-09-09", "A"),
    (f"{CANARY}-2", "s1", "2025-09-10", "E"),
    (f"{CANARY}-3", "s1", "2025-09-11", "A"),
]


@dataclass
class Read:
    """What came of reading a source: findings, or rows."""

    opened: Opened
    findings: list[Finding] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def refusals(self) -> list[Finding]:
        """The findings that stop a load."""
        return [each for each in self.findings if each.severity == "refused"]

    @property
    def only_refusal(self) -> Finding:
        """The one refusal there is; it shows no student's id."""
        assert len(self.refusals) == 1, self.refusals
        text = str(self.refusals[0].as_dict())
        assert CANARY not in text
        return self.refusals[0]


def configured(folder: Path, *, manifest: str | None = None, **attendance: Any) -> Config:
    """A configuration in a folder, with an attendance source as stated."""
    sources: dict[str, Any] = {
        table.name: {"path": f"{table.name}.csv", "delivery": "full"} for table in TABLES[:4]
    }
    origin = {} if "database" in attendance else {"path": "attendance*.csv"}
    sources["attendance"] = {
        **origin,
        "delivery": "full",
        "reporting": "exceptions",
        "codes": CODES,
        **attendance,
    }
    return Config.model_validate(
        {
            "district": "Sources",
            "timezone": "America/Chicago",
            "sources": sources,
            "checks": {"manifest": manifest},
            "audit": {"sensitive": ["sex"], "tolerance": {"excess_fnr": 0.1, "auc_difference": 0.1}},
            "outreach": {"capacity": {"prevent": {"per_school": 5}, "intensive": {"per_school": 5}}},
            "folder": folder,
        }
    )


def read(config: Config, *, recipe: Recipe | None = None, source: Source | None = None) -> Read:
    """Open and read the attendance source up to its raw rows, in the order of files and lines."""
    return read_table(ATTENDANCE, source or config.sources.attendance, config, recipe)


def read_table(
    table: Table, source: Source | DirectorySource, config: Config, recipe: Recipe | None = None
) -> Read:
    """Open and read a source as a load does it."""
    scratch = config.folder / "scratch"
    scratch.mkdir(mode=0o700, exist_ok=True)
    opened = open_inputs(table, source, recipe, config, scratch)
    done = Read(opened, [*opened.findings])
    if not done.refusals:
        done.findings += check_headers(table, source, recipe, opened)
    if done.refusals:
        return done
    with open_session() as session:
        try:
            read_rows(session, table, source, recipe, opened, lines=True)
        except DataRefused as refusal:
            done.findings.append(
                Finding("unreadable source", "refused", table.name, refusal.found, where=refusal.where)
            )
            return done
        done.findings += row_count_findings(session, table, recipe, opened, raw_name(table))
        columns = ", ".join(table.column_names[:4])
        done.rows = session.rows(f"SELECT {columns} FROM {raw_name(table)} ORDER BY _file, _line")
    return done


def lines_of(config: Config) -> list[tuple[Any, ...]]:
    """Return the file and line of every row of the attendance source."""
    source = config.sources.attendance
    scratch = config.folder / "scratch"
    scratch.mkdir(mode=0o700, exist_ok=True)
    opened = open_inputs(ATTENDANCE, source, None, config, scratch)
    assert not opened.findings
    with open_session() as session:
        read_rows(session, ATTENDANCE, source, None, opened, lines=True)
        return session.rows(f"SELECT _file, _line FROM {raw_name(ATTENDANCE)} ORDER BY 1, 2")


def delivered(folder: Path, content: bytes | str, name: str = "attendance.csv", **attendance: Any) -> Read:
    """Deliver one file and read it, with the source's other keys as stated."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read(configured(folder, path=name, **attendance))


def recipe_of(inputs: tuple[Any, ...], select: str, query: str = "") -> Recipe:
    """A profile's recipe, made by hand."""
    return Recipe("by hand", inputs, select, query)


def manifest_of(folder: Path, files: Mapping[str, tuple[Any, Any]]) -> str:
    """Write a manifest of file -> (rows, sha256) and return its name."""
    lines = ["file,rows,sha256", *(f"{name},{rows},{sha}" for name, (rows, sha) in files.items())]
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "manifest.csv"
