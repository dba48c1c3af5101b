"""One night: score with the champion and publish; with the extracts loaded first, or without."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ews.config import Config
from ews.engine import Session
from ews.errors import DataRefused, EwsError
from ews.extracts.directory import check_directory
from ews.features.matrix import Matrix, build_matrix
from ews.model.parse_check import ParseCheck
from ews.nightly.at_printing import with_names, with_served
from ews.nightly.churn import Churn, churn_between
from ews.nightly.delivery import hand_out
from ews.nightly.drift import Drift, drifts, spread_of
from ews.nightly.freshness import freshness
from ews.nightly.last_days import LastDays, last_days
from ews.nightly.matured import LookedBack, look_back
from ews.nightly.night_log import CLOSED, HELD, LOOKED_BACK, NO_STUDENTS, PUBLISHED, UNCHANGED
from ews.nightly.publish import RUN_PAGE, publish
from ews.nightly.published_nights import (
    PreviousNight,
    manifest_of,
    newest_night,
    previous_night,
    published_scores,
)
from ews.nightly.recorded import Trace, recorded
from ews.nightly.run_page import NightFigures
from ews.nightly.same_weeks import same_weeks, watched_figures
from ews.nightly.score import Scores, score
from ews.nightly.service import InService, service_for
from ews.nightly.short_extracts import short_extracts
from ews.nightly.when import (
    AsOf,
    check_stated,
    decide_as_of,
    same_school_year,
    school_days_around,
    school_days_begun,
    school_years,
)
from ews.outreach.lists import ListContext
from ews.private_files import owner_only
from ews.progress import Progress, silent
from ews.school_calendar import start_of_day_utc, today_in
from ews.snapshot import calendar_frame
from ews.store.frames import school_names
from ews.store.ingest import IngestReport, load_sources
from ews.store.lock import workspace_lock
from ews.store.schema import read_store


@dataclass
class NightResult:
    """What a night ended with.

    Attributes
    ----------
    outcome : str
        ``published``; ``unchanged`` where tonight's lists are those that lie there; ``held`` where they
        changed too much and wait for a person; ``closed`` on a day without school; ``no_students`` in the
        first days of a school year in which nobody is enrolled yet.
    published : Path or None
        The folder of the night's lists; None where nothing was published.
    degraded : list of str
        Sentences on what is not as it should be; any makes exit code 10.
    churn : Churn or None
        How much changed since the last list; None where there is none.
    drifted : list of str
        The comparisons with last year, and with the weeks before, that stand out, by their ``key``.
    missed : list of date
        School days since the last lists of this school year for which none were made.
    looked_back : LookedBack or None
        What the audit of a completed year's lists says, on the night that makes it.
    told : list of str
        Sentences to know that make nothing worse.
    """

    as_of: AsOf
    outcome: str = CLOSED
    published: Path | None = None
    model_version: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)
    banners: list[str] = field(default_factory=list)
    loaded: IngestReport | None = None
    churn: Churn | None = None
    drifted: list[str] = field(default_factory=list)
    missed: list[dt.date] = field(default_factory=list)
    looked_back: LookedBack | None = None
    told: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Return what the log of nights keeps of it."""
        return {
            "as_of": self.as_of.day.isoformat(),
            "model_version": self.model_version,
            "rows": self.rows,
            "degraded": self.degraded,
            "churn": self.churn.record() if self.churn else None,
            "drifted": self.drifted,
            "missed": [each.isoformat() for each in self.missed],
            LOOKED_BACK: self.looked_back.record() if self.looked_back else None,
            "exit": 10 if self.degraded else 0,
        }


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
    check_stated(as_of, config)
    config.engine.need_this_machine("ews score")
    with owner_only(), workspace_lock(config.workspace_dir), recorded(config, "score") as trace:
        result = _night(config, as_of, progress, trace, asked_for=True)
        return _told(result, trace, config)


