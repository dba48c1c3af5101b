"""The verb that tells how the last nights went."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ews.console import Console
from ews.verbs.options import ConfigFile, Json, load

_LOOK = 10


def status(config: ConfigFile, as_json: Json = False) -> None:
    """Show the last nights and how old the lists are; exit code 10 where somebody has to look."""
    from ews.nightly.status import status_of
    from ews.nightly.when import said_missed

    console = Console(as_json=as_json)
    found = status_of(load(config))
    rows = [_row(each) for each in reversed(found.nights)]
    if rows:
        headings = (
            "began or ended (UTC)",
            "command",
            "as of",
            "outcome",
            "exit",
            "scored",
            "listed",
            "new rows",
        )
        console.table("The last runs, the newest first", headings, rows)
    age = (
        ""
        if found.school_days_old is None or found.year_ended
        else f", {found.school_days_old} school days old"
    )
    console.say(
        f"Readers have the lists of {found.latest}{age}." if found.latest else "No list is published."
    )
    if found.year_ended:
        console.say(f"Their school year ended on {found.year_ended}.")
    missed = found.nights[-1].get("missed") if found.nights else None
    if missed:
        console.say(said_missed([dt.date.fromisoformat(day) for day in missed]))
    for sentence in found.sentences:
        console.say(f"! {sentence}")
    if found.well:
        console.say("All is well.")
    result = {
        "well": found.well,
        "latest": found.latest,
        "school_days_old": found.school_days_old,
        "year_ended": found.year_ended,
        "missed": missed or [],
        "sentences": found.sentences,
        "nights": found.nights,
    }
    console.result(result, exit_code=0 if found.well else _LOOK)


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    counts = run.get("rows") or {}
    cells = (
        run["at"][:16].replace("T", " "),
        run.get("command"),
        run.get("as_of"),
        run["outcome"],
        run.get("exit"),
        counts.get("scored"),
        counts.get("listed"),
        run.get("rows_new"),
    )
    return tuple(
        "" if each is None else f"{each:,}" if isinstance(each, int) else str(each) for each in cells
    )
