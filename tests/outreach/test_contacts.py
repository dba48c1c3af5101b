"""Contacts: read as the district words them, before the day alone, and said without a cause."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ews.config import Config, load_config
from ews.extracts.contacts import read_contacts
from ews.outreach.contacts import Around, FirstContact, first_contacts, sentence
from ews.sources import ContactsSource

DAY = dt.date(2025, 11, 1)
REPOSITORY = Path(__file__).parents[2]


def config_with(folder: Path, text: str, *, tolerated: float = 0.0, **source: Any) -> Config:
    """A district whose contacts are this file."""
    (folder / "contacts.csv").write_text(text, encoding="utf-8")
    config = load_config(REPOSITORY / "configs" / "district.yaml")
    contacts = ContactsSource(path="contacts.csv", **source)
    return config.model_copy(
        update={
            "folder": folder,
            "sources": config.sources.model_copy(update={"contacts": contacts}),
            "checks": config.checks.model_copy(update={"max_quarantined": tolerated}),
        }
    )


HEADER = "student_id,date,kind,outcome\n"


def test_rows_come_as_the_district_words_them(tmp_path: Path) -> None:
    config = config_with(
        tmp_path,
        "Pupil;When;How\n007;03.10.2025;C\n007;03.10.2025;C\n007;04.10.2025;V\n",
        columns={"student_id": "Pupil", "date": "When", "kind": "How"},
        codes={"kind": {"C": "call", "V": "visit"}},
        delimiter=";",
        date_format="%d.%m.%Y",
    )
    found = read_contacts(config, DAY, ["007"])
    assert found.sentences == []
    assert found.rows.to_dict("records") == [
        {"student_id": "007", "date": dt.date(2025, 10, 3), "kind": "call", "outcome": ""},
        {"student_id": "007", "date": dt.date(2025, 10, 4), "kind": "visit", "outcome": ""},
    ]


def test_a_contact_of_the_day_itself_or_later_is_not_known_yet(tmp_path: Path) -> None:
    text = HEADER + "1,2025-10-31,call,\n1,2025-11-01,call,\n1,2025-12-24,call,\n"
    found = read_contacts(config_with(tmp_path, text), DAY, ["1"])
    assert found.rows["date"].tolist() == [dt.date(2025, 10, 31)]
    assert found.sentences == []


@pytest.mark.parametrize(
    ("text", "sentence_part"),
    [
        (HEADER + "1,2025-10-03,Z,reached\n", "1 codes in column kind are not mapped"),
        (HEADER + "1,2025-10-03,call,a long story\n", "1 codes in column outcome are not mapped"),
        (HEADER + "1,2025-10-03\n", "contacts"),
        ("student_id,date,kind,notes\n1,2025-10-03,call,a long story\n", "may not bring along: notes"),
        ("student_id,date\n1,2025-10-03\n", "columns missing: kind"),
        ("", "contacts"),
    ],
)
def test_a_file_that_cannot_be_used_leaves_lists_without_contacts_and_quotes_nothing(
    tmp_path: Path, text: str, sentence_part: str
) -> None:
    found = read_contacts(config_with(tmp_path, text), DAY, ["1"])
    assert found.rows.empty
    (told,) = found.sentences
    assert told.startswith("The lists were printed without contacts: ")
    assert sentence_part in told
    assert "story" not in told


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    config = config_with(tmp_path, HEADER)
    (tmp_path / "contacts.csv").unlink()
    assert "printed without contacts" in read_contacts(config, DAY, ["1"]).sentences[0]


ROWS = "1,2025-10-03,call,reached\n1,10/04/2025,call,\n,2025-10-05,call,\nstranger,2025-10-06,call,\n"


def test_single_rows_are_set_aside_and_counted_without_a_value(tmp_path: Path) -> None:
    found = read_contacts(config_with(tmp_path, HEADER + ROWS), DAY, ["1"])
    assert len(found.rows) == 1
    assert found.sentences == [
        "Of 4 contacts, 2 with a cell that is empty or cannot be read and 1 of students whom the store does "
        "not know were set aside."
    ]


def test_as_many_as_the_district_tolerates_are_not_told(tmp_path: Path) -> None:
    assert read_contacts(config_with(tmp_path, HEADER + ROWS, tolerated=0.75), DAY, ["1"]).sentences == []
    assert read_contacts(config_with(tmp_path, HEADER + ROWS, tolerated=0.74), DAY, ["1"]).sentences


def contacts(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["student_id", "date", "kind", "outcome"])
    return frame.assign(date=[dt.date.fromisoformat(day) for day in frame["date"]])


def test_the_first_that_reached_somebody_counts_before_an_earlier_try() -> None:
    rows = contacts(
        ("1", "2025-09-02", "call", "not_reached"),
        ("1", "2025-09-10", "visit", ""),
        ("1", "2025-09-20", "call", "reached"),
        ("2", "2025-09-02", "text", "message_left"),
        ("3", "2025-06-02", "call", "reached"),
        ("4", "2025-09-02", "call", "reached"),
    )
    begins = dict.fromkeys("123", dt.date(2025, 8, 20))
    assert first_contacts(rows, begins) == {
        "1": FirstContact(dt.date(2025, 9, 10), "visit", "", True, 3),
        "2": FirstContact(dt.date(2025, 9, 2), "text", "message_left", False, 1),
    }


@pytest.mark.parametrize(
    ("around", "words"),
    [
        (Around(4, 20, 1, 20), "absent 4 of the 20 school days before, 1 of the 20 after"),
        (Around(4.5, 20, 0, 20), "absent 4.5 of the 20 school days before, none of the 20 after"),
        (Around(0, 1, 1, 7), "absent 0 of the 1 school day before, 1 of 7 so far after"),
        (Around(2, 9, 0, 0), "absent 2 of the 9 school days before, no school day counted since"),
        (Around(0, 0, 3, 12), "no school day before, 3 of 12 so far after"),
    ],
)
def test_what_is_said_of_before_and_after(around: Around, words: str) -> None:
    contact = FirstContact(dt.date(2025, 10, 3), "call", "reached", True, 1)
    assert sentence(contact, around) == f"In contact since Oct 3 (call, reached): {words}"


def test_without_a_counted_day_only_the_contact_is_said() -> None:
    contact = FirstContact(dt.date(2025, 10, 3), "text", "not_reached", False, 2)
    assert sentence(contact, None) == "Tried since Oct 3 (text, not reached; 2 contacts so far)"
    assert sentence(contact, Around(0, 0, 0, 0)) == sentence(contact, None)