def nightly(
    config: Config,
    *,
    as_of: dt.date | None = None,
    accept_withdrawals: bool = False,
    accept_churn: bool = False,
    progress: Progress = silent,
) -> NightResult:
    """Load tonight's extracts, score and publish: the one line for cron or the Task Scheduler.

    The load counts as made one second before the day begins that the lists are for, by default today: what
    was delivered in the night is known to them.

    Parameters
    ----------
    accept_churn : bool
        Publish also if more of the list changed than ``nightly.most_churn``: somebody has looked.
    """
    check_stated(as_of, config)
    config.engine.need_this_machine("ews nightly")
    day = as_of or today_in(config.timezone)
    loaded_at = start_of_day_utc(day, config.timezone) - dt.timedelta(seconds=1)
    with owner_only(), workspace_lock(config.workspace_dir), recorded(config, "nightly") as trace:
        if config.sources.directory is not None:
            check_directory(config.sources.directory, config)
        loaded = load_sources(
            config, loaded_at=loaded_at, accept_withdrawals=accept_withdrawals, progress=progress
        )
        trace.facts["rows_new"] = sum(each.rows_new for each in loaded.tables)
        try:
            result = _night(config, as_of, progress, trace, asked_for=False, accept_churn=accept_churn)
        except EwsError as error:
            error.found += " (tonight's extracts were loaded before that; no list was published)"
            raise
        result.loaded = loaded
        if not accept_withdrawals:
            result.degraded += short_extracts(loaded)
        with read_store(config.workspace_dir) as session:
            result.looked_back = look_back(config, session, progress)
        if result.looked_back is not None and result.looked_back.holds is False:
            result.degraded.append(result.looked_back.sentence)
        return _told(result, trace, config)


def _told(result: NightResult, trace: Trace, config: Config) -> NightResult:
    result.degraded += hand_out(config, result.as_of.day)
    trace.outcome = result.outcome
    trace.facts |= result.facts()
    return result


def _night(
    config: Config,
    stated: dt.date | None,
    progress: Progress,
    trace: Trace,
    *,
    asked_for: bool,
    accept_churn: bool = False,
) -> NightResult:
    """Score and publish a day; one without school only if somebody asked for lists (``ews score``)."""
    with read_store(config.workspace_dir) as session:
        as_of = decide_as_of(session, stated, config)
        trace.facts["as_of"] = as_of.day.isoformat()
        calendar = calendar_frame(session)
        trace.school_days = school_days_around(calendar, as_of.day)
        trace.school_years = school_years(calendar)
        if not asked_for and as_of.inside_calendar and not as_of.in_session and not as_of.note:
            return NightResult(as_of)
        progress("Verifying the model in service", 0.0)
        service, notes = service_for(as_of.day, config)
        with ParseCheck(service.model.text):
            progress("Computing features", 0.0)
            matrix = build_matrix(session, as_of.day, config)
        if matrix.standing.empty:
            if not asked_for and _year_is_young(calendar, as_of.day, config):
                return NightResult(as_of, NO_STUDENTS, model_version=service.version.number)
            raise _nobody(as_of.day)
        schools = _schools(session, as_of.day, config, matrix)
        names = dict(zip(schools["school_id"], schools["school_name"], strict=True))
        fresh = freshness(session, as_of.day, config, names)
        progress("Scoring", 0.0)
        previous = _last_lists(config.workspace_dir, calendar, as_of.day)
        scores = score(matrix, service, config, previous.scores if previous else None)
        scores, contacts = with_served(session, scores, previous, as_of.day, config)
        last_year = same_weeks(session, matrix, service, config, progress)
        late = fresh.sources["attendance"]["school_days_since"] or 0
        newest = last_days(session, as_of.day, config, late)
    found = _drifts(matrix, scores, last_year)
    churn = _churn(previous, scores, trace.school_days, as_of.day)
    result = NightResult(as_of, HELD, None, service.version.number, churn=churn, banners=service.banners)
    result.rows = {
        "scored": len(scores.scores),
        "excluded": len(scores.excluded),
        "listed": len(scores.listed),
    }
    if previous is not None:
        result.missed = [each for each in trace.school_days if previous.day < each < as_of.day]
    compared: list[Drift | LastDays] = [*(found or []), *newest]
    result.drifted = sorted(each.key for each in compared if each.stands_out)
    alarms = [each.sentence(names) for each in compared if each.alarms]
    result.degraded = [*notes, *fresh.sentences, *contacts, *alarms]
    turned = _turned_over(churn, scores, as_of.day, config)
    if turned is not None and not (asked_for or accept_churn):
        result.degraded.insert(0, _held(turned, config))
        return result
    # What is so only tonight, such as a registry that is away, is not among what a night is made again from.
    lasting = [each for each in result.degraded if each not in notes]
    figures = NightFigures(fresh, churn, found, lasting, result.missed)
    since = previous.day if previous else None
    return _published(config, result, service, scores, schools, figures, since, progress)


def _year_is_young(calendar: pd.DataFrame, day: dt.date, config: Config) -> bool:
    """Return whether so few school days of a year have begun that nobody need be enrolled in it yet."""
    return 0 < school_days_begun(calendar, day) <= config.nightly.stale_after_school_days


