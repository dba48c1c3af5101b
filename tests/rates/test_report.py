"""What ``ews rates`` says of a district: which year, which definitions, how far the figures go."""

from __future__ import annotations

import csv
import datetime as dt
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ews.config import Config, load_config
from ews.engine import Session, open_reader
from ews.equity.suppression import SUPPRESSED
from ews.errors import DataRefused, UsageError
from ews.label import outcomes
from ews.rates.choice import chosen
from ews.rates.counts import Column
from ews.rates.csv_file import CSV_COLUMNS, write_csv
from ews.rates.notes import notes_of
from ews.rates.report import Rates, count_columns, rates
from ews.rates.school_year import view_year
from ews.rates.table import tables_of, text_of
from ews.store.ingest import ingest
from ews.store.schema import store_path
from tests.data.small import SETTINGS, calendar_rows, enrolled, small_district
from tests.generators.writing import write_load
from tests.reference.settings import Row

OWN = {
    "threshold": 0.1,
    "beside": ["edfacts", "new_jersey", "ohio_hours", {"name": "strict", "threshold": 0.05}],
}
ABSENT = {"s1": 40, "s2": 24}
"""Students with four days of absence in forty, at each of two schools of eighty."""


def pupils(school: str) -> list[str]:
    return [f"{school}-{number:02d}" for number in range(80)]


def absences(year: int) -> list[Row]:
    """Four days in a row: exactly ten percent; and two days of twelve others: five percent."""
    rows = []
    for school, many in ABSENT.items():
        for number, student in enumerate(pupils(school)[: many + 12]):
            for day in range(9, 13 if number < many else 11):
                date = f"{year - 1}-09-{day:02d}"
                rows.append({"student_id": student, "school_id": school, "date": date, "code": "A"})
    return rows


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A district of two years: 2025 is over, of 2026 twenty days have passed; a third school is silent."""
    folder = tmp_path_factory.mktemp("rates")
    students = [(school, student) for school in ABSENT for student in pupils(school)]
    grades = {student: "05" if int(student[-2:]) < 76 else "06" for _, student in students}
    earlier = {"first": dt.date(2024, 9, 9), "last": dt.date(2024, 11, 1)}
    district = small_district(
        enrollments=[
            enrolled(student, school, f"{year - 1}-09-08", year=year, grade=grades[student])
            for year in (2025, 2026)
            for school, student in students
        ]
        + [enrolled("unseen", "s3")],
        attendance=[*absences(2025), *absences(2026)],
        calendar=[
            *calendar_rows("s1", "s2", year=2025, **earlier),
            *calendar_rows("s1", "s2"),
            *[row | {"minutes": ""} for row in calendar_rows("s3", first=dt.date(2025, 9, 9))],
        ],
        schools=[{"school_id": each, "school_name": f"School {each}"} for each in ("s1", "s2", "s3")],
        covers_to=None,
    )
    load = district.loads[0]
    final = {"student_id": "s1-00", "school_id": "s1", "code": "T"}
    load.rows["attendance"] += [
        final | {"date": "2024-11-01"},
        {**final, "school_id": "s2", "student_id": "s2-00", "date": "2024-11-01"},
        final | {"date": "2025-10-03"},
        {**final, "school_id": "s2", "student_id": "s2-00", "date": "2025-10-01"},
    ]
    made = write_load(load, SETTINGS, folder, definition=OWN)
    ingest(made, loaded_at=load.at)
    return made


@pytest.fixture(scope="module")
def session(config: Config) -> Iterator[Session]:
    with open_reader(store_path(config.workspace_dir)) as opened:
        yield opened


@pytest.fixture(scope="module")
def over(session: Session, config: Config) -> Rates:
    """The year that is over."""
    return rates(session, config, school_year=2025)


def test_the_newest_year_with_attendance_is_shown_as_far_as_each_school_reported(
    session: Session, config: Config
) -> None:
    found = rates(session, config, names=["district"])
    assert (found.year.school_year, found.year.complete) == (2026, False)
    reaches = {each.school_id: each.counted_to for each in found.year.schools}
    assert reaches == {"s1": dt.date(2025, 10, 3), "s2": dt.date(2025, 10, 1), "s3": None}
    notes = " ".join(notes_of(found))
    assert "School year 2025-26 is in progress; the figures go to 2025-10-03." in notes
    assert "s2 to 2025-10-01" in notes
    assert "No attendance was delivered for s3: nobody is counted there." in notes


def test_of_a_year_that_is_over_all_days_count(over: Rates) -> None:
    assert (over.year.complete, over.year.counted_to) == (True, (dt.date(2024, 11, 1), dt.date(2024, 11, 1)))
    assert notes_of(over)[0].startswith(
        "School year 2024-25 is over: all of its days count; the figures go to"
    )
    cell = over.cells[Column("district", "district")]
    assert (cell["district", ""].n, cell["district", ""].chronic) == (160, 64)
    assert (cell["school", "s2"].n, cell["school", "s2"].chronic) == (80, 24)


@pytest.mark.parametrize("grain", ["district", "school"])
def test_the_rate_of_a_year_that_is_over_is_that_of_the_labels_that_the_model_learns(
    session: Session, config: Config, grain: str
) -> None:
    own = config.definition.model_copy(update={"grain": grain})
    labels = outcomes(session, config.model_copy(update={"definition": own}))
    labels = labels[labels["school_year"] == 2025]
    view = view_year(session, config, 2025)
    columns = count_columns(view, [config.definition.named], ("district", "school")).columns
    total = columns[Column("district", grain)].total  # type: ignore[arg-type]
    assert (total.n, total.chronic) == (len(labels), int(labels["label"].sum()))


def test_small_grades_are_suppressed_and_so_is_what_would_tell_them(over: Rates) -> None:
    """Eight students are in grade 06: with the total known, grade 05 is hidden with them."""
    cells = over.cells[Column("district", "district")]
    assert {cells["grade", grade].n for grade in ("05", "06")} == {SUPPRESSED}
    assert text_of(cells["grade", "06"]) == "suppressed"
    assert text_of(cells["district", ""]) == "40.0% (64 of 160)"


def test_a_definition_that_needs_minutes_says_where_there_are_none(
    session: Session, config: Config, tmp_path: Path
) -> None:
    """The silent school has none, but nobody's day counts there; without them at s1 there is no figure."""
    assert rates(session, config, school_year=2025).not_computed == {}
    district = small_district(
        enrollments=[enrolled(student) for student in pupils("s1")],
        calendar=[row | {"minutes": ""} for row in calendar_rows("s1", "s2")],
    )
    made = write_load(district.loads[0], SETTINGS, tmp_path, definition=OWN)
    ingest(made, loaded_at=district.loads[0].at)
    with open_reader(store_path(made.workspace_dir)) as opened:
        found = rates(opened, made)
        with pytest.raises(
            DataRefused, match="no minutes in the calendar for 20 days of instruction at 1 school"
        ):
            rates(opened, made, names=["ohio_hours", "ohio_excessive"])
    assert list(found.not_computed) == ["ohio_hours"]
    assert not [column for column in found.cells if column.definition == "ohio_hours"]
    assert [row[1] for row in tables_of(found)[0].rows if row[0] == "ohio_hours"] == ["not computed"]
    assert any(
        "ohio_hours cannot be computed: no minutes in the calendar" in note for note in notes_of(found)
    )


