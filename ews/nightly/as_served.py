"""``ews audit --as-served``: the audit once more, on the lists that were really published.

At registration a model is audited on a year that it had not seen. When a year in which it served is over,
its outcomes are known, and the same questions can be asked of the lists that counselors really had: as they
were published, with the risks of their night. Nothing is registered, and no model is changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ews.config import Config
from ews.engine import Session
from ews.equity.audit import audit
from ews.errors import DataRefused, GateClosed, UsageError
from ews.label import complete_years, outcomes
from ews.model.predictors import RULES
from ews.nightly.as_served_report import AsServed, write_report
from ews.nightly.served_nights import (
    Nights,
    ServedNight,
    enrolled_at,
    evenly,
    nights_by_year,
    served_rows,
    verified_nights,
)
from ews.nightly.served_verdicts import VersionServed, school_year_words
from ews.nightly.served_versions import Registered, registered_versions, without_seen_years
from ews.private_files import owner_only
from ews.progress import Progress, silent
from ews.registry import Registry
from ews.school_calendar import district_days
from ews.snapshot import calendar_frame
from ews.store.lock import workspace_lock
from ews.store.schema import read_store
from ews.training.audit_frame import audit_frame

_RULE = next(each for each in RULES if each.name == "year_to_date_rate")
"""The rule of thumb shown beside: the one whose figure the published scores hold."""


def audit_as_served(config: Config, *, year: int | None = None, progress: Progress = silent) -> AsServed:
    """Audit the lists that were published in a completed school year.

    Parameters
    ----------
    year : int, optional
        The spring year; by default the newest completed one with published lists.

    Raises
    ------
    DataRefused
        If no completed year has published lists, none of its nights can be used, or no audit can be made.
    ModelUnusable
        If a version's registered audit is gone or altered, or the configuration's basis is another.
    UsageError
        If the calendar has no such year.
    """
    with owner_only(), workspace_lock(config.workspace_dir), read_store(config.workspace_dir) as session:
        return audit_nights(config, session, year=year, progress=progress)


def audit_nights(config: Config, session: Session, *, year: int | None, progress: Progress) -> AsServed:
    """Audit the lists of a completed school year, for whoever holds the workspace.

    See :func:`audit_as_served`.
    """
    calendar = calendar_frame(session)
    published = nights_by_year(config.workspace_dir, calendar)
    chosen = _year(year, published, complete_years(session), calendar)
    registry = Registry(config)
    progress("Verifying published nights", 0.0)
    nights = verified_nights(published[chosen], config, registry)
    registered = registered_versions(nights.verified, config, registry)
    nights = without_seen_years(nights, registered, chosen)
    if not nights.verified:
        raise _none_verifies(nights, chosen)
    used = evenly(nights.verified, config.training.max_rows)
    progress("Reading what became of the students", 0.0)
    nightly = [dt.date.fromisoformat(night.folder.name) for night in used]
    served = served_rows(used, outcomes(session, config, nightly), chosen)
    progress("Auditing by group", 0.0)
    fairness = _audited(session, served.rows, used, config)
    versions = _versions(session, served.rows, used, fairness["verdict"], config, registered)
    return write_report(config, registered, chosen, nights, used, served, fairness, versions)


def _year(
    stated: int | None, published: dict[int, list[Path]], complete: Sequence[int], calendar: pd.DataFrame
) -> int:
    ready = [year for year in sorted(published) if year in complete]
    if stated is None and ready:
        return ready[-1]
    if stated is not None and stated not in set(calendar["school_year"]):
        known = ", ".join(str(each) for each in sorted({int(each) for each in calendar["school_year"]}))
        raise UsageError(
            f"the calendar has no school year {stated}",
            expected=f"one of {known} (2026 is 2025-26)" if known else "a year of the calendar",
            where="--year",
            next_step="give another year, or leave --year out",
        )
    if stated in ready:
        return int(stated)
    raise _not_yet(stated, published, ready, calendar)


def _not_yet(
    stated: int | None, published: dict[int, list[Path]], ready: Sequence[int], calendar: pd.DataFrame
) -> DataRefused:
    waiting = stated if stated in published else max(published, default=None) if stated is None else None
    if waiting is None:
        found = (
            f"in {school_year_words(stated)} no lists were published"
            if stated
            else "no lists were published yet"
        )
        next_step = "publish lists with `ews nightly`; run this again once their school year is complete"
        if ready:
            next_step = f"choose a year with lists: {', '.join(str(each) for each in ready)}"
        return DataRefused(
            found, expected="lists in a completed school year", where="published", next_step=next_step
        )
    days = district_days(calendar, waiting)
    until = f"attendance up to {days[-1]}, its last day" if days else "its calendar and attendance"
    return DataRefused(
        "no completed school year has published lists yet"
        if stated is None
        else f"the school year {school_year_words(waiting)} is not complete",
        expected=f"{school_year_words(waiting)} with {until}",
        where="the store",
        next_step=f"run it again from {days[-1] + dt.timedelta(days=1)} on, once that is loaded"
        if days
        else "load them, then run it again",
    )


def _none_verifies(nights: Nights, year: int) -> DataRefused:
    name, reason = next(iter(nights.left_out.items()))
    return DataRefused(
        f"none of the {len(nights.left_out)} nights of {school_year_words(year)} is as it was published, at "
        f"its time and by a model that had not seen the year; {name}: {reason}",
        expected="nights published when their lists were used, whose files are those of the export log",
        where="published",
        next_step="see `ews verify` and restore the nights from a backup, or choose another year with --year",
    )


def _audited(
    session: Session, rows: pd.DataFrame, nights: Sequence[ServedNight], config: Config
) -> dict[str, Any]:
    percent = any(
        getattr(config.outreach.capacity, section).percent is not None for section in ("prevent", "intensive")
    )
    groups, left_out = audit_frame(session, rows, config)
    try:
        return audit(
            # What the rule would have gone by that night; nobody had an absence rate yet on no counted day.
            rows.drop(columns="deployed").assign(**{_RULE.column: rows["absence_rate"].fillna(0.0)}),
            groups,
            settings=config.audit,
            capacities=config.outreach.capacity,
            enrolled=enrolled_at(nights) if percent else {},
            seed=config.training.seed,
            deployed=rows["deployed"],
            rule=_RULE,
            left_out=left_out,
        )
    except GateClosed as error:
        raise DataRefused(
            error.found, expected=error.expected, where="the published lists", next_step=error.next_step
        ) from None


def _versions(
    session: Session,
    rows: pd.DataFrame,
    nights: Sequence[ServedNight],
    verdict: str,
    config: Config,
    registered: Mapping[str, Registered],
) -> list[VersionServed]:
    """Return the versions that made the lists; of several, each with the verdict on its own nights."""
    numbers = sorted({night.version for night in nights}, key=int)
    found = []
    for number in numbers:
        own = [night for night in nights if night.version == number]
        found.append(
            VersionServed(
                number,
                registered[number].version.run.name,
                len(own),
                registered[number].verdict,
                verdict if len(numbers) == 1 else _own_verdict(session, rows, own, config),
            )
        )
    return found


def _own_verdict(
    session: Session, rows: pd.DataFrame, nights: Sequence[ServedNight], config: Config
) -> str | None:
    days = {dt.date.fromisoformat(night.folder.name) for night in nights}
    own = rows.loc[rows["as_of_date"].isin(days)].reset_index(drop=True)
    try:
        return str(_audited(session, own, nights, config)["verdict"])
    except DataRefused:
        return None
