"""What was purged does not come back: tombstones are held against every row that an extract brings."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ews.engine import Session, literal, open_session
from ews.errors import DataRefused
from ews.extracts.schema import ATTENDANCE, CALENDAR, ENROLLMENTS, MEAL_PROGRAMS, SCHOOLS, STUDENTS, Table
from ews.extracts.typed import PROBLEMS, prepare
from ews.store.schema import create_tables
from ews.store.tombstones import (
    COPY_FILE,
    KEY_FILE,
    add_purged_period,
    add_tombstone,
    drop_purged,
    ensure_key,
    keep_copy,
    purge_key,
    student_hash,
)

AT = dt.datetime(2026, 2, 1, 12)
TYPES = {"text": "VARCHAR", "date": "DATE", "integer": "INTEGER", "number": "DOUBLE", "fraction": "DOUBLE"}


@pytest.fixture
def session() -> Iterator[Session]:
    """An empty store attached as ``store``, and no rows yet."""
    with open_session() as opened:
        opened.execute("ATTACH ':memory:' AS store")
        create_tables(opened)
        prepare(opened)
        yield opened


def bring(session: Session, table: Table, rows: Sequence[dict[str, str]]) -> None:
    """Make ``typed_<table>`` of rows; the first is row 1, on line 2."""
    columns = ", ".join(f'"{each.name}" {TYPES.get(each.type, "TIMESTAMP")}' for each in table.columns)
    place = "_row BIGINT, _file VARCHAR, _line BIGINT"
    session.execute(f"CREATE OR REPLACE TEMP TABLE typed_{table.name} ({columns}, {place})")
    for number, row in enumerate(rows, start=1):
        names = ", ".join(f'"{name}"' for name in row)
        cells = ", ".join(literal(value) if value else "NULL" for value in row.values())
        session.execute(
            f"INSERT INTO typed_{table.name} ({names}, _row, _file, _line) "
            f"VALUES ({cells}, {number}, 'file.csv', {number + 1})"
        )


def left(session: Session, table: Table, column: str = "student_id") -> list[str]:
    return [str(each) for (each,) in session.rows(f"SELECT {column} FROM typed_{table.name} ORDER BY _line")]


def attendance(*students: str, date: str = "2025-09-09") -> list[dict[str, str]]:
    return [{"student_id": each, "school_id": "s1", "date": date, "code": "A"} for each in students]


def test_a_tombstone_is_the_keyed_hash_of_the_standard(tmp_path: Path) -> None:
    key = ensure_key(tmp_path)
    assert len(key) == 32
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    assert ensure_key(tmp_path) == key, "the key is made once"
    assert student_hash(key, "Ünï-7") == hmac.new(key, "Ünï-7".encode(), hashlib.sha256).hexdigest()


def test_rows_of_purged_students_are_dropped_and_counted(session: Session, tmp_path: Path) -> None:
    key = ensure_key(tmp_path)
    for student in ("00123", "Ünï'\"\\-7"):
        add_tombstone(session, key, student, AT, database="store")
    bring(session, ATTENDANCE, attendance("00123", "00124", "00123", "Ünï'\"\\-7", "001234"))

    assert drop_purged(session, ATTENDANCE, purge_key(session, tmp_path)) == 3
    assert left(session, ATTENDANCE) == ["00124", "001234"]


def test_the_hash_in_the_database_is_the_one_in_python(session: Session, tmp_path: Path) -> None:
    """Of a thousand ids, those and only those with a tombstone are dropped."""
    key = ensure_key(tmp_path)
    ids = [f"{number * 7919:08d}" for number in range(1_000)]
    purged = set(ids[::37])
    for student in purged:
        add_tombstone(session, key, student, AT, database="store")
    bring(session, STUDENTS, [{"student_id": each} for each in ids])

    assert drop_purged(session, STUDENTS, purge_key(session, tmp_path)) == len(purged)
    assert left(session, STUDENTS) == [each for each in ids if each not in purged]


def test_without_tombstones_nothing_is_dropped_and_no_key_is_asked_for(
    session: Session, tmp_path: Path
) -> None:
    bring(session, ATTENDANCE, attendance("00123"))
    assert purge_key(session, tmp_path) is None
    assert drop_purged(session, ATTENDANCE, None) == 0
    assert left(session, ATTENDANCE) == ["00123"]
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_students_is_left_alone(session: Session, tmp_path: Path) -> None:
    key = ensure_key(tmp_path)
    add_tombstone(session, key, "s1", AT, database="store")
    bring(session, SCHOOLS, [{"school_id": "s1", "school_name": "One"}])
    assert drop_purged(session, SCHOOLS, key) == 0


def test_a_purged_students_row_is_not_listed_as_a_problem_either(session: Session, tmp_path: Path) -> None:
    """What is listed there would be set aside with all its cells."""
    key = ensure_key(tmp_path)
    add_tombstone(session, key, "00123", AT, database="store")
    bring(session, ATTENDANCE, attendance("00123", "00124"))
    for table, row in (("attendance", 1), ("attendance", 2), ("nurse_visits", 1)):
        session.execute(
            f"INSERT INTO {PROBLEMS} VALUES ('{table}', {row}, 'file.csv', {row + 1}, 'unreadable date')"
        )

    assert drop_purged(session, ATTENDANCE, key) == 1
    assert session.rows(f"SELECT table_name, number FROM {PROBLEMS} ORDER BY ALL") == [
        ("attendance", 2),
        ("nurse_visits", 1),
    ]


def test_an_unknown_id_that_would_be_a_purged_one_with_its_zeros_is_dropped(
    session: Session, tmp_path: Path
) -> None:
    """It would be set aside as an unknown student, with everything in its row."""
    key = ensure_key(tmp_path)
    add_tombstone(session, key, "00123", AT, database="store")
    session.execute("CREATE TEMP TABLE known_students AS SELECT '0456' AS student_id")
    bring(session, ATTENDANCE, attendance("123", "456", "1234", "x123"))
    assert drop_purged(session, ATTENDANCE, key) == 1
    assert left(session, ATTENDANCE) == ["456", "1234", "x123"]


def test_another_student_whose_id_differs_by_zeros_is_not_dropped(session: Session, tmp_path: Path) -> None:
    key = ensure_key(tmp_path)
    add_tombstone(session, key, "00123", AT, database="store")
    session.execute("CREATE TEMP TABLE known_students AS SELECT '123' AS student_id")
    bring(session, ATTENDANCE, attendance("123"))
    assert drop_purged(session, ATTENDANCE, key) == 0


def test_without_the_key_a_load_is_refused(session: Session, tmp_path: Path) -> None:
    key = ensure_key(tmp_path)
    add_tombstone(session, key, "00123", AT, database="store")
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(DataRefused, match="the key they were made with is missing") as refusal:
        purge_key(session, tmp_path)
    assert refusal.value.exit_code == 20
    bring(session, ATTENDANCE, attendance("00123"))
    with pytest.raises(DataRefused, match="missing"):
        drop_purged(session, ATTENDANCE, None)


@pytest.mark.parametrize("content", [bytes(32), b"short"])
def test_with_another_key_a_load_is_refused(session: Session, tmp_path: Path, content: bytes) -> None:
    key = ensure_key(tmp_path)
    add_tombstone(session, key, "00123", AT, database="store")
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(DataRefused, match="not the one"):
        purge_key(session, tmp_path)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"students": {}, "periods": {"soon": "?"}}'])
def test_a_copy_that_cannot_be_read_refuses_a_load(session: Session, tmp_path: Path, content: bytes) -> None:
    (tmp_path / COPY_FILE).write_bytes(content)
    with pytest.raises(DataRefused, match="cannot be read"):
        purge_key(session, tmp_path)


def test_a_store_that_is_made_anew_still_knows_whom_to_keep_out(session: Session, tmp_path: Path) -> None:
    key = ensure_key(tmp_path)
    add_tombstone(session, key, "00123", AT, database="store")
    add_purged_period(session, dt.date(2024, 7, 1), AT, database="store")
    keep_copy(session, tmp_path, database="store")
    assert (tmp_path / COPY_FILE).stat().st_mode & 0o077 == 0
    assert "00123" not in (tmp_path / COPY_FILE).read_text()

    session.execute("DETACH store")
    session.execute("ATTACH ':memory:' AS store")
    create_tables(session)
    bring(session, ATTENDANCE, [*attendance("00123", "00124"), *attendance("00125", date="2024-06-30")])
    assert drop_purged(session, ATTENDANCE, purge_key(session, tmp_path)) == 2
    assert left(session, ATTENDANCE) == ["00124"]

    keep_copy(session, tmp_path, database="store")
    assert session.value("SELECT count(*) FROM store.tombstones") == 2
    assert session.rows("SELECT before FROM store.purged_periods") == [(dt.date(2024, 7, 1),)]


@pytest.fixture
def since_january(session: Session) -> Session:
    """Everything before 2025-01-06 was purged; the school's calendar begins there."""
    add_purged_period(session, dt.date(2024, 7, 1), AT, database="store")
    add_purged_period(session, dt.date(2025, 1, 6), AT, database="store")
    session.execute(
        "CREATE TEMP TABLE known_calendar AS SELECT 's1' AS school_id, DATE '2025-01-06' AS date, "
        "2025 AS school_year UNION ALL SELECT 's1', DATE '2025-06-10', 2025 "
        "UNION ALL SELECT 's1', DATE '2026-06-10', 2026"
    )
    return session


