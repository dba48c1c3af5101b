"""Whose midnight counts, what a clock that goes back may change, and how one school year follows another."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from ews.engine import open_reader
from ews.school_calendar import start_of_day_utc, today_in
from tests.pipeline.at_work import AS_OF, TIMEZONE, AtWork, copy_of, nights_of
from tests.pipeline.night_clock import restore_server_zone, set_clock, set_server_zone

HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)
NEXT = dt.date(2026, 1, 16)

STANDARD = {"America/New_York": -5, "America/Anchorage": -9, "Pacific/Honolulu": -10, "America/Phoenix": -7}
"""Hours from UTC in winter. The first two have daylight saving time, the last two never had it since 1968."""

SAVING = {"America/New_York", "America/Anchorage"}
HALF_PAST_TWO = dt.time(2, 30)
DATES = [dt.date(2025, 8, 1) + dt.timedelta(days=number) for number in range(365)]


def sunday(year: int, month: int, number: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(6 - first.weekday()) % 7 + 7 * (number - 1))


def hours_from_utc(zone: str, wall: dt.datetime) -> int:
    """The law, without a library: from the second Sunday of March to the first of November, at 2."""
    two = dt.time(2)
    begins = dt.datetime.combine(sunday(wall.year, 3, 2), two)
    ends = dt.datetime.combine(sunday(wall.year, 11, 1), two)
    return STANDARD[zone] + (zone in SAVING and begins <= wall < ends)


def moment_of(zone: str, wall: dt.datetime) -> dt.datetime:
    """The moment, in UTC, at which clocks on the wall of a zone show a time."""
    return (wall - hours_from_utc(zone, wall) * HOUR).replace(tzinfo=dt.UTC)


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def server_elsewhere(request: pytest.FixtureRequest) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        set_server_zone(patch, request.param)
        yield request.param
    restore_server_zone()


@pytest.fixture
def fresh(in_service: AtWork, tmp_path: Path) -> AtWork:
    """A copy whose calendar, enrollments and attendance a test may change."""
    return copy_of(in_service, tmp_path / "district")


def landing(district: AtWork) -> str:
    return " ".join((district.workspace / "published" / "index.html").read_text(encoding="utf-8").split())


def answer_of(
    district: AtWork, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    exit_code = district.run(*arguments, "--json")
    return exit_code, json.loads(capsys.readouterr().out)


def at(monkeypatch: pytest.MonkeyPatch, day: dt.date, time: dt.time = HALF_PAST_TWO) -> None:
    """Let it be a time on the district's own clocks."""
    set_clock(monkeypatch, dt.datetime.combine(day, time, ZoneInfo(TIMEZONE)))


# --- whose midnight


