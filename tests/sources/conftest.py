"""A server of the tests' own for the tests of this folder, and an everyday umask."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.sources.postgres_server import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server, started with the first test that asks for it."""
    with postgres_server() as running:
        yield running


@pytest.fixture(autouse=True)
def _everyday_umask() -> Iterator[None]:
    """Work as most accounts do, so that private files are private by the program's doing."""
    before = os.umask(0o022)
    yield
    os.umask(before)
