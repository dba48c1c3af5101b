"""What is added when lists are printed: weeks on the list, contacts, names, counselors.

None of it is in the model or in the store. Names and contacts are opened here and nowhere else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from ews.config import Config
from ews.engine import Session
from ews.extracts.contacts import read_contacts
from ews.extracts.directory import read_directory
from ews.nightly.history_of_lists import since_before, with_history
from ews.nightly.published_nights import PreviousNight, published_folder
from ews.nightly.score import Scores
from ews.outreach.columns import COUNSELOR, NAME_COLUMNS
from ews.outreach.contacts import contact_sentences
from ews.store.tombstones import without_purged

_FEW_WITHOUT_A_NAME = 0.05
"""The share of listed students that a directory of last week may well lack."""


@dataclass(frozen=True)
class Named:
    """Scores with the names of who is on the lists and who left them.

    Attributes
    ----------
    show_names, show_counselors : bool
        Whether there is a directory, and whether it names counselors.
    counselors : dict
        School -> the counselors of its students.
    """

    scores: Scores
    show_names: bool = False
    show_counselors: bool = False
    counselors: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def nameless(self) -> list[str]:
        """Say that the directory lacks many of those on the lists: then it is likely not whole."""
        listed = self.scores.listed
        if not self.show_names or listed.empty:
            return []
        without = int(((listed["first_name"] == "") & (listed["last_name"] == "")).sum())
        if without <= _FEW_WITHOUT_A_NAME * len(listed):
            return []
        return [f"Of {len(listed):,} students on the lists, {without:,} have no name in the directory."]


def with_served(
    session: Session, scores: Scores, previous: PreviousNight | None, day: dt.date, config: Config
) -> tuple[Scores, list[str]]:
    """Add weeks on the list and what is known of contacts; return also what is not as it should be.

    Parameters
    ----------
    previous : PreviousNight or None
        The last lists of the same school year.
    """
    before = {}
    if previous is not None:
        before = since_before(published_folder(config.workspace_dir, previous.day), previous.day)
    listed = with_history(scores.listed, day, before)
    sentences, told = _contacts(session, listed, day, config)
    texts = [sentences.get(str(student), "") for student in listed["student_id"]]
    contact = pd.Series(texts, index=listed.index, dtype=object)
    return replace(scores, listed=listed.assign(contact=contact)), told


def _contacts(
    session: Session, listed: pd.DataFrame, day: dt.date, config: Config
) -> tuple[dict[str, str], list[str]]:
    if config.sources.contacts is None:
        return {}, []
    known = [student for (student,) in session.rows("SELECT DISTINCT student_id FROM store.students")]
    found = read_contacts(
        config, day, known, not_purged=lambda ids: without_purged(config.workspace_dir, ids)
    )
    return contact_sentences(session, day, config, found.rows, listed["student_id"]), found.sentences


def with_names(scores: Scores, config: Config) -> Named:
    """Add names from the directory, which is opened only here, when lists are printed."""
    source = config.sources.directory
    if source is None:
        return Named(scores)
    names = read_directory(source, config)
    named = replace(scores, listed=_named(scores.listed, names), leaving=_named(scores.leaving, names))
    if COUNSELOR not in names:
        return Named(named, show_names=True)
    return Named(named, show_names=True, show_counselors=True, counselors=_counselors(scores, names))


def _named(rows: pd.DataFrame, names: Any) -> pd.DataFrame:
    merged = rows.astype({"student_id": object}).merge(names, on="student_id", how="left")
    columns = [each for each in (*NAME_COLUMNS, COUNSELOR) if each in names]
    return merged.assign(**{column: merged[column].astype(object).fillna("") for column in columns})


def _counselors(scores: Scores, names: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the counselors of every school's students, by school."""
    roster = pd.concat([part[["student_id", "school_id"]] for part in (scores.scores, scores.excluded)])
    pairs = roster.merge(names[["student_id", COUNSELOR]], on="student_id").dropna()
    found: dict[str, set[str]] = {}
    for school, counselor in zip(pairs["school_id"], pairs[COUNSELOR], strict=True):
        found.setdefault(str(school), set()).add(str(counselor))
    return {school: tuple(sorted(counselors - {""})) for school, counselors in found.items()}
