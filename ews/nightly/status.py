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
from ews.nightly.night_log import BEGUN, CLOSED, LOOKED_BACK, NO_STUDENTS, PUBLISHED, UNCHANGED, now, runs
from ews.nightly.published_nights import newest_night
from ews.outreach.pages import environment
from ews.private_files import write_private
from ews.school_calendar import today_in

STATUS = "status.json"
HEARTBEAT = "heartbeat"
LANDING = "index.html"

_SHOWN = 14
_GOOD = (PUBLISHED, UNCHANGED, CLOSED, NO_STUDENTS)

_SUMMER = dt.timedelta(days=80)
"""How long after the last day of school nobody has to look: then the next year is in the calendar."""

SchoolYears = Sequence[tuple[str, str]]
"""First and last school day of every stored year, in order."""


@dataclass(frozen=True)
class Status:
    """Where the nights stand.

    Attributes
    ----------
    latest : str or None
        The day of the lists that readers have.
    school_days_old : int or None
        School days after it, up to and with today; None where the calendar is not known.
    year_ended : str or None
        The last school day of the year of those lists, once it has passed: they say nothing of today.
    nights : list of dict
        The newest runs of the log of nights, the newest last.
    sentences : list of str
        What is not as it should be.
    """

    latest: str | None
    school_days_old: int | None
    year_ended: str | None = None
    nights: list[dict[str, Any]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether nobody has to look."""
        return not self.sentences


def status_of(config: Config) -> Status:
    """Return the status as it is now, from files alone: the store may be busy, or on another server."""
    return _status(config, *_kept_days(config.workspace_dir))


def write_status(
    config: Config,
    school_days: Sequence[dt.date] | None = None,
    school_years: Sequence[tuple[dt.date, dt.date]] | None = None,
) -> Status:
    """Write ``status.json`` and the page of the published folder.

    Parameters
    ----------
    school_days : sequence of date, optional
        The school days from the newest list on; those that are kept when left out.
    school_years : sequence of (date, date), optional
        The first and last school day of every stored year; those that are kept when left out.
    """
    workspace = config.workspace_dir
    days, years = _kept_days(workspace)
    if school_days is not None:
        days = [each.isoformat() for each in school_days]
    if school_years is not None:
        years = [(first.isoformat(), last.isoformat()) for first, last in school_years]
    found = _status(config, days, years)
    content = {
        "written_at": now(),
        "well": found.well,
        "latest": found.latest,
        "school_days_old": found.school_days_old,
        "year_ended": found.year_ended,
        "sentences": found.sentences,
        "nights": found.nights,
        "school_days": days,
        "school_years": years,
    }
    write_private(workspace / STATUS, canonical_json(content))
    if found.latest is not None:
        write_private(workspace / "published" / LANDING, _landing(config, found).encode())
    return found


def _status(config: Config, school_days: Sequence[str], school_years: SchoolYears) -> Status:
    today = today_in(config.timezone)
    latest = _latest(config.workspace_dir)
    nights = runs(config.workspace_dir)[-_SHOWN:]
    old = _school_days_old(latest, school_days, today)
    ended = _year_ended(latest, school_years, today)
    sentences = _sentences(latest, 0 if ended else old, nights)
    if ended and not _awaits_the_next(ended, school_years, today):
        sentences.append(f"The calendar ends with the school year that ended on {ended}: load the next one.")
    return Status(latest, old, ended, nights, sentences)


def beat(workspace: Path) -> None:
    """Touch the heartbeat: a run ended well, or published with something to tell."""
    write_private(workspace / HEARTBEAT, f"{now()}\n".encode())


def _latest(workspace: Path) -> str | None:
    newest = newest_night(workspace)
    return newest.isoformat() if newest else None


def _kept_days(workspace: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the school days and school years that the last run knew."""
    days: list[str] = []
    years: list[tuple[str, str]] = []
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads((workspace / STATUS).read_bytes())
        days = [str(day) for day in kept["school_days"]]
        years = [(str(first), str(last)) for first, last in kept["school_years"]]
    return days, years


def _year_ended(latest: str | None, school_years: SchoolYears, today: dt.date) -> str | None:
    """Return the last day of the school year of the newest lists, if it lies behind."""
    of_lists = [last for first, last in school_years if latest is not None and first <= latest]
    return of_lists[-1] if of_lists and of_lists[-1] < today.isoformat() else None


def _awaits_the_next(ended: str, school_years: SchoolYears, today: dt.date) -> bool:
    """Return whether the next year is in the calendar, or it is too early to ask for it."""
    known = any(first > ended for first, _ in school_years)
    return known or today <= dt.date.fromisoformat(ended) + _SUMMER


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
    found += [each for each in _did_not_hold(nights) if each not in found]
    if old:
        found.append(f"The lists are {old} school {'day' if old == 1 else 'days'} old.")
    return found


def _did_not_hold(nights: Sequence[dict[str, Any]]) -> list[str]:
    """Return what audits of published lists found, in the nights that are shown."""
    audits = [night[LOOKED_BACK] for night in nights if night.get(LOOKED_BACK)]
    return [str(each["sentence"]) for each in audits if each["holds"] is False]


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
        ended=dt.date.fromisoformat(status.year_ended) if status.year_ended else None,
    )
