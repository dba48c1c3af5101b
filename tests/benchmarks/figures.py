"""What the rounds of a record come to: medians, ratios, and how cost grows with size."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Record = dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """One stage at one size.

    Attributes
    ----------
    processor : str
        Whose: times of two kinds are not held against each other.
    seconds, least, most : float
        Median, smallest and largest of the rounds.
    cpu_seconds : float
        Median.
    mebibytes : float
        The most of any round.
    """

    stage: str
    students: int
    years: int
    processor: str
    rounds: int
    seconds: float
    least: float
    most: float
    cpu_seconds: float
    mebibytes: float
    facts: dict[str, Any]
    parts: dict[str, float]
    limits: dict[str, Limit]


@dataclass(frozen=True)
class Limit:
    """What bounds a stage, or what it is held against.

    Attributes
    ----------
    ratio, cpu_ratio : float or None
        How many times as long the stage took, the median over rounds in which both were measured; None where
        the other was stopped.
    stopped : str
        Why it has no figures; empty where it has.
    at_least : float or None
        How many times as long the other took, at least, when it was stopped.
    """

    seconds: float | None
    mebibytes: float | None
    ratio: float | None
    cpu_ratio: float | None
    stopped: str
    at_least: float | None
    parts: dict[str, float]


def figures_of(record: Record) -> Figures:
    """Return the figures of a record."""
    rounds = record["rounds"]
    seconds = [each["seconds"] for each in rounds]
    names = {name for each in rounds for name in each["limits"]}
    return Figures(
        record["stage"],
        record["students"],
        record["years"],
        record["machine"]["processor"],
        len(rounds),
        statistics.median(seconds),
        min(seconds),
        max(seconds),
        statistics.median(each["cpu_seconds"] for each in rounds),
        max(each["mebibytes"] for each in rounds),
        rounds[-1]["facts"],
        _medians(each["parts"] for each in rounds),
        {name: _limit(name, rounds) for name in sorted(names)},
    )


def _limit(name: str, rounds: Sequence[Record]) -> Limit:
    both = [(each, each["limits"][name]) for each in rounds if name in each["limits"]]
    for each, limit in both:
        if "stopped" in limit:
            at_least = limit["after_seconds"] / each["seconds"]
            return Limit(None, None, None, None, limit["stopped"], at_least, {})
    limits = [limit for _, limit in both]
    return Limit(
        statistics.median(limit["seconds"] for limit in limits),
        max(limit["mebibytes"] for limit in limits),
        statistics.median(each["seconds"] / limit["seconds"] for each, limit in both),
        statistics.median(each["cpu_seconds"] / limit["cpu_seconds"] for each, limit in both),
        "",
        None,
        _medians(limit["parts"] for limit in limits),
    )


def _medians(rounds: Iterable[dict[str, float]]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for parts in rounds:
        for name, seconds in parts.items():
            found.setdefault(name, []).append(seconds)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def sizes_of(every: Iterable[Figures], stage: str, years: int) -> list[Figures]:
    """Return the figures of one stage with so many years, by size."""
    return sorted(
        (each for each in every if (each.stage, each.years) == (stage, years)), key=lambda each: each.students
    )


def per_student_against_before(sizes: Sequence[Figures], students: int) -> float | None:
    """Return the cost per student over that at the next smaller size, measured on the same processor.

    None for the smallest.
    """
    now = next(each for each in sizes if each.students == students)
    before = [each for each in sizes if each.students < students and each.processor == now.processor]
    if not before:
        return None
    return (now.seconds / now.students) / (before[-1].seconds / before[-1].students)


@dataclass(frozen=True)
class Growth:
    """``cost(students) = largest · (students / size)^exponent``, fitted on the larger sizes.

    Attributes
    ----------
    exponent : float
        1 is linear; the slope of the logarithms.
    size : int
        The largest that was measured.
    largest : float
        What it cost.
    sizes : tuple of int
        Those that the exponent was fitted on.
    """

    exponent: float
    size: int
    largest: float
    sizes: tuple[int, ...]

    def at(self, students: int) -> float:
        return self.largest * (students / self.size) ** self.exponent

    def linear_at(self, students: int) -> float:
        """Return what the largest size says alone, if cost were proportional."""
        return self.largest * students / self.size


MOST_SIZES = 2
"""The exponent is fitted on so many of the largest sizes: in small districts fixed costs hide it."""


def growth(sizes: Sequence[Figures], of: str = "seconds") -> Growth | None:
    """Return how a figure grows; None with fewer than two sizes measured on the processor of the largest."""
    largest = sizes[-1].processor if sizes else ""
    used = [each for each in sizes if each.students > 0 and each.processor == largest][-MOST_SIZES:]
    if len(used) < 2:
        return None
    logs = [(math.log(each.students), math.log(max(getattr(each, of), 1e-9))) for each in used]
    exponent = float(np.polyfit([x for x, _ in logs], [y for _, y in logs], 1)[0])
    return Growth(
        round(exponent, 6) + 0.0,
        used[-1].students,
        float(getattr(used[-1], of)),
        tuple(each.students for each in used),
    )
