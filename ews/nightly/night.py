"""One night: score with the champion and publish; with the extracts loaded first, or without."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ews.approval import refresh_banners
from ews.config import Config
from ews.engine import Session
from ews.errors import DataRefused, EwsError
from ews.extracts.directory import check_directory, read_directory
from ews.features.matrix import build_matrix
from ews.nightly.publish import previous_scores, publish
from ews.nightly.score import Scores, score
from ews.nightly.service import InService, champion
from ews.nightly.when import AsOf, decide_as_of
from ews.outreach.lists import ListContext
from ews.private_files import owner_only
from ews.progress import Progress, silent
from ews.registry import Registry
from ews.school_calendar import start_of_day_utc
from ews.snapshot import calendar_frame
from ews.store.frames import newest_known_day, school_names
from ews.store.ingest import IngestReport, load_sources, used_sources
from ews.store.lock import workspace_lock
from ews.store.schema import read_store

_EVERY_DAY = {"attendance": "attendance records", "nurse_visits": "nurse visits"}
"""Sources in which something new is expected on every school day."""


@dataclass
class NightResult:
    """What a night ended with.

    Attributes
    ----------
    published : Path or None
        The folder that was published; None on a day without school.
    degraded : list of str
        Sentences on what is not as it should be; any makes exit code 10.
    """

    as_of: AsOf
    published: Path | None = None
    model_version: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)
    banners: list[str] = field(default_factory=list)
    loaded: IngestReport | None = None


def score_and_publish(
    config: Config, *, as_of: dt.date | None = None, progress: Progress = silent
) -> NightResult:
    """Score with the champion and publish the lists; also on a day without school.

    Raises
    ------
    ModelUnusable
        If no model may be used; what was published before stays.
    DataRefused
        If there is no store, or nobody is enrolled on the day.
    """
    with owner_only(), workspace_lock(config.workspace_dir):
        return _night(config, as_of, progress, skip_closed=False)


def nightly(
    config: Config,
    *,
    as_of: dt.date | None = None,
    accept_withdrawals: bool = False,
    progress: Progress = silent,
) -> NightResult:
    """Load tonight's extracts, score and publish: the one line for cron or the Task Scheduler.

    With ``as_of`` the load counts as made one second before that day begins.
    """
    loaded_at = (
        start_of_day_utc(as_of, config.timezone) - dt.timedelta(seconds=1) if as_of is not None else None
    )
    with owner_only(), workspace_lock(config.workspace_dir):
        if config.sources.directory is not None:
            check_directory(config.sources.directory, config)
        loaded = load_sources(
            config, loaded_at=loaded_at, accept_withdrawals=accept_withdrawals, progress=progress
        )
        try:
            result = _night(config, as_of, progress, skip_closed=True)
        except EwsError as error:
            error.found += " (tonight's extracts were loaded before that; no list was published)"
            raise
        result.loaded = loaded
        return result


def _night(config: Config, stated: dt.date | None, progress: Progress, *, skip_closed: bool) -> NightResult:
    with read_store(config.workspace_dir) as session:
        as_of = decide_as_of(session, stated, config)
        if skip_closed and as_of.inside_calendar and not as_of.in_session and not as_of.note:
            return NightResult(as_of)
        progress("Verifying the model in service", 0.0)
        refresh_banners(config, Registry(config))
        service = champion(config)
        progress("Computing features", 0.0)
        matrix = build_matrix(session, as_of.day, config)
        if matrix.standing.empty:
            raise _nobody(as_of.day)
        progress("Scoring", 0.0)
        scores = score(matrix, service, config, previous_scores(config.workspace_dir, as_of.day))
        staleness = _staleness(session, as_of.day, config)
        schools = school_names(session, start_of_day_utc(as_of.day, config.timezone))
    return _published(config, as_of, service, scores, schools, staleness, progress)


def _published(
    config: Config,
    as_of: AsOf,
    service: InService,
    scores: Scores,
    schools: pd.DataFrame,
    staleness: dict[str, Any],
    progress: Progress,
) -> NightResult:
    progress("Publishing lists", 0.0)
    stale = _stale_sentences(staleness, config.nightly.stale_after_school_days)
    listed, show_names = _with_names(scores.listed, config)
    on_roster = set(scores.scores["school_id"]) | set(scores.excluded["school_id"])
    context = ListContext(
        district=config.district,
        as_of=as_of.day,
        schools=schools.loc[schools["school_id"].isin(on_roster)].reset_index(drop=True),
        model_version=f"{service.name} {service.version.number}",
        banners=service.banners,
        stale=stale,
        show_names=show_names,
    )
    named = Scores(scores.scores, scores.excluded, listed)
    folder = publish(named, service, config, as_of.day, context=context, staleness=staleness)
    rows = {"scored": len(scores.scores), "excluded": len(scores.excluded), "listed": len(listed)}
    return NightResult(as_of, folder, service.version.number, rows, stale, service.banners)


def _with_names(listed: pd.DataFrame, config: Config) -> tuple[pd.DataFrame, bool]:
    """Add names from the directory, which is opened only here, when lists are printed."""
    source = config.sources.directory
    if source is None:
        return listed, False
    names = read_directory(source, config)
    named = listed.merge(names, on="student_id", how="left")
    columns = ["first_name", "last_name", "homeroom"]
    return named.assign(**{column: named[column].astype(object).fillna("") for column in columns}), True


def _staleness(session: Session, day: dt.date, config: Config) -> dict[str, Any]:
    """Return for each source its newest event known before the day, and how many school days ago it was.

    A source without dates of its own has nulls: it is as old as its last load.
    """
    cut = start_of_day_utc(day, config.timezone)
    calendar = calendar_frame(session)
    open_days = calendar.loc[calendar["instructional"], "date"].drop_duplicates()
    result: dict[str, Any] = {}
    for table, _ in used_sources(config):
        result[table.name] = {"newest": None, "school_days_since": None}
        newest = newest_known_day(session, table, day, cut) if table.date else None
        if newest is not None:
            since = (open_days > pd.Timestamp(newest)) & (open_days < pd.Timestamp(day))
            result[table.name] = {"newest": newest.isoformat(), "school_days_since": int(since.sum())}
    return result


def _stale_sentences(staleness: dict[str, Any], limit: int) -> list[str]:
    return [
        f"The newest {words} are of {staleness[source]['newest']}: "
        f"{staleness[source]['school_days_since']} school days have passed since."
        for source, words in _EVERY_DAY.items()
        if source in staleness and (staleness[source]["school_days_since"] or 0) > limit
    ]


def _nobody(day: dt.date) -> DataRefused:
    return DataRefused(
        f"nobody is enrolled on {day}",
        expected="enrollments of that school year, known before that day",
        where="the store",
        next_step="load the year's enrollments, or choose a day of a school year",
    )
