"""Findings: what checking the extracts found, without a single cell value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ews.errors import DataRefused

Severity = Literal["refused", "set aside", "warning", "note"]
"""``refused`` stops the load; ``set aside`` rows go to the quarantine; the others only inform."""


@dataclass(frozen=True)
class Finding:
    """One result of checking one source.

    Attributes
    ----------
    name : str
        The check, for example ``unmapped code``.
    severity : str
        See :data:`Severity`.
    table : str
        The canonical table.
    sentence : str
        What was found; names columns and codes, never a student's value.
    expected, next_step : str
        What would have been right, and how to resolve it.
    where : str
        File and line of the first occurrence.
    count : int
        Rows concerned; 0 where the finding is not about rows.
    """

    name: str
    severity: Severity
    table: str
    sentence: str
    expected: str = ""
    next_step: str = ""
    where: str = ""
    count: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return asdict(self)


def refuse_if_any(findings: Iterable[Finding]) -> None:
    """Raise the first refusal, saying how many more there are.

    Raises
    ------
    DataRefused
        If any finding has the severity ``refused``.
    """
    refusals = [finding for finding in findings if finding.severity == "refused"]
    if not refusals:
        return
    first, others = refusals[0], len(refusals) - 1
    more = f" (and {others} more: run `ews check`)" if others else ""
    raise DataRefused(
        f"{first.table}: {first.sentence}{more}",
        expected=first.expected,
        where=first.where,
        next_step=first.next_step,
    )
