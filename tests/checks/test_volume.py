"""A load beside the loads before it: one row fewer, a delta out of size, a school that stopped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from ews.engine import Session
from ews.extracts.findings import Finding
from ews.store.volume import fewer_rows, silent_schools, unusual_delta, volume_findings
from tests.checks.by_hand import LOADED_AT, cover, derive, mark, new_extracts, open_schools, school_days

ZONE = "America/New_York"
FIVE_WEEKS = school_days(25)


@pytest.fixture
def session() -> Iterator[Session]:
    with new_extracts() as made:
        yield made


def loaded(session: Session, table: str, at: dt.datetime, rows: int, delivery: str = "delta") -> None:
    load = session.value("SELECT count(*) + 1 FROM store.loads")
    session.execute(
        f"INSERT INTO store.loads (load_id, loaded_at, table_name, delivery, rows_read) VALUES "
        f"({load}, TIMESTAMP '{at}', '{table}', '{delivery}', {rows})"
    )


@pytest.mark.parametrize(("rows", "missing"), [(999, 1), (1000, None), (1001, None), (0, 1000)])
def test_a_full_extract_with_even_one_row_fewer_is_told_with_both_counts(
    rows: int, missing: int | None, session: Session
) -> None:
    loaded(session, "attendance", dt.datetime(2025, 9, 1), 5000, "full")
    loaded(session, "attendance", dt.datetime(2025, 9, 2), 1000, "full")
    loaded(session, "students", dt.datetime(2025, 9, 2), 9000, "full")
    loaded(session, "attendance", dt.datetime(2025, 9, 3), 5000, "delta")
    findings = fewer_rows(session, "attendance", rows)
    assert [each.count for each in findings] == ([] if missing is None else [missing])
    for each in findings:
        assert f"{rows} rows" in each.sentence
        assert "the 1000 of 2025-09-02" in each.sentence


def test_a_first_load_has_nothing_to_be_compared_with(session: Session) -> None:
    assert fewer_rows(session, "attendance", 3) == []
    open_schools(session, ["s1"], FIVE_WEEKS)
    derive(session)
    assert volume_findings(session, {"attendance": ("delta", 3)}, LOADED_AT, ZONE) == []


def nightly(session: Session, nights: int, rows: int = 250, skip: tuple[int, ...] = ()) -> dt.datetime:
    """Load a delta after every calendar day, at four in the morning; return the next night's time."""
    first = dt.datetime(2025, 9, 9, 8)
    for night in range(nights):
        if night not in skip:
            loaded(session, "attendance", first + dt.timedelta(days=night), rows)
    return first + dt.timedelta(days=nights)


def delta(session: Session, rows: int, at: dt.datetime, table: str = "attendance") -> list[str]:
    derive(session)
    return [each.name for each in unusual_delta(session, table, rows, at, ZONE)]


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (0, ["unusually small delta"]),
        (49, ["unusually small delta"]),
        (50, []),
        (250, []),
        (2500, []),
        (2501, ["unusually large delta"]),
    ],
)
def test_a_delta_of_a_fifth_or_ten_times_the_usual_is_told(
    rows: int, names: list[str], session: Session
) -> None:
    open_schools(session, ["s1"], school_days(60))
    assert delta(session, rows, nightly(session, 35)) == names


def test_four_weeks_of_deltas_are_too_few_to_compare_with(session: Session) -> None:
    """The first of them came after none, which leaves three."""
    open_schools(session, ["s1"], school_days(60))
    assert delta(session, 0, nightly(session, 28)) == []


def test_after_a_night_without_a_load_the_next_one_is_compared_with_none(session: Session) -> None:
    open_schools(session, ["s1"], school_days(60))
    assert delta(session, 2_600, nightly(session, 36, skip=(35,))) == []


def test_an_empty_delta_after_a_holiday_is_as_it_should_be(session: Session) -> None:
    """Load 36 comes in the morning after Monday 2025-10-13."""
    days = [day for day in school_days(60) if day != dt.date(2025, 10, 13)]
    open_schools(session, ["s1"], days)
    at = nightly(session, 35)
    assert at.date() == dt.date(2025, 10, 14)
    assert delta(session, 0, at) == []


