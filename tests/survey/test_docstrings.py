"""The examples in the docstrings of the survey run."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = ["column_names", "date_formats", "dates", "folder", "headers", "meanings"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"ews.survey.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