@pytest.mark.parametrize("table", [ATTENDANCE, CALENDAR])
def test_rows_before_the_newest_purged_day_are_dropped(since_january: Session, table: Table) -> None:
    days = ("2023-09-01", "2025-01-05", "2025-01-06", "2025-01-07")
    bring(since_january, table, [{"school_id": "s1", "date": day} for day in days])
    assert drop_purged(since_january, table, None) == 2
    assert left(since_january, table, "date") == ["2025-01-06", "2025-01-07"]


@pytest.mark.parametrize(
    ("entry", "exit_date", "year", "goes"),
    [
        ("2024-09-03", "2024-12-20", "2025", True),
        ("2024-09-03", "2025-01-05", "2025", True),
        ("2024-09-03", "2025-01-06", "2025", False),
        ("2024-09-03", "", "2025", False),
        ("2023-09-05", "", "2024", True),  # no exit was ever recorded, and that year is over
        ("2023-09-05", "2025-06-30", "2024", True),  # an exit beyond its year, for which there is no calendar
        ("2025-09-02", "", "2026", False),
    ],
)
def test_a_spell_is_dropped_only_if_it_was_over_before_the_day(
    since_january: Session, entry: str, exit_date: str, year: str, goes: bool
) -> None:
    spell = {
        "student_id": "1",
        "school_id": "s1",
        "entry_date": entry,
        "exit_date": exit_date,
        "school_year": year,
        "grade": "05",
    }
    bring(since_january, ENROLLMENTS, [spell])
    assert drop_purged(since_january, ENROLLMENTS, None) == int(goes)


