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
    """Say whether a version's verdict got worse: its own where it has one, else that of the year.

    Its own nights may be few: less than a ``fail`` counts only where the year as a whole is worse too.

    Parameters
    ----------
    verdict : str
        The fairness verdict over all lists of the year.
    """
    own = each.as_served or verdict
    return _is_worse(own, each.registered) and (own == "fail" or _is_worse(verdict, each.registered))


def year_got_worse(versions: Sequence[VersionServed], verdict: str) -> bool:
    """Say whether the year as a whole is worse than what any of its versions was registered with."""
    return all(_is_worse(verdict, each.registered) for each in versions)


def holds_sentence(
    versions: Sequence[VersionServed],
    verdict: str,
    year: int,
    *,
    looser: Sequence[str] = (),
    left_out: int = 0,
    nights: int = 0,
) -> tuple[bool | None, str]:
    """Return whether the verdict still holds, None where that cannot be said, and that in words.

    Parameters
    ----------
    versions : sequence of VersionServed
        Every version that made lists in the year.
    verdict : str
        The fairness verdict over all lists of the year.
    looser : sequence of str
        What the registered audits asked and this one does not.
    left_out, nights : int
        How many of the year's nights could not be looked at, and how many there are.
    """
    when = school_year_words(year)
    limits = list(looser)
    if left_out:
        limits.append(f"{left_out} of {nights} nights {'is' if left_out == 1 else 'are'} left out")
    told = [_worse_words(each, verdict) for each in versions if got_worse(each, verdict)]
    if year_got_worse(versions, verdict) and (len(versions) > 1 or not told):
        told.append(
            f"the year as a whole is {_WORDS[verdict]}, worse than any version of it was registered with"
        )
    if told:
        beside = f" Not all was looked at: {'; '.join(limits)}." if limits else ""
        return False, f"The verdict no longer holds for the lists of {when}: {'; '.join(told)}.{beside}"
    registered = "; ".join(f"version {each.version}: {_WORDS[each.registered]}" for each in versions)
    compared = f"registered as {registered}; as served in {when}: {_WORDS[verdict]}"
    if limits:
        return None, f"Whether the verdict holds cannot be said: {'; '.join(limits)} ({compared})."
    return True, f"The verdict still holds: {compared}."


def _is_worse(verdict: str, registered: str) -> bool:
    return _FROM_BEST.index(verdict) > _FROM_BEST.index(registered)


def _worse_words(each: VersionServed, verdict: str) -> str:
    served = _WORDS[each.as_served or verdict]
    if each.as_served is None:
        served = f"{served} in the year as a whole (its own nights allow no audit)"
    elif each.as_served != verdict:
        served = f"{served} on its own nights"
    return f"version {each.version} was registered as {_WORDS[each.registered]}, and as served it is {served}"
