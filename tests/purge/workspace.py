"""A small district with two published nights, made in a moment: what purges are tried on.

Nothing is trained for it: its nights are published with figures made up by hand, by the program's own
publishing, under a model that exists in name only.
"""

from __future__ import annotations

import datetime as dt
import io
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from ews.config import Config, load_config
from ews.engine import open_reader, open_session
from ews.nightly.freshness import Freshness
from ews.nightly.publish import publish
from ews.nightly.run_page import NightFigures
from ews.nightly.score import Scores
from ews.nightly.service import InService
from ews.outreach.lists import ListContext
from ews.outreach_settings import NextSteps, Tier
from ews.private_files import owner_only
from ews.store.ingest import ingest
from tests.data.small import enrolled, small_district
from tests.generators.writing import write_load

CANARY = "CANARY-4711"
OTHERS = ("S-0001", "S-0002", "S-0003", "=S-0004", "S-0005")
STUDENTS = (CANARY, *OTHERS)
"""The canary is at school s1, on the lists; so are others, one of them with an id like a formula."""

FIRST_LOAD = dt.datetime(2025, 10, 6, 4)
NIGHTS = (dt.date(2025, 9, 29), dt.date(2025, 10, 6))
TAGS = {"model_digest": "m", "audit_digest": "a", "gate_verdict": "pass", "run_name": "r"}
VERSION: Any = SimpleNamespace(number="1", tags=TAGS)
MODEL: Any = None
"""Nothing is scored here, so that no model is asked."""
SERVICE = InService(name="model", version=VERSION, model=MODEL, decisions=())


@dataclass(frozen=True)
class Small:
    """One such district's folder."""

    folder: Path

    @property
    def config(self) -> Config:
        return load_config(self.folder / "district.yaml")

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def store(self) -> Path:
        return self.workspace / "store.duckdb"

    def night(self, day: dt.date = NIGHTS[1]) -> Path:
        return self.workspace / "published" / day.isoformat()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query on the store, attached as ``store``."""
        with open_reader(self.store) as session:
            return session.rows(sql)

    def tables(self, *names: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return tables of the store by name, every row of them in one order."""
        with open_reader(self.store) as session:
            return {name: session.rows(f"FROM store.{name} ORDER BY ALL") for name in names}

    def change_store(self, *statements: str) -> None:
        """Write to the store by hand."""
        with open_session(self.store) as session:
            for statement in statements:
                session.execute(statement)

    def copied_to(self, folder: Path) -> Small:
        shutil.copytree(self.folder, folder)
        return Small(folder)


def make_small(folder: Path) -> Small:
    """Write, load and publish it."""
    absent = {CANARY: "2025-09-09", "S-0001": "2025-09-09", "S-0002": "2025-09-30"}
    district = small_district(
        enrollments=[enrolled(student, "s2" if student == "S-0005" else "s1") for student in STUDENTS],
        attendance=[
            {"student_id": student, "school_id": "s1", "date": date, "code": "A"}
            for student, date in absent.items()
        ],
        nurse_visits=[
            {
                "visit_id": f"visit of {student}",
                "student_id": student,
                "date": "2025-09-10",
                "category": "illness",
                "disposition": "other",
            }
            for student in STUDENTS
        ],
        meal_programs=[
            {"student_id": student, "program": "lunch", "start_date": "2025-09-08", "eligibility": "free"}
            for student in STUDENTS
        ],
    )
    with owner_only():
        config = write_load(district.loads[0], district.settings, folder)
        ingest(config, loaded_at=FIRST_LOAD)
        small = Small(folder)
        small.change_store(*(f"INSERT INTO quarantine VALUES (1, {row})" for row in QUARANTINED))
        for day in NIGHTS:
            publish_night(small, day)
    return small


