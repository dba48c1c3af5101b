"""Everything before a day goes; what still runs stays; and no day without data counts as attended."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from ews.attendance_rules import totals
from ews.nightly.published_nights import published_folder
from ews.nightly.verify import verify
from ews.purge.run import purge
from ews.school_days import place
from ews.snapshot import snapshot
from ews.store.ingest import ingest
from ews.store.schema import read_store
from tests.data.small import calendar_rows, enrolled, small_district
from tests.generators.writing import write_load
from tests.purge.workspace import CANARY, NIGHTS, STUDENTS, Small, every_byte, naming

DAY = dt.date(2025, 9, 15)
"""A Monday, in the second week of the small district's only year."""


def test_events_before_the_day_go_and_spells_that_still_run_stay(small: Small) -> None:
    report = purge(small.config, before=DAY, yes=True)

    assert report.counts["store"]["attendance"] == 2
    assert small.rows("SELECT min(date), count(*) FROM store.attendance") == [(dt.date(2025, 9, 30), 1)]
    assert small.rows("SELECT count(*) FROM store.nurse_visits") == [(0,)]
    assert small.rows("SELECT count(*) FROM store.enrollments") == [(len(STUDENTS),)]
    assert small.rows("SELECT count(*) FROM store.meal_programs") == [(len(STUDENTS),)]


def test_calendar_and_coverage_go_with_the_events(small: Small) -> None:
    """A day of instruction without attendance would count as attended by everyone."""
    purge(small.config, before=DAY, yes=True)

    assert small.rows("SELECT min(date) FROM store.calendar") == [(DAY,)]
    assert small.rows("SELECT min(date) FROM store.coverage")[0][0] >= DAY
    with read_store(small.workspace) as session:
        days = place(snapshot(session, dt.date(2025, 10, 6), small.config))
        frame = session.collect(totals(days, small.config.definition))
    absent = frame.set_index("student_id")["absence_units"]
    enrolled_days = frame.set_index("student_id")["enrolled_days"]
    # Fifteen days of instruction from September 15 to October 3; the absence of the 9th is forgotten.
    assert enrolled_days[CANARY] == 15
    assert absent[CANARY] == 0
    assert absent["S-0002"] > 0


def test_nights_before_the_day_go_whole(small: Small) -> None:
    report = purge(small.config, before=NIGHTS[1], yes=True)

    assert [(each["night"], each["removed_whole"]) for each in report.counts["nights"]] == [
        (NIGHTS[0].isoformat(), True)
    ]
    assert not small.night(NIGHTS[0]).exists()
    assert small.night(NIGHTS[1]).exists()
    assert (small.workspace / "published" / "LATEST").read_text().strip() == NIGHTS[1].isoformat()


def test_when_every_night_goes_nothing_is_the_latest(small: Small) -> None:
    purge(small.config, before=NIGHTS[1] + dt.timedelta(days=1), yes=True)
    assert list((small.workspace / "published").iterdir()) == []


@pytest.mark.usefixtures("model_in_name")
def test_a_night_that_was_purged_whole_and_is_there_again_is_found(small: Small) -> None:
    kept = small.copied_to(small.folder.parent / "backup")
    purge(small.config, before=NIGHTS[1], yes=True)
    assert verify(small.config).problems == []

    kept.night(NIGHTS[0]).rename(small.night(NIGHTS[0]))
    assert verify(small.config).problems == [f"{NIGHTS[0]}: was purged whole, and is there again"]


def test_quarantined_rows_go_by_their_own_date_and_else_by_their_loads(small: Small) -> None:
    purge(small.config, before=DAY, yes=True)
    # Two of the three: one of the 9th goes; one of the 30th, and one without a readable date, stay.
    assert len(small.rows("FROM store.quarantine")) == 2
    purge(small.config, before=dt.date(2025, 10, 7), yes=True)
    assert small.rows("FROM store.quarantine") == []


