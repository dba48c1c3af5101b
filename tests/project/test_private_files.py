"""Files are there whole or not at all, also after a switch that was cut short, and only their owner's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ews.private_files import staged_folder, write_private
from ews.scratch import Scratch, remove_abandoned


def _night(target: Path, text: str) -> None:
    with staged_folder(target) as folder:
        write_private(folder / "list.csv", text.encode())


def test_a_new_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "2026-01-15"
    _night(target, "old")
    _night(target, "new")
    assert (target / "list.csv").read_text(encoding="utf-8") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["2026-01-15"]


def _half_a_night(target: Path) -> None:
    with staged_folder(target) as folder:
        (folder / "list.csv").write_text("half", encoding="utf-8")
        raise OSError("disk full")


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "2026-01-15"
    _night(target, "old")
    with pytest.raises(OSError, match="full"):
        _half_a_night(target)
    assert (target / "list.csv").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["2026-01-15"]


def test_a_switch_cut_short_between_its_two_steps_loses_nothing(tmp_path: Path) -> None:
    target = tmp_path / "2026-01-15"
    _night(target, "old")
    target.rename(target.with_name(".2026-01-15.replaced"))
    with pytest.raises(OSError, match="full"):
        _half_a_night(target)
    assert (target / "list.csv").read_text(encoding="utf-8") == "old"


def test_only_the_owner_can_read(tmp_path: Path) -> None:
    write_private(tmp_path / "list.csv", b"names")
    assert (tmp_path / "list.csv").stat().st_mode & 0o077 == 0


# --- temporary folders

HOLDER = """
import sys
from ews.scratch import Scratch
scratch = Scratch()
(scratch.path / "rows").write_text("a record")
print(scratch.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_temporary_folder_is_private_and_gone_at_the_end(temporary: Path) -> None:
    with Scratch() as folder:
        assert folder.parent == temporary
        assert folder.stat().st_mode & 0o077 == 0
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_holds_is_not(temporary: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        held = Path(process.stdout.readline().strip())
        remove_abandoned()
        assert (held / "rows").is_file()
        process.kill()
        process.wait(timeout=30)
        assert (held / "rows").is_file()
    with Scratch():
        assert not held.exists()
