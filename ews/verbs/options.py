"""What several verbs share: their options, and how the text of an option is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ews.errors import UsageError

if TYPE_CHECKING:
    from ews.config import Config

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", help="The district's configuration (see `ews init`).")
]
Json = Annotated[bool, typer.Option("--json", help="Print one machine-readable object on standard output.")]
AsOfDay = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="The decision day, for example 2026-01-15.")
]
AcceptWithdrawals = Annotated[
    bool, typer.Option("--accept-withdrawals", help="Accept that a full extract withdraws more than 5%.")
]


def load(path: Path) -> Config:
    """Read a configuration."""
    from ews.config import load_config

    return load_config(path)


def date_of(text: str | None, option: str) -> Any:
    """Return an option's date; None where it was not given.

    Raises
    ------
    UsageError
        If it is not a date.
    """
    return None if text is None else _parsed(dt.date.fromisoformat, text, option, "a date like 2026-01-15")


def time_of(text: str | None, option: str, timezone: str) -> dt.datetime | None:
    """Return an option's time as naive UTC; without a zone it is meant in the district's.

    Raises
    ------
    UsageError
        If it is not a time.
    """
    from zoneinfo import ZoneInfo

    if text is None:
        return None
    time = _parsed(dt.datetime.fromisoformat, text, option, "a time like 2026-01-15T02:00")
    local = time if time.tzinfo else time.replace(tzinfo=ZoneInfo(timezone))
    utc: dt.datetime = local.astimezone(dt.UTC)
    return utc.replace(tzinfo=None)


def several_of(text: str, option: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Return the choices that an option names: one of them, ``both`` of two, or ``none``.

    Raises
    ------
    UsageError
        If it names something else.
    """
    named = {"both": choices, "none": (), **{each: (each,) for each in choices}}
    if text in named:
        return named[text]
    raise UsageError(
        f"{option} {text} is not known",
        expected=f"one of {', '.join(named)}",
        next_step="write one of them",
    )


def _parsed(parse: Callable[[str], Any], text: str, option: str, expected: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        raise UsageError(
            f"{option} {text} cannot be read", expected=expected, next_step=f"write {option} as {expected}"
        ) from None
