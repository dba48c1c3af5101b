"""The configurations that stand in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from ews.config import Config, load_config
from ews.errors import UsageError
from ews.starter import starter_text, write_starter

CONFIGS = Path(__file__).parents[2] / "configs"


def test_the_starter_is_the_district_configuration_of_the_repository() -> None:
    assert (CONFIGS / "district.yaml").read_text(encoding="utf-8") == starter_text()


def test_the_starter_is_a_valid_configuration(tmp_path: Path) -> None:
    assert load_config(write_starter(tmp_path)).district == "My School District"


def test_a_district_s_own_configuration_is_never_overwritten(tmp_path: Path) -> None:
    write_starter(tmp_path).write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="there already"):
        write_starter(tmp_path)
    assert (tmp_path / "district.yaml").read_text(encoding="utf-8") == "mine"


def _keys(model: type[BaseModel]) -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        if name == "folder":
            continue
        found.add(name)
        for part in [field.annotation, *getattr(field.annotation, "__args__", ())]:
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= _keys(part)
    return found


def test_the_starter_explains_every_key() -> None:
    missing = {key for key in _keys(Config) if key not in starter_text()}
    assert missing == set()


def test_what_is_commented_out_shows_the_defaults(tmp_path: Path) -> None:
    """Every commented block, switched on, gives the configuration that leaving it out gives."""
    lines = starter_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("# checks:"))
    switched = [line[2:] if line.startswith("# ") else line for line in lines[begin:]]
    text = "\n".join(lines[:begin] + switched)
    (tmp_path / "on.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "off.yaml").write_text(starter_text(), encoding="utf-8")
    on, off = load_config(tmp_path / "on.yaml"), load_config(tmp_path / "off.yaml")
    for section in ("checks", "definition", "cohort", "training", "nightly"):
        assert section in yaml.safe_load(text)
        assert getattr(on, section) == getattr(off, section)


def test_the_demo_configuration_keeps_its_registry_in_mlruns() -> None:
    config = load_config(CONFIGS / "demo.yaml")
    assert config.registry_uri == f"sqlite:///{CONFIGS.parent / 'mlruns' / 'mlflow.db'}"


def test_the_demo_configuration_reads_what_simulate_writes(tmp_path: Path) -> None:
    from ews.simulate.configuration import district_yaml

    written: dict[str, Any] = yaml.safe_load(district_yaml(6000, 6, 1))
    standing = yaml.safe_load((CONFIGS / "demo.yaml").read_text(encoding="utf-8"))
    for source in standing["sources"].values():
        source["path"] = source["path"].removeprefix("../ews-demo/")
    for key in ("workspace", "mlflow"):
        written.pop(key)
        standing.pop(key)
    assert standing == written
