"""What DuckDB refuses is told in words that say what to do; its own texts quote values and never come out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ews.engine import open_reader, open_session
from ews.errors import DataRefused, RunLocked

SPILLS = """
import resource
from ews.engine import open_session
from ews.errors import DataRefused
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
with open_session() as session:
    try:
        session.execute("CREATE TEMP TABLE t AS SELECT range AS a, CAST(hash(range) AS VARCHAR) AS b "
                        "FROM range(4000000) ORDER BY b")
    except DataRefused as refusal:
        print(refusal.found, refusal.expected, refusal.next_step, sep="|")
"""

HOLDS = """
import sys
from pathlib import Path
from ews.engine import open_session
with open_session(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
def test_a_disk_that_fills_while_spilling_is_said_to_be_full(tmp_path: Path) -> None:
    environment = {**os.environ, "EWS_MEMORY_LIMIT": "60MB", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SPILLS], env=environment, capture_output=True, text=True, check=True
    )
    found, expected, next_step = done.stdout.strip().split("|")
    assert found == "the disk is full"
    assert "60MB" in expected
    assert "TMPDIR" in next_step
    assert list(tmp_path.iterdir()) == [], "what was spilled is gone"


def test_a_store_that_another_process_has_open_is_in_use(tmp_path: Path) -> None:
    store = tmp_path / "store.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(RunLocked):
            open_session(store)
        other.communicate("")


def test_a_path_with_lock_in_its_name_is_not_taken_for_a_lock(tmp_path: Path) -> None:
    with pytest.raises(DataRefused) as refusal:
        open_reader(tmp_path / "the lock" / "blocks.duckdb")
    assert refusal.value.found == "a file could not be read or written"
