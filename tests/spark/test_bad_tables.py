"""Tables that are not what they should be: said what, where and what to do; nothing is published."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ews.config import Config
from ews.errors import DataRefused, UsageError
from ews.spark import open_spark
from ews.store.export import export
from ews.store.layout import AUDIT, MANIFEST
from tests.generators.writing import load_district
from tests.spark.local_spark import on_spark, rich_districts

# Java starts once in the default run, for tests/spark/test_equal_on_both_engines.py.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A district whose store is exported; tests work on copies."""
    folder = tmp_path_factory.mktemp("whole")
    config = load_district(rich_districts()[0], folder)
    export(config, folder / "exported", by="a test", with_audit_attributes=True)
    return config


def refusal(
    config: Config, tmp_path: Path, break_it: Callable[[Path], None], *, training: bool = False
) -> DataRefused:
    """What is said of a copy of the export that was broken."""
    shutil.copytree(config.folder / "exported", tmp_path / "copy")
    break_it(tmp_path / "copy")
    with (
        pytest.raises(DataRefused) as refused,
        open_spark(on_spark(config, data=str(tmp_path / "copy")), with_audit_attributes=training),
    ):
        pass
    assert refused.value.exit_code == 20
    assert {"found", "expected", "where", "next"} == {label for label, _ in refused.value.lines()}
    assert "0001" not in str(refused.value), "no student is named"
    return refused.value


def without_column(folder: Path) -> None:
    for path in (folder / "attendance").rglob("*.parquet"):
        pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["kind"]), path)


def of_another_version(folder: Path) -> None:
    stated = json.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_text(json.dumps(stated | {"schema_version": 99}), encoding="utf-8")


def test_a_table_with_one_column_missing(whole: Config, tmp_path: Path) -> None:
    found = refusal(whole, tmp_path, without_column)
    assert found.found == "table attendance: kind is missing"


def test_an_export_of_another_version(whole: Config, tmp_path: Path) -> None:
    assert "schema version 99" in refusal(whole, tmp_path, of_another_version).found


def test_a_folder_that_is_not_an_export(whole: Config, tmp_path: Path) -> None:
    found = refusal(whole, tmp_path, lambda folder: (folder / MANIFEST).unlink())
    assert "not an export" in found.found


def test_a_table_that_is_gone(whole: Config, tmp_path: Path) -> None:
    found = refusal(whole, tmp_path, lambda folder: shutil.rmtree(folder / "coverage"))
    assert found.found == "table coverage is not there, or cannot be read"


def test_a_folder_that_was_copied_in_part(whole: Config, tmp_path: Path) -> None:
    """Absences that are missing would look like attendance."""

    def lose_a_year(folder: Path) -> None:
        shutil.rmtree(folder / "attendance" / "school_year=2026")

    assert "attendance has" in refusal(whole, tmp_path, lose_a_year).found


def test_attributes_that_were_copied_in_part(whole: Config, tmp_path: Path) -> None:
    """Of whom they are missing would be a group of their own: nobody's need would be seen there."""

    def lose_a_row(folder: Path) -> None:
        path = next((folder / AUDIT).rglob("*.parquet"))
        pq.write_table(pq.read_table(path).slice(1), path)

    found = refusal(whole, tmp_path, lose_a_row, training=True)
    assert found.found.startswith("audit_attributes has")


def test_scoring_needs_no_attributes_and_training_does(whole: Config, tmp_path: Path) -> None:
    def lose_them(folder: Path) -> None:
        shutil.rmtree(folder / AUDIT)

    found = refusal(whole, tmp_path, lose_them, training=True)
    assert found.found == "table audit_attributes is not there, or cannot be read"
    assert "--with-audit-attributes" in found.next_step
    with open_spark(on_spark(whole, data=str(tmp_path / "copy"))) as tables:
        assert AUDIT not in tables.loaded_tables()


def test_a_catalog_without_the_tables(whole: Config) -> None:
    with pytest.raises(DataRefused, match="table schools is not there") as refused:
        open_spark(on_spark(whole, data=None, catalog="default"))
    assert refused.value.where == "default"


def test_a_worker_that_is_lost_is_a_refusal_that_quotes_nothing(whole: Config) -> None:
    """A worker that dies, as one does whose memory runs out."""
    import os

    def dies(batches: object) -> object:
        os._exit(1)

    with open_spark(on_spark(whole)) as tables:
        schools = tables.stored("schools", ["school_id"], {})
        with pytest.raises(DataRefused, match="did not finish") as refused:
            tables.materialize(tables.by_partition(schools, dies, "school_id string"), "lost")
    assert "nothing was published" in refused.value.next_step


def test_what_is_published_is_not_written_over(whole: Config, tmp_path: Path) -> None:
    with open_spark(on_spark(whole)) as tables:
        schools = tables.stored("schools", ["school_id"], {})
        tables.write(schools, (tmp_path / "scores").as_uri())
        with pytest.raises(UsageError, match="there is something"):
            tables.write(schools, (tmp_path / "scores").as_uri())


def test_a_cluster_that_is_not_there_is_said_and_where_it_was_looked_for(whole: Config) -> None:
    """In a process of its own: in this one there is a Spark already."""
    program = (
        "from tests.spark.local_spark import *; from ews.config import load_config; import sys\n"
        "try:\n open_spark(on_spark(load_config(Path(sys.argv[1])), master='nonsense://host'))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(whole.folder / "district.yaml")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.startswith("UsageError found: Spark could not be started"), done.stderr[-500:]
    assert "engine.master" in done.stdout
