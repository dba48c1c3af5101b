"""What an audit of published lists leaves: its figures, its page, and a line in the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ews.approval import decisions_in_force
from ews.config import Config
from ews.digests import canonical_json, digest_of
from ews.equity.banners import banner_of
from ews.equity.suppression import suppress_fairness
from ews.errors import EwsError
from ews.nightly.served_fit import fit_sentence
from ews.nightly.served_nights import Nights, ServedNight, ServedRows
from ews.nightly.served_verdicts import VersionServed, holds_sentence, school_year_words
from ews.nightly.served_versions import Registered
from ews.nightly.verify import AS_SERVED, AUDIT_LOG
from ews.private_files import write_private
from ews.registry import Version
from ews.reports.fairness import render_fairness
from ews.store.purge_log import append_line
from ews.training.report_folder import FAIRNESS, report_folder
from ews.training.run import account

_DATES_SHOWN = 8
"""Nights for which figures are also shown one by one; they all count in every other figure."""

_DEPLOYED = "The list in use, as it was published each night."


@dataclass(frozen=True)
class AsServed:
    """What an audit of published lists ended with.

    Attributes
    ----------
    school_year : int
        The year that was looked at, by its spring.
    verdict : str
        The fairness verdict over all lists of the year.
    holds : bool or None
        Whether neither the year nor a version that made its lists is worse than registered; None where
        nights are left out, or today's configuration asks less than the registered audits did.
    sentence : str
        That in words.
    versions : list of VersionServed
        Which versions made the lists.
    nights : list of str
        The nights looked at.
    left_out : dict
        Nights that are not looked at, and why.
    fairness : dict
        ``fairness.json`` as written.
    reports : Path
        Where it was written.
    fit : str or None
        How well the risks fitted what became of the students; None of too few to say.
    """

    school_year: int
    verdict: str
    holds: bool | None
    sentence: str
    versions: list[VersionServed]
    nights: list[str]
    left_out: dict[str, str]
    fairness: dict[str, Any]
    reports: Path
    fit: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the result for a program; the figures are in ``fairness.json``."""
        return {
            "school_year": self.school_year,
            "verdict": self.verdict,
            "holds": self.holds,
            "sentence": self.sentence,
            "fairness": self.fairness["sentence"],
            "versions": [each.record() for each in self.versions],
            "nights": self.nights,
            "nights_left_out": self.left_out,
            "notes": self.fairness["notes"],
            "reports": str(self.reports),
        }


def write_report(
    config: Config,
    registered: Mapping[str, Registered],
    year: int,
    nights: Nights,
    used: Sequence[ServedNight],
    served: ServedRows,
    fairness: dict[str, Any],
    versions: list[VersionServed],
) -> AsServed:
    """Write the figures and the page of an audit of published lists, and log that it was made.

    Parameters
    ----------
    nights : Nights
        All of the year; ``used`` are those that were looked at, ``served`` their students.
    fairness : dict
        What the audit over all of them returned.
    """
    made_by = [registered[each.version] for each in versions]
    holds, sentence = holds_sentence(
        versions,
        fairness["verdict"],
        year,
        looser=_told([(each.version.number, each.terms.looser) for each in made_by]),
        left_out=len(nights.left_out),
        nights=len(nights.verified) + len(nights.left_out),
    )
    name = f"{AS_SERVED}{year}"
    fit = fit_sentence(served.rows)
    told = {
        "district": config.district,
        "run": name,
        "test_year": year,
        **fairness,
        "lists": {**fairness["lists"], "deployed": _DEPLOYED},
        "attributes": [_fewer_dates(each) for each in fairness["attributes"]],
        "notes": [
            *([fit] if fit else []),
            *_terms_notes(made_by),
            *_notes(nights, used, served),
            *fairness.get("notes", []),
        ],
        "as_served": {
            "school_year": year,
            "holds": holds,
            "sentence": sentence,
            "versions": [each.record() for each in versions],
            "nights_left_out": nights.left_out,
        },
    }
    shown = suppress_fairness(told, config.audit.min_cell)
    folder = report_folder(config.workspace_dir, name)
    _write(config, folder, shown, sentence, [each.version for each in made_by])
    dates = [night.folder.name for night in used]
    return AsServed(
        year, fairness["verdict"], holds, sentence, versions, dates, nights.left_out, shown, folder, fit
    )


