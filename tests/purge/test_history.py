"""What the store shows of one fact: which versions there were, from when until when, and what ended each."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from ews.config import Config
from ews.errors import DataRefused, UsageError
from ews.store.history import history, in_words
from ews.store.ingest import ingest
from tests.data.small import EVERYTHING_ARRIVED, enrolled, small_district
from tests.generators.writing import write_load
from tests.reference.settings import Load, Row

STUDENT = "CANARY-4711"
DAY = dt.date(2025, 9, 9)
MONDAY, TUESDAY, WEDNESDAY = (dt.datetime(2025, 10, day, 4) for day in (6, 7, 8))


def absence(code: str, student: str = STUDENT, date: str = "2025-09-09", recorded: str = "") -> Row:
    return {"student_id": student, "school_id": "s1", "date": date, "code": code, "recorded_at": recorded}


# Twenty more absences, so that withdrawing one is not withdrawing more than 5%.
OTHERS = [absence("A", f"S-{number:02d}") for number in range(30)]


def deliver(folder: Path, at: dt.datetime, attendance: list[Row], **tables: list[Row]) -> Config:
    students = [STUDENT, *(row["student_id"] for row in OTHERS)]
    made = small_district(
        enrollments=tables.pop("enrollments", [enrolled(each) for each in students]),
        attendance=[*attendance, *OTHERS],
        **tables,
    )
    assert isinstance(made.loads[0], Load)
    assert made.loads[0].at == EVERYTHING_ARRIVED
    config = write_load(made.loads[0], made.settings, folder)
    ingest(config, loaded_at=at)
    return config


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Unexcused on Monday's load, excused on Tuesday's, gone on Wednesday's."""
    folder = tmp_path_factory.mktemp("corrected")
    deliver(folder, MONDAY, [absence("A")])
    deliver(folder, TUESDAY, [absence("E")])
    return deliver(folder, WEDNESDAY, [])


def test_a_correction_and_a_withdrawal_are_told_in_order(corrected: Config) -> None:
    (fact,) = history(corrected, STUDENT, DAY).facts

    assert fact.key == {"school_id": "s1", "date": DAY}
    first, second = fact.versions
    assert (first.values["kind"], first.state, first.ended_by) == (
        "absent_unexcused",
        "replaced",
        {"version": 2},
    )
    assert (second.values["kind"], second.state) == ("absent_excused", "withdrawn")
    assert second.ended_by == {"load_id": 3}
    # Midnight in New York, four hours behind: known a day after its date in the first load.
    assert first.known_from == dt.datetime(2025, 9, 10, 4)
    assert first.known_until == second.known_from == TUESDAY
    assert second.known_until == WEDNESDAY
    assert [each.load["loaded_at"] for each in fact.versions] == [MONDAY, TUESDAY]
    assert {each.load["delivery"] for each in fact.versions} == {"full"}


def test_the_words_are_in_the_districts_time_and_name_nobody(corrected: Config) -> None:
    text = "\n".join(in_words(history(corrected, STUDENT, DAY)))
    assert "school_id s1, date 2025-09-09: 2 versions" in text
    assert "1. absent_unexcused, the whole day missed" in text
    assert "known from 2025-09-10 00:00:00 until 2025-10-07 00:00:00; replaced by version 2" in text
    assert "withdrawn by a full extract that no longer held it (load 3)" in text
    assert STUDENT not in text


def test_the_plain_form_is_json_in_utc(corrected: Config) -> None:
    plain = json.loads(json.dumps(history(corrected, STUDENT, DAY).as_dict()))
    (fact,) = plain["facts"]
    assert fact["key"] == {"school_id": "s1", "date": "2025-09-09"}
    assert [each["known_until"] for each in fact["versions"]] == [
        "2025-10-07T04:00:00Z",
        "2025-10-08T04:00:00Z",
    ]
    assert STUDENT not in json.dumps(plain)


def test_a_version_that_counts_now_has_no_end(tmp_path: Path) -> None:
    config = deliver(tmp_path, MONDAY, [absence("A")])
    (fact,) = history(config, STUDENT, DAY).facts
    (version,) = fact.versions
    assert (version.state, version.known_until, version.ended_by) == ("current", None, None)
    assert in_words(history(config, STUDENT, DAY))[-1].endswith("(known from 2025-09-10 00:00:00).")


def test_what_arrives_late_and_was_recorded_earlier_never_counted(tmp_path: Path) -> None:
    deliver(tmp_path, MONDAY, [absence("E", recorded="2025-09-12 10:00:00")])
    config = deliver(
        tmp_path,
        TUESDAY,
        [absence("A", recorded="2025-09-09 10:00:00"), absence("E", recorded="2025-09-12 10:00:00")],
    )
    (fact,) = history(config, STUDENT, DAY).facts
    assert [(each.values["kind"], each.state) for each in fact.versions] == [
        ("absent_unexcused", "never current"),
        ("absent_excused", "current"),
    ]


def test_a_day_without_a_row_says_whether_attendance_was_taken(tmp_path: Path) -> None:
    config = deliver(tmp_path, MONDAY, [])
    taken, not_taken = history(config, STUDENT, DAY), history(config, STUDENT, dt.date(2025, 9, 10))
    assert taken.facts == not_taken.facts == []
    assert [each["known_from"] is None for each in (*taken.coverage, *not_taken.coverage)] == [False, True]
    assert in_words(taken)[1].endswith("without a row that counts the student was present.")
    assert in_words(not_taken)[1] == "It is not known that school s1 took attendance that day."


def test_a_spell_belongs_to_every_day_that_one_of_its_versions_covers(tmp_path: Path) -> None:
    students = [row["student_id"] for row in OTHERS]
    deliver(tmp_path, MONDAY, [absence("A")])
    config = deliver(
        tmp_path,
        TUESDAY,
        [absence("A")],
        enrollments=[enrolled(STUDENT, exit_date="2025-09-30"), *(enrolled(each) for each in students)],
    )
    for day in (dt.date(2025, 9, 8), dt.date(2025, 10, 20)):
        (fact,) = history(config, STUDENT, day, "enrollments").facts
        assert [each.values.get("exit_date") for each in fact.versions] == [None, dt.date(2025, 9, 30)]
    assert history(config, STUDENT, dt.date(2025, 9, 7), "enrollments").facts == []


def test_attributes_belong_to_every_day_and_are_known_always(tmp_path: Path) -> None:
    config = deliver(tmp_path, MONDAY, [])
    (fact,) = history(config, STUDENT, DAY, "students").facts
    assert fact.versions[0].known_from is None
    assert "known always; this is what counts now" in in_words(history(config, STUDENT, DAY, "students"))[-1]


def test_a_table_without_students_and_a_missing_store_are_refused(tmp_path: Path) -> None:
    made = small_district(enrollments=[enrolled(STUDENT)])
    config = write_load(made.loads[0], made.settings, tmp_path)
    with pytest.raises(UsageError, match="holds no facts about students"):
        history(config, STUDENT, DAY, "calendar")
    with pytest.raises(DataRefused, match="no store"):
        history(config, STUDENT, DAY)
