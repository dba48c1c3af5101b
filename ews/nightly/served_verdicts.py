"""Whether the verdict with which a model was registered still holds for the lists that it made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

_FROM_BEST = ("pass", "insufficient_evidence", "fail")
_WORDS = {
    "pass": "pass",
    "insufficient_evidence": "insufficient evidence",
    "fail": "fail",
    "unknown": "no verdict that the registry remembers",
}


@dataclass(frozen=True)
class VersionServed:
    """One version of the model that made lists in the year.

    Attributes
    ----------
    version, run : str
        Its number, and the run it came from.
    nights : int
        On how many of the nights looked at it made the lists.
    registered : str
        The fairness verdict with which it was registered.
    as_served : str or None
        The verdict on its own nights; None where they allow no audit.
    """

    version: str
    run: str
    nights: int
    registered: str
    as_served: str | None

    def record(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self)


def school_year_words(year: int) -> str:
    """Return a school year as people write it.

    Examples
    --------
    >>> school_year_words(2025)
    '2024-25'
    """
    return f"{year - 1}-{year % 100:02d}"


def got_worse(each: VersionServed, verdict: str) -> bool:
    """Say whether a version's verdict got worse.

    By the verdict over all lists of the year; a version's own nights are fewer, so there only a ``fail``
    counts, which few nights cannot bring about by themselves.
    """
    if each.registered not in _FROM_BEST:
        return verdict == "fail"
    worse = _FROM_BEST.index(verdict) > _FROM_BEST.index(each.registered)
    return worse or (each.as_served == "fail" and each.registered != "fail")


def holds_sentence(versions: Sequence[VersionServed], verdict: str, year: int) -> tuple[bool, str]:
    """Return whether the verdict still holds, and that in one sentence.

    Parameters
    ----------
    versions : sequence of VersionServed
        Every version that made lists in the year.
    verdict : str
        The fairness verdict over all lists of the year.
    """
    when = school_year_words(year)
    worse = [each for each in versions if got_worse(each, verdict)]
    if not worse:
        registered = "; ".join(f"version {each.version}: {_WORDS[each.registered]}" for each in versions)
        return (
            True,
            f"The verdict still holds: registered as {registered}; as served in {when}: {_WORDS[verdict]}.",
        )
    told = "; ".join(_worse_words(each, verdict) for each in worse)
    return False, f"The verdict no longer holds for the lists of {when}: {told}."


def _worse_words(each: VersionServed, verdict: str) -> str:
    served = _WORDS[verdict]
    if each.as_served == "fail" and verdict != "fail":
        served = "fail on its own nights"
    return f"version {each.version} was registered as {_WORDS[each.registered]}, and as served it is {served}"
