"""Documentation executes: the README's commands and the notebooks, as printed."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def _readme_commands() -> list[list[str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n(.*?)```", text, flags=re.S)
    assert block is not None
    expires = (dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=90)).isoformat()
    lines = block[1].replace("EXPIRES", expires).strip().splitlines()
    return [shlex.split(line) for line in lines]


@pytest.fixture(scope="module")
def after_the_readme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the README's commands were run, one after the other."""
    folder = tmp_path_factory.mktemp("readme") / "a district's folder"
    folder.mkdir()
    # A home that not even root can write to.
    environment = {**os.environ, "HOME": "/dev/null"}
    for command in _readme_commands():
        assert command[0] == "ews"
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout[-500:], done.stderr[-1500:])
    return folder


def test_the_commands_of_the_readme_run_as_printed(after_the_readme: Path) -> None:
    folder, ran = after_the_readme, [command[1] for command in _readme_commands()]
    assert ran[0] == "simulate"
    assert ran[-1] == "verify"
    latest = (folder / "district/workspace/published/LATEST").read_text(encoding="utf-8").strip()
    assert (folder / "district/workspace/published" / latest / "index.html").exists()


def test_the_readme_names_every_command() -> None:
    from ews.cli import app

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    assert {name for name in names if not re.search(rf"ews {name}\b|make {name}\b|`{name}`", text)} == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs"), "stored with outputs"
        assert cell.get("execution_count") is None, "stored with outputs"


def _executed(name: str, folder: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def _outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def _shown(notebook: nbformat.NotebookNode) -> str:
    outputs = _outputs(notebook)
    return "\n".join(each.get("text") or each.get("data", {}).get("text/plain", "") for each in outputs)


@pytest.mark.slow
def test_a_data_team_goes_from_extracts_to_a_model_in_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # the notebook makes a folder of its own there
    notebook = _executed("data_team", tmp_path)

    shown = _shown(notebook)
    workspace = next(tmp_path.glob("ews-data-team-*/district/workspace"))
    evaluation = json.loads(next(workspace.glob("reports/*/evaluation.json")).read_bytes())
    for part in ("lift", "ablation", "rolling_origin", "lead_time", "base_rates"):
        assert evaluation[part]["sentence"] in shown
    assert f"Gate: {evaluation['gate']}." in shown
    assert "Version 1 is in service." in shown
    assert shown.strip().endswith("[]"), "verified without problems"
    assert sum("image/png" in each.get("data", {}) for each in _outputs(notebook)) == 1
    texts = [
        text for each in _outputs(notebook) for text in each.get("data", {"": each.get("text", "")}).items()
    ]
    everything = json.dumps([text for kind, text in texts if kind != "image/png"])
    scores = pd.read_parquet(next(workspace.glob("published/*/scores.parquet")))
    assert len(scores) > 500
    assert not [each for each in scores["student_id"] if each in everything]


def test_an_equity_officer_opens_a_run_that_is_there_and_asks_about_it(after_the_readme: Path) -> None:
    """The notebook finds the district of the README; nothing is trained for it."""
    runs = after_the_readme / "district" / "workspace" / "reports"
    before = sorted(runs.iterdir())

    notebook = _executed("equity_officer", after_the_readme)

    run = (runs / "LATEST").read_text(encoding="utf-8").strip()
    audit = json.loads((runs / run / "fairness.json").read_bytes())
    shown = _shown(notebook)
    assert f"run {run}, judged on school year {audit['test_year']}" in shown
    assert audit["sentence"] in shown
    assert "positives_needed" in shown
    assert (
        sum(
            "image/png" in output.get("data", {})
            for cell in notebook.cells
            for output in cell.get("outputs", [])
        )
        >= 1
    )
    assert sorted(runs.iterdir()) == before


def _bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_counselor_lead_tries_capacities_and_compares_weeks_on_a_copy(
    after_the_readme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counselors have stays as it is, the copy is gone, and no student is named on the way."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    workspace = after_the_readme / "district" / "workspace"
    before = _bytes_below(workspace)

    notebook = _executed("counselor_lead", after_the_readme)

    assert _bytes_below(workspace) == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("ews-")]
    shown = _shown(notebook)
    for part in ("absences_left", "25 in prevent", "not listed", "weeks_on_list"):
        assert part in shown
    assert shown.strip().endswith("Removed.")
    students = pd.read_parquet(next(workspace.glob("published/*/scores.parquet")))["student_id"]
    everything = json.dumps([each.get("text") or each.get("data") for each in _outputs(notebook)])
    assert not [each for each in students if each in everything]


@pytest.mark.slow
def test_the_commands_for_whoever_is_called_run_as_printed(after_the_readme: Path) -> None:
    """Those of docs/nights.md, in the district of the README; a list of January may be old by now."""
    text = (ROOT / "docs" / "nights.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n(.*?)```", text, flags=re.S)
    assert block is not None
    commands = [shlex.split(line) for line in block[1].strip().splitlines()]
    assert [command[1] for command in commands] == ["status", "nightly", "verify"]
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=after_the_readme,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in ((0,) if command[1] == "verify" else (0, 10)), (command, done.stderr)


def test_all_notebooks_are_looked_at() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["counselor_lead", "data_team", "equity_officer"]
