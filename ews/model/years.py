"""Which school years train, validate and test: the contract's rule, and what a short history costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ews.errors import DataRefused


@dataclass(frozen=True)
class YearPlan:
    """The parts of a training run.

    Attributes
    ----------
    train : tuple of int
        School years to fit on.
    validation : int or None
        For early stopping and calibration; None: out of fold by student on the training years.
    test : int
        The newest complete year; nothing is fitted or chosen on it.
    notes : tuple of str
        What the district should know about this plan.
    """

    train: tuple[int, ...]
    validation: int | None
    test: int
    notes: tuple[str, ...] = ()

    @property
    def years(self) -> tuple[int, ...]:
        """All years whose rows are needed, in order."""
        return tuple(sorted({*self.train, self.test, *([self.validation] if self.validation else [])}))


def plan_years(complete: Sequence[int], excluded: Sequence[int] = ()) -> YearPlan:
    """Return the plan for a district's complete school years.

    The first stored year only feeds features, the newest is the test year, the one before it the
    validation year, those between are for training. With three: train on the middle one and calibrate
    out of fold. With two: the same on the first, whose students have no last year.

    Raises
    ------
    DataRefused
        With fewer than two complete years that count.

    Examples
    --------
    >>> plan_years([2021, 2022, 2023, 2024, 2025])
    YearPlan(train=(2022, 2023), validation=2024, test=2025, notes=())
    """
    years = sorted(set(complete) - set(excluded))
    if len(years) < 2:
        raise _too_few(len(years), excluded)
    newer = sorted(year for year in set(complete) & set(excluded) if year > max(years))
    notes = [
        f"School year {year} is newer and excluded by training.exclude_school_years: it judges nothing here."
        for year in newer
    ]
    first_stored = years[0] == min(complete)
    usable = years[1:] if first_stored and len(years) >= 3 else years
    if len(usable) >= 3:
        return YearPlan(tuple(usable[:-2]), usable[-2], usable[-1], tuple(notes))
    notes += [
        f"No year was left for validation: early stopping and calibration are out of fold by student on "
        f"{usable[0]}. One more complete year would make both more trustworthy."
    ]
    if first_stored and len(years) == 2:
        notes.append(
            f"It was trained on {usable[0]}, the first stored year, in which nobody has a last year: it "
            "could not learn from last year's absence, usually the strongest early signal."
        )
    return YearPlan((usable[0],), None, usable[1], tuple(notes))


def _too_few(count: int, excluded: Sequence[int]) -> DataRefused:
    named = ", ".join(str(year) for year in sorted(set(excluded)))
    left_out = f" (training.exclude_school_years leaves out {named})" if excluded else ""
    years = "1 complete school year is" if count == 1 else f"{count} complete school years are"
    return DataRefused(
        f"{years} in the store{left_out}",
        expected="at least 2 (train, test), better 4 (history, train, validate, test)",
        where="the store",
        next_step="load extracts of earlier school years: calendar, enrollments and attendance to their ends",
    )
