"""The pages are made from the file of measurements alone; here from one that was made up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.benchmarks import results as written
from tests.benchmarks.figures import figures_of, growth, per_student_against_before
from tests.benchmarks.measuring import Ceiling, StageStoppedError, Taken, run_stage
from tests.benchmarks.plan import BY_NAME
from tests.benchmarks.report import write_documents
from tests.benchmarks.results import Key, Results

MACHINE = {
    "processor": "Abacus 3000",
    "cores": 2,
    "gibibytes": 8.0,
    "system": "Linux 6",
    "python": "3.11.1",
    "note": "Others worked on it.",
    "memory_limit": "1500MB",
    "versions": {"ews": "0.1.0"},
    "commit": "abc1234",
}


def taken(seconds: float, mebibytes: float = 2048.0, **facts: Any) -> Taken:
    return Taken(seconds, 2 * seconds, mebibytes, {"events": seconds / 2}, facts)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    monkeypatch.setattr(written, "machine", lambda: MACHINE)
    return Results(tmp_path / "benchmarks.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sizes of every stage, three rounds of the features, pandas stopped at the larger size."""
    tmp_path = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(written, "machine", lambda: MACHINE)
        _measure(Results(tmp_path / "benchmarks.json"))
    write_documents(tmp_path / "benchmarks.json")
    return tmp_path


def _measure(results: Results) -> None:
    for students, times in ((10_000, 1.0), (100_000, 11.0)):
        for name in BY_NAME:
            for wait in (0.0, 0.1, 0.5) if name == "features" else (0.0,):
                limits: dict[str, Taken | StageStoppedError] = (
                    {"by_hand": taken(0.5 * times)} if name == "features" else {}
                )
                if name == "features" and not wait:
                    limits["daily_rows"] = (
                        taken(30.0)
                        if students == 10_000
                        else StageStoppedError("stopped at 12 GiB of memory", 22.0)
                    )
                facts = {"exceptions": students * 90, "store_bytes": students * 5_000}
                results.add(Key(name, students, 5), taken(times * (1 + wait), **facts), limits)
    results.add(Key("help", 0, 0), taken(0.31), {})


def row(page: str, *words: str) -> str:
    return next(line for line in page.splitlines() if all(word in line for word in words))


def test_a_row_says_median_spread_memory_ratio_and_cost_per_student(folder: Path) -> None:
    page = (folder / "benchmarks.md").read_text(encoding="utf-8")
    smaller = row(page, "| Snapshot and features", "| 10,000 |")
    assert "1.10 (1.00 to 1.50) | 3 | Abacus 3000 | 2.0 GiB | 2.20 × SQL by hand" in smaller
    assert "(processor time 2.20 ×); 30 times as fast as" in smaller
    larger = row(page, "| Snapshot and features", "| 100,000 |")
    assert "at least 2 times as fast as pandas over daily rows" in larger
    assert larger.endswith("(stopped at 12 GiB of memory) | 1.10 |")


def test_the_page_describes_the_machine_and_says_what_was_not_measured(folder: Path) -> None:
    page = (folder / "benchmarks.md").read_text(encoding="utf-8")
    assert "Abacus 3000, 2 cores, 8.0 GiB of memory" in page
    assert "at abc1234" in page
    assert "limited to 1500MB. Others worked on it.\n" in page
    assert "not measured" in row(page, "a night, 1,000,000 students")
    assert "2.20 × SQL by hand" in row(page, "features, 100,000 students: at most 1.2")
    assert "| 0.4 | 0.31" in row(page, "`ews --help`")
    nights = page[page.index("## Where a night's time goes, 100,000 students, 5 years") :]
    assert "| events | 5.50 |" in nights


def test_the_plan_for_six_million_extrapolates_from_the_curves(folder: Path) -> None:
    page = (folder / "six_million.md").read_text(encoding="utf-8")
    # 11 times the cost for 10 times the students: log10(11) is 1.04; 60 times on is 12.1 s * 60 ** 1.04.
    found = row(page, "| Snapshot and features")
    assert "| 100,000 students: 12 s, 2.0 GiB | 1.04 | 14 min | 0.00 | 2.0 GiB to 120.0 GiB |" in found
    assert "540 million exceptions over five years" in page
    assert re.search(r"\*\*\d+ workers? of 8 cores and 64 GiB\*\*", page)


def test_the_picture_is_one_and_has_a_line_for_each_stage(folder: Path) -> None:
    picture = (folder / "images" / "benchmarks.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(picture)  # noqa: S314 - our own
    assert all(f">{words}<" in picture for words in ("features", "a whole night", "proportional", "students"))


def test_equal_measurements_give_equal_bytes(folder: Path) -> None:
    paths = [folder / "benchmarks.md", folder / "six_million.md", folder / "images" / "benchmarks.svg"]
    before = [path.read_bytes() for path in paths]
    write_documents(folder / "benchmarks.json")
    assert [path.read_bytes() for path in paths] == before


def test_pages_are_written_from_one_size_too(results: Results, tmp_path: Path) -> None:
    results.add(Key("features", 1_000, 5), taken(1.0), {})
    write_documents(tmp_path / "benchmarks.json")
    assert "not measured at two sizes" in (tmp_path / "six_million.md").read_text(encoding="utf-8")


def test_a_round_is_kept_as_soon_as_it_is_over_and_a_rerun_replaces_its_size(
    results: Results, tmp_path: Path
) -> None:
    path, small, large = tmp_path / "benchmarks.json", Key("score", 10, 5), Key("score", 20, 5)
    for seconds in (1.0, 2.0):
        results.add(small, taken(seconds), {})
        assert len(json.loads(path.read_bytes())[0]["rounds"]) == seconds
    results.add(large, taken(3.0), {})

    again = Results(path)
    again.add(small, taken(9.0), {})
    rounds = {each["students"]: [r["seconds"] for r in each["rounds"]] for each in again.records()}
    assert rounds == {10: [9.0], 20: [3.0]}


def test_linear_cost_has_the_exponent_one(results: Results) -> None:
    for students in (100, 1_000, 10_000):
        results.add(Key("score", students, 5), taken(students / 50), {})
    sizes = [figures_of(each) for each in results.records()]
    found = growth(sizes)
    assert found is not None
    assert found.exponent == pytest.approx(1.0)
    assert found.at(6_000_000) == pytest.approx(120_000.0)
    assert per_student_against_before(sizes, 1_000) == pytest.approx(1.0)
    assert per_student_against_before(sizes, 100) is None


def test_times_of_two_kinds_of_processor_are_not_held_against_each_other(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    results.add(Key("score", 100, 5), taken(1.0), {})
    results.add(Key("score", 1_000, 5), taken(10.0), {})
    monkeypatch.setattr(written, "machine", lambda: MACHINE | {"processor": "Abacus 4000"})
    results.add(Key("score", 10_000, 5), taken(20.0), {})
    sizes = [figures_of(each) for each in results.records()]
    assert per_student_against_before(sizes, 1_000) == pytest.approx(1.0)
    assert per_student_against_before(sizes, 10_000) is None
    assert growth(sizes) is None


def test_a_stage_that_holds_too_much_or_lasts_too_long_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(StageStoppedError, match="memory"):
        run_stage("look_up", tmp_path, 10, 5, Ceiling(mebibytes=1))
    with pytest.raises(StageStoppedError, match="minutes"):
        run_stage("look_up", tmp_path, 10, 5, Ceiling(seconds=0))