def test_a_late_exit_of_a_spell_that_is_still_stored_is_a_correction(since_january: Session) -> None:
    """Dropped, it would leave the spell open for good."""
    spell = {
        "student_id": "1",
        "school_id": "s1",
        "entry_date": "2024-09-03",
        "exit_date": "2024-12-20",
        "school_year": "2025",
        "grade": "05",
    }
    since_january.execute(
        "INSERT INTO store.enrollments BY NAME SELECT '1' AS student_id, 's1' AS school_id, "
        "DATE '2024-09-03' AS entry_date, now()::TIMESTAMP AS known_from, now()::TIMESTAMP AS known_until, "
        "now()::TIMESTAMP AS ordered_at, false AS withdrawn, 1 AS load_id"
    )
    bring(since_january, ENROLLMENTS, [spell])
    assert drop_purged(since_january, ENROLLMENTS, None) == 0


def test_a_meal_program_that_still_runs_is_not_dropped(since_january: Session) -> None:
    programs = [
        {"student_id": str(number), "program": "lunch", "start_date": "2023-09-05", "end_date": end}
        for number, end in enumerate(("2024-06-10", "2025-01-06", ""))
    ]
    bring(since_january, MEAL_PROGRAMS, programs)
    assert drop_purged(since_january, MEAL_PROGRAMS, None) == 1
    assert left(since_january, MEAL_PROGRAMS) == ["1", "2"]
