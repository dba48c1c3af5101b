"""A job started by a scheduler: from anywhere, on a path with spaces, without a home to write to."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from ews.cli import run_command
from tests.pipeline.at_work import AS_OF, AtWork, copy_of, in_a_process, published_bytes, same_bytes


def test_scoring_from_elsewhere_resolves_every_path_against_the_configuration(
    in_service: AtWork, moved: AtWork, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "not writable"
    elsewhere.mkdir(mode=0o555)

    done = in_a_process(
        *("score", "-c", str(moved.configuration), "--as-of", AS_OF.isoformat(), "--json"),
        cwd=elsewhere,
        HOME="/nonexistent",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["exit_code"] == 0
    assert done.stderr == ""
    assert same_bytes(published_bytes(in_service), published_bytes(moved)) == []
    assert list(elsewhere.iterdir()) == []


def test_a_relative_path_to_the_configuration_is_meant_from_where_one_stands(
    moved: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name for path in moved.folder.iterdir()}
    monkeypatch.chdir(moved.folder / "extracts")

    assert run_command(["score", "-c", "../district.yaml", "--as-of", "2025-12-01"]) == 0
    assert moved.manifest(dt.date(2025, 12, 1))["as_of"] == "2025-12-01"
    assert {path.name for path in moved.folder.iterdir()} == before
    assert not [path for path in (moved.folder / "extracts").iterdir() if path.suffix != ".csv"]


def test_a_moved_folder_scores_when_the_old_place_is_gone(in_service: AtWork, tmp_path: Path) -> None:
    first = copy_of(in_service, tmp_path / "first")
    second = AtWork(Path(shutil.move(first.folder, tmp_path / "second, moved")))

    assert second.score() == 0
    assert same_bytes(published_bytes(in_service), published_bytes(second)) == []


def test_help_answers_and_names_every_verb(tmp_path: Path) -> None:
    done = in_a_process("--help", cwd=tmp_path)

    verbs = (
        *("demo", "simulate", "init", "check", "ingest", "train", "sign-off", "promote", "score"),
        *("nightly", "verify"),
    )
    assert done.returncode == 0
    assert [verb for verb in verbs if verb not in done.stdout] == []
