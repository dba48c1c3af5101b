"""The page of one night, for the data team: what it rests on, how fresh, what changed, what drifted.

It says nothing of when it was made: the same night made again is the same page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ews.nightly.churn import Churn
from ews.nightly.drift import WATCHED, Drift
from ews.nightly.freshness import Freshness
from ews.nightly.score import Scores
from ews.nightly.service import InService
from ews.nightly.when import said_missed
from ews.outreach.lists import ListContext
from ews.outreach.pages import environment

_SOURCES = {
    "schools": "Schools",
    "calendar": "Calendar",
    "students": "Students (for audits)",
    "enrollments": "Enrollments",
    "attendance": "Attendance",
    "nurse_visits": "Nurse visits",
    "meal_programs": "Meal programs",
}
_LEVELS = {"well": "as last year", "told": "different", "page": "very different", "too_few": "too few to say"}


@dataclass(frozen=True)
class NightFigures:
    """What the page shows besides the lists.

    Attributes
    ----------
    fresh : Freshness
        How late each source is.
    churn : Churn or None
        How the lists changed; None where there was none before.
    drifts : sequence of Drift or None
        Tonight's students beside those of last year; None without such a year.
    sentences : sequence of str
        What is not as it should be.
    missed : sequence of date
        School days since the last lists for which none were made.
    """

    fresh: Freshness
    churn: Churn | None
    drifts: Sequence[Drift] | None
    sentences: Sequence[str] = ()
    missed: Sequence[dt.date] = ()


def run_page(scores: Scores, service: InService, context: ListContext, figures: NightFigures) -> str:
    """Return ``run.html``."""
    names = dict(zip(context.schools["school_id"], context.schools["school_name"], strict=True))
    return (
        environment("ews.nightly", "ews.outreach")
        .get_template("run.html.j2")
        .render(
            context=context,
            service=service,
            sentences=figures.sentences,
            missed=said_missed(figures.missed),
            verdict=service.version.tags["gate_verdict"].replace("_", " "),
            run=service.version.tags["run_name"],
            sources=_sources(figures.fresh),
            churn=figures.churn.sentence() if figures.churn and figures.churn.share is not None else "",
            drifts=_drifts(figures.drifts, names),
            compared=figures.drifts is not None,
            schools=_schools(scores, names, figures.fresh),
            excluded=_excluded(scores.excluded),
            totals=_totals(scores),
        )
    )


def _sources(fresh: Freshness) -> list[dict[str, Any]]:
    return [{"title": _SOURCES.get(name, name), **figures} for name, figures in fresh.sources.items()]


def _drifts(found: Sequence[Drift] | None, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return every comparison of the district, and of the schools those that stand out."""
    shown = [each for each in found or [] if each.school_id is None or each.level in ("told", "page")]
    return [
        {
            "figure": WATCHED[each.figure][0],
            "where": "the district" if each.school_id is None else names.get(each.school_id, "a school"),
            "psi": f"{each.psi:.3f}",
            "limit": "n/a" if each.level == "too_few" else f"{each.limit:.3f}",
            "level": _LEVELS[each.level],
            "n": each.n,
            "n_last_year": each.n_last_year,
        }
        for each in shown
    ]


def _totals(scores: Scores) -> dict[str, int]:
    listed = scores.listed["section"].value_counts()
    return {
        "cohort": len(scores.scores),
        "scored": int(scores.scores["risk"].notna().sum()),
        "excluded": len(scores.excluded),
        "prevent": int(listed.get("prevent", 0)),
        "intensive": int(listed.get("intensive", 0)),
    }


def _schools(scores: Scores, names: Mapping[str, str], fresh: Freshness) -> list[dict[str, Any]]:
    cohort = scores.scores["school_id"].value_counts()
    excluded = scores.excluded["school_id"].value_counts()
    listed = scores.listed.groupby(["school_id", "section"]).size()
    return [
        {
            "name": name,
            "cohort": int(cohort.get(school, 0)),
            "excluded": int(excluded.get(school, 0)),
            "prevent": int(listed.get((school, "prevent"), 0)),
            "intensive": int(listed.get((school, "intensive"), 0)),
            "silent": fresh.silent_schools.get(school, 0),
        }
        for school, name in sorted(names.items(), key=lambda each: (each[1], each[0]))
    ]


def _excluded(excluded: pd.DataFrame) -> list[tuple[str, int]]:
    return [
        (str(reason), int(count)) for reason, count in excluded["reason"].value_counts().sort_index().items()
    ]
