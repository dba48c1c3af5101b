"""What readers have and how old it is: ``status.json`` for machines, ``published/index.html`` for people.

Both are written after every run, good or bad, and neither needs the store to be read: a counselor who opens
the page on a shared drive sees at once that last night made no new lists. The heartbeat is a file that only
a good run touches: whatever watches the server raises an alarm when it grows old, also when nothing ran.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ews.config import Config
from ews.digests import canonical_json
from ews.nightly.night_log import BEGUN, CLOSED, PUBLISHED, UNCHANGED, now, runs
from ews.nightly.publish import LATEST
from ews.outreach.pages import environment
from ews.private_files import write_private
from ews.school_calendar import today_in

STATUS = "status.json"
HEARTBEAT = "heartbeat"
LANDING = "index.html"

_SHOWN = 14
_GOOD = (PUBLISHED, UNCHANGED, CLOSED)


@dataclass(frozen=True)
class Status:
    """Where the nights stand.

    Attributes
    ----------
    latest : str or None
        The day of the lists that readers have.
    school_days_old : int or None
        School days after it, up to and with today; None where the calendar is not known.
    nights : list of dict
        The newest runs of the log of nights, the newest last.
    sentences : list of str
        What is not as it should be.
    """

    latest: str | None
    school_days_old: int | None
    nights: list[dict[str, Any]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether nobody has to look."""
        return not self.sentences


def status_of(config: Config) -> Status:
    """Return the status as it is now, from files alone: the store may be busy, or on another server."""
    workspace = config.workspace_dir
    latest = _latest(workspace)
    nights = runs(workspace)[-_SHOWN:]
    old = _school_days_old(latest, _kept_school_days(workspace), today_in(config.timezone))
    return Status(latest, old, nights, _sentences(latest, old, nights))


def write_status(config: Config, school_days: Sequence[dt.date] | None = None) -> Status:
    """Write ``status.json`` and the page of the published folder.

    Parameters
    ----------
    school_days : sequence of date, optional
        The school days from the newest list on; those that are kept when left out.
    """
    workspace = config.workspace_dir
    days = _kept_school_days(workspace) if school_days is None else [d.isoformat() for d in school_days]
    latest = _latest(workspace)
    nights = runs(workspace)[-_SHOWN:]
    old = _school_days_old(latest, days, today_in(config.timezone))
    found = Status(latest, old, nights, _sentences(latest, old, nights))
    content = {
        "written_at": now(),
        "well": found.well,
        "latest": found.latest,
        "school_days_old": found.school_days_old,
        "sentences": found.sentences,
        "nights": found.nights,
        "school_days": days,
    }
    write_private(workspace / STATUS, canonical_json(content))
    if latest is not None:
        write_private(workspace / "published" / LANDING, _landing(config, found).encode())
    return found


def beat(workspace: Path) -> None:
    """Touch the heartbeat: a run ended well, or published with something to tell."""
    write_private(workspace / HEARTBEAT, f"{now()}\n".encode())


def _latest(workspace: Path) -> str | None:
    path = workspace / "published" / LATEST
    return path.read_text(encoding="utf-8").strip() or None if path.is_file() else None


def _kept_school_days(workspace: Path) -> list[str]:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return [str(day) for day in json.loads((workspace / STATUS).read_bytes())["school_days"]]
    return []


def _school_days_old(latest: str | None, school_days: Sequence[str], today: dt.date) -> int | None:
    if latest is None or not school_days:
        return None
    return sum(latest < day <= today.isoformat() for day in school_days)


def _sentences(latest: str | None, old: int | None, nights: Sequence[dict[str, Any]]) -> list[str]:
    found = []
    if latest is None:
        found.append("No list has been published yet.")
    if not nights:
        return found
    last = nights[-1]
    if last["outcome"] == BEGUN:
        found.append(f"The run that began at {last['at']} has not ended: it is at work, or was cut short.")
    elif last["outcome"] not in _GOOD:
        found.append(f"The newest run made no new lists: {last.get('sentence', 'see the log')}")
    found += [str(each) for each in last.get("degraded", [])]
    if old:
        found.append(f"The lists are {old} school {'day' if old == 1 else 'days'} old.")
    return found


def _landing(config: Config, status: Status) -> str:
    template = environment("ews.nightly", "ews.outreach").get_template("landing.html.j2")
    latest = dt.date.fromisoformat(status.latest) if status.latest else None
    last = status.nights[-1] if status.nights else None
    failed = last is not None and last["outcome"] not in (*_GOOD, BEGUN)
    return template.render(
        district=config.district,
        latest=latest,
        folder=status.latest,
        failed=failed,
        sentence=str(last.get("sentence", "")) if last and failed else "",
        ran_on=str(last["at"])[:10] if last else "",
        old=status.school_days_old or 0,
    )