def _write(
    config: Config,
    folder: Path,
    shown: dict[str, Any],
    sentence: str,
    made_by: Sequence[Version],
) -> None:
    content = canonical_json(shown)
    lifts = [each.tags.get("lift_verdict", "insufficient_evidence") for each in made_by]
    evaluation = {"lift": {"verdict": min(lifts, key=("fail", "insufficient_evidence", "pass").index)}}
    provenance = {
        "Audited": f"the lists published in {school_year_words(shown['test_year'])}",
        **{
            f"Version {each.number}": f"run {each.run.name}, model {each.tags['model_digest']}"
            for each in made_by
        },
        "SHA-256 of this audit": digest_of(content),
    }
    page = render_fairness(shown, evaluation, [sentence, *_banners(made_by, config)], provenance)
    write_private(folder / FAIRNESS, content)
    write_private(folder / "fairness.html", page.encode())
    line = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "by": account(),
        "what": f"reports/{folder.name}",
        "audit": digest_of(content),
        "verdict": shown["verdict"],
        "holds": shown["as_served"]["holds"],
    }
    append_line(config.workspace_dir / AUDIT_LOG, line)


def _banners(made_by: Sequence[Version], config: Config) -> list[str]:
    banners: list[str] = []
    for version in made_by:
        try:
            banners += [banner_of(each) for each in decisions_in_force(version, config)]
        except (EwsError, KeyError):
            continue  # what cannot be relied on is not in force
    return list(dict.fromkeys(banners))


def _fewer_dates(attribute: dict[str, Any]) -> dict[str, Any]:
    """Return an attribute with the figures of a few dates, spread over the year."""
    dates = attribute.get("by_date") or []
    last = len(dates) - 1
    if last < _DATES_SHOWN:
        return attribute
    shown = [dates[round(at * last / (_DATES_SHOWN - 1))] for at in range(_DATES_SHOWN)]
    return {**attribute, "by_date": shown}


def _told(by_version: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Return differences, each once with the versions whose audits it is with."""
    numbers: dict[str, list[str]] = {}
    for number, differences in by_version:
        for each in differences:
            numbers.setdefault(each, []).append(number)
    return [f"{each} (version {', '.join(found)})" for each, found in numbers.items()]


def _terms_notes(made_by: Sequence[Registered]) -> list[str]:
    looser = _told([(each.version.number, each.terms.looser) for each in made_by])
    stricter = _told([(each.version.number, each.terms.stricter) for each in made_by])
    return [
        *(f"Looser than the registered audit: {each}." for each in looser),
        *(f"Stricter than the registered audit: {each}." for each in stricter),
    ]


def _notes(nights: Nights, used: Sequence[ServedNight], served: ServedRows) -> list[str]:
    notes = [
        "The lists are those that were published. Students on them may have been helped: where outreach "
        "works, the risks of those who were listed look too high."
    ]
    if len(used) < len(nights.verified):
        notes.append(
            f"{len(used)} of {len(nights.verified)} nights are looked at, spread evenly over the year: "
            "training.max_rows allows no more rows."
        )
    for reason in dict.fromkeys(nights.left_out.values()):
        names = ", ".join(sorted(name for name, why in nights.left_out.items() if why == reason))
        notes.append(f"Left out, not looked at: {names} ({reason}).")
    if served.no_outcome:
        notes.append(
            f"{served.students_without:,} students ({served.no_outcome:,} student-nights) whose outcome is "
            "not observed are left out."
        )
    if served.not_scored:
        notes.append(f"{served.not_scored:,} student-nights had too little history for a risk.")
    purged = sum(night.purged for night in used)
    if purged:
        notes.append(f"Students were deleted from {purged} of the nights since; they are not among the rows.")
    return notes
