"""The fairness audit: is any group's need under-estimated, or any group seen less well.

Raw parity would be the wrong question: with different base rates even a perfect model fails it. So the
gate asks for the excess miss rate (need missed beyond what the risks themselves said) and for the AUC,
each group against the rest, on the list in use and on one long enough for differences to show. The rates
people know are reported for every group, beside the value that risk alone would give; they decide nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd

from ews.capacity import Enrolled
from ews.config import Audit, Capacities
from ews.equity.alike_students import THREADS
from ews.equity.attribute_report import AttributeReport
from ews.equity.comparisons import Measure, judge
from ews.equity.date_records import DateRecords
from ews.equity.group_records import GroupRecords
from ews.equity.groups import (
    LeftOut,
    attribute_title,
    check_auditable,
    group_of_rows,
    group_order,
    notes_on_values,
)
from ews.equity.judged_rows import Grouping
from ews.equity.lists import LISTS, ListsOfScore, in_order, lists_of_both
from ews.equity.overall import coverage_of, left_out_shares, overall_verdict, sentence_of
from ews.equity.placements import ScoreOrder
from ews.equity.resampled_groups import ResampledGroups
from ews.equity.simple_rule import rule_record
from ews.model.predictors import Predictor
from ews.model.resampling import StudentBootstrap
from ews.progress import Progress, silent


def audit(
    rows: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    settings: Audit,
    capacities: Capacities,
    enrolled: Enrolled,
    seed: int,
    deployed: pd.Series[bool] | None = None,
    rule: Predictor | None = None,
    left_out: Mapping[str, LeftOut] | None = None,
    progress: Progress = silent,
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
    deployed : Series of bool, optional
        Who was on the lists that were published, indexed like ``rows``; by default who would have been.
    rule : Predictor, optional
        The rule of thumb to show beside the model; its column is in ``rows``.
    left_out : mapping of str to LeftOut, optional
        By attribute: whom it says nothing about.

    Raises
    ------
    GateClosed
        If the audit cannot be made; see :mod:`ews.equity.groups`.
    """
    rows = rows.assign(deployed=deployed) if deployed is not None else rows
    rows = in_order(rows)
    members = group_of_rows(rows, groups, settings.sensitive, left_out)
    check_auditable(rows, members)
    model, simple = lists_of_both(rows, rule, capacities, enrolled)
    records = _Records(rows, members, settings, model, simple, seed, progress)
    reports = [AttributeReport(each, records.attributes[each], settings) for each in settings.sensitive]
    within = settings.tolerance
    tolerance: dict[Measure, float] = {
        "excess_fnr": within.excess_fnr,
        "auc_difference": within.auc_difference,
    }
    comparisons = judge([each for report in reports for each in report.comparisons()], tolerance)
    not_judged = max(report.not_judged_share() for report in reports)
    left_out_share = left_out_shares(rows["label"], members)
    verdict = overall_verdict(
        [each.verdict for each in comparisons], not_judged, max(left_out_share.values(), default=0.0)
    )
    attributes = [
        {
            **report.record(comparisons),
            "coverage": coverage_of(
                model.rows.student, members[report.attribute], (left_out or {}).get(report.attribute)
            ),
            "by_date": dates,
        }
        for report, dates in zip(reports, records.by_dates(reports), strict=True)
    ]
    return {
        "as_of_dates": [day.isoformat() for day in sorted(set(rows["as_of_date"]))],
        "tolerance": tolerance,
        "min_group": settings.min_group,
        "min_cell": settings.min_cell,
        "resamples": settings.resamples,
        "lists": LISTS,
        "notes": _notes(rows["student_id"], members, settings),
        "attributes": attributes,
        "comparisons": [each.record() for each in comparisons],
        "intersections": records.intersections(),
        "schools": records.schools(),
        "simple_rule": records.simple_rule(rule) if rule else None,
        "candidates": None,
        "verdict": verdict,
        "sentence": sentence_of(verdict, comparisons, not_judged, left_out_share),
        "not_judged_share_of_positives": not_judged,
    }


