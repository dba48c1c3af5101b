"""The audit as a whole: its verdict, the sentence that says it, and whom each attribute covers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ews.equity.comparisons import Comparison, Verdict, worst
from ews.equity.groups import UNKNOWN, LeftOut, attribute_title
from ews.equity.judged_rows import IntArray

MOST_NOT_JUDGED = 0.05
"""Share of an attribute's positives that groups too small to judge may hold in a pass."""


MOST_LEFT_OUT = 0.5
"""Share of the positives whom an attribute may say nothing about (CEP) in a pass."""


def overall_verdict(verdicts: list[Verdict], not_judged_share: float, left_out_share: float = 0.0) -> Verdict:
    """Return the verdict of the audit from those of its comparisons.

    Any fail is a fail. If all that were judged pass, and the groups not judged hold at most 5% of the
    positives (of the attribute where they hold most), and no attribute leaves out more than half of them,
    it is a pass. Else the evidence is insufficient.
    """
    reached = worst(verdicts)
    if reached != "pass":
        return "fail" if reached == "fail" else "insufficient_evidence"
    covered = not_judged_share <= MOST_NOT_JUDGED and left_out_share <= MOST_LEFT_OUT
    return "pass" if covered else "insufficient_evidence"


def left_out_shares(label: pd.Series[int], members: pd.DataFrame) -> dict[str, float]:
    """Return, by attribute, the share of the positives about whom it says nothing; only those above 0."""
    positive = members[label.to_numpy() == 1]
    shares = positive.isna().mean()
    return {str(name): float(share) for name, share in shares.items() if share > 0}


def coverage_of(student: IntArray, members: pd.Series[str], left_out: LeftOut | None) -> dict[str, Any]:
    """Return how many distinct students an attribute says something about.

    A student who was in a school that is left out on one date and in another on the next counts as known.
    """
    students = int(student.max(initial=-1)) + 1
    inside, unknown_rows = members.notna().to_numpy(), (members == UNKNOWN).to_numpy()
    seen, unknown = (
        int(np.count_nonzero(np.bincount(student[each], minlength=students)))
        for each in (inside, unknown_rows)
    )
    note = left_out.reason if left_out is not None and seen < students else ""
    return {
        "students": students,
        "known": seen - unknown,
        "unknown": unknown,
        "left_out": students - seen,
        "note": note,
    }


def sentence_of(
    verdict: Verdict, comparisons: list[Comparison], not_judged: float, left_out: Mapping[str, float]
) -> str:
    """Say the verdict without a figure that could give a small group away."""
    return f"{_verdict_sentence(verdict, comparisons, not_judged, left_out)}{_left_out_sentence(left_out)}"


def _left_out_sentence(left_out: Mapping[str, float]) -> str:
    parts = [f"{_roughly(share)} by “{attribute_title(name).lower()}”" for name, share in left_out.items()]
    if not parts:
        return ""
    return f" Of those who became chronically absent, some could not be compared: {', '.join(parts)}."


def _roughly(share: float) -> str:
    tenths = round(10 * share)
    return f"about {10 * tenths}%" if 1 <= tenths <= 9 else "nearly all" if tenths else "a few"


def _verdict_sentence(
    verdict: Verdict, comparisons: list[Comparison], not_judged: float, left_out: Mapping[str, float]
) -> str:
    failed = sorted({f"{each.group} ({each.attribute})" for each in comparisons if each.verdict == "fail"})
    if verdict == "fail":
        harmed = ", ".join(failed)
        return f"Beyond tolerance, the model misses need in, or sees less well: {harmed}."
    if verdict == "pass":
        return "In every group large enough to judge, need is neither under-estimated nor seen less well."
    if all(each.verdict == "not_judged" for each in comparisons):
        return "No group is large enough to judge, so these data cannot say whether the model is fair."
    still_open = sum(each.verdict == "insufficient_evidence" for each in comparisons)
    judged = sum(each.verdict != "not_judged" for each in comparisons)
    are = "is" if still_open == 1 else "are"
    parts = [f"{still_open} of {judged} comparisons that could be judged {are} open"] if still_open else []
    if not_judged > MOST_NOT_JUDGED:
        parts.append(
            "groups too small to judge hold more than 5% of the students who became chronically absent"
        )
    if any(share > MOST_LEFT_OUT for share in left_out.values()):
        parts.append("an attribute leaves out more than half of the students who became chronically absent")
    return f"No group is shown to be harmed, but these data cannot rule it out: {'; '.join(parts)}."
