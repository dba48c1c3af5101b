"""Rows set aside on disk come back as they were, and a sample of them is that of rows that were held."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ews.features.matrix import FEATURES
from ews.model.labelled_rows import LabelledRows, concatenated, sample_schools, sample_students
from ews.model.rows_aside import RowsAside

YEARS = {2023: (dt.date(2022, 10, 3), dt.date(2023, 1, 9)), 2024: (dt.date(2023, 10, 2),)}


def of_day(day: dt.date, year: int, students: int = 60) -> LabelledRows:
    """Rows with every type of column that a matrix has, and features without a value."""
    random = np.random.default_rng(day.toordinal())
    here = np.sort(random.choice(students, size=students - 5, replace=False))
    features = pd.DataFrame(random.normal(size=(len(here), len(FEATURES))), columns=list(FEATURES))
    features = features.mask(random.random(features.shape) < 0.3)
    standing = pd.DataFrame(
        {
            "student_id": [f"S-{number:03d}" for number in here],
            "school_id": [f"s{number % 4}" for number in here],
            "excluded_because": None,
            "absences": random.integers(0, 9, len(here)) / 2,
            "enrolled_days": random.integers(1, 90, len(here)),
            "already_chronic": random.random(len(here)) < 0.2,
            "school_year": year,
            "as_of_date": day,
            "label": random.integers(0, 2, len(here)),
        }
    )
    return LabelledRows(standing, features, {(day, f"s{each}"): 20 + each for each in range(4)})


DAYS = [of_day(day, year) for year, days in YEARS.items() for day in days]


def test_few_rows_are_held_and_nothing_is_written() -> None:
    with RowsAside(held_rows=1_000) as aside:
        for day in DAYS:
            aside.add(day)
        everything = aside.everything()
    assert everything is not None
    assert_same(everything, concatenated(DAYS))


@pytest.mark.parametrize("held_rows", [0, 60, 120])
@pytest.mark.parametrize("max_rows", [40, 1_000])
def test_a_sample_of_what_is_set_aside_is_the_sample_of_what_is_held(held_rows: int, max_rows: int) -> None:
    whole = concatenated(DAYS)
    with RowsAside(held_rows) as aside:
        for day in DAYS:
            aside.add(day)
        assert aside.everything() is None
        for years in ([2023], [2024], [2023, 2024]):
            of_years = whole.of_years(years)
            students = aside.chosen(years, "student_id", max_rows, seed=3)
            schools = aside.chosen(years, "school_id", max_rows, seed=3)
            both, parts = aside.together([students, schools])
            expected = [
                sample_students(of_years, max_rows, seed=3),
                sample_schools(of_years, max_rows, seed=3),
            ]
            for part, wanted in zip(parts, expected, strict=True):
                assert_same(part, wanted)
                assert part.enrolled == {k: v for k, v in whole.enrolled.items() if k[0] in set(dates(years))}
            assert_same(both, concatenated(expected))
            assert (students.of, schools.of) == (of_years.standing["student_id"].nunique(), 4)


def test_what_is_read_together_is_held_once() -> None:
    with RowsAside(held_rows=0) as aside:
        for day in DAYS:
            aside.add(day)
        choices = [aside.chosen([year], "student_id", 1_000, seed=3) for year in YEARS]
        whole, parts = aside.together(choices)
    assert all(np.shares_memory(whole.features.to_numpy(), part.features.to_numpy()) for part in parts)
    assert np.shares_memory(whole.features.to_numpy(), whole.of_years([2024]).features.to_numpy())


def dates(years: list[int]) -> list[dt.date]:
    return [day for year in years for day in YEARS[year]]


def assert_same(one: LabelledRows, other: LabelledRows) -> None:
    pd.testing.assert_frame_equal(one.standing, other.standing, check_exact=True)
    pd.testing.assert_frame_equal(one.features, other.features, check_exact=True)


def test_the_folder_is_private_and_gone_at_the_end(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with RowsAside(held_rows=0) as aside:
        aside.add(DAYS[0])
        [folder] = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(list(folder.glob("day_0*"))) == 2
    assert list(tmp_path.iterdir()) == []