def _notes(students: pd.Series[str], members: pd.DataFrame, settings: Audit) -> list[str]:
    """Return what looks wrong in the values, each student looked at once."""
    once = ~students.duplicated()
    return notes_on_values(members[once], students[once], settings.min_group, settings.min_cell)


class _Records:
    """The figures of all groupings: attributes, pairs of them, schools, and the attributes under a rule."""

    def __init__(
        self,
        rows: pd.DataFrame,
        members: pd.DataFrame,
        settings: Audit,
        model: ListsOfScore,
        simple: ListsOfScore | None,
        seed: int,
        progress: Progress,
    ) -> None:
        names: tuple[str, ...] = settings.sensitive
        declared = {each: Grouping.of(members[each], compared=True) for each in names}
        pairs = {
            (one, other): Grouping.of_two(declared[one], declared[other])
            for one, other in itertools.combinations(names, 2)
        }
        self._parts = {f"{one} × {other}": (one, other, parts) for (one, other), (_, parts) in pairs.items()}
        crossed = {f"{one} × {other}": each for (one, other), (each, _) in pairs.items()}
        self._order = ScoreOrder(model.rows.label, model.rows.score)
        together = ResampledGroups(
            model.rows, {**declared, **crossed}, order=self._order, dividing=len(declared)
        )
        school = ResampledGroups(
            model.rows, {"school": Grouping.of(rows["school_id"], compared=False)}, order=self._order
        )
        by_rule = ResampledGroups(simple.rows, declared, probabilities=False) if simple else None
        students = StudentBootstrap(model.rows.students, settings.resamples, seed)
        self._resample(students, [each for each in (together, school, by_rule) if each], progress)
        self._model = model
        drawn = {**together.draws, **school.draws}
        records = {name: GroupRecords(model.rows, each, model.by_risk_alone) for name, each in drawn.items()}
        self.attributes = {each: records[each] for each in names}
        self._crossed = {each: records[each] for each in crossed}
        self._school = records["school"]
        self._by_rule = (
            [GroupRecords(simple.rows, by_rule.draws[each]) for each in names] if simple and by_rule else []
        )

    def by_dates(self, reports: Sequence[AttributeReport]) -> list[list[dict[str, Any]]]:
        """Return the groups of every attribute date by date."""
        rows = self._model.rows
        order = ScoreOrder(rows.label, rows.score, rows.date)

        def by_date(report: AttributeReport) -> list[dict[str, Any]]:
            grouping = self.attributes[report.attribute].grouping
            return DateRecords(rows, grouping, order, self._model.by_risk_alone).records(report.groups)

        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(by_date, reports))

    def intersections(self) -> list[dict[str, Any]]:
        """Return the groups of every two attributes; reported, never judged."""
        return [
            {
                "attributes": [one, other],
                "title": f"{attribute_title(one)} × {attribute_title(other)}",
                "groups": [
                    {**_reported(self._crossed[name], group), "parts": list(both)}
                    for group, both in zip(self._crossed[name].grouping.names, parts, strict=True)
                ],
            }
            for name, (one, other, parts) in self._parts.items()
        ]

    def schools(self) -> dict[str, Any]:
        """Return every school's figures; reported, never judged."""
        names = group_order(self._school.grouping.names)
        return {"title": "School", "groups": [_reported(self._school, each) for each in names]}

    def simple_rule(self, rule: Predictor) -> dict[str, Any]:
        """Return the rule's figures for the declared attributes."""
        return rule_record(rule.name, rule.title, list(self.attributes), self._by_rule)

    def _resample(
        self, students: StudentBootstrap, resampled: list[ResampledGroups], progress: Progress
    ) -> None:
        done = 0
        for weights in students.chunks():
            progress("Auditing by group", done / students.resamples)
            for each in resampled:
                each.resample(weights)
            done += weights.shape[1]
        progress("Auditing by group", 1.0)


def _reported(records: GroupRecords, group: str) -> dict[str, Any]:
    return {**records.record(group), "verdict": "reported_only"}
