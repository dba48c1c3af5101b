"""A student is purged from a district at work: nothing names the child, all else verifies and goes on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from ews.cli import run_command
from ews.purge.report import PurgeReport
from ews.purge.run import purge
from tests.pipeline.at_work import AtWork, copy_of
from tests.purge.workspace import every_byte, naming


def listed_student(district: AtWork) -> str:
    scores = district.scores()
    return str(scores.loc[scores["selected"], "student_id"].iloc[0])


@pytest.fixture(scope="module")
def student(in_service: AtWork) -> str:
    return listed_student(in_service)


@pytest.fixture(scope="module")
def work(
    in_service: AtWork, student: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[AtWork, PurgeReport]:
    """A copy from which the student was purged. Not to be changed."""
    district = copy_of(in_service, tmp_path_factory.mktemp("purged") / "district")
    assert naming(district.workspace, student)
    return district, purge(district.config, student=student, yes=True, reason="Request 12")


@pytest.fixture
def district(work: tuple[AtWork, PurgeReport], tmp_path: Path) -> AtWork:
    """A copy to change."""
    return copy_of(work[0], tmp_path / "district")


def test_neither_workspace_nor_registry_names_the_student(
    work: tuple[AtWork, PurgeReport], student: str
) -> None:
    district, _ = work
    assert naming(district.workspace, student) == []
    assert naming(district.folder / "mlruns", student) == []


def test_the_purged_workspace_verifies(
    work: tuple[AtWork, PurgeReport], capsys: pytest.CaptureFixture[str]
) -> None:
    assert work[0].run("verify", "--json") == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []


def test_plots_that_showed_sampled_students_as_dots_are_gone(
    in_service: AtWork, work: tuple[AtWork, PurgeReport]
) -> None:
    before, after = in_service.reports(), work[0].reports()
    assert list(before.glob("*.png"))
    assert "data:image/png" in (before / "evaluation.html").read_text(encoding="utf-8")

    assert list(after.glob("*.png")) == []
    page = (after / "evaluation.html").read_text(encoding="utf-8")
    assert "data:image/png" not in page
    assert page.count("A purge has removed this plot") == 2
    assert page.endswith("</html>\n")


@pytest.mark.parametrize("name", ["outreach/0001.csv", "scores.parquet", "manifest.json"])
def test_what_is_changed_after_the_purge_is_noticed(district: AtWork, name: str) -> None:
    path = district.published() / name
    path.write_bytes(path.read_bytes() + b" ")
    assert district.run("verify") == 40


def test_the_model_that_learnt_from_the_student_is_named_with_its_years(
    work: tuple[AtWork, PurgeReport],
) -> None:
    (learnt,) = work[1].learnt or []
    assert (learnt.version, learnt.in_service) == ("1", True)
    assert learnt.trained
    assert "version 1" in learnt.sentence()
    assert "a tree cannot forget a student" in learnt.sentence()
    assert "train and promote a new version" in learnt.sentence()


def test_nothing_that_the_purge_says_or_writes_names_the_student(
    work: tuple[AtWork, PurgeReport], student: str
) -> None:
    report = work[1]
    assert student not in "\n".join(report.in_words())
    assert student not in json.dumps(report.as_dict(), default=str)
    assert student not in repr(report)


def test_a_dry_run_changes_no_byte_of_workspace_and_registry(district: AtWork) -> None:
    before = every_byte(district.folder)
    report = purge(district.config, student=listed_student(district))
    assert report.counts["store"]["attendance"] > 0
    assert every_byte(district.folder) == before


def test_the_next_full_load_and_the_next_night_do_not_bring_the_student_back(
    district: AtWork,
    work: tuple[AtWork, PurgeReport],
    student: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert student in (district.folder / "extracts" / "students.csv").read_text()

    assert district.run("nightly", "--as-of", "2026-01-14") in (0, 10)

    assert naming(district.workspace, student) == []
    printed = capsys.readouterr()
    assert student not in printed.out + printed.err
    findings = json.loads((district.workspace / "findings.json").read_bytes())["findings"]
    dropped = {each["table"]: each["count"] for each in findings if each["name"] == "purged rows"}
    assert dropped == work[1].counts["store"], "every row of the student came again and was dropped"
    assert district.run("verify") == 0


def test_reports_and_the_models_artifacts_name_no_student_at_all(in_service: AtWork) -> None:
    """Why a purge leaves them: they hold figures of groups."""
    ids = set(in_service.scores()["student_id"])
    numbers = re.compile(rb"(?<![0-9.])[0-9]{8}(?![0-9])")
    for folder in (in_service.workspace / "reports", in_service.folder / "mlruns"):
        for name, content in every_byte(folder).items():
            named = {each.decode() for each in numbers.findall(content)} & ids
            assert not named, name


def test_a_file_that_somebody_left_in_the_workspace_is_named_as_not_ours(
    district: AtWork, student: str
) -> None:
    other = listed_student(district)
    (district.workspace / "notes.txt").write_text(f"Call {other}.\n")
    report = purge(district.config, student=other)
    assert any("workspace/notes.txt" in each for each in report.cannot_remove())


def test_a_district_without_a_registry_can_be_purged(district: AtWork) -> None:
    (district.folder / "mlruns" / "mlflow.db").unlink()
    report = purge(district.config, student=listed_student(district), yes=True)
    assert report.learnt == []


def test_a_registry_that_cannot_be_opened_is_said_and_stops_nothing(district: AtWork) -> None:
    (district.folder / "mlruns" / "mlflow.db").write_bytes(b"not a database")
    other = listed_student(district)
    report = purge(district.config, student=other, yes=True)
    assert "the registry could not be opened" in report.cannot_remove()[0]
    assert naming(district.workspace, other) == []


def test_the_commands_end_as_documented(
    district: AtWork, student: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert district.run("purge", "--student", student) == 0
    assert "Nothing is left to remove" in capsys.readouterr().out
    assert district.run("purge", "--student", "0") == 2
    assert district.run("purge") == 2
    other = listed_student(district)
    assert district.run("purge", "--student", other, "--yes", "--reason", "Request 13", "--json") == 0
    printed = capsys.readouterr().out
    assert "Request 13" not in printed
    assert other not in printed
    result = json.loads(printed[printed.index("{") :])
    assert result["carried_out"] is True
    assert result["removed"]["store"]["students"] == 1


def test_the_history_of_an_absence_is_shown(district: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    absences = pd.read_csv(district.folder / "extracts" / "attendance.csv", dtype=str)
    one = absences.loc[absences["student_id"] == listed_student(district)].iloc[-1]
    command = ["store", "history", "-c", str(district.configuration)]
    arguments = ["--student", one["student_id"], "--date", one["date"]]
    assert run_command([*command, *arguments]) == 0
    printed = capsys.readouterr().out
    assert "this is what counts now" in printed
    assert "brought by load 1, a full extract" in printed
    assert run_command([*command, *arguments, "--table", "schools"]) == 2