def test_the_steps_are_told_in_words(over: Rates) -> None:
    notes = notes_of(over)
    assert "edfacts counts as district does." in notes
    assert (
        "strict counts 24 more as chronically absent than district (88 against 64): 24 more, because the "
        "bound is 5% or more of the days enrolled." in notes
    )
    assert (
        "new_jersey counts 64 fewer as chronically absent than district (0 against 64): 64 fewer, because "
        "students with fewer than 45 days enrolled are left out." in notes
    )


def test_the_machine_readable_object_holds_no_small_number(over: Rates) -> None:
    found = json.loads(json.dumps(over.as_dict()))
    assert found["min_cell"] == 10
    assert [each["name"] for each in found["definitions"]] == [
        "district",
        "edfacts",
        "new_jersey",
        "ohio_hours",
        "strict",
    ]
    for row in found["rates"]:
        for figure in (row["n"], row["chronic"]):
            assert figure == "suppressed" or figure == 0 or figure >= 10
    assert {row["by"] for row in found["rates"]} == {"district", "school", "grade"}
    assert found["reconciliations"][0]["to"] == {"definition": "district", "grain": "school"}


def test_tables_have_a_row_for_every_school_and_grade_and_columns_that_fit(over: Rates) -> None:
    tables = tables_of(over)
    assert all(len(row) == len(table.headings) for table in tables for row in table.rows)
    assert all(len(table.headings) <= 6 for table in tables)
    assert tables[0].title == "Chronically absent in Generated, school year 2024-25"
    schools = next(table for table in tables if table.title.startswith("By school, following the student"))
    assert [row[0] for row in schools.rows] == ["s1 School s1", "s2 School s2", "all"]
    only_grades = tables_of(over, ["grade"])
    assert [t.title for t in only_grades if t.title.startswith("By school")] == []


