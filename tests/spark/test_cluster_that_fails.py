"""Memory that runs out, a disk that fills while something is spilled: said what, and nothing is published.

Each in a process of its own with a Java of its own, which is not given enough. A worker that is lost:
tests/spark/test_bad_tables.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ews.cli import run_command
from ews.cluster_failures import unfinished
from ews.simulate.district import simulate
from tests.pipeline.at_work import REPOSITORY, AtWork
from tests.spark.local_spark import AT_START, SETTINGS, what_is_missing

NARROW_DISK = 64
"""Kilobytes that a file may have: a shuffle writes more."""


RAN_OUT = (
    "the cluster ran out of memory",
    # Java has the time to say so, or not.
    "the driver's Java process ended: its memory ran out, or somebody ended it",
)


def asked_too_late() -> Exception:
    class LateError(RuntimeError):
        def __str__(self) -> str:
            raise ConnectionRefusedError("0001")

    return LateError()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (RuntimeError("java.io.IOException: No space left on device 0001"), "a disk of the cluster is full"),
        (RuntimeError("java.io.IOException: File too large"), "a disk of the cluster is full"),
        (RuntimeError("java.lang.OutOfMemoryError: Java heap space 0001"), "the cluster ran out of memory"),
        (
            RuntimeError("Total size is bigger than spark.driver.maxResultSize"),
            "the cluster ran out of memory",
        ),
        (ConnectionRefusedError("[Errno 111] 0001"), "the driver's Java process ended"),
        (pa.ArrowInvalid("Expected to be able to read 0001 bytes"), "the driver's Java process ended"),
        (asked_too_late(), "the driver's Java process ended"),
        (RuntimeError("Connection refused 0001"), "the cluster did not finish the work (RuntimeError)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_ran_out_is_said_and_never_what_the_cluster_quotes(error: Exception, says: str) -> None:
    refused = unfinished(error, "there")
    assert refused.exit_code == 20
    assert {"found", "expected", "where", "next"} == {label for label, _ in refused.lines()}
    assert refused.found.startswith(says)
    assert "0001" not in str(refused)
    assert "nothing was published" in refused.next_step


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """A small district with its store and its export; there is no model."""
    if what_is_missing():
        pytest.skip(what_is_missing())
    configuration = simulate(tmp_path_factory.mktemp("fails") / "district", students=400, years=3, seed=1)
    found = AtWork(configuration.parent)
    assert found.run("ingest") == 0
    to = str(found.folder / "exported")
    options = ["-c", str(configuration), "--to", to, "--with-audit-attributes"]
    assert run_command(["store", "export", *options]) == 0
    return found


def on_spark(district: AtWork, folder: Path, **settings: str) -> AtWork:
    """A copy whose engine is a Spark that this test alone has."""
    copy = AtWork(folder / "district")
    shutil.copytree(district.folder, copy.folder)
    engine = {"kind": "spark", "data": "exported", "master": "local[2]"}
    engine |= {"settings": {**SETTINGS, **AT_START, **settings}}
    with copy.configuration.open("a", encoding="utf-8") as file:
        file.write(f"\nengine: {json.dumps(engine)}\n")
    return copy


def in_a_process(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        timeout=300,
    )


def java_home_with(folder: Path, limit: str) -> Path:
    """A JAVA_HOME whose java sets a limit for itself first."""
    real = Path(os.environ["JAVA_HOME"]) / "bin" / "java" if "JAVA_HOME" in os.environ else None
    java = folder / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f'#!/bin/bash\n{limit}\nexec "{real or shutil.which("java")}" "$@"\n', encoding="utf-8")
    java.chmod(0o700)
    return java.parent.parent


@pytest.mark.slow
def test_a_disk_that_is_full_while_something_is_spilled(district: AtWork, tmp_path: Path) -> None:
    copy = on_spark(district, tmp_path)
    home = java_home_with(tmp_path, f"ulimit -f {NARROW_DISK}")
    done = in_a_process(["-m", "ews", "train", "-c", str(copy.configuration), "--json"], JAVA_HOME=str(home))
    assert done.returncode == 20, done.stderr[-2000:]
    error: dict[str, Any] = json.loads(done.stdout)["error"]
    assert error["found"] == "a disk of the cluster is full, or its quota used up"
    assert "spark.local.dir" in error["expected"]
    assert not (copy.workspace / "reports").exists()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["worker", "driver"])
def test_too_little_memory(where: str, district: AtWork, tmp_path: Path) -> None:
    """Spark itself is told that there is enough: it would not start."""
    little = {"spark.driver.memory": "256m", "spark.testing.memory": "2000000000"}
    copy = on_spark(district, tmp_path, **little)
    program = {"worker": "raises_memory_error", "driver": "fills_the_heap"}[where]
    done = in_a_process(
        ["-c", f"from tests.spark.too_much import {program}; {program}()", str(copy.configuration)]
    )
    assert done.returncode == 20, done.stderr[-2000:]
    found = done.stdout.splitlines()[0].removeprefix("found: ")
    assert found in RAN_OUT, done.stdout
    assert "nothing was published" in done.stdout