def test_a_dry_run_changes_no_byte_and_says_that_the_year_is_cut(small: Small) -> None:
    before = every_byte(small.folder)
    report = purge(small.config, before=DAY)
    assert every_byte(small.folder) == before
    assert any("school year 2026 is cut in two" in each for each in report.cannot_remove())
    assert report.counts["store"]["attendance"] == 2


def test_the_next_full_extract_brings_nothing_back(small: Small) -> None:
    purge(small.config, before=DAY, yes=True)
    tables = ("calendar", "attendance", "nurse_visits", "enrollments", "meal_programs", "coverage")
    kept = small.tables(*tables)

    report = ingest(small.config, loaded_at=dt.datetime(2025, 10, 7, 4))

    now = small.tables(*tables)
    for table in tables:
        assert now[table] == kept[table], table
    assert {each.rows_new for each in report.tables} == {0}
    assert {each.rows_withdrawn for each in report.tables} == {0}


def test_the_log_says_which_day(small: Small) -> None:
    purge(small.config, before=DAY, yes=True)
    record = json.loads((small.workspace / "purges.jsonl").read_text(encoding="utf-8"))
    assert (record["kind"], record["before"], record["tombstone"]) == ("period", "2025-09-15", False)


def test_an_earlier_day_after_a_later_one_finds_nothing(small: Small) -> None:
    purge(small.config, before=DAY, yes=True)
    before = every_byte(small.workspace)
    again = purge(small.config, before=DAY - dt.timedelta(days=3), yes=True)
    assert again.in_words()[0].startswith("Nothing is left to remove: it was purged on ")
    assert every_byte(small.workspace) == before


def two_years(small: Small) -> Small:
    """Load a second district beside: last year and this one; one student left with last year's end."""
    last = (dt.date(2024, 9, 9), dt.date(2024, 10, 31))
    made = small_district(
        enrollments=[
            enrolled("LEFT-0001", entry="2024-09-09", year=2025),
            enrolled("STAYS-001", entry="2024-09-09", exit_date="2024-10-31", year=2025),
            enrolled("STAYS-001"),
        ],
        attendance=[
            {"student_id": each, "school_id": "s1", "date": "2024-10-01", "code": "A"}
            for each in ("LEFT-0001", "STAYS-001")
        ],
        calendar=[
            *calendar_rows("s1", "s2", year=2025, first=last[0], last=last[1]),
            *calendar_rows("s1", "s2"),
        ],
    )
    folder = small.folder.parent / "two years"
    ingest(write_load(made.loads[0], made.settings, folder), loaded_at=dt.datetime(2025, 10, 6, 4))
    return Small(folder)


def test_a_student_who_left_goes_with_the_year_and_one_who_stays_keeps_this_year(small: Small) -> None:
    district = two_years(small)
    purge(district.config, before=dt.date(2025, 7, 1), yes=True)

    assert district.rows("SELECT student_id FROM store.students") == [("STAYS-001",)]
    assert district.rows("SELECT student_id, school_year FROM store.enrollments") == [("STAYS-001", 2026)]
    assert naming(district.workspace, "LEFT-0001") == []


def test_attributes_that_others_replaced_before_the_day_go(small: Small) -> None:
    small.change_store(
        "INSERT INTO students BY NAME SELECT * REPLACE ('yes' AS homeless, "
        "TIMESTAMP '2025-09-10' AS known_until) FROM students WHERE student_id = 'S-0001'",
        "UPDATE students SET ordered_at = ordered_at + INTERVAL 1 DAY WHERE homeless IS NULL",
    )
    purge(small.config, before=DAY, yes=True)
    assert small.rows("SELECT homeless FROM store.students WHERE student_id = 'S-0001'") == [(None,)]


def test_where_nights_are_published_is_where_they_are_purged(small: Small) -> None:
    assert small.night() == published_folder(small.workspace, NIGHTS[1])
