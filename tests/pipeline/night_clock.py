"""A clock that a test sets: every module of a night that asks for the time gets the same moment."""

from __future__ import annotations

import datetime as dt
import os
import time
from types import SimpleNamespace
from typing import Any

import pytest

ASKING = (
    "ews.school_calendar",
    "ews.store.ingest",
    "ews.nightly.night_log",
    "ews.nightly.publish",
)
"""The modules that read the clock in the course of a night."""


class _StandsStill(type):
    moment: dt.datetime

    def __getattr__(cls, name: str) -> Any:
        return getattr(dt.datetime, name)

    def __call__(cls, *parts: Any, **named: Any) -> dt.datetime:
        return dt.datetime(*parts, **named)

    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return cls.moment.astimezone(tz)


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: dt.datetime) -> None:
    """Let it be one moment (with its zone) in every module that asks.

    ``datetime.now()`` without a zone answers in the server's, as it does in life: code that forgets the
    district's zone is found out on a server in another one.
    """
    clock = _StandsStill("Clock", (), {"moment": moment})
    members = {name: getattr(dt, name) for name in dir(dt) if not name.startswith("_")}
    for module in ASKING:
        monkeypatch.setattr(f"{module}.dt", SimpleNamespace(**{**members, "datetime": clock}))


def set_server_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """Put the server into a time zone; the test restores the one before with :func:`restore_server_zone`."""
    monkeypatch.setitem(os.environ, "TZ", zone)
    time.tzset()


def restore_server_zone() -> None:
    """After ``monkeypatch`` has put TZ back."""
    time.tzset()
