"""What a row of an attendance file is: an exception, or every student's every day; one or several a day."""

from __future__ import annotations

from ews.engine import Session, identifier, literal
from ews.survey.counting import Counts
from ews.survey.matching import Match
from ews.survey.proposal import Entry, TableProposal, undecided

_DAILY, _EXCEPTIONS = 0.75, 0.4
_FEW_DAYS = 10
_SAMPLED_ABOVE = 2_000_000
_ONE_IN = 16


def add_reporting(
    session: Session,
    proposal: TableProposal,
    match: Match,
    form: str,
    roster: int,
    counts: Counts,
) -> None:
    """Add ``reporting``, and ``same_day`` where students have several different rows a day.

    Parameters
    ----------
    form : str
        How the dates are written; empty where that is not known.
    roster : int
        Students in the students file; 0 without one.
    """
    student, date = match.column("student_id"), match.column("date")
    if student is None or date is None or not form:
        proposal.settings["reporting"] = undecided(_QUESTION)
        return
    rows = counts.rows(match.export, student)
    sampled = rows > _SAMPLED_ABOVE
    proposal.settings["reporting"] = _reporting(
        _density(session, match.export.relation, student.cell, date.cell, form, roster, sampled=sampled)
    )
    if _several_a_day(session, match, sampled=sampled):
        proposal.settings["same_day"] = undecided(
            "some students have several rows on one day: largest_absence, sum or refuse"
        )


_QUESTION = "exceptions (a row only when something happened) or daily (a row per student and day)"


def _reporting(density: float | None) -> Entry:
    if density is None or _EXCEPTIONS < density < _DAILY:
        return undecided(_QUESTION)
    reporting = "daily" if density >= _DAILY else "exceptions"
    return Entry(reporting, f"rows for {density:.0%} of the students and days in it")


def _density(
    session: Session, relation: str, student: str, date: str, form: str, roster: int, *, sampled: bool
) -> float | None:
    """Return the share of students and days that have a row, in the middle one of the file's months."""
    who, when = identifier(student), identifier(date)
    some = f"WHERE hash({who}) % {_ONE_IN} = 0" if sampled else ""
    months = session.rows(
        f"SELECT strftime(try_strptime({when}, {literal(form)}), '%Y-%m') AS month, "
        f"count(DISTINCT {when}) AS days, count(DISTINCT {who}) AS students, "
        f"count(DISTINCT {who} || chr(0) || {when}) AS both "
        f"FROM {relation} {some} GROUP BY 1 HAVING month IS NOT NULL ORDER BY 1"
    )
    days = sum(int(month[1]) for month in months)
    if days >= _FEW_DAYS:
        shares = sorted(both / (days * students) for _, days, students, both in months)
        return float(shares[len(shares) // 2])
    if not roster or not days:
        return None
    return float(sum(both for *_, both in months) * (_ONE_IN if sampled else 1) / (days * roster))


def _several_a_day(session: Session, match: Match, *, sampled: bool) -> bool:
    """Return whether a student has different rows for one day of one school, not told apart by time."""
    keys = [match.column(name) for name in ("student_id", "school_id", "date", "recorded_at")]
    cells = [identifier(each.cell) for each in keys if each is not None]
    content = [match.column(name) for name in ("code", "absent_fraction", "minutes_absent")]
    told = ", ".join(identifier(each.cell) for each in content if each is not None)
    if not told:
        return False
    some = f"WHERE hash({cells[0]}) % {_ONE_IN} = 0" if sampled else ""
    return bool(
        session.value(
            f"SELECT count(*) FROM (SELECT 1 FROM (SELECT DISTINCT {', '.join(cells)}, {told} "
            f"FROM {match.export.relation} {some}) GROUP BY {', '.join(cells)} "
            "HAVING count(*) > 1 LIMIT 1)"
        )
    )
