"""Which group each judged row belongs to, and the refusal of an audit that cannot be made.

Demographic attributes live in a frame of their own, one row per student; this is where it meets the
judged rows, after every score has been given and every list filled.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ews.errors import GateClosed

UNKNOWN = "Unknown"
"""The group of students whose attribute is missing; a group like any other."""

_ALIKE = 0.85
"""How much alike two names are, by difflib's ratio, to be taken for one misspelt."""

_TITLES = {
    "sex": "Sex",
    "race_ethnicity": "Race and ethnicity",
    "english_learner": "English learner",
    "disability": "Disability",
    "economically_disadvantaged": "Economically disadvantaged",
    "homeless": "Experiencing homelessness",
    "foster": "In foster care",
    "meal_status": "Meal status",
}


def attribute_title(attribute: str) -> str:
    """Return the words for an attribute of the audit frame."""
    return _TITLES.get(attribute, attribute.replace("_", " ").capitalize())


def group_order(groups: Sequence[str]) -> list[str]:
    """Return distinct group names by alphabet, ``Unknown`` last."""
    return sorted(set(groups), key=lambda name: (name == UNKNOWN, name))


@dataclass(frozen=True)
class LeftOut:
    """Whom an attribute says nothing about: in a CEP school everyone eats free, and nobody's status is known.

    Attributes
    ----------
    students, schools : frozenset of str
        Students by their ids, and schools all of whose students are meant.
    reason : str
        Why, as a sentence.
    """

    students: frozenset[str]
    schools: frozenset[str]
    reason: str


def group_of_rows(
    rows: pd.DataFrame,
    groups: pd.DataFrame,
    attributes: Sequence[str],
    left_out: Mapping[str, LeftOut] | None = None,
) -> pd.DataFrame:
    """Return the groups of every judged row.

    Parameters
    ----------
    rows : DataFrame
        Judged rows, one per student_id and as_of_date, with ``school_id``.
    groups : DataFrame
        The audit frame, one row per student_id, a column per attribute. A student who is not in it, and
        a missing or empty value, is ``Unknown``. Spellings that differ only in case or spaces are one group.
    attributes : sequence of str
        ``audit.sensitive``.
    left_out : mapping of str to LeftOut, optional
        By attribute: whom it says nothing about. Their value is null.

    Returns
    -------
    DataFrame
        Indexed like ``rows``, one text column per attribute.

    Raises
    ------
    GateClosed
        If an attribute has no column, or a student several rows.
    """
    missing = [each for each in attributes if each not in groups.columns]
    if missing:
        raise audit_impossible(
            f"the audit frame has no column for {', '.join(missing)}",
            expected="a column for every attribute of audit.sensitive",
            next_step="deliver it in the students extract, or take it out of audit.sensitive",
        )
    if groups["student_id"].duplicated().any():
        raise audit_impossible(
            f"{int(groups['student_id'].duplicated().sum())} students are in the audit frame more than once",
            expected="one row per student",
            next_step="mend the students extract",
        )
    codes, students = pd.factorize(rows["student_id"])
    of_student = groups.set_index("student_id")[list(attributes)].reindex(students)
    members = {each: _one_spelling(of_student[each]).to_numpy()[codes] for each in attributes}
    for attribute, unaskable in (left_out or {}).items():
        if attribute in members:
            whom = rows["student_id"].isin(unaskable.students) | rows["school_id"].isin(unaskable.schools)
            members[attribute][whom.to_numpy()] = None
    return pd.DataFrame(members, index=rows.index, dtype=object)


def notes_on_values(
    members: pd.DataFrame, students: pd.Series[str], min_group: int, min_cell: int
) -> list[str]:
    """Return sentences on what looks wrong: nobody's value is known, or a group's name looks misspelt.

    Parameters
    ----------
    members : DataFrame
        What :func:`group_of_rows` returned.
    students : Series of str
        Whose each row is: a group is as large as it has students, on however many dates.
    min_group : int
        Only groups of fewer students are taken for a misspelling of a larger one, and not named.
    min_cell : int
        Only groups of at least so many students are named.
    """
    notes = []
    for attribute in members:
        title = attribute_title(str(attribute))
        sizes = students.groupby(members[attribute].to_numpy()).nunique()
        if list(sizes.index) == [UNKNOWN]:
            notes.append(
                f"{title}: no student has a value. Deliver {attribute} in the "
                "students extract, or take it out of audit.sensitive."
            )
        notes += [
            f"{title}: the name of a small group is close to “{name}”. If it is a misspelling, mend the "
            "students extract."
            for name in _misspelt(sizes, min_group, min_cell)
        ]
    return notes


def _misspelt(sizes: pd.Series[int], min_group: int, min_cell: int) -> list[str]:
    """Return the names to which that of a smaller group, which is small, is close."""
    found = set()
    for name in sizes.index[(sizes < min_group) & (sizes.index != UNKNOWN)]:
        larger = sorted(sizes.index[(sizes > sizes[name]) & (sizes >= min_cell)])
        found.update(difflib.get_close_matches(name, larger, n=1, cutoff=_ALIKE))
    return sorted(found)


def _one_spelling(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return values without outer spaces, null as Unknown, and each in its most frequent spelling."""
    text = values.astype(object).where(values.notna(), UNKNOWN).astype(str).str.strip()
    text = text.mask(text == "", UNKNOWN).astype(object)
    counts = text.value_counts()
    often = sorted(counts.index, key=lambda name: (name != UNKNOWN, -counts[name], name))
    chosen: dict[str, str] = {}
    for name in often:
        chosen.setdefault(" ".join(name.split()).casefold(), name)
    spelling = {name: chosen[" ".join(name.split()).casefold()] for name in often}
    return text.map(spelling)


def check_auditable(rows: pd.DataFrame, members: pd.DataFrame) -> None:
    """Refuse an audit that could say nothing, or would say it about figures that are not there.

    Parameters
    ----------
    rows : DataFrame
        Judged rows with ``label`` and ``risk``.
    members : DataFrame
        What :func:`group_of_rows` returned.

    Raises
    ------
    GateClosed
        If there are no rows, no positives, a label or risk is out of range, or every student is in one
        group of every attribute.
    """
    if rows.empty:
        raise audit_impossible("there are no judged students", next_step="check the test year's as-of dates")
    if rows.duplicated(["student_id", "as_of_date"]).any():
        raise audit_impossible(
            "some students are judged twice at one date", next_step="report this as a defect"
        )
    label, risk = rows["label"].to_numpy(dtype=float), rows["risk"].to_numpy(dtype=float)
    if not np.isin(label, (0, 1)).all() or not ((risk >= 0) & (risk <= 1)).all():
        raise audit_impossible(
            "some judged rows have no outcome of 0 or 1, or no risk from 0 to 1",
            next_step="judge only rows whose outcome is known",
        )
    if not label.any():
        raise audit_impossible(
            "no student of the test year became chronically absent, so nobody can have been missed",
            next_step="check the outcome's definition, or judge a year in which it occurred",
        )
    if all(len(set(members[each].dropna())) <= 1 for each in members):
        raise audit_impossible(
            "every student is in the same group of every attribute, so there is nobody to compare",
            expected="at least two groups of one attribute of audit.sensitive",
            next_step="deliver the attributes in the students extract",
        )


def audit_impossible(found: str, *, expected: str = "", next_step: str = "") -> GateClosed:
    """Return the error of an audit that cannot be made: a model that was not audited is not registered."""
    return GateClosed(
        f"the fairness audit cannot be made: {found}",
        expected=expected,
        where="audit.sensitive and the judged test year",
        next_step=next_step,
    )
