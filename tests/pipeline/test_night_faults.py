"""What a night meets on a district's server: files, disks, locks. Readers keep complete lists."""

from __future__ import annotations

import ctypes
import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.pipeline import night_faults
from tests.pipeline.at_work import AS_OF, REPOSITORY, AtWork, copy_of, every_byte, nights_of
from tests.pipeline.night_faults import NEW_SCHOOL, NEW_STUDENT, REFUSED, SHORT

NEXT = dt.date(2026, 1, 16)
TONIGHT = ("nightly", "--as-of", NEXT.isoformat())


@pytest.fixture
def tonight(in_service: AtWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AtWork:
    """A copy to meet a fault with, on the Friday after its last lists."""
    for place in ("when", "status"):
        monkeypatch.setattr(f"ews.nightly.{place}.today_in", lambda _zone: NEXT)
    return copy_of(in_service, tmp_path / "district")


def landing(district: AtWork) -> str:
    return " ".join((district.workspace / "published" / "index.html").read_text(encoding="utf-8").split())


def status_of(district: AtWork, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    exit_code = district.run("status", "--json")
    return exit_code, json.loads(capsys.readouterr().out)


def students_of(district: AtWork) -> set[str]:
    return set(pd.read_csv(district.folder / "extracts" / "students.csv", dtype=str)["student_id"])


def check_silence(said: str, students: set[str]) -> None:
    """No word of a message is a student's id; there is no traceback."""
    assert "Traceback" not in said
    assert not students & set(said.replace(",", " ").replace("'", " ").split())


def check_refusal(
    district: AtWork, said: str, capsys: pytest.CaptureFixture[str], students: set[str], exit_code: int = 20
) -> None:
    """A night ends without lists; the old ones, the store and the readers' page are as they must be."""
    before, store = nights_of(district), district.store.read_bytes()
    capsys.readouterr()

    assert district.run(*TONIGHT) == exit_code

    printed = capsys.readouterr()
    assert said in printed.err
    assert "next:" in printed.err
    check_silence(printed.out + printed.err, students)
    assert nights_of(district) == before
    assert district.store.read_bytes() == store
    assert "not from last night" in landing(district)
    code, answer = status_of(district, capsys)
    assert (code, answer["latest"], answer["nights"][-1]["exit"]) == (10, AS_OF.isoformat(), exit_code)
    check_silence(json.dumps(answer), students)


def check_recovery(district: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    """The next night with sound extracts publishes, and takes the banner away."""
    assert district.run(*TONIGHT) == 0
    assert district.manifest(NEXT)["as_of"] == NEXT.isoformat()
    assert "not from last night" not in landing(district)
    assert status_of(district, capsys)[0] == 0
    assert district.run("verify") == 0


# --- files


@pytest.mark.parametrize("fault", REFUSED)
def test_a_faulty_file_is_refused_and_the_old_lists_stay(
    fault: str, tonight: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    students = students_of(tonight)
    REFUSED[fault].make(tonight)

    check_refusal(tonight, REFUSED[fault].said, capsys, students)


def test_after_every_faulty_file_a_sound_one_makes_lists(
    tonight: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    """All faults one after the other in one workspace, then the files as they should be."""
    extracts = every_byte(tonight.folder / "extracts")
    for fault in REFUSED.values():
        fault.make(tonight)
        assert tonight.run(*TONIGHT) == 20
        for name, content in extracts.items():
            (tonight.folder / "extracts" / name).write_bytes(content)
    check_recovery(tonight, capsys)


def check_short(fault: str, district: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    students = students_of(district)
    SHORT[fault].make(district)
    capsys.readouterr()

    assert district.run(*TONIGHT) == 10

    printed = capsys.readouterr()
    assert SHORT[fault].said in printed.out
    check_silence(printed.out + printed.err, students)
    assert district.manifest(NEXT)["rows"] == {**district.manifest(NEXT)["rows"], "listed": 75}
    code, answer = status_of(district, capsys)
    assert code == 10
    assert any(SHORT[fault].said in each for each in answer["sentences"])


def test_a_file_with_a_header_only_takes_nothing_away_and_is_told_of(
    tonight: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    check_short("empty: attendance with a header only", tonight, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("fault", SHORT)
def test_a_file_that_lost_rows_takes_nothing_away_and_is_told_of(
    fault: str, tonight: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    check_short(fault, tonight, capsys)


def test_attendance_that_is_very_late_makes_no_lists(
    tonight: AtWork, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ews.nightly.when.today_in", lambda _zone: dt.date(2026, 3, 2))
    before = nights_of(tonight)
    assert tonight.run("nightly", "--as-of", "2026-03-02") == 20
    assert "school days have passed since" in capsys.readouterr().err
    assert nights_of(tonight) == before
    assert "not from last night" in landing(tonight)


@pytest.mark.slow
@pytest.mark.parametrize(
    "twice", [night_faults.twice_in_one_file, night_faults.twice_in_two_files], ids=["rows", "files"]
)
def test_rows_that_come_twice_count_once(
    twice: Callable[[AtWork], None], tonight: AtWork, in_service: AtWork, tmp_path: Path
) -> None:
    plain = copy_of(in_service, tmp_path / "plain")
    assert plain.run(*TONIGHT) == 0
    twice(tonight)

    assert tonight.run(*TONIGHT) == 0

    pd.testing.assert_frame_equal(tonight.scores(NEXT), plain.scores(NEXT))


# --- schools and students that come and go


def roster(district: AtWork) -> pd.DataFrame:
    excluded = pd.read_parquet(district.published(NEXT) / "excluded.parquet")
    return pd.concat([district.scores(NEXT), excluded])


def test_a_school_that_opens_has_a_list_and_a_student_of_no_days_is_not_ranked(tonight: AtWork) -> None:
    night_faults.a_new_school(tonight)
    night_faults.a_student_with_zero_days(tonight)
    tonight.into_a_fresh_store()

    assert tonight.run(*TONIGHT) == 0

    assert (roster(tonight)["school_id"] == NEW_SCHOOL).sum() == 31
    lists = tonight.published(NEXT) / "outreach"
    assert {path.suffix for path in lists.glob(f"{NEW_SCHOOL}.*")} == {".csv", ".xlsx", ".html"}
    arrived = roster(tonight).set_index("student_id").loc[NEW_STUDENT]
    assert arrived["status"] == "insufficient_history"
    assert arrived["enrolled_days"] == 0
    assert pd.isna(arrived["risk"])
    assert not arrived["selected"]
    assert tonight.run("verify") == 0


@pytest.mark.slow
def test_a_school_that_all_students_leave_has_no_list(
    tonight: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    night_faults.an_empty_school(tonight)
    tonight.into_a_fresh_store()

    assert tonight.run(*TONIGHT, "--accept-churn") in (0, 10)

    assert "0003" not in set(roster(tonight)["school_id"])
    assert not list((tonight.published(NEXT) / "outreach").glob("0003.*"))
    assert tonight.run("verify") == 0


# --- disks

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from ews.cli import run_command
sys.exit(run_command(sys.argv[2:]))
"""


def with_room_for(size: int, district: AtWork) -> subprocess.CompletedProcess[str]:
    """Run the night in a process whose files cannot grow beyond a size, as on a disk that is full."""
    arguments = (*TONIGHT[:1], "-c", str(district.configuration), *TONIGHT[1:])
    return subprocess.run(
        [sys.executable, "-c", LIMITED, str(size), *arguments],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def check_full_disk(size: int, district: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    before, students = nights_of(district), students_of(district)

    done = with_room_for(size, district)

    check_silence(done.stdout + done.stderr, students)
    assert done.returncode == 20, done.stderr[-1500:]
    assert "room on the disk" in done.stderr
    assert nights_of(district) == before
    assert not [path for path in district.workspace.rglob("*") if path.name.endswith(".partial")]
    check_recovery(district, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("size", [pytest.param(100, marks=pytest.mark.slow), 6_000])
def test_a_full_disk_makes_no_lists_and_the_next_night_does(
    size: int, tonight: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even the first line of the log, or the first lists, could be written."""
    check_full_disk(size, tonight, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 1_000, 3_000, 9_000, 12_000, 16_000])
def test_a_disk_that_fills_up_anywhere_makes_no_lists(
    size: int, tonight: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    check_full_disk(size, tonight, capsys)


def _without_the_right_to_write_everywhere() -> None:
    """Even an administrator's process then keeps to permissions (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""
    if os.geteuid() == 0:
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="drops rights as Linux does")
def test_a_workspace_that_may_only_be_read_is_said_so(tonight: AtWork) -> None:
    before = every_byte(tonight.workspace)
    folders = [tonight.workspace, *(path for path in tonight.workspace.rglob("*") if path.is_dir())]
    files = [path for path in tonight.workspace.rglob("*") if path.is_file()]
    for path in (*files, *folders):
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ews", TONIGHT[0], "-c", str(tonight.configuration), *TONIGHT[1:]],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            preexec_fn=_without_the_right_to_write_everywhere,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        for path in folders:
            path.chmod(0o700)
    assert done.returncode == 2, done.stderr[-1500:]
    assert "the workspace cannot be written" in done.stderr
    check_silence(done.stdout + done.stderr, students_of(tonight))
    assert every_byte(tonight.workspace) == before


# --- locks

HOLDS_A_LOCK = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""

HOLDS_A_DATABASE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(program: str, path: Path) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "held"
        try:
            yield
        finally:
            process.communicate("", timeout=30)


def test_a_second_run_ends_at_once_with_exit_30_and_leaves_no_trace(
    tonight: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    before = every_byte(tonight.workspace)
    with another_process(HOLDS_A_LOCK, tonight.workspace / ".lock"):
        began = time.monotonic()
        assert tonight.run(*TONIGHT) == 30
        assert time.monotonic() - began < 2
    assert "another run" in capsys.readouterr().err
    assert every_byte(tonight.workspace) == before


@pytest.mark.slow
def test_a_registry_that_another_process_has_locked_is_done_without(
    tonight: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    """The night goes on with the last verified model, after the registry had its time to answer."""
    with another_process(HOLDS_A_DATABASE, tonight.folder / "mlruns" / "mlflow.db"):
        began = time.monotonic()
        assert tonight.run(*TONIGHT, "--json") == 10
        assert time.monotonic() - began < 120
    answer = json.loads(capsys.readouterr().out)
    assert answer["outcome"] == "published"
    assert any("registry could not be opened" in each for each in answer["degraded"])
