"""`engine:` in the configuration: DuckDB unless said, what Spark needs, and what needs this machine."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from ews.config import Config, load_config
from ews.engine_settings import EngineSettings
from ews.errors import UsageError
from ews.nightly.night import nightly, score_and_publish
from ews.spark import open_spark
from ews.training.run import train
from tests.generators.writing import configuration, write_config
from tests.reference.settings import Load, Settings

TOLERANCE = {"excess_fnr": 0.1, "auc_difference": 0.1}


def config_with(folder: Path, engine: Any) -> Config:
    load = Load(at=None, rows={})  # type: ignore[arg-type]
    return write_config(folder, configuration(Settings(), load) | ({"engine": engine} if engine else {}))


def test_the_engine_is_duckdb_unless_said(tmp_path: Path) -> None:
    assert config_with(tmp_path, None).engine == EngineSettings()
    assert config_with(tmp_path, {"kind": "duckdb"}).engine.kind == "duckdb"


def test_where_something_is_computed_is_no_part_of_what_a_model_rests_on(tmp_path: Path) -> None:
    one = config_with(tmp_path, None).model_dump(mode="json")
    assert one == config_with(tmp_path, {"kind": "spark", "data": "out"}).model_dump(mode="json")


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        ({"kind": "pandas"}, "engine.kind"),
        ({"kind": "spark"}, "exactly one of data"),
        ({"kind": "spark", "data": "out", "catalog": "main"}, "exactly one of data"),
        ({"kind": "spark", "data": "out", "master": "local[2]", "remote": "sc://host"}, "not both"),
        ({"kind": "duckdb", "data": "out"}, "belongs to kind: spark"),
        ({"kind": "spark", "data": "out", "workers": 4}, "engine.workers: unknown key"),
        ({"kind": "spark", "catalog": "main; drop table x"}, "engine.catalog"),
    ],
)
def test_what_cannot_be_meant_is_refused(engine: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=says):
        config_with(tmp_path, engine)


def test_without_pyspark_it_is_said_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def missing(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("pyspark"):
            raise ImportError(name)
        return real(name, *arguments, **named)

    config = config_with(tmp_path, {"kind": "spark", "data": "out", "master": "local[2]"})
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UsageError, match="PySpark is not installed") as refused:
        open_spark(config)
    assert 'pip install "ews[spark]"' in refused.value.next_step


@pytest.mark.parametrize("run", [nightly, score_and_publish], ids=lambda run: run.__name__)
def test_what_works_on_this_machine_alone_says_so_and_does_nothing(run: Any, tmp_path: Path) -> None:
    config = config_with(tmp_path / "district", {"kind": "spark", "data": "out"})
    before = sorted((tmp_path / "district").iterdir())
    with pytest.raises(UsageError, match="computes on this machine"):
        run(config)
    assert sorted((tmp_path / "district").iterdir()) == before


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("training.candidates", {"training": {"candidates": {"approved_by": "the board"}}}),
        ("audit.sensitive", {"audit": {"sensitive": ["meal_status"], "tolerance": TOLERANCE}}),
    ],
)
def test_training_that_a_cluster_does_not_do_says_so_and_does_nothing(
    key: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    engine = {"engine": {"kind": "spark", "data": "out"}}
    load = Load(at=None, rows={})  # type: ignore[arg-type]
    config = write_config(tmp_path / "district", configuration(Settings(), load) | engine | changes)
    with pytest.raises(UsageError, match="only done on this machine") as refused:
        train(config)
    assert refused.value.where == key
    assert not (config.workspace_dir / "reports").exists()
    assert not (tmp_path / "district" / "mlruns").exists()


def test_a_file_with_an_engine_can_be_loaded(tmp_path: Path) -> None:
    config_with(tmp_path, {"kind": "spark", "data": "out", "settings": {"spark.executor.memory": "4g"}})
    assert load_config(tmp_path / "district.yaml").engine.settings == {"spark.executor.memory": "4g"}
