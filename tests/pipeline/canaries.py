"""Canary students: names, ids and schools that would do harm or give themselves away wherever they stand."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from ews.engine import open_reader
from tests.pipeline.at_work import AtWork

TOKEN = "kanari"  # noqa: S105 - a word to search for
"""Stands in every canary, followed by its kind and number; in no word of the program's own."""

RIGHT_TO_LEFT = "\u202e\u2067\u200f"

HARM = (
    '=HYPERLINK("http://x","{}")',
    "<img src=x onerror=alert(1)>{}",
    "../../{}",
    f"{RIGHT_TO_LEFT}{{}}{RIGHT_TO_LEFT}",
    "\t{}\n=1+1",
    "{}" + "x" * 300,
    "+1+1{}",
    "@SUM(1){}",
    "-2+3{}",
    "_xD800_\U0001f600\ufffd\ufdd0{}_x000A_",
    "＝1+1{}",
    "{}'\"><script>alert(1)</script>",
    "%00{}%s${{7*7}}",
)
"""Each with a place for the token."""

SCHOOLS = (
    "<img src=x onerror=alert(1)>{}",
    '=HYPERLINK("http://x","{}")',
    f"../../{RIGHT_TO_LEFT}{{}}" + "&L&G" * 70,
)


@dataclass(frozen=True)
class Canary:
    """One student: the number among the canaries, the new id and the names."""

    number: int
    student_id: str
    school_id: str

    def token(self, kind: str) -> str:
        return f"{TOKEN}{kind}{self.number:02d}z"

    def text(self, kind: str) -> str:
        return HARM[self.number % len(HARM)].format(self.token(kind))


def plant(district: AtWork) -> list[Canary]:
    """Turn students of the newest lists into canaries: new ids in every extract, new names, new schools."""
    listed = [
        pd.read_csv(path, dtype=str) for path in sorted((district.published() / "outreach").glob("*.csv"))
    ]
    chosen = [(i, each) for i, rows in enumerate(listed) for each in rows["student_id"].head(len(HARM))]
    roster = district.scores().set_index("student_id")["school_id"]
    canaries, ids = [], {}
    for number, (_, student) in enumerate(chosen):
        canary = Canary(number, "", roster[student])
        # A cell with a line break is no id of any system; everything else may be one.
        new = canary.text("id").replace("\n", "").replace("\t", "") if number % 3 == 0 else canary.token("id")
        ids[student] = new
        canaries.append(Canary(number, new, roster[student]))
    for table in ("students", "enrollments", "attendance", "nurse_visits", "meal_programs", "directory"):
        district.change_extract(table, lambda rows: rows.assign(student_id=rows["student_id"].replace(ids)))
    _name(district, canaries)
    names = {f"000{n}": text.format(f"{TOKEN}school{n:02d}z") for n, text in enumerate(SCHOOLS, start=1)}
    district.change_extract(
        "schools",
        lambda rows: rows.assign(school_name=rows["school_id"].map(names).fillna(rows["school_name"])),
    )
    return canaries


def _name(district: AtWork, canaries: list[Canary]) -> None:
    of_id = {each.student_id: each for each in canaries}
    columns = {"first_name": "first", "last_name": "last", "homeroom": "room", "counselor": "staff"}

    def named(rows: pd.DataFrame) -> pd.DataFrame:
        changed = rows.copy()
        for column, kind in columns.items():
            changed[column] = [
                of_id[student].text(kind) if student in of_id else text
                for student, text in zip(rows["student_id"], rows[column], strict=True)
            ]
        return changed

    district.change_extract("directory", named)


def texts_of(path: Path) -> str:
    """Return what a file holds, as one text: what is packed is unpacked, what is stored is read."""
    content = path.read_bytes()
    texts = [content.decode("utf-8", "replace"), content.decode("utf-16-le", "replace")]
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            texts += [parts.read(name).decode("utf-8", "replace") for name in parts.namelist()]
    elif content[:4] == b"PAR1":
        texts.append(pd.read_parquet(path).to_csv())
    elif path.suffix == ".duckdb":
        texts.append(_store(path))
    elif content[:15] == b"SQLite format 3":
        with closing(sqlite3.connect(path)) as database:
            texts += list(database.iterdump())
    return "\n".join(texts)


def _store(path: Path) -> str:
    with open_reader(path) as session:
        tables = session.rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'store'")
        return "\n".join(session.pandas(f"SELECT * FROM store.{name}").to_csv() for (name,) in tables)


class Page(HTMLParser):
    """What a browser would see: elements, attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
