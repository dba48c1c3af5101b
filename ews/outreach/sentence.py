"""A sentence about one student: what it tells, and the words where a student's own figures make it true.

A sentence either *raises* (it speaks for a contact now) or *goes well* (it speaks for the student). The
bound between them is the tier of Attendance Works: absence below 5% of school days is satisfactory. So no
figure is said as a reason that speaks against it, and none as going well that is a worry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ews.outreach.figures import SATISFACTORY, Figures

Words = Callable[[Figures], str]


def nothing(_: Figures) -> str:
    """Say nothing, whatever the figures."""
    return ""


@dataclass(frozen=True)
class Sentence:
    """What can be said of one thing.

    Attributes
    ----------
    facts : frozenset of str
        What it tells; of two sentences with a fact in common a student's row says one.
    raises, goes_well : callable
        The words for a student's figures; "" where they would not be true, or speak the other way.
    """

    facts: frozenset[str]
    raises: Words
    goes_well: Words = nothing


def much(rate: float) -> bool:
    """Return whether a rate of absence speaks for a contact; an unknown one (NaN) does not."""
    return rate >= SATISFACTORY


def little(rate: float) -> bool:
    """Return whether a rate of absence is satisfactory; an unknown one (NaN) is not."""
    return 0 <= rate < SATISFACTORY


def telling(fact: str, raises: Words, well: Words = nothing) -> Sentence:
    """Return a sentence that tells one thing."""
    return Sentence(frozenset({fact}), raises, well)
