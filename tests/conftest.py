"""The order of test files: long ones first, so that at the end no process waits for another's."""

from __future__ import annotations

import pytest

LONG = (
    "tests/project/test_documents_run.py",
    "tests/spark/",
    "tests/pipeline/",
    "tests/purge/",
    "tests/data/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; `make test` keeps this order (``--no-loadscope-reorder``)."""
    items.sort(
        key=lambda item: next((at for at, long in enumerate(LONG) if item.nodeid.startswith(long)), len(LONG))
    )
