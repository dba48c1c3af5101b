"""A state scores on its cluster: store exported, `ews score` with `engine: {kind: spark}`, the same scores.

On two threads of this machine, on a standalone cluster and on a Spark Connect server there; without PySpark
or Java these tests are skipped, and say so.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ews.cli import run_command
from ews.digests import file_digest
from ews.nightly.score import SCORE_COLUMNS
from tests.pipeline.at_work import AS_OF, REPOSITORY, AtWork, copy_of, every_byte
from tests.spark.local_spark import SETTINGS, what_is_missing
from tests.spark.servers import ENVIRONMENT, connect_server, standalone_cluster

WHOLE_BATCHES = {name: value for name, value in SETTINGS.items() if "maxRecords" not in name}


@pytest.fixture
def on_cluster(in_service: AtWork, tmp_path: Path) -> AtWork:
    """The district with its store exported and a cluster in its configuration."""
    missing = what_is_missing()
    if missing:
        pytest.skip(missing)
    district = copy_of(in_service, tmp_path / "district")
    to = str(tmp_path / "exported")
    assert run_command(["store", "export", "-c", str(district.configuration), "--to", to]) == 0
    engine = {"kind": "spark", "data": to, "master": "local[2]", "settings": WHOLE_BATCHES}
    with district.configuration.open("a", encoding="utf-8") as file:
        file.write(f"\nengine: {json.dumps(engine)}\n")
    return district


def read(folder: Path) -> pd.DataFrame:
    rows = pd.read_parquet(folder)
    return rows.sort_values("student_id", ignore_index=True)


@pytest.mark.slow
def test_the_cluster_gives_every_student_the_score_and_place_that_this_machine_gives(
    on_cluster: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    done = on_cluster.run("score", "--as-of", AS_OF.isoformat(), "--json")
    assert done == 0
    printed = json.loads(capsys.readouterr().out)
    folder = on_cluster.workspace / "scores" / AS_OF.isoformat()
    here, there = on_cluster.scores(), read(folder / "scores")
    assert list(there.columns) == list(SCORE_COLUMNS)
    # The nullable rank carries its pandas type only in files that pandas wrote.
    there = there.astype(here.dtypes)
    pd.testing.assert_frame_equal(here, there, check_exact=False, rtol=0, atol=1e-9)
    out = pd.read_parquet(on_cluster.published() / "excluded.parquet")
    pd.testing.assert_frame_equal(out, read(folder / "excluded"))
    assert printed["rows"] == {"scored": len(here), "excluded": len(out)}
    stated = json.loads((folder / "manifest.json").read_bytes())
    assert stated["model"] == on_cluster.manifest()["model"]
    for path in (folder, *folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path.name
    log = (on_cluster.workspace / "data_exports.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(log[-1])["manifest"] == file_digest(folder / "manifest.json")


@pytest.mark.slow
def test_a_table_that_is_not_whole_leaves_the_scores_before(
    on_cluster: AtWork, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = on_cluster.workspace / "scores" / AS_OF.isoformat()
    folder.mkdir(parents=True)
    (folder / "scores").write_text("those of yesterday", encoding="utf-8")
    next((tmp_path / "exported" / "attendance").rglob("*.parquet")).unlink()
    before = every_byte(folder.parent)
    capsys.readouterr()
    assert on_cluster.run("score", "--as-of", AS_OF.isoformat(), "--json") == 20
    assert "attendance has" in json.loads(capsys.readouterr().out)["error"]["found"]
    assert every_byte(folder.parent) == before


def test_a_night_on_a_cluster_is_refused_before_anything_is_loaded(on_cluster: AtWork) -> None:
    assert on_cluster.run("nightly") == 2


def assert_scored(district: AtWork) -> None:
    """Score in a process of its own, since a process has one Spark, and compare with this machine."""
    arguments = ["score", "-c", str(district.configuration), "--as-of", AS_OF.isoformat(), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "ews", *arguments],
        cwd=REPOSITORY,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    here = district.scores()
    there = read(district.workspace / "scores" / AS_OF.isoformat() / "scores").astype(here.dtypes)
    pd.testing.assert_frame_equal(here, there, check_exact=False, rtol=0, atol=1e-9)


@pytest.mark.slow
def test_a_standalone_cluster_gives_the_same_scores(on_cluster: AtWork, tmp_path: Path) -> None:
    with standalone_cluster(tmp_path) as master:
        on_cluster.edit("local[2]", master)
        on_cluster.edit('"settings": {', '"settings": {"spark.executor.memory": "800m", ')
        assert_scored(on_cluster)


@pytest.mark.slow
def test_a_spark_connect_server_gives_the_same_scores(on_cluster: AtWork, tmp_path: Path) -> None:
    if importlib.util.find_spec("grpc_status") is None:
        pytest.skip('Spark Connect needs `pip install "pyspark[connect]"`')
    with connect_server(tmp_path) as remote:
        on_cluster.edit('"master": "local[2]"', f'"remote": "{remote}"')
        assert_scored(on_cluster)