def _last_lists(workspace: Path, calendar: pd.DataFrame, day: dt.date) -> PreviousNight | None:
    """Return the last lists of the same school year: a new year is not held against June's."""
    found = previous_night(workspace, day)
    return found if found is not None and same_school_year(calendar, found.day, day) else None


def _schools(session: Session, day: dt.date, config: Config, matrix: Matrix) -> pd.DataFrame:
    """Return the schools of the roster with their names as known on the day, by school_id."""
    known = school_names(session, start_of_day_utc(day, config.timezone))
    here: pd.DataFrame = known.loc[known["school_id"].isin(set(matrix.standing["school_id"]))]
    return here.reset_index(drop=True)


def _drifts(matrix: Matrix, scores: Scores, last_year: dict[str, Any] | None) -> list[Drift] | None:
    if last_year is None:
        return None
    risks = scores.scores.loc[scores.scores["risk"].notna(), "risk"].to_numpy(dtype=float)
    return drifts(spread_of(*watched_figures(matrix, risks)), last_year)


def _churn(
    previous: PreviousNight | None, scores: Scores, school_days: Sequence[dt.date], day: dt.date
) -> Churn | None:
    if previous is None:
        return None
    passed = sum(previous.day < each <= day for each in school_days)
    return churn_between(previous.scores, scores.scores, passed)


def _turned_over(churn: Churn | None, scores: Scores, day: dt.date, config: Config) -> Churn | None:
    """Return the change that has to wait for a person; None if there is none.

    A day whose lists are published already, perhaps because somebody accepted them, is held against those.
    """
    own = published_scores(config.workspace_dir, day)
    changed = churn if own is None else churn_between(own, scores.scores, 0)
    return changed if changed is not None and changed.above(config.nightly.most_churn) else None


def _held(churn: Churn, config: Config) -> str:
    return (
        f"Nothing was published: {churn.sentence()} More than {100 * config.nightly.most_churn:g}% "
        "(nightly.most_churn) is more than a night brings. The last lists stay. Look at what was loaded; if "
        "it is right, run `ews nightly --accept-churn`."
    )


def _published(
    config: Config,
    result: NightResult,
    service: InService,
    scores: Scores,
    schools: pd.DataFrame,
    figures: NightFigures,
    since: dt.date | None,
    progress: Progress,
) -> NightResult:
    progress("Publishing lists", 0.0)
    named = with_names(scores, config)
    newest = newest_night(config.workspace_dir)
    if newest is None or result.as_of.day >= newest:  # of a night of the past, some have left since
        result.degraded += named.nameless()
    context = ListContext(
        district=config.district,
        as_of=result.as_of.day,
        schools=schools,
        model_version=f"{service.name} {service.version.number}",
        banners=service.banners,
        stale=figures.fresh.sentences,
        show_names=named.show_names,
        show_counselors=named.show_counselors,
        counselors=named.counselors,
        since=since,
        next_steps=config.outreach.next_steps,
    )
    before = manifest_of(config.workspace_dir, result.as_of.day)
    result.published, changed = publish(
        named.scores, service, config, result.as_of.day, context=context, figures=figures
    )
    result.outcome = PUBLISHED if changed else UNCHANGED
    now = manifest_of(config.workspace_dir, result.as_of.day)
    if before and now and newest is not None and result.as_of.day < newest and _lists(before) != _lists(now):
        _say_it_is_another(result, before)
    return result


def _lists(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the digests of a night's files but its page, which also tells of the runs before it."""
    files: Mapping[str, str] = manifest.get("files", {})
    return {name: digest for name, digest in files.items() if name != RUN_PAGE}


def _say_it_is_another(result: NightResult, before: Mapping[str, Any]) -> None:
    """Say that a night of the past, made again, is not what it was."""
    if before.get("purges"):
        result.told.append(
            f"Something was deleted from the lists of {result.as_of.day} after they were published. They "
            "were made again from what is left, and are not byte for byte what they were."
        )
        return
    result.degraded.append(
        f"The lists of {result.as_of.day}, made again, are not those that were published: the settings, the "
        "calendar or the program have changed since. The ones before are gone from this server."
    )


def _nobody(day: dt.date) -> DataRefused:
    return DataRefused(
        f"nobody is enrolled on {day}",
        expected="enrollments of that school year, known before that day",
        where="the store",
        next_step="load the year's enrollments, or choose a day of a school year",
    )