@pytest.mark.parametrize("zone", STANDARD)
def test_today_is_the_districts_date_wherever_the_server_stands(
    zone: str, server_elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year of nights, those in which clocks change among them, around midnight and around the change."""
    assert server_elsewhere
    for day in DATES:
        for time in (dt.time(), dt.time(0, 0, 1), dt.time(1, 59, 59), dt.time(3, 30), dt.time(23, 59, 59)):
            set_clock(monkeypatch, moment_of(zone, dt.datetime.combine(day, time)))
            assert today_in(zone) == day, (zone, day, time)


@pytest.mark.parametrize("zone", STANDARD)
def test_a_day_begins_at_the_districts_midnight_on_all_days_of_a_year(zone: str) -> None:
    for day in DATES:
        midnight = moment_of(zone, dt.datetime.combine(day, dt.time()))
        assert start_of_day_utc(day, zone) == midnight.replace(tzinfo=None), (zone, day)


@pytest.mark.parametrize(
    ("wall", "expected"),
    [(dt.datetime(2026, 1, 14, 23, 59, 59), dt.date(2026, 1, 14)), (dt.datetime(2026, 1, 15), AS_OF)],
    ids=["a second before midnight", "midnight"],
)
def test_a_night_is_for_the_day_that_it_is_in_the_district(
    wall: dt.datetime,
    expected: dt.date,
    server_elsewhere: str,
    fresh: AtWork,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert server_elsewhere
    set_clock(monkeypatch, moment_of(TIMEZONE, wall))

    exit_code, answer = answer_of(fresh, capsys, "score")

    assert (exit_code, answer["as_of"]) == (0, expected.isoformat())


# --- a clock that goes back


def loads_of(district: AtWork) -> list[dt.datetime]:
    with open_reader(district.store) as session:
        rows = session.rows(
            "SELECT loaded_at FROM store.loads WHERE table_name = 'attendance' ORDER BY load_id"
        )
    return [time for (time,) in rows]


def drop_a_tardy(district: AtWork, date: str) -> None:
    """Take one tardy out of a full extract: the next load withdraws it."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        tardy = rows.index[(rows["date"] == date) & (rows["code"] == "T")]
        return rows.drop(tardy[:1])

    district.change_extract("attendance", change)


@pytest.mark.slow
def test_a_clock_that_goes_back_makes_no_load_older_and_moves_no_reader_back(
    fresh: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.store.unlink()
    at(monkeypatch, dt.date(2026, 1, 12))
    assert fresh.run("ingest") == 0
    at(monkeypatch, NEXT)
    drop_a_tardy(fresh, "2026-01-13")
    assert answer_of(fresh, capsys, "nightly")[0] == 0
    ahead = (fresh.workspace / "published" / NEXT.isoformat() / "manifest.json").read_bytes()

    at(monkeypatch, dt.date(2026, 1, 13))
    drop_a_tardy(fresh, "2026-01-12")
    exit_code, answer = answer_of(fresh, capsys, "nightly")

    assert (exit_code, answer["as_of"]) == (0, "2026-01-13")
    loads = loads_of(fresh)
    assert loads == sorted(loads)
    assert loads[-1] == loads[-2]
    assert (fresh.workspace / "published" / "LATEST").read_text().strip() == NEXT.isoformat()
    assert (fresh.workspace / "published" / NEXT.isoformat() / "manifest.json").read_bytes() == ahead

    at(monkeypatch, NEXT, dt.time(4))
    assert answer_of(fresh, capsys, "nightly")[0] == 0
    assert fresh.run("verify") == 0


# --- nights on which nothing ran


def test_the_next_night_says_for_which_school_days_none_was_made(
    fresh: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From Thursday to the Wednesday after; Monday is a holiday."""
    wednesday = dt.date(2026, 1, 21)
    at(monkeypatch, wednesday)

    exit_code, answer = answer_of(fresh, capsys, "nightly")

    sentence = (
        "No lists were made for 2 school days since the last ones: January 16, 2026 and January 20, 2026."
    )
    assert (exit_code, answer["missed"]) == (0, ["2026-01-16", "2026-01-20"])
    assert sentence in (fresh.published(wednesday) / "run.html").read_text(encoding="utf-8")
    line = json.loads((fresh.workspace / "nights.jsonl").read_text().splitlines()[-1])
    assert line["missed"] == ["2026-01-16", "2026-01-20"]
    assert answer_of(fresh, capsys, "status")[1]["missed"] == ["2026-01-16", "2026-01-20"]
    assert fresh.run("status") == 0
    assert sentence in capsys.readouterr().out


def test_a_night_after_a_night_has_missed_none(
    fresh: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(monkeypatch, NEXT)
    assert answer_of(fresh, capsys, "nightly")[1]["missed"] == []
    assert "No lists were made" not in (fresh.published(NEXT) / "run.html").read_text(encoding="utf-8")


# --- from one school year to the next

FIRST_DAY = dt.date(2026, 9, 1)
"""The first school day of 2026-27: a year of 52 weeks after that of 2025-26."""


def put_a_year_later(rows: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    later = rows.copy()
    for column in columns:
        moved = pd.to_datetime(later[column].where(later[column] != "")) + pd.Timedelta(weeks=52)
        later[column] = moved.dt.strftime("%Y-%m-%d").fillna("")
    if "school_year" in later:
        later["school_year"] = "2027"
    return later


def add_the_new_calendar(district: AtWork) -> None:
    district.change_extract(
        "calendar",
        lambda rows: pd.concat([rows, put_a_year_later(rows.loc[rows["school_year"] == "2026"], ("date",))]),
    )


def add_the_new_students(district: AtWork) -> None:
    """The same students a year on; the new year has no absence yet but those of its first days."""
    district.change_extract(
        "enrollments",
        lambda rows: pd.concat(
            [
                rows,
                put_a_year_later(
                    rows.loc[(rows["school_year"] == "2026") & (rows["exit_date"] == "")], ("entry_date",)
                ).assign(entry_date=FIRST_DAY.isoformat()),
            ]
        ),
    )
    first_days = ["2025-09-02", "2025-09-03", "2025-09-04"]
    district.change_extract(
        "attendance",
        lambda rows: pd.concat(
            [
                rows,
                put_a_year_later(
                    rows.loc[rows["date"].isin(first_days)].drop_duplicates(["student_id", "date"]), ("date",)
                ).assign(recorded_at=""),
            ]
        ),
    )


@pytest.fixture
def august(fresh: AtWork) -> AtWork:
    """The new calendar is there, the new students are not."""
    add_the_new_calendar(fresh)
    return fresh


def test_before_the_first_day_of_the_new_year_the_old_lists_are_said_to_be_over(
    august: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = nights_of(august)
    at(monkeypatch, dt.date(2026, 8, 24))

    exit_code, answer = answer_of(august, capsys, "nightly")

    assert (exit_code, answer["outcome"]) == (0, "closed")
    assert nights_of(august) == before
    assert "The school year of these lists ended on June 9, 2026" in landing(august)
    exit_code, answer = answer_of(august, capsys, "status")
    assert (exit_code, answer["year_ended"]) == (0, "2026-06-09")


def test_a_year_that_has_begun_without_students_makes_no_list_and_no_alarm(
    august: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = nights_of(august)
    at(monkeypatch, FIRST_DAY)

    exit_code, answer = answer_of(august, capsys, "nightly")

    assert (exit_code, answer["outcome"], answer["published"]) == (0, "no_students", None)
    assert nights_of(august) == before
    assert "The school year of these lists ended on June 9, 2026" in landing(august)
    assert "of the school year that is over" in landing(august)
    assert answer_of(august, capsys, "status")[0] == 0

    assert august.run("nightly") == 0
    assert "has begun and nobody is enrolled in it yet" in capsys.readouterr().out


@pytest.mark.slow
def test_students_that_do_not_arrive_in_the_first_days_are_missed(
    august: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five school days of patience (nightly.stale_after_school_days); the sixth is refused and shows."""
    at(monkeypatch, dt.date(2026, 9, 7))
    assert answer_of(august, capsys, "nightly")[0] == 0
    at(monkeypatch, dt.date(2026, 9, 8))

    exit_code, answer = answer_of(august, capsys, "nightly")

    assert exit_code == 20
    assert "nobody is enrolled on 2026-09-08" in answer["error"]["found"]
    assert answer_of(august, capsys, "status")[0] == 10


def test_whoever_asks_for_lists_of_a_year_without_students_is_told(
    august: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert august.run("ingest") == 0
    at(monkeypatch, FIRST_DAY)
    assert answer_of(august, capsys, "score")[0] == 20


@pytest.mark.slow
def test_the_first_lists_of_a_year_are_held_against_none_of_the_last(
    august: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    day = dt.date(2026, 9, 14)
    august.store.unlink()
    at(monkeypatch, dt.date(2026, 8, 3))
    assert august.run("ingest") == 0
    at(monkeypatch, FIRST_DAY)
    assert answer_of(august, capsys, "nightly")[0] == 0
    add_the_new_students(august)
    at(monkeypatch, day)

    exit_code, answer = answer_of(august, capsys, "nightly", "--as-of", day.isoformat())

    assert answer.get("outcome") == "published", answer
    assert exit_code in (0, 10)
    assert (answer["churn"], answer["missed"]) == (None, [])
    lists = [pd.read_csv(path, dtype=str) for path in (august.published(day) / "outreach").glob("*.csv")]
    assert {change for each in lists for change in each["change"]} == {"new"}
    assert "ended on" not in landing(august)
    assert august.run("verify") == 0


# --- after the last day of the calendar


def test_after_the_last_day_of_the_calendar_a_night_goes_back_to_the_newest_attendance(
    fresh: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(monkeypatch, dt.date(2026, 7, 15))

    exit_code, answer = answer_of(fresh, capsys, "nightly")

    assert (exit_code, answer["as_of"]) == (0, "2026-01-17")
    assert "outside the calendar" in answer["note"]
    assert "The school year of these lists ended on June 9, 2026" in landing(fresh)
    assert answer_of(fresh, capsys, "status")[0] == 0, "it is summer"


def test_a_summer_that_does_not_end_is_told_of(
    fresh: AtWork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(monkeypatch, dt.date(2026, 9, 15))
    assert answer_of(fresh, capsys, "nightly")[0] == 0

    exit_code, answer = answer_of(fresh, capsys, "status")

    assert exit_code == 10
    assert answer["sentences"] == [
        "The calendar ends with the school year that ended on 2026-06-09: load the next one."
    ]
