"""One PostgreSQL server for the tests that read an ODS; they are skipped where none is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sources.postgres_server import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server