def test_the_file_has_a_row_for_every_cell_and_only_its_owner_reads_it(over: Rates, tmp_path: Path) -> None:
    write_csv(over, tmp_path / "rates.csv")
    with (tmp_path / "rates.csv").open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == sum(len(cells) for cells in over.cells.values())
    first = rows[0]
    assert (first["definition"], first["by"], first["students"], first["rate"]) == (
        "district",
        "district",
        "160",
        "0.4",
    )
    assert {row["students"] for row in rows if row["group"] == "06" and row["definition"] == "edfacts"} == {
        "suppressed"
    }
    assert stat.S_IMODE((tmp_path / "rates.csv").stat().st_mode) == 0o600
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="could not be written"):
        write_csv(over, tmp_path / "file" / "rates.csv")


def test_one_definition_alone_at_one_grain_has_nothing_beside_it(session: Session, config: Config) -> None:
    found = rates(session, config, school_year=2025, names=["new_jersey"], grains=["school"])
    assert list(found.cells) == [Column("new_jersey", "school")]
    assert found.reconciliations == ()
    assert found.cells[Column("new_jersey", "school")]["district", ""].n == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"school_year": 2031}, "the calendar has no school year 2031"),
        ({"names": ["edfact"]}, "there is no definition 'edfact'"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(
    session: Session, config: Config, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        rates(session, config, **arguments)


def test_a_definition_that_is_not_counted_at_the_grain_asked_for_is_a_mistake(
    session: Session, config: Config
) -> None:
    own = config.definition.model_copy(
        update={
            "beside": config.definition.model_validate({"beside": [{"name": "x", "grain": "school"}]}).beside
        }
    )
    changed = config.model_copy(update={"definition": own})
    with pytest.raises(UsageError, match="none of these definitions is counted at that grain"):
        rates(session, changed, school_year=2025, names=["x"], grains=["district"])
    found = rates(session, changed, school_year=2025, names=["district", "x"])
    assert [column for column in found.cells if column.definition == "x"] == [Column("x", "school")]


def test_presets_can_be_asked_for_without_being_configured(config: Config) -> None:
    assert [each.name for each in chosen(config.definition)] == [
        "district",
        "edfacts",
        "new_jersey",
        "ohio_hours",
        "strict",
    ]
    assert [each.name for each in chosen(config.definition, ["wisconsin", "strict", "wisconsin"])] == [
        "wisconsin",
        "strict",
    ]


def test_the_configuration_is_read_from_the_file_with_its_mistakes_named(
    config: Config, tmp_path: Path
) -> None:
    document = json.loads((config.folder / "district.yaml").read_text())
    document["definition"] = {"beside": ["californa"]}
    (tmp_path / "district.yaml").write_text(json.dumps(document))
    with pytest.raises(
        UsageError, match=r"definition.beside.0: no such definition \(did you mean 'california'"
    ):
        load_config(tmp_path / "district.yaml")


def test_a_school_that_stopped_reporting_in_a_year_that_is_over_is_named(tmp_path: Path) -> None:
    """Of two schools one reported to the end; of the other, days without a record count as attended."""
    last = [{"student_id": "a", "school_id": "s1", "date": "2025-10-31", "code": "T"}]
    early = [{"student_id": "b", "school_id": "s2", "date": "2025-10-17", "code": "A"}]
    district = small_district(
        enrollments=[enrolled("a", "s1"), enrolled("b", "s2")], attendance=last + early, covers_to=None
    )
    made = write_load(district.loads[0], SETTINGS, tmp_path)
    ingest(made, loaded_at=district.loads[0].at)
    with open_reader(store_path(made.workspace_dir)) as opened:
        found = rates(opened, made)
    assert found.year.complete
    assert "Days without any attendance delivered count as attended: s2 (10 days)." in notes_of(found)


def test_where_nobody_is_enrolled_nobody_is_counted(tmp_path: Path) -> None:
    """The only school that reported is one at which nobody is enrolled."""
    district = small_district(
        enrollments=[enrolled("a", "s1")],
        attendance=[{"student_id": "a", "school_id": "s2", "date": "2025-10-03", "code": "A"}],
        covers_to=None,
    )
    made = write_load(district.loads[0], SETTINGS, tmp_path)
    ingest(made, loaded_at=district.loads[0].at)
    with open_reader(store_path(made.workspace_dir)) as opened:
        found = rates(opened, made, names=["district", "ohio_hours", "wisconsin"], grains=["district"])
    assert {text_of(cells["district", ""]) for cells in found.cells.values()} == {"–"}
    assert not any("schools add up" in note for note in notes_of(found))
    assert [len(table.rows) for table in tables_of(found)][:3] == [3, 1, 1]
