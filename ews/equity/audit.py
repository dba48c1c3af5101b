"""The fairness audit: is any group's need under-estimated, or any group seen less well.

Raw parity would be the wrong question: with different base rates even a perfect model fails it. So the
gate asks for the excess miss rate (need missed beyond what the risks themselves said) and for the AUC,
each group against the rest, on the list in use and on one long enough for differences to show. The rates
people know are reported for every group, beside the value that risk alone would give; they decide nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast

import pandas as pd

from ews.capacity import Enrolled, place, place_district_wide
from ews.config import Audit, Capacities
from ews.equity.attribute_report import AttributeReport
from ews.equity.comparisons import Comparison, Verdict, judge, worst
from ews.equity.group_draws import GroupDraws
from ews.equity.groups import check_auditable, group_of_rows
from ews.model.resampling import StudentBootstrap, student_codes

MOST_NOT_JUDGED = 0.05
"""Share of an attribute's positives that groups too small to judge may hold in a pass."""

LISTS = {
    "deployed": "The list in use: at each date, in every school, as many students of both sections as the "
    "school can reach.",
    "long": "One list of the whole district at each date, by risk, as long as the number of students who "
    "became chronically absent.",
}


def audit(
    rows: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    settings: Audit,
    capacities: Capacities,
    enrolled: Enrolled,
    seed: int,
) -> dict[str, Any]:
    """Return ``fairness.json`` except for the names of district and run; nothing is suppressed yet.

    Parameters
    ----------
    rows : DataFrame
        Judged rows, one per student_id and as_of_date of the test year, with ``label``, ``risk``,
        ``school_id``, ``already_chronic`` and ``absences_left``.
    groups : DataFrame
        The audit frame, one row per student_id; see :func:`ews.equity.groups.group_of_rows`.
    settings : Audit
        ``audit`` of the configuration: attributes, tolerance, minimum sizes, resamples.
    capacities, enrolled
        As for :func:`ews.capacity.place`.
    seed : int
        Seed of the resampling by student. The order of rows changes nothing.

    Raises
    ------
    GateClosed
        If the audit cannot be made; see :mod:`ews.equity.groups`.
    """
    rows = rows.sort_values(["as_of_date", "student_id"]).reset_index(drop=True)
    members = group_of_rows(rows, groups, settings.sensitive)
    check_auditable(rows, members)
    lists = _lists(rows, capacities, enrolled)
    reports = _reports(rows, members, lists, settings, seed)
    declared = [each for report in reports for each in report.comparisons()]
    comparisons = judge(
        declared,
        {
            "excess_fnr": settings.tolerance.excess_fnr,
            "auc_difference": settings.tolerance.auc_difference,
        },
    )
    not_judged = max(report.not_judged_share() for report in reports)
    verdict = overall_verdict([each.verdict for each in comparisons], not_judged)
    return {
        "as_of_dates": [day.isoformat() for day in sorted(set(rows["as_of_date"]))],
        "tolerance": settings.tolerance.model_dump(),
        "min_group": settings.min_group,
        "min_cell": settings.min_cell,
        "resamples": settings.resamples,
        "lists": LISTS,
        "attributes": [report.record(comparisons) for report in reports],
        "comparisons": [each.record() for each in comparisons],
        "verdict": verdict,
        "sentence": _sentence(verdict, comparisons, not_judged),
        "not_judged_share_of_positives": not_judged,
    }


def overall_verdict(verdicts: list[Verdict], not_judged_share: float) -> Verdict:
    """Return the verdict of the audit from those of its comparisons.

    Any fail is a fail. If all that were judged pass, and the groups not judged hold at most 5% of the
    positives (of the attribute where they hold most), it is a pass. Else the evidence is insufficient.
    """
    reached = worst(verdicts)
    if reached != "pass":
        return "fail" if reached == "fail" else "insufficient_evidence"
    return "pass" if not_judged_share <= MOST_NOT_JUDGED else "insufficient_evidence"


def _lists(rows: pd.DataFrame, capacities: Capacities, enrolled: Enrolled) -> dict[str, pd.Series[bool]]:
    return {
        "deployed": place(rows, capacities, enrolled)["selected"],
        "long": _district_wide(rows, rows["label"]),
    }


def _reports(
    rows: pd.DataFrame,
    members: pd.DataFrame,
    lists: Mapping[str, pd.Series[bool]],
    settings: Audit,
    seed: int,
) -> list[AttributeReport]:
    codes, students = student_codes(rows["student_id"])
    draws = {each: GroupDraws(rows, codes, students, members[each], lists) for each in settings.sensitive}
    for weights in StudentBootstrap(students, settings.resamples, seed).chunks():
        for each in draws.values():
            each.resample(weights)
    by_risk_alone = {name: _district_wide(rows, listed) for name, listed in lists.items()}
    return [
        AttributeReport(each, rows, members[each], lists, by_risk_alone, draws[each], settings)
        for each in settings.sensitive
    ]


def _district_wide(rows: pd.DataFrame, counted: pd.Series[Any]) -> pd.Series[bool]:
    """Return a list by risk alone, without schools and sections, as long at each date as what is counted."""
    length = counted.astype(int).groupby(rows["as_of_date"]).sum().to_dict()
    return place_district_wide(rows, cast("dict[dt.date, int]", length))


def _sentence(verdict: Verdict, comparisons: list[Comparison], not_judged: float) -> str:
    """Say the verdict without a figure that could give a small group away."""
    failed = sorted({f"{each.group} ({each.attribute})" for each in comparisons if each.verdict == "fail"})
    if verdict == "fail":
        harmed = ", ".join(failed)
        return f"Beyond tolerance, the model misses need in, or sees less well: {harmed}."
    if verdict == "pass":
        return "In every group large enough to judge, need is neither under-estimated nor seen less well."
    if all(each.verdict == "not_judged" for each in comparisons):
        return "No group is large enough to judge, so these data cannot say whether the model is fair."
    still_open = sum(each.verdict == "insufficient_evidence" for each in comparisons)
    parts = [f"{still_open} of {len(comparisons)} comparisons are open"] if still_open else []
    if not_judged > MOST_NOT_JUDGED:
        parts.append(
            "groups too small to judge hold more than 5% of the students who became chronically absent"
        )
    return f"No group is shown to be harmed, but these data cannot rule it out: {'; '.join(parts)}."
