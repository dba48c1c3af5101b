"""The examples in the docstrings of outreach and reports run."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = [
    "ews.outreach.columns",
    "ews.outreach.file_names",
    "ews.outreach.pages",
    "ews.reports.numbers",
    "ews.reports.render",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