def test_enrollments_may_change_little_but_not_all_at_once(session: Session) -> None:
    open_schools(session, ["s1"], school_days(60))
    for night in range(35):
        loaded(session, "enrollments", dt.datetime(2025, 9, 9, 8) + dt.timedelta(days=night), 120)
    at = dt.datetime(2025, 9, 9, 8) + dt.timedelta(days=35)
    assert delta(session, 0, at, "enrollments") == []
    assert delta(session, 5_000, at, "enrollments") == ["unusually large delta"]


def silent(session: Session) -> list[Finding]:
    derive(session)
    return silent_schools(session, LOADED_AT)


@pytest.mark.parametrize(("silent_days", "told"), [(2, False), (3, True), (10, True)])
def test_a_school_with_rows_every_day_is_silent_after_three_days(
    silent_days: int, told: bool, session: Session
) -> None:
    open_schools(session, ["s1", "s2", "s3"], FIVE_WEEKS)
    for school in ("s1", "s3"):
        mark(session, school, FIVE_WEEKS, [1])
    mark(session, "s2", FIVE_WEEKS[:-silent_days], [1])
    since = FIVE_WEEKS[-silent_days - 1]
    sentence = f"no attendance any more from school s2 (since {since}), while the others deliver"
    assert [each.sentence for each in silent(session)] == ([sentence] if told else [])


@pytest.mark.parametrize(("silent_days", "told"), [(10, False), (14, True)])
def test_a_small_school_with_rows_on_every_other_day_may_be_silent_for_two_weeks(
    silent_days: int, told: bool, session: Session
) -> None:
    days = school_days(60)
    open_schools(session, ["s1", "s2", "s3"], days)
    for school in ("s1", "s3"):
        mark(session, school, days, [1])
    mark(session, "s2", days[1 : len(days) - silent_days : 2], [1])
    assert bool(silent(session)) == told


def test_stored_days_and_delivered_days_are_seen_together(session: Session) -> None:
    """A delta brings one day for two of three schools; the store knows the days before."""
    open_schools(session, ["s1", "s2", "s3"], FIVE_WEEKS)
    for school in ("s1", "s2"):
        cover(session, school, FIVE_WEEKS[:-1])
    cover(session, "s3", FIVE_WEEKS[:-3])
    cover(session, "s3", FIVE_WEEKS[-1:], stated=True)
    mark(session, "s1", FIVE_WEEKS[-1], [1])
    mark(session, "s2", FIVE_WEEKS[-1], [1])
    assert [each.count for each in silent(session)] == [1]


def test_six_of_eight_schools_that_stop_are_all_silent_and_five_are_named(session: Session) -> None:
    schools = [f"s{number}" for number in range(1, 9)]
    open_schools(session, schools, FIVE_WEEKS)
    for number, school in enumerate(schools):
        mark(session, school, FIVE_WEEKS if number < 2 else FIVE_WEEKS[:-5], [1])
    finding = silent(session)[0]
    assert finding.count == 6
    assert "school s3 (since" in finding.sentence
    assert "s7 (since 2025-10-03) and 1 more" in finding.sentence


def test_a_single_row_of_one_school_in_twelve_does_not_make_the_others_silent(session: Session) -> None:
    schools = [f"s{number}" for number in range(1, 13)]
    open_schools(session, schools, FIVE_WEEKS)
    for school in schools:
        mark(session, school, FIVE_WEEKS[:-5], [1])
    mark(session, "s4", FIVE_WEEKS[-1], [1])
    assert silent(session) == []


def test_when_all_schools_stop_the_calendar_or_the_delivery_is_to_blame_and_no_school(
    session: Session,
) -> None:
    open_schools(session, ["s1", "s2", "s3"], FIVE_WEEKS)
    for school in ("s1", "s2", "s3"):
        mark(session, school, FIVE_WEEKS[:-5], [1])
    assert silent(session) == []
