"""What has to be said beside the tables: how far the figures go, and what explains the differences."""

from __future__ import annotations

from collections.abc import Sequence

from ews.definitions import Grain
from ews.rates.report import Rates, Reconciliation
from ews.rates.small_steps import ShownStep
from ews.rates.wording import GRAIN_NAMES, GRAINS, named_year, reason_of

_NAMED_AT_MOST = 10


def notes_of(found: Rates) -> list[str]:
    """Return what has to be said beside the tables, in sentences."""
    by_school = any(column.grain == "school" for column in found.cells)
    twice = f"At each school: {GRAINS['school']}, so the schools add up to more than the district has."
    missing = [f"{name} {reason}." for name, reason in found.not_computed.items()]
    told = [sentence_of(each) for each in found.reconciliations]
    return [
        *_reach(found),
        *([twice] if by_school else []),
        f"Suppressed: fewer than {found.minimum} students, or a figure that would tell so few. "
        "'About' stands for counts that would tell how few students two definitions judge differently.",
        *missing,
        *told,
    ]


def sentence_of(each: Reconciliation) -> str:
    """Return a reconciliation in words: how many more or fewer, and which rule decides how many."""
    names = [_name(column.definition, column.grain, each) for column in (each.start, each.end)]
    start, end = (total.chronic for total in each.total)
    if not each.steps:
        return f"{names[1]} counts as {names[0]} does."
    if isinstance(start, str) or isinstance(end, str):
        rules = "; ".join(_why(shown) for shown in each.steps)
        return f"{names[1]} and {names[0]} cannot be compared in numbers (suppressed). What differs: {rules}."
    difference = "as many" if start == end else f"{abs(end - start):,} {'more' if end > start else 'fewer'}"
    told = [text for shown in each.steps if (text := _step(shown))]
    because = f": {'; '.join(told)}" if told else ""
    return (
        f"{names[1]} counts {difference} as chronically absent {'as' if start == end else 'than'} "
        f"{names[0]} ({end:,} against {start:,}){because}."
    )


def _name(definition: str, grain: Grain, each: Reconciliation) -> str:
    return definition if each.start.grain == each.end.grain else f"{definition} ({GRAIN_NAMES[grain]})"


def _step(shown: ShownStep) -> str:
    parts = [
        f"{'some' if isinstance(figure, str) else f'{figure:,}'} {way}"
        for figure, way in ((shown.figures["became"], "more"), (shown.figures["ceased"], "fewer"))
        if isinstance(figure, str) or figure
    ]
    withheld = " (suppressed)" if any(part.startswith("some") for part in parts) else ""
    return f"{' and '.join(parts)}{withheld}, because {_why(shown)}" if parts else ""


def _why(shown: ShownStep) -> str:
    return reason_of(shown.rule, shown.before, shown.after)


def _reach(found: Rates) -> list[str]:
    year = found.year
    _, last = year.counted_to
    state = "is over: all of its days count" if year.complete else "is in progress"
    notes = [f"School year {named_year(year.school_year)} {state}; the figures go to {last}."]
    behind = [each for each in year.schools if each.counted_to is not None and each.counted_to < last]
    if behind and not year.complete:
        ends = _listed([f"{each.school_id} to {each.counted_to}" for each in behind])
        notes.append(f"Attendance of some schools goes less far, and so do their figures: {ends}.")
    if year.silent:
        schools = _listed([each.school_id for each in year.silent])
        notes.append(f"No attendance was delivered for {schools}: nobody is counted there.")
    if year.stopped and year.complete:
        schools = _listed([f"{each.school_id} ({each.days_without} days)" for each in year.stopped])
        notes.append(f"Days without any attendance delivered count as attended: {schools}.")
    return notes


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - _NAMED_AT_MOST
    return ", ".join(texts[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