QUARANTINED = (
    f"""'attendance', 'a.csv', 5, 'an unknown school', '{{"student_id":"{CANARY}","date":"2025-09-09"}}'""",
    """'attendance', 'a.csv', 6, 'an unknown school', '{"student_id":"S-0001","date":"2025-09-30"}'""",
    f"""'nurse_visits', 'n.csv', 7, 'unreadable date', '{{"student_id":"?","visit_id":"of {CANARY}."}}'""",
)


def publish_night(small: Small, day: dt.date) -> None:
    """Publish one night: everyone but the last is scored, four are listed, the last is excluded."""
    scored = pd.DataFrame({"student_id": STUDENTS[:-1]}).assign(
        school_id="s1",
        grade="05",
        as_of_date=day,
        risk=[0.9, 0.8, 0.7, 0.6, 0.2],
        status="scored",
        absences=[3.0, 2.5, 2.0, 1.0, 0.0],
        enrolled_days=19,
        already_chronic=[True, True, False, False, False],
        absences_left=[0, 1, 2, 3, 17],
        selected=[True, True, True, False, True],
        rank_in_school=[1, 2, 3, 4, 5],
        model_version="1",
    )
    scored["absence_rate"] = scored["absences"] / scored["enrolled_days"]
    excluded = pd.DataFrame(
        {"student_id": [STUDENTS[-1]], "school_id": "s2", "grade": "KG", "as_of_date": day, "reason": "grade"}
    )
    listed = scored.loc[scored["selected"]].assign(
        section=["intensive", "intensive", "prevent", "prevent"],
        rank=[1, 2, 1, 2],
        excused_share=[1 / 3, 0.4, 0.123456789, None],
        reason_1="Absent often",
        reason_2=["", "More", "", ""],
        reason_3="",
        going_well_1=["", "Well", "", ""],
        going_well_2="",
        change="new",
        first_name=["Ada", "Bo & Co", "Cy", "Di"],
        last_name="Test",
        homeroom=["", "1-A", "1-B", ""],
        counselor=["Kim Lee", "Kim Lee", "", "Ma <1>"],
        weeks_on_list=[3, 0, 1, 0],
        on_list_since=day,
        contact=["In contact since Sep 3 (call, reached)", "", "", "Tried since Sep 4 (text)"],
    )
    leaving = pd.DataFrame(
        {
            "student_id": [CANARY if day == NIGHTS[0] else "S-0008", "S-0009"],
            "school_id": ["s1", "s2"],
            "section": "prevent",
            "elsewhere": [False, True],
            "first_name": "Al",
            "last_name": "Left",
            "homeroom": "",
            "counselor": "",
        }
    )
    context = ListContext(
        district="Generated",
        as_of=day,
        schools=pd.DataFrame({"school_id": ["s1", "s2"], "school_name": ["One <1>", "Two"]}),
        model_version="model 1",
        banners=["Simulated & not real."],
        stale=["The newest nurse visits are old."],
        show_names=True,
        show_counselors=True,
        counselors={"s2": ["Jo Day"]},
        since=day - dt.timedelta(days=7),
        next_steps=NextSteps(tiers=(Tier(below=0.125, step="Say <hello> & ask"), Tier(step="Meet"))),
    )
    scores = Scores(scored, excluded, listed, leaving)
    figures = NightFigures(Freshness({}, {}, []), None, None)
    with owner_only():
        publish(scores, SERVICE, small.config, day, context=context, figures=figures)


def every_byte(folder: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def decoded(name: str, content: bytes) -> Iterator[bytes]:
    """The bytes of a file as they lie there, and as a program that reads it sees them."""
    yield content
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            yield from (book.read(part) for part in book.namelist())
    if name.endswith(".parquet"):
        yield pd.read_parquet(io.BytesIO(content)).to_csv().encode()


def naming(folder: Path, text: str) -> list[str]:
    """The files under a folder that hold a text, in whatever form."""
    return [
        name
        for name, content in every_byte(folder).items()
        if any(text.encode() in each for each in decoded(name, content))
    ]
