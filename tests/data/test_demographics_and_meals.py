"""Who a student is, and what a family pays for lunch, changes no feature unless the district lets it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ews.config import load_config
from ews.engine import open_reader
from ews.errors import UsageError
from ews.features.matrix import Matrix, build_matrix
from ews.store.ingest import ingest
from ews.store.schema import store_path
from tests.data.matrices import matrices, same_matrix
from tests.data.small import AS_OF, SETTINGS, enrolled, small_district
from tests.generators.district import District
from tests.generators.writing import configuration, write_config, write_load
from tests.reference.settings import Row, Settings

ATTRIBUTES = ("sex", "race_ethnicity", "english_learner", "disability", "homeless", "foster")


def district_of_ten(settings: Settings = SETTINGS) -> District:
    students = [f"{number:03d}" for number in range(10)]
    return small_district(
        enrollments=[enrolled(student) for student in students],
        attendance=[
            {"student_id": student, "school_id": "s1", "date": f"2025-09-{9 + number:02d}", "code": "A"}
            for number, student in enumerate(students[:4])
        ],
        meal_programs=[
            {"student_id": student, "program": "lunch", "start_date": "2025-09-01", "eligibility": status}
            for student, status in zip(students, ("free", "reduced", "paid") * 3, strict=False)
        ],
        settings=settings,
    )


def matrix_of(district: District) -> Matrix:
    return matrices(district)[AS_OF]


def with_attributes(value: Callable[[int, str], str]) -> District:
    district = district_of_ten()
    students: list[Row] = [
        row | {name: value(number, name) for name in ATTRIBUTES}
        for number, row in enumerate(district.rows["students"])
    ]
    load = replace(district.loads[0], rows={**district.rows, "students": students})
    return replace(district, loads=(load,))


def test_permuting_who_students_are_changes_no_feature() -> None:
    plain = with_attributes(lambda number, name: f"{name} {number % 3}")
    permuted = with_attributes(lambda number, name: f"{name} {(number * 7 + len(name)) % 3}")
    assert plain.rows["students"] != permuted.rows["students"]
    assert same_matrix(matrix_of(plain), matrix_of(permuted))


def test_with_leave_meal_status_is_a_feature() -> None:
    features = matrix_of(district_of_ten()).features
    assert list(features["meal_eligibility"][:3]) == [0, 1, 2]


@pytest.mark.parametrize("use", ["audit", "none"])
def test_without_leave_flipping_every_meal_status_changes_nothing(use: str) -> None:
    district = district_of_ten(replace(SETTINGS, meal_use=use))
    meals = [row | {"eligibility": "paid"} for row in district.rows["meal_programs"]]
    flipped = replace(
        district, loads=(replace(district.loads[0], rows={**district.rows, "meal_programs": meals}),)
    )
    before, after = matrix_of(district), matrix_of(flipped)
    assert same_matrix(before, after)
    assert before.features[["meal_lunch", "meal_eligibility", "school_cep"]].isna().all(axis=None)


def test_meals_that_may_not_be_used_are_not_even_opened(tmp_path: Path) -> None:
    district = district_of_ten(replace(SETTINGS, meal_use="none"))
    config = write_load(district.loads[0], district.settings, tmp_path)
    (tmp_path / "meal_programs.csv").unlink()
    ingest(config, loaded_at=district.loads[0].at)
    with open_reader(store_path(config.workspace_dir)) as session:
        assert session.value("SELECT count(*) FROM store.meal_programs") == 0
        assert len(build_matrix(session, AS_OF, config).features) == 10


@pytest.mark.parametrize("expires", [None, "2020-06-30"])
def test_meals_as_a_feature_without_a_valid_authorization_stop_before_any_file_is_opened(
    expires: str | None, tmp_path: Path
) -> None:
    district = district_of_ten()
    document = configuration(district.settings, district.loads[0])
    authorization = document["sources"]["meal_programs"].pop("authorization")
    if expires:
        document["sources"]["meal_programs"]["authorization"] = authorization | {"expires": expires}
    (tmp_path / "district.yaml").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UsageError) as refusal:
        load_config(tmp_path / "district.yaml")
    assert refusal.value.exit_code == 2
    assert "authorization" in str(refusal.value)
    assert not (tmp_path / "workspace").exists()


def test_an_authorization_holds_through_its_last_day(tmp_path: Path) -> None:
    document = configuration(SETTINGS, district_of_ten().loads[0])
    today = dt.datetime.now(tz=dt.UTC).date()
    # Tomorrow by UTC has not ended anywhere in America.
    document["sources"]["meal_programs"]["authorization"]["expires"] = (today + dt.timedelta(1)).isoformat()
    assert write_config(tmp_path, document).sources.meal_programs is not None
