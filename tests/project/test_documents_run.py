"""Documentation executes: the README's commands and the notebooks, as printed."""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
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


def test_the_commands_of_the_readme_run_as_printed(tmp_path: Path) -> None:
    folder = tmp_path / "a district's folder"
    folder.mkdir()
    # A home that not even root can write to.
    environment = {**os.environ, "HOME": "/dev/null"}
    ran = []
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
        ran.append(command[1])
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
def test_a_notebook_runs_and_is_stored_without_outputs(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs"), "stored with outputs"
        assert cell.get("execution_count") is None, "stored with outputs"
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert any(cell.get("outputs") for cell in notebook.cells)


def test_there_is_a_tour() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["tour"]
