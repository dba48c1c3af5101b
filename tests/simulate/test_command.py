"""Simulating is repeatable, refuses senseless numbers, and never overwrites anything but itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ews.errors import UsageError
from ews.simulate.district import simulate
from ews.simulate.schools import default_count
from tests.simulate.reading import read


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("again", 7), ("other", 8)):
        simulate(tmp_path / name, students=120, years=2, seed=seed)

    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "again")
    assert _bytes(tmp_path / "one") != _bytes(tmp_path / "other")


def test_nothing_is_left_beside_the_finished_folder(tmp_path: Path) -> None:
    simulate(tmp_path / "new" / "district", students=60, years=1)

    assert [each.name for each in (tmp_path / "new").iterdir()] == ["district"]
    assert {each.name for each in (tmp_path / "new" / "district").iterdir()} == {
        "district.yaml",
        "extracts",
        "truth",
    }


def test_an_earlier_simulation_is_replaced(tmp_path: Path) -> None:
    simulate(tmp_path / "d", students=60, years=2)
    simulate(tmp_path / "d", students=60, years=1)

    assert set(read(tmp_path / "d", "calendar")["school_year"]) == {"2026"}


@pytest.mark.parametrize("name", ["notes.txt", "district.yaml", "extracts"])
def test_a_folder_with_anything_else_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("ours")

    with pytest.raises(UsageError, match="something other than an earlier simulation"):
        simulate(tmp_path, students=60, years=1)
    assert _bytes(tmp_path) == {name: b"ours"}


def test_a_simulation_that_has_been_worked_with_is_not_thrown_away(tmp_path: Path) -> None:
    simulate(tmp_path / "d", students=60, years=1)
    (tmp_path / "d" / "workspace").mkdir()

    with pytest.raises(UsageError):
        simulate(tmp_path / "d", students=60, years=1)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("ours")

    with pytest.raises(UsageError):
        simulate(tmp_path / "file", students=60, years=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"students": 49},
        {"students": 6_000_001},
        {"years": 0},
        {"years": 21},
        {"seed": -1},
        {"schools": 2},
        {"schools": 7},
    ],
)
def test_senseless_numbers_are_refused_by_name_before_anything_is_written(
    tmp_path: Path, wrong: dict[str, int]
) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(wrong))}") as refused:
        simulate(tmp_path / "d", **{"students": 60, "years": 1, **wrong})

    assert refused.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_simulation_leaves_nothing(tmp_path: Path) -> None:
    def stop(_message: str, share: float) -> None:
        if share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "d", students=60, years=2, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_progress_tells_the_year_and_reaches_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    simulate(tmp_path / "d", students=60, years=2, progress=lambda text, share: told.append((text, share)))

    assert told == [("school year 2024-25", 0.0), ("school year 2025-26", 0.5), ("done", 1.0)]


def test_the_number_of_schools_follows_the_number_of_students(tmp_path: Path) -> None:
    assert [default_count(n) for n in (50, 6_000, 100_000)] == [3, 12, 180]

    simulate(tmp_path / "d", students=200, years=1, schools=5)
    assert len(read(tmp_path / "d", "schools")) == 5
