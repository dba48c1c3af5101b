"""One attribute of the audit: its declared comparisons, and what is said of its groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ews.config import Audit
from ews.equity.comparisons import Comparison, Measure, one_sided_p, worst
from ews.equity.group_records import GroupRecords
from ews.equity.groups import attribute_title, group_order
from ews.model.intervals import UNDEFINED, Interval


class AttributeReport:
    """The groups of one attribute.

    Parameters
    ----------
    attribute : str
        Its name in ``audit.sensitive``.
    records : GroupRecords
        The figures of its groups.
    settings : Audit
        Tolerance and minimum sizes.
    """

    def __init__(self, attribute: str, records: GroupRecords, settings: Audit) -> None:
        self.attribute, self._records, self._settings = attribute, records, settings
        self.groups = group_order(records.grouping.names)

    def comparisons(self) -> list[Comparison]:
        """Return the declared comparisons of every group: both lists, then the AUC; not judged yet."""
        return [each for group in self.groups for each in self._declared(group)]

    def not_judged_share(self) -> float:
        """Return the share of the attribute's positives who are in groups that are not judged."""
        sizes = [(group, self._records.sizes(group)["positives"]) for group in self.groups]
        total = sum(positives for _, positives in sizes)
        left = sum(positives for group, positives in sizes if self._why_not_judged(group))
        return left / total if total else 1.0

    def record(self, comparisons: Sequence[Comparison]) -> dict[str, Any]:
        """Return the attribute as ``fairness.json`` has it, with the verdicts that were reached."""
        own = [each for each in comparisons if each.attribute == self.attribute]
        return {
            "attribute": self.attribute,
            "title": attribute_title(self.attribute),
            "groups": [
                self._group(group, [each for each in own if each.group == group]) for group in self.groups
            ],
        }

    def _group(self, group: str, comparisons: list[Comparison]) -> dict[str, Any]:
        difference = next(each.interval for each in comparisons if each.measure == "auc_difference")
        return {
            **self._records.record(group),
            "auc_difference": difference,
            "verdict": worst([each.verdict for each in comparisons]),
            "note": self._why_not_judged(group) or self._why_open(group),
        }

    def _declared(self, group: str) -> list[Comparison]:
        lists = [(name, "excess_fnr", self._excess(group, name)) for name in self._records.figures]
        difference = UNDEFINED if self._alone else self._records.auc_difference(group)
        return [
            *(self._compare(group, name, "excess_fnr", interval) for name, _, interval in lists),
            self._compare(group, None, "auc_difference", difference),
        ]

    def _excess(self, group: str, list_name: str) -> Interval:
        return UNDEFINED if self._alone else self._records.excess(group, list_name)

    def _compare(self, group: str, list_name: str | None, measure: Measure, interval: Interval) -> Comparison:
        made = Comparison(self.attribute, group, list_name, measure, {**interval})
        if self._why_not_judged(group):
            return made
        certain = list_name is None and self._looks_certain(group) and (interval["value"] or 0) > 0
        if self._why_open(group) or certain or interval["value"] is None or interval["high"] is None:
            return replace(made, verdict="insufficient_evidence")
        figure = measure if list_name is None else f"{list_name} {measure}"
        smaller = min(self._records.positive_students[group], self._positives_of_rest(group))
        tolerance: float = getattr(self._settings.tolerance, measure)
        drawn = self._records.draws.drawn(group, figure)
        return replace(made, p_value=one_sided_p(interval["value"], drawn, tolerance, smaller))

    def _looks_certain(self, group: str) -> bool:
        """Return whether an AUC is exactly 0 or 1 here: it is so in every resample, which claims too much."""
        rest = self._records.draws.auc_of_rest[self._records.grouping.names.index(group)]
        return self._records.auc[group] in (0.0, 1.0) or rest in (0.0, 1.0)

    @property
    def _alone(self) -> bool:
        return len(self.groups) == 1

    def _positives_of_rest(self, group: str) -> int:
        return sum(self._records.positive_students.values()) - self._records.positive_students[group]

    def _why_not_judged(self, group: str) -> str:
        if self._alone:
            return "Every student is in this group, so there is nobody to compare it with."
        found, least = self._records.positive_students[group], self._settings.min_group
        if found == 0:
            return "No student of this group became chronically absent, so nobody can have been missed."
        if found < least:
            return f"Fewer than {least} students of this group became chronically absent: too few to judge."
        return ""

    def _why_open(self, group: str) -> str:
        # A rest of a handful resamples to an interval that looks sure of itself and is not.
        if self._positives_of_rest(group) < self._settings.min_group:
            return (
                f"Fewer than {self._settings.min_group} students outside this group became chronically "
                "absent: too few to compare it with."
            )
        return ""
