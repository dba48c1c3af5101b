"""What `ews simulate` leaves keeps the contract of the canonical extracts, as a district's files must."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ews.config import load_config
from ews.school_calendar import as_of_dates
from ews.simulate.daily_events import CODES
from tests.simulate.reading import KINDS, final_events, read, school_days, yearly

COLUMNS = {
    "schools": "school_id school_name level cep",
    "calendar": "school_id date school_year instructional minutes",
    "students": "student_id sex race_ethnicity english_learner disability economically_disadvantaged "
    "homeless foster",
    "enrollments": "student_id school_id entry_date exit_date school_year grade",
    "attendance": "student_id school_id date code absent_fraction recorded_at",
    "nurse_visits": "visit_id student_id date category disposition recorded_at",
    "meal_programs": "student_id program start_date end_date eligibility recorded_at",
    "directory": "student_id first_name last_name homeroom counselor",
}
KEYS = {
    "schools": ["school_id"],
    "calendar": ["school_id", "date"],
    "students": ["student_id"],
    "enrollments": ["student_id", "school_id", "entry_date"],
    "attendance": ["student_id", "school_id", "date", "recorded_at"],
    "nurse_visits": ["visit_id"],
    "meal_programs": ["student_id", "program", "start_date"],
    "directory": ["student_id"],
}
DATA_END = "2026-01-16"


@pytest.mark.parametrize("table", COLUMNS)
def test_every_extract_has_the_contracts_columns_and_no_key_twice(district: Path, table: str) -> None:
    rows = read(district, table)

    assert list(rows.columns) == COLUMNS[table].split()
    assert len(rows) > 0
    assert not rows.duplicated(KEYS[table]).any()


def test_the_configuration_is_valid_and_maps_every_code_that_occurs(district: Path) -> None:
    config = load_config(district / "district.yaml")

    assert config.sources.attendance.codes == KINDS
    assert set(read(district, "attendance")["code"]) == set(CODES)
    assert config.workspace_dir == (district / "workspace").resolve()
    assert config.registry_uri.endswith("mlruns/mlflow.db")
    assert config.sources.meal_programs is not None
    assert config.sources.meal_programs.authorization is not None
    assert "no real child" in config.sources.meal_programs.authorization.basis
    assert config.outreach.capacity.prevent.per_school == 15
    assert config.outreach.capacity.intensive.per_school == 10


def test_every_row_names_a_known_student_and_a_known_school(district: Path) -> None:
    students = set(read(district, "students")["student_id"])
    schools = set(read(district, "schools")["school_id"])

    for table in ("enrollments", "attendance", "nurse_visits", "meal_programs", "directory"):
        assert set(read(district, table)["student_id"]) <= students, table
    for table in ("calendar", "enrollments", "attendance"):
        assert set(read(district, table)["school_id"]) <= schools, table
    assert set(read(district, "enrollments")["student_id"]) == students


def test_attendance_happens_only_while_enrolled_and_on_school_days(district: Path) -> None:
    events, spells = final_events(district), read(district, "enrollments")
    on = set(zip(*school_days(district)[["school_id", "date"]].to_numpy().T, strict=True))

    assert set(zip(events["school_id"], events["date"], strict=True)) <= on
    spells["exit_date"] = spells["exit_date"].replace("", "2026-07-31")
    both = events.merge(spells, on=["student_id", "school_id"])
    inside = both[(both["entry_date"] <= both["date"]) & (both["date"] <= both["exit_date"])]
    assert len(inside) == len(events)


def test_spells_of_a_student_do_not_overlap_and_each_is_within_one_school_year(district: Path) -> None:
    spells = read(district, "enrollments").sort_values(["student_id", "entry_date"])
    spells["exit_date"] = spells["exit_date"].replace("", "2026-07-31")

    after = spells.groupby("student_id")["exit_date"].shift()
    assert (spells["entry_date"] > after.fillna("0000")).all()
    spring = pd.to_datetime(spells["exit_date"]).dt.year
    assert (spells["entry_date"].str[:4].astype(int) >= spells["school_year"].astype(int) - 1).all()
    assert (spring <= spells["school_year"].astype(int)).all()


def test_a_finished_year_closes_every_spell_and_the_unfinished_year_leaves_most_open(district: Path) -> None:
    spells = read(district, "enrollments")
    unfinished = spells["school_year"] == "2026"
    last_days = school_days(district).groupby("school_year")["date"].max()

    assert (spells.loc[~unfinished, "exit_date"] != "").all()
    ends = spells[~unfinished].groupby("school_year")["exit_date"].agg(lambda days: days.mode()[0])
    assert ends.to_dict() == {year: last_days[year] for year in ends.index}
    assert (spells.loc[unfinished, "exit_date"] == "").mean() > 0.9
    assert (spells.loc[unfinished, "entry_date"] <= DATA_END).all()


def test_the_last_year_has_its_whole_calendar_but_events_only_up_to_january(district: Path) -> None:
    calendar = read(district, "calendar")

    assert calendar["date"].max() >= "2026-06-01"
    assert sorted(calendar["school_year"].unique()) == ["2024", "2025", "2026"]
    for table in ("attendance", "nurse_visits"):
        rows = read(district, table)
        assert rows["date"].max() == DATA_END, table
        assert (rows["recorded_at"] < "2026-01-17").all(), table


def test_every_school_teaches_175_to_180_days(district: Path) -> None:
    days = school_days(district).groupby(["school_id", "school_year"]).size()

    assert days.between(175, 180).all()


def test_a_record_is_made_on_the_day_or_after_it_and_mostly_within_a_day(district: Path) -> None:
    rows = read(district, "attendance")
    first = rows.sort_values("recorded_at").drop_duplicates(["student_id", "school_id", "date"])
    wait = pd.to_datetime(first["recorded_at"]) - pd.to_datetime(first["date"])

    assert wait.min() >= pd.Timedelta(0)
    assert (wait <= pd.Timedelta(days=2)).mean() > 0.93
    assert wait.max() > pd.Timedelta(days=3)


def test_some_absences_are_withdrawn_and_some_excused_days_later(district: Path) -> None:
    rows = read(district, "attendance").sort_values("recorded_at", kind="stable")
    versions = rows.groupby(["student_id", "school_id", "date"])["code"].agg("".join)

    assert set(versions[versions.str.len() > 1]) == {"AE", "AP"}
    assert set(versions[versions.str.len() == 1]) <= {"A", "E", "S", "I", "T", "X"}
    assert 0.02 < (versions == "AE").mean() < 0.30
    assert 0.003 < (versions == "AP").mean() < 0.05


def test_ids_are_text_with_leading_zeros_and_tell_nothing(district: Path) -> None:
    students, spells = read(district, "students"), read(district, "enrollments")
    table = yearly(district).drop_duplicates("student_id")
    number = table["student_id"].astype(int)

    assert (students["student_id"].str.len() == 8).all()
    assert students["student_id"].str.startswith("0").any()
    assert read(district, "schools")["school_id"].str.startswith("0").all()
    grade = table["grade"].replace("KG", "00").astype(int)
    noise = 4 / np.sqrt(len(table))
    assert abs(np.corrcoef(number, grade)[0, 1]) < noise
    assert abs(np.corrcoef(number, table["rate"])[0, 1]) < noise
    arrival = spells.groupby("student_id")["entry_date"].min().rank()
    assert abs(np.corrcoef(arrival.index.astype(int), arrival)[0, 1]) < noise


def test_students_move_up_a_grade_a_year_and_graduates_leave(district: Path) -> None:
    spells = read(district, "enrollments").drop_duplicates(["student_id", "school_year"], keep="last")
    spells["number"] = spells["grade"].replace("KG", "00").astype(int)
    spells["year"] = spells["school_year"].astype(int)
    later = spells.merge(
        spells.assign(year=spells["year"] + 1), on=["student_id", "year"], suffixes=("", "_before")
    )

    assert len(later) > 400
    assert (later["number"] == later["number_before"] + 1).all()


def test_a_community_eligible_school_reports_cep_and_no_childs_status(district: Path) -> None:
    meals, spells = read(district, "meal_programs"), read(district, "enrollments")
    cep = read(district, "schools").set_index("school_id")["cep"]
    at = meals.merge(spells, left_on=["student_id", "start_date"], right_on=["student_id", "entry_date"])

    assert len(at) == len(meals)
    assert ((at["school_id"].map(cep) == "true") == (at["eligibility"] == "cep")).all()
    assert set(meals["eligibility"]) == {"free", "reduced", "paid", "cep"}


def test_the_directory_lists_the_newest_roster_with_names_no_one_takes_for_real(district: Path) -> None:
    directory, spells = read(district, "directory"), read(district, "enrollments")

    assert set(directory["student_id"]) == set(spells.loc[spells["school_year"] == "2026", "student_id"])
    assert directory["last_name"].str.endswith(("sample", "sim", "test", "mock", "demo")).all()


def test_the_true_outcome_is_what_the_definition_gives_on_the_final_records(district: Path) -> None:
    truth = pd.read_parquet(district / "truth" / "risk.parquet")
    counted = yearly(district)
    counted["school_year"] = counted["school_year"].astype("int32")
    finished = truth[truth["school_year"] < 2026].merge(counted, on=["student_id", "school_year"], how="left")

    assert finished["chronic"].notna().all()
    assert (finished["outcome"] == finished["chronic"].astype(int)).all()
    assert 0.1 < finished["outcome"].mean() < 0.5


def test_truth_is_given_for_everyone_enrolled_on_each_default_as_of_date(district: Path) -> None:
    truth = pd.read_parquet(district / "truth" / "risk.parquet")
    calendar = read(district, "calendar")
    calendar = calendar.assign(
        date=pd.to_datetime(calendar["date"]),
        school_year=calendar["school_year"].astype(int),
        instructional=calendar["instructional"] == "true",
    )
    spells = read(district, "enrollments").replace({"exit_date": {"": "2026-07-31"}})

    for year in (2024, 2025, 2026):
        dates = [day for day in as_of_dates(calendar, year) if day <= dt.date(2026, 1, 16)]
        of_year = truth[truth["school_year"] == year]
        assert sorted(of_year["as_of_date"].unique()) == dates
        for day in dates:
            on = spells[(spells["entry_date"] <= str(day)) & (spells["exit_date"] >= str(day))]
            at = of_year[of_year["as_of_date"] == day]
            assert sorted(at["student_id"]) == sorted(on["student_id"])


def test_in_the_unfinished_year_risk_is_known_and_the_outcome_is_not(district: Path) -> None:
    truth = pd.read_parquet(district / "truth" / "risk.parquet")

    assert list(truth.columns) == ["student_id", "school_year", "as_of_date", "risk", "outcome"]
    assert truth["risk"].between(0, 1).all()
    assert ((truth["school_year"] == 2026) == truth["outcome"].isna()).all()
    assert not truth.duplicated(["student_id", "as_of_date"]).any()
