"""A night stopped at any change it makes: readers have the old lists or the new ones, complete."""

from __future__ import annotations

import datetime as dt
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ews.digests import file_digest
from ews.nightly import night
from tests.pipeline.at_work import AS_OF, REPOSITORY, AtWork, copy_of, nights_of

NEXT = dt.date(2026, 1, 16)
THROUGH = 3
MOST_CHANGES = 400


@pytest.fixture(scope="module")
def prepared(in_service: AtWork, tmp_path_factory: pytest.TempPathFactory) -> tuple[AtWork, Path]:
    """A district in service, and everything that publishing its next night takes, kept in a file."""
    district = copy_of(in_service, tmp_path_factory.mktemp("stopped") / "district")
    kept = district.folder / "prepared.pickle"
    real = night.publish

    def keep(scores: Any, service: Any, config: Any, day: Any, *, context: Any, figures: Any) -> Any:
        kept.write_bytes(pickle.dumps((scores, service, day, context, figures)))
        return real(scores, service, config, day, context=context, figures=figures)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ews.nightly.night.publish", keep)
        assert copy_of(district, tmp_path_factory.mktemp("aside") / "district").score(NEXT) == 0
    return district, kept


@pytest.fixture
def fresh(prepared: tuple[AtWork, Path], tmp_path: Path) -> tuple[AtWork, Path]:
    district, kept = prepared
    return copy_of(district, tmp_path / "district"), kept


def stopped(district: AtWork, kept: Path, at: int, how: str) -> int:
    program = Path(__file__).with_name("planted_stop.py")
    done = subprocess.run(
        [sys.executable, str(program), str(district.configuration), str(kept), str(at), how],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 1, 3, 9), done.stderr.decode()[-2000:]
    return done.returncode


def complete(district: AtWork) -> str:
    """Return the night that readers are sent to, after holding every file of it against its manifest."""
    name = (district.workspace / "published" / "LATEST").read_text().strip()
    folder = district.workspace / "published" / name
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["files"]
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert present == {*manifest["files"], "manifest.json"}
    for file, digest in manifest["files"].items():
        assert file_digest(folder / file) == digest
    return name


def check_stop(district: AtWork, kept: Path, at: int, how: str) -> bool:
    """Stop the n-th change, look as a reader does, run again; say whether there was an n-th change."""
    before = nights_of(district)
    outcome = stopped(district, kept, at, how)
    name = complete(district)
    assert name in (AS_OF.isoformat(), NEXT.isoformat())
    old = {key: content for key, content in before.items() if key.startswith(AS_OF.isoformat())}
    assert {k: v for k, v in nights_of(district).items() if k.startswith(AS_OF.isoformat())} == old
    assert stopped(district, kept, MOST_CHANGES, how) == THROUGH
    assert complete(district) == NEXT.isoformat()
    assert (district.workspace / "exports.jsonl").read_text().count(f'published/{NEXT}"') == 1
    left = [path.name for path in district.workspace.rglob("*.partial")]
    assert left == []
    return outcome != THROUGH


@pytest.mark.parametrize("how", ["fail", "kill"])
@pytest.mark.parametrize("at", [1, 19])
def test_a_night_stopped_here_and_there_leaves_one_complete_night(
    at: int, how: str, fresh: tuple[AtWork, Path]
) -> None:
    assert check_stop(*fresh, at, how)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["fail", "kill"])
def test_a_night_stopped_at_every_change_leaves_one_complete_night(
    how: str, prepared: tuple[AtWork, Path], tmp_path: Path
) -> None:
    district, kept = prepared
    at = 1
    while check_stop(copy_of(district, tmp_path / str(at)), kept, at, how):
        at += 1
    assert at > 20
