"""The dozen public names, and what an import costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import ews


@pytest.mark.parametrize("name", ews.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert (getattr(ews, name).__doc__ or "").strip()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ews.nothing


@pytest.mark.parametrize(
    "heavy", ["mlflow", "lightgbm", "pandas", "shap", "sklearn", "fairlearn", "matplotlib", "duckdb"]
)
def test_help_imports_nothing_heavy(heavy: str) -> None:
    code = f"import sys, ews, ews.cli\news.cli.run_command(['--help'])\nsys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
