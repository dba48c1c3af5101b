"""A standalone cluster and a Spark Connect server on this machine, each in processes of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = {
    **os.environ,
    "PYSPARK_PYTHON": sys.executable,
    "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")]),
}
"""Workers need this Python, and ews in it."""

_WAIT = 60.0


@contextmanager
def standalone_cluster(folder: Path) -> Iterator[str]:
    """The address of a master with one worker."""
    master = f"spark://127.0.0.1:{_free_port()}"
    host, port = "127.0.0.1", master.rpartition(":")[2]
    own = ["--host", host, "--webui-port", "0"]
    in_charge = ["spark-class", "org.apache.spark.deploy.master.Master", *own, "--port", port]
    work = ["--cores", "2", "--memory", "1g", "--work-dir", str(folder / "work"), master]
    worker = ["spark-class", "org.apache.spark.deploy.worker.Worker", *own, *work]
    with (
        _server(in_charge, folder / "master.log", "New state: ALIVE"),
        _server(worker, folder / "worker.log", "Successfully registered with master"),
    ):
        yield master


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """The address of a Spark Connect server on two threads."""
    port = _free_port()
    settings = [f"spark.connect.grpc.binding.port={port}", "spark.ui.enabled=false"]
    command = ["spark-submit", "--master", "local[2]"]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    command += [part for each in settings for part in ("--conf", each)]
    with _server([*command, "spark-internal"], folder / "connect.log", "server started at"):
        yield f"sc://127.0.0.1:{port}"


@contextmanager
def _server(command: list[str], log: Path, ready: str) -> Iterator[None]:
    import pyspark

    home = Path(pyspark.__file__).parent
    program = str(home / "bin" / command[0])
    with log.open("wb") as written:
        running = subprocess.Popen(
            [program, *command[1:]],
            stdout=written,
            stderr=subprocess.STDOUT,
            env={**ENVIRONMENT, "SPARK_HOME": str(home)},
        )
        try:
            until = time.monotonic() + _WAIT
            while ready not in log.read_text(encoding="utf-8", errors="replace"):
                assert running.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-2000:]
                assert time.monotonic() < until, f"{command[1]} did not say {ready!r}"
                time.sleep(0.2)
            yield
        finally:
            running.terminate()
            running.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
