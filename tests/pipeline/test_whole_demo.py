"""``ews demo``: the whole job on simulated students, in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from ews.cli import run_command
from tests.pipeline.at_work import in_a_process
from tests.pipeline.demo_beside import DemoBeside


def run_demo(folder: Path) -> tuple[int, str]:
    done = in_a_process("demo", "--students", "300", "--workspace", folder.name, cwd=folder.parent)
    return done.returncode, done.stdout + done.stderr


def check_result(folder: Path, exit_code: int, said: str) -> None:
    reports = sorted((folder / "workspace" / "reports").glob("*/fairness.html"))
    assert len(reports) == 1, "an earlier demo's reports are gone, this one's are there"
    if exit_code == 50:  # the gate may fail a small district; then the reports are named
        assert f"reports/{reports[0].parent.name}" in said
        return
    assert exit_code == 0, said
    latest = (folder / "workspace" / "published" / "LATEST").read_text(encoding="utf-8").strip()
    for name in (
        folder / "workspace" / "published" / latest / "index.html",
        reports[0],
        reports[0].with_name("evaluation.html"),
    ):
        assert str(name) in said
        assert name.is_file()
    # In a process of its own: MLflow keeps a registry open in this one, and a second demo replaces it.
    verified = in_a_process("verify", "-c", str(folder / "district.yaml"), cwd=folder.parent)
    assert verified.returncode == 0, verified.stderr


@pytest.mark.slow
def test_a_demo_takes_the_place_of_an_earlier_one_and_runs_to_the_end(demo_beside: DemoBeside) -> None:
    folder, exit_code, said = demo_beside.finished()

    check_result(folder, exit_code, said)
    assert {path.name for path in folder.iterdir()} == {
        "district.yaml",
        "extracts",
        "mlruns",
        "truth",
        "workspace",
    }


@pytest.mark.slow
def test_a_demo_runs_a_second_time_over_itself(tmp_path: Path) -> None:
    folder = tmp_path / "twice over"
    for _ in range(2):
        check_result(folder, *run_demo(folder))


@pytest.mark.parametrize("kept", ["notes.txt", "workspace"])
def test_a_demo_does_not_touch_a_folder_that_is_not_its_own(
    kept: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / kept).mkdir()
    (tmp_path / kept / "keep.me").write_text("ours")

    assert run_command(["demo", "--students", "300", "--workspace", str(tmp_path)]) == 2
    assert "something else than an earlier demo" in capsys.readouterr().err
    assert (tmp_path / kept / "keep.me").read_text() == "ours"
