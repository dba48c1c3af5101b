"""``ews purge``: a student or a period out of store, published nights and backups; and what stays behind.

First what would go is counted. Carried out, a note is kept until the end, so that a purge that was killed
is completed by the same command: every step looks for what is still there, and none does harm twice.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from ews.config import Config
from ews.engine import open_reader
from ews.errors import UsageError
from ews.nightly.delivery import deliver_newest
from ews.private_files import owner_only
from ews.progress import Progress, silent
from ews.purge.nights import clear_left_overs, find_nights, left_overs, marked, purge_night
from ews.purge.remains import learnt_from, mentions, temporary_folders
from ews.purge.report import Found, PurgeReport
from ews.school_calendar import start_of_day_utc, today_in
from ews.store.erase import Subject, backups, rewrite_store, school_years, stored_rows, years_cut_in_two
from ews.store.lock import workspace_lock
from ews.store.purge_log import begin, finish, next_name, unfinished
from ews.store.schema import read_store, store_path
from ews.store.tombstones import ensure_key, is_in_store, purge_key, purged_at, read_key, student_hash
from ews.training.report_folder import forget_plots
from ews.training.run import account


def purge(
    config: Config,
    *,
    student: str | None = None,
    before: dt.date | None = None,
    yes: bool = False,
    reason: str = "",
    progress: Progress = silent,
) -> PurgeReport:
    """Remove a student, or everything before a day, from a workspace; without ``yes``, say what would go.

    Raises
    ------
    UsageError
        If not exactly one of ``student`` and ``before`` is given, the day lies ahead, the reason names the
        student, or nothing in the workspace names the student and nobody purged it before.
    DataRefused
        If there is no store, or its tombstones cannot be read with the workspace's key.
    RunLocked
        If another run is working in the workspace.
    """
    subject = _subject(config, student, before, reason)
    read_store(config.workspace_dir).close()  # before a lock is made for nothing
    with owner_only(), workspace_lock(config.workspace_dir):
        progress("Looking for what is there", 0.0)
        note = _note_of(config, subject)
        found = _find(config, subject)
        if found.is_empty and note is None and subject.student is not None and not found.purged_at:
            raise _unknown()
        done = found.is_empty and note is None and found.in_store
        if not yes or done:
            return _report(config, subject, found, note, "")
        return _carry_out(config, subject, found, note, reason, progress)


def _subject(config: Config, student: str | None, before: dt.date | None, reason: str) -> Subject:
    if (student is None) == (before is None):
        raise UsageError(
            "purge takes one of --student and --before",
            expected="--student ID, or --before DATE",
            next_step="give exactly one of them",
        )
    if student is not None:
        return Subject(student=_checked_id(student, reason))
    if before is None or before > today_in(config.timezone):
        raise UsageError(
            f"--before {before} lies ahead",
            expected="a day that is not later than today",
            next_step="give an earlier day",
        )
    return Subject(before=before, cut=start_of_day_utc(before, config.timezone))


def _checked_id(student: str, reason: str) -> str:
    text = student.strip()
    if not text:
        raise UsageError("--student is empty", expected="an id", next_step="give the student's id")
    if re.search(rf"(?<![0-9A-Za-z]){re.escape(text)}(?![0-9A-Za-z])", reason):
        raise UsageError(
            "--reason names the student, and the log may not",
            expected="a reason without the id, for example the number of the request",
            next_step="word it without the id",
        )
    return text


def _find(config: Config, subject: Subject) -> Found:
    workspace = config.workspace_dir
    with read_store(workspace) as session:
        key = purge_key(session, workspace)
        hashed = student_hash(key, subject.student) if key and subject.student else ""
        found = Found(
            store=stored_rows(session, subject),
            school_years=school_years(session, subject),
            years_cut=years_cut_in_two(session, subject.before) if subject.before else [],
            purged_at=purged_at(session, workspace, hashed=hashed, before=subject.before),
            in_store=is_in_store(session, hashed=hashed, before=subject.before),
        )
    return Found(
        **{
            **vars(found),
            "nights": find_nights(workspace, subject),
            "backups": [path.name for path in backups(workspace) if _may_hold(path, subject)],
            "left_overs": len(left_overs(workspace)),
        }
    )


def _may_hold(backup: Path, subject: Subject) -> bool:
    """Return whether an older store holds the subject, or cannot be read by this version."""
    if backup.suffix != ".duckdb":
        return True
    try:
        with open_reader(backup) as session:
            return bool(stored_rows(session, subject))
    except Exception:  # what an old or broken file may raise is not known; it is then removed
        return True


def _note_of(config: Config, subject: Subject) -> dict[str, Any] | None:
    """Return the note of the same purge, if one was begun and not finished."""
    key = read_key(config.workspace_dir)
    named = _named(subject, key) if key is not None else None
    notes = unfinished(config.workspace_dir)
    return next((note for note in notes if note["subject"] == named), None)


def _named(subject: Subject, key: bytes) -> str:
    return str(subject.before) if subject.student is None else student_hash(key, subject.student)


def _carry_out(
    config: Config,
    subject: Subject,
    found: Found,
    note: dict[str, Any] | None,
    reason: str,
    progress: Progress,
) -> PurgeReport:
    workspace = config.workspace_dir
    key = ensure_key(workspace)
    if note is None:
        note = _new_note(config, subject, found, key, reason)
        begin(workspace, note)
    mark = marked(note["purge"], note["by"], subject.kind, dt.datetime.fromisoformat(note["at"]))
    clear_left_overs(workspace)
    if found.store or not found.in_store:
        progress("Writing the store anew", 0.1)
        rewrite_store(store_path(workspace), subject, key=key, at=dt.datetime.fromisoformat(note["at"]))
    for name in found.backups:
        (workspace / name).unlink(missing_ok=True)
    forget_plots(workspace)
    nights = find_nights(workspace, subject)
    for number, night in enumerate(nights):
        progress("Writing published nights anew", 0.3 + 0.6 * number / len(nights))
        purge_night(workspace, night, subject, mark)
    progress("Looking for what stays", 0.9)
    report = _report(config, subject, found, note, note["purge"])
    report = replace(report, stays=[*deliver_newest(config), *report.stays])
    finish(workspace, note["purge"], _log_line(note, report))
    progress("Looking for what stays", 1.0)
    return report


def _new_note(config: Config, subject: Subject, found: Found, key: bytes, reason: str) -> dict[str, Any]:
    return {
        "purge": next_name(config.workspace_dir, today_in(config.timezone)),
        "at": dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0).isoformat(),
        "by": account(),
        "kind": subject.kind,
        "subject": _named(subject, key),
        "reason": reason,
        "counts": found.counts(),
        "school_years": found.school_years,
        "years_cut": found.years_cut,
    }


def _log_line(note: dict[str, Any], report: PurgeReport) -> dict[str, Any]:
    models = None if report.learnt is None else [each.version or each.run for each in report.learnt]
    line = {
        "purge": note["purge"],
        "at": f"{note['at']}+00:00",
        "by": note["by"],
        "kind": note["kind"],
        "reason": note["reason"],
        "tombstone": note["kind"] == "student",
        "models_that_cannot_forget": models,
        **note["counts"],
    }
    return line if note["kind"] == "student" else {**line, "before": note["subject"]}


def _report(
    config: Config, subject: Subject, found: Found, note: dict[str, Any] | None, name: str
) -> PurgeReport:
    begun = note or {
        "counts": found.counts(),
        "school_years": found.school_years,
        "years_cut": found.years_cut,
        "at": dt.datetime.now(dt.UTC).replace(tzinfo=None).isoformat(),
    }
    learnt = learnt_from(config, begun["school_years"], dt.datetime.fromisoformat(begun["at"]))
    return PurgeReport(
        kind=subject.kind,
        purge=name,
        counts=begun["counts"],
        purged_before=found.purged_at,
        learnt=learnt,
        stays=_stays(config, subject, begun),
    )


def _stays(config: Config, subject: Subject, begun: dict[str, Any]) -> list[str]:
    nights = begun["counts"]["nights"]
    handed_out = sum(1 for night in nights if night["schools"] or night["removed_whole"])
    stays = [
        f"school year {year} is cut in two: from now on its rates count from {subject.before} on; leave it "
        f"out of training (training.exclude_school_years: [{year}])"
        for year in begun["years_cut"]
    ]
    if handed_out:
        nights_in_words = "1 night" if handed_out == 1 else f"{handed_out} nights"
        stays.append(f"what was handed out from {nights_in_words}: ask the schools to destroy their copies")
    found = mentions(config, subject.student) if subject.student is not None else []
    if found:
        stays.append(f"files that name the student and are not ours to change: {', '.join(found)}")
    folders = temporary_folders()
    if folders:
        stays.append(
            f"{len(folders)} temporary folders of runs that work now or were killed (ews-… in the temporary "
            "folder of this machine): delete them when no command runs"
        )
    return [
        *stays,
        "the extracts, which ews never changes: what was purged is not loaded from them again",
        "reports, the model's figures and the logs: they hold counts and rates of groups; of a group of "
        "fewer than audit.min_cell students they hold neither figures nor the name. Plots that showed "
        "sampled students as dots are removed",
        "backups of the disk, and blocks that the disk has freed and not yet used again",
    ]


def _unknown() -> UsageError:
    return UsageError(
        "nothing in this workspace names that student, and nothing was changed",
        expected="an id as the extracts have it, with its leading zeros",
        where="--student",
        next_step="check the id",
    )
